"""The process of an ingest worker: takes connections, and answers the plain requests to ingest.

It opens no file. What the handler reaches beyond a request is a call to the main process, over a pipe: so what is
durable, counted and limited is so in one place. Its parent's end is the pipe's end, and then its own.
"""

import asyncio
import gc
import logging
import os
import random
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from email.utils import formatdate
from functools import partial
from types import SimpleNamespace
from typing import Any

from greenlet import getcurrent

from adapters.http_event import request_of_head
from domain.intake.keeping import Keeper
from domain.intake.service import Intake
from domain.intake.unknown_sample import UnknownKeySample
from domain.metering.counters import UsageCounters
from domain.validation.bounds import Filled, RequestWork
from domain.validation.faults import Refusal
from domain.validation.fields_in_force import FieldsInForce
from domain.validation.revision import CompiledRevision
from functions.ingest.handler import GC_THRESHOLDS
from local.far_calls import LENGTH, Begin, CalledPort, End, FarCalls, GatheringQueue, GatheringStreams
from local.far_ports import end
from local.ingest import IngestPorts, make_local_intake
from local.ingest_protocol import MAX_BODY_BYTES, Head, HttpAnswer, IngestConnection, TooDear, Way, header_lines
from local.lanes import DEAR_BYTES, DEAR_VALUES, GZIP, count_values_and_lines, is_dear
from local.shares import Shares
from local.strands import Strands
from schemas.items import RevisionDocument

TICK_SECONDS = 1.0
HASTY_VALUES = 10_000
"""The most that a request can hold that is read hastily: some milliseconds, and 60 at the worst that is known."""
_ACCEPT_AGAIN_SECONDS = 0.2
"""After a connection could not be taken, as where the process has too many open."""
_LEAVE_SECONDS = 0.001
_MOST_LEFT = 3
_LOOK_SECONDS = 0.02
_TEXTS = frozenset({"", "application/json", "text/plain", "application/x-ndjson"})


Hasty = set[object]
"""The strands that answer hastily."""


