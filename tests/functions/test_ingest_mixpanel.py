"""Mixpanel's requests, as its SDKs sent them and as they might, through the whole handler."""

import base64
import gzip
import json
from urllib.parse import urlencode

import pytest

from tests.endings import ENDINGS, OUTCOME, ended
from tests.front_doors import FRONT_DOORS, http_api_event
from tests.ingest_world import World
from tests.recorded import CUSTOM_DOMAIN, recording

SENDERS = ["mixpanel-browser", "mixpanel-python"]
IMPORTED = {"mixpanel-browser": 3, "mixpanel-python": 0}
"""How many events a sender sends beside those of the calls: `$identify` of its own, and the first profile."""
NEEDS_DISTINCT_ID = [{"key": "distinct_id", "type": "STRING", "presence": "required"}]
ORIGIN = "https://shop.test"


@pytest.fixture
def world():
    return World()


@pytest.fixture
def environment_id(world):
    return world.add_environment([], "keep")


def event(insert_id="id-1", name="opened", **more):
    return {"event": name, "properties": {"token": "wk", "distinct_id": "u", "$insert_id": insert_id, **more}}


def post(world, environment_id, route, body, query=(), **headers):
    body = body if isinstance(body, (bytes, str)) else json.dumps(body)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return world.send(http_api_event("POST", f"/e/{environment_id}{route}", body=body, headers=headers, query=query))


def get(world, environment_id, route, events, **query):
    data = base64.b64encode(json.dumps(events).encode()).decode()
    parameters = [("data", data), *query.items()]
    return world.send(http_api_event("GET", f"/e/{environment_id}{route}", query=parameters))


def stored(world):
    return [{key.removeprefix("/"): value for key, value in event["_extra"].items()} for event in world.events()]


@pytest.mark.parametrize("front_door", FRONT_DOORS.values(), ids=list(FRONT_DOORS))
@pytest.mark.parametrize("sender", SENDERS)
def test_every_call_of_a_sender_arrives_once(world, environment_id, sender, front_door):
    held = recording(sender)
    for request in held.requests:
        answer = world.send(request.event(f"/e/{environment_id}", front_door))
        assert (answer.status, answer.json["status"], answer.json["error"]) == (200, 1, None)
    own = stored(world)
    assert len(own) == len(held.marks) + IMPORTED[sender]
    texts = [json.dumps(event) for event in own]
    assert all(any(mark in text for text in texts) for mark in held.marks)
    assert {event["kind"] for event in own} == {"event", "people", "group"}
    assert '"wk_probe"' not in json.dumps(own)


@pytest.mark.parametrize("sender", SENDERS)
def test_what_a_sender_repeats_has_the_same_id_where_it_gives_one(world, environment_id, sender):
    for request in [*recording(sender).requests] * 2:
        world.send(request.event(f"/e/{environment_id}"))
        world.clock.forward(5)
    ids = [event["_event_id"] for event in world.events() if event["_extra"]["/kind"] == "event"]
    half = len(ids) // 2
    assert ids[:half] == ids[half:]
    assert len(set(ids)) == half


@pytest.mark.parametrize("sender", SENDERS)
def test_a_custom_domain_serves_the_routes_at_its_root(world, environment_id, sender):
    world.add_host(CUSTOM_DOMAIN, environment_id)
    held = recording(sender)
    for request in held.requests:
        world.send(request.event(CUSTOM_DOMAIN))
    assert len(world.events()) == len(held.marks) + IMPORTED[sender]


@pytest.mark.parametrize("sender", SENDERS)
def test_the_key_of_a_sender_is_the_write_key_that_an_environment_may_ask_for(world, environment_id, sender):
    world.change(environment_id, write_keys=["wk_probe"])
    held = recording(sender)
    for request in held.requests:
        assert world.send(request.event(f"/e/{environment_id}")).status == 200
    world.change(environment_id, write_keys=["another"])
    world.clock.forward(10)
    for request in held.requests:
        assert world.send(request.event(f"/e/{environment_id}")).status == 401


