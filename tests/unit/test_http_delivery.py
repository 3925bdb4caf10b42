"""Delivery to targets over HTTP: what is sent, and what every answer means for the events of an object."""

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache

import pytest
from standardwebhooks import Webhook

from adapters.reaching import Unreachable
from adapters.web_client import WebClient
from connectors.http.connector import HttpConnector
from connectors.on_aws import aws_connectors
from domain.delivery.connectors import Target
from domain.delivery.resting import AskedToWait
from domain.errors import Misconfigured, Undelivered
from domain.http_secrets import HttpSecrets, text_of_secrets
from domain.protocols.hooks import PROTOCOL
from domain.protocols.shared.shape import Sent
from schemas.limits import (
    HTTP_TRIES,
    MAX_HTTP_ANSWER_BYTES,
    MAX_HTTP_BATCH_BYTES,
    MAX_REFUSALS,
    MAX_REFUSALS_IN_VAIN,
)
from tests.landed import Time, landed, line, set_aside
from tests.web_target import OK, answer, listing, target_answering

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
OLD_KEY = "b2xkIG9sZCBvbGQgb2xkIG9sZCBvbGQgb2xkIG9sZCE="
LINES = [line(number) for number in range(10)]


@cache
def now():
    """Return when the first of these tests ran: the package that checks signatures goes by the machine's clock."""
    return datetime.now(UTC)


def target_of(url, *, headers=None, keys=({"key": KEY},), **settings):
    headers = headers or {}
    destination = {
        "type": "http",
        "url": url,
        "header_names": sorted(headers),
        "format": "ndjson",
        "max_events": 500,
        "sign": bool(keys),
        **settings,
    }
    return Target("org_1", "env_1", destination, text_of_secrets(HttpSecrets(headers, list(keys))))


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def deliver(time):
    connector = HttpConnector(WebClient(own_machine=True), lambda: int(now().timestamp() * 1e9))

    def run(target, lines=LINES, *, budget=None, **settings):
        destination = target if isinstance(target, Target) else target_of(target.url, **settings)
        one = lines if hasattr(lines, "digest") else landed(lines)
        return connector.deliver(destination, one, lambda _: None, budget or time.budget())

    return run


def ids(request):
    return [json.loads(row)["_event_id"] for row in request.body.splitlines()]


def refusing(*event_ids, status=422):
    """Return an answer to every request: `status` to each that holds one of these events."""
    return lambda request: answer(status) if set(event_ids) & set(ids(request)) else OK


def test_an_object_goes_out_in_batches_in_order_an_event_per_line(deliver):
    with target_answering() as target:
        outcomes = deliver(target, max_events=4)
        bodies = [request.body for request in target.requests]
    assert bodies == [b"".join(row + b"\n" for row in part) for part in (LINES[:4], LINES[4:8], LINES[8:])]
    assert outcomes.delivered.total() == 10
    assert outcomes.set_aside_body() is None
    assert target.requests[0].headers["content-type"] == "application/x-ndjson"


def test_events_go_out_as_an_array_if_that_is_asked_for(deliver):
    with target_answering() as target:
        deliver(target, format="json")
        (request,) = target.requests
    assert json.loads(request.body) == [json.loads(row) for row in LINES]
    assert request.headers["content-type"] == "application/json"


