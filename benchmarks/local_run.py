"""A local run of its own, as a process that a measurement or a test starts, kills and ends."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from local.api_client import ManagementClient

ROOT = Path(__file__).parent.parent
START_SECONDS = 90.0  # the BigQuery emulator beside it has 60 of them
_WORKER = b"_worker"
STOP_SECONDS = 10.0  # what the local run promises


def free_port() -> int:
    """Return a port of loopback that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _told(path: Path) -> bytes:
    """Return what Linux tells of a process or a thread; nothing of one that has ended meanwhile."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


class LocalRun:
    """One state folder and port; may be started again after it ended.

    What the process writes to its standard error goes to `<state folder>.log`.
    """

    def __init__(
        self,
        state_dir: Path,
        *,
        buffer_seconds: float = 0.2,
        environment: Mapping[str, str] | None = None,
        workers: int = 1,
        program: str = "local",
    ) -> None:
        self.state_dir = state_dir
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = state_dir.with_name(f"{state_dir.name}.log")
        self.ready_lines: list[str] = []
        self._program = program
        self._environment = {
            **{name: value for name, value in os.environ.items() if name != "ADMIN_TOKEN"},
            "PORT": str(self.port),
            "STATE_DIR": str(state_dir),
            "BUFFER_SECONDS": str(buffer_seconds),
            "WORKERS": str(workers),
            **(environment or {}),
        }
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self.kill()

    @property
    def process(self) -> "subprocess.Popen[str]":
        assert self._process is not None, "the local run has not been started"
        return self._process

    @property
    def worker_ids(self) -> list[int]:
        """The processes of the ingest workers, as Linux knows them."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        children = [int(child) for task in tasks for child in _told(task / "children").split()]
        return [child for child in children if _WORKER in _told(Path(f"/proc/{child}/cmdline"))]

    @property
    def cpu_seconds(self) -> float:
        """What the main process and its ingest workers have taken of the processor, as Linux knows it."""
        ticks = 0
        for process_id in (self.process.pid, *self.worker_ids):
            fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    @property
    def token(self) -> str:
        """The admin token, as the run printed it."""
        return next(line for line in self.ready_lines if line.startswith("Token: ")).removeprefix("Token: ")

    def client(self) -> ManagementClient:
        return ManagementClient(self.address, self.token)

    def start(self) -> None:
        """Start the process and wait until it says that it can serve.

        Raises:
            RuntimeError: it ended, or was silent for too long; the message holds the end of its log.
        """
        with self.log.open("a") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", self._program],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        output = self._process.stdout
        assert output is not None
        too_late = threading.Timer(START_SECONDS, self._process.kill)
        too_late.start()
        try:
            self.ready_lines = []
            while not self.ready_lines or self.ready_lines[-1].startswith(("Ready: ", "Console: ", "Token: ")):
                line = output.readline()
                if not line:
                    self._reap()
                    raise RuntimeError(f"the local run did not start: {self.log.read_text()[-2000:]}")
                self.ready_lines.append(line.rstrip("\n"))
        finally:
            too_late.cancel()

    def kill(self) -> None:
        """End the process at once, as a power cut would; does nothing if it has ended."""
        self.process.kill()
        self._reap()

    def terminate(self) -> int:
        """Ask the process to end; return its status.

        Raises:
            TimeoutError: it did not end within the promised time, and was killed.
        """
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise TimeoutError("the local run did not end in time") from error
        return self._reap()

    def _reap(self) -> int:
        status = self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._process = None
        return status
