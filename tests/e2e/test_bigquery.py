"""From a POST to a query: the local run, and the connector itself, against an emulator of BigQuery."""

import json
import os
import subprocess
import time
from dataclasses import replace
from datetime import UTC, date, datetime

import httpx
import pytest
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from benchmarks.local_run import ROOT, LocalRun, free_port
from connectors.bigquery.connector import BigQueryConnector
from domain.delivery.budget import TimeBudget
from domain.delivery.connectors import RevisionTable, TableBeside, Target
from domain.ids import derived_event_ids
from local.bigquery_emulator import PROJECT, BigQueryEmulator, is_installed
from tests.bigquery_double import TARGET
from tests.landed import KEY, MemoryObjects, Time, landed, line, set_aside
from tests.waiting import wait_until

MAPS = [
    {"key": "page", "type": "STRING"},
    {"key": "number", "type": "INT", "presence": "optional"},
    {"key": "at", "type": "TIMESTAMP", "presence": "optional"},
    {"key": "local", "type": "DATETIME", "presence": "optional"},
    {"key": "paid", "type": "BOOLEAN", "presence": "default", "default": False},
    {
        "key": "basket",
        "type": "OBJECT",
        "presence": "optional",
        "fields": [
            {"key": "ids", "type": "ARRAY_INT", "presence": "optional"},
            {
                "key": "items",
                "type": "ARRAY_OBJECT",
                "presence": "optional",
                "fields": [
                    {"key": "price", "type": "FLOAT"},
                    {"key": "tags", "type": "ARRAY_STRING", "presence": "optional"},
                ],
            },
        ],
    },
]
EVENT = {
    "page": "Zürich",
    "number": 2**63 - 1,
    "at": -62_135_596_800,
    "local": "2024-02-29T23:59:59.5",
    "basket": {"ids": [-(2**63), 0], "items": [{"price": 1.5, "tags": ["a", "b"]}, {"price": 2}]},
}
PRICED = [{"key": "event", "type": "STRING"}, {"key": "price", "type": "FLOAT"}]
TRACKED = [
    {"key": "type", "type": "STRING"},
    {"key": "message_id", "from": "messageId", "type": "STRING"},
    {"key": "sent_at", "from": "sentAt", "type": "TIMESTAMP", "format": "rfc3339"},
    {
        "key": "seen_at",
        "from": "seenAt",
        "type": "ARRAY_TIMESTAMP",
        "format": "unix_milliseconds",
        "presence": "optional",
    },
    {"key": "born", "type": "DATE", "presence": "optional"},
    {"key": "days", "type": "ARRAY_DATE", "presence": "optional"},
    {"key": "flags", "type": "ARRAY_BOOLEAN", "presence": "optional"},
    {"key": "library", "from": "/context/library/name", "type": "STRING", "presence": "optional"},
    {"key": "traits", "type": "JSON", "presence": "optional"},
    {"key": "parts", "type": "ARRAY_JSON", "presence": "optional"},
    {
        "key": "order_completed",
        "type": "OBJECT",
        "from": "properties",
        "when": {"/type": ["track"], "/event": ["Order Completed"]},
        "fields": [
            {"key": "order_id", "from": "orderId", "type": "STRING"},
            {"key": "type", "type": "STRING", "presence": "optional"},
            {"key": "total", "type": "FLOAT"},
            {"key": "coupon", "type": "JSON", "presence": "optional"},
        ],
    },
    {
        "key": "page",
        "type": "OBJECT",
        "from": "properties",
        "when": {"/type": ["page"]},
        "fields": [{"key": "url", "type": "STRING"}],
    },
]
WAIT_SECONDS = 60.0


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    if not is_installed():
        message = "NO BIGQUERY EMULATOR: it needs a Python 3.13; then run `make local-bigquery`."
        assert not os.environ.get("CI"), message
        pytest.skip(message)
    with BigQueryEmulator(tmp_path_factory.mktemp("bigquery"), free_port()) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def run(emulator, tmp_path_factory):
    environment = {"BIGQUERY_EMULATOR_HOST": emulator.address}
    with LocalRun(tmp_path_factory.mktemp("local") / "state", environment=environment) as run:
        yield run


@pytest.fixture(scope="module")
def api(run):
    with run.client() as client:
        yield client