def test_a_batch_is_no_larger_than_allowed_unless_one_event_is(deliver):
    half = "x" * (MAX_HTTP_BATCH_BYTES // 2)
    lines = [line(0), line(1, text=half), line(2, text=half), line(3, text=half * 2), line(4)]
    with target_answering() as target:
        deliver(target, lines)
        batches = [ids(request) for request in target.requests]
    assert batches == [["evt_0", "evt_1"], ["evt_2"], ["evt_3"], ["evt_4"]]


def test_marks_of_lines_are_not_sent_and_copies_within_an_object_are_left_out(deliver):
    lines = [LINES[0], b" " + LINES[1], b"  " + LINES[1], LINES[2]]
    with target_answering() as target:
        outcomes = deliver(target, lines)
        (request,) = target.requests
    assert request.body == b"".join(row + b"\n" for row in LINES[:3])
    assert (outcomes.delivered.total(), outcomes.left_out.total()) == (3, 1)


def test_a_line_that_ingest_did_not_write_is_set_aside(deliver):
    with target_answering() as target:
        outcomes = deliver(target, [b'{"a":1}', *LINES])
        assert ids(target.requests[0]) == [f"evt_{n}" for n in range(10)]
    (row,) = set_aside(outcomes)
    assert row["event"] == {"a": 1}


def test_headers_are_sent_and_the_batch_is_named(deliver):
    with target_answering() as target:
        deliver(target, headers={"Authorization": "Bearer t"}, keys=())
        (request,) = target.requests
    assert request.headers["authorization"] == "Bearer t"
    assert request.headers["webhook-id"].startswith("msg_")
    assert "webhook-signature" not in request.headers


def test_a_signature_is_one_that_the_official_package_accepts_with_either_secret(deliver):
    until = int(now().timestamp()) + 60
    with target_answering() as target:
        deliver(target, format="json", keys=({"key": KEY}, {"key": OLD_KEY, "until": until}))
        (request,) = target.requests
    for key in (KEY, OLD_KEY):
        assert Webhook(f"whsec_{key}").verify(request.body, request.headers) == [json.loads(row) for row in LINES]


def test_a_secret_past_its_end_signs_no_more(deliver):
    with target_answering() as target:
        deliver(target, keys=({"key": KEY}, {"key": OLD_KEY, "until": int(now().timestamp())}))
        (request,) = target.requests
    assert len(request.headers["webhook-signature"].split(" ")) == 1


def test_a_signature_is_one_that_this_project_accepts_as_a_webhook(deliver):
    with target_answering() as target:
        deliver(target)
        (request,) = target.requests
    now_ns = int(now().timestamp() * 1e9)
    sent = Sent("POST", "hooks", "t", {}, request.headers, request.body, now_ns, "", "env_1", hook_scheme="standard")
    assert PROTOCOL.is_signed(sent, [b"01234567890123456789012345678901"])
    assert not PROTOCOL.is_signed(sent, [b"another"])


def test_the_id_of_a_batch_is_the_same_at_every_try_and_another_for_other_events_or_another_object(deliver):
    with target_answering() as target:
        for _ in range(2):
            deliver(target, max_events=5)
        deliver(target, max_events=4)
        deliver(target, landed(LINES, key="environment=env_1/dt=2026-11-02/hour=10/other.gz"), max_events=5)
        names = [request.headers["webhook-id"] for request in target.requests]
    assert names[:2] == names[2:4]
    assert len(set(names)) == len(names) - 2


@pytest.mark.parametrize("sent", [answer(200), answer(204), answer(299), answer(200, b"ok"), answer(200, b"<html>")])
def test_any_2xx_is_delivered(deliver, sent):
    with target_answering(sent) as target:
        assert deliver(target).delivered.total() == 10


@pytest.mark.parametrize(
    "body",
    [b"{}", b'{"ok":true}', b"[]", b"null", b"1", b'{"refused":[]}', b"", b"not JSON", b'{"refused":["evt_99"]}'],
)
def test_a_200_with_json_that_refuses_none_of_the_events_is_delivered(deliver, body):
    with target_answering(listing(body, status=200)) as target:
        assert deliver(target).delivered.total() == 10


@pytest.mark.parametrize("status", [200, 207])
def test_events_that_the_answer_lists_are_set_aside_alone_with_the_targets_reason(deliver, status):
    body = json.dumps({"refused": [{"id": "evt_3", "reason": "No such\n shop"}, "evt_5", {"id": "evt_7"}]}).encode()
    with target_answering(listing(body, status)) as target:
        outcomes = deliver(target)
    assert outcomes.delivered.total() == 7
    assert [(row["event_id"], row["reason"]) for row in set_aside(outcomes)] == [
        ("evt_3", "The target refused it: No such shop"),
        ("evt_5", "The target refused it."),
        ("evt_7", "The target refused it."),
    ]


def test_a_reason_is_kept_no_longer_than_it_has_to_be(deliver):
    body = json.dumps({"refused": [{"id": "evt_3", "reason": "x" * 5_000}]}).encode()
    with target_answering(listing(body)) as target:
        (row,) = set_aside(deliver(target))
    assert len(row["reason"]) < 400


@pytest.mark.parametrize(
    "sent",
    [
        answer(207),
        listing(b""),
        listing(b"{}"),
        listing(b'{"refused":{}}'),
        listing(b'{"refused":[1]}'),
        listing(b'{"refused":[{"reason":"r"}]}'),
        listing(b'{"refused":"evt_1"}', status=200),
        listing(b'{"refused":["evt_1"],"more":"' + b"x" * MAX_HTTP_ANSWER_BYTES + b'"}', status=200),
        b"HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n" + b'{"refused":["evt',
    ],
)
def test_a_list_of_refused_events_that_can_not_be_read_is_no_success(deliver, sent):
    with target_answering(sent) as target:
        with pytest.raises(Undelivered, match="can't be read"):
            deliver(target)
        assert len(target.requests) == HTTP_TRIES


@pytest.mark.parametrize("status", [400, 413, 422])
def test_an_event_that_spoils_its_batch_is_found_and_set_aside_alone(deliver, status):
    with target_answering(refusing("evt_6", status=status)) as target:
        outcomes = deliver(target)
        assert len(target.requests) <= 9
    assert outcomes.delivered.total() == 9
    (row,) = set_aside(outcomes)
    assert (row["event_id"], row["reason"]) == ("evt_6", f"The target answered {status}.")


def test_one_bad_event_of_thousands_blocks_nothing(deliver):
    lines = [line(number) for number in range(5_000)]
    with target_answering(refusing("evt_777")) as target:
        outcomes = deliver(target, lines, max_events=1_000)
    assert (outcomes.delivered.total(), outcomes.set_aside.total()) == (4_999, 1)


def test_a_target_that_refuses_everything_sets_nothing_aside(deliver):
    lines = [line(number) for number in range(1_000)]
    with target_answering(answer(400)) as target:
        with pytest.raises(Undelivered, match="too many requests"):
            deliver(target, lines)
        assert len(target.requests) == MAX_REFUSALS_IN_VAIN + 1


def test_a_target_that_refuses_very_many_events_is_asked_a_bounded_number_of_times(deliver):
    lines = [line(number) for number in range(1_000)]
    with target_answering(refusing(*(f"evt_{n}" for n in range(500, 1_000)))) as target:
        with pytest.raises(Undelivered, match="too many requests"):
            deliver(target, lines)
        assert len(target.requests) < 2 * MAX_REFUSALS


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 599])
def test_what_may_pass_is_tried_again_after_a_while_under_the_same_id(deliver, time, status):
    with target_answering(answer(status), answer(status), OK) as target:
        assert deliver(target).delivered.total() == 10
        assert len({request.headers["webhook-id"] for request in target.requests}) == 1
    assert time.waits == [0.5, 1.0]


