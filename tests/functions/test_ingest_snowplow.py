"""Snowplow's tracker protocol, as its trackers sent it and as they never should, through the whole handler."""

import base64
import gzip
import json

import pytest

from domain.intake.answers import PIXEL
from tests.front_doors import FRONT_DOORS, http_api_event
from tests.ingest_world import THROTTLED, World, refusing
from tests.recorded import CUSTOM_DOMAIN, recording, recordings

POST = "/com.snowplowanalytics.snowplow/tp2"
SENDERS = [held.name for held in recordings("snowplow")]
PAYLOAD = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4"
UNSTRUCT = "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0"
CONTEXTS = "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1"
ORDER = {"schema": "iglu:com.acme/order/jsonschema/2-0-1", "data": {"total": 9.5, "name": "Zoë"}}
USER = {"schema": "iglu:com.acme/user/jsonschema/1-0-0", "data": {"plan": "pro"}}
NEEDS_EVENT = [{"key": "event", "type": "STRING", "presence": "required"}]


@pytest.fixture
def world():
    return World()


@pytest.fixture
def environment_id(world):
    return world.add_environment([], "keep")


def post(world, environment_id, *events, **headers):
    body = json.dumps({"schema": PAYLOAD, "data": events})
    return world.send(http_api_event("POST", f"/e/{environment_id}{POST}", body=body, headers=headers))


def get(world, environment_id, event, **headers):
    query = list(event.items())
    return world.send(http_api_event("GET", f"/e/{environment_id}/i", query=query, headers=headers))


def as_base64(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


def stored(world):
    """Return every durable event as its protocol made it, objects put together again."""
    return [unfolded(event["_extra"]) for event in world.events()]


def unfolded(extra):
    event = {}
    for pointer, value in extra.items():
        *path, last = pointer[1:].split("/")
        place = event
        for key in path:
            place = place.setdefault(key, {})
        place[last] = value
    return event


def made(world, environment_id, event):
    """Return what one event becomes."""
    assert post(world, environment_id, event).status == 200
    return stored(world)[-1]


@pytest.mark.parametrize("front_door", FRONT_DOORS.values(), ids=list(FRONT_DOORS))
@pytest.mark.parametrize("sender", SENDERS)
def test_every_call_of_a_sender_arrives_once(world, environment_id, sender, front_door):
    held = recording(sender)
    for request in held.requests:
        assert world.send(request.event(f"/e/{environment_id}", front_door)).status in {200, 204}
    events = [json.dumps(event) for event in stored(world)]
    assert len(events) == len(held.marks)
    assert all(sum(mark in event for event in events) == 1 for mark in held.marks)


@pytest.mark.parametrize("sender", SENDERS)
def test_a_custom_domain_serves_the_routes_at_its_root(world, environment_id, sender):
    world.add_host(CUSTOM_DOMAIN, environment_id)
    held = recording(sender)
    for request in held.requests:
        assert world.send(request.event(CUSTOM_DOMAIN)).status in {200, 204}
    assert len(world.events()) == len(held.marks)


@pytest.mark.parametrize("sender", SENDERS)
def test_no_value_of_a_recording_fails_to_convert(world, environment_id, sender):
    for request in recording(sender).requests:
        world.send(request.event(f"/e/{environment_id}"))
    events = stored(world)
    assert events
    for event in events:
        assert event.get("other") is None
        assert all(type(event[name]) is str and event[name].endswith("Z") for name in event if "tstamp" in name)
        assert all(type(event[name]) is int for name in event if name.endswith(("width", "height", "_max", "_min")))


def test_names_and_types_are_those_of_the_canonical_event(world, environment_id):
    sent = {
        "e": "ue",
        "eid": "9f8f6a04-3f1c-4b1a-9d0a-1f8f4f7c1b11",
        "aid": "shop",
        "p": "web",
        "tv": "js-4.10.1",
        "vid": "3",
        "cookie": "1",
        "vp": "1280x720",
        "ds": "1280x2000",
        "res": "2560x1440",
        "cd": "24",
        "se_va": "2.50",
        "pp_mix": "-1",
        "tr_tt": "19.95",
        "tr_cu": "EUR",
        "ti_qu": "2",
        "ti_nm": "Shirt",
        "ue_pr": json.dumps({"schema": UNSTRUCT, "data": ORDER}),
        "co": json.dumps({"schema": CONTEXTS, "data": [USER]}),
        "fp": "123",
        "unknown": None,
    }
    assert made(world, environment_id, sent) == {
        "event": "unstruct",
        "event_id": "9f8f6a04-3f1c-4b1a-9d0a-1f8f4f7c1b11",
        "app_id": "shop",
        "platform": "web",
        "v_tracker": "js-4.10.1",
        "domain_sessionidx": 3,
        "br_cookies": True,
        "br_viewwidth": 1280,
        "br_viewheight": 720,
        "doc_width": 1280,
        "doc_height": 2000,
        "dvce_screenwidth": 2560,
        "dvce_screenheight": 1440,
        "br_colordepth": "24",
        "se_value": 2.5,
        "pp_xoffset_min": -1,
        "tr_total": 19.95,
        "tr_currency": "EUR",
        "ti_quantity": 2,
        "ti_name": "Shirt",
        "unstruct_event": ORDER,
        "contexts": [USER],
        "event_vendor": "com.acme",
        "event_name": "order",
        "event_version": "2-0-1",
        "other": {"fp": "123"},
    }


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("pv", "page_view"),
        ("pp", "page_ping"),
        ("se", "struct"),
        ("ue", "unstruct"),
        ("tr", "transaction"),
        ("ti", "transaction_item"),
        ("new", "new"),
    ],
)
def test_an_event_without_a_schema_has_the_name_of_its_kind(world, environment_id, code, name):
    event = made(world, environment_id, {"e": code})
    assert event == {
        "event": name,
        "event_vendor": "com.snowplowanalytics.snowplow",
        "event_name": name,
        "event_version": "1-0-0",
    }


