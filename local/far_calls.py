"""The calls of an ingest worker to the ports of the main process: many under way at a time, over one pipe.

Calls that put something into a list, such as the records of a stream, share the next message: so what many requests
wait for costs one message there and one back, and is written and flushed together.
"""

import asyncio
import pickle
import struct
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from greenlet import getcurrent, greenlet

from domain.delivery.ports import PutResults
from local.far_ports import Call, Done, end
from local.strands import Strands
from schemas.limits import MAX_PUT_BYTES, MAX_RECORDS_PER_PUT

LENGTH = struct.Struct("!i")
"""What stands before each message, as `multiprocessing.connection` has it."""

MOST_UNDER_WAY = 2
"""Messages of one list: one that is being flushed to the disk, and one that is next. Those that come later gather."""

_LARGE = 256 * 1024
_MOST_STREAMS = 1_000


class Begin(NamedTuple):
    """The main process says: take connections."""

    deployment_secret: bytes


class End(NamedTuple):
    """The main process says: finish what was begun, but break off what takes more than so many seconds, and end."""

    seconds: float


class FarCalls(asyncio.Protocol):
    """This process's end of the pipe; `on_order` is called with what the main process says of itself."""

    def __init__(self, strands: Strands, on_order: Callable[[Any], None]) -> None:
        self._strands = strands
        self._on_order = on_order
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._number = 0
        self._waiting: dict[int, Callable[[Done], None]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        end()

    def data_received(self, data: bytes) -> None:
        self._received += data
        while len(self._received) >= LENGTH.size:
            size = LENGTH.size + LENGTH.unpack_from(self._received)[0]
            if len(self._received) < size:
                return
            number, said = pickle.loads(memoryview(self._received)[LENGTH.size : size])  # noqa: S301 - our own process
            del self._received[:size]
            if number:
                self._waiting.pop(number)(said)
            else:
                self._on_order(said)

    def send(self, call: Call, on_done: Callable[[Done], None]) -> None:
        """Send a call; `on_done` is called with what became of it."""
        assert self._transport is not None
        self._number += 1
        self._waiting[self._number] = on_done
        message = pickle.dumps((self._number, call), pickle.HIGHEST_PROTOCOL)
        self._transport.write(LENGTH.pack(len(message)) + message)

    def call(self, port: str, method: str, *arguments: Any, **named: Any) -> Any:
        """Return what a port's method returned, or raise what it raised; the strand that calls waits."""
        self.send(Call(port, method, arguments, named), getcurrent().switch)
        return result_of(self._strands.wait())


def result_of(done: Done) -> Any:
    if done.error is not None:
        raise done.error
    return done.result


class CalledPort:
    """Stands for a port of the main process: each of its methods is a call there."""

    def __init__(self, calls: FarCalls, port: str) -> None:
        self._calls = calls
        self._port = port

    def __getattr__(self, method: str) -> Any:
        return lambda *arguments, **named: self._calls.call(self._port, method, *arguments, **named)


class _Part(NamedTuple):
    items: Sequence[Any]
    strand: greenlet


class Gathering:
    """One list of the main process, such as a stream: what strands put into it meanwhile goes there together."""

    def __init__(self, calls: FarCalls, strands: Strands, call: Call) -> None:
        """Take the call that puts a list, without the list."""
        self._calls = calls
        self._strands = strands
        self._call = call
        self._parts: deque[_Part] = deque()
        self._under_way = 0
        self._is_due = False

    @property
    def is_idle(self) -> bool:
        return not self._parts and not self._under_way

    def put(self, items: Sequence[Any]) -> PutResults:
        """Put items, in order; the strand that calls waits. At most as many and as much as one call takes."""
        self._parts.append(_Part(items, getcurrent()))
        if not self._is_due and self._under_way < MOST_UNDER_WAY:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._send)
        results: PutResults = result_of(self._strands.wait())
        return results

    def _send(self) -> None:
        self._is_due = False
        while self._parts and self._under_way < MOST_UNDER_WAY:
            parts, items = self._next()
            self._under_way += 1
            call = self._call._replace(arguments=(*self._call.arguments, items))
            self._calls.send(call, partial(self._has_done, parts))

    def _next(self) -> tuple[list[_Part], list[Any]]:
        """Take what fits in one call, at least the first part; a large one goes alone, and fails alone."""
        parts: list[_Part] = []
        items: list[Any] = []
        size = 0
        while self._parts:
            coming = self._parts[0].items
            coming_size = sum(map(len, coming))
            size += coming_size
            is_large = coming_size > _LARGE
            if parts and (is_large or len(items) + len(coming) > MAX_RECORDS_PER_PUT or size > MAX_PUT_BYTES):
                break
            parts.append(self._parts.popleft())
            items += coming
            if is_large:
                break
        return parts, items

    def _has_done(self, parts: Sequence[_Part], done: Done) -> None:
        self._under_way -= 1
        self._send()
        first = 0
        for items, strand in parts:
            last = first + len(items)
            strand.switch(done if done.error is not None else Done(done.result[first:last], None))
            first = last


class GatheringStreams:
    """Implements `StreamSink`."""

    def __init__(self, calls: FarCalls, strands: Strands) -> None:
        self._calls = calls
        self._strands = strands
        self._streams: dict[str, Gathering] = {}

    def put_records(self, stream: str, records: Sequence[bytes]) -> PutResults:
        gathering = self._streams.get(stream)
        if gathering is None:
            if len(self._streams) >= _MOST_STREAMS:
                self._streams = {name: held for name, held in self._streams.items() if not held.is_idle}
            call = Call("streams", "put_records", (stream,), {})
            gathering = self._streams[stream] = Gathering(self._calls, self._strands, call)
        return gathering.put(records)


class GatheringQueue:
    """Implements `QueueSink`."""

    def __init__(self, calls: FarCalls, strands: Strands, port: str) -> None:
        self._gathering = Gathering(calls, strands, Call(port, "send", (), {}))

    def send(self, bodies: Sequence[str]) -> PutResults:
        return self._gathering.put(bodies)