def test_the_time_is_read_in_seconds_and_in_milliseconds(world, environment_id):
    times = [1_577_865_600, 1_577_865_600.25, "1577865600", 1_577_865_600_250, "1577865600250", 0, 99_999_999_999]
    post(world, environment_id, "/track", [event(str(place), time=time) for place, time in enumerate(times)])
    assert [found["time"] for found in stored(world)] == [
        "2020-01-01T08:00:00.000000Z",
        "2020-01-01T08:00:00.250000Z",
        "2020-01-01T08:00:00.000000Z",
        "2020-01-01T08:00:00.250000Z",
        "2020-01-01T08:00:00.250000Z",
        "1970-01-01T00:00:00.000000Z",
        "5138-11-16T09:46:39.000000Z",
    ]
    assert [found["properties"]["time"] for found in stored(world)] == times


@pytest.mark.parametrize("made", ["yesterday", -1, 1e30, True, {"a": 1}])
def test_what_is_no_time_stays_as_it_came(world, environment_id, made):
    post(world, environment_id, "/track", event(time=made))
    assert stored(world)[0]["time"] == made


def test_an_event_says_beside_its_properties_what_tells_it_from_others(world, environment_id):
    events = [event(distinct_id=7), {"event": "b", "properties": {}}, {"event": "c"}, {"event": "d", "properties": 1}]
    post(world, environment_id, "/track", [*events, {**event(), "distinct_id": "own", "kind": "x"}])
    first, second, third, fourth, fifth = stored(world)
    assert first == {
        "kind": "event",
        "event": "opened",
        "insert_id": "id-1",
        "distinct_id": "7",
        "properties": {"distinct_id": 7, "$insert_id": "id-1"},
    }
    assert second == {"kind": "event", "event": "b", "properties": {}}
    assert third == {"kind": "event", "event": "c"}
    assert fourth == {"kind": "event", "event": "d", "properties": 1}
    assert (fifth["kind"], fifth["distinct_id"]) == ("event", "own")


def test_what_is_set_of_people_and_groups_arrives_as_operations(world, environment_id):
    person = {"$token": "wk", "$distinct_id": 7, "$time": 1_577_865_600, "$ip": "0", "$set": {"plan": "pro"}}
    post(world, environment_id, "/engage", [{**person, "$add": {"visits": 1}}])
    post(world, environment_id, "/groups", {"$group_key": "company", "$group_id": "acme", "$delete": ""})
    people, group = stored(world)
    assert people == {
        "kind": "people",
        "distinct_id": "7",
        "time": "2020-01-01T08:00:00.000000Z",
        "$ip": "0",
        "operations": {"$set": {"plan": "pro"}, "$add": {"visits": 1}},
    }
    assert group == {"kind": "group", "group_key": "company", "group_id": "acme", "operations": {"$delete": ""}}


TEXT = json.dumps([event(text="?>?>ÿÿ")])
IN_BASE64 = base64.b64encode(TEXT.encode()).decode()


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (TEXT, '{"status":1,"error":null}'),
        (gzip.compress(TEXT.encode()), '{"status":1,"error":null}'),
        (urlencode({"data": TEXT}), "1"),
        (urlencode({"data": IN_BASE64, "verbose": 1}), '{"status":1,"error":null}'),
        (urlencode({"data": IN_BASE64, "verbose": 0}), "1"),
        ("data=" + IN_BASE64, "1"),
        (urlencode({"data": IN_BASE64.replace("+", "-").replace("/", "_").rstrip("=")}), "1"),
    ],
    ids=["json", "gzip", "form", "base64", "terse", "unescaped", "url-safe"],
)
def test_a_body_is_read_whatever_form_it_has(world, environment_id, body, answer):
    found = post(world, environment_id, "/track", body, content_type="application/x-www-form-urlencoded")
    assert found.status == 200
    if answer == "1":
        assert found.body == b"1"
        assert found.headers["content-type"] == "text/plain"
    else:
        assert (found.json["status"], found.json["error"]) == (1, None)
    assert stored(world)[0]["properties"]["text"] == "?>?>ÿÿ"


def test_an_answer_is_given_where_a_form_says_twice_how(world, environment_id):
    answer = post(world, environment_id, "/track", urlencode({"data": TEXT}) + "&verbose=1&verbose=0")
    assert (answer.status, answer.body, len(world.events())) == (200, b"1", 1)


