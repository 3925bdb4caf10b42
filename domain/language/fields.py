"""The check of a whole tree of fields at save: its faults at once, or models that are known to compile."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from domain.errors import FaultyRequest
from domain.language.bigquery_schema import RESERVED_PREFIXES
from domain.language.budget import UNLIMITED, Budget
from domain.language.field_defaults import default_faults
from domain.language.field_places import place_faults, text_faults, when_faults
from domain.language.field_rules import rule_faults
from domain.language.field_sizes import size_faults
from domain.language.patterns import Patterns
from domain.language.regex_check import regex_size
from domain.language.save_faults import SaveFault, shape_of
from domain.language.scalar_values import value_as
from domain.validation.scalars import least_double, most_double
from domain.validation.tree_size import tree_size
from schemas.data_types import ELEMENT_TYPE, PARENT_TYPES, DataType, Presence, RuleName, TimestampFormat
from schemas.limits import (
    INT64_MIN,
    MAX_DEPTH,
    MAX_ERRORS,
    MAX_FIELDS,
    MAX_REVISION_CHOICES,
    MAX_REVISION_REGEX_SIZE,
    UINT64_MAX,
)
from schemas.macros import MACRO_TYPES, Macro
from schemas.models.field import SchemaField
from schemas.places import path_of
from schemas.save_codes import FieldFault
from schemas.stamps import EXTRA, STAMP_KEYS

_STAMPS = frozenset({*STAMP_KEYS, EXTRA})
"""The columns that a destination gets beside the fields; deeper down they are ordinary keys."""


def check_fields(
    fields: Any, pointer: str = "/fields", *, patterns: Patterns | None = None, budget: Budget = UNLIMITED
) -> list[SchemaField]:
    """Return the models of a tree that can be finalised as it is; `fields` is parsed JSON.

    Numbers in defaults and lists come back as ingest would store and compare them: a FLOAT's are doubles.

    Args:
        fields: the tree.
        pointer: what the JSON Pointers of faults start with.
        patterns: those of the request that were compiled already.
        budget: what the request may compute.

    Raises:
        Rejected: `invalid_request` with one row for every fault up to the first too many, or `too_complex`.
    """
    check = _TreeCheck(patterns or Patterns(budget), budget)
    faults = list(islice(check.tree_faults(fields, pointer), MAX_ERRORS + 1))
    if faults:
        raise FaultyRequest(
            [{"pointer": fault.pointer, "code": fault.code.value, "message": fault.message} for fault in faults]
        )
    return [SchemaField.model_validate(_as_stored(raw)) for raw in fields]


def fields_to_json(fields: Sequence[SchemaField]) -> list[dict[str, Any]]:
    """Return the canonical stored form: `key`, `type`, `presence`, and what else says something."""
    return [field.model_dump(mode="json", by_alias=True) for field in fields]


def patterns_size(fields: list[dict[str, Any]]) -> int:
    """Return how many instructions the patterns of a sound tree take together."""
    rules = (rule for field in _all_levels(fields) for rule in field.get("rules", []))
    return sum(regex_size(rule["value"]) for rule in rules if rule["rule"] == RuleName.REGEX)


def _all_levels(fields: list[Any]) -> Iterator[Any]:
    """Yield what stands where fields belong, as deep as it goes, without recursion and in no order."""
    waiting = list(fields)
    while waiting:
        raw = waiting.pop()
        yield raw
        children = raw.get("fields") if isinstance(raw, dict) else None
        if isinstance(children, list):
            waiting.extend(children)


class _TreeCheck:
    """Checks one tree; what is dear, patterns, is shared by all its fields."""

    def __init__(self, patterns: Patterns, budget: Budget) -> None:
        self._patterns = patterns
        self._budget = budget

    def tree_faults(self, fields: Any, pointer: str) -> Iterator[SaveFault]:
        if not isinstance(fields, list):
            yield SaveFault(pointer, FieldFault.BAD_TYPE, "The fields must be an array.")
            return
        if sum(1 for _ in islice(_all_levels(fields), MAX_FIELDS + 1)) > MAX_FIELDS:
            message = f"A revision has at most {MAX_FIELDS:,} fields, on all levels together."
            yield SaveFault(pointer, FieldFault.TOO_MANY, message)
            return
        size_before = self._patterns.total_size
        is_sound = True
        for fault in self._sibling_faults(fields, pointer, depth=1):
            is_sound = False
            yield fault
        if not is_sound:
            return
        # Ingest compiles and keeps them all.
        if self._patterns.total_size - size_before > MAX_REVISION_REGEX_SIZE:
            message = "The patterns of this revision are together too big to compile: repeat less in them."
            yield SaveFault(pointer, FieldFault.BAD_REGEX, message)
        if tree_size(fields).choices > MAX_REVISION_CHOICES:
            message = f"A revision has at most {MAX_REVISION_CHOICES:,} values in all its `one_of` together."
            yield SaveFault(pointer, FieldFault.TOO_MANY, message)
        yield from size_faults(fields, pointer)
        yield from place_faults(fields, pointer, self._budget)

    def _sibling_faults(self, siblings: list[Any], pointer: str, depth: int) -> Iterator[SaveFault]:
        keys: set[str] = set()
        for index, raw in enumerate(siblings):
            here = f"{pointer}/{index}"
            self._budget.at(here).check()
            if not isinstance(raw, dict):
                yield SaveFault(here, FieldFault.BAD_TYPE, "A field is a JSON object.")
                continue
            yield from self._field_faults(raw, here, depth)
            key = raw.get("key")
            if isinstance(key, str):
                if key in keys:
                    yield SaveFault(f"{here}/key", FieldFault.DUPLICATE_KEY, "A sibling has this key already.")
                keys.add(key)

    def _field_faults(self, raw: Mapping[str, Any], pointer: str, depth: int) -> Iterator[SaveFault]:
        shape = shape_of(raw, pointer)
        yield from shape.faults
        sound = {name: value for name, value in raw.items() if name not in shape.bad_properties}
        if "key" in sound:
            yield from _reserved_key_faults(sound["key"], f"{pointer}/key", depth)
        if "from" in sound:
            yield from text_faults(sound["from"], f"{pointer}/from", is_pointer=False)
        yield from _when_faults(raw, sound, pointer, depth)
        data_type = DataType(sound["type"]) if "type" in sound else None
        yield from self._children_faults(raw, data_type, pointer, depth)
        if data_type is None:
            return
        yield from _unfit_faults(raw, data_type, pointer)
        rules = [(i, rule) for i, rule in enumerate(sound.get("rules", [])) if i not in shape.bad_rules]
        faults_of_rules = list(rule_faults(data_type, rules, f"{pointer}/rules", self._patterns, self._budget))
        yield from faults_of_rules
        if "presence" in shape.bad_properties:
            return
        presence = Presence(sound.get("presence", Presence.REQUIRED))
        rules_are_sound = not (faults_of_rules or shape.bad_rules or "rules" in shape.bad_properties)
        kept_rules = rules if rules_are_sound else []
        yield from default_faults(raw, sound, data_type, presence, kept_rules, pointer, self._budget)
        yield from _macro_faults(raw, sound, data_type, presence, pointer)

    def _children_faults(
        self, raw: Mapping[str, Any], data_type: DataType | None, pointer: str, depth: int
    ) -> Iterator[SaveFault]:
        here = f"{pointer}/fields"
        children = raw.get("fields", [])
        if not isinstance(children, list):
            yield SaveFault(here, FieldFault.BAD_TYPE, "`fields` must be an array.")
        elif data_type is not None and data_type not in PARENT_TYPES:
            if "fields" in raw:
                message = f"{data_type} has no children: only OBJECT and ARRAY_OBJECT have."
                yield SaveFault(here, FieldFault.UNEXPECTED_FIELD, message)
        elif depth == MAX_DEPTH and (children or data_type is not None):
            message = f"Children would stand at depth {depth + 1}; {MAX_DEPTH} is the limit."
            yield SaveFault(here, FieldFault.TOO_DEEP, message)
        elif children:
            yield from self._sibling_faults(children, here, depth + 1)
        elif data_type is not None:
            yield SaveFault(here, FieldFault.MISSING, f"{data_type} needs at least one child.")


def _when_faults(raw: Mapping[str, Any], sound: Mapping[str, Any], pointer: str, depth: int) -> Iterator[SaveFault]:
    here = f"{pointer}/when"
    if depth > 1 and "when" in raw:
        message = "Only fields at the root have a `when`: it is for all that is in them, too."
        yield SaveFault(here, FieldFault.UNEXPECTED_FIELD, message)
    elif "when" in sound:
        yield from when_faults(sound["when"], here)


_UNFIT: Mapping[str, tuple[frozenset[DataType], str]] = {
    "format": (
        frozenset({DataType.TIMESTAMP, DataType.ARRAY_TIMESTAMP}),
        "A format goes only with TIMESTAMP and ARRAY_TIMESTAMP; a STRING has the rule `format`.",
    ),
    "protect": (
        frozenset({DataType.STRING, DataType.ARRAY_STRING}),
        "Only the values of STRING and ARRAY_STRING can be protected.",
    ),
}


def _unfit_faults(raw: Mapping[str, Any], data_type: DataType, pointer: str) -> Iterator[SaveFault]:
    for name, (fitting, message) in _UNFIT.items():
        if name in raw and data_type not in fitting:
            yield SaveFault(f"{pointer}/{name}", FieldFault.UNEXPECTED_FIELD, message)


def _reserved_key_faults(key: str, pointer: str, depth: int) -> Iterator[SaveFault]:
    if depth == 1 and key in _STAMPS:
        message = "This key is reserved for a column that every event gets: choose another."
        yield SaveFault(pointer, FieldFault.RESERVED_KEY, message)
    elif key.startswith(RESERVED_PREFIXES):
        message = "BigQuery reserves names that start like this: choose another."
        yield SaveFault(pointer, FieldFault.RESERVED_KEY, message)


def _macro_faults(
    raw: Mapping[str, Any], sound: Mapping[str, Any], data_type: DataType, presence: Presence, pointer: str
) -> Iterator[SaveFault]:
    here = f"{pointer}/macro"
    if presence is not Presence.MACRO:
        if "macro" in raw:
            yield SaveFault(here, FieldFault.UNEXPECTED_FIELD, "A macro goes only with the presence `macro`.")
    elif "macro" not in raw:
        yield SaveFault(here, FieldFault.MISSING, "The presence `macro` needs a macro.")
    elif "macro" in sound:
        allowed = MACRO_TYPES[Macro(sound["macro"])]
        if data_type not in allowed:
            message = f"This macro fills {', '.join(sorted(allowed))}, not {data_type}."
            yield SaveFault(here, FieldFault.BAD_MACRO, message)


def _as_stored(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return a checked field in one of the ways to write it: numbers as ingest would store them, nothing beyond."""
    data_type = DataType(raw["type"])
    scalar = ELEMENT_TYPE.get(data_type, data_type)
    stored = dict(raw)
    if "from" in raw:
        path = path_of(raw)
        if len(path) == 1 and path[0] and not path[0].startswith("/"):
            stored["from"] = path[0]
        if path == (raw["key"],):
            del stored["from"]
    if raw.get("format") == TimestampFormat.UNIX_SECONDS:
        del stored["format"]
    if "default" in raw:
        default, timestamp_format = raw["default"], raw.get("format")
        if data_type in ELEMENT_TYPE:
            stored["default"] = [value_as(scalar, part, timestamp_format) for part in default]
        else:
            stored["default"] = value_as(scalar, default, timestamp_format)
    if "rules" in raw:
        stored["rules"] = [{**rule, "value": _argument_as_stored(scalar, rule)} for rule in raw["rules"]]
    if "fields" in raw:
        stored["fields"] = [_as_stored(child) for child in raw["fields"]]
    return stored


def _argument_as_stored(scalar: DataType, rule: Mapping[str, Any]) -> Any:
    """Return a rule's argument: choices are values of the type, a bound is compared as it was written.

    A whole number of over 64 bits, which no answer could show, gives way to the next double within the bound.
    """
    argument = rule["value"]
    match rule["rule"]:
        case RuleName.ONE_OF:
            return [value_as(scalar, choice) for choice in argument]
        case RuleName.MIN_VALUE if not INT64_MIN <= argument <= UINT64_MAX:
            return least_double(argument)
        case RuleName.MAX_VALUE if not INT64_MIN <= argument <= UINT64_MAX:
            return most_double(argument)
    return argument
