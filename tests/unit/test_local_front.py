import asyncio
import gzip
import json
import logging
import threading
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor

import pytest

from local import front as front_module
from local.front import MAX_PAYLOAD_BYTES, Front, Function
from local.protocol import MAX_HEAD_BYTES, head_refusal
from schemas.codes import PROBLEM_STATUS
from schemas.limits import MAX_BODY_BYTES, MAX_V1_BODY_BYTES, MAX_V1_LARGE_BODY_BYTES


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
    host = [] if any(name == "host" for name, _ in headers) else [("host", "127.0.0.1")]

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
            "headers": [(name.encode(), value.encode()) for name, value in [*host, *headers]],
        }
        with ThreadPoolExecutor(2) as pool:
            app = Front(
                Function(handlers.handler("ingest"), pool, MAX_BODY_BYTES),
                Function(handlers.handler("dear ingest"), pool, MAX_BODY_BYTES),
                Function(handlers.handler("management"), pool, MAX_V1_BODY_BYTES),
                Function(handlers.handler("computing"), pool, MAX_V1_LARGE_BODY_BYTES),
                lambda method, path: (method, path) == ("GET", "/v1/dear"),
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
        ("/v1/endpoints", "events.example.com", "ingest"),
        ("/v1/endpoints", "console.localhost", "management"),
        ("/v1/dear", "127.0.0.1:8000", "computing"),
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
            ("accept", "a \t"),
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
            "query_string": b"", "client": None, "headers": [(b"host", b"localhost"), (b"content-length", b"5")],
        }  # fmt: skip
        with ThreadPoolExecutor(1) as pool:
            function = Function(handlers.handler("ingest"), pool, MAX_BODY_BYTES)
            front = Front(function, function, function, function, lambda *_: False, handlers.pages)
            await front(scope, asyncio.Event().wait, send)

    asyncio.run(run())
    assert sent[0]["status"] == 408
    assert json.loads(sent[1]["body"])["code"] == "request_timeout"


def test_a_head_beyond_the_quota_of_an_http_api_is_refused(handlers):
    for code, refused in (
        ("uri_too_long", ask(handlers, path="/e/x", query="d=" + "x" * MAX_HEAD_BYTES)),
        ("headers_too_large", ask(handlers, path="/e/x", headers=[("x", "y" * MAX_HEAD_BYTES)])),
    ):
        status, headers, body = refused
        assert (status, json.loads(body)["status"]) == (PROBLEM_STATUS[code],) * 2
        assert headers[b"content-type"] == b"application/problem+json"
        assert json.loads(body)["code"] == code
    assert ask(handlers, path="/e/x", query="d=" + "x" * (MAX_HEAD_BYTES - 40))[0] == 200


@pytest.mark.parametrize("path", ["/e/x", "/v1/endpoints"])
def test_requests_that_need_much_memory_take_turns(handlers, path):
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
            "type": "http", "http_version": "1.1", "method": "POST", "path": path, "raw_path": path.encode(),
            "query_string": b"", "client": None,
            "headers": [(b"host", b"localhost"), (b"content-encoding", b"gzip"), (b"content-length", b"2")],
        }  # fmt: skip

        async def receive():
            return {"type": "http.request", "body": gzip.compress(b"{}\n" * 1_000), "more_body": False}

        async def send(message):
            pass

        with ThreadPoolExecutor(32) as pool:
            function = Function(handle, pool, MAX_BODY_BYTES)
            app = Front(function, function, function, function, lambda *_: False, handlers.pages)
            await asyncio.gather(*(app({**scope}, receive, send) for _ in range(20)))

    asyncio.run(run())
    assert most == front_module.HEAVY_REQUESTS


@pytest.mark.parametrize("path", ["/e/x", "/v1/endpoints", "/v1/dear"])
def test_a_sender_that_asks_first_is_told_that_its_body_is_too_large_before_it_sends_it(handlers, path):
    length = str(max(MAX_BODY_BYTES, MAX_V1_LARGE_BODY_BYTES) + 1)
    headers = [("expect", "100-Continue"), ("content-length", length)]
    status, _, body = ask(handlers, "POST", path, headers=headers, disconnects=True)
    assert (status, json.loads(body)["code"]) == (413, "body_too_large")
    assert handlers.events == []


@pytest.mark.parametrize("path", ["/e/x", "/v1/me", "/health"])
def test_an_answer_to_head_tells_no_length_that_a_get_would_not_have(handlers, path):
    assert b"content-length" not in ask(handlers, "HEAD", path)[1]
    handlers.answer = OSError()
    assert b"content-length" not in ask(handlers, "HEAD", path)[1]
    assert b"content-length" not in ask(handlers, "HEAD", path, headers=[("x", "y" * MAX_HEAD_BYTES)])[1]


@pytest.mark.parametrize("headers", [[], [("host", "a"), ("host", "b")]])
def test_http_1_1_names_one_host(handlers, headers):
    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "path": "/e/x", "raw_path": b"/e/x",
        "query_string": b"", "headers": [(name.encode(), value.encode()) for name, value in headers],
    }  # fmt: skip
    assert head_refusal(scope)[0] == "bad_request"
    assert head_refusal({**scope, "headers": [(b"host", b"a")]}) is None
    assert head_refusal({**scope, "http_version": "1.0", "headers": []}) is None


