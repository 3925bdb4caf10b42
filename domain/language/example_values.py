"""Values to try where an example needs one: by type and by rules, pleasant ones first."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import count, islice
from math import ceil, floor
from typing import Any

from domain.language.budget import Budget
from domain.language.pattern_strings import matching_string
from domain.language.scalar_values import Misfit, first_broken_rule, kinds_of, value_as
from domain.validation.formats import FORMAT_REGEXES
from domain.validation.scalars import least_double, most_double
from schemas.data_types import DataType, InnerKind, Kind, RuleName, StringFormat, TimestampFormat
from schemas.limits import INT64_MAX, INT64_MIN, MAX_EVENT_BYTES, MAX_STRING_BYTES

Field = Mapping[str, Any]
Rules = Sequence[Mapping[str, Any]]

_TEXT = "example"
_DAY = "2026-01-02"
_TIME = "2026-01-02 03:04:05"
_SECONDS = 1_767_323_045
_MAX_DOUBLE = float.fromhex("0x1.fffffffffffffp+1023")
_MOMENTS: Mapping[str | None, Any] = {
    None: _SECONDS,
    TimestampFormat.UNIX_SECONDS: _SECONDS,
    TimestampFormat.UNIX_MILLISECONDS: _SECONDS * 1_000,
    TimestampFormat.UNIX_MICROSECONDS: _SECONDS * 1_000_000,
    TimestampFormat.RFC3339: "2026-01-02T03:04:05Z",
}
_FORMATTED: Mapping[str, str] = {
    StringFormat.EMAIL: "jane@example.com",
    StringFormat.URI: "https://example.com/",
    StringFormat.URI_REFERENCE: "/example",
    StringFormat.UUID: "2b6f0cc9-04a1-4e6c-9c55-3f9b5f0a7d10",
    StringFormat.IPV4: "192.0.2.1",
    StringFormat.IPV6: "2001:db8::1",
    StringFormat.HOSTNAME: "www.example.com",
    StringFormat.DATE: _DAY,
    StringFormat.TIME: "03:04:05Z",
    StringFormat.DATE_TIME: "2026-01-02T03:04:05Z",
    StringFormat.JSON_POINTER: "/example",
    StringFormat.COUNTRY_CODE: "DE",
    StringFormat.CURRENCY_CODE: "EUR",
    StringFormat.LANGUAGE_TAG: "en",
}
_OF_KINDS: Mapping[str, Any] = {
    Kind.OBJECT: {},
    Kind.ARRAY: [_TEXT],
    Kind.STRING: _TEXT,
    Kind.INTEGER: 1,
    Kind.NUMBER: 1.5,
    Kind.BOOLEAN: True,
}


def accepts(data_type: DataType, timestamp_format: str | None, rules: Rules, value: Any, budget: Budget) -> bool:
    """Say whether a value is of a type that has no children and is no array, and keeps its rules.

    Raises:
        Rejected: too_complex, by the budget.
    """
    if data_type is DataType.JSON:
        return bool(kinds_of(value)) and first_broken_rule(rules, value) is None
    try:
        read = value_as(data_type, value, timestamp_format)
    except Misfit:
        return False
    return first_broken_rule(rules, read, budget) is None


def candidates(data_type: DataType, timestamp_format: str | None, rules: Rules, budget: Budget) -> Iterator[Any]:
    """Yield values to try, as they are sent; few of them break a rule.

    Raises:
        Rejected: too_complex, by the budget.
    """
    arguments = {rule["rule"]: rule["value"] for rule in rules if rule["rule"] != RuleName.REGEX}
    if RuleName.ONE_OF in arguments:
        yield from arguments[RuleName.ONE_OF]
        return
    match data_type:
        case DataType.STRING:
            yield from _strings(rules, arguments, budget)
        case DataType.INT:
            yield from _whole_numbers(arguments)
        case DataType.FLOAT:
            low = least_double(arguments.get(RuleName.MIN_VALUE, -_MAX_DOUBLE))
            high = most_double(arguments.get(RuleName.MAX_VALUE, _MAX_DOUBLE))
            yield min(max(1.5, low), high)
        case DataType.TIMESTAMP:
            yield _MOMENTS[timestamp_format]
        case DataType.DATETIME:
            yield _TIME
        case DataType.DATE:
            yield _DAY
        case DataType.JSON:
            yield from _json_values(arguments)
        case _:
            yield True


def _strings(rules: Rules, arguments: Mapping[str, Any], budget: Budget) -> Iterator[str]:
    least = arguments.get(RuleName.MIN_LENGTH, 0)
    bounds = [arguments.get(name, MAX_EVENT_BYTES) for name in (RuleName.MAX_LENGTH, RuleName.MAX_BYTES)]
    most = max(least, min(*bounds, MAX_STRING_BYTES))
    patterns = [rule["value"] for rule in rules if rule["rule"] == RuleName.REGEX]
    if RuleName.FORMAT in arguments:
        yield _FORMATTED[arguments[RuleName.FORMAT]]
        yield _FORMATTED[arguments[RuleName.FORMAT]].ljust(least, "e")
        patterns.append(FORMAT_REGEXES[StringFormat(arguments[RuleName.FORMAT])])
    else:
        repeated = _TEXT * (least // len(_TEXT) + 1)
        yield repeated[: max(least, min(len(_TEXT), most))]
    if patterns:
        found = matching_string(patterns, least, most, budget)
        if found is not None:
            yield found


def _whole_numbers(arguments: Mapping[str, Any]) -> Iterator[int]:
    low = max(ceil(arguments.get(RuleName.MIN_VALUE, INT64_MIN)), INT64_MIN)
    high = min(floor(arguments.get(RuleName.MAX_VALUE, INT64_MAX)), INT64_MAX)
    step = arguments.get(RuleName.MULTIPLE_OF, 1)
    yield -(-min(max(1, low), high) // step) * step
    yield high // step * step


def _json_values(arguments: Mapping[str, Any]) -> Iterator[Any]:
    least, most = arguments.get(RuleName.MIN_PROPERTIES, 0), arguments.get(RuleName.MAX_PROPERTIES, 1)
    of_values = _inner_value(arguments, RuleName.VALUE_KINDS)
    of_elements = _inner_value(arguments, RuleName.ELEMENT_KINDS)
    if RuleName.VALUE_KINDS in arguments and arguments[RuleName.VALUE_KINDS][0] == InnerKind.ARRAY:
        of_values = [of_elements]
    for kind in arguments.get(RuleName.KINDS, [Kind.OBJECT]):
        value = _OF_KINDS[kind]
        if kind == Kind.ARRAY:
            value = [of_elements]
        if kind == Kind.STRING and RuleName.FORMAT in arguments:
            value = _FORMATTED[arguments[RuleName.FORMAT]]
        if kind == Kind.OBJECT and least <= MAX_EVENT_BYTES // len('"":1,'):
            keys = [f"key_{number}" for number in range(1, max(least, min(1, most)) + 1)]
            value = dict.fromkeys(["key"] if len(keys) == 1 else keys, of_values)
        yield value


def _inner_value(arguments: Mapping[str, Any], name: RuleName) -> Any:
    """Return a value of the first kind that the rule lists, text without one."""
    return _OF_KINDS.get(arguments[name][0]) if name in arguments else _TEXT


def others_like(data_type: DataType, value: Any, rules: Rules, tries: int) -> Iterator[Any]:
    """Yield values of the same type near one that was found: for arrays whose elements have to differ."""
    match value:
        case bool():
            yield not value
        case int():
            stride = next((rule["value"] for rule in rules if rule["rule"] == RuleName.MULTIPLE_OF), 1)
            for step in islice(count(stride, stride), tries):
                yield value + step
                yield value - step
        case float():
            for step in islice(count(1), tries):
                yield value + step
                yield value - step
                yield value / (step + 1)
        case str() if data_type in {DataType.DATE, DataType.DATETIME, DataType.TIMESTAMP}:
            first = date.fromisoformat(value[:10])
            for step in range(1, tries):
                yield f"{first + timedelta(days=step)}{value[10:]}" if step < 1_000_000 else value
        case str():
            for step in range(1, tries):
                text = str(step)
                yield value + text
                yield text + value[len(text) :]
                yield value[: -len(text)] + text
