"""Webhooks of others, signed as their providers sign them and as nobody should, through the whole handler."""

import base64
import gzip
import hmac
import json
from urllib.parse import urlencode

import pytest

from tests.front_doors import FRONT_DOORS, http_api_event
from tests.ingest_world import START_NS, THROTTLED, World, refusing
from tests.recorded import CUSTOM_DOMAIN, recording

SECRET, OTHER = b"a secret of the hook", b"another one of it"
BODY = b'{"type": "order.created", "data": {"total": 9.50}}'
NOW = START_NS // 1_000_000_000
KEY_OF_RECORDINGS = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
SECRET_OF_RECORDING = {
    "github": KEY_OF_RECORDINGS.encode(),
    "stripe": KEY_OF_RECORDINGS.encode(),
    "standard": base64.b64decode(KEY_OF_RECORDINGS.removeprefix("whsec_")),
}
RECORDED_NS = 1_795_873_754_000_000_000


def digest(secret, text):
    return hmac.digest(secret, text, "sha256")


def github(body, secret=SECRET, **_):
    return {"x-hub-signature-256": f"sha256={digest(secret, body).hex()}", "x-github-delivery": "d-1"}


def stripe(body, secret=SECRET, at=NOW, **_):
    return {"stripe-signature": f"t={at},v1={digest(secret, b'%d.%b' % (at, body)).hex()}"}


def shopify(body, secret=SECRET, **_):
    return {"x-shopify-hmac-sha256": base64.b64encode(digest(secret, body)).decode(), "x-shopify-event-id": "e-1"}


def slack(body, secret=SECRET, at=NOW, **_):
    signature = digest(secret, b"v0:%d:%b" % (at, body)).hex()
    return {"x-slack-signature": f"v0={signature}", "x-slack-request-timestamp": str(at)}


def standard(body, secret=SECRET, at=NOW, prefix="webhook", **_):
    signature = base64.b64encode(digest(secret, b"msg_1.%d.%b" % (at, body))).decode()
    return {f"{prefix}-id": "msg_1", f"{prefix}-timestamp": str(at), f"{prefix}-signature": f"v1,{signature}"}


def any_hmac(body, secret=SECRET, **_):
    return {"x-signature-256": f"sha256={digest(secret, body).hex()}", "x-webhook-id": "w-1"}


SIGN = {
    "github": github,
    "stripe": stripe,
    "shopify": shopify,
    "slack": slack,
    "standard": standard,
    "hmac": any_hmac,
}
SIGNATURE = {
    "github": "x-hub-signature-256",
    "stripe": "stripe-signature",
    "shopify": "x-shopify-hmac-sha256",
    "slack": "x-slack-signature",
    "standard": "webhook-signature",
    "hmac": "x-signature-256",
}
TIMED = ["stripe", "slack", "standard"]


@pytest.fixture
def world():
    return World()


@pytest.fixture
def environment_id(world):
    environment_id = world.add_environment([{"key": "payload", "type": "JSON", "presence": "required"}], "keep")
    for scheme in SIGN:
        world.add_webhook(environment_id, scheme, scheme, SECRET)
    world.add_webhook(environment_id, "open", "none")
    return environment_id


def post(world, environment_id, name, body, headers, **more):
    return world.send(http_api_event("POST", f"/e/{environment_id}/hooks/{name}", body=body, headers=headers, **more))


def stored(world):
    return [{"payload": event["payload"], **event["_extra"]} for event in world.events()]


def refused(world, answer):
    assert (answer.status, answer.json["code"]) == (401, "bad_signature")
    assert world.events() == world.quarantined() == []
    assert world.counted() == {}
    return True


@pytest.mark.parametrize("front_door", FRONT_DOORS.values(), ids=list(FRONT_DOORS))
@pytest.mark.parametrize("provider", SECRET_OF_RECORDING)
def test_every_call_of_a_provider_arrives_once_and_what_is_forged_or_old_does_not(
    world, environment_id, provider, front_door
):
    world.clock.ns = RECORDED_NS
    world.set_hook_secrets(environment_id, provider, SECRET_OF_RECORDING[provider])
    held = recording(provider)
    statuses = [world.send(request.event(f"/e/{environment_id}", front_door)).status for request in held.requests]
    assert statuses == [200] * len(held.marks) + [401] * (len(held.requests) - len(held.marks))
    events = [json.dumps(event) for event in stored(world)]
    assert all(sum(mark in event for event in events) == 1 for mark in held.marks)


