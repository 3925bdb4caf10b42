"""Amazon Data Firehose's delivery to an HTTP endpoint, and CloudWatch Logs through it, through the whole handler."""

import base64
import gzip
import json

import pytest

from tests.front_doors import FRONT_DOORS, http_api_event
from tests.ingest_world import START_NS, THROTTLED, World, refusing
from tests.recorded import CUSTOM_DOMAIN, recording

NEEDS_A = [{"key": "a", "type": "INT", "presence": "required"}]
REQUEST_ID = "ed1d787c-b9e2-4631-92dc-8e7c9d26d804"
HEADERS = {"content-type": "application/json", "x-amz-firehose-request-id": REQUEST_ID}


@pytest.fixture
def world():
    return World()


@pytest.fixture
def environment_id(world):
    return world.add_environment(NEEDS_A, "keep")


def record(data):
    return {"data": base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()}


def post_body(world, environment_id, body, **headers):
    body = body if isinstance(body, (bytes, str)) else json.dumps(body)
    headers = HEADERS | {name.replace("_", "-"): value for name, value in headers.items()}
    return world.send(http_api_event("POST", f"/e/{environment_id}/firehose", body=body, headers=headers))


def post(world, environment_id, *records, request_id=REQUEST_ID, **headers):
    body = {"requestId": request_id, "timestamp": 1_578_090_901_599, "records": [*records]}
    return post_body(world, environment_id, body, x_amz_firehose_request_id=request_id, **headers)


def logs(*events, message_type="DATA_MESSAGE", **more):
    message = {
        "messageType": message_type,
        "owner": "111122223333",
        "logGroup": "/aws/lambda/shop",
        "logStream": "2026/11/02/[$LATEST]a",
        "subscriptionFilters": ["all"],
        "logEvents": [*events],
    }
    return gzip.compress(json.dumps(message | more).encode())


def ids(world):
    return [event["_event_id"] for event in world.events()]


@pytest.mark.parametrize("front_door", FRONT_DOORS.values(), ids=list(FRONT_DOORS))
def test_every_call_of_the_recording_arrives_once(world, front_door):
    environment_id = world.add_environment([], "keep")
    held = recording("firehose")
    for request in held.requests:
        assert world.send(request.event(f"/e/{environment_id}", front_door)).status == 200
    events = {event["_event_id"]: json.dumps(event) for event in world.events()}
    assert len(events) == len(held.marks)
    assert all(sum(mark in event for event in events.values()) == 1 for mark in held.marks)


def test_a_custom_domain_serves_the_route_at_its_root(world):
    environment_id = world.add_environment([], "keep")
    world.add_host(CUSTOM_DOMAIN, environment_id)
    for request in recording("firehose").requests:
        assert world.send(request.event(CUSTOM_DOMAIN)).status == 200