@pytest.mark.parametrize(
    ("query", "body"),
    [({}, b"1"), ({"verbose": "0"}, b"1"), ({"verbose": "1"}, b'"status":1'), ({"img": "1"}, b"GIF89a")],
)
def test_an_event_arrives_in_a_get(world, environment_id, query, body):
    answer = get(world, environment_id, "/track", event(), **query)
    assert answer.status == 200
    assert body in answer.body
    assert stored(world)[0]["event"] == "opened"


def test_a_get_sets_something_of_people(world, environment_id):
    assert get(world, environment_id, "/engage/", {"$distinct_id": "u", "$set": {"a": 1}}).body == b"1"
    assert stored(world)[0]["kind"] == "people"


IMPORTS = [event(f"id-{place}", time=1_577_865_600 + place) for place in range(3)]


@pytest.mark.parametrize(
    "body",
    [json.dumps(IMPORTS), "\n".join(map(json.dumps, IMPORTS)), "".join(map(json.dumps, IMPORTS))],
    ids=["array", "lines", "documents"],
)
def test_an_import_counts_what_was_kept(world, environment_id, body):
    answer = post(world, environment_id, "/import", gzip.compress(body.encode()), query=[("strict", "1")])
    assert answer.status == 200
    told = {name: answer.json[name] for name in ("code", "status", "num_records_imported")}
    assert told == {"code": 200, "status": "OK", "num_records_imported": 3}
    assert [found["insert_id"] for found in stored(world)] == ["id-0", "id-1", "id-2"]


def test_an_import_by_an_older_sdk_is_answered_as_it_expects(world, environment_id):
    assert post(world, environment_id, "/import", IMPORTS).json["status"] == 1
    assert get(world, environment_id, "/import", event(), verbose="0").body == b"1"


def test_a_line_of_an_import_that_is_not_json_is_refused_alone(world, environment_id):
    lines = b"\n".join([json.dumps(IMPORTS[0]).encode(), b'{"event": ', json.dumps(IMPORTS[1]).encode()])
    answer = post(world, environment_id, "/import", lines)
    assert [row["outcome"] for row in answer.json["results"]] == ["accepted", "quarantined", "accepted"]
    assert world.quarantined()[0].raw == b'{"event":'


def test_ids_do_not_depend_on_the_batch(world, environment_id):
    events = [event(f"id-{place}") for place in range(4)]
    post(world, environment_id, "/track", events)
    world.clock.forward(60)
    post(world, environment_id, "/track", events[:1])
    post(world, environment_id, "/import", events[1:])
    ids = [found["_event_id"] for found in world.events()]
    assert ids[:4] == ids[4:]


def test_the_sdks_for_phones_have_an_id_of_their_own_for_events_and_updates(world, environment_id):
    of_phone = {"$mp_metadata": {"$mp_event_id": "0137628942b35cd2", "$mp_session_seq_id": 0}}
    opened = {"event": "opened", "properties": {"distinct_id": "u"}, **of_phone}
    person = {"$distinct_id": "u", "$set": {"a": 1}, **of_phone}
    for _ in range(2):
        post(world, environment_id, "/track/", [opened, {**opened, "event": "closed"}])
        post(world, environment_id, "/engage/", person)
        world.clock.forward(5)
    ids = [found["_event_id"] for found in world.events()]
    assert ids[:3] == ids[3:]
    assert len(set(ids)) == 3
    assert all("insert_id" not in found and found["$mp_metadata"] for found in stored(world))


def test_one_id_with_two_contents_is_two_events(world, environment_id):
    post(world, environment_id, "/track", [event(), event(name="closed")])
    assert len({found["_event_id"] for found in world.events()}) == 2


def test_an_idempotency_key_counts_where_there_is_no_id(world, environment_id):
    update = {"$distinct_id": "u", "$set": {"a": 1}}
    for _ in range(2):
        post(world, environment_id, "/engage", update, idempotency_key="k")
        world.clock.forward(5)
    first, second = (found["_event_id"] for found in world.events())
    assert first == second


