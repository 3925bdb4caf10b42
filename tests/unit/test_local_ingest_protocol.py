"""HTTP/1.1 in an ingest worker, byte by byte: what it answers, and what it hands over."""

import asyncio
import socket

import pytest

from local.ingest_protocol import (
    KEEP_ALIVE_TICKS,
    MAX_BODY_BYTES,
    SILENT_TICKS,
    IngestConnection,
    TooDear,
    Way,
    header_lines,
)
from local.protocol import MAX_HEAD_BYTES
from local.strands import Strands

HOST = b"Host: 127.0.0.1:8000\r\n"


class Door:
    """Answers with what it was asked, unless told otherwise; keeps what was handed over."""

    def __init__(self):
        self.strands = Strands()
        self.tick = 1
        self.date_line = b"date: now\r\n"
        self.is_ending = False
        self.connections = set()
        self.asked = []
        self.handed_over = []
        self.chosen = Way.HERE
        self.answers = lambda: (200, b"x-a: b\r\n", b"fine")

    def way(self, head, body):
        return self.chosen

    def answer(self, head, body, way):
        self.asked.append((head.method, head.path, head.query, head.headers, body))
        return self.answers()

    def hand_over(self, descriptor, received):
        self.handed_over.append(received)


class Wire:
    """A connection to a door over a real pair of sockets."""

    def __init__(self, door):
        self.door = door
        self.ours, self.theirs = socket.socketpair()
        self.ours.setblocking(False)

    async def opens(self):
        self.connection = IngestConnection(self.door)
        loop = asyncio.get_running_loop()
        await loop.connect_accepted_socket(lambda: self.connection, self.theirs)

    async def sends(self, *parts):
        for part in parts:
            self.ours.sendall(part)
            await self.settles()

    async def settles(self):
        for _ in range(10):
            await asyncio.sleep(0)

    def heard(self):
        """Return what came back: None once the connection was closed."""
        heard = b""
        while True:
            try:
                part = self.ours.recv(100_000)
            except BlockingIOError:
                return heard
            if not part:
                return heard or None
            heard += part


def on_a_wire(course):
    """Run a course with a door and an open connection to it."""

    async def run():
        door = Door()
        wire = Wire(door)
        await wire.opens()
        try:
            await course(door, wire)
        finally:
            wire.ours.close()
            await wire.settles()

    asyncio.run(run())


def post(body=b"{}", path=b"/e/env_1", *more, host=HOST, length=None):
    head = b"POST %b HTTP/1.1\r\n%b%bContent-Length: %d\r\n\r\n" % (
        path, host, b"".join(line + b"\r\n" for line in more), len(body) if length is None else length,
    )  # fmt: skip
    return head + body


ANSWER = b"HTTP/1.1 200 OK\r\ndate: now\r\nx-a: b\r\ncontent-length: 4\r\n\r\nfine"


def test_a_plain_request_is_answered_and_the_next_one_on_the_same_connection(caplog):
    async def course(door, wire):
        await wire.sends(post(b'{"a":1}'))
        assert wire.heard() == ANSWER
        await wire.sends(b"GET /e/env_1?d=%7B%7D HTTP/1.1\r\n" + HOST + b"Accept: a\r\nAccept: b\r\n\r\n")
        assert wire.heard() == ANSWER
        assert door.asked[0][:3] == ("POST", "/e/env_1", "")
        assert door.asked[0][4] == b'{"a":1}'
        assert door.asked[1][:3] == ("GET", "/e/env_1", "d=%7B%7D")
        assert door.asked[1][3]["accept"] == "a,b"
        assert door.handed_over == []

    on_a_wire(course)
    assert not caplog.records


def test_spaces_around_the_value_of_a_header_are_none_of_it():
    async def course(door, wire):
        await wire.sends(post(b"{}", b"/e/env_1", b"Origin: \thttps://a.example \t ", b"X: \t", b"Y:", b"Z: a b"))
        headers = door.asked[0][3]
        assert [headers[name] for name in ("origin", "x", "y", "z")] == ["https://a.example", "", "", "a b"]

    on_a_wire(course)