@pytest.mark.parametrize("provider", SECRET_OF_RECORDING)
def test_what_a_provider_repeats_has_the_same_id(world, environment_id, provider):
    world.clock.ns = RECORDED_NS
    world.set_hook_secrets(environment_id, provider, SECRET_OF_RECORDING[provider])
    for request in [*recording(provider).requests] * 2:
        world.send(request.event(f"/e/{environment_id}"))
        world.clock.forward(5)
    ids = [event["_event_id"] for event in world.events()]
    assert ids[:3] == ids[3:]
    assert len(set(ids)) == 3


def test_a_custom_domain_serves_the_route_at_its_root(world, environment_id):
    world.add_host(CUSTOM_DOMAIN, environment_id)
    event = http_api_event("POST", "/hooks/github", body=BODY, headers=github(BODY), host=CUSTOM_DOMAIN)
    assert world.send(event).status == 200


@pytest.mark.parametrize("scheme", SIGN)
def test_a_right_signature_of_either_of_two_secrets_is_accepted(world, environment_id, scheme):
    world.set_hook_secrets(environment_id, scheme, OTHER, SECRET)
    assert post(world, environment_id, scheme, BODY, SIGN[scheme](BODY, SECRET)).status == 200
    assert post(world, environment_id, scheme, BODY, SIGN[scheme](BODY, OTHER)).status == 200
    assert post(world, environment_id, scheme, BODY, SIGN[scheme](BODY, b"a third")).status == 401
    assert len(world.events()) == 2


@pytest.mark.parametrize("scheme", SIGN)
@pytest.mark.parametrize(
    "spoil", ["wrong", "missing", "empty", "truncated", "longer", "doubled", "other body", "no latin"]
)
def test_a_signature_that_is_not_right_is_refused_and_nothing_is_kept(world, environment_id, scheme, spoil):
    headers = SIGN[scheme](BODY)
    name = SIGNATURE[scheme]
    right = headers[name]
    match spoil:
        case "wrong":
            headers[name] = SIGN[scheme](BODY, b"wrong")[name]
        case "missing":
            del headers[name]
        case "empty":
            headers[name] = ""
        case "truncated":
            headers[name] = right[:-2]
        case "longer":
            headers[name] = right + "0"
        case "doubled":
            headers[name] = f"{right},{right}"
        case "other body":
            headers = SIGN[scheme](BODY + b" ")
        case "no latin":
            headers[name] = right[:-1] + "é"
    assert refused(world, post(world, environment_id, scheme, BODY, headers))


@pytest.mark.parametrize("scheme", SIGN)
def test_a_webhook_without_a_secret_accepts_nothing(world, environment_id, scheme):
    world.set_hook_secrets(environment_id, scheme)
    assert refused(world, post(world, environment_id, scheme, BODY, SIGN[scheme](BODY, b"")))


@pytest.mark.parametrize("scheme", TIMED)
@pytest.mark.parametrize("away", [-300, 300])
def test_what_was_signed_within_300_seconds_is_accepted(world, environment_id, scheme, away):
    world.clock.ns = NOW * 1_000_000_000
    assert post(world, environment_id, scheme, BODY, SIGN[scheme](BODY, at=NOW + away)).status == 200


@pytest.mark.parametrize("scheme", TIMED)
@pytest.mark.parametrize("away", [-301, 301, -NOW])
def test_what_was_signed_longer_ago_or_later_is_refused(world, environment_id, scheme, away):
    world.clock.ns = NOW * 1_000_000_000
    assert refused(world, post(world, environment_id, scheme, BODY, SIGN[scheme](BODY, at=NOW + away)))