def test_one_bad_event_does_not_spoil_its_batch(world):
    environment_id = world.add_environment(NEEDS_DISTINCT_ID)
    answer = post(world, environment_id, "/track", [event(), {"event": "b"}, 7, event("d")])
    assert (answer.status, answer.json["status"], answer.json["ok"]) == (200, 1, False)
    outcomes = [row["outcome"] for row in answer.json["results"]]
    assert outcomes == ["accepted", "quarantined", "quarantined", "accepted"]


def test_a_thousand_events_are_taken_and_one_more_is_413(world, environment_id):
    events = [event(f"id-{place}") for place in range(1_001)]
    assert post(world, environment_id, "/import", events[:1_000]).json["num_records_imported"] == 1_000
    for route in ("/track", "/import"):
        answer = post(world, environment_id, route, events)
        assert (answer.status, answer.json["status"], answer.json["code"]) == (413, 0, "too_many_events")


@pytest.mark.parametrize("body", [b"{", b"\x00\xff", b"[1,", b"a=b"])
def test_what_is_not_json_is_one_event_in_quarantine_as_it_came(world, environment_id, body):
    assert post(world, environment_id, "/track", body).status == 200
    (found,) = world.quarantined()
    assert (found.raw, found.protocol) == (body, "mixpanel")


STATUSES = {
    "accepted": 200,
    "quarantined": 200,
    "rejected": 400,
    "rate_limited": 429,
    "plan_exhausted": 402,
    "undeliverable": 503,
}


@pytest.mark.parametrize("route", ["/track", "/engage", "/groups", "/import"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_an_answer_says_whether_it_is_worth_a_repeat(ending, route):
    _, answer = ended(ending, lambda world, found: post(world, found, route, [event()]))
    status = STATUSES[ending]
    assert (answer.status, answer.headers["x-ingest-outcome"]) == (status, OUTCOME.get(ending, ending))
    assert answer.json["status"] == (1 if status == 200 else 0)
    assert bool(answer.json["error"]) is (status != 200)
    assert ("retry-after" in answer.headers) is (status in {429, 503})


@pytest.mark.parametrize("ending", ["rejected", "undeliverable"])
def test_a_terse_sender_reads_a_zero(ending):
    _, answer = ended(ending, lambda world, found: get(world, found, "/track", event()))
    assert (answer.status, answer.body) == (STATUSES[ending], b"0")


@pytest.mark.parametrize("ending", ["rate_limited", "plan_exhausted", "bad_key", "deleted"])
def test_a_request_that_was_not_read_is_answered_in_json(ending):
    _, answer = ended(ending, lambda world, found: post(world, found, "/track", urlencode({"data": TEXT})))
    assert answer.status >= 400
    if ending != "bad_key":
        assert (answer.json["status"], answer.json["code"]) == (0, ending)


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_image_has_the_status_of_its_request(ending):
    _, answer = ended(ending, lambda world, found: get(world, found, "/track", event(), img="1"))
    assert answer.status == STATUSES[ending]
    assert answer.headers["content-type"] == "image/gif"


def test_browsers_may_send_with_credentials(world, environment_id):
    answer = post(world, environment_id, "/track", [event()], origin=ORIGIN)
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["vary"] == "Origin"
    asked = {"origin": ORIGIN, "access-control-request-headers": "x-anything"}
    answer = world.send(http_api_event("OPTIONS", f"/e/{environment_id}/engage/", headers=asked))
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["access-control-allow-headers"] == "x-anything"


def test_an_origin_that_is_not_allowed_may_not_read_the_answer(world, environment_id):
    world.change(environment_id, allowed_origins=["https://another.test"])
    answer = post(world, environment_id, "/track", [event()], origin=ORIGIN)
    assert answer.status == 403
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("route", ["/engage", "/groups"])
def test_no_key_is_kept_of_what_is_no_profile(world, environment_id, route):
    update = {"$distinct_id": "u", "token": "wk-1", "properties": {"token": "wk-2", "$token": "wk-3", "a": 1}}
    assert post(world, environment_id, route, [update]).status == 200
    (stored,) = world.events()
    assert "wk-" not in json.dumps(stored)
    assert stored["_extra"]["/properties"] == {"a": 1}