def test_a_body_may_come_in_parts_and_requests_one_behind_the_other():
    async def course(door, wire):
        whole = post(b'{"a":1}')
        await wire.sends(whole[:-3], whole[-3:] + post(b"[1]") + post(b"[2]")[:-1], b"]")
        assert wire.heard() == 3 * ANSWER
        assert [asked[4] for asked in door.asked] == [b'{"a":1}', b"[1]", b"[2]"]

    on_a_wire(course)


def test_answers_keep_the_order_of_requests_while_one_waits():
    async def course(door, wire):
        loop = asyncio.get_running_loop()
        waiting = []

        def answer():
            if len(door.asked) == 1:
                from greenlet import getcurrent

                waiting.append(getcurrent())
                door.strands.wait()
            return 200, b"", b"%d" % len(door.asked)

        door.answers = answer
        await wire.sends(post() + post())
        assert wire.heard() == b""
        assert len(door.asked) == 1
        loop.call_soon(waiting[0].switch)
        await wire.settles()
        assert [line[-1:] for line in wire.heard().split(b"HTTP/1.1")[1:]] == [b"1", b"2"]

    on_a_wire(course)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n",
        post(b"{}", b"/v1/endpoints"),
        post(b"{}", b"/e/env_1", b"Transfer-Encoding: chunked"),
        post(b"{}", b"/e/env_1", b"Expect: 100-continue"),
        post(b"{}", b"/e/env_1", b"Connection: Upgrade", b"Upgrade: h2c"),
        post(b"", length=MAX_BODY_BYTES + 1),
        post(b"{}", host=b""),
        post(b"{}", host=HOST + HOST),
        post(b"{}").replace(b"HTTP/1.1", b"HTTP/1.0"),
        post(b"{}").replace(b"POST", b"BREW"),
        post(b"{}").replace(b"Content-Length: 2", b"Content-Length: 2\r\nContent-Length: 2"),
        post(b"{}").replace(b"Content-Length: 2", b"Content-Length: " + b"9" * 5_000),
        post(b"{}", b"/e/env_1", b"X: " + b"x" * MAX_HEAD_BYTES),
        post(b"{}", b"/e/\xff"),
        post(b"{}", b"http://127.0.0.1/e/env_1"),
        post(b"{}", b"/e/env_1#a"),
        b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
        b"POST /e/env_1 HTTP/1.1\r\nHo",
        b"\r\n\r\nPOST /e/env_1 HTTP/1.1\r\n",
        b"no HTTP at all\r\n\r\n",
    ],
)
def test_what_is_not_plain_is_handed_over_as_it_came(sent):
    async def course(door, wire):
        await wire.sends(post())
        assert wire.heard() == ANSWER
        await wire.sends(sent)
        assert door.handed_over == [sent]
        assert len(door.asked) == 1
        assert wire.heard() is None  # this process let go of it

    on_a_wire(course)


def test_a_custom_domain_is_served_at_every_path():
    async def course(door, wire):
        await wire.sends(post(b"{}", b"/v1/batch", host=b"Host: events.example.com\r\n"))
        assert wire.heard() == ANSWER
        assert door.handed_over == []

    on_a_wire(course)


def test_what_has_to_be_answered_elsewhere_is_handed_over_whole():
    async def course(door, wire):
        door.chosen = Way.ELSEWHERE
        await wire.sends(post(b"[1]") + post(b"[2]"))
        assert door.handed_over == [post(b"[1]") + post(b"[2]")]
        assert door.asked == []

    on_a_wire(course)


def test_so_is_what_turns_out_to_be_too_dear():
    async def course(door, wire):
        def refuse():
            raise TooDear

        door.chosen, door.answers = Way.HASTILY, refuse
        await wire.sends(post(b"[1]"))
        assert door.handed_over == [post(b"[1]")]

    on_a_wire(course)


@pytest.mark.parametrize("sent", [b"", post(b"{}")[:-1]])
def test_a_connection_that_owes_bytes_is_handed_over_after_a_while(sent):
    async def course(door, wire):
        await wire.sends(sent)
        door.tick += SILENT_TICKS - 1
        wire.connection.look()
        assert door.handed_over == []
        door.tick += 1
        wire.connection.look()
        assert door.handed_over == [sent]

    on_a_wire(course)


