"""The types of a revision's events, made of its fields."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from domain.language.budget import UNLIMITED, Budget
from domain.language.read_places import with_pointers
from domain.language.typed_code.kinds import EventKind, TooManyKindsError, kinds_of
from domain.language.typed_code.names import COMMON, EVENT, OTHER, Names, in_words
from domain.language.typed_code.places import Field, Form, Place
from domain.language.typed_code.remarks import remarks_of, written
from domain.language.typed_code.shapes import (
    NO_VALUE,
    AnyOf,
    Anything,
    ArrayOf,
    EventTypes,
    Member,
    ObjectType,
    Reference,
    Scalar,
    Shape,
)
from domain.validation.tree_size import tree_size
from schemas.data_types import DataType, Kind, Presence
from schemas.limits import MAX_STRING_BYTES, MAX_TYPED_CHARS, MAX_TYPED_FIELDS
from schemas.places import path_of, pointer_of

Located = list[tuple[Field, str]]

_FIRST_NOTE = f"A string has at most {MAX_STRING_BYTES:,} bytes in UTF-8."
_TOO_MANY_NOTE = "There are too many kinds of events for a type each: keys that only some kinds have may be anything."


def event_types_of(
    fields: Sequence[Field], *, edition: int = 2, additional_keys: str = "drop", budget: Budget = UNLIMITED
) -> EventTypes:
    """Return the types of the events that a stored tree of fields accepts.

    Raises:
        Rejected: too_complex.
    """
    notes = (_FIRST_NOTE,) if edition == 1 else ()
    located = with_pointers(fields, "/fields")
    always = [one for one in located if "when" not in one[0]]
    conditional = [one for one in located if "when" in one[0]]
    common = Place()
    common.add(always)
    make = _Types(common, budget)
    if not conditional:
        make.object_type(common, EVENT)
        return EventTypes(tuple(make.made), (EVENT,), (), additional_keys, notes)
    try:
        kinds = kinds_of([field for field, _ in conditional], common, budget)
        _check_size(kinds, always, conditional)
    except TooManyKindsError:
        wide = Place()
        wide.add([*always, *((_anything_at(field), pointer) for field, pointer in conditional)])
        make = _Types(wide, budget)
        make.object_type(wide, EVENT)
        return EventTypes(tuple(make.made), (EVENT,), (), additional_keys, (*notes, _TOO_MANY_NOTE))
    made = make.kind_types(kinds, always, conditional, is_closed=additional_keys == "reject")
    told = tuple(name for name, kind in made if not kind.is_other)
    others = tuple(name for name, kind in made if kind.is_other)
    return EventTypes(tuple(make.made), told or others, others if told else (), additional_keys, notes)


def _first_key(field: Field) -> str:
    return path_of(field)[0]


def _touched(kinds: Sequence[EventKind], conditional: Located) -> set[str]:
    """Return the keys of the event that differ between kinds."""
    return {_first_key(field) for field, _ in conditional} | {path[0] for kind in kinds for path, _ in kind.told}


def _check_size(kinds: Sequence[EventKind], always: Located, conditional: Located) -> None:
    touched = _touched(kinds, conditional)
    repeated = [field for field, _ in always if _first_key(field) in touched]
    told_chars = sum(told.chars for kind in kinds for _, told in kind.told)
    for size_of, limit in ((_members, MAX_TYPED_FIELDS), (_chars, MAX_TYPED_CHARS - told_chars)):
        of_all, sizes = size_of(repeated), [size_of([field]) for field, _ in conditional]
        if sum(of_all + sum(sizes[index] for index in kind.in_force) for kind in kinds) > limit:
            raise TooManyKindsError


def _members(fields: Sequence[Field]) -> int:
    return tree_size(fields).fields


def _chars(fields: Sequence[Field]) -> int:
    return len(json.dumps(fields))


def _anything_at(field: Field) -> dict[str, Any]:
    """Return a field that says no more of another one's place than that something may be there."""
    key = _first_key(field)
    return {"key": field["key"], "from": pointer_of((key,)), "type": DataType.JSON, "presence": Presence.OPTIONAL}