@pytest.mark.parametrize("seconds", ["", "soon", "1e9", f"+{NOW}", f" {NOW}", f"{NOW}.0", "9" * 5_000])
def test_a_time_that_is_none_is_refused(world, environment_id, seconds):
    headers = standard(BODY)
    text = b"msg_1.%b.%b" % (seconds.encode(), BODY)
    headers["webhook-timestamp"] = seconds
    headers["webhook-signature"] = f"v1,{base64.b64encode(digest(SECRET, text)).decode()}"
    assert refused(world, post(world, environment_id, "standard", BODY, headers))


def test_the_time_is_part_of_what_is_signed(world, environment_id):
    headers = stripe(BODY, at=NOW - 3_600)
    headers["stripe-signature"] = headers["stripe-signature"].replace(str(NOW - 3_600), str(NOW))
    assert refused(world, post(world, environment_id, "stripe", BODY, headers))


def test_one_right_signature_among_several_of_a_scheme_that_has_lists_is_enough(world, environment_id):
    headers = stripe(BODY)
    headers["stripe-signature"] = headers["stripe-signature"].replace(",v1=", f",v1={'0' * 64},v0=old,v1=")
    assert post(world, environment_id, "stripe", BODY, headers).status == 200
    headers = standard(BODY)
    headers["webhook-signature"] = f"v1a,asymmetric v1,{'A' * 43}= {headers['webhook-signature']}"
    assert post(world, environment_id, "standard", BODY, headers).status == 200


def test_standard_webhooks_of_svix_have_headers_of_their_own(world, environment_id):
    assert post(world, environment_id, "standard", BODY, standard(BODY, prefix="svix")).status == 200
    assert stored(world)[0]["/webhook_id"] == "msg_1"


def test_headers_of_two_kinds_are_not_mixed(world, environment_id):
    headers = standard(BODY, prefix="svix") | {"webhook-signature": standard(BODY)["webhook-signature"]}
    assert refused(world, post(world, environment_id, "standard", BODY, headers))


def test_the_signature_is_over_the_bytes_as_sent(world, environment_id):
    body = gzip.compress(BODY)
    headers = github(body) | {"content-encoding": "gzip"}
    assert post(world, environment_id, "github", body, headers).status == 200
    headers = github(BODY) | {"content-encoding": "gzip"}
    assert post(world, environment_id, "github", body, headers).status == 401
    assert len(world.events()) == 1


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"\x1f\x8bno gzip", b"x" * 5_000_000, b"[" * 100_000])
def test_nothing_is_read_of_a_body_that_is_not_signed(world, environment_id, body):
    headers = github(BODY) | {"content-encoding": "br"}
    assert refused(world, post(world, environment_id, "github", body, headers))


def test_the_address_the_rate_and_the_plan_are_looked_at_first(world, environment_id):
    world.change(environment_id, plan_exhausted=True)
    assert post(world, environment_id, "github", BODY, {}).status == 402
    world.change(environment_id, plan_exhausted=False, state="deleted")
    world.clock.forward(5)
    assert post(world, environment_id, "github", BODY, {}).status == 410


def test_a_webhook_that_the_environment_does_not_have_is_404(world, environment_id):
    answer = post(world, environment_id, "nothing", BODY, github(BODY))
    assert (answer.status, answer.json["code"]) == (404, "unknown_route")
    other = world.add_environment([])
    assert post(world, other, "github", BODY, github(BODY)).status == 404


def test_secrets_that_can_not_be_read_are_503(world, environment_id):
    world.secrets.unreachable = True
    answer = post(world, environment_id, "github", BODY, github(BODY))
    assert (answer.status, answer.json["code"]) == (503, "undeliverable")
    assert answer.headers["retry-after"]
    assert post(world, environment_id, "open", BODY, {}).status == 200


def test_the_secret_of_one_environment_is_none_of_another(world, environment_id):
    other = world.add_environment([])
    world.add_webhook(other, "github", "github", OTHER)
    assert post(world, other, "github", BODY, github(BODY, SECRET)).status == 401
    assert post(world, other, "github", BODY, github(BODY, OTHER)).status == 200


def test_an_event_holds_the_hook_what_the_provider_tells_and_the_body(world, environment_id):
    headers = github(BODY) | {"x-github-event": "push"}
    post(world, environment_id, "github", BODY, headers)
    payload = {"type": "order.created", "data": {"total": 9.5}}
    assert stored(world) == [{"payload": payload, "/hook": "github", "/webhook_id": "d-1", "/type": "push"}]


