"""A local run as a process of ours, for as long as the command that asked for it runs."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ingestctl.problems import Refused

ROOT = Path(__file__).parents[1]
START_SECONDS = 60.0
STOP_SECONDS = 10.0
LOOK_SECONDS = 0.2
HOST = "127.0.0.1"
_TOKEN, _LAST = "Token: ", "Try: "


class Running(NamedTuple):
    """A run that serves."""

    process: "subprocess.Popen[str]"
    address: str
    token: str


def free_port() -> int:
    """Return a port of loopback that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def local_run(port: int, state_dir: Path) -> Iterator[Running]:
    """Give a run that keeps all events for taps; it ends with the context.

    Raises:
        Refused: no_checkout: this command line was installed without the server. not_started: the process ended, or did
            not serve in time; what it said went to the standard error.
    """
    if not (ROOT / "local" / "__main__.py").is_file():
        raise Refused("no_checkout", "This needs the server, which is not installed: run bin/ingestctl of a checkout.")
    variables = {
        **{name: value for name, value in os.environ.items() if name != "ADMIN_TOKEN"},
        "PORT": str(port),
        "STATE_DIR": str(state_dir),
        "BUFFER_SECONDS": "0.2",
        "TAPS": "all",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "local"],
        cwd=ROOT,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a Ctrl+C reaches us alone, and we end it
    )
    try:
        yield Running(process, f"http://{HOST}:{port}", _token_of(process))
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def wait_for_the_end(run: Running, parent: int) -> None:
    """Return once the run has ended, or the process that started us."""
    while run.process.poll() is None and os.getppid() == parent:
        time.sleep(LOOK_SECONDS)


def _token_of(process: "subprocess.Popen[str]") -> str:
    """Return the token that a run prints once it serves."""
    assert process.stdout is not None
    too_late = threading.Timer(START_SECONDS, process.kill)
    too_late.daemon = True
    too_late.start()
    token = ""
    try:
        for line in process.stdout:
            if line.startswith(_TOKEN):
                token = line.removeprefix(_TOKEN).strip()
            if line.startswith(_LAST) and token:
                return token
    finally:
        too_late.cancel()
    raise Refused("not_started", "The local run did not start; what it said is above.")
