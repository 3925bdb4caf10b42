"""Every row of the table of answers, through the whole handler."""

import gzip
import json
import logging

import pytest

from domain.errors import Undelivered
from domain.intake.answers import METHODS
from domain.problems import TITLES
from schemas.codes import PROBLEM_STATUS, Problem
from schemas.limits import MAX_INGEST_ANSWER_BYTES
from tests.front_doors import REQUEST_ID, http_api_event
from tests.ingest_world import NAME_AND_COUNT, THROTTLED, refusing

VALID = {"name": "view"}
INVALID = {"count": "7"}
INVALID_CODES = ["required", "type_int"]


@pytest.fixture
def environment_id(world):
    return world.add_environment()


def check_problem(answer, code, request_id=REQUEST_ID):
    """Hold an answer to RFC 9457 and to what every problem carries besides."""
    status = PROBLEM_STATUS[code]
    problem = answer.json
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == request_id
    assert {key: problem[key] for key in ("status", "title", "code", "request_id")} == {
        "status": status,
        "title": TITLES[status],
        "code": code,
        "request_id": request_id,
    }
    assert problem["type"] == f"/docs/errors#{code}"
    assert problem["detail"] == problem["message"]
    assert problem["message"].endswith(".")
    assert problem.keys() <= {"type", "title", "status", "detail", "code", "message", "request_id", "results"}
    return problem


def test_an_accepted_event_is_answered_with_its_id(world, environment_id):
    answer = world.post(environment_id, VALID)
    (event,) = world.events()
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json == {
        "ok": True,
        "accepted": 1,
        "event_ids": [event["_event_id"]],
        "revision_id": world.pointer(environment_id)["revision_id"],
        "request_id": REQUEST_ID,
    }


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (json.dumps([VALID] * 3), "application/json"),
        (json.dumps([VALID] * 3), "text/plain;charset=UTF-8"),
        (json.dumps([VALID] * 3), None),
        ("\n".join(["", json.dumps(VALID), " ", json.dumps(VALID) + "\r", json.dumps(VALID)]), "application/x-ndjson"),
        ("x=1&d=%5B" + ",".join([json.dumps(VALID)] * 3) + "%5D", "application/x-www-form-urlencoded"),
    ],
    ids=["JSON", "text", "no type", "lines", "form"],
)
def test_a_batch_that_is_accepted_whole_has_its_ids_in_order(world, environment_id, body, content_type):
    answer = world.post(environment_id, body, content_type)
    assert answer.status == 200
    assert (answer.json["ok"], answer.json["accepted"]) == (True, 3)
    assert answer.json["event_ids"] == [event["_event_id"] for event in world.events()]
    assert "results" not in answer.json


@pytest.mark.parametrize(
    ("policy", "outcome"), [("quarantine", "quarantined"), ("reject", "rejected")], ids=["quarantine", "reject"]
)
def test_a_mixed_batch_says_of_every_event_in_order_what_became_of_it(world, policy, outcome):
    environment_id = world.add_environment(on_invalid=policy)
    answer = world.post(environment_id, [INVALID, VALID, 7, VALID, INVALID])
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    result = answer.json
    rows = result["results"]
    assert [row["index"] for row in rows] == [0, 1, 2, 3, 4]
    assert [row["outcome"] for row in rows] == [outcome, "accepted", outcome, "accepted", outcome]
    assert [[error["code"] for error in row["errors"]] for row in rows] == [
        INVALID_CODES,
        [],
        ["not_an_object"],
        [],
        INVALID_CODES,
    ]
    assert all(row.keys() == {"index", "outcome", "event_id", "errors"} for row in rows)
    assert all(error.keys() == {"pointer", "code", "message"} for row in rows for error in row["errors"])
    counts = {"accepted": 2, "quarantined": 0, "rejected": 0} | {outcome: 3}
    assert {name: result[name] for name in counts} == counts
    assert result["ok"] is False
    accepted_ids = [event["_event_id"] for event in world.events()]
    assert result["event_ids"] == [rows[1]["event_id"], rows[3]["event_id"]] == accepted_ids
    kept_ids = [event.event_id for event in world.quarantined()]
    assert kept_ids == ([rows[0]["event_id"], rows[2]["event_id"], rows[4]["event_id"]] if kept_ids else [])
    assert len(kept_ids) == result["quarantined"]
    assert outcome == "quarantined" or rows[0]["event_id"] is None