@pytest.fixture(scope="module")
def google(emulator):
    return bigquery.Client(
        project=PROJECT,
        credentials=AnonymousCredentials(),
        client_options=ClientOptions(api_endpoint=f"http://{emulator.address}"),
    )


def destination(**fields):
    return {"type": "bigquery", "project": PROJECT, "dataset": "events", "location": "EU", **fields}


def send(address, events):
    answer = httpx.post(address, json=events, trust_env=False, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()["event_ids"]


def rows_of(google, table, count):
    """Wait for so many rows of a view, and return them by the order of their events."""
    query = f"SELECT * FROM `{PROJECT}.events.{table}` WHERE _received_at > '2020-01-01' ORDER BY _event_id"

    def probe():
        rows = [dict(row) for row in google.query(query, location="EU").result()]
        return rows if len(rows) >= count else None

    rows = wait_until(probe, seconds=WAIT_SECONDS)
    assert len(rows) == count
    return rows


@pytest.mark.parametrize("mode", ["stream", "load"])
def test_a_posted_event_is_the_answer_to_a_query(api, google, mode):
    settings = {"destination": destination(mode=mode, table=mode, require_partition_filter=mode == "load")}
    made = api.make_environment(f"Shop by {mode}", MAPS, settings=settings, timeout_seconds=WAIT_SECONDS)
    shown = api.call("GET", f"/v1/environments/{made.environment_id}")
    assert shown["status_reason"] is None
    ids = send(made.address, [EVENT, {"page": "/"}])
    first, second = rows_of(google, mode, 2)
    assert [first["_event_id"], second["_event_id"]] == ids
    assert first["_revision_id"] == made.revision_id
    assert (first["page"], first["number"], first["paid"]) == ("Zürich", 2**63 - 1, False)
    assert first["at"].isoformat() == "0001-01-01T00:00:00+00:00"
    assert first["local"].isoformat() == "2024-02-29T23:59:59.500000"
    assert first["basket"] == {
        "ids": [-(2**63), 0],
        "items": [{"price": 1.5, "tags": ["a", "b"]}, {"price": 2.0, "tags": []}],
    }
    assert (second["page"], second["number"], second["basket"]) == ("/", None, None)

    def counted():
        totals = api.call("GET", f"/v1/usage?environment={made.environment_id}&slice=minute")["totals"]
        return (totals["accepted"], totals["delivered"], totals["set_aside"]) == (2, 2, 0)

    wait_until(counted, seconds=WAIT_SECONDS)


@pytest.mark.parametrize("mode", [pytest.param("stream", marks=pytest.mark.slow), "load"])
def test_two_contents_under_one_key_arrive_and_what_is_sent_again_is_one_row_and_one_repeat(api, google, mode):
    settings = {"destination": destination(mode=mode, table=f"keyed_{mode}"), "buffer_seconds": 5}
    made = api.make_environment(f"Keyed by {mode}", PRICED, settings=settings, timeout_seconds=WAIT_SECONDS)
    forged, bought = {"event": "purchase", "price": 0.01}, {"event": "purchase", "price": 999.0}
    control = {"event": "control", "price": 1.0}

    def keyed(event):
        headers = {"Idempotency-Key": "order-4711"}
        answer = httpx.post(made.address, json=event, headers=headers, trust_env=False, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()["event_ids"]

    # All of one object, since a stream of rows does not say what it dropped between two.
    ids = [*keyed(forged), *keyed(bought), *send(made.address, [control])]
    assert keyed(bought) == [ids[1]]
    rows = rows_of(google, f"keyed_{mode}", 3)
    assert {(row["event"], row["price"]) for row in rows} == {("purchase", 0.01), ("purchase", 999.0), ("control", 1.0)}
    assert sorted(row["_event_id"] for row in rows) == sorted(ids)
    balanced = {"accepted": 4, "delivered": 3, "repeats": 1, "set_aside": 0, "in_flight": 0}
    wait_until(lambda: books(api, made) == balanced, seconds=WAIT_SECONDS)

    if mode == "load":  # a copy in a later object is taken away again, and counted as what it is
        assert keyed(forged) == [ids[0]]
        balanced = {**balanced, "accepted": 5, "repeats": 2}
        wait_until(lambda: books(api, made) == balanced, seconds=WAIT_SECONDS)
        assert len(rows_of(google, f"keyed_{mode}", 3)) == 3


def books(api, made):
    metrics = "accepted,delivered,repeats,set_aside,in_flight"
    path = f"/v1/usage?environment={made.environment_id}&slice=minute&metrics={metrics}"
    return api.call("GET", path)["totals"]


def test_a_view_unites_what_came_under_revisions_that_differ(api, google):
    settings = {"destination": destination(mode="stream", table="united")}
    made = api.make_environment("United", MAPS, settings=settings, timeout_seconds=WAIT_SECONDS)
    old = send(made.address, [EVENT])
    rows_of(google, "united", 1)
    changed = [
        {"key": "page", "type": "STRING"},
        {"key": "number", "type": "FLOAT", "presence": "optional"},
        {"key": "at", "type": "STRING", "presence": "optional"},
        {"key": "added", "type": "ARRAY_STRING", "presence": "optional"},
        {
            "key": "basket",
            "type": "OBJECT",
            "presence": "optional",
            "fields": [
                {
                    "key": "items",
                    "type": "ARRAY_OBJECT",
                    "presence": "optional",
                    "fields": [{"key": "price", "type": "STRING"}, {"key": "sku", "type": "STRING"}],
                },
                {"key": "voucher", "type": "STRING", "presence": "optional"},
            ],
        },
    ]
    revision_id = api.call("POST", f"/v1/endpoints/{made.endpoint_id}/revisions", {"name": "Changed"})["id"]
    path = f"/v1/revisions/{revision_id}"
    api.call("PUT", f"{path}/fields", {"fields": changed}, headers={"If-Match": '"1"'})
    api.call("POST", f"{path}/finalise")
    api.call("POST", f"/v1/environments/{made.environment_id}/deployments", {"revision_id": revision_id})
    event = {
        "page": "new",
        "number": 0.5,
        "at": "noon",
        "added": ["x"],
        "basket": {"items": [{"price": "free", "sku": "s"}], "voucher": "v"},
    }

    def taken():
        answer = httpx.post(made.address, json=[event], trust_env=False, timeout=30)
        return answer.json()["event_ids"] if answer.headers.get("x-revision-id") == revision_id else None

    wait_until(taken)
    wait_until(lambda: api.call("GET", f"/v1/environments/{made.environment_id}")["status_reason"] is None)
    rows = rows_of_at_least(google, "united", revision_id)
    before = next(row for row in rows if row["_event_id"] == old[0])
    after = next(row for row in rows if row["_revision_id"] == revision_id)
    assert (before["number"], before["added"], before["paid"]) == (float(2**63), [], False)
    assert before["at"].startswith("0001-01-01")
    assert before["basket"]["items"] == [
        {"price": "1.5", "sku": None, "tags": ["a", "b"]},
        {"price": "2.0", "sku": None, "tags": []},
    ]
    assert before["basket"]["voucher"] is None
    assert before["basket"]["ids"] == [-(2**63), 0]
    assert (after["number"], after["at"], after["added"], after["paid"]) == (0.5, "noon", ["x"], None)
    assert after["basket"] == {"items": [{"price": "free", "sku": "s", "tags": []}], "voucher": "v", "ids": []}


def rows_of_at_least(google, table, revision_id):
    """Wait for a row of a revision, and return all."""
    query = f"SELECT * FROM `{PROJECT}.events.{table}`"

    def probe():
        rows = [dict(row) for row in google.query(query, location="EU").result()]
        return rows if any(row["_revision_id"] == revision_id for row in rows) else None

    return wait_until(probe, seconds=WAIT_SECONDS)


def test_a_destination_is_tried_and_leaves_nothing_behind(api, google):
    settings = {"destination": destination(mode="load", table="tried")}
    made = api.make_environment("Tried", MAPS, settings=settings, timeout_seconds=WAIT_SECONDS)
    check = api.call("POST", f"/v1/environments/{made.environment_id}/destination/check")
    assert [step["name"] for step in check["checks"]] == ["dataset", "name", "table", "write", "query"]
    assert check["ok"]
    assert not [table.table_id for table in google.list_tables(f"{PROJECT}.events") if "check" in table.table_id]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"table": "tried"}, "tried is there already and belongs to another environment; name another `table`."),
        ({"location": "US", "table": "elsewhere"}, "The data set is in EU, not in US; name its location."),
    ],
)
def test_a_destination_that_can_not_be_is_refused_with_its_reason(api, fields, reason):
    test_name = f"Refused {fields['table']}"
    endpoint_id = api.call("POST", "/v1/endpoints", {"name": test_name})["id"]
    revision_id = api.make_revision(endpoint_id, MAPS)
    if fields["table"] == "tried" and "tried" not in str(api.call("GET", "/v1/endpoints")):
        settings = {"destination": destination(table="tried")}
        api.make_environment("First with the name", MAPS, settings=settings, timeout_seconds=WAIT_SECONDS)
    body = {"name": "Live", "revision_id": revision_id, "destination": destination(**fields)}
    answer = api.request("POST", f"/v1/endpoints/{endpoint_id}/environments", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "destination_refused")
    assert answer.json()["errors"][0]["message"] == reason


