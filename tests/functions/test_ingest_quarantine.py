"""What is refused is kept whole, just as it came, unless the environment's policy is to reject."""

import base64
import gzip
import json
import random
from urllib.parse import quote

import pytest

from domain.errors import Undelivered
from tests.front_doors import SOURCE_IP
from tests.ingest_world import GONE, NAME_AND_COUNT, THROTTLED, World, refusing

VALID = {"name": "view"}
OUTAGE = Undelivered("outage")


@pytest.fixture
def environment_id(world):
    return world.add_environment()


def raws(world):
    return [event.raw for event in world.quarantined()]


def test_a_refused_event_is_kept_with_all_that_is_needed_to_judge_it(world, environment_id):
    headers = {"user-agent": "agent/1", "content-type": "text/plain;charset=UTF-8"}
    answer = world.post(environment_id, [VALID, {"count": "x"}], headers=headers)
    (kept,) = world.quarantined()
    row = answer.json["results"][1]
    assert (kept.environment_id, kept.revision_id) == (environment_id, answer.headers["x-revision-id"])
    assert (kept.event_id, kept.errors, kept.more, kept.index) == (row["event_id"], row["errors"], False, 1)
    assert kept.received_at == "2026-11-02T10:11:12.345678Z"
    assert (kept.content_type, kept.user_agent) == ("text/plain;charset=UTF-8", "agent/1")
    assert kept.raw == b'{"count": "x"}'


@pytest.mark.parametrize(
    "element",
    [
        '{ "count" :  "x" , "b": "\\u00e9\\/" }',
        '{"count":"x","count":"y"}',
        '{"count": 1.50000000000000000000001e2, "z": 100000000000000000000000000000}',
        "1e400",
        '"text ] , }"',
        "null",
        "[{}, [1, 2], []]",
        "-0.0",
        '{"name": "\\ud800"}',
        '{"name": "日本 🧀", "count": "\\t "}',
        "[[[[[[]]]]]]",
    ],
)
@pytest.mark.parametrize("form", ["alone", "batch", "lines", "gzip", "form", "pixel"])
def test_raw_bytes_are_kept_as_they_came(world, environment_id, element, form):
    valid = json.dumps(VALID)
    if form == "alone":
        world.post(environment_id, element)
    elif form == "batch":
        world.post(environment_id, f"\ufeff [{valid} ,\n {element}\t, {valid}]\n")
    elif form == "lines":
        world.post(environment_id, f"{valid}\r\n\n  {element} \r\n{valid}", "application/x-ndjson")
    elif form == "gzip":
        body = gzip.compress(f"[{valid},{element}]".encode())
        world.post(environment_id, body, headers={"content-encoding": "gzip"})
    elif form == "form":
        world.post(environment_id, "a=b&d=" + quote(f"[{element}]"), "application/x-www-form-urlencoded")
    else:
        world.get(environment_id, element)
    if form == "alone" and element.startswith("["):  # a batch itself
        assert raws(world) == [json.dumps(one).encode() for one in json.loads(element)]
    else:
        assert raws(world) == [element.encode()]


def test_what_is_not_json_spoils_the_array_around_it_but_no_other_line(world, environment_id):
    valid = json.dumps(VALID)
    assert world.post(environment_id, f"[{valid}, NaN]").code == "not_json"
    assert raws(world) == [f"[{valid}, NaN]".encode()]
    assert world.post(environment_id, f"{valid}\n NaN\n{valid}", "application/x-ndjson").json["accepted"] == 2
    assert raws(world)[1:] == [b"NaN"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "\xff\xfe"}',
        b"\x00\x01\x02\xff",
        b'{"name": "x"',
        b"\xed\xa0\x80",
        b"[" + b'{"name": "x"},' * 3,
        '{"name": "x"}'.encode("utf-16"),
        random.Random(3).randbytes(50_000),
    ],
    ids=lambda body: repr(body[:12]),
)
def test_a_body_that_is_not_json_is_kept_whole(world, environment_id, body):
    assert world.post(environment_id, body).code == "not_json"
    assert raws(world) == [body]
    assert world.post(environment_id, body.replace(b"\n", b""), "application/x-ndjson").code == "not_json"
    assert raws(world)[1:] == [body.replace(b"\n", b"")]


