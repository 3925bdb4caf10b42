"""From what a JSON Schema says of a scalar or an array to the rules of a field."""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil, floor, inf, lcm, nextafter
from typing import Any, NamedTuple

from domain.language.field_rules import rule_faults
from domain.language.format_patterns import FORMATS, REGEXES, format_of_pattern
from domain.language.json_schema_export import MAX_DOUBLE
from domain.language.json_schema_facts import Facts, Reader, Said
from domain.language.json_schema_keywords import BOUNDS, KEYWORD_TYPES
from domain.language.json_schema_values import identity, of_types
from domain.language.pattern_import import re2_pattern
from domain.language.patterns import Patterns
from domain.language.save_faults import SaveFault
from domain.language.scalar_values import Misfit, value_as
from domain.language.time_patterns import RFC3339_PATTERN
from domain.validation.datetimes import DATE_PATTERN, DATETIME_PATTERN
from domain.validation.times import UNITS_PER_SECOND, least_and_most
from schemas.data_types import RULE_TYPES, DataType, RuleName, StringFormat, TimestampFormat
from schemas.limits import (
    INT64_MAX,
    INT64_MIN,
    MAX_ONE_OF_VALUES,
    MAX_REVISION_CHOICES,
    MAX_REVISION_REGEX_SIZE,
    MAX_RULES,
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
    "minProperties": RuleName.MIN_PROPERTIES,
    "maxProperties": RuleName.MAX_PROPERTIES,
}
_ATMOST = {RuleName.MAX_LENGTH, RuleName.MAX_ITEMS, RuleName.MAX_VALUE, RuleName.MAX_PROPERTIES}
_UNCHECKED_FORMATS = frozenset({"idn-email", "idn-hostname", "iri", "iri-reference", "regex"})
_TEXT_PATTERNS = {
    DATETIME_PATTERN: DataType.DATETIME,
    DATE_PATTERN: DataType.DATE,
    RFC3339_PATTERN: DataType.TIMESTAMP,
}
_TEXT_FORMATS = {"date": DataType.DATE, "date-time": DataType.TIMESTAMP}
_WORDS = {**FORMATS, "date": StringFormat.DATE, "date-time": StringFormat.DATE_TIME}
NO_TEXT = r"[^\x00-\x{10FFFF}]"
"""A pattern that no text matches."""

# What every value of a type keeps anyway; the export says it.
_IMPLIED: Mapping[tuple[DataType, RuleName], Any] = {
    (DataType.INT, RuleName.MIN_VALUE): INT64_MIN,
    (DataType.INT, RuleName.MAX_VALUE): INT64_MAX,
    (DataType.FLOAT, RuleName.MIN_VALUE): -MAX_DOUBLE,
    (DataType.FLOAT, RuleName.MAX_VALUE): MAX_DOUBLE,
    (DataType.STRING, RuleName.MIN_LENGTH): 0,
    (DataType.JSON, RuleName.MIN_PROPERTIES): 0,
}


class _Found(NamedTuple):
    rule: Rule
    said: Said


def scalar_type(facts: Facts, json_type: str) -> tuple[DataType, str | None]:
    """Return the type of a field for values of one JSON type, and the format of a TIMESTAMP.

    The exports of times are known again, and formats that are types.
    """
    if json_type == "boolean":
        return DataType.BOOLEAN, None
    told = {said.keyword: said.value for said in facts.said if KEYWORD_TYPES.get(said.keyword) == json_type}
    if json_type == "string":
        return _text_type(told, has_choices=facts.choices is not None)
    if json_type == "integer":
        bounds = {said.keyword: said.value for said in facts.said if said.keyword in {*BOUNDS, "multipleOf"}}
        for timestamp_format, per_second in UNITS_PER_SECOND.items():
            least, most = least_and_most(per_second)
            if bounds == {"minimum": least, "maximum": most}:
                return DataType.TIMESTAMP, timestamp_format
        return DataType.INT, None
    return DataType.FLOAT, None


def _text_type(told: Mapping[str, Any], *, has_choices: bool) -> tuple[DataType, str | None]:
    pattern, word = told.get("pattern"), told.get("format")
    found = _TEXT_PATTERNS.get(pattern) if isinstance(pattern, str) else None
    if found is None and isinstance(word, str) and not told.keys() & {"pattern", "minLength", "maxLength"}:
        found = _TEXT_FORMATS.get(word)
    if found is DataType.TIMESTAMP and has_choices:
        found = None
    return found or DataType.STRING, TimestampFormat.RFC3339.value if found is DataType.TIMESTAMP else None