def test_what_computes_holds_up_nothing_else_of_the_management_api():
    entered, release = threading.Event(), threading.Event()
    answers = []

    def compute(event, context):
        entered.set()
        assert release.wait(30)
        return {"statusCode": 200}

    async def run():
        async def answer(path, size):
            async def send(message):
                answers.append((path, message.get("status")))

            async def receive():
                return {"type": "http.request", "body": b"{" + bytes(size - 1), "more_body": False}

            scope = {
                "type": "http", "http_version": "1.1", "method": "POST", "path": path, "raw_path": path.encode(),
                "query_string": b"", "client": None,
                "headers": [(b"host", b"localhost"), (b"content-length", str(size).encode())],
            }  # fmt: skip
            await app(scope, receive, send)

        with ThreadPoolExecutor(1) as few, ThreadPoolExecutor(9) as computing:
            quick = Function(lambda *_: {"statusCode": 200}, few, MAX_BODY_BYTES)
            slow = Function(compute, computing, MAX_V1_LARGE_BODY_BYTES)
            app = Front(quick, quick, quick, slow, lambda _, path: path == "/v1/dear", None)
            waiting = [asyncio.create_task(answer("/v1/dear", size)) for size in (2, 300_000, 300_000, 300_000)]
            await asyncio.to_thread(entered.wait, 30)
            await answer("/v1/me", 2)
            await answer("/v1/large", 300_000)
            await answer("/e/x", 300_000)
            assert [path for path, status in answers if status] == ["/v1/me", "/v1/large", "/e/x"]
            release.set()
            await asyncio.gather(*waiting)

    asyncio.run(run())


def test_what_is_dear_of_ingest_holds_up_nothing_else():
    entered, release = threading.Event(), threading.Event()
    answers = []

    def handle_dear(event, context):
        entered.set()
        assert release.wait(30)
        return {"statusCode": 200}

    async def run():
        async def answer(path, body):
            async def send(message):
                answers.append((path, message.get("status")))

            async def receive():
                return {"type": "http.request", "body": body, "more_body": False}

            scope = {
                "type": "http", "http_version": "1.1", "method": "POST", "path": path, "raw_path": path.encode(),
                "query_string": b"", "client": None,
                "headers": [(b"host", b"localhost"), (b"content-length", str(len(body)).encode())],
            }  # fmt: skip
            await app(scope, receive, send)

        with ThreadPoolExecutor(1) as few, ThreadPoolExecutor(9) as lanes:
            quick = Function(lambda *_: {"statusCode": 200}, few, MAX_BODY_BYTES)
            dear = Function(handle_dear, lanes, MAX_BODY_BYTES)
            management = Function(lambda *_: {"statusCode": 200}, few, MAX_V1_BODY_BYTES)
            app = Front(quick, dear, management, management, lambda *_: False, None)
            waiting = [asyncio.create_task(answer("/e/dear", b"[" * size)) for size in (30_000, 300_000, 300_000)]
            await asyncio.to_thread(entered.wait, 30)
            await answer("/e/x", b"{}")
            await answer("/v1/x", b"[" * 300_000)
            assert [path for path, status in answers if status] == ["/e/x", "/v1/x"]
            release.set()
            await asyncio.gather(*waiting)

    asyncio.run(run())
    assert [path for path, status in answers if status][2:] == ["/e/dear"] * 3


@pytest.mark.parametrize("path", ["/e/x", "/v1/x"])
def test_a_small_body_of_untold_length_waits_for_no_large_one(handlers, path):
    async def run():
        answered, release = [], asyncio.Event()

        async def answer(name, chunk, headers):
            chunks = [chunk, b""]

            async def receive():
                if len(chunks) == 1 and name == "large":
                    await release.wait()
                return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

            async def send(message):
                if "status" in message:
                    answered.append(name)

            scope = {
                "type": "http", "http_version": "1.1", "method": "POST", "path": path, "raw_path": path.encode(),
                "query_string": b"", "client": None, "headers": [(b"host", b"localhost"), headers],
            }  # fmt: skip
            await app(scope, receive, send)

        chunked = (b"transfer-encoding", b"chunked")
        size = front_module.LARGE_BODY_BYTES + 1
        with ThreadPoolExecutor(2) as pool:
            function = Function(handlers.handler("any"), pool, MAX_BODY_BYTES)
            app = Front(function, function, function, function, lambda *_: False, handlers.pages)
            waiting = [
                asyncio.create_task(answer("large", b"x" * size, headers))
                for headers in (chunked, (b"content-length", str(size).encode()))
                for _ in range(front_module.LARGE_BODIES)
            ]
            for _ in range(10):
                await asyncio.sleep(0)
            await answer("small", b"{}", chunked)
            assert answered == ["small"]
            release.set()
            await asyncio.gather(*waiting)
            assert answered[1:] == ["large"] * 2 * front_module.LARGE_BODIES

    asyncio.run(run())
