"""Judges scalars: reads a value as its type stores it, and checks it by each rule."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import inf
from typing import Any

from pydantic_core import SchemaValidator

from domain.intake import faults as text_of
from domain.intake.datetimes import DATETIME_PATTERN
from domain.intake.faults import FaultText
from domain.intake.json_text import NumberText, whole_number
from domain.intake.regex import rust_pattern
from schemas.limits import (
    INT64_MAX,
    INT64_MIN,
    MAX_STRING_BYTES,
    TIMESTAMP_MAX_SECONDS,
    TIMESTAMP_MIN_SECONDS,
)

_MAX_MILLISECONDS = TIMESTAMP_MAX_SECONDS * 1_000
_SURELY_SHORT_CHARS = MAX_STRING_BYTES // 4  # no character takes more than four bytes

Check = Callable[[Any], bool]
"""Says whether a stored value keeps a rule."""


class NeedsExactText(Exception):  # noqa: N818 - asks for a second reading
    """A number's own text decides, and the value at hand has been rounded: parse the event with `NumberText`."""


def checks_of(rule: Mapping[str, Any]) -> list[tuple[Check, FaultText]]:
    """Return the checks of one rule on a scalar, each with what it says when it fails; none for an array's rules."""
    argument = rule["value"]
    match rule["rule"]:
        case "regex":
            return [(_pattern_check(rust_pattern(argument)), text_of.REGEX)]
        case "min_length":
            return [(lambda value: len(value) >= argument, text_of.min_length(argument))]
        case "max_length":
            return [(lambda value: len(value) <= argument, text_of.max_length(argument))]
        case "min_value":
            return [(lambda value: value >= argument, text_of.min_value(argument))]
        case "max_value":
            return [(lambda value: value <= argument, text_of.max_value(argument))]
        case "one_of":
            return [(frozenset(argument).__contains__, text_of.ONE_OF)]
        case _:  # min_items and max_items belong to the array
            return []


@lru_cache(maxsize=1_000)
def _pattern_check(pattern: str) -> Check:
    """Return a linear match by the engine of the fast validator; revisions that share a pattern share its program."""
    return SchemaValidator({"type": "str", "pattern": pattern}).isinstance_python


_is_datetime = _pattern_check(DATETIME_PATTERN)


def _read_string(value: Any) -> str | FaultText:
    if type(value) is not str:
        return text_of.TYPE_STRING
    if is_too_long(value):
        return text_of.STRING_TOO_LONG
    return value


def is_too_long(value: str) -> bool:
    """Say whether a string takes over 32,000 bytes of UTF-8."""
    if len(value) <= _SURELY_SHORT_CHARS:
        return False
    return len(value) > MAX_STRING_BYTES or len(value.encode()) > MAX_STRING_BYTES


def _read_whole(value: Any, wrong_type: FaultText) -> int | FaultText:
    if type(value) is int:
        return value
    if isinstance(value, NumberText):
        whole = whole_number(value.text)
        return wrong_type if whole is None else whole
    if type(value) is not float:
        return wrong_type
    if value.is_integer() or value in {inf, -inf}:
        raise NeedsExactText
    return wrong_type


def _read_int(value: Any) -> int | FaultText:
    whole = _read_whole(value, text_of.TYPE_INT)
    if isinstance(whole, int) and not INT64_MIN <= whole <= INT64_MAX:
        return text_of.INT_OUT_OF_RANGE
    return whole


def _read_timestamp(value: Any) -> int | FaultText:
    whole = _read_whole(value, text_of.TYPE_TIMESTAMP)
    if isinstance(whole, int) and not TIMESTAMP_MIN_SECONDS <= whole <= TIMESTAMP_MAX_SECONDS:
        if TIMESTAMP_MAX_SECONDS < whole <= _MAX_MILLISECONDS:
            return text_of.TIMESTAMP_IN_MILLISECONDS
        return text_of.TIMESTAMP_OUT_OF_RANGE
    return whole


def _read_float(value: Any) -> float | FaultText:
    if type(value) is not int and not isinstance(value, float):
        return text_of.TYPE_FLOAT
    try:
        number = float(value)
    except OverflowError:
        return text_of.FLOAT_OUT_OF_RANGE
    return number if -inf < number < inf else text_of.FLOAT_OUT_OF_RANGE


def _read_boolean(value: Any) -> bool | FaultText:
    return value if type(value) is bool else text_of.TYPE_BOOLEAN


def _read_datetime(value: Any) -> str | FaultText:
    return value if type(value) is str and _is_datetime(value) else text_of.TYPE_DATETIME


READERS: Mapping[str, Callable[[Any], Any]] = {
    "STRING": _read_string,
    "INT": _read_int,
    "FLOAT": _read_float,
    "BOOLEAN": _read_boolean,
    "DATETIME": _read_datetime,
    "TIMESTAMP": _read_timestamp,
}
