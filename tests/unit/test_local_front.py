import asyncio
import json
import logging
import threading
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor

import pytest

from local import front as front_module
from local.front import MAX_PAYLOAD_BYTES, Front, Function
from local.protocol import MAX_HEAD_BYTES


class Handlers:
    """Two handlers that keep the events they got, and pages that say that they were asked."""

    def __init__(self):
        self.events = []
        self.answer = {
            "statusCode": 200,
            "headers": {"Content-Type": "text/plain"},
            "body": "",
            "isBase64Encoded": False,
        }

    def handler(self, name):
        def handle(event, context):
            assert context.get_remaining_time_in_millis() > 0
            self.events.append((name, event))
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

        return handle

    async def pages(self, scope, receive, send):
        self.events.append(("pages", scope["path"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"page"})


@pytest.fixture
def handlers():
    return Handlers()


def ask(handlers, method="GET", path="/", query="", headers=(), chunks=(), *, disconnects=False):
    """Return (status, headers, body) of one request, or None where no answer was sent."""
    sent = []

    async def run():
        messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
        messages.append({"type": "http.disconnect"} if disconnects else {"type": "http.request"})

        async def receive():
            return messages.pop(0)

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "client": ("192.0.2.7", 4711),
            "headers": [(name.encode(), value.encode()) for name, value in headers],
        }
        with ThreadPoolExecutor(2) as pool:
            app = Front(
                Function(handlers.handler("ingest"), pool),
                Function(handlers.handler("management"), pool),
                handlers.pages,
            )
            await app(scope, receive, send)

    asyncio.run(run())
    if not sent:
        return None
    start, body = sent
    return start["status"], dict(start["headers"]), body["body"]


@pytest.mark.parametrize(
    ("path", "host", "taker"),
    [
        ("/v1", "127.0.0.1:8000", "management"),
        ("/v1/endpoints", "events.example.com", "management"),
        ("/v10", "127.0.0.1", "pages"),
        ("/e/env_1", "127.0.0.1:8000", "ingest"),
        ("/health", "localhost", "ingest"),
        ("/", "127.0.0.1:8000", "pages"),
        ("/", "localhost:8000", "pages"),
        ("/", "LOCALHOST", "pages"),
        ("/", "[::1]:8000", "pages"),
        ("/", "console.localhost", "pages"),
        ("/anything", "127.0.0.1", "pages"),
        ("/", "events.example.com", "ingest"),
        ("/", "localhost.example.com:8000", "ingest"),
    ],
)
def test_the_path_decides_who_answers_and_then_the_host(handlers, path, host, taker):
    ask(handlers, path=path, headers=[("host", host)])
    assert [name for name, _ in handlers.events] == [taker]


def test_a_request_arrives_as_an_http_api_hands_it_over(handlers):
    ask(
        handlers,
        "POST",
        "/e/env%201",
        "d=%7B%7D&d=2&x=",
        [
            ("host", "A.example.com:8000"),
            ("accept", "a"),
            ("accept", "b"),
            ("user-agent", "curl"),
            ("cookie", "a=1; b=2"),
            ("content-type", "application/json"),
            ("content-length", "2"),
        ],
        [b"{", b"}"],
    )
    ((_, event),) = handlers.events
    context = event["requestContext"]
    assert event["version"] == "2.0"
    assert event["rawPath"] == context["http"]["path"] == "/e/env%201"
    assert event["rawQueryString"] == "d=%7B%7D&d=2&x="
    assert event["queryStringParameters"] == {"d": "{},2", "x": ""}
    assert event["headers"]["accept"] == "a,b"
    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]
    assert (event["body"], event["isBase64Encoded"]) == ("{}", False)
    assert context["http"]["method"] == "POST"
    assert context["http"]["sourceIp"] == "192.0.2.7"
    assert context["http"]["userAgent"] == "curl"
    assert context["http"]["protocol"] == "HTTP/1.1"
    assert context["domainName"] == "a.example.com"
    assert context["stage"] == "$default"
    assert context["requestId"]


def test_without_a_query_or_a_body_the_event_names_neither(handlers):
    ask(handlers, path="/e/x")
    ((_, event),) = handlers.events
    assert not {"body", "queryStringParameters", "cookies"} & set(event)


@pytest.mark.parametrize(
    ("headers", "body", "is_base64"),
    [
        ({"content-type": "text/plain;charset=UTF-8"}, "ä".encode(), False),
        ({"content-type": "Application/JSON"}, b"{}", False),
        ({"content-type": "application/json"}, b"\xff", True),
        ({"content-type": "application/json", "content-encoding": "gzip"}, b"{}", True),
        ({"content-type": "application/x-www-form-urlencoded"}, b"d=1", True),
        ({"content-type": "application/x-ndjson"}, b"{}", True),
        ({}, b"{}", True),
    ],
)
def test_only_a_body_that_is_text_arrives_as_text(handlers, headers, body, is_base64):
    ask(handlers, "POST", "/e/x", headers=[*headers.items(), ("content-length", str(len(body)))], chunks=[body])
    ((_, event),) = handlers.events
    assert event["isBase64Encoded"] is is_base64
    assert (b64decode(event["body"]) if is_base64 else event["body"].encode()) == body


