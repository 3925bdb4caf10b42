"""From what a JSON Schema says of a scalar or an array to the rules of a field."""

from collections.abc import Iterator, Mapping
from math import ceil, floor, inf, nextafter
from typing import Any, NamedTuple

from domain.intake.datetimes import DATETIME_PATTERN
from domain.language.field_rules import rule_faults
from domain.language.json_schema_export import MAX_DOUBLE
from domain.language.json_schema_facts import Facts, Reader, Said, identity
from domain.language.pattern_import import re2_pattern
from domain.language.patterns import Patterns
from domain.language.save_faults import SaveFault
from domain.language.scalar_values import Misfit, value_as
from schemas.data_types import DataType, RuleName
from schemas.limits import (
    INT64_MAX,
    INT64_MIN,
    MAX_ONE_OF_VALUES,
    MAX_REVISION_REGEX_SIZE,
    MAX_RULES,
    MAX_STRING_BYTES,
    TIMESTAMP_MAX_SECONDS,
    TIMESTAMP_MIN_SECONDS,
)
from schemas.models.field import MAX_COUNT

Rule = dict[str, Any]

MAX_FOUND = 4 * MAX_RULES
"""How many rules of one field are looked at: some of them may say nothing that can be saved."""

_COUNTS = {
    "minLength": RuleName.MIN_LENGTH,
    "maxLength": RuleName.MAX_LENGTH,
    "minItems": RuleName.MIN_ITEMS,
    "maxItems": RuleName.MAX_ITEMS,
}
_ATMOST = {RuleName.MAX_LENGTH, RuleName.MAX_ITEMS, RuleName.MAX_VALUE}
# What every value of a type keeps anyway; the export says it.
_IMPLIED: Mapping[tuple[DataType, RuleName], Any] = {
    (DataType.INT, RuleName.MIN_VALUE): INT64_MIN,
    (DataType.INT, RuleName.MAX_VALUE): INT64_MAX,
    (DataType.FLOAT, RuleName.MIN_VALUE): -MAX_DOUBLE,
    (DataType.FLOAT, RuleName.MAX_VALUE): MAX_DOUBLE,
    (DataType.STRING, RuleName.MIN_LENGTH): 0,
    (DataType.STRING, RuleName.MAX_LENGTH): MAX_STRING_BYTES,
}


class _Found(NamedTuple):
    rule: Rule
    said: Said


def scalar_type(facts: Facts, json_type: str) -> DataType:
    """Return the type of a field for values of one JSON type: the exports of times are known again."""
    if json_type == "boolean":
        return DataType.BOOLEAN
    bounds = {said.keyword: said.value for said in facts.said if said.keyword in {"minimum", "maximum", "pattern"}}
    if json_type == "string":
        return DataType.DATETIME if bounds.get("pattern") == DATETIME_PATTERN else DataType.STRING
    if json_type == "integer":
        is_time = bounds == {"minimum": TIMESTAMP_MIN_SECONDS, "maximum": TIMESTAMP_MAX_SECONDS}
        return DataType.TIMESTAMP if is_time else DataType.INT
    return DataType.FLOAT