def test_one_that_is_idle_after_an_answer_is_kept_and_closed_in_the_end():
    async def course(door, wire):
        await wire.sends(post())
        door.tick += KEEP_ALIVE_TICKS - 1
        wire.connection.look()
        await wire.settles()
        assert wire.heard() == ANSWER
        door.tick += 1
        wire.connection.look()
        await wire.settles()
        assert wire.heard() is None
        assert door.handed_over == []
        assert door.connections == set()

    on_a_wire(course)


def test_a_sender_that_asks_for_it_and_an_end_close_the_connection():
    async def course(door, wire):
        await wire.sends(post(b"{}", b"/e/env_1", b"Connection: close"))
        assert b"connection: close\r\n" in wire.heard()
        assert wire.heard() is None

    async def ending(door, wire):
        door.is_ending = True
        await wire.sends(post())
        assert b"connection: close\r\n" in wire.heard()
        assert wire.heard() is None

    on_a_wire(course)
    on_a_wire(ending)


def test_a_head_request_and_no_content_have_no_body():
    async def course(door, wire):
        door.answers = lambda: (200, b"", b"")
        await wire.sends(b"HEAD /e/env_1 HTTP/1.1\r\n" + HOST + b"\r\n")
        assert wire.heard() == b"HTTP/1.1 200 OK\r\ndate: now\r\n\r\n", "the length of a GET's body is not known"
        door.answers = lambda: (204, b"", b"")
        await wire.sends(b"OPTIONS /e/env_1 HTTP/1.1\r\n" + HOST + b"\r\n")
        assert wire.heard() == b"HTTP/1.1 204 No Content\r\ndate: now\r\n\r\n"

    on_a_wire(course)


@pytest.mark.parametrize("headers", [None, {"x-a": "b\r\nx-c: d"}, {"x-a": "b\rd"}, {"x-a": "\N{GRINNING FACE}"}])
def test_a_failure_is_one_problem_and_one_log_line_without_a_value(headers, caplog):
    async def course(door, wire):
        def answer():
            if headers is None:
                raise ValueError(door.asked[0][4])
            return 200, header_lines(headers), b""

        door.answers = answer
        await wire.sends(post())
        heard = wire.heard()
        assert heard.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
        assert heard.count(b"connection: close") == 1
        assert b"x-c" not in heard
        assert wire.heard() is None

    on_a_wire(course)
    assert len(caplog.records) == 1
    assert "{}" not in caplog.text


def test_a_sender_that_reads_no_answers_is_not_read_on():
    async def course(door, wire):
        door.answers = lambda: (200, b"", b"x" * 1_000_000)
        await wire.sends(post())
        asked = len(door.asked)
        await wire.sends(post() * 50)
        assert len(door.asked) == asked == 1
        heard = 0
        while heard < 51_000_000:
            heard += len(wire.heard())
            await asyncio.sleep(0)
        assert len(door.asked) == 51

    on_a_wire(course)


def test_one_that_sends_a_byte_now_and_then_is_handed_over_as_one_that_is_silent():
    async def course(door, wire):
        await wire.sends(post(b"{}"))
        assert wire.heard() == ANSWER
        sent = post(b"x" * 100)[:-50]
        await wire.sends(sent)
        for _ in range(SILENT_TICKS):
            assert door.handed_over == []
            door.tick += 1
            await wire.sends(b"x")
            wire.connection.look()
        assert door.handed_over == [sent + b"x" * SILENT_TICKS]

    on_a_wire(course)


@pytest.mark.parametrize("more", [(), (b"Connection: close",)])
def test_who_does_not_read_an_answer_is_let_go(more):
    async def course(door, wire):
        door.answers = lambda: (200, b"", b"x" * 10_000_000)
        await wire.sends(post(b"{}", b"/e/env_1", *more))
        door.tick += KEEP_ALIVE_TICKS - 1
        wire.connection.look()
        await wire.settles()
        assert door.connections == {wire.connection}
        door.tick += 1
        wire.connection.look()
        await wire.settles()
        assert door.connections == set()
        assert door.handed_over == []

    on_a_wire(course)