@pytest.mark.parametrize("padding", ["", "="])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_of_either_alphabet_is_decoded_padded_or_not(world, environment_id, encode, padding):
    inner = {"schema": "iglu:com.acme/note/jsonschema/1-0-0", "data": {"text": "~~~???>>>ÿÿÿ"}}
    texts = {
        "ue_px": encode(json.dumps({"schema": UNSTRUCT, "data": inner}, ensure_ascii=False).encode()).decode(),
        "cx": encode(json.dumps({"schema": CONTEXTS, "data": [inner]}, ensure_ascii=False).encode()).decode(),
    }
    sent = {name: text if padding else text.rstrip("=") for name, text in texts.items()}
    event = made(world, environment_id, {"e": "ue", **sent})
    assert event["unstruct_event"] == inner
    assert event["contexts"] == [inner]
    assert event["event_name"] == "note"


@pytest.mark.parametrize(
    ("parameter", "value", "name"),
    [
        ("vid", "2.5", "domain_sessionidx"),
        ("vid", "three", "domain_sessionidx"),
        ("vid", "1_000", "domain_sessionidx"),
        ("vid", "\uff19", "domain_sessionidx"),
        ("se_va", "1,50", "se_value"),
        ("se_va", "NaN", "se_value"),
        ("se_va", "", "se_value"),
        ("cookie", "yes", "br_cookies"),
        ("vp", "1280", "br_viewwidth"),
        ("vp", "1280x720.5", "br_viewheight"),
        ("dtm", "yesterday", "dvce_created_tstamp"),
        ("dtm", "99999999999999999", "dvce_created_tstamp"),
        ("stm", "-5", "dvce_sent_tstamp"),
        ("ttm", "2026-11-02T10:11:12Z", "true_tstamp"),
        ("vid", "-9999999999999999999", "domain_sessionidx"),
        ("ue_pr", "{", "unstruct_event"),
        ("ue_pr", "[]", "unstruct_event"),
        ("ue_pr", '{"schema": "x"}', "unstruct_event"),
        ("ue_pr", '{"data": {"total": NaN}}', "unstruct_event"),
        ("ue_px", "%%%", "unstruct_event"),
        ("ue_px", "Zoë", "unstruct_event"),
        ("ue_px", as_base64({"data": [1]}), "unstruct_event"),
        ("co", '{"data": {}}', "contexts"),
        ("cx", as_base64("text"), "contexts"),
    ],
)
def test_a_value_that_does_not_convert_stays_text(world, environment_id, parameter, value, name):
    event = made(world, environment_id, {"e": "pv", parameter: value})
    assert event[name] == value
    assert "derived_tstamp" not in event