@pytest.mark.parametrize("status", [500, 429])
def test_what_does_not_pass_leaves_the_object_to_a_later_try(deliver, status):
    with target_answering(answer(status, b"words of the target")) as target:
        with pytest.raises(Undelivered, match=f"answered {status}") as raised:
            deliver(target)
        assert len(target.requests) == HTTP_TRIES
    assert raised.value.retryable
    assert "words" not in str(raised.value)


@pytest.mark.parametrize("status", [401, 403, 404, 405, 410])
def test_what_is_about_the_target_itself_is_not_tried_again_at_once_and_sets_nothing_aside(deliver, status):
    with target_answering(answer(status)) as target:
        with pytest.raises(Undelivered, match=f"answered {status}"):
            deliver(target)
        assert len(target.requests) == 1


def test_no_redirect_is_followed(deliver):
    with (
        target_answering() as other,
        target_answering(answer(307, b"", f"Location: {other.url}")) as target,
    ):
        with pytest.raises(Undelivered, match="a redirect"):
            deliver(target)
        assert other.requests == []


def test_a_target_that_asks_for_a_short_while_gets_it(deliver, time):
    with target_answering(answer(429, b"", "Retry-After: 7"), OK) as target:
        assert deliver(target).delivered.total() == 10
    assert time.waits == [7.0]


@pytest.mark.parametrize(("asked", "seconds"), [("60", 60), ("99999", 900), ("in a minute", 60)])
def test_a_target_that_asks_for_a_long_while_is_left_alone_for_it(deliver, asked, seconds):
    if asked == "in a minute":
        asked = format_datetime(now() + timedelta(seconds=60), usegmt=False)
    with target_answering(answer(503, b"", f"Retry-After: {asked}")) as target:
        with pytest.raises(AskedToWait) as raised:
            deliver(target)
        assert len(target.requests) == 1
    assert raised.value.seconds == pytest.approx(seconds, abs=1)


@pytest.mark.parametrize(
    "asked",
    [
        "soon",
        "-5",
        "1.5",
        "",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        f"Thu, 01 Jan {'9' * 20} 00:00:00 GMT",
        f"Thu, 01 Jan 2026 00:00:00 +{'9' * 20}",
    ],
)
def test_a_while_that_can_not_be_read_or_is_over_is_none(deliver, time, asked):
    with target_answering(answer(429, b"", f"Retry-After: {asked}"), OK) as target:
        assert deliver(target).delivered.total() == 10
    assert time.waits == [0.5]


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 2", b"these are words\r\n\r\n"])
def test_a_connection_that_breaks_is_tried_again(deliver, sent):
    with target_answering(sent, OK) as target:
        assert deliver(target).delivered.total() == 10
        assert len(target.requests) == 2


