"""What the API shows of the quarantine."""

import base64
import gzip
import json
from dataclasses import replace

import pytest

from domain.ids import new_event_ids
from domain.quarantine.retention import oldest_kept, purge_objects
from schemas.limits import (
    MAX_QUARANTINE_BYTES_READ,
    MAX_QUARANTINE_OBJECTS_READ,
    MAX_SHOWN_PAGE_BYTES,
    MAX_SHOWN_RAW_BYTES,
)
from tests.management_api import START_NS
from tests.quarantine_world import NUMBER, QuarantineWorld


@pytest.fixture
def world():
    return QuarantineWorld()


def quoted(*prices):
    return [json.dumps({"price": str(price)}).encode() for price in prices]


def events_of(world, query=""):
    """Every event by paging, and how long each page was."""
    found, lengths, cursor = [], [], ""
    while cursor is not None:
        path = f"/v1/environments/{world.environment_id}/quarantine/events?{query}{cursor and f'&cursor={cursor}'}"
        page = world.api.call("GET", path).json
        found += page["items"]
        lengths.append(len(page["items"]))
        cursor = page["next"]
    return found, lengths


def test_an_empty_quarantine_has_neither_groups_nor_samples(world):
    page = world.page()
    assert (page["events"], page["redriven"], page["items"], page["samples"]) == (0, 0, [], [])
    assert page["from"] == "2026-10-24T08:00:00.000Z"
    assert events_of(world) == ([], [0])


def test_groups_come_with_counts_and_times_the_largest_first(world):
    world.keep_many(quoted(1, 2), hours_ago=3)
    world.keep_many([*quoted(3), b'{"other": 1}'])
    page = world.page()
    assert [(row["code"], row["pointer"], row["count"]) for row in page["items"]] == [
        ("type_float", "/price", 3),
        ("required", "/price", 1),
    ]
    assert page["items"][0]["revision_id"] == world.revision_id
    assert page["items"][0]["first_seen"].startswith("2026-11-23T05:00:00")
    assert page["items"][0]["last_seen"].startswith("2026-11-23T08:00:00")
    assert page["events"] == 4


def test_samples_are_whole_events_as_they_came_late_ones_first(world):
    world.keep_many(quoted(1), hours_ago=2)
    late = world.refused(b'{"price": "9,50"}', source_ip="203.0.113.9", user_agent="Mozilla/5.0")
    world.keep(late)
    first, second = world.page()["samples"]
    assert first == {
        "event_id": late.event_id,
        "received_at": late.received_at,
        "revision_id": world.revision_id,
        "event_name": None,
        "index": 0,
        "errors": [{"pointer": "/price", "code": "type_float", "message": "Must be a number, not quoted."}],
        "more": False,
        "content_type": "application/json",
        "user_agent": "Mozilla/5.0",
        "protocol": None,
        "source_ip": "203.0.113.9",
        "raw": '{"price": "9,50"}',
        "raw_base64": None,
        "truncated": False,
        "raw_bytes": 17,
        "kept_bytes": 17,
        "protected": [],
        "redacted": False,
        "object": first["object"],
    }
    assert world.quarantine.objects.get("data", first["object"]) is not None
    assert second["received_at"] < first["received_at"]


@pytest.mark.parametrize("raw", [b"\xff\xfe{", b'{"a": "\x00"}'])
def test_what_is_no_text_is_shown_as_base64(world, raw):
    world.keep(world.refused(raw))
    (sample,) = world.page()["samples"]
    assert sample["raw"] is None
    assert base64.b64decode(sample["raw_base64"]) == raw


@pytest.mark.parametrize("char", ["x", "é", "\U0001f600"])
def test_of_a_long_text_the_beginning_is_shown(world, char):
    raw = ("!" + char * 200_000).encode()
    world.keep(world.refused(raw))
    (sample,) = world.page()["samples"]
    assert sample["truncated"] is True
    assert sample["raw_bytes"] == len(raw)
    assert raw.startswith(sample["raw"].encode())
    assert MAX_SHOWN_RAW_BYTES - 4 < len(sample["raw"].encode()) <= MAX_SHOWN_RAW_BYTES


