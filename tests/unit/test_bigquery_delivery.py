"""Rows into BigQuery, both ways, against a client that answers as BigQuery does."""

from dataclasses import replace

import pytest
import requests
from google.auth.exceptions import OAuthError, RefreshError, TransportError
from google.cloud import bigquery

from connectors.bigquery import job_counts
from connectors.bigquery.capabilities import (
    MAX_HALVES_IN_VAIN,
    MAX_HALVES_PER_OBJECT,
    MAX_INSERT_BYTES,
    MAX_ROWS_PER_INSERT,
)
from connectors.bigquery.connector import CHECK_SECONDS, BigQueryConnector
from connectors.bigquery.failures import translated
from domain.errors import Undelivered
from domain.ids import derived_event_ids
from tests.bigquery_double import TABLE, TARGET, FakeBigQuery, failure
from tests.landed import Time, landed, line, set_aside


class World:
    """A connector on a client that it can make fail."""

    def __init__(self, mode):
        self.bigquery = FakeBigQuery()
        self.time = Time()
        self.day = 1
        self.connector = BigQueryConnector(
            emulator_host="nowhere",
            clients=self.bigquery,
            monotonic=self.time.monotonic,
            sleep=self.time.sleep,
            clock=lambda: self.day * 86_400 * 10**9,
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
        "This line is none that ingest wrote.",
        "This line is none that ingest wrote.",
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
    world.bigquery.faults[method] = [failure(503, "The service is down.")] * 1_000
    one = landed([line(0, name="a")])
    with pytest.raises(Undelivered, match=r"The service is down\.") as raised:
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


def test_what_a_sender_sent_again_is_known_within_an_object_and_left_out(world):
    first, second = (event_id.removeprefix("evt_") for event_id in derived_event_ids("env_1", "key", [b"1", b"2"]))
    lines = [line(first, name="a"), line(second, name="b"), line(first, name="a"), b" " + line(first, name="a")]
    outcomes = world.deliver(landed(lines))
    assert sorted(world.bigquery.event_ids()) == sorted([f"evt_{first}", f"evt_{second}"])
    assert [(row.delivered, row.repeats, row.set_aside) for row in outcomes.sums("env_1")] == [(2, 2, 0)]


def test_a_column_that_was_changed_makes_no_job_for_each_row(loading):
    loading.bigquery.poison = lambda row: f"Bad value in row {row['_event_id'][4:]}."
    outcomes = loading.deliver(landed([line(number, name="x") for number in range(1_000)]))
    assert len(loading.bigquery.jobs) <= 1 + MAX_HALVES_IN_VAIN
    assert outcomes.set_aside.total() == 1_000
    assert outcomes.delivered.total() == 0
    reasons = {row["reason"] for row in set_aside(outcomes)}
    assert any("Rows beside it may be right" in reason for reason in reasons)


def test_an_object_that_is_given_up_as_one_is_given_up_the_same_way_again(loading):
    loading.bigquery.poison = lambda row: "No." if int(row["_event_id"][4:]) >= 100 else None
    one = landed([line(number, name="x") for number in range(1_000)])
    first, jobs = loading.deliver(one), len(loading.bigquery.jobs)
    second = loading.deliver(one)
    assert len(loading.bigquery.jobs) == jobs
    assert (first.delivered, first.set_aside) == (second.delivered, second.set_aside)
    assert first.delivered.total() == len(loading.bigquery.event_ids()) > 0


def test_bad_rows_here_and_there_are_found_one_by_one_as_long_as_they_are_few(loading):
    bad = {f"evt_{number}" for number in range(0, 2_000, 250)}
    loading.bigquery.poison = lambda row: "No." if row["_event_id"] in bad else None
    outcomes = loading.deliver(landed([line(number, name="x") for number in range(2_000)]))
    assert {row["event_id"] for row in set_aside(outcomes)} == bad
    assert len(loading.bigquery.jobs) <= 1 + MAX_HALVES_PER_OBJECT


def test_an_object_with_more_bad_rows_than_jobs_for_them_is_worked_off_with_a_bounded_number(loading):
    loading.bigquery.poison = lambda row: "No." if int(row["_event_id"][4:]) % 7 == 0 else None
    outcomes = loading.deliver(landed([line(number, name="x") for number in range(2_000)]))
    assert len(loading.bigquery.jobs) <= 3 + MAX_HALVES_PER_OBJECT
    assert outcomes.delivered.total() + outcomes.set_aside.total() == 2_000


def test_a_table_that_had_its_jobs_today_keeps_objects_with_refused_rows_for_tomorrow(loading, monkeypatch):
    monkeypatch.setattr(job_counts, "MAX_JOBS_BEFORE_HALVING_STOPS", 4)
    loading.bigquery.poison = lambda row: "No." if row["_event_id"] == "evt_0" else None
    bad = landed([line(number, name="x") for number in range(8)])
    with pytest.raises(Undelivered, match="waits until tomorrow") as raised:
        loading.deliver(bad)
    assert not raised.value.retryable
    good = landed([line(9, name="x")], key=bad.key.replace("one", "two"))
    assert loading.deliver(good).delivered.total() == 1  # objects as they come are loaded all the same
    loading.day += 1
    assert loading.deliver(bad).set_aside.total() == 1
    assert sorted(loading.bigquery.event_ids()) == sorted({*ids(8), "evt_9"} - {"evt_0"})


@pytest.mark.parametrize("mode", ["stream", "load"])
@pytest.mark.parametrize("environment_id", ["", "env_1"])
def test_a_table_that_was_just_made_is_waited_for_within_the_time_of_a_check(mode, environment_id):
    world = World(mode)
    method = "insert_rows_json" if mode == "stream" else "load_table_from_file"
    world.bigquery.faults[method] = [failure(404, "Not found: Table", "notFound")] * 4
    target = replace(world.target, environment_id=environment_id)
    assert [step.reason for step in world.connector.check(target)] == [None] * 5
    assert world.time.now <= CHECK_SECONDS


def test_a_check_tries_a_step_again_that_may_pass_and_says_what_does_not(world):
    for method in ("get_dataset", "create_dataset", "create_table"):
        world.bigquery.faults[method] = [failure(503)]
    assert [step.reason for step in world.connector.check(world.target)] == [None] * 5
    world.bigquery.faults["create_table"] = [failure(503, "The service is down.")] * 100
    steps = world.connector.check(world.target)
    assert (steps[-1].name, steps[-1].reason) == ("table", "The service is down.")
    assert world.time.now <= 3 * CHECK_SECONDS


def test_a_view_that_is_not_ours_is_refused_to_an_environment_that_is_being_made(world):
    world.bigquery.tables["my-project.events.shop"] = bigquery.Table("my-project.events.shop")
    (*_, step) = world.connector.check(replace(world.target, environment_id=""))
    assert step.name == "name"
    assert "is none of an environment" in step.reason


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (OAuthError("Error code invalid_grant: The token has expired."), False),
        (OAuthError("Error code invalid_target: The audience is not known."), False),
        (OAuthError("Error code unauthorized_client: The attribute condition rejects it."), False),
        (RefreshError("Unable to acquire it", '{"error": {"code": 403, "status": "PERMISSION_DENIED"}}'), False),
        (RefreshError("invalid_grant: Invalid JWT Signature.", {"error": "invalid_grant"}), False),
        (OAuthError("Error code 503: upstream connect error"), True),
        (RefreshError("Unable to acquire it", '{"error": {"code": 503, "status": "UNAVAILABLE"}}'), True),
        (RefreshError("Unable to acquire it", "<html>Bad Gateway</html>"), True),
        (TransportError("connection reset"), True),
    ],
)
def test_only_what_the_token_service_calls_by_a_final_name_is_final(error, passes):
    with pytest.raises(Undelivered) as raised, translated("take rows"):
        raise error
    assert raised.value.retryable is passes
    assert "JWT" not in str(raised.value)


