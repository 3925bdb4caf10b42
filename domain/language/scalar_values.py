"""Validates values that are written in a revision, its defaults and its lists of choices, as ingest validates events.

Numbers become what ingest would compare: a whole number for INT and for a TIMESTAMP that is sent as one, a double for
FLOAT. A moment stays in the format in which it is sent, so that what is written can be saved again.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any

from domain.language.budget import UNLIMITED, Budget
from domain.language.regex_check import matches, regex_size
from domain.validation.datetimes import DATETIME_PATTERN
from domain.validation.formats import format_check
from domain.validation.times import UNITS_PER_SECOND, least_and_most, read_date, text_from_rfc3339
from schemas.data_types import DataType, InnerKind, Kind, RuleName, TimestampFormat
from schemas.limits import INT64_MAX, INT64_MIN, MAX_EVENT_BYTES, UINT64_MAX

_DATETIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?", re.ASCII)
_DATETIME_THAT_EXISTS = re.compile(DATETIME_PATTERN)


class Misfit(Exception):  # noqa: N818 - a finding about what was written
    """A value that is not of its field's type; the text is a plain sentence without the value."""


def value_as(data_type: DataType, value: Any, timestamp_format: str | None = None) -> Any:
    """Return a scalar as ingest would read it under `data_type`.

    Args:
        data_type: a type that no array is.
        value: parsed JSON.
        timestamp_format: of a TIMESTAMP; `unix_seconds` if there is none.

    Raises:
        Misfit: it is not of that type.
    """
    match data_type:
        case DataType.STRING:
            return _string(value)
        case DataType.INT:
            return _whole(value, INT64_MIN, INT64_MAX, "must lie in the signed 64-bit range")
        case DataType.TIMESTAMP:
            return _moment(value, timestamp_format or TimestampFormat.UNIX_SECONDS)
        case DataType.FLOAT:
            return _float(value)
        case DataType.BOOLEAN:
            if not isinstance(value, bool):
                raise Misfit("It must be true or false.")
            return value
        case DataType.DATETIME:
            return _datetime(value)
        case DataType.DATE:
            if not isinstance(read_date(value), str):
                raise Misfit("It must read `YYYY-MM-DD`, a day that exists.")
            return value
        case DataType.JSON:
            return [_json(part) for part in value] if isinstance(value, list) else _json(value)
    raise Misfit("It must be a scalar.")


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise Misfit("It must be a string.")
    try:
        size_bytes = len(value.encode())
    except UnicodeEncodeError:
        raise Misfit("It holds half of a surrogate pair, which is no Unicode text.") from None
    if size_bytes > MAX_EVENT_BYTES:
        raise Misfit(f"It has more than {MAX_EVENT_BYTES:,} bytes in UTF-8.")
    return value


def _json(value: Any) -> Any:
    match value:
        case bool():
            return value
        case str():
            return _string(value)
        case int() if INT64_MIN <= value <= UINT64_MAX:
            return value
        case int() | float():
            return _float(value)
    raise Misfit("It must be a scalar or an array of scalars.")


def _whole(value: Any, low: int, high: int, range_sentence: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Misfit("It must be a whole number.")
    if isinstance(value, float) and not value.is_integer():
        raise Misfit("It must be a whole number.")
    if not low <= value <= high:
        raise Misfit(f"It {range_sentence}.")
    return int(value)


def _moment(value: Any, timestamp_format: str) -> int | str:
    if timestamp_format == TimestampFormat.RFC3339:
        if not isinstance(value, str) or text_from_rfc3339(value) is None:
            raise Misfit("It must be a moment in RFC 3339, such as `2026-01-02T03:04:05Z`.")
        return value
    least, most = least_and_most(UNITS_PER_SECOND[timestamp_format])
    unit = timestamp_format.removeprefix("unix_")
    return _whole(value, least, most, f"must be {unit} in the years 1 to 9999")


def _float(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Misfit("It must be a number.")
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    if not isfinite(number):
        raise Misfit("It must be a finite number.")
    return number


def _datetime(value: Any) -> str:
    if not isinstance(value, str) or not _DATETIME.fullmatch(value):
        raise Misfit("It must read `YYYY-MM-DD HH:MM:SS`, with up to 6 digits of a fraction and no offset.")
    if not _DATETIME_THAT_EXISTS.fullmatch(value):
        raise Misfit("It must be a date and time that exist.")
    return value


def first_broken_rule(rules: Iterable[Mapping[str, Any]], value: Any, budget: Budget = UNLIMITED) -> RuleName | None:
    """Return the first rule that a scalar or a JSON value breaks; rules about the number of elements are passed over.

    Raises:
        Rejected: too_complex, by the budget.
    """
    for rule in rules:
        name = RuleName(rule["rule"])
        if name is RuleName.REGEX:
            budget.check_match(regex_size(rule["value"]), len(value))
        if not _satisfies(name, rule["value"], value):
            return name
    return None


def _satisfies(name: RuleName, argument: Any, value: Any) -> bool:
    match name:
        case RuleName.REGEX:
            return matches(argument, value)
        case RuleName.MIN_LENGTH:
            return bool(len(value) >= argument)
        case RuleName.MAX_LENGTH:
            return bool(len(value) <= argument)
        case RuleName.MIN_VALUE:
            return bool(value >= argument)
        case RuleName.MAX_VALUE:
            return bool(value <= argument)
        case RuleName.ONE_OF:
            return bool(value in argument)
        case RuleName.MAX_BYTES:
            return bool(len(value.encode()) <= argument)
        case RuleName.FORMAT:
            return not isinstance(value, str) or format_check(argument)(value)
        case RuleName.VALUE_KINDS:
            return not isinstance(value, dict) or _are_of(argument, value.values())
        case RuleName.ELEMENT_KINDS:
            arrays = value.values() if isinstance(value, dict) else [value]
            return all(_are_of(argument, array) for array in arrays if isinstance(array, list))
        case RuleName.KINDS:
            return not kinds_of(value).isdisjoint(argument)
        case RuleName.MIN_PROPERTIES:
            return not isinstance(value, dict) or bool(len(value) >= argument)
        case RuleName.MAX_PROPERTIES:
            return not isinstance(value, dict) or bool(len(value) <= argument)
        case RuleName.MULTIPLE_OF:
            return bool(value % argument == 0)
    return True


def _are_of(kinds: Sequence[str], values: Iterable[Any]) -> bool:
    """Say whether values that stand inside of a JSON value are of listed kinds."""
    return all(InnerKind.NULL in kinds if value is None else not kinds_of(value).isdisjoint(kinds) for value in values)


def kinds_of(value: Any) -> set[Kind]:
    """Return the kinds that a JSON value is of."""
    match value:
        case bool():
            return {Kind.BOOLEAN}
        case int() | float():
            return {Kind.INTEGER, Kind.NUMBER} if float(value).is_integer() else {Kind.NUMBER}
        case str():
            return {Kind.STRING}
        case list():
            return {Kind.ARRAY}
        case dict():
            return {Kind.OBJECT}
    return set()