def test_an_answer_goes_out_as_the_handler_gave_it(handlers):
    handlers.answer = {
        "statusCode": 400,
        "headers": {"Content-Type": "image/gif", "Content-Length": "99"},
        "cookies": ["a=1"],
        "body": "R0lG",
        "isBase64Encoded": True,
    }
    status, headers, body = ask(handlers, path="/e/x")
    assert (status, body) == (400, b"GIF")
    assert headers == {b"content-type": b"image/gif", b"content-length": b"3", b"set-cookie": b"a=1"}


def test_an_answer_204_has_no_length(handlers):
    handlers.answer = {"statusCode": 204}
    assert ask(handlers, "OPTIONS", "/e/x") == (204, {}, b"")


def test_a_failing_handler_is_answered_500_and_logged_once_without_the_values(handlers, caplog):
    handlers.answer = ValueError("jane@example.com")
    with caplog.at_level(logging.DEBUG):
        status, headers, body = ask(handlers, path="/v1/me")
    problem = json.loads(body)
    assert (status, problem["code"]) == (500, "internal")
    assert problem["request_id"] == headers[b"x-request-id"].decode()
    (record,) = [record for record in caplog.records if record.name == "local"]
    assert "ValueError" in record.message
    assert "in handle" in record.message
    assert "jane" not in record.message + body.decode()


def test_a_body_over_the_payload_quota_is_answered_413_and_reaches_no_handler(handlers):
    half = bytes(MAX_PAYLOAD_BYTES // 2 + 1)
    for length in ({"content-length": str(2 * len(half))}, {"transfer-encoding": "chunked"}):
        status, headers, body = ask(handlers, "POST", "/e/x", headers=list(length.items()), chunks=[half, half])
        assert (status, json.loads(body)["code"]) == (413, "body_too_large")
        assert headers[b"connection"] == b"close"
    assert handlers.events == []


def test_a_body_that_claims_to_be_huge_is_refused_unread(handlers):
    status, _, _ = ask(handlers, "POST", "/e/x", headers=[("content-length", str(10**12))], disconnects=True)
    assert status == 413


def test_a_sender_that_goes_away_gets_no_answer_and_reaches_no_handler(handlers):
    assert ask(handlers, "POST", "/e/x", headers=[("content-length", "9")], chunks=[b"{"], disconnects=True) is None
    assert handlers.events == []


def test_a_body_that_does_not_arrive_is_answered_408(handlers, monkeypatch):
    monkeypatch.setattr(front_module, "BODY_SECONDS", 0.01)
    sent = []

    async def run():
        async def send(message):
            sent.append(message)

        scope = {
            "type": "http", "http_version": "1.1", "method": "POST", "path": "/e/x", "raw_path": b"/e/x",
            "query_string": b"", "client": None, "headers": [(b"content-length", b"5")],
        }  # fmt: skip
        with ThreadPoolExecutor(1) as pool:
            function = Function(handlers.handler("ingest"), pool)
            await Front(function, function, handlers.pages)(scope, asyncio.Event().wait, send)

    asyncio.run(run())
    assert sent[0]["status"] == 408


def test_a_head_beyond_the_quota_of_an_http_api_is_refused(handlers):
    assert ask(handlers, path="/e/x", query="d=" + "x" * MAX_HEAD_BYTES)[0] == 414
    assert ask(handlers, path="/e/x", headers=[("x", "y" * MAX_HEAD_BYTES)])[0] == 431
    assert ask(handlers, path="/e/x", query="d=" + "x" * (MAX_HEAD_BYTES - 20))[0] == 200


def test_requests_that_need_much_memory_take_turns(handlers):
    running, most, lock = 0, 0, threading.Lock()
    release = threading.Event()

    def handle(event, context):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            if running == front_module.HEAVY_REQUESTS:
                release.set()
        release.wait(5)
        with lock:
            running -= 1
        return {"statusCode": 200}

    async def run():
        scope = {
            "type": "http", "http_version": "1.1", "method": "POST", "path": "/e/x", "raw_path": b"/e/x",
            "query_string": b"", "client": None, "headers": [(b"content-encoding", b"gzip"), (b"content-length", b"2")],
        }  # fmt: skip

        async def receive():
            return {"type": "http.request", "body": b"{}", "more_body": False}

        async def send(message):
            pass

        with ThreadPoolExecutor(32) as pool:
            app = Front(Function(handle, pool), Function(handle, pool), handlers.pages)
            await asyncio.gather(*(app({**scope}, receive, send) for _ in range(20)))

    asyncio.run(run())
    assert most == front_module.HEAVY_REQUESTS
