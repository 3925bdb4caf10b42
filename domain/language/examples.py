"""An example of the events that a revision accepts, always the same one for the same tree.

It has every key that an example can be found for, except those that the server fills in. A key that may be missing is
left out where no value is found; one that may not makes the whole example impossible.
"""

import json
from collections.abc import Mapping, Sequence
from math import ceil, floor
from typing import Any, Final, NamedTuple

from domain.errors import Rejected
from domain.language.budget import UNLIMITED, Budget
from domain.language.pattern_strings import matching_string
from domain.language.presences import may_be_missing
from domain.language.save_faults import json_pointer
from domain.language.scalar_values import Misfit, first_broken_rule, value_as
from schemas.codes import Problem
from schemas.data_types import ELEMENT_TYPE, DataType, Presence, RuleName
from schemas.limits import INT64_MAX, INT64_MIN, MAX_EVENT_BYTES, MAX_STRING_BYTES

NO_EXAMPLE = "no_example"
_NONE: Final = object()
_TEXT = "example"
_TIME = "2026-01-02 03:04:05"
_SECONDS = 1_767_323_045
_MAX_DOUBLE = float.fromhex("0x1.fffffffffffffp+1023")
_STAMPS_BYTES = 200  # what delivery puts in front of every event, on the high side


def example_of(fields: Sequence[Mapping[str, Any]], budget: Budget = UNLIMITED) -> dict[str, Any]:
    """Return an event that the stored tree accepts.

    Raises:
        Rejected: invalid_request with a row for each required key that no value was found for, or if the example
            would be too large; too_complex, with the place.
    """
    errors: list[dict[str, str]] = []
    try:
        example: dict[str, Any] = _Maker(budget).object(fields, "/fields", errors).value
    except _TooLargeError:
        raise _too_large() from None
    if errors:
        raise Rejected(
            Problem.INVALID_REQUEST, "There is no example: no value was found for a required key.", errors=errors
        )
    if len(json.dumps(example, ensure_ascii=False).encode()) + _STAMPS_BYTES > MAX_EVENT_BYTES:
        raise _too_large()
    return example


def _too_large() -> Rejected:
    message = f"There is no example: it would have more than {MAX_EVENT_BYTES:,} bytes."
    return Rejected(Problem.INVALID_REQUEST, message, errors=[{"pointer": "", "code": NO_EXAMPLE, "message": message}])


class _TooLargeError(Exception):
    pass


class _Made(NamedTuple):
    """A value, or `_NONE`, and how many bytes of JSON it has at least."""

    value: Any
    size: int


class _Maker:
    """Makes values; ends as soon as one is larger than an event."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def object(self, fields: Sequence[Mapping[str, Any]], pointer: str, errors: list[dict[str, str]]) -> _Made:
        example: dict[str, Any] = {}
        size = 0
        for index, field in enumerate(fields):
            if field.get("presence") == Presence.MACRO:
                continue
            here = f"{pointer}/{index}"
            missing: list[dict[str, str]] = []
            made = self._value(field, here, missing)
            if not missing and made.value is not _NONE:
                example[field["key"]] = made.value
                size = _checked(size + len(field["key"]) + made.size)
            elif not may_be_missing(field):
                message = f"No value was found that satisfies the rules of `{field['key']}`."
                errors += missing or [{"pointer": json_pointer(here, "rules"), "code": NO_EXAMPLE, "message": message}]
        return _Made(example, size)

    def _value(self, field: Mapping[str, Any], pointer: str, errors: list[dict[str, str]]) -> _Made:
        data_type = DataType(field["type"])
        if "default" in field:
            default = field["default"]
            return _Made(default, len(default) if isinstance(default, list | str) else 1)
        if data_type is DataType.OBJECT:
            return self.object(field["fields"], f"{pointer}/fields", errors)
        rules = field.get("rules", [])
        element_type = ELEMENT_TYPE.get(data_type)
        if element_type is None:
            return self._scalar(data_type, rules, pointer)
        bounds = {rule["rule"]: rule["value"] for rule in rules}
        least = bounds.get(RuleName.MIN_ITEMS, 0)
        count = max(least, min(1, bounds.get(RuleName.MAX_ITEMS, 1)))
        if count == 0:
            return _Made([], 1)
        missing: list[dict[str, str]] = []
        if element_type is DataType.OBJECT:
            element = self.object(field["fields"], f"{pointer}/fields", missing)
        else:
            element = self._scalar(element_type, rules, pointer)
        if missing or element.value is _NONE:
            if least == 0:
                return _Made([], 1)
            errors += missing
            return _Made(_NONE, 0)
        return _Made([element.value] * count, _checked(count * (element.size + 1)))

    def _scalar(self, data_type: DataType, rules: Sequence[Mapping[str, Any]], pointer: str) -> _Made:
        """Make a value that satisfies all rules."""
        budget = self._budget.at(pointer)
        budget.check()
        arguments = {rule["rule"]: rule["value"] for rule in rules if rule["rule"] != RuleName.REGEX}
        candidates = arguments.get(RuleName.ONE_OF) or _candidates(data_type, rules, arguments, budget)
        for candidate in candidates:
            try:
                value = value_as(data_type, candidate)
            except Misfit:
                continue
            if first_broken_rule(rules, value, budget) is None:
                return _Made(value, len(value) if isinstance(value, str) else 1)
        return _Made(_NONE, 0)


def _checked(size: int) -> int:
    if size > MAX_EVENT_BYTES:
        raise _TooLargeError
    return size


def _candidates(
    data_type: DataType, rules: Sequence[Mapping[str, Any]], arguments: Mapping[str, Any], budget: Budget
) -> Sequence[Any]:
    match data_type:
        case DataType.STRING:
            least = arguments.get(RuleName.MIN_LENGTH, 0)
            most = min(arguments.get(RuleName.MAX_LENGTH, MAX_STRING_BYTES), MAX_STRING_BYTES)
            patterns = [rule["value"] for rule in rules if rule["rule"] == RuleName.REGEX]
            repeated = _TEXT * (least // len(_TEXT) + 1)
            plain = repeated[: max(least, min(len(_TEXT), most))]
            if not patterns or first_broken_rule(rules, plain, budget) is None:
                return [plain]
            found = matching_string(patterns, least, most, budget)
            return [] if found is None else [found]
        case DataType.INT:
            low = max(ceil(arguments.get(RuleName.MIN_VALUE, INT64_MIN)), INT64_MIN)
            high = min(floor(arguments.get(RuleName.MAX_VALUE, INT64_MAX)), INT64_MAX)
            return [min(max(1, low), high)]
        case DataType.FLOAT:
            low = arguments.get(RuleName.MIN_VALUE, -_MAX_DOUBLE)
            high = arguments.get(RuleName.MAX_VALUE, _MAX_DOUBLE)
            return [min(max(1.5, low), high)]
        case DataType.TIMESTAMP:
            return [_SECONDS]
        case DataType.DATETIME:
            return [_TIME]
    return [True]
