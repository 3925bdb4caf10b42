"""A local run of one's own, as `ingestctl local` starts it, with an environment for each schema."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import threading
from typing import TYPE_CHECKING, Any

from ingest_endpoints.testing.environment import Environment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

START_SECONDS = 90.0
STOP_SECONDS = 15.0
COMMAND_VARIABLE = "INGESTCTL"


class NotStarted(RuntimeError):  # noqa: N818 - says what is the case
    """The local run ended before it served, or took too long; its own words are on the standard error."""


class LocalRun:
    """Runs from its making to `close`, or to the end of a `with` block; it ends with this process in any case.

    `environments` holds one for each schema, by its name: the schema's, or that of its file.
    """

    def __init__(self, schemas: Sequence[str | os.PathLike[str]], *, command: Sequence[str] | None = None) -> None:
        """Start a run that serves schemas (YAML or JSON files, as `ingestctl revisions pull` writes them).

        `command` is what `ingestctl` is called as; unless given, the variable INGESTCTL says it, and it is
        `ingestctl` without one.

        Raises:
            NotStarted: it does not serve; FileNotFoundError: there is no such command.
        """
        called = command or shlex.split(os.environ.get(COMMAND_VARIABLE) or "ingestctl")
        options = [part for schema in schemas for part in ("--schema", os.fspath(schema))]
        self._process = subprocess.Popen(  # noqa: S603 - the caller's own command
            [*called, "local", "--port", "0", *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
        try:
            said = self._first_line()
        except BaseException:
            self.close()
            raise
        self.address: str = said["address"]
        self.token: str = said["token"]
        self.environments: dict[str, Environment] = {
            row["name"]: Environment(
                self.address, self.token, row["environment_id"], name=row["name"], address=row["address"]
            )
            for row in said["environments"]
        }

    def __enter__(self) -> LocalRun:  # noqa: PYI034 - Self came with Python 3.11
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the run; what it kept goes with it."""
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _first_line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        too_late = threading.Timer(START_SECONDS, self._process.kill)
        too_late.daemon = True
        too_late.start()
        try:
            line = self._process.stdout.readline()
        finally:
            too_late.cancel()
        try:
            said: dict[str, Any] = json.loads(line)
        except ValueError:
            raise NotStarted("The local run did not start; what it said is above.") from None
        return said
