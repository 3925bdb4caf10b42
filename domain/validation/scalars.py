"""Validates scalars: reads a value as its type stores it, and checks it by each rule."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import inf, nextafter
from typing import Any

from domain.validation import faults as text_of
from domain.validation.core_validator import make_validator
from domain.validation.datetimes import DATETIME_PATTERN
from domain.validation.faults import FaultText
from domain.validation.formats import format_check
from domain.validation.json_text import NumberText
from domain.validation.times import TIMESTAMP_READERS, read_date
from domain.validation.whole_numbers import read_whole
from schemas.codes import Fault
from schemas.data_types import TimestampFormat
from schemas.limits import INT64_MAX, INT64_MIN, MAX_STRING_BYTES

SURELY_SHORT_CHARS = MAX_STRING_BYTES // 4  # no character takes more than four bytes

Check = Callable[[Any], bool]
"""Says whether a stored value keeps a rule."""


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
            return [(frozenset(argument).__contains__, text_of.one_of(argument))]
        case "format":
            return [(format_check(argument), text_of.not_of_format(argument))]
        case "max_bytes":
            return [(lambda value: has_at_most_bytes(value, argument), text_of.max_bytes(argument))]
        case "multiple_of":
            return [(lambda value: value % argument == 0, text_of.multiple_of(argument))]
        case _:  # the others belong to the array
            return []


def rust_pattern(pattern: str) -> str:
    """Return a pattern as pydantic_core's engine has it; what translates it is loaded by the first."""
    from domain.validation.regex import rust_pattern as translated  # noqa: PLC0415 - many revisions have no pattern

    return translated(pattern)


def unnamed_checks_of(rule: Mapping[str, Any]) -> list[tuple[Check, FaultText]]:
    """Return the same checks for a protected value: those that are allowed may be of people, and are not named."""
    return [(check, text_of.ONE_OF if text.code is Fault.ONE_OF else text) for check, text in checks_of(rule)]


@lru_cache(maxsize=1_000)
def _pattern_check(pattern: str) -> Check:
    """Return a linear match by the engine of pydantic_core; revisions that share a pattern share its program."""
    return make_validator({"type": "str", "pattern": pattern}).isinstance_python


def least_double(bound: float) -> float:
    """Return the least double that a lower bound leaves: a bound is compared exactly, and a double may not hold it."""
    double = float(bound)
    return nextafter(double, inf) if double < bound else double


def most_double(bound: float) -> float:
    """Return the greatest double that an upper bound leaves."""
    return -least_double(-bound)


def has_at_most_bytes(value: str, most: int) -> bool:
    """Say whether a string takes at most so many bytes of UTF-8; half a character, which is another's fault, three."""
    return len(value) <= most and (len(value) * 4 <= most or len(value.encode("utf-8", "surrogatepass")) <= most)


def _read_string(value: Any) -> str | FaultText:
    return value if type(value) is str else text_of.TYPE_STRING


def _read_bounded_string(value: Any) -> str | FaultText:
    if type(value) is not str:
        return text_of.TYPE_STRING
    if is_too_long(value):
        return text_of.STRING_TOO_LONG
    return value


def is_too_long(value: str) -> bool:
    """Say whether a string takes over 32,000 bytes of UTF-8."""
    if len(value) <= SURELY_SHORT_CHARS:
        return False
    return not has_at_most_bytes(value, MAX_STRING_BYTES)


def _read_int(value: Any) -> int | FaultText:
    if type(value) is int:  # as most are
        return value if INT64_MIN <= value <= INT64_MAX else text_of.INT_OUT_OF_RANGE
    whole = read_whole(value, text_of.TYPE_INT)
    if isinstance(whole, int) and not INT64_MIN <= whole <= INT64_MAX:
        return text_of.INT_OUT_OF_RANGE
    return whole


def _read_float(value: Any) -> float | FaultText:
    if type(value) is float and -inf < value < inf:
        return value
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
    return value if type(value) is str and _pattern_check(DATETIME_PATTERN)(value) else text_of.TYPE_DATETIME


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "STRING": _read_string,
    "INT": _read_int,
    "FLOAT": _read_float,
    "BOOLEAN": _read_boolean,
    "DATETIME": _read_datetime,
    "DATE": read_date,
}


def reader_of(data_type: str, timestamp_format: str | None, *, bounds_strings: bool) -> Callable[[Any], Any]:
    """Return the function that gives a parsed value as its scalar type stores it, or what is wrong with it.

    Args:
        data_type: a scalar type's name.
        timestamp_format: of a TIMESTAMP; Unix seconds where it is not said.
        bounds_strings: whether a STRING of over 32,000 bytes is a fault, as in revisions of the first edition.
    """
    if data_type == "TIMESTAMP":
        return TIMESTAMP_READERS[timestamp_format or TimestampFormat.UNIX_SECONDS]
    if data_type == "STRING" and bounds_strings:
        return _read_bounded_string
    return _READERS[data_type]


def stored_default(field: Mapping[str, Any]) -> Any:
    """Return a field's default as it is stored; it stands in the schema as a sender would write it."""
    default, timestamp_format = field.get("default"), field.get("format")
    if default is None or timestamp_format is None:
        return default
    read = TIMESTAMP_READERS[timestamp_format]
    return [read(_exact(element)) for element in default] if isinstance(default, list) else read(_exact(default))


def _exact(value: Any) -> Any:
    return NumberText(repr(value)) if type(value) is float else value


def has_too_long_string(document: dict[str, Any]) -> bool:
    """Say whether a stored document holds a string of over 32,000 bytes; called for large events only."""
    unread: list[Any] = [document]
    while unread:
        holder = unread.pop()
        for value in holder.values() if type(holder) is dict else holder:
            if isinstance(value, str):
                if len(value) > SURELY_SHORT_CHARS and is_too_long(value):
                    return True
            elif type(value) is dict or type(value) is list:
                unread.append(value)
    return False