class Hanging:
    """A web that says nothing, in a time of its own."""

    def __init__(self, time):
        self.time = time
        self.seconds = []

    def post(self, *_, seconds, **__):
        self.seconds.append(seconds)
        self.time.sleep(seconds)
        raise Unreachable("There was no answer: it took too long.", "answer", took_too_long=True)


def test_a_target_that_hangs_costs_two_bounded_requests(time):
    web = Hanging(time)
    with pytest.raises(Undelivered, match="took too long"):
        HttpConnector(web).deliver(target_of("https://x.example"), landed(LINES), lambda _: None, time.budget())
    assert web.seconds == [10.0, 10.0]


def test_no_request_is_begun_when_the_time_is_over(deliver, time):
    budget = time.budget(5.0)
    with target_answering(lambda _: time.sleep(3.0) or OK) as target:
        with pytest.raises(Undelivered, match="no time left"):
            deliver(target, budget=budget, max_events=1)
        assert len(target.requests) == 2


def test_secrets_that_are_gone_stop_delivery_before_anything_is_sent(deliver):
    with target_answering() as target:
        for destination in (target_of(target.url), target_of(target.url, headers={"X-A": "1"}, keys=())):
            with pytest.raises(Misconfigured):
                deliver(replace(destination, secret=None))
        assert target.requests == []


def test_a_private_address_is_refused_where_the_deployment_is_not_the_users_machine(time):
    connector = HttpConnector(WebClient(own_machine=False, resolve=lambda *_: ["10.0.0.1"]))
    with pytest.raises(Undelivered, match="private"):
        connector.deliver(target_of("https://x.example/"), landed(LINES), lambda _: None, time.budget())
    (step,) = connector.check(target_of("https://x.example/"))
    assert (step.name, step.state) == ("address", "failed")


@pytest.mark.parametrize(("is_emulated", "name"), [(False, "address"), (True, "connect")])
def test_on_aws_ports_of_the_machine_are_refused_unless_aws_is_emulated(is_emulated, name):
    with target_answering() as target:
        url = target.url
    connector = aws_connectors((), None, None, aws_is_emulated=is_emulated)("http")
    assert connector.check(target_of(url))[-1].name == name


@pytest.mark.parametrize("settings", [{}, {"format": "json"}])
def test_a_check_posts_an_empty_signed_batch_with_all_headers(settings):
    connector = HttpConnector(WebClient(own_machine=True))
    with target_answering() as target:
        steps = connector.check(target_of(target.url, headers={"X-A": "1"}, **settings))
        (request,) = target.requests
    assert [(step.name, step.state) for step in steps] == [
        ("address", "passed"),
        ("connect", "passed"),
        ("answer", "passed"),
    ]
    assert request.body == (b"[]" if settings else b"")
    assert request.headers["x-a"] == "1"
    assert request.headers["webhook-id"].startswith("msg_check_")
    assert request.headers["webhook-signature"].startswith("v1,")


@pytest.mark.parametrize("sent", [answer(400), answer(401), answer(302), answer(500), answer(207)])
def test_a_check_fails_with_what_the_target_answered(sent):
    with target_answering(sent) as target:
        *passed, failed = HttpConnector(WebClient(own_machine=True)).check(target_of(target.url))
    assert [step.state for step in passed] == ["passed", "passed"]
    assert (failed.name, failed.state) == ("answer", "failed")
    assert sent.split(b" ")[1].decode() in failed.reason


def test_a_check_of_what_is_not_there_says_so():
    with target_answering() as target:
        url = target.url
    steps = HttpConnector(WebClient(own_machine=True)).check(target_of(url))
    assert [(step.name, step.state) for step in steps] == [("address", "passed"), ("connect", "failed")]


def test_no_secret_and_no_value_is_logged_or_told(deliver, caplog):
    caplog.set_level(logging.DEBUG)
    with target_answering(answer(500)) as target, pytest.raises(Undelivered) as raised:
        deliver(target, [line(1, text="a value")], headers={"X-A": "a-secret"})
    for text in (caplog.text, str(raised.value)):
        assert "a value" not in text
        assert "a-secret" not in text