TOLD = {
    "stripe": (
        {"id": "evt_1", "type": "charge.succeeded", "created": 1_795_873_754},
        {},
        {"/webhook_id": "evt_1", "/type": "charge.succeeded", "/sent_at": "2026-11-28T13:49:14.000000Z"},
    ),
    "shopify": (
        {"id": 7},
        {"x-shopify-topic": "orders/create", "x-shopify-triggered-at": "2026-11-28T13:49:14.123456789Z"},
        {"/webhook_id": "e-1", "/type": "orders/create", "/sent_at": "2026-11-28T13:49:14.123456Z"},
    ),
    "slack": (
        {
            "token": "t",
            "type": "event_callback",
            "event_id": "Ev1",
            "event_time": 1_795_873_754,
            "event": {"type": "m"},
        },
        {},
        {"/webhook_id": "Ev1", "/type": "m", "/sent_at": "2026-11-28T13:49:14.000000Z"},
    ),
    "standard": (
        {"type": "order.paid"},
        {},
        {"/webhook_id": "msg_1", "/type": "order.paid", "/sent_at": "2026-11-02T10:11:12.000000Z"},
    ),
    "hmac": ({}, {"x-webhook-type": "paid"}, {"/webhook_id": "w-1", "/type": "paid"}),
    "open": ({}, {"x-webhook-type": "paid", "x-webhook-id": "o-1"}, {"/webhook_id": "o-1", "/type": "paid"}),
}


@pytest.mark.parametrize("name", TOLD)
def test_id_type_and_time_are_where_the_provider_has_them(world, environment_id, name):
    payload, more, told = TOLD[name]
    body = json.dumps(payload).encode()
    headers = (SIGN[name](body) if name in SIGN else {}) | more
    assert post(world, environment_id, name, body, headers).status == 200
    (event,) = stored(world)
    assert {key: event[key] for key in ("/webhook_id", "/type", "/sent_at") if key in event} == told
    assert event["/hook"] == name


def test_shopify_has_an_older_header_for_its_id(world, environment_id):
    headers = shopify(BODY)
    headers["x-shopify-webhook-id"] = "b-1"
    post(world, environment_id, "shopify", BODY, headers)
    del headers["x-shopify-event-id"]
    post(world, environment_id, "shopify", BODY, headers)
    assert [event["/webhook_id"] for event in stored(world)] == ["e-1", "b-1"]


def test_a_time_that_is_none_stays_as_it_came(world, environment_id):
    body = b'{"id": "evt_1", "created": "yesterday"}'
    post(world, environment_id, "stripe", body, stripe(body))
    assert stored(world)[0]["/sent_at"] == "yesterday"


def test_what_slack_vouches_with_is_not_stored(world, environment_id):
    body = b'{"token": "secret-of-slack", "type": "event_callback", "event_id": "Ev1"}'
    post(world, environment_id, "slack", body, slack(body))
    assert b"secret-of-slack" not in b"".join(world.records())
    body = b"token=secret-of-slack&command=%2Fdeploy"
    answer = post(world, environment_id, "slack", body, slack(body))
    assert (answer.status, answer.json["code"]) == (415, "unsupported_media_type")
    assert world.quarantined() == []


def test_slacks_challenge_is_answered_and_is_no_event(world, environment_id):
    body = b'{"token": "t", "challenge": "3eZbrw1aB", "type": "url_verification"}'
    answer = post(world, environment_id, "slack", body, slack(body))
    assert (answer.status, answer.json) == (200, {"challenge": "3eZbrw1aB"})
    assert world.events() == []
    assert refused(world, post(world, environment_id, "slack", body, slack(body, b"wrong")))


def test_a_challenge_is_an_event_where_it_is_not_slacks(world, environment_id):
    body = b'{"challenge": "3eZbrw1aB", "type": "url_verification"}'
    post(world, environment_id, "hmac", body, any_hmac(body))
    assert len(world.events()) == 1