def test_a_broken_pixel_is_kept_as_it_was_sent(world, environment_id):
    world.get(environment_id, "not base64url!")
    world.get(environment_id, "\udcff\udcfe")
    assert raws(world) == [b"not base64url!", b"\xff\xfe"]


def test_a_large_refused_event_is_kept_compressed(world, environment_id):
    raw = b'{"other": "' + b'\\"' * 450_000 + b'"}'
    assert world.post(environment_id, raw).json["results"][0]["outcome"] == "quarantined"
    ((_, message),) = world.quarantine.taken
    assert len(message) < 100_000
    assert raws(world) == [raw]


def test_of_an_event_of_more_bytes_than_are_kept_the_beginning_is(world, environment_id):
    raw = b'{"other": "' + b"x" * 1_500_000 + b'"}'
    assert world.post(environment_id, raw).json["results"][0]["outcome"] == "quarantined"
    (kept,) = world.quarantined()
    assert (kept.raw, kept.raw_bytes, kept.is_truncated) == (raw[:1_000_000], len(raw), True)


def test_noise_that_is_too_large_for_quarantine_is_rejected_and_says_so(world, environment_id):
    answer = world.post(environment_id, random.Random(1).randbytes(1_200_000))
    (row,) = answer.json["results"]
    assert (answer.status, row["outcome"], row["event_id"]) == (400, "rejected", None)
    assert raws(world) == []
    counted = world.counted()
    assert (counted.get("quarantined", 0), counted["rejected"]) == (0, 1)


def test_base64_of_the_most_that_is_kept_fits_into_a_message(world, environment_id):
    text = base64.b64encode(random.Random(1).randbytes(750_000))
    (row,) = world.post(environment_id, b'{"other": "' + text).json["results"]
    assert row["outcome"] == "quarantined"


def test_the_policy_reject_keeps_nothing(world):
    environment_id = world.add_environment(on_invalid="reject")
    assert world.post(environment_id, [{}, VALID]).status == 200
    assert world.post(environment_id, "no JSON").status == 400
    assert world.quarantine.calls == []


@pytest.mark.parametrize(("stores", "kept_address"), [(False, None), (True, SOURCE_IP)])
def test_an_address_is_kept_only_where_the_environment_stores_addresses(world, stores, kept_address):
    world.post(world.add_environment(store_addresses=stores), {})
    (kept,) = world.quarantined()
    assert kept.source_ip == kept_address
    ((_, message),) = world.quarantine.taken
    assert (SOURCE_IP in message) is stores


def test_a_quarantine_that_fails_for_a_moment_is_tried_again_with_what_failed(world, environment_id):
    world.quarantine.script += [refusing(THROTTLED, 1), OUTAGE]
    answer = world.post(environment_id, [{}, 1, 2])
    assert [row["outcome"] for row in answer.json["results"]] == ["quarantined"] * 3
    first, second, third = [bodies for _, bodies in world.quarantine.calls]
    assert second == third == [first[1]]
    assert len({event.event_id for event in world.quarantined()}) == 3


@pytest.mark.parametrize("failure", [OUTAGE, refusing(), refusing(GONE)], ids=["outage", "throttled", "gone"])
def test_without_quarantine_a_request_is_503_and_says_which_events_were_taken(world, environment_id, failure):
    world.quarantine.always = failure
    started = world.clock.monotonic()
    answer = world.post(environment_id, [VALID, {}, VALID, 1])
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "undeliverable", "5")
    rows = answer.json["results"]
    assert [row["outcome"] for row in rows] == ["accepted", "undelivered", "accepted", "undelivered"]
    assert [row["event_id"] for row in rows if row["event_id"]] == [event["_event_id"] for event in world.events()]
    assert [len(row["errors"]) for row in rows] == [0, 1, 0, 1]
    assert answer.json["message"].startswith("2 of 4 events")
    assert world.counted() == {
        "requests": 1,
        "accepted": 2,
        "bytes_accepted": sum(map(len, world.records())),
        "bytes_received": len(json.dumps([VALID, {}, VALID, 1])),
    }
    assert world.clock.monotonic() - started <= 2.5


def test_a_refused_event_alone_is_503_without_quarantine(world, environment_id):
    world.quarantine.always = OUTAGE
    answer = world.post(environment_id, {})
    assert (answer.status, answer.json["results"][0]["outcome"]) == (503, "undelivered")


