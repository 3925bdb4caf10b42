"""From a JSON Schema to fields: what maps is taken over, all else is listed with its place and the reason.

The tree never refuses an event that the JSON Schema accepts, but for what holds of every revision: null is missing,
INT has 64 bits, FLOAT is a double. So a constraint without a counterpart leaves the field wider, and a value that no
other type holds is kept as JSON. Nothing that is sent is lost: a schema that is open anywhere keeps what no field
names. The one exception is listed like all else: a subschema that names no type but has `properties` or `items` is
taken for what it means.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from domain.errors import Rejected
from domain.language.budget import UNLIMITED, Budget
from domain.language.field_keys import stored_keys
from domain.language.field_places import text_faults
from domain.language.field_sizes import has_room
from domain.language.fields import check_fields, fields_to_json
from domain.language.json_schema_facts import Facts, Reader, Unmapped
from domain.language.json_schema_inner import inner_rules
from domain.language.json_schema_keywords import is_free
from domain.language.json_schema_members import EventMembers, Member, limits_keys, object_members
from domain.language.json_schema_rules import RuleWriter, are_doubles, scalar_type
from domain.language.json_schema_values import listed_types
from domain.language.patterns import Patterns
from schemas.codes import Problem
from schemas.data_types import ELEMENT_TYPE, DataType, Kind, RuleName, TimestampFormat
from schemas.limits import MAX_DEPTH, MAX_DESCRIPTION_CHARS, MAX_FIELDS, MAX_FROM_CHARS
from schemas.places import pointer_of

MAX_LISTED = 500
"""How many rows of what was not taken over an answer lists."""

_ARRAYS = {element: array for array, element in ELEMENT_TYPE.items()}
_KINDS = [kind.value for kind in Kind]
_ALL_KINDS = frozenset(_KINDS) - {"integer"}

RawField = dict[str, Any]


class Imported(NamedTuple):
    """A tree in its stored form, what becomes of unknown keys, and everything that was not taken over.

    `lost` lists keys of accepted documents that are not stored; `is_exact` says that the fields accept just what the
    JSON Schema accepts, null apart.
    """

    fields: list[RawField]
    additional_keys: str
    unmapped: list[Unmapped]
    lost: list[Unmapped]
    is_exact: bool

    def report(self) -> dict[str, Any]:
        """Return what the answer says of the import."""
        return {
            "complete": not self.lost,
            "exact": self.is_exact,
            "lost": [row._asdict() for row in self.lost[:MAX_LISTED]],
            "lost_count": len(self.lost),
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
    tree = _Tree(reader, patterns)
    fields, additional_keys = tree.build()
    unmapped = list(reader.unmapped.values())
    if not fields:
        raise _nothing_taken_over(unmapped)
    checked = check_fields(fields, "/json_schema", patterns=patterns, budget=budget)
    return Imported(fields_to_json(checked), additional_keys, unmapped, list(tree.lost.values()), reader.is_exact)


def import_value(schema: Mapping[str, Any], patterns: Patterns, budget: Budget) -> Imported:
    """Return one field, without `key` and `presence`, for a value that a JSON Schema describes.

    `patterns` are those of the request that were compiled already.

    Raises:
        Rejected: as `import_json_schema`.
    """
    reader = Reader(schema, budget)
    tree = _Tree(reader, patterns)
    field = tree.build_value()
    unmapped = list(reader.unmapped.values())
    if field is None:
        raise _nothing_taken_over(unmapped)
    check_fields([{**field, "key": "a"}], "/json_schema", patterns=patterns, budget=budget)
    del field["presence"]
    return Imported([field], "keep", unmapped, list(tree.lost.values()), reader.is_exact)


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
        self.lost: dict[str, Unmapped] = {}
        """Values that the JSON Schema accepts and their field refuses, with all of the event, by their pointers."""

    def build(self) -> tuple[list[RawField], str]:
        root = self._reader.facts([self._reader.root], with_alternatives=True)
        if root.types is not None and "object" not in root.types:
            return [], "drop"
        if root.choices is not None:
            self._reader.note("", "enum", "Whole events can't be listed.")
        event = EventMembers(self._reader, root)
        members = event.members()
        for facts in event.objects:
            self._look_at_further_keys(facts)
        fields = self._fields(members, depth=1)
        if self._is_all_closed:
            return fields, "reject"
        for pointer in self._closed:
            reason = "Further keys are kept: they are refused only if every object refuses them and all its keys map."
            self._reader.note(pointer, "additionalProperties", reason)
        return fields, "keep"

    def build_value(self) -> RawField | None:
        """Return a field for the whole of what the JSON Schema describes, which is no event but stands in one."""
        field = self._field(Member("", [self._reader.root], is_required=False), depth=1)
        for pointer in self._closed:
            self._reader.note(pointer, "additionalProperties", "Further keys are kept.")
        return field

    def _look_at_further_keys(self, facts: Facts) -> None:
        self._closed += facts.closed
        if not facts.closed:
            self._is_all_closed = False
        for place in facts.members:
            self._reader.note(place.pointer, "additionalProperties", "Further keys are kept as they come.")
        for said in facts.said:
            if limits_keys(said):
                self._reader.note(said.pointer, said.keyword, "The number of keys can be limited in JSON alone.")
        if facts.allowed is not None and facts.required - facts.allowed:
            self._reader.note(facts.pointer, "required", "It asks for a key that can't be there.")

    def _left_out(self, pointer: str, keyword: str, reason: str) -> None:
        self._is_all_closed = False
        self._reader.note(pointer, keyword, f"It has no field of its own, and is kept with further keys: {reason}")

    def _fields(self, members: list[Member], depth: int) -> list[RawField]:
        named = []
        for member in members:
            if _can_be_read(member.sent):
                named.append(member)
            else:
                reason = f"a field reads keys of at most {MAX_FROM_CHARS} characters, none of them a control character."
                self._left_out(member.places[0].pointer, "properties", reason)
        fields = []
        for member, key in zip(named, stored_keys([one.name for one in named], depth), strict=True):
            if self._count >= MAX_FIELDS:
                reason = f"a revision has at most {MAX_FIELDS:,} fields."
                self._left_out(member.places[0].pointer, "properties", reason)
                continue
            field = self._field(member, depth)
            if field is not None:
                place = {"from": _place_of(member.sent)} if member.sent != key else {}
                when = {"when": member.when} if member.when else {}
                fields.append({"key": key, **place, **field, **when})
        return fields

    def _field(self, member: Member, depth: int) -> RawField | None:
        before = (self._count, self._is_all_closed, len(self._closed))
        self._count += 1
        facts = self._reader.facts(member.places)
        pointer = member.places[0].pointer
        if facts.is_impossible:
            if member.is_required or member.when:
                self._reader.note(pointer, "", "No value fits it.")
            self._count = before[0]
            if not self._is_all_closed:
                self._left_out(pointer, "", "no value fits it.")
            return None
        field = self._value(facts, depth, pointer)
        room = self._fitting(field, facts)
        if room is None:
            self._count, self._is_all_closed, closed = before
            del self._closed[closed:]
            self._left_out(facts.pointer, "type", "no event has room for it.")
            return None
        may_be_null = facts.types is None or "null" in facts.types
        if facts.choices is not None:
            may_be_null = may_be_null and any(choice is None for choice in facts.choices)
        if member.is_required and facts.types is None and facts.choices is None and room["type"] == DataType.JSON:
            self._reader.note(pointer, "required", "Its value may be null, which counts as missing.")
        return self._described(room, facts, is_required=member.is_required and not may_be_null)

    def _types(self, facts: Facts, pointer: str) -> set[str] | None:
        """Return the types besides null that a value may have; None for any."""
        types = None if facts.types is None else facts.types - {"null"}
        if facts.choices is not None:
            listed = listed_types(facts.choices, types, are_doubles=are_doubles(facts))
            types = listed if types is None else listed or types
        if types is None and (facts.properties or facts.items):
            assumed = "object" if facts.properties else "array"
            row = Unmapped(
                pointer, "type", f"None is named: it is taken for an {assumed}, and other values are refused."
            )
            self._reader.note(*row)
            self.lost[pointer] = row
            return {assumed}
        if types == set():
            self._reader.note(pointer, "type", "No value but null fits it: other values are kept as JSON.")
            return None
        return types - {"integer"} if types is not None and "number" in types else types

    def _value(self, facts: Facts, depth: int, pointer: str) -> RawField:
        if facts.is_null_alone():
            return _typed(DataType.STRING, self._rules.nothing_but_null(facts))
        types = self._types(facts, pointer)
        if types == {"object"} and facts.properties and depth < MAX_DEPTH:
            return self._object(facts, DataType.OBJECT, depth)
        if types == {"array"} and facts.items:
            return self._array(facts, depth)
        if types is None or len(types) > 1 or types & {"object", "array"}:
            return self._json(facts, types)
        data_type, timestamp_format = scalar_type(facts, next(iter(types)))
        return _typed(data_type, self._rules.scalar_rules(facts, data_type), timestamp_format)

    def _object(self, facts: Facts, data_type: DataType, depth: int) -> RawField:
        """Return an object with its fields, or JSON if none of its keys has one."""
        before = (self._is_all_closed, len(self._closed))
        children = self._fields(object_members(facts), depth + 1)
        if not children:
            self._is_all_closed = before[0]
            del self._closed[before[1] :]
            made = self._json(facts, {"object"})
            return made if data_type is DataType.OBJECT else {**made, "type": DataType.ARRAY_JSON.value}
        self._look_at_further_keys(facts)
        if facts.choices is not None:
            self._reader.note(facts.pointer, "enum", "Whole objects can't be listed.")
        return {"type": data_type.value, "fields": children}

    def _json(self, facts: Facts, types: set[str] | None) -> RawField:
        """Return JSON of these kinds, and note what it leaves unsaid."""
        kinds = None if types is None or types >= _ALL_KINDS else [name for name in _KINDS if name in types]
        if types is None or "object" in types:
            for places in facts.properties.values():
                if not is_free(places[0].schema):
                    reason = "Its keys have no fields: the object is kept as it comes."
                    self._reader.note(facts.pointer, "properties", reason)
                    break
            if facts.required:
                self._reader.note(facts.pointer, "required", "The object is kept as it comes, without any of its keys.")
            for pointer in facts.closed:
                self._reader.note(pointer, "additionalProperties", "The object is kept as it comes, with further keys.")
        rules = self._rules.json_rules(facts, kinds)
        return _typed(DataType.JSON, [*rules, *inner_rules(self._reader, facts, types)])

    def _array(self, facts: Facts, depth: int) -> RawField:
        places = facts.items
        items = self._reader.facts(places)
        may_be_null = items.types is None or "null" in items.types
        if items.choices is not None:
            may_be_null = may_be_null and None in items.choices
        is_assumed = items.types is None and bool(items.properties or items.items)
        if items.is_impossible or (may_be_null and not is_assumed):
            return self._json(facts, {"array"})
        types = self._types(items, places[0].pointer)
        if types == {"object"} and items.properties and depth < MAX_DEPTH:
            made = self._object(items, DataType.ARRAY_OBJECT, depth)
        elif types is None or len(types) > 1 or types & {"object", "array"}:
            made = {**self._json(items, types), "type": DataType.ARRAY_JSON.value}
        else:
            element, timestamp_format = scalar_type(items, next(iter(types)))
            made = _typed(_ARRAYS[element], self._rules.scalar_rules(items, element), timestamp_format)
        rules = self._rules.array_rules(facts, DataType(made["type"])) + made.get("rules", [])
        return {**made, **({"rules": rules} if rules else {})}

    def _fitting(self, field: RawField, facts: Facts) -> RawField | None:
        """Return a field that an event has room for, without its least number of elements where it must."""
        if has_room(field):
            return field
        rules = [rule for rule in field.get("rules", []) if rule["rule"] != RuleName.MIN_ITEMS]
        wider = {name: value for name, value in field.items() if name != "rules"} | ({"rules": rules} if rules else {})
        if len(rules) < len(field.get("rules", [])) and has_room(wider):
            self._reader.note(facts.pointer, "minItems", "No event has room for so many elements.")
            return wider
        return None

    def _described(self, field: RawField, facts: Facts, *, is_required: bool) -> RawField:
        description = facts.description
        if len(description) > MAX_DESCRIPTION_CHARS:
            reason = f"It is cut to {MAX_DESCRIPTION_CHARS:,} characters."
            self._reader.note(facts.pointer, "description", reason, is_exact=True)
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
            reason = "It can't be a default: it does not fit the field."
            self._reader.note(default.pointer, "default", reason, is_exact=True)
            return described
        return with_default


def _typed(data_type: DataType, rules: list[dict[str, Any]], timestamp_format: str | None = None) -> RawField:
    has_format = timestamp_format is not None and timestamp_format != TimestampFormat.UNIX_SECONDS
    return {
        "type": data_type.value,
        **({"format": timestamp_format} if has_format else {}),
        **({"rules": rules} if rules else {}),
    }


def _can_be_read(sent: str) -> bool:
    """Say whether a field can read the key of an event."""
    return not any(text_faults(_place_of(sent), "", is_pointer=False))


def _place_of(sent: str) -> str:
    """Return what a field's `from` says of a key."""
    return pointer_of((sent,)) if not sent or sent.startswith("/") else sent