def are_doubles(facts: Facts) -> bool:
    """Say whether numbers have the bounds of a double, as an exported FLOAT has."""
    return any(said.keyword in BOUNDS and said.value in (MAX_DOUBLE, -MAX_DOUBLE) for said in facts.said)


_TEXTS = frozenset({DataType.STRING, DataType.DATETIME, DataType.DATE})


class RuleWriter:
    """Writes the rules of one revision's fields; notes what no rule says."""

    def __init__(self, reader: Reader, patterns: Patterns) -> None:
        self._reader = reader
        self._patterns = patterns
        self._regex_size = 0
        self._choices_so_far = 0

    def scalar_rules(self, facts: Facts, data_type: DataType) -> list[Rule]:
        """Return the rules of a scalar, or of an array's elements; all of them can be saved."""
        if data_type is DataType.TIMESTAMP:
            return []
        bounds: dict[RuleName, _Found] = {}
        texts: list[_Found] = []
        for said in facts.said:
            if said.keyword == "pattern" and data_type in _TEXTS:
                if isinstance(said.value, str) and _TEXT_PATTERNS.get(said.value) is data_type:
                    continue
                texts += self._pattern(said)
            elif said.keyword == "format" and data_type in _TEXTS:
                texts += self._format(said, data_type)
            elif said.keyword == "multipleOf" and data_type in {DataType.INT, DataType.FLOAT}:
                self._multiple(bounds, said, data_type)
            elif found := self._bound(said, data_type):
                _tighten(bounds, found)
        texts = list({str(found.rule): found for found in reversed(texts)}.values())[::-1]
        bounds = {
            name: found for name, found in bounds.items() if found.rule["value"] != _IMPLIED.get((data_type, name))
        }
        return self._sound(data_type, [*self._choices(facts, data_type), *texts, *bounds.values()])

    def array_rules(self, facts: Facts, data_type: DataType) -> list[Rule]:
        """Return the rules about an array's number of elements."""
        bounds: dict[RuleName, _Found] = {}
        for said in facts.said:
            if said.keyword in {"minItems", "maxItems"} and (found := self._count(said)):
                _tighten(bounds, found)
            elif (
                said.keyword == "uniqueItems" and said.value is True and data_type in RULE_TYPES[RuleName.UNIQUE_ITEMS]
            ):
                bounds[RuleName.UNIQUE_ITEMS] = _Found({"rule": RuleName.UNIQUE_ITEMS.value, "value": True}, said)
            elif said.keyword == "uniqueItems" and said.value is not False:
                self._reader.note(said.pointer, said.keyword, "Elements that are no scalars may be the same.")
            elif said.keyword in {"enum", "const"}:
                self._reader.note(said.pointer, said.keyword, "Whole arrays can't be listed.")
        return self._sound(
            data_type,
            [found for name, found in bounds.items() if (name, found.rule["value"]) != (RuleName.MIN_ITEMS, 0)],
        )

    def nothing_but_null(self, facts: Facts) -> list[Rule]:
        """Return the rules of a STRING that no text satisfies."""
        return [found.rule for found in self._regex(NO_TEXT, Said("type", "null", facts.pointer))]

    def json_rules(self, facts: Facts, kinds: Sequence[str] | None) -> list[Rule]:
        """Return the rules of values of several kinds; notes all else that is said of them."""
        bounds: dict[RuleName, _Found] = {}
        formats: list[_Found] = []
        for said in facts.said:
            about = KEYWORD_TYPES.get(said.keyword)
            if kinds is not None and about not in {None, *kinds} and not (about == "number" and "integer" in kinds):
                continue
            if said.keyword in {"minProperties", "maxProperties"}:
                if found := self._count(said):
                    _tighten(bounds, found)
            elif word := self._format_of_json(said):
                formats.append(word)
            elif not (said.keyword == "uniqueItems" and said.value is False) and not self._says_nothing(said):
                self._reader.note(said.pointer, said.keyword, "What is kept as JSON has no such rule.")
        further = [one for name, one in bounds.items() if one.rule["value"] != _IMPLIED.get((DataType.JSON, name))]
        of_kinds = [{"rule": RuleName.KINDS.value, "value": list(kinds)}] if kinds is not None else []
        formats = list({str(one.rule): one for one in formats}.values())
        return of_kinds + self._sound(DataType.JSON, [*formats, *further])

    def _format_of_json(self, said: Said) -> _Found | None:
        """Return the rule `format` of the strings among JSON values, where there is one."""
        if said.keyword == "pattern" and isinstance(said.value, str):
            word = format_of_pattern(said.value)
        elif said.keyword == "format" and isinstance(said.value, str):
            word = _WORDS.get(said.value)
        else:
            return None
        return _Found({"rule": RuleName.FORMAT.value, "value": word.value}, said) if word else None

    @staticmethod
    def _says_nothing(said: Said) -> bool:
        """Say whether it is a format that JSON Schema does not know."""
        known = _UNCHECKED_FORMATS | FORMATS.keys() | REGEXES.keys() | _TEXT_FORMATS.keys()
        return said.keyword == "format" and not (isinstance(said.value, str) and said.value in known)

    def _format(self, said: Said, data_type: DataType) -> Iterator[_Found]:
        word = said.value
        if isinstance(word, str) and _TEXT_FORMATS.get(word) is data_type:
            return
        if self._says_nothing(said):
            self._reader.note(said.pointer, "format", "JSON Schema knows no such format.", is_exact=True)
        elif word in REGEXES:
            yield from self._regex(REGEXES[word], said)
        elif name := FORMATS.get(word, word.replace("-", "_") if word in _TEXT_FORMATS else None):
            yield _Found({"rule": RuleName.FORMAT.value, "value": str(name)}, said)
        else:
            self._reader.note(said.pointer, "format", "It is not checked.")

    def _multiple(self, bounds: dict[RuleName, _Found], said: Said, data_type: DataType) -> None:
        value = said.value
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        known = bounds.get(RuleName.MULTIPLE_OF)
        if data_type is DataType.INT and type(value) is int and value > 0:
            value = lcm(value, known.rule["value"] if known else 1)
            if value <= INT64_MAX:
                bounds[RuleName.MULTIPLE_OF] = _Found({"rule": RuleName.MULTIPLE_OF.value, "value": value}, said)
                return
        self._reader.note(said.pointer, said.keyword, "`multiple_of` takes whole numbers above 0, of an INT.")

    def _pattern(self, said: Said) -> Iterator[_Found]:
        if not isinstance(said.value, str):
            self._reader.note(said.pointer, said.keyword, "It is no string.")
            return
        if word := format_of_pattern(said.value):
            yield _Found({"rule": RuleName.FORMAT.value, "value": word.value}, said)
            return
        try:
            pattern = re2_pattern(said.value)
        except ValueError as error:
            self._reader.note(said.pointer, said.keyword, str(error))
            return
        yield from self._regex(pattern, said)

    def _regex(self, pattern: str, said: Said) -> Iterator[_Found]:
        try:
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
        if data_type is DataType.BOOLEAN and {True, False} <= {one for one in facts.choices if isinstance(one, bool)}:
            return
        if data_type not in RULE_TYPES[RuleName.ONE_OF]:
            self._reader.note(said.pointer, said.keyword, f"`one_of` does not go with {data_type}.")
            return
        values: dict[Any, Any] = {}
        for choice in of_types(facts.choices, facts.types):
            try:
                value = value_as(data_type, choice)
            except Misfit:
                continue  # of another type, which is refused anyway
            if data_type is DataType.FLOAT and value != choice:
                self._reader.note(said.pointer, said.keyword, "A number that no double is stands for the nearest one.")
            values.setdefault(identity(value), value)
            if len(values) > MAX_ONE_OF_VALUES:
                break
        if 0 < len(values) <= MAX_ONE_OF_VALUES:
            if self._choices_so_far + len(values) > MAX_REVISION_CHOICES:
                reason = f"All `one_of` of a revision take {MAX_REVISION_CHOICES:,} values together."
                self._reader.note(said.pointer, said.keyword, reason)
                return
            self._choices_so_far += len(values)
            yield _Found({"rule": RuleName.ONE_OF.value, "value": list(values.values())}, said)
        else:
            reason = f"`one_of` takes 1 to {MAX_ONE_OF_VALUES} values of the type."
            self._reader.note(said.pointer, said.keyword, reason)

    def _sound(self, data_type: DataType, found: list[_Found]) -> list[Rule]:
        """Leave out, and note, what can't be saved; the rest is validated again, since rules validate each other."""
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
