"""The BigQuery emulator beside the local run: a process of its own, in an environment of its own."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from domain.errors import Misconfigured

HOST = "127.0.0.1"
PROJECT = "local-project"
ENVIRONMENT = Path(__file__).parent.parent / ".cache" / "local_bigquery"
START_SECONDS = 60.0
STOP_SECONDS = 2.0
# The pipe closes with the process that holds its other end, however that ends: nothing is left running.
_UNTIL_INPUT_ENDS = '"$@" & cat > /dev/null; kill "$!"; wait "$!"'


def is_installed() -> bool:
    return (ENVIRONMENT / "home").is_dir()


class BigQueryEmulator:
    """One emulator on loopback, which keeps its data in a folder."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self.address = f"{HOST}:{port}"
        self._data_dir = data_dir
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it and wait until it answers.

        Raises:
            Misconfigured: it is not installed, or does not start.
        """
        if not is_installed():
            raise Misconfigured("The BigQuery emulator is not installed: run `make local-bigquery`.")
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, self._port))
            except OSError as error:
                message = f"Port {self._port} is in use on {HOST}. Set BIGQUERY_PORT to another."
                raise Misconfigured(message) from error
        self._data_dir.mkdir(parents=True, exist_ok=True)
        log = self._data_dir / "emulator.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own arguments
                [
                    *("sh", "-c", _UNTIL_INPUT_ENDS, "sh", str(ENVIRONMENT / "bin" / "local-bigquery")),
                    *("--host", HOST, "--port", str(self._port), "--grpc-port", str(_free_port())),
                    *("--data-dir", str(self._data_dir / "data"), "--project", PROJECT),
                ],
                env={**os.environ, "HOME": str(ENVIRONMENT / "home")},  # where its extensions are
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl+C ends the run, and the run this, after the last rows are written
            )
        try:
            self._wait_until_it_answers(log)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def query_line(self) -> str:
        """A command that asks it something."""
        query = "SELECT table_name FROM DATASET.INFORMATION_SCHEMA.TABLES"
        body = json.dumps({"useLegacySql": False, "query": query})
        return (
            f"curl -s http://{self.address}/bigquery/v2/projects/{PROJECT}/queries -H 'Content-Type: application/json' "
            f"-d '{body}'"
        )

    def stop(self) -> None:
        """End it; does nothing if it has ended."""
        if self._process is None:
            return
        if self._process.stdin is not None:
            self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def _wait_until_it_answers(self, log: Path) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        address = f"http://{self.address}/bigquery/v2/projects/{PROJECT}/datasets"
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(address, timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise Misconfigured(f"The BigQuery emulator did not start; {log} says why.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
