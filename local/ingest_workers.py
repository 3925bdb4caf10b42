"""Ingest workers: processes that take connections and answer the plain requests to ingest, each on a core of its own.

They share one listening socket, so each connection goes to a worker that has time, and where another has notably fewer,
to that one. All that they read and keep goes through the main process, over a pipe: so there is one log, whose flushes
all workers share, and what is durable, counted and limited is so in one place. A worker that dies takes nothing with it
but the requests that it had no answer for, and up to ten seconds of usage counts.
"""

import contextlib
import logging
import pickle
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from local.failures import log_failure
from local.far_calls import LENGTH, Begin, End
from local.far_ports import Call, Done, done
from local.ingest import WorkerPorts
from local.shares import make_shares, set_away

CALL_THREADS = 32
PROGRAM = "local.ingest_worker"
AGAIN_SECONDS = 0.5
"""Between two starts of one worker: where each fails, nothing else of the machine is to notice."""
_TELL_SECONDS = 0.2
_END_SECONDS = 0.5  # a worker's own: to tell its counts
_ROOT = Path(__file__).parent.parent
_LOG = logging.getLogger(__name__)

Adopt = Callable[[socket.socket, bytes], None]
"""Takes over a connection, with what was read of its next request."""


class IngestWorkers:
    """So many processes, each of which is started again when it ends before it is told to."""

    def __init__(self, count: int, listening: socket.socket, program: str = PROGRAM) -> None:
        """Take the socket, which is bound and need not listen yet, and the module that the processes run."""
        self._listening = listening
        self._program = program
        self._shares = make_shares(count)
        self._pool = ThreadPoolExecutor(CALL_THREADS, "worker-calls")
        self._ending = threading.Event()
        self._workers = [_Worker(listening, program, self._shares, place) for place in range(count)]
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._threads:  # they were never told to begin
            self._ending.set()
            for worker in self._workers:
                worker.end(0.0)
        self.stop(0.0)
        self._pool.shutdown(wait=False)
        self._shares.close()

    def start(self, ports: WorkerPorts, deployment_secret: bytes, adopt: Adopt) -> None:
        """Let them take connections."""
        for place in range(len(self._workers)):
            arguments = (place, ports, Begin(deployment_secret), adopt)
            thread = threading.Thread(target=self._look_after, args=arguments, name=f"worker-{place}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self, seconds: float) -> None:
        """Let them finish what they have begun, for about so many seconds; none is there when it returns."""
        self._ending.set()
        with self._lock:
            workers = [*self._workers]
        for worker in workers:
            worker.tell(End(seconds))
        deadline = time.monotonic() + seconds + _END_SECONDS
        for worker in workers:
            worker.end(max(0.0, deadline - time.monotonic()))
        for thread in self._threads:
            thread.join()

    def _look_after(self, place: int, ports: WorkerPorts, begin: Begin, adopt: Adopt) -> None:
        worker = self._workers[place]
        while True:
            worker.serve(begin, ports, adopt, self._pool)
            status = worker.end(_END_SECONDS)
            worker.close()
            set_away(self._shares, place)
            if self._ending.is_set():
                return
            _LOG.warning("an ingest worker ended with status %s and is started again", status)
            if self._ending.wait(AGAIN_SECONDS):
                return
            started = self._started_again(place)
            if started is None:
                return
            worker = started

    def _started_again(self, place: int) -> "_Worker | None":
        """Start a worker, as often as that takes: the machine may have no descriptor or process left for a while.

        None at the end of the run.
        """
        while True:
            with self._lock:
                if self._ending.is_set():
                    return None
                try:
                    worker = self._workers[place] = _Worker(self._listening, self._program, self._shares, place)
                except OSError as error:
                    log_failure("starting an ingest worker", error)
                else:
                    return worker
            if self._ending.wait(AGAIN_SECONDS):
                return None


class _Worker:
    """One process, and the main process's ends of its pipes."""

    def __init__(self, listening: socket.socket, program: str, shares: BinaryIO, place: int) -> None:
        ours, theirs = socket.socketpair()
        self._handovers, their_handovers = socket.socketpair()
        with theirs, their_handovers:
            descriptors = [listening.fileno(), theirs.fileno(), their_handovers.fileno(), shares.fileno()]
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", program, *map(str, descriptors), str(place)],
                cwd=_ROOT,
                pass_fds=descriptors,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                process_group=0,  # a Ctrl+C is for the main process, whose end is theirs
            )
        self._pipe = Connection(ours.detach())
        self._saying = threading.Lock()

    def serve(self, begin: Begin, ports: WorkerPorts, adopt: Adopt, pool: ThreadPoolExecutor) -> None:
        """Let it begin, do what it asks for, and return when it has ended."""
        handed_over = threading.Thread(target=self._take_over, args=(adopt,), name="handovers", daemon=True)
        handed_over.start()
        self.tell(begin)
        try:
            while True:
                number, call = self._pipe.recv()
                pool.submit(self._do, number, call, ports)
        except (EOFError, OSError):
            pass
        except RuntimeError:  # the pool is closed: the run ends
            self._process.kill()
        handed_over.join()

    def tell(self, order: object) -> None:
        """Say something that is no answer; one that has ended, or reads nothing any more, need not hear it."""
        if self._saying.acquire(timeout=_TELL_SECONDS):
            try:
                self._pipe.send((0, order))
            except OSError:
                return
            finally:
                self._saying.release()

    def end(self, seconds: float) -> int:
        """Wait for its end, and kill it after so many seconds; return its status."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def close(self) -> None:
        """Let go of its pipe, once it has ended."""
        with self._saying:
            self._pipe.close()

    def _do(self, number: int, call: Call, ports: WorkerPorts) -> None:
        self._say(number, done(call, ports))

    def _say(self, number: int, said: object) -> None:
        try:
            message = pickle.dumps((number, said), pickle.HIGHEST_PROTOCOL)
        except Exception as error:  # noqa: BLE001 - what can't be sent must not leave its caller waiting
            log_failure("answering an ingest worker", error)
            message = pickle.dumps((number, Done(None, RuntimeError("no answer"))), pickle.HIGHEST_PROTOCOL)
        try:
            with self._saying:
                self._pipe.send_bytes(message)
        except OSError:
            return

    def _take_over(self, adopt: Adopt) -> None:
        with self._handovers as pipe:
            take_over(pipe, adopt)


def take_over(pipe: socket.socket, adopt: Adopt) -> None:
    """Adopt the connections that come over a pipe, until it ends.

    One for which this process has no descriptor left does not come with its message, and is closed.
    """
    with contextlib.suppress(EOFError, OSError):
        while True:
            head, descriptors, _, _ = socket.recv_fds(pipe, LENGTH.size, 1)
            if not head:
                return
            connection = socket.socket(fileno=descriptors[0]) if descriptors else None
            head += _read(pipe, LENGTH.size - len(head))
            received = _read(pipe, LENGTH.unpack(head)[0])
            if connection is not None:
                adopt(connection, received)


def _read(pipe: socket.socket, size: int) -> bytes:
    """Return so many bytes.

    Raises:
        EOFError: the pipe has ended.
    """
    parts = bytearray()
    while len(parts) < size:
        part = pipe.recv(size - len(parts))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
