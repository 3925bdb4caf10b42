"""Which keys a JSON Schema gives a whole event, and in which events: `oneOf` and `if` of the root become `when`."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from json import dumps
from typing import Any, NamedTuple

from domain.language.json_schema_conditions import When, choices_of_type, is_pointer, read_condition, when_values
from domain.language.json_schema_facts import Facts, Reader, Said
from domain.language.json_schema_keywords import KEYWORD_TYPES, is_free
from domain.language.json_schema_references import Place
from domain.language.json_schema_values import identity, type_of
from schemas.limits import MAX_WHEN_FIELDS, MAX_WHEN_POINTERS, MAX_WHEN_VALUES
from schemas.places import keys_of, pointer_of

_MAX_CANDIDATES = 8
"""Keys that are tried for telling alternatives apart."""

_MAX_BRANCHES = 400
"""Alternatives that are told apart."""


class Member(NamedTuple):
    """A key of an object, what is said of it, in which events, and what its stored key is made from."""

    sent: str
    places: list[Place]
    is_required: bool
    when: When | None = None
    name: str = ""


def object_members(facts: Facts) -> list[Member]:
    """Return the keys that an object may have; those that it must have without saying more of them are free."""
    properties = dict(facts.properties)
    for key in sorted(facts.required - properties.keys()):
        properties[key] = [Place(True, facts.pointer)]
    return [
        Member(key, places, key in facts.required, name=key)
        for key, places in properties.items()
        if facts.allowed is None or key in facts.allowed
    ]


def limits_keys(said: Said) -> bool:
    """Say whether it limits how many keys an object has."""
    return said.keyword == "maxProperties" or (said.keyword == "minProperties" and said.value != 0)


class EventMembers:
    """Reads the root of a JSON Schema."""

    def __init__(self, reader: Reader, root: Facts) -> None:
        self._reader = reader
        self._root = root
        self._pointers: set[str] = set()
        self._numbers: dict[str, int] = {}
        self._known: dict[int, int] = {}
        self.objects: list[Facts] = [root]
        """What decides whether the event may have further keys: one for each alternative."""

    def members(self) -> list[Member]:
        """Return the keys of events."""
        found: list[Member] | None = None
        for keyword, place in self._root.alternatives or []:
            if keyword != "if" and found is None:
                found = self._of_branches(keyword, place)
            elif keyword != "if":
                self._reader.note(place.pointer, keyword, "There are alternatives once only.")
        found = object_members(self._root) if found is None else found
        for keyword, place in self._root.alternatives or []:
            if keyword == "if":
                told = self._of_condition(place, found)
                if sum(1 for one in [*found, *told] if one.when) > MAX_WHEN_FIELDS:
                    self._reader.note(place.pointer, "if", f"At most {MAX_WHEN_FIELDS} fields have conditions.")
                else:
                    found = [*found, *told]
        return found

    def _of_branches(self, keyword: str, place: Place) -> list[Member]:
        branches = [
            self._reader.facts([self._reader.root, branch], with_alternatives=True)
            for branch in self._reader.choice_branches(place, keyword)
        ]
        branches = [one for one in branches if not one.is_impossible and (one.types is None or "object" in one.types)]
        if not branches:
            return object_members(self._root)
        self.objects = branches
        members = [{one.sent: one for one in object_members(branch)} for branch in branches]
        whens = _told_apart(self._reader, branches)
        made = list(self._told(members, whens)) if whens else []
        conditional = [member for member in made if member.when]
        too_many = any(len(some) > MAX_WHEN_VALUES for one in conditional for some in (one.when or {}).values())
        if whens and not too_many and len(conditional) <= MAX_WHEN_FIELDS:
            self._pointers |= whens[0].keys()
            if len(whens[0]) > 1:
                self._reader.note(place.pointer, keyword, "Values are asked for, not which of them go together.")
            return made
        self._reader.note(place.pointer, keyword, "No keys with `const` or `enum` tell the alternatives apart.")
        return list(self._untold(members))

    def _told(self, branches: Sequence[Mapping[str, Member]], whens: list[When]) -> Iterator[Member]:
        tellers = {keys_of(pointer)[0]: pointer for pointer in whens[0]}
        for key in _in_order(branches):
            if key in tellers:
                yield self._teller(key, [branch[key] for branch in branches], [one[tellers[key]] for one in whens])
                continue
            groups: dict[tuple[int | str, ...], list[int]] = {}
            for index, branch in enumerate(branches):
                if key in branch:
                    # Without one key that tells all apart, values of two groups might be mixed.
                    own = () if len(tellers) == 1 or _is_everywhere(key, branches) else (index,)
                    groups.setdefault((*self._signature(branch[key]), *own), []).append(index)
            if len(groups) == 1 and _is_everywhere(key, branches):
                yield branches[0][key]
                continue
            for indexes in groups.values():
                when = {pointer: [v for i in indexes for v in whens[i][pointer]] for pointer in whens[0]}
                first = branches[indexes[0]][key]
                last = next(reversed(when.values()))[0]
                if len(tellers) > 1 and len(indexes) > 1:
                    for index in indexes:
                        yield branches[index][key]._replace(when=whens[index], name=f"{last} {key}")
                else:
                    yield first._replace(when=when, name=key if len(groups) == 1 else f"{last} {key}")

    def _untold(self, branches: Sequence[Mapping[str, Member]]) -> Iterator[Member]:
        """Yield keys of which holds in every event what is said of them."""
        for key in _in_order(branches):
            members = [branch[key] for branch in branches if key in branch]
            if _is_everywhere(key, branches) and len(set(map(self._signature, members))) == 1:
                yield members[0]
            else:
                yield Member(key, [Place(True, members[0].places[0].pointer)], is_required=False, name=key)

    def _signature(self, member: Member) -> tuple[int | str, ...]:
        """Return what is equal for equal schemas; each is spelled out once, since many alternatives may share it."""
        return (member.is_required, *(part for one in member.places for part in self._said_at(one)))

    def _said_at(self, place: Place) -> tuple[int, str]:
        # The same reference leads elsewhere from another `$id`.
        return (self._number(place.schema), place.base.pointer)

    def _number(self, schema: Any) -> int:
        known = self._known.get(id(schema))
        if known is None:
            self._reader.budget.check()
            known = self._numbers.setdefault(dumps(schema, sort_keys=True), len(self._numbers))
            self._known[id(schema)] = known
        return known

    def _teller(self, key: str, members: Sequence[Member], values: list[list[Any]]) -> Member:
        """Return the key that tells alternatives apart: one of all their values, and what all of them say of it."""
        listed = {identity(value): value for some in values for value in some}
        place = members[0].places[0]
        described = place.schema.get("description") if isinstance(place.schema, dict) else None
        schema = {"enum": list(listed.values()), **({"description": described} if described else {})}
        of_all = set[str].intersection(*({one.pointer for one in member.places} for member in members))
        common = [one for one in members[0].places if one.pointer in of_all]
        said_by_all = {(said.keyword, said.pointer) for said in self._said(common)} if common else set()
        about = {"number" if type_of(value) == "integer" else type_of(value) for value in listed.values()}
        for member in members:
            for said in self._said(member.places):
                if KEYWORD_TYPES.get(said.keyword) in about and (said.keyword, said.pointer) not in said_by_all:
                    reason = "Of a key that tells alternatives apart its values count."
                    self._reader.note(said.pointer, said.keyword, reason)
        return Member(key, [place._replace(schema=schema), *common], is_required=True, name=key)

    def _said(self, places: list[Place]) -> list[Said]:
        return self._reader.facts(places).said

    def _of_condition(self, place: Place, known: Sequence[Member]) -> list[Member]:
        schema, pointer = place.schema, place.pointer
        when: When = {}
        untyped: list[tuple[str, ...]] = []
        is_told = read_condition(schema["if"], (), when, untyped)
        too_many = len(self._pointers | when.keys()) > MAX_WHEN_POINTERS
        if not is_told or not when or too_many or any(len(some) > MAX_WHEN_VALUES for some in when.values()):
            self._reader.note(pointer, "if", "A condition is up to 3 keys that have to be there, with their values.")
            return []
        if not is_free(schema.get("else", True)):
            self._reader.note(pointer, "else", "There are only conditions that hold.")
        then = self._reader.facts([place.at(schema.get("then", True), "then")])
        no_object = then.is_impossible or (then.types is not None and "object" not in then.types)
        of_object = then.members or then.closed or then.choices is not None or any(map(limits_keys, then.said))
        if no_object or of_object:
            self._reader.note(pointer, "then", "It can only say more of keys.")
        if not all(map(self._is_object, untyped)):
            self._reader.note(pointer, "if", "Where a step is no object, no field has conditions that hold.")
        self._pointers |= when.keys()
        always = {member.sent: member.places for member in known if member.when is None}
        first = next(iter(when.values()))[0]
        then.allowed = self._allowed(then, pointer)
        return [
            one._replace(places=[*one.places, *always.get(one.sent, [])], when=when, name=f"{first} {one.sent}")
            for one in object_members(then)
        ]

    def _allowed(self, then: Facts, pointer: str) -> set[str]:
        """Return its keys that events may have at all; notes what is wider where not all may."""
        named = then.required | then.properties.keys()
        of_each = [named if one.allowed is None else named & one.allowed for one in self.objects]
        if any(keys != of_each[0] or then.required - keys for keys in of_each):
            self._reader.note(pointer, "then", "It names keys that not every event can have.")
        return set[str].union(*of_each)

    def _is_object(self, path: Sequence[str]) -> bool:
        """Say whether a place of every event is an object, where it is at all."""
        facts = self._root
        for key in path:
            if key not in facts.properties:
                return False
            facts = self._reader.facts(facts.properties[key])
        return facts.types == {"object"}


def _in_order(branches: Sequence[Mapping[str, Member]]) -> list[str]:
    return list(dict.fromkeys(key for branch in branches for key in branch))


def _is_everywhere(key: str, branches: Sequence[Mapping[str, Member]]) -> bool:
    return all(key in branch for branch in branches)


def _told_apart(reader: Reader, branches: Sequence[Facts]) -> list[When] | None:
    """Return for each branch the values of a few keys that no other branch has, all of them together."""
    if not 1 < len(branches) <= _MAX_BRANCHES:
        return None
    candidates: dict[str, list[list[Any]]] = {}
    overlaps: dict[str, set[tuple[int, int]]] = {}
    common = [
        key for key in branches[0].properties if all(key in one.required & one.properties.keys() for one in branches)
    ]
    for key in common:
        values = [when_values(choices_of_type(reader.facts(one.properties[key]))) for one in branches]
        if not all(values) or not is_pointer((key,)) or len(candidates) == _MAX_CANDIDATES:
            continue
        candidates[key] = values
        sets = [set(map(identity, some)) for some in values]
        overlaps[key] = {pair for pair in combinations(range(len(sets)), 2) if sets[pair[0]] & sets[pair[1]]}
    for size in range(1, MAX_WHEN_POINTERS + 1):
        for keys in combinations(candidates, size):
            if not set.intersection(*(overlaps[key] for key in keys)):
                return [{pointer_of((key,)): candidates[key][i] for key in keys} for i in range(len(branches))]
    return None
