"""Judges one parsed event in full: every fault at its pointer, or the document as it is stored.

The fast validator only says yes or no. Whatever it does not accept comes here and is judged by plain code, whose
verdict is final: it finds all faults, evaluates every rule of every value, and accepts what the fast validator is
too strict for, such as `1.0` for an INT.
"""

from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Any, Final

from pydantic_core import SchemaValidator

from domain.intake import faults as text_of
from domain.intake.datetimes import DATETIME_PATTERN
from domain.intake.faults import FaultText, FoundFault
from domain.intake.json_text import NumberText, whole_number
from domain.intake.regex import rust_pattern
from schemas.limits import (
    INT64_MAX,
    INT64_MIN,
    MAX_FAULTS_PER_EVENT,
    MAX_STRING_BYTES,
    TIMESTAMP_MAX_SECONDS,
    TIMESTAMP_MIN_SECONDS,
)

_MAX_MILLISECONDS = TIMESTAMP_MAX_SECONDS * 1_000

ABSENT: Final = object()
"""What stands for a key that the stored document does not have."""


class NeedsExactText(Exception):  # noqa: N818 - asks for a second reading
    """A number's own text decides, and the value at hand has been rounded: parse the event with `NumberText`."""


class _Enough(Exception):  # noqa: N818
    """More faults were found than an answer lists."""


Check = Callable[[Any], bool]
EventJudge = Callable[[Any], dict[str, Any] | list[FoundFault]]
"""Takes a parsed JSON value; returns the stored document, or the event's faults."""

Judge = Callable[[Any, str, list[FoundFault]], Any]
"""Takes a value, its pointer and the list to add faults to; returns the value as stored."""


def make_event_judge(data_maps: Sequence[Mapping[str, Any]], *, reject_unknown: bool) -> EventJudge:
    """Return the function that judges one event.

    Keys whose macro has to fill them are `None` in the document. The function raises `NeedsExactText` where the
    value must be parsed again by `exact_value_from_text`.
    """
    judge_root = _object_judge(data_maps, reject_unknown=reject_unknown)

    def judge_event(value: Any) -> dict[str, Any] | list[FoundFault]:
        found: list[FoundFault] = []
        if type(value) is not dict:
            return [FoundFault("", *text_of.NOT_AN_OBJECT)]
        try:
            document: dict[str, Any] = judge_root(value, "", found)
        except _Enough:
            return found
        return found or document

    return judge_event


def _note(found: list[FoundFault], pointer: str, text: FaultText) -> None:
    found.append(FoundFault(pointer, text.code, text.message))
    if len(found) > MAX_FAULTS_PER_EVENT:
        raise _Enough


def _judge_of(data_map: Mapping[str, Any], *, reject_unknown: bool) -> Judge:
    data_type: str = data_map["type"]
    rules = data_map.get("rules") or ()
    if data_type == "OBJECT":
        return _object_judge(data_map["children"], reject_unknown=reject_unknown)
    if data_type == "ARRAY_OBJECT":
        return _array_judge(_object_judge(data_map["children"], reject_unknown=reject_unknown), rules)
    if data_type.startswith("ARRAY_"):
        return _array_judge(_leaf_judge(data_type.removeprefix("ARRAY_"), rules), rules)
    return _leaf_judge(data_type, rules)


def _object_judge(data_maps: Sequence[Mapping[str, Any]], *, reject_unknown: bool) -> Judge:
    fields = [(data_map["key"], _judge_of(data_map, reject_unknown=reject_unknown), data_map) for data_map in data_maps]
    known = frozenset(key for key, _, _ in fields)

    def judge(value: Any, pointer: str, found: list[FoundFault]) -> Any:
        if type(value) is not dict:
            _note(found, pointer, text_of.TYPE_OBJECT)
            return ABSENT
        document: dict[str, Any] = {}
        for key, judge_field, data_map in fields:
            given = value.get(key)
            if given is not None:
                document[key] = judge_field(given, f"{pointer}/{key}", found)
                continue
            presence = data_map["presence"]
            if presence == "required":
                _note(found, f"{pointer}/{key}", text_of.REQUIRED)
            elif presence == "macro":
                document[key] = None
            elif presence == "default":
                if data_map["type"] == "OBJECT":
                    document[key] = judge_field({}, f"{pointer}/{key}", found)
                else:
                    document[key] = data_map["default"]
        if reject_unknown:
            for key in value:
                if key not in known:
                    _note(found, f"{pointer}/{_escaped(key)}", text_of.UNKNOWN_KEY)
        return document

    return judge


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _array_judge(judge_element: Judge, rules: Sequence[Mapping[str, Any]]) -> Judge:
    least, most = 0, inf
    too_few = too_many = text_of.TYPE_ARRAY
    for rule in rules:
        if rule["rule"] == "min_items":
            least, too_few = rule["value"], text_of.min_items(rule["value"])
        elif rule["rule"] == "max_items":
            most, too_many = rule["value"], text_of.max_items(rule["value"])

    def judge(value: Any, pointer: str, found: list[FoundFault]) -> Any:
        if type(value) is not list:
            _note(found, pointer, text_of.TYPE_ARRAY)
            return ABSENT
        if len(value) < least:
            _note(found, pointer, too_few)
        if len(value) > most:
            _note(found, pointer, too_many)
        return [judge_element(element, f"{pointer}/{index}", found) for index, element in enumerate(value)]

    return judge


def _leaf_judge(data_type: str, rules: Sequence[Mapping[str, Any]]) -> Judge:
    read = _READERS[data_type]
    checks = [check for rule in rules for check in _checks_of(rule)]

    def judge(value: Any, pointer: str, found: list[FoundFault]) -> Any:
        stored = read(value)
        if isinstance(stored, FaultText):
            _note(found, pointer, stored)
            return ABSENT
        for holds, text in checks:
            if not holds(stored):
                _note(found, pointer, text)
        return stored

    return judge


def _checks_of(rule: Mapping[str, Any]) -> list[tuple[Check, FaultText]]:
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


def _pattern_check(pattern: str) -> Check:
    """Return a linear match by the engine of the fast validator; compiled at the first use, which most never see."""
    validators: list[SchemaValidator] = []

    def matches(value: str) -> bool:
        if not validators:
            validators.append(SchemaValidator({"type": "str", "pattern": pattern}))
        return validators[0].isinstance_python(value)

    return matches


_is_datetime = _pattern_check(DATETIME_PATTERN)


def _read_string(value: Any) -> str | FaultText:
    if type(value) is not str:
        return text_of.TYPE_STRING
    if is_too_long(value):
        return text_of.STRING_TOO_LONG
    return value


def is_too_long(value: str) -> bool:
    """Say whether a string takes over 32,000 bytes of UTF-8."""
    if len(value) * 4 <= MAX_STRING_BYTES:
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


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "STRING": _read_string,
    "INT": _read_int,
    "FLOAT": _read_float,
    "BOOLEAN": _read_boolean,
    "DATETIME": _read_datetime,
    "TIMESTAMP": _read_timestamp,
}