@pytest.mark.parametrize("value", ["\ud800", '{"\ud800":1}'])
@pytest.mark.parametrize("parameter", ["ue_pr", "ue_px", "co", "cx", "vid", "dtm", "vp", "eid", "aid", "page"])
def test_half_a_surrogate_spoils_no_batch(world, environment_id, parameter, value):
    answer = post(world, environment_id, {"e": "pv", parameter: value}, {"e": "pv"})
    assert answer.status == 200
    assert len(world.events()) + len(world.quarantined()) == 2


def test_a_value_that_does_not_convert_is_a_fault_of_the_field(world):
    fields = [
        {"key": "domain_sessionidx", "type": "INT", "presence": "optional"},
        {
            "key": "unstruct_event",
            "type": "JSON",
            "presence": "optional",
            "rules": [{"rule": "kinds", "value": ["object"]}],
        },
        {"key": "true_tstamp", "type": "TIMESTAMP", "format": "rfc3339", "presence": "optional"},
    ]
    environment_id = world.add_environment(fields, "keep")
    post(world, environment_id, {"e": "ue", "vid": "x", "ue_pr": "{", "ttm": "now"})
    (event,) = world.quarantined()
    assert event.protocol == "snowplow"
    assert {(error["pointer"], error["code"]) for error in event.errors} == {
        ("/domain_sessionidx", "type_int"),
        ("/unstruct_event", "kind"),
        ("/true_tstamp", "type_timestamp"),
    }


@pytest.mark.parametrize("value", ["2026-11-28T13:46:45.131456Z", "", 1, 0, True, [1]])
def test_what_a_sender_says_under_a_name_of_ours_stands_under_other(world, environment_id, value):
    event = made(world, environment_id, {"e": "pv", "derived_tstamp": value})
    assert event["other"] == {"derived_tstamp": value}
    assert "derived_tstamp" not in event


def test_of_two_parameters_with_one_name_the_lesser_stands_under_other(world, environment_id):
    event = made(world, environment_id, {"e": "pv", "nuid": "cookie", "tnuid": "tracker", "ti_na": "a", "ti_nm": "b"})
    assert (event["network_userid"], event["ti_name"]) == ("tracker", "b")
    assert event["other"] == {"nuid": "cookie", "ti_na": "a"}


def test_the_lesser_parameter_alone_has_the_name(world, environment_id):
    event = made(world, environment_id, {"e": "pv", "nuid": "cookie", "tnuid": None})
    assert event["network_userid"] == "cookie"
    assert "other" not in event


def test_a_wrong_clock_is_corrected(world, environment_id):
    # Made 5 s before it was sent, by a clock of another year.
    event = made(world, environment_id, {"e": "pv", "dtm": "1577836800000", "stm": "1577836805000"})
    assert event["dvce_created_tstamp"] == "2020-01-01T00:00:00.000000Z"
    assert event["dvce_sent_tstamp"] == "2020-01-01T00:00:05.000000Z"
    assert event["derived_tstamp"] == "2026-11-02T10:11:07.345678Z"


def test_a_sender_that_sent_before_it_made_is_believed(world, environment_id):
    event = made(world, environment_id, {"e": "pv", "dtm": "1577836800000", "stm": "1577836799999"})
    assert event["derived_tstamp"] == event["dvce_created_tstamp"]