def test_a_success_has_firehoses_own_form_and_nothing_else(world, environment_id):
    answer = post(world, environment_id, record('{"a": 1}'))
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert "content-encoding" not in answer.headers
    assert answer.json == {"requestId": REQUEST_ID, "timestamp": START_NS // 1_000_000}


def test_a_record_holds_any_number_of_lines_or_documents(world, environment_id):
    post(world, environment_id, record('{"a": 1}\n{"a": 2}\n\n'), record('{"a": 3}{"a": 4}'), record('{"a":\n5}'))
    assert [event["a"] for event in world.events()] == [1, 2, 3, 4, 5]


def test_ten_thousand_records_of_lines_are_taken_with_an_id_each(world, environment_id):
    for _ in range(2):
        answer = post(world, environment_id, *[record('{"a": 1}\n{"a": 1}\n')] * 10_000)
        assert answer.status == 200
    found = ids(world)
    assert len(found) == 40_000
    assert found[:20_000] == found[20_000:]
    assert len(set(found)) == 20_000


def test_more_records_or_events_are_refused_with_400(world, environment_id):
    answer = post(world, environment_id, *[record('{"a": 1}')] * 10_001)
    assert (answer.status, answer.json["code"]) == (400, "too_many_events")
    answer = post(world, environment_id, *[record('{"a": 1}\n' * 10_000)] * 6)
    assert (answer.status, answer.json["code"]) == (400, "too_many_events")
    assert world.events() == []


def test_a_request_of_too_many_invalid_events_is_refused_whole(world, environment_id):
    answer = post(world, environment_id, record("{}\n" * 10_001 + '{"a": 1}'))
    assert (answer.status, answer.json["code"]) == (400, "too_many_events")
    assert world.events() == world.quarantined() == []


def test_without_a_request_id_every_event_has_an_id_of_the_server(world, environment_id):
    body = {"records": [record('{"a": 1}\n' * 2_500)]}
    path = f"/e/{environment_id}/firehose"
    answer = world.send(http_api_event("POST", path, body=json.dumps(body), headers={"x-nothing": "1"}))
    assert answer.status == 200
    assert answer.json["requestId"]
    assert len(set(ids(world))) == 2_500


def test_the_request_id_of_the_header_counts_where_the_body_has_none(world, environment_id):
    for _ in range(2):
        post_body(world, environment_id, {"records": [record('{"a": 1}')]})
    assert len(set(ids(world))) == 1


def test_equal_lines_of_one_request_are_two_events_and_of_another_request_as_well(world, environment_id):
    post(world, environment_id, record('{"a": 1}\n{"a": 1}'), record('{"a": 1}'))
    post(world, environment_id, record('{"a": 1}'), request_id="another")
    assert len(set(ids(world))) == 4


def test_one_bad_record_does_not_spoil_the_others(world, environment_id):
    broken = base64.b64encode(gzip.compress(b'{"a": 9}')[:-4]).decode()
    answer = post(
        world,
        environment_id,
        record('{"a": 1}'),
        {"data": "%%%"},
        {"data": "é"},
        {"data": 7},
        {},
        "text",
        {"data": broken},
        record('{"a": "x"}'),
        record("no json"),
        record(b"\xff\xfe"),
        record('{"a": 2}'),
    )
    assert answer.status == 200
    assert answer.headers["x-ingest-outcome"] == "mixed"
    assert [event["a"] for event in world.events()] == [1, 2]
    raw = [event.raw for event in world.quarantined()]
    assert len(raw) == 9
    assert {b'{"data":"%%%"}', b'"text"', b"no json", b"\xff\xfe", b'{"a": "x"}'} <= set(raw)
    assert b'{"data":"%b"}' % broken.encode() in raw
    assert {event.protocol for event in world.quarantined()} == {"firehose"}


def test_a_record_that_cannot_be_decoded_is_kept_with_all_that_it_says(world, environment_id):
    broken = base64.b64encode(gzip.compress(b'{"a": 9}')[:-4]).decode()
    post(world, environment_id, {"data": "%", "more": 1.50}, {"data": broken, "more": None}, record('{"a": 1}'))
    raw = [json.loads(event.raw) for event in world.quarantined()]
    assert raw == [{"data": "%", "more": 1.5}, {"data": broken, "more": None}]
    assert len(world.events()) == 1


@pytest.mark.parametrize(
    "beside", ["", "7", "\n", '{"a": 7}', '{"a": 7}\n{"a": 8}', "{", "}", gzip.compress(b'{"a": 7}', mtime=0)]
)
def test_an_event_has_the_id_of_its_record_and_line_whatever_stands_beside_it(world, environment_id, beside):
    whole = [record(f'{{"a": {number}}}') for number in range(3)]
    post(world, environment_id, *whole)
    post(world, environment_id, *whole, record(beside))
    found = [event["_event_id"] for event in world.events() if event["a"] < 3]
    assert found[:3] == found[3:]
    assert len(set(found)) == 3


@pytest.mark.parametrize("body", ["{", "[]", '{"requestId": "r"}', '{"records": {}}'])
def test_what_is_no_request_of_firehose_is_one_refused_event(world, environment_id, body):
    answer = post_body(world, environment_id, body)
    assert answer.status == 200
    assert [event.raw for event in world.quarantined()] == [body.encode()]


def test_empty_records_are_no_events(world, environment_id):
    assert post(world, environment_id, record(""), record("\n")).status == 200
    assert post(world, environment_id, record(""), record('{"a": 1}')).status == 200
    assert len(world.events()) == 1
    assert world.quarantined() == []
    assert post(world, environment_id).status == 400


def test_compressed_records_of_lines_are_decompressed(world, environment_id):
    post(world, environment_id, record(gzip.compress(b'{"a": 1}\n{"a": 2}')))
    assert [event["a"] for event in world.events()] == [1, 2]


def test_compressed_records_are_bounded_together(world, environment_id):
    bomb = gzip.compress(b'{"a": 1}' + b" " * 9_000_000)
    assert post(world, environment_id, record(bomb)).status == 200
    answer = post(world, environment_id, record(bomb), record(bomb))
    assert (answer.status, answer.json["code"]) == (400, "body_too_large")
    assert len(world.events()) == 1


def test_each_log_event_of_a_subscription_is_an_event(world):
    environment_id = world.add_environment([], "keep")
    events = [
        {"id": "3195310660", "timestamp": 1_793_614_271_005, "message": "START"},
        {"id": "3195310661", "timestamp": 1_793_614_271_006, "message": '{"level": "info"}'},
    ]
    assert post(world, environment_id, record(logs(*events))).status == 200
    assert [event["_extra"] for event in world.events()] == [
        {
            "/id": "3195310660",
            "/timestamp": "2026-11-02T10:11:11.005000Z",
            "/message": "START",
            "/owner": "111122223333",
            "/log_group": "/aws/lambda/shop",
            "/log_stream": "2026/11/02/[$LATEST]a",
        },
        {
            "/id": "3195310661",
            "/timestamp": "2026-11-02T10:11:11.006000Z",
            "/message": '{"level": "info"}',
            "/owner": "111122223333",
            "/log_group": "/aws/lambda/shop",
            "/log_stream": "2026/11/02/[$LATEST]a",
        },
    ]


def test_a_log_event_has_the_same_id_in_whatever_request_it_comes(world):
    environment_id = world.add_environment([], "keep")
    event = {"id": "1", "timestamp": 1, "message": "m"}
    post(world, environment_id, record(logs(event)), request_id="r-1")
    post(world, environment_id, record(logs({"id": "2"}, event)), request_id="r-2")
    first, _, third = ids(world)
    assert first == third


def test_log_events_without_an_id_have_one_of_their_place(world):
    environment_id = world.add_environment([], "keep")
    for _ in range(2):
        post(world, environment_id, record(logs({"message": "m"}, {"message": "m"})))
    found = ids(world)
    assert found[:2] == found[2:]
    assert len(set(found)) == 2


def test_control_messages_are_no_events(world, environment_id):
    control = logs({"id": "", "timestamp": 1, "message": "CWL CONTROL MESSAGE"}, message_type="CONTROL_MESSAGE")
    answer = post(world, environment_id, record(control))
    assert (answer.status, answer.headers["x-ingest-outcome"]) == (200, "accepted")
    assert world.events() == world.quarantined() == []
    assert post(world, environment_id, record(control), record('{"a": 1}')).status == 200
    assert len(world.events()) == 1


def test_a_log_event_that_is_none_is_refused_alone(world):
    environment_id = world.add_environment([{"key": "id", "type": "STRING", "presence": "required"}], "keep")
    post(world, environment_id, record(logs(7, {"id": "1", "timestamp": "noon"}, {"timestamp": 1})))
    assert [event["_extra"]["/timestamp"] for event in world.events()] == ["noon"]
    assert len(world.quarantined()) == 2


def test_lines_that_only_look_like_a_subscription_are_events(world, environment_id):
    lines = '{"a": 1, "messageType": "order"}\n{"a": 2, "messageType": "order", "logEvents": 7}\n{"messageType" '
    post(world, environment_id, record(lines))
    assert [event["a"] for event in world.events()] == [1, 2]
    assert len(world.quarantined()) == 1


def test_what_a_message_says_for_all_of_its_events_is_bounded(world, environment_id):
    message = logs(*[{"id": str(number)} for number in range(1_000)], logGroup="g" * 100_000)
    answer = post(world, environment_id, record(message))
    assert (answer.status, answer.json["code"]) == (400, "body_too_large")


def test_write_keys_are_looked_for_in_the_access_key(world, environment_id):
    world.change(environment_id, write_keys=["wk_1"])
    assert post(world, environment_id, record('{"a": 1}'), x_amz_firehose_access_key="wk_1").status == 200
    answer = post(world, environment_id, record('{"a": 1}'), x_amz_firehose_access_key="wk_2")
    assert (answer.status, answer.json["requestId"]) == (401, REQUEST_ID)
    assert b"wk_1" not in b"".join(world.records())


SITUATIONS = {
    "rejected": ({"on_invalid": "reject"}, "{}", 400),
    "plan used up": ({"plan_exhausted": True}, '{"a": 1}', 402),
    "deleted": ({"state": "deleted"}, '{"a": 1}', 410),
    "no key": ({"write_keys": ["k"]}, '{"a": 1}', 401),
    "another origin": ({"allowed_origins": ["https://shop.test"]}, '{"a": 1}', 403),
    "not durable": ({}, '{"a": 1}', 503),
    "over the rate": ({"rate_limit": 1}, '{"a": 1}', 429),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_failure_is_answered_by_the_table_with_a_message(world, situation):
    pointer, line, status = SITUATIONS[situation]
    environment_id = world.add_environment(NEEDS_A, **pointer)
    if situation == "not durable":
        world.streams.always = world.spill.always = refusing(THROTTLED)
    for _ in range(20 if situation == "over the rate" else 1):
        answer = post(world, environment_id, record(line), origin="https://elsewhere.test")
    assert answer.status == status
    assert answer.json["requestId"] == REQUEST_ID
    assert answer.json["timestamp"] >= START_NS // 1_000_000
    assert answer.json["errorMessage"]
    assert answer.headers["content-type"] == "application/json"


def test_an_unknown_environment_is_told_in_firehoses_form(world):
    answer = post(world, "env_00000000000000000000000009", record("{}"))
    assert (answer.status, answer.json["requestId"]) == (404, REQUEST_ID)
    assert answer.json["timestamp"] == START_NS // 1_000_000


def test_a_body_over_the_limit_is_400_and_never_413(world, environment_id):
    assert post_body(world, environment_id, b"x" * 5_000_000).status == 400
    assert post_body(world, environment_id, gzip.compress(b" " * 17_000_000), content_encoding="gzip").status == 400
    assert post_body(world, environment_id, b"{}", content_encoding="br").status == 400