def test_of_an_event_that_was_cut_its_true_size_is_shown(world):
    world.keep(world.refused(b"\0" * 3_000_000), world.refused(b"{"))
    cut, whole = sorted(world.page()["samples"], key=lambda sample: -sample["raw_bytes"])
    assert (cut["raw_bytes"], cut["kept_bytes"], cut["truncated"]) == (3_000_000, 1_000_000, True)
    assert base64.b64decode(cut["raw_base64"]) == b"\0" * MAX_SHOWN_RAW_BYTES
    assert (whole["raw_bytes"], whole["kept_bytes"], whole["truncated"]) == (1, 1, False)


@pytest.mark.parametrize("raw", [b"\0" * 2_000_000, "\U0001f600".encode() * 1_000_000, b'"' * 5_000_000], ids="abc")
def test_events_that_were_kept_whole_however_they_grew_are_shown_as_far_as_they_are_kept_today(world, raw):
    events = [world.refused(text) for text in (b"{", raw, b"[")]
    world.keep_as_before(*events)
    for shown in (world.page()["samples"], events_of(world)[0]):
        by_id = {sample["event_id"]: sample for sample in shown}
        assert set(by_id) == {event.event_id for event in events}
        cut = by_id[events[1].event_id]
        assert cut["kept_bytes"] <= 1_000_000
        assert abs(cut["raw_bytes"] - len(raw)) <= len(raw) * 0.001
        start = cut["raw"].encode() if cut["raw"] is not None else base64.b64decode(cut["raw_base64"])
        assert raw.startswith(start)
        assert by_id[events[0].event_id]["raw"] == "{"


def test_a_line_that_can_not_be_read_hides_no_other(world):
    event = world.refused(b"{")
    world.keep(event)
    ((bucket, key),) = world.quarantine.objects.objects
    lines = gzip.decompress(world.quarantine.objects.objects[bucket, key])
    world.quarantine.objects.put(bucket, key, gzip.compress(b"[" * 90_000 + b"\n{}\n" + lines + b"x" * 9_000_000))
    assert [sample["event_id"] for sample in world.page()["samples"]] == [event.event_id]
    assert events_of(world)[1] == [1]


def test_a_page_ends_after_so_many_bytes_and_the_next_goes_on(world):
    raw = (b'{"price": "' + b"x" * 989_000) + b'"}'
    large, small = world.refused(raw), world.refused(b"{")
    sent = []
    for number in range(8):
        sent.append(replace(small, event_id=f"evt_{number}"))
        world.keep(*[large] * 14, sent[-1])
    events, lengths = events_of(world, "limit=200&code=not_json")
    assert sorted(event["event_id"] for event in events) == [event.event_id for event in sent]
    assert len(lengths) == 2
    assert 14 * 8 * len(raw) > MAX_QUARANTINE_BYTES_READ


def test_whatever_is_in_quarantine_an_answer_fits_into_what_a_function_may_answer(world):
    errors = [{"pointer": f"/{'€' * 300}{n}", "code": "type_float", "message": "No."} for n in range(100)]
    for raw in ("\u2028".encode() * 30_000, b'"' * 70_000, b"\x01" * 70_000, b"\xff" * 70_000):
        world.keep(*(replace(world.refused(raw), errors=errors) for _ in range(60)))
    for path in ("quarantine?samples=20", "quarantine/events?limit=200"):
        answer = world.api.call("GET", f"/v1/environments/{world.environment_id}/{path}")
        assert answer.status == 200
        assert len(answer.text.encode()) < 4_500_000


def test_filters_narrow_groups_and_samples_alike(world):
    world.keep_many(quoted(1, 2), hours_ago=4)
    world.keep_many([b'{"other": 1}', b"{"])
    for query, counts, samples in (
        ("code=type_float", {("type_float", "/price"): 2}, 2),
        ("pointer=/price", {("type_float", "/price"): 2, ("required", "/price"): 1}, 3),
        ("code=required&pointer=/price", {("required", "/price"): 1}, 1),
        ("revision=rev_other", {}, 0),
        ("from=2026-11-23T07:59:59Z", {("required", "/price"): 1, ("not_json", ""): 1}, 2),
        ("from=2026-11-23T04:00:00Z&to=2026-11-23T04:10:00Z", {("type_float", "/price"): 2}, 2),
        ("samples=1", {("type_float", "/price"): 2, ("required", "/price"): 1, ("not_json", ""): 1}, 1),
    ):
        page = world.page(query)
        assert {(row["code"], row["pointer"]): row["count"] for row in page["items"]} == counts, query
        assert len(page["samples"]) == samples, query