@pytest.mark.parametrize("mode", ["stream", "load"])
def test_posted_events_of_many_kinds_come_out_typed_each_in_a_view_of_its_own(api, google, mode):
    more = [
        {"key": "arrived", "type": "TIMESTAMP", "format": "rfc3339", "presence": "macro", "macro": "received_at"},
        {"key": "email", "type": "STRING", "presence": "optional", "protect": "email_domain"},
        {"key": "password", "type": "STRING", "presence": "optional", "protect": "redact"},
    ]
    settings = {"destination": destination(mode=mode, table=f"tracked_{mode}")}
    made = api.make_environment(
        f"Tracked by {mode}",
        [*TRACKED, *more],
        additional_keys="keep",
        settings=settings,
        timeout_seconds=WAIT_SECONDS,
    )
    track = {
        "type": "track",
        "event": "Order Completed",
        "messageId": "m-1",
        "sentAt": "2024-03-01T00:59:59.123456+01:00",
        "seenAt": [-1],
        "born": "0001-01-01",
        "flags": [True, False],
        "context": {"library": {"name": "js", "version": "2"}},
        "traits": {"b": [None, 2**64 - 1], "a": "x"},
        "parts": [{"a": 1}, "text", [1, "x"]],
        "properties": {"orderId": "o", "total": 1, "type": "gift", "gift": True},
        "email": "jane@example.com",
        "password": "secret",
    }
    page = {"type": "page", "messageId": "m-2", "sentAt": "2024-02-29T23:59:59Z", "properties": {"url": "/"}}
    ids = send(made.address, [track, page])
    tracked, viewed = rows_of(google, f"tracked_{mode}", 2)
    moment = datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=UTC)
    assert [tracked["_event_id"], viewed["_event_id"]] == ids
    assert (tracked["message_id"], tracked["sent_at"], tracked["library"]) == ("m-1", moment, "js")
    assert tracked["arrived"] == tracked["_received_at"]
    assert tracked["seen_at"] == [datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)]
    assert (tracked["born"], tracked["days"], tracked["flags"]) == (date(1, 1, 1), [], [True, False])
    assert (tracked["traits"], tracked["parts"]) == (track["traits"], track["parts"])
    assert tracked["order_completed"] == {"order_id": "o", "type": "gift", "total": 1.0, "coupon": None}
    assert tracked["_extra"] == {
        "/event": "Order Completed",
        "/context/library/version": "2",
        "/properties/gift": True,
    }
    assert (tracked["email"], "password" in tracked, tracked["page"]) == ("example.com", False, None)
    assert (viewed["page"], viewed["order_completed"], viewed["_extra"]) == ({"url": "/"}, None, None)
    (order,) = rows_of(google, f"tracked_{mode}__order_completed", 1)
    assert (order["order_id"], order["order_completed_type"], order["type"]) == ("o", "gift", "track")
    assert (order["email"], order["sent_at"], "page" in order) == ("example.com", moment, False)
    (seen,) = rows_of(google, f"tracked_{mode}__page", 1)
    assert (seen["_event_id"], seen["url"]) == (ids[1], "/")


