"""Rows into BigQuery, both ways, against a client that answers as BigQuery does."""

from dataclasses import replace

import pytest
import requests

from connectors.bigquery.capabilities import MAX_INSERT_BYTES, MAX_ROWS_PER_INSERT
from connectors.bigquery.connector import BigQueryConnector
from domain.errors import Undelivered
from tests.bigquery_double import TABLE, TARGET, FakeBigQuery, failure
from tests.landed import Time, landed, line, set_aside


class World:
    """A connector on a client that it can make fail."""

    def __init__(self, mode):
        self.bigquery = FakeBigQuery()
        self.time = Time()
        self.connector = BigQueryConnector(
            emulator_host="nowhere", clients=self.bigquery, monotonic=self.time.monotonic, sleep=self.time.sleep
        )
        self.target = replace(TARGET, destination={**TARGET.destination, "mode": mode})
        self.connector.make_tables(self.target, [TABLE])

    def deliver(self, one, seconds=240.0):
        return self.connector.deliver(self.target, one, self.table, self.time.budget(seconds))

    @staticmethod
    def table(revision_id):
        return TABLE if revision_id == TABLE.revision_id else None


@pytest.fixture(params=["stream", "load"])
def world(request):
    return World(request.param)


@pytest.fixture
def streaming():
    return World("stream")


@pytest.fixture
def loading():
    return World("load")


def ids(count):
    return [f"evt_{number}" for number in range(count)]


@pytest.mark.parametrize("zipped", [True, False])
def test_every_event_of_an_object_becomes_a_row_and_is_counted_by_its_minute(world, zipped):
    lines = [line(0, name="a"), line(1, name="b", received_at="2026-11-02T10:01:00.5Z")]
    outcomes = world.deliver(landed(lines, zipped=zipped))
    assert world.bigquery.event_ids() == ids(2)
    assert outcomes.delivered == {("2026-11-02T10:00", "rev_1"): 1, ("2026-11-02T10:01", "rev_1"): 1}
    assert [(row.minute, row.delivered, row.set_aside) for row in outcomes.sums("env_1")] == [
        (1_793_613_600, 1, 0),
        (1_793_613_660, 1, 0),
    ]


def test_an_object_that_is_delivered_twice_is_there_once(world):
    one = landed([line(number, name="x") for number in range(1_200)])
    first = world.deliver(one)
    second = world.deliver(one)
    assert world.bigquery.event_ids() == ids(1_200)
    assert first.delivered == second.delivered


def test_one_bad_row_among_ten_thousand_is_set_aside_alone_with_its_reason(world):
    world.bigquery.poison = lambda row: "Bad row: too sour." if row["_event_id"] == "evt_6667" else None
    outcomes = world.deliver(landed([line(number, name="x") for number in range(10_000)]))
    assert sorted(world.bigquery.event_ids()) == sorted(set(ids(10_000)) - {"evt_6667"})
    assert outcomes.delivered.total() == 9_999
    (row,) = set_aside(outcomes)
    assert (row["event_id"], row["reason"]) == ("evt_6667", "Bad row: too sour.")
    assert row["event"]["name"] == "x"
    assert [(sums.delivered, sums.set_aside) for sums in outcomes.sums("env_1")] == [(9_999, 1)]


def test_bad_rows_at_both_ends_of_a_request_keep_no_other_from_its_place(world):
    bad = {"evt_0", "evt_7", "evt_999"}
    world.bigquery.poison = lambda row: "No." if row["_event_id"] in bad else None
    outcomes = world.deliver(landed([line(number, name="x") for number in range(1_000)]))
    assert sorted(world.bigquery.event_ids()) == sorted(set(ids(1_000)) - bad)
    assert {row["event_id"] for row in set_aside(outcomes)} == bad


def test_what_no_revision_explains_is_set_aside(world):
    lines = [line(0, name="a", revision_id="rev_other"), b'{"not": "ours"}', b"\xff", line(1, name="b")]
    outcomes = world.deliver(landed(lines))
    assert world.bigquery.event_ids() == ["evt_1"]
    rows = set_aside(outcomes)
    assert [row["reason"] for row in rows] == [
        "The endpoint has no such revision.",
        "The line is none that ingest wrote.",
        "The line is none that ingest wrote.",
    ]
    assert rows[2]["raw_base64"] == "/w=="


def test_a_line_that_does_not_fit_its_revision_is_set_aside_alone(world):
    outcomes = world.deliver(landed([line(0, name="a", seen_at="noon"), line(1, name="b")]))
    assert world.bigquery.event_ids() == ["evt_1"]
    assert [row["event_id"] for row in set_aside(outcomes)] == ["evt_0"]


def test_integers_stay_exact_and_timestamps_are_moments(world):
    lines = [
        line(0, name="low", count=-(2**63), seen_at=-62_135_596_800),
        line(1, name="high", count=2**63 - 1, seen_at=253_402_300_799),
        line(2, name="small", count=5),
    ]
    world.deliver(landed(lines))
    rows = world.bigquery.rows[f"my-project.events.{TABLE.name}"]
    assert [int(row["count"]) for row in rows] == [-(2**63), 2**63 - 1, 5]
    assert [row.get("seen_at") for row in rows] == ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", None]