def test_an_element_of_an_array_is_meant_by_its_number_as_well_as_by_a_star():
    tags = {"key": "tags", "type": "ARRAY_INT", "presence": "optional"}
    world = QuarantineWorld(tags)
    world.keep_many([b'{"tags": [1, "x"]}', b'{"tags": ["x", 1, "y"]}'])
    assert world.counts() == {("type_int", "/tags/*"): 2}
    for pointer in ("/tags/*", "/tags/0", "/tags/99"):
        assert len(world.page(f"pointer={pointer}")["samples"]) == 2


def test_unknown_keys_that_are_counted_together_are_found_together():
    world = QuarantineWorld({**NUMBER, "presence": "optional"})
    world.revision_id = world.revision({**NUMBER, "presence": "optional"}, additional_keys="reject")
    world.keep_many([json.dumps({f"key_{number}": 1}).encode() for number in range(60)])
    counts = world.counts("limit=200")
    assert len(counts) == 51
    assert counts["unknown_key", "/*"] == 10
    events, _ = events_of(world, "code=unknown_key&pointer=/*&limit=200")
    assert len(events) == 60
    assert len(events_of(world, "pointer=/key_59")[0]) == 1


def test_samples_of_a_rare_group_are_found_without_reading_everything(world):
    world.keep_many(quoted(*range(200)), per_object=2)
    world.keep_many([b"{"])
    world.keep_many(quoted(*range(200, 400)), per_object=2)
    before = world.quarantine.objects.reads
    page = world.page("code=not_json&samples=1")
    assert [sample["raw"] for sample in page["samples"]] == ["{"]
    assert world.quarantine.objects.reads - before == 1
    world.page("code=required")
    assert world.quarantine.objects.reads - before == 1


def test_no_answer_reads_more_than_a_bounded_number_of_objects(world):
    world.keep_many(quoted(*range(MAX_QUARANTINE_OBJECTS_READ * 2)), per_object=1)
    before = world.quarantine.objects.reads
    world.page("samples=20")
    assert world.quarantine.objects.reads - before <= MAX_QUARANTINE_OBJECTS_READ
    events, lengths = events_of(world, "limit=200")
    assert lengths == [MAX_QUARANTINE_OBJECTS_READ, MAX_QUARANTINE_OBJECTS_READ]
    assert len({event["event_id"] for event in events}) == 2 * MAX_QUARANTINE_OBJECTS_READ


@pytest.mark.parametrize("limit", [1, 3, 7, 50])
def test_pages_hold_every_event_once_whatever_their_length(world, limit):
    ids = world.keep_many(quoted(*range(20)), per_object=4)
    ids += world.keep_many([*quoted(*range(5)), b"{"], per_object=4, hours_ago=2)
    events, lengths = events_of(world, f"limit={limit}&code=type_float")
    assert sorted(event["event_id"] for event in events) == sorted(ids[:-1])
    assert max(lengths) <= limit
    hours = [event["received_at"][:13] for event in events]
    assert hours == sorted(hours, reverse=True)


def test_a_page_of_large_events_ends_early(world):
    raws = [b'{"price": "' + b"x" * 70_000 + b'"}' for _ in range(60)]
    world.keep_many(raws, per_object=5)
    events, lengths = events_of(world, "limit=60")
    assert len(events) == 60
    assert max(lengths) <= MAX_SHOWN_PAGE_BYTES // MAX_SHOWN_RAW_BYTES + 1


def test_groups_come_by_pages_too(world):
    maps = [{"key": f"k{number}", "type": "INT", "presence": "optional"} for number in range(12)]
    world.revision_id = world.revision(*maps)
    for number in range(12):
        world.keep_many([json.dumps({f"k{number}": "x"}).encode()] * (number % 4 + 1))
    whole = world.page()["items"]
    assert [row["count"] for row in whole] == sorted((row["count"] for row in whole), reverse=True)
    pages, cursor = [], ""
    while cursor is not None:
        page = world.page(f"limit=5{cursor and f'&cursor={cursor}'}")
        assert bool(page["samples"]) is (cursor == "")
        pages += page["items"]
        cursor = page["next"]
    assert pages == whole
    for path in ("quarantine", "quarantine/events"):
        bad = world.api.call("GET", f"/v1/environments/{world.environment_id}/{path}?cursor=e30")
        assert bad.pointers == ["/cursor"]


