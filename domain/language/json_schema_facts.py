"""What a JSON Schema says of one value, gathered over `$ref`, `allOf` and choices that only add null.

Drafts 4 to 2020-12. What can't be gathered is noted with its place, so that nothing is lost silently; leaving it out
only ever lets more values pass.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from domain.language.budget import Budget, too_complex
from domain.language.json_schema_keywords import (
    ANNOTATIONS,
    GATHERED_TYPES,
    NOTHING_IF_FALSE,
    SAID,
    SHAPES,
    TYPES,
    WITHOUT_COUNTERPART,
    is_free,
)
from domain.language.json_schema_references import Place, References
from domain.language.json_schema_values import identity, of_types, widened, without_repeats

MAX_STEPS = 100_000
"""How many subschemas are found and looked at, each as often as references lead to it."""

_MAX_REFERENCES = 100
_OF_REFERENCES = frozenset({"$ref", "$id", "id", "$schema", "$defs", "definitions"})


class Unmapped(NamedTuple):
    """What was not taken over. `pointer` leads to the subschema, within the JSON Schema as it was given."""

    pointer: str
    keyword: str
    reason: str


class Said(NamedTuple):
    """A keyword's value and the pointer of its subschema."""

    keyword: str
    value: Any
    pointer: str


@dataclass
class Facts:
    """What holds of one value. `types`, `choices` and `allowed`, its keys, are None where nothing limits them.

    `alternatives` are choices and conditions that are told apart by what an object holds, only of the root.
    """

    pointer: str
    types: set[str] | None = None
    choices: list[Any] | None = None
    is_impossible: bool = False
    said: list[Said] = field(default_factory=list)
    properties: dict[str, list[Place]] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    items: list[Place] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    allowed: set[str] | None = None
    members: list[Place] = field(default_factory=list)
    alternatives: list[tuple[str, Place]] | None = None
    description: str = ""
    default: Said | None = None

    def limit_types(self, types: set[str]) -> None:
        if self.types is None:
            self.types = set(types)
            return
        both = self.types & types
        if "number" in self.types:
            both |= types & {"integer"}
        if "number" in types:
            both |= self.types & {"integer"}
        self.types = both

    def is_null_alone(self) -> bool:
        """Say whether null is the only value."""
        return bool(self.choices and all(choice is None for choice in self.choices)) or self.types == {"null"}

    def limit_choices(self, choices: list[Any]) -> None:
        if self.choices is not None:
            known = set(map(identity, self.choices))
            choices = [choice for choice in choices if identity(choice) in known]
        self.choices = choices