@pytest.mark.parametrize("mode", ["stream", "load"])
def test_stored_events_of_the_second_edition_come_out_typed_and_by_kind(emulator, google, mode):
    target = Target(
        "org_1", "env_1", {**TARGET.destination, "project": PROJECT, "mode": mode, "dataset": f"kinds_{mode}"}
    )
    earlier = [{"key": "type", "type": "STRING"}, {"key": "traits", "type": "STRING", "presence": "optional"}]
    tables = {
        "rev_1": RevisionTable("kinds_1", "rev_1", "First", earlier),
        "rev_2": RevisionTable("kinds_2", "rev_2", "Second", TRACKED, "keep", 2),
    }
    connector = BigQueryConnector(emulator_host=emulator.address)
    connector.make_tables(target, list(tables.values()))
    connector.make_views(target, list(tables.values()))
    sent_at = {"message_id": "m", "sent_at": "2024-02-29T23:59:59.123456Z"}
    traits = {"b": [None, 2**64 - 1], "a": {"deep": 0.1}}
    order = {"order_id": "o", "type": "gift", "total": 1.5, "coupon": "X1"}
    lines = [
        line(1, type="old", traits="text"),
        line(
            2,
            revision_id="rev_2",
            _extra={"/unnamed": "x", "/list/0": None},
            type="track",
            **sent_at,
            seen_at=["1969-12-31T23:59:59.999000Z"],
            born="0001-01-01",
            days=["2024-02-29"],
            flags=[True, False],
            library="js",
            traits=traits,
            parts=[{"a": 1}, "text", [1, "x"], 1],
            order_completed=order,
        ),
        line(3, revision_id="rev_2", type="page", **sent_at, traits="17", page={"url": "/"}),
    ]
    one = landed(lines)
    outcomes = connector.deliver(target, one, tables.get, Time().budget(10_000))
    assert (outcomes.delivered.total(), set_aside(outcomes)) == (3, [])

    def rows(view):
        query = f"SELECT * FROM `{PROJECT}.kinds_{mode}.{view}` ORDER BY _event_id"
        return [dict(row) for row in google.query(query, location="EU").result()]

    old, track, page = rows("shop")
    moment = datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=UTC)
    assert list(track)[:4] == ["_event_id", "_received_at", "_revision_id", "_extra"]
    assert track["_extra"] == {"/unnamed": "x", "/list/0": None}
    assert (track["message_id"], track["sent_at"], track["library"]) == ("m", moment, "js")
    assert track["seen_at"] == [datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)]
    assert (track["born"], track["days"], track["flags"]) == (date(1, 1, 1), [date(2024, 2, 29)], [True, False])
    assert (track["traits"], list(track["traits"])) == (traits, ["b", "a"])
    assert track["parts"] == [{"a": 1}, "text", [1, "x"], 1]
    assert (track["order_completed"], track["page"]) == (order, None)
    assert (page["traits"], page["page"], page["_extra"], page["order_completed"]) == ("17", {"url": "/"}, None, None)
    assert (old["traits"], old["sent_at"], old["days"], old["page"]) == ("text", None, [], None)
    (ordered,) = rows("shop__order_completed")
    assert (ordered["_event_id"], ordered["type"], ordered["order_completed_type"]) == ("evt_2", "track", "gift")
    assert (ordered["order_id"], ordered["total"], ordered["coupon"], ordered["sent_at"]) == ("o", 1.5, "X1", moment)
    assert ordered["_extra"] == {"/unnamed": "x", "/list/0": None}
    (viewed,) = rows("shop__page")
    assert (viewed["_event_id"], viewed["url"], viewed["traits"]) == ("evt_3", "/", "17")
    assert not {"page", "order_completed", "total"} & set(viewed)