def test_bad_questions_name_their_field(world):
    for query, pointer in (
        ("code=nonsense", "/code"),
        ("from=yesterday", "/from"),
        ("from=2026-11-23T05:00:00Z&to=2026-11-22T05:00:00Z", "/from"),
        ("samples=21", "/samples"),
        ("pointer=" + "x" * 300, "/pointer"),
    ):
        answer = world.api.call("GET", f"/v1/environments/{world.environment_id}/quarantine?{query}")
        assert (answer.status, answer.pointers) == (422, [pointer]), query


def test_a_store_that_can_not_be_reached_is_503(world):
    world.keep_many(quoted(1))
    world.quarantine.objects.unreachable = True
    answer = world.api.call("GET", f"/v1/environments/{world.environment_id}/quarantine")
    assert (answer.status, answer.code) == (503, "undeliverable")


def test_what_is_kept_no_longer_is_removed_hour_by_hour(world):
    world.keep_many(quoted(1), hours_ago=30 * 24 + 1)
    world.keep_many(quoted(2), hours_ago=30 * 24)
    world.keep_many(quoted(3))
    world.quarantine.objects.put("data", "environment=env_1/dt=2020-01-01/hour=00/a.gz", b"delivered")
    before = oldest_kept(START_NS // 1_000_000_000, 30)
    assert purge_objects(world.quarantine.objects, "data", before) == 1
    assert len(world.quarantine.objects.list_keys("data")) == 3


def test_an_event_that_stands_there_twice_is_one_sample(world):
    event = world.refused(*quoted(1))
    world.keep(event)
    world.keep(replace(event))
    (other,) = new_event_ids(1, START_NS // 1_000_000)
    world.keep(replace(event, event_id=other))
    assert {sample["event_id"] for sample in world.page()["samples"]} == {event.event_id, other}


@pytest.fixture
def named():
    """Return a world with a paid and two viewed events, and one without a name."""
    world = QuarantineWorld()
    world.keep(
        *(
            world.refused(b'{"price": "%d"}' % number, event_name=name)
            for number, name in enumerate(["Paid", "Viewed", "Viewed", None])
        )
    )
    return world


def test_groups_and_events_can_be_asked_for_by_the_name_of_events(named):
    assert named.counts() == {("type_float", "/price"): 4}
    page = named.page("event_name=Viewed")
    assert (page["events"], [row["count"] for row in page["items"]]) == (2, [2])
    assert [sample["event_name"] for sample in page["samples"]] == ["Viewed", "Viewed"]
    assert named.page("event_name=Paid&code=required")["items"] == []
    assert named.page("event_name=other")["samples"] == []
    path = f"/v1/environments/{named.environment_id}/quarantine/events?event_name=Paid"
    assert [event["raw"] for event in named.api.call("GET", path).json["items"]] == ['{"price": "0"}']


def test_a_redrive_can_be_of_events_of_one_name(named):
    fixed = named.revision({"key": "price", "type": "STRING", "presence": "required"})
    done = named.redrive(fixed, event_name="Viewed")
    assert (done["filter"]["event_name"], done["matched"], done["sent"]) == ("Viewed", 2, 2)
    assert named.page("event_name=Viewed")["events"] == 0
    assert named.page("event_name=Paid")["events"] == 1
    assert named.counts() == {("type_float", "/price"): 2}


def test_a_name_without_a_group_of_its_own_is_found_all_the_same():
    world = QuarantineWorld()
    events = [world.refused(b'{"price": "x"}', event_name=f"name {number}") for number in range(102)]
    world.keep(*events)
    names = [f"name {number}" for number in range(102) if not world.page(f"event_name=name+{number}")["items"]]
    assert names
    page = world.page(f"event_name={names[0].replace(' ', '+')}")
    assert [sample["event_name"] for sample in page["samples"]] == [names[0]]


@pytest.mark.parametrize("name", ["", "x" * 129])
def test_a_name_that_no_event_can_have_is_invalid(world, name):
    assert world.api.call("GET", f"/v1/environments/{world.environment_id}/quarantine?event_name={name}").status == 422