@pytest.mark.parametrize(
    ("policy", "outcome"), [("quarantine", "quarantined"), ("reject", "rejected")], ids=["quarantine", "reject"]
)
@pytest.mark.parametrize(
    ("body", "code", "codes"),
    [
        (json.dumps(INVALID), Problem.INVALID_EVENT, [INVALID_CODES]),
        (json.dumps([INVALID, 1]), Problem.INVALID_EVENT, [INVALID_CODES, ["not_an_object"]]),
        ("{'name': 1}", Problem.NOT_JSON, [["not_json"]]),
        ("[{},", Problem.NOT_JSON, [["not_json"]]),
        (b"\xff\xfe", Problem.NOT_JSON, [["not_json"]]),
    ],
    ids=["event", "batch", "not JSON", "broken batch", "not UTF-8"],
)
def test_a_request_of_which_nothing_is_accepted_is_400_with_every_fault(world, policy, outcome, body, code, codes):
    environment_id = world.add_environment(on_invalid=policy)
    problem = check_problem(world.post(environment_id, body), code)
    assert [[error["code"] for error in row["errors"]] for row in problem["results"]] == codes
    assert [row["outcome"] for row in problem["results"]] == [outcome] * len(codes)
    assert [row["event_id"] for row in problem["results"]] == (
        [event.event_id for event in world.quarantined()] if outcome == "quarantined" else [None] * len(codes)
    )
    assert world.events() == []
    assert len(world.quarantined()) == (len(codes) if policy == "quarantine" else 0)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("{'name': 1}", "at character 2"),
        ('{"name": "é", }', "at character 15"),
        ('{\n  "name": "x"\n  "price": 1\n}', "at line 3, column 3"),
        ('{"name": NaN}', "at character 10"),
        ('{"name": "\\ud800"}', "at character 11"),
        ('{"name": "x"', "at its end"),
        ("[{},", "at its end"),
        ("[{}", "at its end"),
        ("[{} {}]", "at character 5"),
        ("[{}] {}", "at character 6"),
        ('[{}, {"NaN": NaN}]', "at character 14"),
        ('[{},\n {"a": 1,}]', "at line 2, column 10"),
        (b'{"name": "\xff"}', "at character 11"),
        (b'[{"name": "\xff"}]', "at character 12"),
    ],
)
def test_what_is_not_json_is_told_where(world, environment_id, body, place):
    problem = check_problem(world.post(environment_id, body), Problem.NOT_JSON)
    (error,) = problem["results"][0]["errors"]
    assert error["message"] == f"Must be one valid JSON text (RFC 8259) in UTF-8; the first error is {place}."
    assert problem["message"] == f"The payload is not valid JSON. {error['message']}"


def test_lines_that_are_all_not_json_are_not_json_and_one_other_fault_makes_an_invalid_event(world, environment_id):
    problem = check_problem(world.post(environment_id, "x\ny", "application/x-ndjson"), Problem.NOT_JSON)
    assert len(problem["results"]) == 2
    check_problem(world.post(environment_id, "x\n{}", "application/x-ndjson"), Problem.INVALID_EVENT)


def test_more_faults_than_an_answer_lists_are_owned_up_to(world):
    maps = [{"key": f"k{number}", "type": "INT", "presence": "required"} for number in range(101)]
    (row,) = world.post(world.add_environment(maps), "{}").json["results"]
    assert (len(row["errors"]), row["more"]) == (100, True)


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"name": "x", "count": "7"}, "/count: Must be a whole number, not quoted."),
        (INVALID, "/name: This key is required and must not be null. 1 more fault."),
        ({}, "/name: This key is required and must not be null."),
        ([], "An event must be a JSON object."),
        ({"name": "x", "k" * 99: 1}, f"/{'k' * 99}: The schema has no such key, and this revision rejects"),
        ({"name": "x", "k" * 100: 1}, "The schema has no such key, and this revision rejects"),
        ({f"k{number}": 1 for number in range(200)}, "/name: This key is required and must not be null. At least 100"),
    ],
)
def test_the_message_about_one_event_names_its_first_fault(world, event, message):
    environment_id = world.add_environment(additional_keys="reject")
    problem = check_problem(
        world.get(environment_id, event, headers={"accept": "application/json"}), Problem.INVALID_EVENT
    )
    assert problem["message"].startswith(f"The event does not fit the schema. {message}")