class IngestWorker:
    """All that the connections of this process share. Implements `local.ingest_protocol.Door`."""

    def __init__(self, listening: socket.socket, handovers: socket.socket, shares: Shares) -> None:
        self.strands = Strands()
        self.calls = FarCalls(self.strands, self._take_order)
        self.connections: set[IngestConnection] = set()
        self.tick = 0
        self.date_line = b""
        self.is_ending = False
        self.has_ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._listening = listening
        self._handovers = handovers
        self._shares = shares
        self._left = 0
        """How often a connection that waits was left to others."""
        self._coming: set[asyncio.Task[Any]] = set()
        self._hasty: Hasty = set()
        self._secret = b""
        sample = UnknownKeySample(_port(self.calls, "unknown_keys"), time.time_ns)
        self._counters = UsageCounters(_port(self.calls, "usage"), time.time_ns, sample)
        self._intake = self._make_intake(sample)

    def way(self, head: Head, body: bytes) -> Way:
        path, headers = head.path, head.headers
        # Lines and arrays of events as they come, not those that a protocol's translation would have to take apart.
        is_address = path == "/" or (path.startswith("/e/") and path.count("/") == _SLASHES)
        if not is_address or not _is_text(headers, body):
            return Way.ELSEWHERE if is_dear(headers, body) else Way.HERE
        if len(body) <= DEAR_VALUES:
            return Way.HERE
        values = count_values_and_lines(body)
        if values <= DEAR_VALUES and len(body) <= DEAR_BYTES:
            return Way.HERE
        return Way.HASTILY if values <= HASTY_VALUES else Way.ELSEWHERE

    def answer(self, head: Head, body: bytes, way: Way) -> HttpAnswer:
        headers = head.headers
        headers.pop("cookie", None)
        headers["x-forwarded-proto"] = "http"
        request = request_of_head(
            head.method, head.path, head.query, headers, body, head.client_address, _new_request_id()
        )
        if way is Way.HERE:
            response = self._intake.answer(request)
        else:
            strand = getcurrent()
            self._hasty.add(strand)
            try:
                response = self._intake.answer(request)
            finally:
                self._hasty.discard(strand)
        return response.status, header_lines(response.headers), response.body

    def hand_over(self, descriptor: int, received: bytes) -> None:
        message = LENGTH.pack(len(received)) + received
        try:
            sent = socket.send_fds(self._handovers, [message], [descriptor])
            if sent < len(message):
                self._handovers.sendall(message[sent:])
        except OSError:
            end()

    def _make_intake(self, sample: UnknownKeySample) -> Intake:
        calls, strands = self.calls, self.strands
        spill = GatheringQueue(calls, strands, "spill")
        quarantine = GatheringQueue(calls, strands, "quarantine")
        ports = IngestPorts(
            table=_port(calls, "table"),
            streams=GatheringStreams(calls, strands),
            spill=spill,
            quarantine=quarantine,
            counters=self._counters,
            rates=_main_rates(calls),
            secret=lambda: self._secret,
            kept_secrets=_port(calls, "kept_secrets"),
            taps=GatheringQueue(calls, strands, "taps"),
            sample=sample,
        )
        keeper = Keeper(
            ports.streams, spill, quarantine, monotonic=time.monotonic, sleep=self._sleep, random=random.random
        )
        return make_local_intake(ports, keeper, lambda document: HastyRevision(document, self._hasty))

    def _sleep(self, seconds: float) -> None:
        self._loop.call_later(seconds, getcurrent().switch)
        self.strands.wait()

    def _take_order(self, order: object) -> None:
        if isinstance(order, Begin):
            self._secret = order.deployment_secret
            self._look()
            self._accept_on()
        elif isinstance(order, End):
            self._end(time.monotonic() + order.seconds)

    def _look(self) -> None:
        """Do what is due by the clock, every second."""
        self.tick += 1
        self.date_line = f"date: {formatdate(usegmt=True)}\r\n".encode("ascii")
        for connection in [*self.connections]:
            connection.look()
        self._shares.tell(len(self.connections))
        self.strands.run(self._counters.flush_if_due)
        self._loop.call_later(TICK_SECONDS, self._look)

    def _accept_on(self) -> None:
        if not self.is_ending:
            self._loop.add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        """Take one connection, or leave it to a worker that has fewer, unless that takes some milliseconds."""
        if self._left < _MOST_LEFT and self._shares.has_more(len(self.connections) + len(self._coming)):
            self._left += 1
            self._loop.remove_reader(self._listening)
            self._loop.call_later(_LEAVE_SECONDS, self._accept_later)
            return
        self._left = 0
        try:
            connection, _ = self._listening.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError:
            self._loop.remove_reader(self._listening)
            self._loop.call_later(_ACCEPT_AGAIN_SECONDS, self._accept_on)
            return
        connection.setblocking(False)
        serving = self._loop.create_task(self._loop.connect_accepted_socket(lambda: IngestConnection(self), connection))
        self._coming.add(serving)
        serving.add_done_callback(self._coming.discard)

    def _accept_later(self) -> None:
        if not self.is_ending:
            self._accept_on()
            self._accept()

    def _end(self, deadline: float) -> None:
        """Finish what was begun, tell what was counted, and end; what takes longer is broken off."""
        if not self.is_ending:
            self.is_ending = True
            self._loop.remove_reader(self._listening)
            self._listening.close()
        for connection in [*self.connections]:
            connection.end()
        # What is under way may be kept already, also where its sender has gone: it has to be counted.
        if (self.connections or self.strands.under_way) and time.monotonic() < deadline:
            self._loop.call_later(_LOOK_SECONDS, self._end, deadline)
        else:
            self.strands.run(self._flush)

    def _flush(self) -> None:
        self._counters.flush()
        self.has_ended.set()


_SLASHES = 2  # of the address itself


