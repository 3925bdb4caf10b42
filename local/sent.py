"""What a run on one machine sends to queues, streams and buses of users: lines of files below the state directory.

No role is taken on here, and nothing leaves the machine.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from connectors.entries import OpenCalls
from domain.delivery.connectors import Connector, Target
from domain.delivery.entries import EntryCalls
from domain.delivery.ports import PutResults
from local.standing_in import StandingIn

_NO_ROLE = "Local run: the role was not tested."
_FILE = "Local run: what is sent is kept in a file of the state directory."

_MAX_NAME_CHARS = 200  # a file system takes 255


class SentFile:
    """Implements `EntryCalls`: an entry is a line."""

    def __init__(self, path: Path, lock: threading.Lock) -> None:
        self._path = path
        self._lock = lock

    def put(self, entries: Sequence[Mapping[str, Any]]) -> PutResults:
        lines = b"".join(orjson.dumps(entry, default=_text, option=orjson.OPT_APPEND_NEWLINE) for entry in entries)
        with self._lock:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                file.write(lines)
        return [None] * len(entries)


def sent_to_files(folder: Path, place: str, connector_from: Callable[[OpenCalls], Connector]) -> Connector:
    """Return a connector that keeps what it sends in `folder`, in a file for each queue, stream or bus.

    `place` is the field of a destination that says which one it is.
    """
    lock = threading.Lock()

    def open_calls(target: Target) -> EntryCalls:
        name = quote(target.destination[place].removeprefix("https://"), safe=":")
        return SentFile(folder / f"{name[-_MAX_NAME_CHARS:]}.ndjson", lock)

    return StandingIn(connector_from(open_calls), _FILE, {"role": _NO_ROLE})


def _text(value: object) -> str:
    assert isinstance(value, bytes), "entries hold text and bytes"
    return value.decode()