@pytest.mark.parametrize("members", [{}, {"unknown": None}, {"stm": "1577836805000"}, {"aid": "a"}, {"fp": "1"}])
def test_an_event_of_next_to_nothing_is_one_as_well(world, environment_id, members):
    answer = post(world, environment_id, members, {"e": "pv"}, members)
    assert answer.headers["x-ingest-outcome"] == "accepted"
    (first, _, third) = world.events()
    assert first.get("_extra") == third.get("_extra")
    assert len(first.get("_extra", {})) == len([value for value in members.values() if value])


@pytest.mark.parametrize(
    "events",
    [
        [{"e": "pv", "eid": "1", "page": "Zo\u00eb", "vid": "7"}, {"e": "pv", "vid": 7}, 7],
        [{"e": "pv", "eid": "1", "dtm": "1577836800000", "stm": "1577836805000"}, {"e": "pv", "stm": "1577836806000"}],
        [{"e": "ue", "eid": "1", "ue_pr": json.dumps({"data": {}}), "cx": as_base64({"data": []})}, {"tr_tt": "1"}],
        [{"e": "ue", "eid": "1", "ue_pr": json.dumps({"data": {}}), "ue_px": as_base64({"data": {}})}, {"e": "pv"}],
    ],
)
def test_an_event_is_the_same_whatever_stands_beside_it(world, environment_id, events):
    post(world, environment_id, *events)
    post(world, environment_id, events[0])
    post(world, environment_id, {"e": "pp"}, events[0])
    beside, alone, after = [event for event in world.events() if event["_extra"].get("/event_id") == "1"]
    assert {event["_event_id"] for event in (beside, alone, after)} == {alone["_event_id"]}
    assert beside["_extra"] == alone["_extra"] == after["_extra"]


def test_a_true_time_needs_no_correction(world, environment_id):
    sent = {"e": "pv", "dtm": "1577836800000", "stm": "1577836805000", "ttm": "1577836800123"}
    event = made(world, environment_id, sent)
    assert event["derived_tstamp"] == event["true_tstamp"] == "2020-01-01T00:00:00.123000Z"


@pytest.mark.parametrize("sender", SENDERS)
def test_what_a_sender_repeats_has_the_same_id(world, environment_id, sender):
    for request in [*recording(sender).requests] * 2:
        world.send(request.event(f"/e/{environment_id}"))
        world.clock.forward(5)
    ids = [event["_event_id"] for event in world.events()]
    half = len(ids) // 2
    assert ids[:half] == ids[half:]
    assert len(set(ids)) == half


def test_another_time_of_sending_is_the_same_event(world, environment_id):
    event = {"e": "pv", "eid": "a", "dtm": "1577836800000"}
    for sent in ({"stm": "1577836800001"}, {"stm": "1577836900000"}, {}):
        post(world, environment_id, {**event, **sent})
        get(world, environment_id, {**event, **sent})
    assert len({event["_event_id"] for event in world.events()}) == 1


@pytest.mark.parametrize("change", [{"page": "b"}, {"dtm": "1577836800001"}, {"ttm": "1"}, {"fp": "1"}])
def test_another_content_under_an_id_is_another_event(world, environment_id, change):
    event = {"e": "pv", "eid": "a", "page": "a", "dtm": "1577836800000"}
    post(world, environment_id, event, {**event, **change})
    assert len({event["_event_id"] for event in world.events()}) == 2


def test_an_event_without_an_id_has_one_of_the_server(world, environment_id):
    post(world, environment_id, {"e": "pv"}, {"e": "pv"}, {"e": "pv", "eid": 7})
    ids = [event["_event_id"] for event in world.events()]
    assert len(set(ids)) == 3
    assert {event_id[16] for event_id in ids} == {"7"}


def test_one_bad_event_does_not_spoil_its_batch(world):
    environment_id = world.add_environment(NEEDS_EVENT, "keep")
    answer = post(world, environment_id, {"e": "pv"}, 7, {"p": "web"}, {"e": "pp"})
    assert (answer.status, answer.body) == (200, b"ok")
    assert answer.headers["x-ingest-outcome"] == "mixed"
    assert len(world.events()) == len(world.quarantined()) == 2


