"""What `additional_keys: keep` stores beside the fields: `_extra`, all that no field names by its JSON Pointer.

It never refuses an event: what a stored line can't hold stands in it as its JSON text, in a string.
"""

import json
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring_ascii
from typing import Any

import orjson

from domain.json_kinds import is_text
from domain.validation.json_text import NumberText
from domain.validation.unnamed import UnnamedByRevision
from schemas.limits import INT64_MIN, MAX_EVENT_BYTES, UINT64_MAX

DROPPED = ""
"""The pointer under which `_extra` says how many values it has no room for: `{"dropped": n}`."""

_INFINITY = float("inf")
_MAY_BE_INFINITE = b"null"
"""What the encoder writes for an infinite number, too."""


def parsed_event(text: bytes) -> Any:
    """Parse the text of an accepted event; a number that no double holds comes with its text, lone surrogates as such.

    Integers beyond 64 bits are rounded to doubles.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return _exact(text)


def spelled(key: str) -> str:
    """Return a key as a line can hold it: with lone surrogates as JSON escapes them."""
    return key if is_text(key) else encode_basestring_ascii(key)[1:-1]


class Extra:
    """Makes `_extra` of the events of one revision."""

    __slots__ = ("_unnamed",)

    def __init__(self, fields: Sequence[Mapping[str, Any]]) -> None:
        """Take a revision's root fields, all of them."""
        self._unnamed = UnnamedByRevision(fields, with_protected=False)

    def of(self, event: Mapping[str, Any], room: int = MAX_EVENT_BYTES) -> tuple[dict[str, Any], bytes] | None:
        """Return `_extra` of an accepted event, and its JSON; None where all is named, or there is no room for any.

        Args:
            event: as `parsed_event` parses it.
            room: bytes that it may have in the stored line.
        """
        found, more = self._unnamed.of(event)
        if not found:
            return None
        extra = dict(found)
        encoded = _encoded(extra)
        if encoded is None or _MAY_BE_INFINITE in encoded:
            extra = {spelled(pointer): _holdable(value) for pointer, value in found}
            encoded = orjson.dumps(extra)
        if more or len(encoded) > room:
            return _cut(extra, more, room)
        return extra, encoded


_BYTES_OF_DROPPED = len(orjson.dumps({DROPPED: {"dropped": 10**6}}))


def _cut(extra: dict[str, Any], more: int, room: int) -> tuple[dict[str, Any], bytes] | None:
    """Return the first values that there is room for, and how many are left out."""
    kept: dict[str, Any] = {}
    left = room - _BYTES_OF_DROPPED
    for pointer, value in extra.items():
        left -= len(orjson.dumps(pointer)) + len(orjson.dumps(value)) + len(":,")
        if left < 0:
            break
        kept[pointer] = value
    if room < _BYTES_OF_DROPPED:
        return None
    kept[DROPPED] = {"dropped": more + len(extra) - len(kept)}
    return kept, orjson.dumps(kept)


def _encoded(extra: dict[str, Any]) -> bytes | None:
    try:
        return orjson.dumps(extra)
    except TypeError:  # lone surrogates
        return None


def _exact(text: bytes) -> Any:
    """Parse JSON text by the standard library, with every number that no double holds as `NumberText`."""
    return json.loads(text.decode(), parse_float=_number, parse_int=_integer)


def _number(text: str) -> float:
    value = float(text)
    return value if -_INFINITY < value < _INFINITY else NumberText(text)


def _integer(text: str) -> int | float:
    if len(text) <= _MAX_64_BIT_DIGITS:
        value = int(text)
        if INT64_MIN <= value <= UINT64_MAX:
            return value
    return _number(text)


_MAX_64_BIT_DIGITS = 20


def _holdable(value: Any) -> Any:
    """Return a value as a line can hold it; nested no deeper than an event."""
    match value:
        case NumberText():
            return value.text
        case str():
            return value if is_text(value) else encode_basestring_ascii(value)
        case list():
            return [_holdable(element) for element in value]
        case dict():
            return {spelled(key): _holdable(member) for key, member in value.items()}
    return value