@pytest.mark.parametrize("encode", [str, lambda text: base64.b64encode(text.encode()).decode()])
def test_a_form_has_its_event_in_payload(world, environment_id, encode):
    body = urlencode({"payload": encode('{"zen": "Keep it."}')}).encode()
    headers = github(body) | {"content-type": "application/x-www-form-urlencoded"}
    assert post(world, environment_id, "github", body, headers).status == 200
    assert stored(world)[0]["payload"] == {"zen": "Keep it."}


@pytest.mark.parametrize("body", [b"no json", b"{", b"payload=%7B", b"<xml/>"])
def test_what_is_no_json_is_one_refused_event(world, environment_id, body):
    answer = post(world, environment_id, "hmac", body, any_hmac(body))
    assert (answer.status, answer.headers["x-ingest-outcome"]) == (200, "quarantined")
    (event,) = world.quarantined()
    assert event.protocol == "hooks"
    assert [error["code"] for error in event.errors] == ["not_json"]


@pytest.mark.parametrize("scheme", ["hmac", "github", "standard"])
def test_an_empty_body_is_400_and_holds_no_event(world, environment_id, scheme):
    assert post(world, environment_id, scheme, b"", SIGN[scheme](b"")).code == "no_payload"
    assert world.events() == world.quarantined() == []


def test_a_body_through_the_bounds_of_an_event_is_refused_and_kept(world, environment_id):
    body = json.dumps({"list": [0] * 100_001}).encode()
    answer = post(world, environment_id, "hmac", body, any_hmac(body))
    assert answer.headers["x-ingest-outcome"] == "quarantined"
    assert [error["code"] for error in world.quarantined()[0].errors] == ["event_too_large"]


def test_numbers_of_a_body_keep_their_digits(world, environment_id):
    world.change(environment_id, revision_id=world.add_revision([{"key": "x", "type": "INT", "presence": "required"}]))
    body = b'{"total": 12345678901234567890123}'
    post(world, environment_id, "hmac", body, any_hmac(body))
    assert b'"total": 12345678901234567890123' in world.quarantined()[0].raw


def test_the_same_delivery_is_one_event_and_another_hook_or_content_is_not(world, environment_id):
    world.add_webhook(environment_id, "second", "hmac", SECRET)
    for name, body in (("hmac", BODY), ("hmac", BODY), ("hmac", b"{}"), ("second", BODY)):
        post(world, environment_id, name, body, any_hmac(body))
    first, again, *others = [event["_event_id"] for event in world.events()]
    assert first == again
    assert len({first, *others}) == 3


def test_another_try_of_a_standard_webhook_is_the_same_event(world, environment_id):
    for seconds in (0, 60):
        post(world, environment_id, "standard", BODY, standard(BODY, at=NOW + seconds))
    assert len({event["_event_id"] for event in world.events()}) == 1


def test_a_signature_stands_for_a_write_key(world, environment_id):
    world.change(environment_id, write_keys=["wk_1"])
    assert post(world, environment_id, "github", BODY, github(BODY)).status == 200
    assert post(world, environment_id, "open", BODY, {}).json["code"] == "bad_key"
    assert post(world, environment_id, "open", BODY, {}, query=[("writeKey", "wk_1")]).status == 200


SITUATIONS = {
    "rejected": ({"on_invalid": "reject"}, b"7x", 400),
    "plan used up": ({"plan_exhausted": True}, BODY, 402),
    "deleted": ({"state": "deleted"}, BODY, 410),
    "not durable": ({}, BODY, 503),
    "over the rate": ({"rate_limit": 1}, BODY, 429),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_failure_is_answered_by_the_table(world, environment_id, situation):
    pointer, body, status = SITUATIONS[situation]
    world.change(environment_id, **pointer)
    if situation == "not durable":
        world.streams.always = world.spill.always = refusing(THROTTLED)
    for _ in range(20 if situation == "over the rate" else 1):
        answer = post(world, environment_id, "hmac", body, any_hmac(body))
    assert answer.status == status
    assert answer.json["code"]
    assert answer.json["message"]


def test_a_get_is_not_accepted(world, environment_id):
    assert world.send(http_api_event("GET", f"/e/{environment_id}/hooks/github")).status == 405
