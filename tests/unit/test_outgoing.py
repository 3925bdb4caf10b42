"""Messages to addresses that users gave: what an answer, or none, means for each."""

import threading

import pytest

from adapters.outgoing import WebPoster
from adapters.web_client import WebClient
from domain.alerts.ports import SENT
from schemas.limits import MAX_ALERT_ANSWER_BYTES
from tests.web_target import target_answering

HOST = "hooks.example.com"


@pytest.fixture
def poster():
    return WebPoster(WebClient(own_machine=True), seconds=0.5)


def test_a_message_has_its_headers_and_body_as_they_are_given(poster):
    with target_answering() as target:
        assert poster.post(target.url, {"webhook-id": "msg_1"}, b"{}") == SENT
        (request,) = target.requests
    assert request.headers["webhook-id"] == "msg_1"
    assert request.body == b"{}"


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", "sent", None),
        (b"HTTP/1.1 299 Odd\r\n\r\n", "sent", None),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\n\r\n", "sent", None),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", "failed", "302, a redirect"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n<p>words of the receiver</p>", "failed", "answered 404."),
        (b"HTTP/1.1 503 Sorry\r\n\r\n", "failed", "answered 503."),
        (b"words that are no answer\r\n\r\n", "unknown", "no answer"),
        (b"HTTP/1.1 abc\r\n\r\n", "unknown", "no answer"),
        (b"", "unknown", "no answer"),
        (None, "unknown", "no answer"),
    ],
)
def test_an_answer_says_whether_a_message_may_be_sent_again(poster, answer, status, error):
    with target_answering(answer) as target:
        outcome = poster.post(target.url, {}, b"{}")
        assert len(target.requests) == 1
    assert outcome.status == status
    assert (outcome.error is None) == (error is None)
    assert error is None or error in outcome.error
    assert "words" not in (outcome.error or "")


def test_an_answer_is_read_no_further_than_it_has_to_be(poster):
    with target_answering(b"x" * (MAX_ALERT_ANSWER_BYTES * 50)) as target:
        assert poster.post(target.url, {}, b"{}").status == "unknown"


def test_a_receiver_that_is_not_there_got_nothing(poster):
    with target_answering() as target:
        url = target.url
    outcome = poster.post(url, {}, b"{}")
    assert outcome.status == "failed"
    assert outcome.error == "No connection to 127.0.0.1: the connection was refused."


def never_resolved(host, _port):
    raise AssertionError(f"{host} is looked up")


def unknown(_host, _port):
    raise OSError


def private(_host, _port):
    return ["10.0.0.1"]


@pytest.mark.parametrize(
    ("url", "resolve", "error"),
    [
        (f"http://{HOST}/", never_resolved, "The URL can't be used: Must begin with https://."),
        (f"https://{HOST}/", unknown, f"The host {HOST} was not found in the DNS."),
        (f"https://{HOST}/", private, "private, local or reserved"),
    ],
)
def test_an_address_that_may_not_be_used_gets_nothing(url, resolve, error):
    outcome = WebPoster(WebClient(own_machine=False, resolve=resolve)).post(url, {}, b"{}")
    assert outcome.status == "failed"
    assert error in outcome.error


def test_a_resolver_that_hangs_is_not_waited_for():
    ended = threading.Event()

    def hang(_host, _port):
        ended.wait(5)
        return ["93.184.215.14"]

    web = WebClient(own_machine=False, resolve=hang)
    try:
        outcome = WebPoster(web, seconds=0.1).post(f"https://{HOST}/", {}, b"{}")
        assert not ended.is_set()
    finally:
        ended.set()
    assert outcome.status == "failed"
