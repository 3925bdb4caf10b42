"""What `additional_keys: keep` stores beside the fields: `_extra`, all that no field names by its JSON Pointer.

It never refuses an event: what a stored line can't hold stands in it as its JSON text, in a string.
"""

from collections.abc import Callable, Mapping
from json.encoder import encode_basestring_ascii
from typing import Any

import orjson

from domain.json_kinds import is_text, spelled
from domain.validation.json_text import NumberText, may_hold_long_fraction
from domain.validation.unnamed import NamedPlaces

DROPPED = ""
"""The pointer under which `_extra` says how many values it has no room for: `{"dropped": n}`."""


def parsed_event(text: bytes, may_parse_exactly: Callable[[bytes], bool] = lambda _: True) -> Any:
    """Parse the text of an accepted event; a number that no double holds comes with its text, lone surrogates as such.

    Whole numbers of 64 bits come as such, however they are written, where no double holds them; others beyond 64 bits
    are rounded. `may_parse_exactly` is asked before the slower way is gone.

    Raises:
        ValueError: it is no JSON, or may not be parsed exactly.
    """
    try:
        event = orjson.loads(text)
    except orjson.JSONDecodeError:
        if not may_parse_exactly(text):
            raise
        return _exact(text)
    return _exact(text) if may_hold_long_fraction(text) and may_parse_exactly(text) else event


class Extra:
    """Makes `_extra` of the events for which the same fields are in force."""

    __slots__ = ("_unnamed_in",)

    def __init__(self, places: NamedPlaces) -> None:
        """Take what the fields in force name, with what is never kept: what stands in a protected place."""
        self._unnamed_in = places.unnamed_in

    def of(self, event: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return `_extra` of an accepted event that `orjson` parsed; None where all is named."""
        found, more = self._unnamed_in(event)
        return _counted(dict(found), more) if found else None

    def of_text(self, text: bytes) -> dict[str, Any] | None:
        """Return `_extra` of an accepted event by its text, whatever stands in it; None where all is named."""
        try:
            event = orjson.loads(text)
            return self.of(_exact(text) if may_hold_long_fraction(text) else event)
        except orjson.JSONDecodeError:
            found, more = self._unnamed_in(_exact(text))
            return _counted({spelled(pointer): _holdable(value) for pointer, value in found}, more) if found else None


def fitting(extra: Mapping[str, Any], room: int) -> dict[str, Any] | None:
    """Return the first values of `_extra` that so many bytes have room for, and how many are left out; or nothing."""
    if room < _BYTES_OF_DROPPED:
        return None
    all_values = dict(extra)
    more = all_values.pop(DROPPED, _NONE_DROPPED)["dropped"]
    kept: dict[str, Any] = {}
    left = room - _BYTES_OF_DROPPED
    for pointer, value in all_values.items():
        left -= len(orjson.dumps(pointer)) + len(orjson.dumps(value)) + len(":,")
        if left < 0:
            break
        kept[pointer] = value
    return _counted(kept, more + len(all_values) - len(kept))


_NONE_DROPPED = {"dropped": 0}
_BYTES_OF_DROPPED = len(orjson.dumps({DROPPED: {"dropped": 10**6}}))


def _counted(extra: dict[str, Any], dropped: int) -> dict[str, Any]:
    if dropped:
        extra[DROPPED] = {"dropped": dropped}
    return extra


def _exact(text: bytes) -> Any:
    """Parse JSON text with every number as it is kept, and one beyond all doubles as `NumberText`."""
    from domain.validation.exact_numbers import kept_value  # noqa: PLC0415 - few events need it

    return kept_value(text)


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