class _Types:
    """Makes each object's type once; `made` has those that others refer to first."""

    def __init__(self, common: Place, budget: Budget) -> None:
        self.made: list[ObjectType] = []
        self._names = Names()
        self._budget = budget
        self._known: dict[int, str] = {}
        self._signs: dict[tuple[Any, ...], int] = {}
        self._common_names = {EVENT, COMMON}
        self._sign(common)
        self._common_signs = set(self._signs.values())

    def kind_types(
        self, kinds: Sequence[EventKind], always: Located, conditional: Located, *, is_closed: bool
    ) -> list[tuple[str, EventKind]]:
        """Make the type of each kind of events that there can be; return their names with them."""
        touched = _touched(kinds, conditional)
        shared = [one for one in always if _first_key(one[0]) not in touched]
        differing = [one for one in always if _first_key(one[0]) in touched]
        base = None
        if shared:
            place = Place()
            place.add(shared)
            base = COMMON
            self.object_type(place, base)
        found = [(kind, self._event_of(kind, differing, conditional)) for kind in kinds]
        if is_closed:  # an event that a key without a field tells apart is always rejected
            found = [
                (kind, place)
                for kind, place in found
                if all(told.may_be_absent or place.names(path) for path, told in kind.told)
            ]
        names = self._kind_names([kind for kind, _ in found], conditional)
        for name, (kind, place) in zip(names, found, strict=True):
            for path, told in kind.told:
                place.tell(path, told)
            self.object_type(place, name, base=base, remarks=(_events_of(kind),))
        return [(name, kind) for name, (kind, _) in zip(names, found, strict=True)]

    def _event_of(self, kind: EventKind, differing: Located, conditional: Located) -> Place:
        self._budget.check()
        place = Place()
        place.add([*differing, *(conditional[index] for index in kind.in_force)])
        return place

    def object_type(self, place: Place, name: str, *, base: str | None = None, remarks: tuple[str, ...] = ()) -> None:
        """Make the type of an object under a name that was claimed."""
        members = [
            Member(
                key,
                self._shape(inner, name, key),
                inner.is_required,
                tuple(line for field, _ in inner.fields for line in remarks_of(field)),
            )
            for key, inner in place.children.items()
        ]
        self.made.append(ObjectType(name, tuple(members), remarks, base))

    def _shape(self, place: Place, within: str, key: str) -> Shape:
        told = place.told
        if told is not None and told.may_be_absent and not told.values:
            return NO_VALUE
        if told is not None and not place.fields and not place.children and not told.values:
            return Anything()
        forms = place.accepted()
        whole = place.children or place.item
        if len(forms) == len(Kind) - 1 and not whole and all(form == Form() for form in forms.values()):
            return Anything()
        shapes = tuple(self._of_kind(kind, forms[kind], place, within, key) for kind in Kind if kind in forms)
        return shapes[0] if len(shapes) == 1 else AnyOf(shapes)

    def _of_kind(self, kind: Kind, form: Form, place: Place, within: str, key: str) -> Shape:
        match kind:
            case Kind.OBJECT:
                return Reference(self._reference(place, within, key)) if place.children else Anything("object")
            case Kind.ARRAY:
                return ArrayOf(self._shape(place.item, within, key)) if place.item else Anything("array")
            case Kind.STRING:
                return Scalar("string", form.values)
            case Kind.BOOLEAN:
                return Scalar("boolean", form.values)
            case _:
                return Scalar("integer" if form.is_whole else "number", form.values)

    def _reference(self, place: Place, within: str, key: str) -> str:
        sign = self._sign(place)
        if sign not in self._known:
            is_common = sign in self._common_signs
            is_first = is_common and within not in self._common_names
            stem = EVENT if is_first or within == COMMON else within
            name = self._known[sign] = self._names.claim(f"{stem}{in_words(key)}")
            if is_common:
                self._common_names.add(name)
            self.object_type(place, name)
        return self._known[sign]

    def _sign(self, place: Place) -> int:
        """Return a number that two places have in common only if their types are the same."""
        self._budget.check()
        seen = (
            tuple(pointer for _, pointer in place.fields),
            None if place.told is None else place.told.sign,
            tuple((key, inner.is_required, self._sign(inner)) for key, inner in place.children.items()),
            None if place.item is None else self._sign(place.item),
        )
        return self._signs.setdefault(seen, len(self._signs))

    def _kind_names(self, kinds: Sequence[EventKind], conditional: Located) -> list[str]:
        others = sum(kind.is_other for kind in kinds)
        told_by = Counter(kind.in_force for kind in kinds if not kind.is_other)
        names = []
        for kind in kinds:
            if kind.is_other and others == 1:
                names.append(OTHER)
                continue
            if len(kind.in_force) == 1 and told_by[kind.in_force] == 1 and not kind.is_other:
                wanted = in_words(conditional[kind.in_force[0]][0]["key"])
            else:
                said = [str(told.values[0]) for _, told in kind.told if told.values]
                wanted = "".join(map(in_words, said)) or ("" if kind.is_other else "Plain")
            names.append(self._names.claim(f"{'Other' if kind.is_other else ''}{wanted}", EVENT))
        return names


def _events_of(kind: EventKind) -> str:
    said = []
    for path, told in kind.told:
        where = f"`{pointer_of(path)}`"
        if told.is_other:
            said.append(f"{where} is another value than those of the other types")
        elif not told.values:
            said.append(f"{where} is missing")
        else:
            also = ", or is missing" if told.may_be_absent else ""
            more = " or another one that is listed" if len(told.values) > 1 else ""
            said.append(f"{where} is {written(told.values[0])}{more}{also}")
    return f"Events in which {' and '.join(said)}." if said else ""