class RuleWriter:
    """Writes the rules of one revision's fields; notes what no rule says."""

    def __init__(self, reader: Reader, patterns: Patterns) -> None:
        self._reader = reader
        self._patterns = patterns
        self._regex_size = 0

    def scalar_rules(self, facts: Facts, data_type: DataType) -> list[Rule]:
        """Return the rules of a scalar, or of an array's elements; all of them can be saved."""
        if data_type is DataType.TIMESTAMP:
            return []
        bounds: dict[RuleName, _Found] = {}
        patterns: list[_Found] = []
        for said in facts.said:
            if said.keyword == "pattern" and data_type in {DataType.STRING, DataType.DATETIME}:
                if not (data_type is DataType.DATETIME and said.value == DATETIME_PATTERN):
                    patterns += self._pattern(said)
            elif found := self._bound(said, data_type):
                _tighten(bounds, found)
        bounds = {
            name: found for name, found in bounds.items() if found.rule["value"] != _IMPLIED.get((data_type, name))
        }
        return self._sound(data_type, [*self._choices(facts, data_type), *patterns, *bounds.values()])

    def array_rules(self, facts: Facts, data_type: DataType) -> list[Rule]:
        """Return the rules about an array's number of elements."""
        bounds: dict[RuleName, _Found] = {}
        for said in facts.said:
            if said.keyword in {"minItems", "maxItems"} and (found := self._count(said)):
                _tighten(bounds, found)
            elif said.keyword in {"enum", "const"}:
                self._reader.note(said.pointer, said.keyword, "Whole arrays can't be listed.")
        return self._sound(
            data_type,
            [found for name, found in bounds.items() if (name, found.rule["value"]) != (RuleName.MIN_ITEMS, 0)],
        )

    def _pattern(self, said: Said) -> Iterator[_Found]:
        if not isinstance(said.value, str):
            self._reader.note(said.pointer, said.keyword, "It is no string.")
            return
        try:
            pattern = re2_pattern(said.value)
            size = self._patterns.size(pattern, f"/json_schema{said.pointer}")
        except ValueError as error:
            self._reader.note(said.pointer, said.keyword, str(error))
            return
        if self._regex_size + size > MAX_REVISION_REGEX_SIZE:
            self._reader.note(said.pointer, said.keyword, "All patterns together are too big to compile.")
            return
        self._regex_size += size
        yield _Found({"rule": RuleName.REGEX.value, "value": pattern}, said)

    def _bound(self, said: Said, data_type: DataType) -> _Found | None:
        if said.keyword in {"minLength", "maxLength"} and data_type is DataType.STRING:
            return self._count(said)
        if said.keyword.endswith(("imum", "Minimum", "Maximum")) and data_type in {DataType.INT, DataType.FLOAT}:
            return self._number(said, data_type)
        return None

    def _count(self, said: Said) -> _Found | None:
        name, value = _COUNTS[said.keyword], said.value
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            self._reader.note(said.pointer, said.keyword, "It is no count.")
            return None
        if value > MAX_COUNT and name in _ATMOST:
            return None  # nothing is that long
        return _Found({"rule": name.value, "value": min(value, MAX_COUNT)}, said)

    def _number(self, said: Said, data_type: DataType) -> _Found | None:
        name = RuleName.MAX_VALUE if "max" in said.keyword.lower() else RuleName.MIN_VALUE
        value = said.value
        try:
            is_exact = not isinstance(value, bool) and float(value) == value and abs(float(value)) != inf
        except (TypeError, ValueError, OverflowError):
            is_exact = False
        if data_type is DataType.INT and type(value) is int:
            is_exact = True
        if not is_exact:
            self._reader.note(said.pointer, said.keyword, "It is no number that a double holds.")
            return None
        if said.keyword.startswith("exclusive"):
            if data_type is DataType.INT:
                value = ceil(value) - 1 if name is RuleName.MAX_VALUE else floor(value) + 1
            else:
                value = nextafter(float(value), -inf if name is RuleName.MAX_VALUE else inf)
        if data_type is DataType.INT:
            # Beyond 64 bits there is nothing that a bound could let pass.
            value = max(value, INT64_MIN) if name is RuleName.MIN_VALUE else min(value, INT64_MAX)
        return _Found({"rule": name.value, "value": value}, said)

    def _choices(self, facts: Facts, data_type: DataType) -> Iterator[_Found]:
        if facts.choices is None:
            return
        said = next(said for said in facts.said if said.keyword in {"enum", "const", "anyOf", "oneOf"})
        if data_type is DataType.BOOLEAN:
            if not all(any(choice is value for choice in facts.choices) for value in (True, False)):
                self._reader.note(said.pointer, said.keyword, "A BOOLEAN has no rules.")
            return
        if data_type not in {DataType.STRING, DataType.INT}:
            self._reader.note(said.pointer, said.keyword, f"`one_of` does not go with {data_type}.")
            return
        values: dict[Any, Any] = {}
        for choice in facts.choices:
            try:
                value = value_as(data_type, choice)
            except Misfit:
                continue  # of another type, which is refused anyway
            values.setdefault(identity(value), value)
            if len(values) > MAX_ONE_OF_VALUES:
                break
        if 0 < len(values) <= MAX_ONE_OF_VALUES:
            yield _Found({"rule": RuleName.ONE_OF.value, "value": list(values.values())}, said)
        else:
            reason = f"`one_of` takes 1 to {MAX_ONE_OF_VALUES} values of the type."
            self._reader.note(said.pointer, said.keyword, reason)

    def _sound(self, data_type: DataType, found: list[_Found]) -> list[Rule]:
        """Leave out, and note, what can't be saved; the rest is judged again, since rules judge each other."""
        for one in found[MAX_FOUND:]:
            self._reader.note(one.said.pointer, one.said.keyword, f"A field has at most {MAX_RULES} rules.")
        del found[MAX_FOUND:]
        while faults := self._faults(data_type, found):
            index = int(faults[0].pointer.split("/")[1])
            said = found.pop(index).said
            self._reader.note(said.pointer, said.keyword, faults[0].message)
        for one in found[MAX_RULES:]:
            self._reader.note(one.said.pointer, one.said.keyword, f"A field has at most {MAX_RULES} rules.")
        return [one.rule for one in found[:MAX_RULES]]

    def _faults(self, data_type: DataType, found: list[_Found]) -> list[SaveFault]:
        rules = [(i, one.rule) for i, one in enumerate(found)]
        return list(rule_faults(data_type, rules, "", self._patterns, self._reader.budget))


def _tighten(bounds: dict[RuleName, _Found], found: _Found) -> None:
    """Keep the tighter of two bounds of the same name."""
    name = RuleName(found.rule["rule"])
    known = bounds.get(name)
    if known is None or (
        found.rule["value"] < known.rule["value"] if name in _ATMOST else found.rule["value"] > known.rule["value"]
    ):
        bounds[name] = found