@pytest.mark.parametrize("mode", ["stream", "load"])
def test_one_bad_row_among_ten_thousand_is_set_aside_and_all_others_are_there(emulator, google, mode):
    target = Target("org_1", "env_1", {**TARGET.destination, "project": PROJECT, "mode": mode, "dataset": "many"})
    maps = [{"key": "name", "type": "STRING"}, {"key": "price", "type": "FLOAT"}]
    table = RevisionTable(f"many_{mode}", "rev_1", "First", maps)
    connector = BigQueryConnector(emulator_host=emulator.address)
    connector.make_tables(target, [table])
    lines = [line(number, name="x", price=number) for number in range(10_000)]
    lines[4_711] = line(4_711, name="x", price="not a number")
    one = landed(lines)
    for _ in range(2):
        outcomes = connector.deliver(target, one, lambda _: table, Time().budget(10_000))
        assert outcomes.delivered.total() == 9_999
        assert [row["event_id"] for row in set_aside(outcomes)] == ["evt_4711"]
    query = f"SELECT count(*) AS n, count(DISTINCT _event_id) AS ids FROM `{PROJECT}.many.many_{mode}`"
    ((rows, ids),) = [tuple(row.values()) for row in google.query(query, location="EU").result()]
    assert ids == 9_999
    assert rows == 9_999


