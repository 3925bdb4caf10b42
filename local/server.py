"""The life of a local run: hold the state, serve, say so, and on a signal finish what was begun."""

import asyncio
import contextlib
import errno
import logging
import os
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
STOP_SECONDS = 8.5  # the whole of a stop, with a margin to the ten seconds that are promised


def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT, then deliver what the buffers and queues hold.

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
                server = _make_server(front, lambda: _announce(settings, house, state_dir, emulator))
                stop.ends(server)
                try:
                    asyncio.run(server.serve(sockets=[bound]))
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
    """uvicorn without its own signals, which would end the process with the signal's status."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()


def _make_server(app: AsgiApp, on_ready: Callable[[], None]) -> _Server:
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
    return _Server(config, on_ready)


@contextlib.contextmanager
def _bound_socket(port: int) -> Iterator[socket.socket]:
    # The protocol is named, since asyncio sends small answers at once (TCP_NODELAY) only where it knows that it is TCP.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((HOST, port))
        except OSError as error:
            raise _port_refusal(port, error) from error
        yield bound


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