def test_an_answer_that_has_room_leaves_no_fault_out(world, environment_id):
    rows = world.post(environment_id, [INVALID] * 1_000).json["results"]
    assert [len(row["errors"]) for row in rows] == [2] * 1_000
    assert not any("more" in row for row in rows)


@pytest.mark.parametrize("key", ["k" * 400, "é" * 200, "\n" * 200])
def test_an_answer_is_filled_with_faults_before_any_is_left_out(world, key):
    environment_id = world.add_environment(additional_keys="reject")
    answer = world.post(environment_id, [{"name": "view"}, *[{"name": "view", key: 1}] * 999])
    rows = answer.json["results"]
    assert MAX_INGEST_ANSWER_BYTES - 25_000 < len(answer.body) <= MAX_INGEST_ANSWER_BYTES
    assert [row["outcome"] for row in rows] == ["accepted", *["quarantined"] * 999]
    assert all(row["event_id"] for row in rows)
    told = [len(row["errors"]) for row in rows[1:]]
    assert told == sorted(told, reverse=True)
    assert [row.get("more", False) for row in rows[1:]] == [count == 0 for count in told]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("", "application/json"),
        (" \n\t", None),
        ("[]", "application/json"),
        ("\n \r\n", "application/x-ndjson"),
        ("e=1", "application/x-www-form-urlencoded"),
        ("d=", "application/x-www-form-urlencoded"),
        ("\ufeff", "text/plain"),
    ],
)
def test_a_request_without_an_event_is_no_payload(world, environment_id, body, content_type):
    problem = check_problem(world.post(environment_id, body, content_type), Problem.NO_PAYLOAD)
    assert "results" not in problem
    assert world.journal == []


def test_a_body_that_is_not_compressed_as_it_says_is_bad_encoding(world, environment_id):
    broken = gzip.compress(b"{}")[:-3]
    check_problem(world.post(environment_id, broken, headers={"content-encoding": "gzip"}), Problem.BAD_ENCODING)
    assert world.journal == []


def test_base64_that_the_front_door_broke_is_bad_encoding(world, environment_id):
    event = http_api_event("POST", f"/e/{environment_id}", body="{}", as_base64=True)
    for broken in ("e30", "e3=0", "e30=\n", "====", "\u00e9"):
        check_problem(world.send(event | {"body": broken}), Problem.BAD_ENCODING)


def test_an_exhausted_plan_is_402_and_nothing_is_taken(world):
    environment_id = world.add_environment(plan_exhausted=True)
    check_problem(world.post(environment_id, [VALID, INVALID]), Problem.PLAN_EXHAUSTED)
    assert world.journal == []


@pytest.mark.parametrize("path", ["/e/env_0000000000000000000000none", "/e/x", "/", "/other", ""])
def test_an_address_that_nobody_has_is_404(world, environment_id, path):
    answer = world.send(http_api_event("POST", path, body="{}"))
    check_problem(answer, Problem.UNKNOWN_ENVIRONMENT)
    assert "x-revision-id" not in answer.headers


@pytest.mark.parametrize("path", ["/e", "/e/"])
def test_an_address_that_lacks_its_environment_is_404_like_the_route_that_it_looks_like(world, environment_id, path):
    answer = world.send(http_api_event("POST", path, body="{}"))  # at a custom domain it is a route of PostHog's SDKs
    assert (answer.status, answer.code) == (404, "unknown_environment")
    assert "x-revision-id" not in answer.headers
    assert world.journal == []


def test_an_address_with_a_slash_at_its_end_is_the_same(world, environment_id):
    assert world.send(http_api_event("POST", f"/e/{environment_id}/", body=json.dumps(VALID))).status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "post", "PURGE", ""])
