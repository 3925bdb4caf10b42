"""From a JSON Schema to fields: what maps is taken over, all else is listed with its place and the reason.

The tree never refuses an event that the JSON Schema accepts, but for what holds of every revision: null is missing,
INT has 64 bits, FLOAT is a double, a string has its limit. So a constraint without a counterpart leaves the field
wider, and a value that no type holds leaves its key out, which is then dropped from what is stored. The one exception
is listed like all else: a subschema that names no type but has `properties` or `items` is taken for what it means.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from domain.errors import Rejected
from domain.language.budget import UNLIMITED, Budget
from domain.language.field_keys import unusable_key
from domain.language.field_sizes import has_room
from domain.language.fields import check_fields, fields_to_json
from domain.language.json_schema_facts import Facts, Place, Reader, Unmapped, type_of
from domain.language.json_schema_rules import RuleWriter, scalar_type
from domain.language.patterns import Patterns
from schemas.codes import Problem
from schemas.data_types import DataType, RuleName
from schemas.limits import MAX_DEPTH, MAX_DESCRIPTION_CHARS, MAX_FIELDS

MAX_LISTED = 500
"""How many rows of what was not taken over an answer lists."""

_ARRAYS = {
    DataType.STRING: DataType.ARRAY_STRING,
    DataType.INT: DataType.ARRAY_INT,
    DataType.FLOAT: DataType.ARRAY_FLOAT,
}

RawField = dict[str, Any]


class Imported(NamedTuple):
    """A tree in its stored form, what becomes of unknown keys, and everything that was not taken over."""

    fields: list[RawField]
    additional_keys: str
    unmapped: list[Unmapped]

    def report(self) -> dict[str, Any]:
        """Return what the answer says of the import."""
        return {
            "unmapped": [row._asdict() for row in self.unmapped[:MAX_LISTED]],
            "unmapped_count": len(self.unmapped),
        }


def import_json_schema(schema: Mapping[str, Any], budget: Budget = UNLIMITED) -> Imported:
    """Return the fields of a JSON Schema of the drafts 4 to 2020-12.

    Raises:
        Rejected: invalid_request at `/json_schema` if nothing can be taken over, with what stood in the way; or
            too_complex, with the place.
    """
    reader = Reader(schema, budget)
    patterns = Patterns(budget)
    fields, additional_keys = _Tree(reader, patterns).build()
    unmapped = list(reader.unmapped.values())
    if not fields:
        raise _nothing_taken_over(unmapped)
    checked = check_fields(fields, "/json_schema", patterns=patterns, budget=budget)
    return Imported(fields_to_json(checked), additional_keys, unmapped)


def _nothing_taken_over(unmapped: list[Unmapped]) -> Rejected:
    message = "Nothing of the JSON Schema can be taken over: it has to describe an object with properties."
    errors = [{"pointer": "/json_schema", "code": "nothing_mapped", "message": message}]
    errors += [
        {"pointer": f"/json_schema{row.pointer}", "code": "unmapped", "message": row.reason}
        for row in unmapped[:MAX_LISTED]
    ]
    return Rejected(Problem.INVALID_REQUEST, message, errors=errors)


class _Tree:
    def __init__(self, reader: Reader, patterns: Patterns) -> None:
        self._reader = reader
        self._patterns = patterns
        self._rules = RuleWriter(reader, patterns)
        self._count = 0
        self._closed: list[str] = []
        self._is_all_closed = True

    def build(self) -> tuple[list[RawField], str]:
        facts = self._reader.facts([Place(self._reader.root, "")])
        if facts.types is not None and "object" not in facts.types:
            return [], "drop"
        if facts.choices is not None:
            self._reader.note("", "enum", "Whole events can't be listed.")
        fields = self._children(facts, depth=1)
        if self._is_all_closed:
            return fields, "reject"
        for pointer in self._closed:
            reason = "Further keys are dropped: they are refused only if every object says so and all its keys map."
            self._reader.note(pointer, "additionalProperties", reason)
        return fields, "drop"

    def _left_out(self, pointer: str, keyword: str, reason: str) -> None:
        self._is_all_closed = False
        self._reader.note(pointer, keyword, f"The key is left out: {reason}")

    def _children(self, facts: Facts, depth: int) -> list[RawField]:
        self._closed += facts.closed
        if not facts.closed or facts.object_parts > 1:
            self._is_all_closed = False
        if facts.required - facts.properties.keys():
            self._reader.note(facts.pointer, "required", "It asks for a key that has no subschema.")
        children = []
        for key, places in facts.properties.items():
            pointer = places[0].pointer
            if reason := unusable_key(key, depth):
                self._left_out(pointer, "properties", reason)
            elif self._count >= MAX_FIELDS:
                self._left_out(pointer, "properties", f"a revision has at most {MAX_FIELDS} fields.")
            else:
                child = self._field(key, places, depth, is_required=key in facts.required)
                children += [child] if child else []
        return children

    def _field(self, key: str, places: list[Place], depth: int, *, is_required: bool) -> RawField | None:
        before = self._count
        self._count += 1
        facts = self._reader.facts(places)
        json_type = self._single_type(facts, places[0].pointer)
        field = self._typed(facts, json_type, depth) if json_type else None
        field = self._fitting(field, facts) if field else None
        if field is None:
            self._count = before
            return None
        may_be_null = facts.types is None or "null" in facts.types
        if facts.choices is not None:
            may_be_null = may_be_null and any(choice is None for choice in facts.choices)
        return self._described({"key": key, **field}, facts, is_required=is_required and not may_be_null)

    def _single_type(self, facts: Facts, pointer: str) -> str | None:
        """Return the one type besides null that a value may have, or note why there is none."""
        types = None if facts.types is None else facts.types - {"null"}
        if facts.choices is not None:
            stated = {type_of(choice) for choice in facts.choices} - {"null"}
            if "number" in stated:
                stated.discard("integer")
            if types is None:
                types = stated
            else:
                both = {name for name in stated if name in types or (name == "integer" and "number" in types)}
                types = both or types
        if facts.is_impossible or types == set():
            self._left_out(pointer, "type", "no value but null fits it.")
            return None
        if types is None:
            assumed = "object" if facts.properties else "array" if facts.items else None
            if assumed is None:
                self._left_out(pointer, "type", "it may be of any type.")
                return None
            self._reader.note(pointer, "type", f"None is named: it is taken for an {assumed}.")
            return assumed
        if "number" in types:
            types = types - {"integer"}
        if len(types) > 1:
            self._left_out(pointer, "type", "a field has one type.")
            return None
        return next(iter(types))

    def _typed(self, facts: Facts, json_type: str, depth: int) -> RawField | None:
        if json_type == "object":
            children = self._object_children(facts, depth)
            return {"type": DataType.OBJECT.value, "fields": children} if children else None
        if json_type == "array":
            return self._array(facts, depth)
        data_type = scalar_type(facts, json_type)
        return _with_rules(data_type, self._rules.scalar_rules(facts, data_type))

    def _fitting(self, field: RawField, facts: Facts) -> RawField | None:
        """Return a field that an event has room for, without its least number of elements if need be."""
        if has_room(field):
            return field
        rules = [rule for rule in field.get("rules", []) if rule["rule"] != RuleName.MIN_ITEMS]
        wider = {name: value for name, value in field.items() if name != "rules"} | ({"rules": rules} if rules else {})
        if len(rules) < len(field.get("rules", [])) and has_room(wider):
            self._reader.note(facts.pointer, "minItems", "No event has room for so many elements.")
            return wider
        self._left_out(facts.pointer, "type", "no event has room for it.")
        return None

    def _object_children(self, facts: Facts, depth: int) -> list[RawField]:
        if facts.choices is not None:
            self._reader.note(facts.pointer, "enum", "Whole objects can't be listed.")
        if not facts.properties:
            self._left_out(facts.pointer, "properties", "an object needs properties.")
            return []
        if depth == MAX_DEPTH:
            self._left_out(facts.pointer, "properties", f"its keys would stand deeper than {MAX_DEPTH} levels.")
            return []
        children = self._children(facts, depth + 1)
        if not children:
            self._left_out(facts.pointer, "properties", "none of its keys can be taken over.")
        return children

    def _array(self, facts: Facts, depth: int) -> RawField | None:
        if not facts.items:
            self._left_out(facts.pointer, "items", "its elements may be of any type.")
            return None
        places = facts.items
        items = self._reader.facts(places)
        item_type = self._single_type(items, places[0].pointer)
        if item_type is None:
            return None
        has_null = items.types is None or "null" in items.types
        if items.choices is not None:
            has_null = has_null and None in items.choices
        if has_null and items.types is not None:
            self._left_out(places[0].pointer, "type", "elements can't be null.")
            return None
        if item_type in {"array", "boolean"}:
            self._left_out(places[0].pointer, "type", f"there are no arrays of {item_type}s.")
            return None
        if item_type == "object":
            children = self._object_children(items, depth)
            if not children:
                return None
            rules = self._rules.array_rules(facts, DataType.ARRAY_OBJECT)
            return {**_with_rules(DataType.ARRAY_OBJECT, rules), "fields": children}
        element_type = scalar_type(items, item_type)
        if element_type not in _ARRAYS:
            element_type = {DataType.DATETIME: DataType.STRING, DataType.TIMESTAMP: DataType.INT}[element_type]
        data_type = _ARRAYS[element_type]
        rules = self._rules.array_rules(facts, data_type) + self._rules.scalar_rules(items, element_type)
        return _with_rules(data_type, rules)

    def _described(self, field: RawField, facts: Facts, *, is_required: bool) -> RawField:
        description = facts.description
        if len(description) > MAX_DESCRIPTION_CHARS:
            self._reader.note(facts.pointer, "description", f"It is cut to {MAX_DESCRIPTION_CHARS:,} characters.")
            description = description[:MAX_DESCRIPTION_CHARS]
        described = {**field, "presence": "required" if is_required else "optional"}
        if description:
            described["description"] = description
        default = facts.default
        if is_required or default is None or default.value is None:
            return described
        with_default = {**described, "presence": "default", "default": default.value}
        try:
            here = f"/json_schema{default.pointer}"
            check_fields([{**with_default, "key": "a"}], here, patterns=self._patterns, budget=self._reader.budget)
        except Rejected as rejected:
            if rejected.code is Problem.TOO_COMPLEX:
                raise
            self._reader.note(default.pointer, "default", "It can't be a default: it does not fit the field.")
            return described
        return with_default


def _with_rules(data_type: DataType, rules: list[dict[str, Any]]) -> RawField:
    return {"type": data_type.value, **({"rules": rules} if rules else {})}