def test_a_token_service_that_is_down_for_a_while_holds_up_nothing_for_good(world):
    method = "insert_rows_json" if world.target.destination["mode"] == "stream" else "load_table_from_file"
    world.bigquery.faults[method] = [OAuthError("Error code 503: upstream connect error")] * 3
    assert world.deliver(landed([line(0, name="a")])).delivered.total() == 1


def test_a_load_that_was_started_before_a_crash_is_found_and_not_done_again(loading):
    loading.bigquery.faults["load_table_from_file_done"] = [KeyboardInterrupt()]
    one = landed([line(0, name="a"), line(1, name="b")])
    with pytest.raises(KeyboardInterrupt):
        loading.deliver(one)
    assert loading.deliver(one).delivered.total() == 2
    assert loading.bigquery.event_ids() == ids(2)
    assert len(loading.bigquery.jobs) == 1


def test_an_object_that_was_tried_before_looks_for_its_loads_before_it_sends_its_rows_again(loading):
    one = landed([line(0, name="a"), line(1, name="b")])
    loading.deliver(one)
    one.was_tried = True
    assert loading.deliver(one).delivered.total() == 2
    assert (loading.bigquery.calls["load_table_from_file"], loading.bigquery.calls["get_job"]) == (1, 1)
    other = landed([line(2, name="c")], key=one.key.replace("one", "two"))
    other.was_tried = True  # in vain, before any load
    assert loading.deliver(other).delivered.total() == 1
    assert loading.bigquery.event_ids() == ids(3)


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