def test_another_method_is_405_with_those_that_are_allowed(world, environment_id, method):
    answer = world.request(method, environment_id, body="{}")
    check_problem(answer, Problem.METHOD_NOT_ALLOWED)
    assert answer.headers["allow"] == METHODS == "GET, POST, HEAD, OPTIONS"
    assert world.journal == []


def test_a_deleted_environment_is_410(world):
    environment_id = world.add_environment(state="deleted")
    check_problem(world.post(environment_id, VALID), Problem.DELETED)
    assert world.journal == []


@pytest.mark.parametrize(
    ("body", "content_type", "headers"),
    [
        (b"{}".ljust(4 * 1024 * 1024 + 1), "application/json", {}),
        (gzip.compress(b"{}".ljust(16 * 1024 * 1024 + 1)), "application/json", {"content-encoding": "gzip"}),
    ],
    ids=["as sent", "decoded"],
)
def test_a_body_over_its_limit_is_413(world, environment_id, body, content_type, headers):
    check_problem(world.post(environment_id, body, content_type, headers=headers), Problem.BODY_TOO_LARGE)
    assert world.journal == []


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (json.dumps([VALID] * 1_001), "application/json"),
        (json.dumps([1] * 1_001), "application/json"),
        ((json.dumps(VALID) + "\n") * 1_001, "application/x-ndjson"),
        ("d=" + json.dumps([VALID] * 1_001), "application/x-www-form-urlencoded"),
    ],
)
def test_over_a_thousand_events_are_413_and_none_is_taken(world, environment_id, body, content_type):
    check_problem(world.post(environment_id, body, content_type), Problem.TOO_MANY_EVENTS)
    assert world.journal == []


def test_a_thousand_events_are_taken(world, environment_id):
    assert world.post(environment_id, [VALID] * 1_000).json["accepted"] == 1_000
    assert world.post(environment_id, (json.dumps(VALID) + "\n") * 1_000, "application/x-ndjson").status == 200
    assert len(world.events()) == 2_000


def test_a_foreign_type_or_encoding_is_415(world, environment_id):
    check_problem(world.post(environment_id, "<a/>", "application/xml"), Problem.UNSUPPORTED_MEDIA_TYPE)
    answer = world.post(environment_id, "{}", headers={"content-encoding": "br"})
    check_problem(answer, Problem.UNSUPPORTED_ENCODING)


def test_a_fault_of_ours_is_500_and_logged_once_without_any_value(world, environment_id, caplog):
    world.streams.always = KeyError("secret value of an event")
    answer = world.post(environment_id, {"name": "secret name"})
    problem = check_problem(answer, Problem.INTERNAL)
    assert "secret" not in answer.body.decode()
    assert "KeyError" not in problem["message"]
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "KeyError" in record.getMessage()
    assert "secret" not in caplog.text
    assert answer.headers["x-revision-id"] == world.pointer(environment_id)["revision_id"]


def test_an_event_that_no_front_door_sends_is_500_too(world, caplog):
    answer = world.send({"requestContext": {"http": 7}})
    check_problem(answer, Problem.INTERNAL, answer.headers["x-request-id"])
    assert answer.headers["x-request-id"].startswith("req_")
    assert len(caplog.records) == 1


def test_with_neither_stream_nor_spill_queue_a_request_is_503_and_nothing_was_taken(world, environment_id):
    world.streams.always = world.spill.always = Undelivered("outage of stream-of-1")
    answer = world.post(environment_id, [VALID] * 2)
    problem = check_problem(answer, Problem.UNDELIVERABLE)
    assert answer.headers["retry-after"] == "5"
    assert problem["message"].startswith("Nothing of this request")
    assert [(row["outcome"], row["event_id"]) for row in problem["results"]] == [("undelivered", None)] * 2
    assert world.records() == []


def test_a_batch_that_is_durable_in_part_is_503_and_says_which_events_were(world):
    environment_id = world.add_environment([{"key": "text", "type": "STRING", "presence": "required"}])
    # Three records, of which the middle one is refused everywhere.
    events = [{"text": str(number) * 30_000} for number in range(9)] * 8
    world.streams.script.append(refusing(THROTTLED, 1))
    world.streams.script += [refusing()] * 2
    world.spill.always = Undelivered("outage")
    answer = world.post(environment_id, events)
    problem = check_problem(answer, Problem.UNDELIVERABLE)
    taken = {event["_event_id"] for event in world.events()}
    assert 0 < len(taken) < len(events)
    rows = problem["results"]
    assert [row["index"] for row in rows] == list(range(len(events)))
    assert {row["event_id"] for row in rows if row["outcome"] == "accepted"} == taken
    assert problem["message"].startswith(f"{len(events) - len(taken)} of {len(events)} events")