def test_what_cannot_get_better_is_not_tried_again(world, environment_id):
    world.quarantine.always = refusing(GONE)
    world.post(environment_id, {})
    world.quarantine.always = Undelivered("gone", retryable=False)
    world.post(environment_id, {})
    assert len(world.quarantine.calls) == 2
    assert world.clock.slept == []


def test_a_fault_of_ours_in_quarantine_does_not_deny_what_the_stream_took(world, environment_id, caplog):
    world.quarantine.always = KeyError("secret")
    answer = world.post(environment_id, [VALID, {}])
    assert (answer.status, answer.code) == (503, "undeliverable")
    rows = answer.json["results"]
    assert [row["outcome"] for row in rows] == ["accepted", "undelivered"]
    assert [event["_event_id"] for event in world.events()] == [rows[0]["event_id"]]
    assert world.counted()["accepted"] == 1
    assert len(caplog.records) == 1
    assert "secret" not in caplog.text


EMAIL = {"key": "email", "type": "STRING", "presence": "required", "protect": "email_domain"}
CARD = {"key": "card", "type": "STRING", "presence": "optional", "protect": "hash", "from": "/pay/card"}


def test_an_environment_may_keep_protected_values_only_as_they_are_stored(world):
    environment_id = world.add_environment([EMAIL, CARD, *NAME_AND_COUNT], quarantine_protected=True)
    valid = {"email": "a@example.org", "pay": {"card": "4111"}, **VALID}
    (row,) = world.post(environment_id, [{**valid, "count": "x"}, valid]).json["results"][:1]
    (stored,) = world.events()
    (kept,) = world.quarantined()
    assert (kept.protected, kept.is_redacted, kept.is_whole) == (["/email", "/pay/card"], False, True)
    assert kept.errors == row["errors"]
    sent = {"email": "example.org", "pay": {"card": stored["card"]}, **VALID, "count": "x"}
    assert json.loads(kept.raw) == sent
    ((_, message),) = world.quarantine.taken
    assert "4111" not in message
    assert "a@" not in message


@pytest.mark.parametrize(
    ("sent", "raw"),
    [
        ('{"email": 5, "name": "view"}', b'{"email": null, "name": "view"}'),
        ('{"email": "a@example.org"', b""),
        ('"a@example.org"', b""),
        ('{"email": "a@example.org", "other": "' + "x" * 2_100_000 + '"}', b""),
    ],
)
def test_what_can_not_be_replaced_is_not_kept_and_the_record_says_so(world, sent, raw):
    world.post(world.add_environment([EMAIL, *NAME_AND_COUNT], quarantine_protected=True), sent)
    (kept,) = world.quarantined()
    assert (kept.raw, kept.is_redacted, kept.is_whole) == (raw, True, False)
    assert kept.raw_bytes == (len(raw) or len(sent))


def test_without_protected_fields_everything_is_kept(world):
    world.post(world.add_environment(quarantine_protected=True), "no JSON")
    (kept,) = world.quarantined()
    assert (kept.raw, kept.protected, kept.is_redacted) == (b"no JSON", (), False)


def test_without_the_key_of_hashes_a_refused_event_is_not_taken(caplog):
    secrets = iter([OUTAGE, b"secret"])

    def secret():
        found = next(secrets)
        if isinstance(found, Exception):
            raise found
        return found

    world = World(deployment_secret=secret)
    environment_id = world.add_environment([CARD, *NAME_AND_COUNT], quarantine_protected=True)
    event = {"pay": {"card": "4111"}}
    assert world.post(environment_id, event).status == 503
    assert world.quarantined() == []
    assert world.post(environment_id, event).json["results"][0]["outcome"] == "quarantined"
    assert "4111" not in caplog.text


def test_the_name_of_an_event_is_kept_beside_it(world):
    event = {"key": "event", "type": "STRING", "presence": "optional"}
    environment_id = world.add_environment(NAME_AND_COUNT)
    revision_id = world.add_revision([event, *NAME_AND_COUNT], edition=2, event_name=["/event"])
    world.change(environment_id, revision_id=revision_id)
    world.post(environment_id, [{"event": "Paid"}, {"event": "x" * 200}, {"event": 5}, {}])
    world.post(environment_id, '{"event": "Paid"')
    assert [event.event_name for event in world.quarantined()] == ["Paid", "x" * 128, None, None, None]
