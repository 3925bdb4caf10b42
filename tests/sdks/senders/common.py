"""What every sender in Python shares: the calls come as JSON on standard input, what the SDK reports goes out so."""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class _Failures(logging.Handler):
    """Takes what an SDK logs as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.noted: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.noted.append(record.getMessage())

    def note(self, *args: Any) -> None:
        """Note a failure that the SDK reports to its caller."""
        self.noted.append(repr(args))


@contextmanager
def order() -> Iterator[tuple[str, str, list[dict[str, Any]], Any]]:
    """Yield address, key, calls and what notes a failure; write all failures at the end."""
    failures = _Failures()
    logging.getLogger().addHandler(failures)
    given = json.load(sys.stdin)
    try:
        yield given["address"], given["key"], given["calls"], failures.note
    finally:
        print(json.dumps({"failures": failures.noted}))