def _new_request_id() -> str:
    """Return a random UUID, as the main process gives them: this way takes a third of the time."""
    digits = os.urandom(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _is_text(headers: dict[str, str], body: bytes) -> bool:
    """Say whether a body is read as it stands: `is_dear` looks behind others."""
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type in _TEXTS and "content-encoding" not in headers and not body.startswith(GZIP)


def _port(calls: FarCalls, name: str) -> Any:
    return CalledPort(calls, name)


def _main_rates(calls: FarCalls) -> Any:
    """Return the rates of the main process, which all workers share, so that they are exact."""
    rates = _port(calls, "rates")
    return SimpleNamespace(retry_after=rates.retry_after, count=rates.count, exchange_if_due=_nothing)


def _nothing() -> None:
    """Do nothing: the main process has a timer for that."""


def _is_filled(filled: Filled) -> bool:
    return filled.fields + filled.protecting > HASTY_VALUES or filled.bytes > MAX_BODY_BYTES


class HastyFields(FieldsInForce):
    """Fields that give up in some strands at an event that the fast validator does not accept.

    Raises:
        TooDear: from what would validate it in full, or compile them anew.
    """

    __slots__ = ("_hasty",)

    def __init__(self, hasty: Hasty, *compiled_of: Any) -> None:
        """Take the strands, which may change, and what the fields are compiled of."""
        self._hasty = hasty
        super().__init__(*compiled_of)

    def judge(self, text: bytes, work: RequestWork | None) -> bytes | Refusal:
        if self._hasty and getcurrent() in self._hasty:
            raise TooDear
        return super().judge(text, work)


class HastyRevision(CompiledRevision):
    """A revision that reads hastily in some strands: at an event that is not surely cheap to read, it gives up.

    Raises:
        TooDear: from each method that reads.
    """

    __slots__ = ("_hasty",)

    def __init__(self, document: RevisionDocument, hasty: Hasty) -> None:
        """Take a revision's document, and the strands, which may change."""
        self._hasty = hasty
        super().__init__(document, partial(HastyFields, hasty))

    def read_event(self, text: bytes, work: RequestWork | None = None) -> bytes | Refusal:
        if self._hasty:
            self._check(text)
        return super().read_event(text, work)

    def read_batch(self, text: bytes, work: RequestWork) -> list[bytes | None] | None:
        if self._hasty:
            self._check(text)
        return super().read_batch(text, work)

    def read_together(
        self, texts: Sequence[bytes], work: RequestWork, *, are_json: bool = False
    ) -> list[bytes | None] | None:
        if self._hasty:
            self._check(b"".join(texts))
        return super().read_together(texts, work, are_json=are_json)

    def read_each(self, texts: Sequence[bytes], work: RequestWork) -> list[bytes | Refusal]:
        if self._hasty:
            self._check(b"".join(texts))
        return super().read_each(texts, work)

    def _check(self, text: bytes) -> None:
        """Give up where fields are compiled for the event, or much is filled in or protected beside its own values."""
        if getcurrent() in self._hasty and (self._variants is not None or _is_filled(self.bounds.filled_in(text))):
            raise TooDear


def main(make: Callable[..., IngestWorker] = IngestWorker) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    for number in (signal.SIGTERM, signal.SIGINT):  # the main process finishes what was begun, with its workers
        signal.signal(number, signal.SIG_IGN)
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    *descriptors, shares, place = map(int, sys.argv[1:])
    listening, calls, handovers = (socket.socket(fileno=descriptor) for descriptor in descriptors)
    asyncio.run(_serve(make, listening, calls, handovers, Shares(shares, place)))


async def _serve(
    make: Callable[..., IngestWorker],
    listening: socket.socket,
    calls: socket.socket,
    handovers: socket.socket,
    shares: Shares,
) -> None:
    listening.setblocking(False)
    worker = make(listening, handovers, shares)
    await asyncio.get_running_loop().connect_accepted_socket(lambda: worker.calls, calls)
    await worker.has_ended.wait()
    end()  # and with it, all connections


if __name__ == "__main__":
    main()
