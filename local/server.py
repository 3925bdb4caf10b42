"""The life of a local run: hold the state, serve, say so, and on a signal finish what was begun."""

import asyncio
import contextlib
import errno
import logging
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import uvicorn

from domain.errors import Misconfigured
from local.bigquery_emulator import PROJECT, BigQueryEmulator
from local.compose import House, open_house
from local.front import AsgiApp, Front, Function
from local.ingest_workers import PROGRAM, Adopt, IngestWorkers
from local.lanes import LANES
from local.pages import make_pages
from local.protocol import BoundedHeadProtocol
from local.settings import HOST, Settings
from local.state import locked_state
from schemas.limits import MAX_BODY_BYTES, MAX_V1_BODY_BYTES, MAX_V1_LARGE_BODY_BYTES

INGEST_THREADS = 32
MANAGEMENT_THREADS = 8
COMPUTING_THREADS = 4
SWITCH_SECONDS = 0.001  # threads that compute give way this often: an answer that needs the interpreter waits for each
REQUEST_SECONDS = 3  # how long a stop waits for requests in flight
BACKLOG = 2_048
MOST_CONNECTIONS = 10_000
_BIND_SECONDS = 1.0
_BIND_PAUSE_SECONDS = 0.05
STOP_SECONDS = 8.5  # the whole of a stop, with a margin to the ten seconds that are promised


def serve(settings: Settings, worker_program: str = PROGRAM) -> None:
    """Run until SIGTERM or SIGINT, then deliver what the buffers and queues hold.

    Args:
        settings: what the run is told.
        worker_program: the module that ingest workers run; a benchmark has its own.

    Raises:
        Misconfigured: the port or the state folder can't be had.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    os.umask(0o077)  # events and hashes stand in the state folder
    sys.setswitchinterval(SWITCH_SECONDS)
    stop = _Stop()
    with (
        locked_state(settings.state_dir) as state_dir,
        _bound_socket(settings.port) as bound,
        IngestWorkers(settings.workers, bound, worker_program) as workers,  # they start while this process does
        _emulator(settings, state_dir) as emulator,
    ):
        if emulator is not None:
            settings = replace(settings, bigquery_emulator_host=emulator.address)
        house = open_house(settings, state_dir)
        try:
            with (
                ThreadPoolExecutor(INGEST_THREADS, "ingest") as ingest_pool,
                ThreadPoolExecutor(LANES, "lane") as lane_pool,
                ThreadPoolExecutor(MANAGEMENT_THREADS, "management") as management_pool,
                ThreadPoolExecutor(COMPUTING_THREADS, "computing") as computing_pool,
            ):
                front = Front(
                    Function(house.ingest, ingest_pool, MAX_BODY_BYTES),
                    Function(house.dear_ingest, lane_pool, MAX_BODY_BYTES),
                    Function(house.management, management_pool, MAX_V1_BODY_BYTES),
                    Function(house.management, computing_pool, MAX_V1_LARGE_BODY_BYTES),
                    house.computes,
                    make_pages(settings.address, state_dir),
                    house.news_of_taps,
                )

                def ready(adopt: Adopt) -> None:
                    workers.start(house.ports, house.deployment_secret, adopt)
                    _announce(settings, house, state_dir, emulator)

                server = _make_server(front, workers, ready)
                stop.ends(server)
                bound.listen(BACKLOG)
                try:
                    asyncio.run(server.serve(sockets=[]))
                finally:
                    house.end_dear_ingest()  # before its threads are waited for
        except OSError as error:
            raise _port_refusal(settings.port, error) from error
        finally:
            house.close(stop.seconds_left())


class _Stop:
    """Turns the signals into one orderly end; repeats change nothing.

    They do come twice: make passes on to its child what its process group has got already.
    """

    def __init__(self) -> None:
        self._server: uvicorn.Server | None = None
        self._asked_at: float | None = None
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def ends(self, server: uvicorn.Server) -> None:
        self._server = server
        server.should_exit = self._asked_at is not None

    def seconds_left(self) -> float:
        asked_at = time.monotonic() if self._asked_at is None else self._asked_at
        return max(0.5, asked_at + STOP_SECONDS - time.monotonic())

    def _ask(self, _number: int, _frame: object) -> None:
        if self._asked_at is None:
            self._asked_at = time.monotonic()
        if self._server is not None:
            self._server.should_exit = True


class _Server(uvicorn.Server):
    """uvicorn without its own signals, which would end the process with the signal's status.

    It listens to nothing: connections come from ingest workers, which hand over what is not for them.
    """

    def __init__(
        self, config: uvicorn.Config, workers: IngestWorkers, on_ready: Callable[[Adopt], None], most_connections: int
    ) -> None:
        super().__init__(config)
        self._most_connections = most_connections
        self._workers = workers
        self._on_ready = on_ready
        self._adopting: set[asyncio.Task[None]] = set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        loop = asyncio.get_running_loop()
        self._on_ready(lambda connection, received: _call_soon(loop, self._adopt, connection, received))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await asyncio.gather(asyncio.to_thread(self._workers.stop, REQUEST_SECONDS), super().shutdown(sockets))

    def _adopt(self, connection: socket.socket, received: bytes) -> None:
        """Go on with a connection, or close it where there are as many as there may be."""
        if len(self.server_state.connections) + len(self._adopting) >= self._most_connections:
            connection.close()
            return
        adopting = asyncio.get_running_loop().create_task(self._serve_connection(connection, received))
        self._adopting.add(adopting)
        adopting.add_done_callback(self._adopting.discard)

    async def _serve_connection(self, connection: socket.socket, received: bytes) -> None:
        def protocol() -> BoundedHeadProtocol:
            made = BoundedHeadProtocol(self.config, self.server_state, self.lifespan.state)
            made.received_before = received
            return made

        if self.should_exit:
            connection.close()
            return
        connection.setblocking(False)
        with contextlib.suppress(OSError):  # its sender has gone
            await asyncio.get_running_loop().connect_accepted_socket(protocol, connection)


def _call_soon(loop: asyncio.AbstractEventLoop, adopt: Adopt, connection: socket.socket, received: bytes) -> None:
    """Let the loop's thread adopt a connection; when the loop has ended, nobody does."""
    try:
        loop.call_soon_threadsafe(adopt, connection, received)
    except RuntimeError:
        connection.close()