def test_events_that_stand_in_the_log_twice_are_one_row_with_all_that_they_hold(emulator, google):
    destination = {**TARGET.destination, "project": PROJECT, "mode": "load", "dataset": "swept"}
    target = Target("org_1", "env_1", {**destination, "require_partition_filter": True})
    table = RevisionTable("swept", "rev_1", "First", MAPS)
    connector = BigQueryConnector(emulator_host=emulator.address)
    connector.make_tables(target, [table])
    objects = MemoryObjects()
    fields = {name: value for name, value in EVENT.items() if name not in {"number", "local"}} | {"paid": True}
    (derived,) = derived_event_ids("env_1", "key", [b"{}"])
    key_twice = [line(derived[4:], received_at=f"2026-11-02T10:{minute}:00Z", **fields) for minute in ("00", "59")]
    batches = [
        [line(1, **fields), line(2, **fields), key_twice[1]],
        [b" " + line(2, **fields), line(3, **fields), b" " + line(3, **fields)],
        [key_twice[0], line(4, **fields)],
    ]
    for number, lines in enumerate(batches):
        one = landed(lines, objects=objects, key=f"{KEY}-{number}")
        connector.deliver(target, one, lambda _: table, TimeBudget(60, time.monotonic, time.sleep))
    query = f"SELECT * FROM `{PROJECT}.swept.swept` WHERE _received_at > '2020-01-01' ORDER BY _event_id"
    rows = [dict(row) for row in google.query(query, location="EU").result()]
    assert [row["_event_id"] for row in rows] == ["evt_1", "evt_2", "evt_3", "evt_4", derived]
    assert rows[-1]["_received_at"].isoformat() == "2026-11-02T10:00:00+00:00"
    assert {json.dumps(row["basket"]) for row in rows} == {
        '{"ids": [-9223372036854775808, 0], "items": [{"price": 1.5, "tags": ["a", "b"]}, {"price": 2.0, "tags": []}]}'
    }


@pytest.mark.parametrize("mode", ["stream", "load"])
def test_events_that_went_to_both_revisions_while_a_canary_ran_are_one_row(emulator, google, mode):
    dataset = f"beside_{mode}"
    destination = {**TARGET.destination, "project": PROJECT, "mode": mode, "dataset": dataset}
    target = Target("org_1", "env_1", {**destination, "require_partition_filter": True})
    pair = [RevisionTable(f"side_{number}", f"rev_{number}", f"Number {number}", MAPS) for number in (1, 2)]
    connector = BigQueryConnector(emulator_host=emulator.address)
    connector.make_tables(target, pair)
    began, ended = datetime(2026, 11, 2, 10, tzinfo=UTC), datetime(2026, 11, 2, 11, tzinfo=UTC)
    tables = {
        own.revision_id: replace(own, beside=[TableBeside(other.name, other.revision_id, began, ended)])
        for own, other in (pair, pair[::-1])
    }
    objects = MemoryObjects()
    fields = {name: value for name, value in EVENT.items() if name not in {"number", "local"}} | {"paid": True}
    keyed = [each[4:] for each in derived_event_ids("env_1", "key", [b"1", b"2", b"3"])]

    def copy(place, revision_id, minute):
        return line(keyed[place], revision_id=revision_id, received_at=f"2026-11-02T10:{minute}:00Z", **fields)

    batches = [
        [copy(0, "rev_1", "05"), copy(1, "rev_2", "00"), copy(2, "rev_1", "07")],
        [copy(0, "rev_2", "04"), copy(1, "rev_1", "09"), line(4, revision_id="rev_2", **fields)],
    ]
    repeats = 0
    for number, lines in enumerate(batches):
        one = landed(lines, objects=objects, key=f"{KEY}-{number}")
        outcomes = connector.deliver(target, one, tables.get, TimeBudget(60, time.monotonic, time.sleep))
        repeats += outcomes.repeats.total()
    rows = [
        (row["_event_id"], row["_revision_id"])
        for name in ("side_1", "side_2")
        for row in google.query(
            f"SELECT * FROM `{PROJECT}.{dataset}.{name}` WHERE _received_at > '2020-01-01'", location="EU"
        ).result()
    ]
    ids = [f"evt_{each}" for each in keyed]
    first = "rev_2" if mode == "load" else "rev_1"  # a load leaves the earlier one, a stream the one that was there
    assert sorted(rows) == sorted([(ids[0], first), (ids[1], "rev_2"), (ids[2], "rev_1"), ("evt_4", "rev_2")])
    assert repeats == 2