def test_rows_that_are_too_late_for_a_stream_are_set_aside_and_hold_up_no_other(streaming):
    lines = [line(0, name="late", received_at="2020-01-01T00:00:00.0Z"), line(1, name="now")]
    lines.append(line(2, name="early", received_at="2028-01-01T00:00:00.0Z"))
    outcomes = streaming.deliver(landed(lines))
    assert streaming.bigquery.event_ids() == ["evt_1"]
    assert {row["event_id"] for row in set_aside(outcomes)} == {"evt_0", "evt_2"}


def test_requests_hold_no_more_rows_or_bytes_than_they_may(streaming):
    streaming.deliver(landed([line(number, name="x" * 30_000) for number in range(1_000)]))
    rows, size = streaming.bigquery.largest_request
    assert rows <= MAX_ROWS_PER_INSERT
    assert 0.9 * MAX_INSERT_BYTES < size <= MAX_INSERT_BYTES
    assert len(streaming.bigquery.event_ids()) == 1_000


@pytest.mark.parametrize(
    "error",
    [
        failure(503),
        failure(429, reason="rateLimitExceeded"),
        failure(403, reason="quotaExceeded"),
        failure(404, reason="notFound"),
        requests.ConnectionError("reset"),
        requests.Timeout("slow"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_time_may_mend_is_tried_again_after_a_while(world, error):
    method = "insert_rows_json" if world.target.destination["mode"] == "stream" else "load_table_from_file"
    world.bigquery.faults[method] = [error, error]
    if error.__class__.__name__ == "NotFound":
        world.bigquery.faults[method] = [error]
    outcomes = world.deliver(landed([line(0, name="a")]))
    assert world.bigquery.event_ids() == ["evt_0"]
    assert outcomes.delivered.total() == 1
    assert world.time.waits


def test_what_never_gets_better_goes_back_when_the_time_is_over_and_nothing_is_lost(world):
    method = "insert_rows_json" if world.target.destination["mode"] == "stream" else "load_table_from_file"
    world.bigquery.faults[method] = [failure(503)] * 1_000
    one = landed([line(0, name="a")])
    with pytest.raises(Undelivered) as raised:
        world.deliver(one, seconds=30)
    assert raised.value.retryable
    assert world.time.now <= 30
    world.bigquery.faults.clear()
    assert world.deliver(one).delivered.total() == 1


def test_a_grant_that_is_gone_is_said_at_once_and_sets_nothing_aside(world):
    for method in ("insert_rows_json", "load_table_from_file"):
        world.bigquery.faults[method] = [failure(403, "Access Denied: no bigquery.tables.updateData", "accessDenied")]
    with pytest.raises(Undelivered, match="Access Denied") as raised:
        world.deliver(landed([line(0, name="a")]))
    assert not raised.value.retryable
    assert world.time.waits == []


def test_a_table_that_somebody_removed_is_made_again(world):
    world.bigquery.tables.clear()
    world.deliver(landed([line(0, name="a")]))
    assert world.bigquery.event_ids() == ["evt_0"]


def test_a_request_that_is_refused_as_a_whole_is_halved_until_one_row_is_to_blame(streaming):
    insert = streaming.bigquery.insert_rows_json

    def refuse(name, rows, **options):
        if any(row["_event_id"] == "evt_3" for row in rows):
            raise failure(400, "The request can't be read.", "invalid")
        return insert(name, rows, **options)

    streaming.bigquery.insert_rows_json = refuse
    outcomes = streaming.deliver(landed([line(number, name="x") for number in range(10)]))
    assert sorted(streaming.bigquery.event_ids()) == sorted(set(ids(10)) - {"evt_3"})
    assert [row["event_id"] for row in set_aside(outcomes)] == ["evt_3"]


def test_a_load_that_was_started_before_a_crash_is_found_and_not_done_again(loading):
    loading.bigquery.faults["load_table_from_file_done"] = [KeyboardInterrupt()]
    one = landed([line(0, name="a"), line(1, name="b")])
    with pytest.raises(KeyboardInterrupt):
        loading.deliver(one)
    assert loading.deliver(one).delivered.total() == 2
    assert loading.bigquery.event_ids() == ids(2)
    assert len(loading.bigquery.jobs) == 1


def test_a_load_whose_answer_is_lost_is_found_by_its_id(loading):
    loading.bigquery.faults["load_table_from_file_done"] = [requests.Timeout("slow")]
    assert loading.deliver(landed([line(0, name="a")])).delivered.total() == 1
    assert loading.bigquery.event_ids() == ids(1)


def test_a_job_that_failed_for_want_of_quota_gets_a_successor(loading):
    loading.bigquery.job_errors = [{"reason": "quotaExceeded", "message": "Quota."}] * 2
    one = landed([line(0, name="a")])
    loading.deliver(one)
    loading.deliver(one)
    assert loading.bigquery.event_ids() == ids(1)
    assert len(loading.bigquery.jobs) == 3


def test_jobs_of_objects_of_the_same_name_in_other_places_are_others(loading):
    first = landed([line(0, name="a")])
    second = landed([line(1, name="b")], key=first.key.replace("one", "two"))
    loading.deliver(first)
    loading.deliver(second)
    elsewhere = replace(loading.target, destination={**loading.target.destination, "dataset": "other"})
    loading.connector.make_tables(elsewhere, [TABLE])
    loading.connector.deliver(elsewhere, first, loading.table, loading.time.budget())
    assert loading.bigquery.event_ids() == ids(2)
    assert len(loading.bigquery.rows[f"my-project.other.{TABLE.name}"]) == 1