@pytest.mark.parametrize("state", ["provisioning", "failed"])
def test_an_environment_that_is_still_set_up_is_503_not_ready(world, state):
    answer = world.post(world.add_environment(state=state), VALID)
    check_problem(answer, Problem.NOT_READY)
    assert answer.headers["retry-after"] == "2"
    assert world.journal == []


def test_every_answer_that_reached_an_environment_names_its_revision(world):
    cases = {
        200: (world.add_environment(), VALID, {}),
        400: (world.add_environment(), INVALID, {}),
        402: (world.add_environment(plan_exhausted=True), VALID, {}),
        403: (world.add_environment(allowed_origins=["https://a.example"]), VALID, {"origin": "https://b.example"}),
        410: (world.add_environment(state="deleted"), VALID, {}),
        413: (world.add_environment(), [VALID] * 1_001, {}),
        415: (world.add_environment(), VALID, {"content-type": "image/png"}),
        503: (world.add_environment(state="provisioning"), VALID, {}),
    }
    for status, (environment_id, body, headers) in cases.items():
        answer = world.post(environment_id, body, headers=headers)
        assert answer.status == status
        assert answer.headers["x-revision-id"] == world.pointer(environment_id)["revision_id"]
        assert answer.headers["x-request-id"] == REQUEST_ID


def test_no_answer_names_a_stream_or_echoes_a_value(world, environment_id):
    secret = "4111-1111-1111-1111"
    answers = [
        world.post(environment_id, {"name": 7, "count": secret}),
        world.post(environment_id, secret),
        world.post(environment_id, f'{{"name": {secret}}}'),
        world.post(environment_id, secret, headers={"content-type": secret}),
        world.post(environment_id, secret, headers={"content-encoding": secret}),
        world.get(environment_id, secret, headers={"accept": "application/json"}),
    ]
    world.streams.always = world.spill.always = Undelivered("outage of stream-of-1")
    answers.append(world.post(environment_id, {"name": secret}))
    for answer in answers:
        assert answer.status >= 400
        assert secret not in answer.body.decode()
        assert "stream-of" not in answer.body.decode()


def test_health_is_told_at_every_front_door_without_the_catalog(world):
    world.catalog.unreachable = True
    answer = world.send(http_api_event("GET", "/health", host="anything.example"))
    assert (answer.status, answer.json) == (200, {"status": "ok"})
    assert answer.headers["x-request-id"] == REQUEST_ID
    head = world.send(http_api_event("HEAD", "/health"))
    assert (head.status, head.body) == (200, b"")
    assert world.catalog.reads == []


def test_an_unknown_key_is_a_fault_only_where_the_revision_rejects_it(world):
    event = {"name": "a", "other": 1}
    assert world.post(world.add_environment(NAME_AND_COUNT, "drop"), event).status == 200
    (row,) = world.post(world.add_environment(NAME_AND_COUNT, "reject"), event).json["results"]
    assert [(error["pointer"], error["code"]) for error in row["errors"]] == [("/other", "unknown_key")]


@pytest.mark.parametrize("name", ["host", "x-forwarded-host", "forwarded", "x-original-host", "origin", "referer"])
def test_what_a_caller_says_of_the_host_is_in_no_answer(world, environment_id, name):
    said = "https://evil.example" if name in {"origin", "referer"} else "evil.example"
    headers = {name: said, "accept": "application/json"}
    for event in (
        http_api_event("POST", f"/e/{environment_id}", body=b"{", headers=headers),
        http_api_event("POST", "/e/env_unknown", body=b"{}", headers=headers),
        http_api_event("GET", "/elsewhere", headers=headers),
    ):
        answer = world.send(event)
        assert answer.status >= 400
        assert answer.json["type"].startswith("/docs/errors#")
        assert "evil" not in json.dumps([answer.json, dict(answer.headers)])