@pytest.mark.parametrize("body", ["{", "[]", '{"schema": "x"}', '{"data": {}}'])
def test_what_is_no_batch_is_one_refused_event_kept_as_it_came(world, body):
    environment_id = world.add_environment(NEEDS_EVENT)
    answer = world.send(http_api_event("POST", f"/e/{environment_id}{POST}", body=body))
    assert answer.status == 200
    assert [event.raw for event in world.quarantined()] == [body.encode()]


def test_what_base64_holds_is_bounded_for_each_event(world, environment_id):
    large = as_base64({"data": [0] * 100_001})
    assert len(large) < 1_000_000
    answer = post(world, environment_id, {"e": "pv", "cx": large}, {"e": "pv"})
    assert answer.headers["x-ingest-outcome"] == "mixed"
    (event,) = world.quarantined()
    assert [error["code"] for error in event.errors] == ["event_too_large"]
    assert json.loads(event.raw) == {"e": "pv", "cx": large}


def test_what_base64_holds_is_bounded_for_the_events_of_a_request_together(world, environment_id):
    large = as_base64({"data": [0] * 90_000})
    body = gzip.compress(json.dumps({"data": [{"e": "pv", "cx": large}] * 30}).encode())
    answer = world.send(http_api_event("POST", f"/e/{environment_id}{POST}", body=body))
    assert answer.headers["x-ingest-outcome"] == "mixed"
    assert len(world.events()) == 22
    assert len(world.quarantined()) == 8
    assert {error["code"] for event in world.quarantined() for error in event.errors} == {"event_too_large"}


def test_write_keys_are_looked_for_in_aid(world, environment_id):
    world.change(environment_id, write_keys=["shop"])
    assert post(world, environment_id, {"e": "pv", "aid": "shop"}).status == 200
    assert get(world, environment_id, {"e": "pv", "aid": "shop"}).status == 200
    assert post(world, environment_id, {"e": "pv", "aid": "other"}).status == 401
    assert get(world, environment_id, {"e": "pv"}).status == 401


SITUATIONS = {
    "accepted": ({}, {"e": "pv"}, 200),
    "quarantined": ({}, {"p": "web"}, 200),
    "rejected": ({"on_invalid": "reject"}, {"p": "web"}, 400),
    "plan used up": ({"plan_exhausted": True}, {"e": "pv"}, 403),
    "deleted": ({"state": "deleted"}, {"e": "pv"}, 410),
    "no key": ({"write_keys": ["k"]}, {"e": "pv"}, 401),
    "another origin": ({"allowed_origins": ["https://shop.test"]}, {"e": "pv"}, 403),
    "not durable": ({}, {"e": "pv"}, 503),
    "over the rate": ({"rate_limit": 1}, {"e": "pv"}, 429),
}


def answer_in(world, situation, send):
    pointer, event, status = SITUATIONS[situation]
    environment_id = world.add_environment(NEEDS_EVENT, "keep", **pointer)
    if situation == "not durable":
        world.streams.always = world.spill.always = refusing(THROTTLED)
    tries = 20 if situation == "over the rate" else 1
    for _ in range(tries):
        answer = send(world, environment_id, event, origin="https://elsewhere.test")
    return answer, status


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_batch_is_answered_by_the_table(world, situation):
    answer, status = answer_in(world, situation, post)
    assert answer.status == status
    assert (answer.body == b"ok") is (status == 200)
    if status != 200:
        assert answer.json["code"]
        assert answer.json["message"]
    assert ("retry-after" in answer.headers) is (status in {429, 503})


@pytest.mark.parametrize("situation", SITUATIONS)
def test_an_image_is_answered_with_the_same_status(world, situation):
    answer, status = answer_in(world, situation, get)
    assert answer.status == status
    assert answer.body == PIXEL
    assert answer.headers["content-type"] == "image/gif"
    assert answer.headers["x-ingest-outcome"]


