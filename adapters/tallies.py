"""Tallies: what one handler has counted, as a message of a queue. The usage writer takes them and adds them up.

A tally has an id of its own, so that it is added once however often its message comes. Its rows travel by column, since
those of a column look alike: deflated, a row takes some 80 bytes, most of which are ids.
"""

import binascii
import os
import threading
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import orjson

from domain.delivery.ports import QueueSink
from domain.errors import Undelivered
from domain.late_log import LateLog
from domain.metering.ports import UsageSums

MAX_TALLY_BYTES = 300_000
"""Of its rows as JSON. A row with as many names as it may have, each as long as it may be, takes 200,000."""
_LEVEL = 6
_ALWAYS = {"environment_id", "revision_id", "minute"}
_IDS = ("environment_id", "revision_id", "endpoint_id", "organisation_id")
_COUNTS_BY_TEXT = ("codes", "other_names")
_COUNTS_BY_TWO_TEXTS = ("names", "protocols")

_log = LateLog(__name__)


class Tally(NamedTuple):
    """One message, read."""

    tally_id: str
    """32 hexadecimal digits, drawn by who counted."""
    rows: bytes
    """As `packed` returns them."""


class TallySink:
    """Implements `UsageSink` by a queue; all methods may be called from any thread.

    What the queue did not take, or may have taken without an answer, is kept with its id and comes first the next
    time. Until then nothing new is taken, and what counts goes on adding up in memory.
    """

    def __init__(self, queue: QueueSink) -> None:
        self._queue = queue
        self._lock = threading.Lock()
        self._unsent: list[str] = []

    def add(self, sums: Sequence[UsageSums]) -> None:
        """Send rows; with none, only send what an earlier call left.

        Raises:
            Undelivered: nothing of these rows was taken. What is left when some of them can't be sent is this
                object's to send, at the next call.
        """
        with self._lock:
            self._send()
            self._unsent = [text_of(rows) for rows in _parts(sums)]
            try:
                self._send()
            except Undelivered as error:
                _log.warning("%s tallies of usage are sent later: %s", len(self._unsent), error)

    def _send(self) -> None:
        if not self._unsent:
            return
        results = self._queue.send(self._unsent)
        self._unsent = [text for text, failure in zip(self._unsent, results, strict=True) if failure is not None]
        for failure in results:
            if failure is not None:
                raise Undelivered(failure.reason, retryable=failure.retryable)


def text_of(rows: bytes) -> str:
    """Return the message of a new tally."""
    return f"{os.urandom(16).hex()} {binascii.b2a_base64(rows, newline=False).decode()}"


def tally_from(text: str) -> Tally:
    """Return what a message holds.

    Raises:
        ValueError: it is none.
    """
    tally_id, _, rows = text.partition(" ")
    if len(tally_id) != 32 or not set(tally_id) <= set("0123456789abcdef"):
        raise ValueError("not the message of a tally")
    return Tally(tally_id, binascii.a2b_base64(rows, strict_mode=True))


def packed(rows: Sequence[UsageSums]) -> tuple[bytes, int]:
    """Return rows by column, deflated, and how many bytes of JSON they are."""
    text = _json_of(rows)
    return _deflated(text), len(text)


def _json_of(rows: Sequence[UsageSums]) -> bytes:
    columns = {name: [getattr(row, name) for row in rows] for name in UsageSums.__slots__}
    sent = {name: values for name, values in columns.items() if any(values) or name in _ALWAYS}
    return orjson.dumps(sent, option=orjson.OPT_NON_STR_KEYS)  # codes are texts of a kind of their own


def _deflated(text: bytes) -> bytes:
    return zlib.compress(text, _LEVEL)


def unpacked(data: bytes, max_bytes: int) -> list[UsageSums]:
    """Return the rows that `packed` was given.

    Raises:
        ValueError: they can't be read, or take more than so many bytes of JSON.
    """
    inflating = zlib.decompressobj()
    try:
        text = inflating.decompress(data, max_bytes)
        if not inflating.eof:
            raise ValueError("rows that are cut off, or too many")
        columns = orjson.loads(text)
        for name, values in columns.items():
            _check(name, values)
        return [UsageSums(**dict(zip(columns, values, strict=True))) for values in zip(*columns.values(), strict=True)]
    except (zlib.error, AttributeError, TypeError) as error:
        raise ValueError(f"not rows of usage: {type(error).__name__}") from None


def _check(name: str, values: Iterable[Any]) -> None:
    """Raise `ValueError` if a column holds what can't be added up: it would hold up all that it is added to."""
    if name in _COUNTS_BY_TWO_TEXTS:
        _check_all(values, dict)
        values = [counts for by_text in values for counts in by_text.values()]
    if name in _COUNTS_BY_TWO_TEXTS or name in _COUNTS_BY_TEXT:
        _check_all(values, dict)
        values = [count for counts in values for count in counts.values()]
    _check_all(values, str if name in _IDS else int)


def _check_all(values: Iterable[Any], kind: type) -> None:
    if not {type(value) for value in values} <= {kind}:
        raise ValueError("a column that holds something else")


def _parts(rows: Sequence[UsageSums]) -> Iterator[bytes]:
    """Yield all rows packed, in as few parts as hold them; halved until each does."""
    if not rows:
        return
    text = _json_of(rows)
    if len(text) <= MAX_TALLY_BYTES or len(rows) == 1:
        yield _deflated(text)
        return
    half = len(rows) // 2
    yield from _parts(rows[:half])
    yield from _parts(rows[half:])