class Reader:
    """Gathers facts of places in one JSON Schema; notes what it can't gather in `unmapped`."""

    def __init__(self, schema: Mapping[str, Any], budget: Budget) -> None:
        self._references = References(schema)
        self.root = self._references.root
        self.budget = budget
        self.unmapped: dict[tuple[str, str], Unmapped] = {}
        self.is_exact = True
        self._steps = 0

    def note(self, pointer: str, keyword: str, reason: str, *, is_exact: bool = False) -> None:
        """List what is not taken over; `is_exact` says that the same is accepted without it."""
        self.is_exact = self.is_exact and is_exact
        self.unmapped.setdefault((pointer, keyword), Unmapped(pointer, keyword, reason))

    def _count(self, subschemas: int, pointer: str) -> None:
        here = f"/json_schema{pointer}"
        self._steps += subschemas
        if self._steps > MAX_STEPS:
            message = f"The JSON Schema is too large: over {MAX_STEPS:,} subschemas, references followed."
            raise too_complex(here, message)
        self.budget.at(here).check()

    def facts(self, places: list[Place], *, with_alternatives: bool = False) -> Facts:
        """Return what all places together say."""
        facts = Facts(places[0].pointer, alternatives=[] if with_alternatives else None)
        for place in places:
            self._gather(facts, place, or_null=False)
        return facts

    def _gather(self, facts: Facts, place: Place, *, or_null: bool) -> None:
        place = place.entered()
        schema, pointer = place.schema, place.pointer
        self._count(1, pointer)
        if isinstance(schema, bool):
            facts.is_impossible = facts.is_impossible or not schema
            return
        if not isinstance(schema, dict):
            self.note(pointer, "", "A schema is an object or a boolean.")
            return
        if isinstance(schema.get("description"), str) and not facts.description:
            facts.description = schema["description"]
        if "default" in schema and facts.default is None:
            facts.default = Said("default", schema["default"], pointer)
        if "$ref" in schema:
            self._follow(facts, place, or_null=or_null)
            if place.base.references_stand_alone:
                return
        self._gather_value(facts, place, or_null=or_null)
        self._gather_object(facts, place)
        self._gather_items(facts, place)
        self._note_what_has_no_counterpart(schema, pointer)
        for index, branch in enumerate(_list_of(schema.get("allOf"))):
            self._gather(facts, place.at(branch, "allOf", index), or_null=or_null)
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                self._gather_choice(facts, place, keyword, or_null=or_null)
        if "if" in schema and not schema.keys().isdisjoint({"then", "else"}):
            if facts.alternatives is None:
                self.note(pointer, "if", "Only whole events have conditions.")
            else:
                facts.alternatives.append(("if", place))

    def _note_what_has_no_counterpart(self, schema: Mapping[str, Any], pointer: str) -> None:
        for keyword, reason in WITHOUT_COUNTERPART.items():
            if keyword in schema and not (keyword in NOTHING_IF_FALSE and schema[keyword] is False):
                self.note(pointer, keyword, reason)
        for keyword, kind in SHAPES.items():
            if keyword in schema and not isinstance(schema[keyword], kind):
                self.note(pointer, keyword, f"It must be an {'array' if kind is list else 'object'}.")
        if isinstance(schema.get("required"), bool):
            reason = "In the drafts 4 to 2020-12 the object lists its required keys; a boolean is of draft 3."
            self.note(pointer, "required", reason)
        elif not isinstance(schema.get("required", []), list):
            self.note(pointer, "required", "It must be an array.")

    def _follow(self, facts: Facts, place: Place, *, or_null: bool) -> None:
        target = self._target(place)
        if target is None:
            return
        if target.pointer in place.references or len(place.references) > _MAX_REFERENCES:
            self.note(place.pointer, "$ref", "It leads back to a schema that it stands in: its fields end here.")
            types = self._types_of(target)
            if types:
                facts.limit_types(types | ({"null"} if or_null else set()))
            return
        target = target._replace(references=place.references | {target.pointer})
        self._gather(facts, target, or_null=or_null)

    def _target(self, place: Place) -> Place | None:
        target = self._references.target(place)
        if isinstance(target, str):
            self.note(place.pointer, "$ref", target)
            return None
        return target

    def _gather_value(self, facts: Facts, place: Place, *, or_null: bool) -> None:
        schema, pointer = place.schema, place.pointer
        also = {"null"} if or_null else set()
        if "type" in schema:
            named = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
            if all(isinstance(name, str) and name in TYPES for name in named):
                facts.limit_types(set(named) | also)
            else:
                self.note(pointer, "type", "It names no type of JSON.")
        for keyword in ("enum", "const"):
            if keyword in schema:
                choices = _list_of(schema["enum"]) if keyword == "enum" else [schema["const"]]
                facts.limit_choices([*choices, None] if or_null else choices)
                facts.said.append(Said(keyword, choices, pointer))
        facts.said += [Said(keyword, schema[keyword], pointer) for keyword in SAID if keyword in schema]
        facts.said += [Said(keyword, value, pointer) for keyword, value in _number_bounds(schema)]

    def _gather_object(self, facts: Facts, place: Place) -> None:
        schema, pointer = place.schema, place.pointer
        properties = schema.get("properties")
        if isinstance(properties, dict):
            self._count(len(properties), pointer)
            for name, child in properties.items():
                facts.properties.setdefault(name, []).append(place.at(child, "properties", name))
        if isinstance(schema.get("required"), list):
            facts.required |= {name for name in schema["required"] if isinstance(name, str)}
        additional = schema.get("additionalProperties", True)
        if additional is False and "patternProperties" not in schema:
            facts.closed.append(pointer)
            own = set(properties) if isinstance(properties, dict) else set()
            facts.allowed = own if facts.allowed is None else facts.allowed & own
        elif isinstance(additional, dict) and not is_free(additional) and "patternProperties" not in schema:
            facts.members.append(place._replace(schema=additional))

    def _gather_items(self, facts: Facts, place: Place) -> None:
        schema, pointer = place.schema, place.pointer
        if isinstance(schema.get("items"), list) or "prefixItems" in schema:
            facts.items.append(place.at(True, "items"))
            self.note(pointer, "items" if "prefixItems" not in schema else "prefixItems", "Elements have no positions.")
        elif "items" in schema:
            facts.items.append(place.at(schema["items"], "items"))

    def _gather_choice(self, facts: Facts, place: Place, keyword: str, *, or_null: bool) -> None:
        pointer = place.pointer
        branches = self.choice_branches(place, keyword)
        others = [branch for branch in branches if not _is_null(branch.schema)]
        has_null = len(others) < len(branches)
        if len(others) == 1:
            self._gather(facts, others[0], or_null=or_null or has_null)
            return
        listed = [self._enumerated(branch) for branch in others]
        choices = [choice for choices in listed for choice in choices or []]
        is_union = keyword == "anyOf" or len(without_repeats(choices)) == len(choices)
        if others and is_union and all(part is not None for part in listed):
            choices = without_repeats(choices)
            facts.limit_choices([*choices, None] if or_null or has_null else choices)
            facts.said.append(Said(keyword, choices, pointer))
            return
        if facts.alternatives is not None and not has_null:
            facts.alternatives.append((keyword, place))
            return
        types: set[str] = set()
        is_union, is_known, is_disjoint = True, bool(others), True
        of_one_type: list[Place] = []
        for branch in others:
            named = self._types_of(branch)
            is_disjoint = is_disjoint and not widened(types) & widened(named)
            further = self._further_of_one_type(branch, named)
            is_union = is_union and further is not None
            is_known = is_known and bool(named)
            types |= named
            if further is not None and further.schema:
                of_one_type.append(further)
        is_union = is_union and (is_disjoint or (keyword == "anyOf" and not of_one_type))
        if not (is_union and is_known):
            self.note(pointer, keyword, "There are no alternatives here.")
        else:
            # What is said of one type alone is true of a value whatever the other branches say.
            for further in of_one_type:
                self._gather_value(facts, further, or_null=False)
                self._gather_object(facts, further)
                self._gather_items(facts, further)
        if is_known:
            facts.limit_types(types | ({"null"} if or_null or has_null else set()))

    def _further_of_one_type(self, branch: Place, named: set[str]) -> Place | None:
        """Return what a branch says beside its only type, of values of that type; None if it says anything else."""
        found = self._resolved(branch)
        further = found.schema.keys() - ANNOTATIONS - {"type"}
        if not further:
            return found._replace(schema={})
        about = {"number" if name == "integer" else name for name in named}
        leads_back = found.references == branch.references and found.pointer != branch.pointer
        if leads_back or len(named) != 1 or not all(GATHERED_TYPES.get(name) in about for name in further):
            return None
        return found._replace(schema={name: found.schema[name] for name in further}, pointer=branch.pointer)

    def choice_branches(self, place: Place, keyword: str) -> list[Place]:
        """Return the branches of an `anyOf` or `oneOf`."""
        return [
            place.at(branch, keyword, index).entered() for index, branch in enumerate(_list_of(place.schema[keyword]))
        ]

    def _types_of(self, place: Place) -> set[str]:
        """Return the types that a subschema names, none if it does not."""
        stated = self._resolved(place).schema.get("type")
        names: list[Any] = stated if isinstance(stated, list) else [stated]
        return set(names) if all(isinstance(name, str) and name in TYPES for name in names) else set()

    def _resolved(self, place: Place) -> Place:
        """Return the object that a place's references end at; what stands beside them stays in it as `$ref`."""
        beside: dict[str, Any] = {}
        for _ in range(_MAX_REFERENCES):
            place = place.entered()
            if not isinstance(place.schema, dict):
                break
            if "$ref" not in place.schema:
                return place._replace(schema={**place.schema, **beside})
            if place.schema.keys() - ANNOTATIONS - _OF_REFERENCES and not place.base.references_stand_alone:
                beside = {"$ref": place.schema["$ref"]}
            target = self._target(place)
            if target is None:
                break
            place = target._replace(references=place.references | {target.pointer})
        return place._replace(schema={})

    def _enumerated(self, place: Place) -> list[Any] | None:
        """Return the values of a subschema that only lists values of one type; None of any other."""
        found = self._resolved(place)
        if found.schema.keys() - ANNOTATIONS - {"type", "enum", "const"} or not found.schema.keys() & {"enum", "const"}:
            return None
        facts = Facts("")
        self._gather_value(facts, found._replace(pointer=place.pointer), or_null=False)
        return of_types(facts.choices or [], facts.types)


def _number_bounds(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the bounds; the booleans of draft 4 make their bound exclusive, as its number does later."""
    for inclusive, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if inclusive in schema:
            yield (exclusive if schema.get(exclusive) is True else inclusive), schema[inclusive]
        if exclusive in schema and not isinstance(schema[exclusive], bool):
            yield exclusive, schema[exclusive]


def _is_null(schema: Any) -> bool:
    if not isinstance(schema, dict):
        return False
    says = {name: value for name, value in schema.items() if name not in ANNOTATIONS}
    return says in ({"type": "null"}, {"const": None}, {"enum": [None]}, {"type": ["null"]})


def _list_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