def test_what_is_too_large_or_of_another_encoding_is_400(world, environment_id):
    assert post(world, environment_id, *[{"e": "pv"}] * 1_001).status == 400
    assert post(world, environment_id, {"e": "pv"}, **{"content-encoding": "br"}).status == 400
    assert post(world, environment_id, {"e": "x" * 5_000_000}).status == 400
    assert post(world, environment_id).status == 400


def test_the_other_path_of_images_is_served_and_redirects_are_not(world, environment_id):
    event = http_api_event("GET", f"/e/{environment_id}/ice.png", query=[("e", "pv")])
    assert world.send(event).status == 200
    assert world.send(http_api_event("GET", f"/e/{environment_id}/r/tp2", query=[("e", "pv")])).status == 404
    assert world.send(http_api_event("GET", f"/e/{environment_id}/i")).status == 400


@pytest.mark.parametrize("send", [post, get])
def test_browsers_may_send_with_credentials(world, environment_id, send):
    answer = send(world, environment_id, {"e": "pv"}, origin="https://shop.test", cookie="sp=1")
    assert answer.headers["access-control-allow-origin"] == "https://shop.test"
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["vary"] == "Origin"
    assert "set-cookie" not in answer.headers


def test_refusals_are_readable_for_browsers_as_well(world, environment_id):
    world.change(environment_id, plan_exhausted=True)
    answer = post(world, environment_id, {"e": "pv"}, origin="https://shop.test")
    assert answer.status == 403
    assert answer.headers["access-control-allow-origin"] == "https://shop.test"
    assert answer.headers["access-control-allow-credentials"] == "true"


@pytest.mark.parametrize("route", [POST, "/i"])
def test_a_preflight_allows_credentials_and_what_it_asks_for(world, environment_id, route):
    headers = {"origin": "https://shop.test", "access-control-request-headers": "content-type,sp-anonymous"}
    answer = world.send(http_api_event("OPTIONS", f"/e/{environment_id}{route}", headers=headers))
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "https://shop.test"
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["access-control-allow-headers"] == "content-type,sp-anonymous"


def test_an_origin_that_is_not_allowed_is_not_named(world, environment_id):
    world.change(environment_id, allowed_origins=["https://shop.test"])
    answer = post(world, environment_id, {"e": "pv"}, origin="https://elsewhere.test")
    assert answer.status == 403
    assert "access-control-allow-origin" not in answer.headers
    assert "access-control-allow-credentials" not in answer.headers


def test_a_query_says_what_a_form_would(world, environment_id):
    sent = {"e": "ue", "ue_px": as_base64({"schema": UNSTRUCT, "data": ORDER}), "page": "a b&c", "dtm": "1577836800000"}
    get(world, environment_id, sent)
    post(world, environment_id, sent)
    first, second = stored(world)
    assert first == second
    assert first["unstruct_event"] == ORDER


@pytest.mark.parametrize("times", [("true", "1"), ("1", "1.0"), ('"1795873605131"', "1795873605131")])
def test_each_event_has_its_own_time_of_sending_whatever_that_is(world, environment_id, times):
    def sent(*times):
        before = len(world.events())
        data = ",".join(f'{{"e":"pv","stm":{time}}}' for time in times)
        answer = world.send(http_api_event("POST", f"/e/{environment_id}{POST}", body=f'{{"data":[{data}]}}'))
        assert answer.status == 200
        return [event.get("dvce_sent_tstamp") for event in stored(world)[before:]]

    assert [repr(time) for time in sent(*times)] == [repr(time) for alone in times for time in sent(alone)]


def test_a_deep_time_of_sending_is_no_fault_of_ours(world, environment_id):
    deep = "[" * 990 + "]" * 990
    data = ",".join([f'{{"e":"pv","stm":{deep}}}'] * 2)
    answer = world.send(http_api_event("POST", f"/e/{environment_id}{POST}", body=f'{{"data":[{data}]}}'))
    assert answer.status == 200
    assert len(world.quarantined()) == 2
