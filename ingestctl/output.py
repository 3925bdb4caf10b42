"""What a command says: JSON for scripts, tables for people; results on the standard output, problems beside it.

A terminal or a log need not be able to show every character, and must not be controlled by what others wrote: what
can't be shown is escaped, so that saying what was done never fails for a character.
"""

import codecs
import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from ingestctl.problems import Refused

# Wide enough that a pipe gets every row on one line.
PIPE_COLUMNS = 1_000

_BEYOND_LATIN_LETTERS = re.compile(r"[^\n -~]")
_CONTROLLING = frozenset({"Cc", "Cf"})


def called(environment: dict[str, Any] | None) -> str:
    """Return what an environment of any organisation is called; nothing of one that is gone."""
    if environment is None:
        return ""
    return f"{environment['name']} ({environment['endpoint_name']}, {environment['organisation_name']})"


def counted(number: int, noun: str) -> str:
    """Return `1 event`, `1,200 events`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def plain(value: object) -> str:
    """Return a value as a terminal may show it: what others wrote must not control it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    text = str(value).replace("\n", " ").replace("\t", " ")
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(char) in _CONTROLLING else char for char in text)


def json_text(value: Any, encoding: str, indent: int | None = None) -> str:
    """Return a value as JSON that a stream of this encoding can hold, and that controls no terminal.

    Control characters, bidirectional overrides and all that the encoding lacks become JSON's own escapes, so that a
    program that parses the text gets every value as it is.
    """
    text = json.dumps(value, ensure_ascii=not _holds_unicode(encoding), indent=indent)
    return _BEYOND_LATIN_LETTERS.sub(_escaped, text)


def _holds_unicode(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name.startswith("utf")
    except LookupError:
        return False


def _escaped(found: re.Match[str]) -> str:
    char = found[0]
    # Halves of characters, which no encoding holds, become escapes as well.
    return json.dumps(char)[1:-1] if unicodedata.category(char) in {*_CONTROLLING, "Cs"} else char


class Output:
    """Writes results and problems, as JSON if `as_json`."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        self._out = _console(sys.stdout)
        self._err = _console(sys.stderr)

    def json(self, value: Any) -> None:
        print(json_text(value, sys.stdout.encoding, indent=2))  # noqa: T201 - the result

    def json_line(self, value: Any) -> None:
        print(json_text(value, sys.stdout.encoding), flush=True)  # noqa: T201 - the result

    def line(self, text: str) -> None:
        """Say one line of a result."""
        self._out.print(plain(text), soft_wrap=True)

    def remark(self, text: str) -> None:
        """Say one line beside the result; scripts get none."""
        if not self.as_json:
            self._err.print(plain(text), soft_wrap=True)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Show rows under headings; what is not text is shown as it is written in JSON."""
        rows = list(rows)
        table = Table(box=None, pad_edge=False, header_style="bold")
        for index, column in enumerate(columns):
            numbers = all(isinstance(row[index], int) for row in rows)
            table.add_column(column, overflow="fold", justify="right" if numbers else "left")
        for row in rows:
            table.add_row(*map(plain, row))
        self._out.print(table)

    def fields(self, pairs: Iterable[tuple[str, object]]) -> None:
        """Show the fields of one thing, one a line."""
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in pairs:
            table.add_row(name, plain(value))
        self._out.print(table)

    def problem(self, problem: Refused) -> None:
        """Say why something was refused, with every fault at its place."""
        if self.as_json:
            print(json_text(problem.document(), sys.stderr.encoding), file=sys.stderr)  # noqa: T201 - as asked for
            return
        status = "" if problem.status is None else f" ({problem.status})"
        self.remark(f"{problem.code}{status}: {_reason(problem)}")
        for error in problem.errors:
            self.remark(f"  {fault_line(error)}")
        if problem.status is not None and problem.request_id and problem.status >= 500:
            self.remark(f"  request {problem.request_id}")

    @contextmanager
    def waiting(self, text: str, seconds: float | None = None) -> Iterator[Progress]:
        """Show that something is waited for: a bar if it is known how long, else a spinner; only to a terminal."""
        columns = [SpinnerColumn(), TextColumn("{task.description}", markup=False)]
        bar = [] if seconds is None else [BarColumn()]
        progress = Progress(*columns, *bar, console=self._err, transient=True, disable=not self._err.file.isatty())
        with progress:
            progress.add_task(plain(text), total=seconds)
            yield progress


def _reason(problem: Refused) -> str:
    """Return what the API says, or how many faults follow if it says the first of them."""
    count = len(problem.errors)
    if count == 0 or not problem.message.startswith(_said(problem.errors[0])):
        return problem.message
    return f"{'more than ' if problem.has_more else ''}{count} {'fault' if count == 1 else 'faults'}"


def fault_line(error: dict[str, Any]) -> str:
    """Return an error as editors and build logs understand it: `file:line:column: pointer: message (code)`."""
    place = f"{error['file']}:{error['line']}:{error['column']}: " if "file" in error else ""
    return f"{place}{_said(error)} ({error.get('code')})"


def _said(error: dict[str, Any]) -> str:
    pointer = f"{error['pointer']}: " if error.get("pointer") else ""
    return f"{pointer}{error.get('message')}"


def _console(stream: TextIO) -> Console:
    width = None if stream.isatty() else PIPE_COLUMNS
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)
