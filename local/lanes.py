"""Lanes: processes that answer requests which may cost much, so that they hold up none that costs little.

Threads share one interpreter: beside one that works for a second, every other waits for it again and again. A lane has
an interpreter of its own, at a lower priority, and all that it reads and keeps goes through the front process: so that
what is durable, counted and limited is so in one place.
"""

import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path

from domain.decoding import decoded_body
from domain.errors import Rejected
from domain.validation.bounds import VALUE_BYTES
from local.far_ports import Call, done
from local.gateway import LambdaAnswer, LambdaEvent
from local.ingest import IngestPorts
from schemas.codes import Problem

LANES = 2
DEAR_BYTES = 32 * 1024
DEAR_VALUES = 500
PACKED_BYTES = DEAR_BYTES // 4  # beyond it, looking itself would cost: every few bytes may be a gzip member
_ROOT = Path(__file__).parent.parent
LANE_SECONDS = 60.0
"""How long a lane may take for a request, keeping what it accepts included; the function on AWS has a third of that."""
_END_SECONDS = 1.0
GZIP = b"\x1f\x8b"  # on protocols' routes such a body is gzip, whatever its headers say


def is_dear(headers: Mapping[str, str], body: bytes) -> bool:
    """Say whether a request to ingest may cost more than some 50 ms: by its bytes, decoded, and by what they may hold.

    Looking costs next to nothing. What can't be decoded is not dear: it is refused at once.
    """
    if len(body) > DEAR_BYTES:
        return True
    encoding = "gzip" if body.startswith(GZIP) else headers.get("content-encoding")
    if encoding is not None:
        if len(body) > PACKED_BYTES:
            return True
        try:
            body = decoded_body(body, encoding, most_bytes=DEAR_BYTES)
        except Rejected as rejected:
            return rejected.code == Problem.BODY_TOO_LARGE
    if "urlencoded" in headers.get("content-type", "").lower():
        return len(body) > 4 * DEAR_VALUES  # encoded once more, values can't be told
    return count_values_and_lines(body) > DEAR_VALUES


def count_values_and_lines(body: bytes) -> int:
    """Return how many values a body can hold at the most, and lines beside them."""
    return len(body) - len(body.translate(None, VALUE_BYTES + b"\n"))


class Lanes:
    """Up to `LANES` processes, each started when it is first needed, and again after it failed."""

    def __init__(self, ports: IngestPorts) -> None:
        """Take what ingest reaches."""
        self.patience_seconds = LANE_SECONDS
        self._ports = ports
        self._idle: deque[_Lane] = deque()
        self._all: set[_Lane] = set()
        self._lock = threading.Lock()
        self._closed = False

    @property
    def process_ids(self) -> list[int]:
        """The processes that run."""
        with self._lock:
            return [lane.process_id for lane in self._all]

    def handle(self, event: LambdaEvent, _context: object = None) -> LambdaAnswer:
        """Answer one event as the ingest handler does; called by as many threads as there may be lanes.

        Raises:
            RuntimeError: the lane ended without an answer, or was ended for taking too long; nobody was promised
                anything, though what it had accepted may have been kept.
        """
        lane = self._take()
        # Whether it takes nothing more or says nothing more: a lane that hangs would hold its turn for ever.
        patience = threading.Timer(self.patience_seconds, lane.kill)
        patience.daemon = True
        patience.start()
        try:
            answer = lane.answer(event, self._ports)
        except BaseException:
            lane.kill()
            lane.end()
            with self._lock:
                self._all.discard(lane)
            raise
        finally:
            patience.cancel()
        with self._lock:
            self._idle.append(lane)
        return answer

    def close(self) -> None:
        """End every lane; for the end of a run. What one still works on nobody waits for any more."""
        with self._lock:
            self._closed = True
            idle = list(self._idle)
            busy = self._all.difference(idle)
        for lane in busy:
            lane.kill()
        for lane in idle:
            lane.end()

    def _take(self) -> "_Lane":
        with self._lock:
            if self._closed:
                raise RuntimeError("the lanes are closed")
            while self._idle:
                lane = self._idle.pop()
                if lane.is_alive():
                    return lane
                lane.end()
                self._all.discard(lane)
            lane = _Lane()
            self._all.add(lane)
        return lane


class _Lane:
    """One process, and the front's end of its pipe; used by one thread at a time."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "local.lane"], cwd=_ROOT, stdin=theirs.fileno(), stdout=subprocess.DEVNULL
            )
        self.process_id = self._process.pid
        self._pipe = Connection(ours.detach())

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def answer(self, event: LambdaEvent, ports: IngestPorts) -> LambdaAnswer:
        try:
            self._pipe.send(event)
            while True:
                said: Call | LambdaAnswer = self._pipe.recv()
                if not isinstance(said, Call):
                    return said
                self._pipe.send(done(said, ports))
        except (EOFError, OSError) as error:
            raise RuntimeError("a lane ended without an answer") from error

    def kill(self) -> None:
        """End the process at once; the thread that waits for it learns of that."""
        self._process.kill()

    def end(self) -> None:
        """Close the pipe, which ends the process; kill it if that takes long."""
        self._pipe.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