def _make_server(app: AsgiApp, workers: IngestWorkers, on_ready: Callable[[Adopt], None]) -> _Server:
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http=BoundedHeadProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the peer of the connection is the source, whatever a header claims
        timeout_keep_alive=75,
        timeout_graceful_shutdown=REQUEST_SECONDS,
    )
    return _Server(config, workers, on_ready, _most_connections())


def _most_connections() -> int:
    """Return how many connections this process holds: half of its descriptors stay for the files of the state."""
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CONNECTIONS if most == resource.RLIM_INFINITY else min(MOST_CONNECTIONS, most // 2)


@contextlib.contextmanager
def _bound_socket(port: int) -> Iterator[socket.socket]:
    # The protocol is named, since asyncio sends small answers at once (TCP_NODELAY) only where it knows that it is TCP.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            _bind(bound, port)
        except OSError as error:
            raise _port_refusal(port, error) from error
        yield bound


def _bind(bound: socket.socket, port: int) -> None:
    """Bind; workers of a run that was killed hold its port until they notice, some milliseconds later."""
    until = time.monotonic() + _BIND_SECONDS
    while True:
        try:
            bound.bind((HOST, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() >= until:
                raise
            time.sleep(_BIND_PAUSE_SECONDS)
        else:
            return


def _port_refusal(port: int, error: OSError) -> Exception:
    if error.errno == errno.EADDRINUSE:
        return Misconfigured(f"Port {port} is in use on {HOST}. Stop what listens there, or set PORT to another.")
    if error.errno == errno.EACCES:
        return Misconfigured(f"Port {port} may not be used by this user. Set PORT to one above 1023.")
    return error


def _emulator(settings: Settings, state_dir: Path) -> contextlib.AbstractContextManager[BigQueryEmulator | None]:
    if settings.bigquery_emulator_port is None:
        return contextlib.nullcontext()
    return BigQueryEmulator(state_dir / "bigquery", settings.bigquery_emulator_port)


def _announce(settings: Settings, house: House, state_dir: Path, emulator: BigQueryEmulator | None) -> None:
    address = settings.address
    lines = [
        f"Ready: {address}/ (state in {state_dir}; Ctrl+C stops it)",
        f"Console: {address}/#token={house.admin_token}",
        f"Token: {house.admin_token}",
        f"Try: curl -s {address}/v1/me -H 'Authorization: Bearer {house.admin_token}'",
    ]
    if emulator is not None:
        lines += [f"BigQuery: {emulator.address}, project {PROJECT}", f"Query: {emulator.query_line}"]
    print("\n".join(lines), flush=True)