@pytest.mark.parametrize("mode", [pytest.param("stream", marks=pytest.mark.slow), "load"])
def test_what_a_broken_table_refused_is_sent_again_to_one_row_each_once_the_table_is_mended(run, api, google, mode):
    table = f"mended_{mode}"
    settings = {"destination": destination(mode=mode, table=table)}
    made = api.make_environment(f"Mended by {mode}", MAPS, settings=settings, timeout_seconds=WAIT_SECONDS)
    (name,) = [
        found.table_id
        for found in google.list_tables(f"{PROJECT}.events")
        if found.table_id.startswith(table) and found.table_type == "TABLE"
    ]
    whole = google.get_table(f"{PROJECT}.events.{name}")
    changed = bigquery.SchemaField("page", "INTEGER", mode="REQUIRED")
    broken = bigquery.Table(whole.reference, [changed if row.name == "page" else row for row in whole.schema])
    broken.labels = whole.labels
    google.delete_table(whole)
    google.create_table(broken)
    ids = send(made.address, [{**EVENT, "page": "17"}, EVENT, EVENT])
    wait_until(lambda: counts(api, made) == (3, 1, 2), seconds=WAIT_SECONDS)

    google.delete_table(broken)
    google.create_table(whole)
    environment = {"INGEST_ADDRESS": run.address, "INGEST_TOKEN": run.token}
    told = ingestctl(environment, "redrive", "--environment", made.environment_id, "--dry-run")
    assert (told["objects"] >= 1, told["events"]) == (True, 2)
    (reason, *_) = ingestctl(environment, "reasons", "--environment", made.environment_id)
    assert made.environment_id == reason["environment_id"]
    assert ingestctl(environment, "redrive", "--environment", made.environment_id) == {**told, "dry_run": False}
    wait_until(lambda: counts(api, made) == (3, 3, 0), seconds=WAIT_SECONDS)
    rows = [dict(row) for row in google.query(f"SELECT * FROM `{whole.reference}`".replace("`", ""), location="EU")]
    assert sorted(row["_event_id"] for row in rows) == ids[1:]
    assert {row["number"] for row in rows} == {2**63 - 1}
    assert ingestctl(environment, "list", "--environment", made.environment_id) == []
    assert ingestctl(environment, "redrive", "--all")["events"] == 0


def counts(api, made):
    totals = api.call("GET", f"/v1/usage?environment={made.environment_id}&slice=minute")["totals"]
    return totals["accepted"], totals["delivered"], totals["set_aside"]


def ingestctl(environment, *arguments):
    command = [str(ROOT / "bin" / "ingestctl"), "set-aside", *arguments, "--json"]
    answer = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=True)
    return json.loads(answer.stdout)


def test_the_run_starts_an_emulator_of_its_own_and_says_how_to_ask_it(emulator, tmp_path):
    assert emulator
    environment = {"BIGQUERY": "emulator", "BIGQUERY_PORT": str(free_port())}
    with LocalRun(tmp_path / "state", environment=environment) as run:
        lines = [run.process.stdout.readline().rstrip() for _ in range(2)]
        assert lines[0] == f"BigQuery: 127.0.0.1:{environment['BIGQUERY_PORT']}, project {PROJECT}"
        with run.client() as api:
            settings = {"destination": destination(table="asked")}
            api.make_environment("Asked", MAPS, settings=settings, timeout_seconds=WAIT_SECONDS)
        command = lines[1].removeprefix("Query: ").replace("DATASET", "events")
        answer = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
        assert '"asked"' in answer.stdout
        assert run.terminate() == 0
