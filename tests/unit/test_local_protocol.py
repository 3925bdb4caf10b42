"""HTTP/1.1 on one connection, byte by byte: what the parser refuses, and what takes too long."""

import asyncio
import json
from types import SimpleNamespace

import pytest
import uvicorn
from uvicorn.server import ServerState

from local.protocol import HEAD_SECONDS, UNREAD_SECONDS, BoundedHeadProtocol


class Transport:
    """Keeps what was written."""

    def __init__(self):
        self.written = b""
        self.closing = False

    def write(self, data):
        self.written += data

    def close(self):
        self.closing = True

    def abort(self):
        self.closing = True

    def set_write_buffer_limits(self, high):
        self.limit = high

    def is_closing(self):
        return self.closing

    def get_extra_info(self, name, default=None):
        return default

    def pause_reading(self):
        pass

    def resume_reading(self):
        pass


class Connection:
    """A connection to an application that answers 200 with the body's length; its clock is turned by hand."""

    def __init__(self, loop):
        self.timers = []
        self.transport = Transport()
        config = uvicorn.Config(
            self.application, interface="asgi3", loop="asyncio", lifespan="off", log_config=None, access_log=False
        )
        config.load()
        self.protocol = BoundedHeadProtocol(config, ServerState(), {}, self)
        self._loop = loop
        self.bodies = []
        self.methods = []
        self.protocol.connection_made(self.transport)

    def call_later(self, seconds, callback):
        timer = SimpleNamespace(seconds=seconds, callback=callback, cancelled=False)
        timer.cancel = lambda: setattr(timer, "cancelled", True)
        self.timers.append(timer)
        return timer

    def create_task(self, coroutine):
        return self._loop.create_task(coroutine)

    async def application(self, scope, receive, send):
        message = await receive()
        self.methods.append(scope["method"])
        self.bodies.append(message["body"])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    async def sends(self, *parts):
        for part in parts:
            self.protocol.data_received(part)
            for _ in range(20):
                await asyncio.sleep(0)

    def head_time_passes(self):
        for timer in self.timers:
            if timer.seconds == HEAD_SECONDS and not timer.cancelled:
                timer.callback()

    @property
    def statuses(self):
        return [int(part[:3]) for part in self.transport.written.split(b"HTTP/1.1 ")[1:]]

    @property
    def problem(self):
        head, _, body = self.transport.written.partition(b"\r\n\r\n")
        assert b"content-type: application/problem+json" in head
        assert b"connection: close" in head
        document = json.loads(body)
        assert f"x-request-id: {document['request_id']}".encode() in head
        return document["status"], document["code"]


def talk(*parts, then=None):
    """Return the connection after it was sent these parts."""

    async def run():
        connection = Connection(asyncio.get_running_loop())
        await connection.sends(*parts)
        if then:
            then(connection)
        return connection

    return asyncio.run(run())


HEAD = b"POST /e/x HTTP/1.1\r\nHost: a\r\n"


@pytest.mark.parametrize("query", [11_000, 60_000, 66_000, 70_000, 200_000])
@pytest.mark.parametrize("read", [1_000, 65_536, 1_000_000])
def test_a_query_that_is_too_long_is_414_however_it_arrives(query, read):
    head = b"GET /e/x?d=" + b"x" * query + b" HTTP/1.1\r\nHost: a\r\n\r\n"
    connection = talk(*(head[at : at + read] for at in range(0, len(head), read)))
    if connection.bodies:  # what one read holds is the application's to refuse
        assert query < 65_536 <= read
    else:
        assert connection.problem == (414, "uri_too_long")
        assert connection.transport.closing


def test_headers_that_do_not_end_are_431():
    assert talk(HEAD, *(b"x: " + b"y" * 1_000 + b"\r\n" for _ in range(11))).problem == (431, "headers_too_large")


@pytest.mark.parametrize("text", [b"\x16\x03\x01", b"GET\r\n\r\n", HEAD + b"Content-Length: nine\r\n\r\n"])
def test_what_is_no_http_is_a_problem(text):
    assert talk(text).problem == (400, "bad_request")


@pytest.mark.parametrize("length", [b"9", b"9 ", b"9\t ", b" 9  "])
def test_a_length_may_have_white_space_around_it(length):
    connection = talk(HEAD + b"Content-Length:" + length + b'\r\nX: y\r\n\r\n{"a": 12}')
    assert (connection.statuses, connection.bodies) == ([200], [b'{"a": 12}'])


def test_what_looks_like_a_length_in_a_body_stays_as_it_is():
    body = b"x\r\nContent-Length: 9 \r\n\r\n"
    connection = talk(HEAD + b"Content-Length: %d\r\n\r\n" % len(body), body)
    assert connection.bodies == [body]
    assert talk(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body).bodies == [body]


def test_a_head_that_does_not_end_in_time_is_408_and_the_connection_closed():
    connection = talk(HEAD, b"X: y\r\n", then=Connection.head_time_passes)
    assert connection.problem == (408, "request_timeout")
    assert connection.transport.closing


def test_a_connection_that_sends_nothing_is_closed_in_time():
    for parts in ((), (b"\r\n",)):
        connection = talk(*parts, then=Connection.head_time_passes)
        assert connection.transport.closing


def test_a_second_head_has_the_same_time_and_a_head_that_came_none():
    whole = HEAD + b"Content-Length: 0\r\n\r\n"
    served = talk(whole, then=Connection.head_time_passes)
    assert (served.statuses, served.transport.closing) == ([200], False)
    assert talk(whole, HEAD, then=Connection.head_time_passes).statuses == [200, 408]


def test_a_head_is_no_longer_waited_for_once_the_connection_is_gone():
    def goes(connection):
        connection.protocol.connection_lost(None)
        assert all(timer.cancelled for timer in connection.timers)

    talk(HEAD, then=goes)


@pytest.mark.parametrize("method", ["BREW", "get", "PROPFIND", "M-SEARCH", "x!#$%&'*+-.^_`|~0"])
def test_a_method_of_any_name_reaches_the_application_which_knows_what_is_allowed(method):
    request = method.encode() + b" /e/x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
    cut = len(method) + 10
    for parts in ((request,), (request[:cut], request[cut:]), (b"\r\n" + request,), (request, request)):
        connection = talk(*parts)
        assert set(connection.methods) == {method}
        assert set(connection.bodies) == {b"{}"}
        assert set(connection.statuses) == {200}
    assert talk(request, HEAD + b"Content-Length: 0\r\n\r\n").methods == [method, "POST"]


@pytest.mark.parametrize("line", [b"BR(W /e/x HTTP/1.1", b"BREW", b"BREW /e/x HTTP/x"])
def test_a_method_of_any_name_still_needs_a_request_line(line):
    assert talk(line + b"\r\nHost: a\r\n\r\n").problem == (400, "bad_request")


def test_who_does_not_read_an_answer_is_let_go_and_who_reads_it_late_is_not():
    def reads_late_and_then_not(connection):
        assert connection.transport.limit == 0
        for is_read in (True, False):
            connection.protocol.pause_writing()
            (timer,) = [one for one in connection.timers if one.seconds == UNREAD_SECONDS and not one.cancelled]
            if is_read:
                connection.protocol.resume_writing()
                assert timer.cancelled
                assert not connection.transport.closing
            else:
                timer.callback()
                assert connection.transport.closing

    talk(HEAD + b"Content-Length: 0\r\n\r\n", then=reads_late_and_then_not)
