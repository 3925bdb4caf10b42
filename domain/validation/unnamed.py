"""What of an event no field names: the places that fields read, compiled once to a tree, and the rest by its pointer.

A value is named if a field reads it. An object that fields only read into is named in part: its other keys are not,
and an empty one is unnamed itself, like a value on the way that is no object.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import filterfalse
from typing import Any, NamedTuple

from domain.validation.conditions import Conditions
from domain.validation.tree_size import tree_size
from schemas.limits import MAX_EXTRA_POINTERS
from schemas.places import Path, escaped, keys_of, path_of

ANY_INDEX = "*"

_CONTAINERS = {"OBJECT", "ARRAY_OBJECT"}
_MAX_KEPT_FIELDS = 20_000  # of the trees for all combinations of fields in force together


class Unnamed(NamedTuple):
    """Pairs of a JSON Pointer in the event and the value there, in the order met; and how many more there are."""

    found: list[tuple[str, Any]]
    more: int


def are_tangled(fields: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether fields read by pointers, or two of them one place, at any level.

    Where they don't, each reads a key of its own, and each object tells for itself which of its keys are not named.
    """
    paths = {path_of(field) for field in fields}
    if len(paths) < len(fields) or any(len(path) > 1 for path in paths):
        return True
    return any(are_tangled(field["fields"]) for field in fields if field.get("fields"))


_Found = list[tuple[str, Any]]
"""Pointers from the object or array that was looked at, and the values there."""

_NOTHING: _Found = []


class _Limits(NamedTuple):
    """What one look at an event may find, and how it tells of it."""

    most: int
    any_index: str | None
    """What stands in a pointer for each index of an array; None: the index."""
    stops: bool
    """Leave the rest of an array alone once there are that many: how many more is not counted."""
    hides: bool
    """Leave out what stands on the way to a protected place and is no object: it may be what is to be protected."""


_OF_EXTRA = _Limits(MAX_EXTRA_POINTERS, None, stops=False, hides=True)

_NameAll = Callable[[Mapping[str, Any]], bool]

_NO_KEYS = frozenset[str]()


class _Place:
    """A place of the event: whether a field reads it, and how much of it.

    A look at an event goes no deeper than the fields do, and makes pointers only where something is found, from the
    inside out. Most objects hold named keys alone: one comparison of sets says so.
    """

    __slots__ = ("elements", "guards", "inner", "is_key", "is_read", "keys", "leaves", "name_all")

    def __init__(self) -> None:
        self.is_read = False
        """A field names the object or array here, though not all under it."""
        self.guards = False
        """A protected field reads something under the object here."""
        self.keys: dict[str, _Place] = {}
        self.elements: _Place | None = None
        self.is_key: Callable[[str], bool] = _NO_KEYS.__contains__
        """Says whether a key is among `keys`."""
        self.name_all: _NameAll = _NO_KEYS.issuperset
        """Says whether all keys of an object here are among `keys`."""
        self.leaves: list[tuple[str, _Place, _NameAll]] = []
        """Of `keys`, those whose own keys are all named as a whole, and their `name_all`."""
        self.inner: list[tuple[str, _Place]] = []
        """Of `keys`, the others that are not named as a whole."""

    def at(self, path: Path) -> "_Place":
        """Return the place at a path from here, made where it is new; of what is named as a whole, the whole."""
        place = self
        for key in path:
            if place is _WHOLE:
                break
            inner = place.keys.get(key)
            if inner is None:
                inner = place.keys[key] = _Place()
            place = inner
        return place

    def name(self, path: Path) -> None:
        """Name whatever stands at a path from here."""
        parent = self.at(path[:-1])
        if parent is not _WHOLE:
            parent.keys[path[-1]] = _WHOLE

    def read_by(self, fields: Sequence[Mapping[str, Any]]) -> None:
        """Add the places that fields of the object here read."""
        for field in fields:
            if field["type"] not in _CONTAINERS:
                self.name(path_of(field))
                continue
            place = self.at(path_of(field))
            if place is _WHOLE:
                continue
            place.is_read = True
            if field["type"] == "ARRAY_OBJECT":
                place.elements = place.elements or _Place()
                place = place.elements
                place.is_read = True
            place.read_by(field["fields"])

    def withhold(self, fields: Sequence[Mapping[str, Any]]) -> None:
        """Add the places that protected fields of the object here read, as if they were named; no others."""
        for field in fields:
            if field.get("protect"):
                self.name(path_of(field))
            elif field.get("fields") and protects(field["fields"]):
                place = self.at(path_of(field))
                if place is _WHOLE:
                    continue
                if field["type"] == "ARRAY_OBJECT":
                    place.elements = place.elements or _Place()
                    place = place.elements
                place.withhold(field["fields"])

    def guard(self, fields: Sequence[Mapping[str, Any]]) -> None:
        """Note the places on the way to what protected fields of the object here read, which are added already."""
        for field in fields:
            if not protects([field]):
                continue
            place = self
            for key in path_of(field):
                place = place.keys.get(key, _WHOLE)
                if place is _WHOLE:
                    break
                place.guards = True
            else:
                if place.elements is not None:
                    place = place.elements
                    place.guards = True
                place.guard(field.get("fields") or ())

    def finish(self) -> None:
        """Note what a look at an event needs, of all places from here on."""
        if self.elements is not None:
            self.elements.finish()
        keys = frozenset(self.keys)
        self.is_key, self.name_all = keys.__contains__, keys.issuperset
        for key, place in self.keys.items():
            if place is _WHOLE:
                continue
            place.finish()
            if place.keys and not place.leaves and not place.inner:
                self.leaves.append((key, place, place.name_all))
            else:
                self.inner.append((key, place))

    def unnamed_members(self, value: Mapping[str, Any], limits: _Limits, left_out: list[int]) -> _Found:
        """Return what is unnamed in an object here that has members, in its order; how many more goes to `left_out`."""
        below_key: dict[str, _Found] | None = None
        get = value.get
        for key, place, name_all in self.leaves:
            member = get(key)
            if type(member) is dict and member and name_all(member):
                continue
            if member is not None or key in value:
                below = place.unnamed_in(member, limits, left_out)
                if below:
                    below_key = below_key or {}
                    below_key[key] = _under(key, below)
        for key, place in self.inner:
            member = get(key)
            if member is not None or key in value:
                below = place.unnamed_in(member, limits, left_out)
                if below:
                    below_key = below_key or {}
                    below_key[key] = _under(key, below)
        if below_key is None:
            found = [(f"/{escaped(key)}", value[key]) for key in filterfalse(self.is_key, value)]
        else:
            found = []
            for key in value:
                if not self.is_key(key):
                    found.append((f"/{escaped(key)}", value[key]))
                elif key in below_key:
                    found += below_key[key]
        return _bounded(found, limits, left_out) if len(found) > limits.most else found

    def unnamed_in(self, value: Any, limits: _Limits, left_out: list[int]) -> _Found:
        """Return what is unnamed in what stands here, and at its place: the empty pointer for all of it."""
        kind = type(value)
        if kind is list and value and self.elements is not None:
            return self.elements.unnamed_elements(value, limits, left_out)
        if kind is dict and value and self.keys:
            return self.unnamed_members(value, limits, left_out)
        is_hidden = self.guards and limits.hides and value is not None and value not in ({}, [])
        return _NOTHING if self.is_read or is_hidden else [("", value)]

    def unnamed_elements(self, value: list[Any], limits: _Limits, left_out: list[int]) -> _Found:
        """Return what is unnamed in an array that has elements, each of which stands here."""
        found: _Found = []
        if self.is_read and not self.inner and not self.leaves:
            name_all = self.name_all
            for element in value:
                if type(element) is dict and not name_all(element):
                    break
            else:
                return found
        for index, element in enumerate(value):
            below = self.unnamed_in(element, limits, left_out)
            if below:
                found += _under(limits.any_index or str(index), below)
                if len(found) > limits.most:
                    found = _bounded(found, limits, left_out)
                if limits.stops and len(found) >= limits.most:
                    break
        return found


_WHOLE = _Place()
"""Any place of which a field names whatever stands there, and all under it."""


def _under(key: str, below: _Found) -> _Found:
    token = f"/{escaped(key)}"
    return [(token + pointer, value) for pointer, value in below]


def _bounded(found: _Found, limits: _Limits, left_out: list[int]) -> _Found:
    left_out.append(len(found) - limits.most)
    return found[: limits.most]


class NamedPlaces:
    """What the fields in force name; immutable once made, and safe to share between threads."""

    __slots__ = ("_root",)

    def __init__(self, fields: Sequence[Mapping[str, Any]], withheld: Sequence[Mapping[str, Any]] = ()) -> None:
        """Compile the tree.

        Args:
            fields: the root fields that are in force for an event.
            withheld: fields whose protected places count as named, in force or not: what these hold is never shown.
        """
        self._root = _Place()
        self._root.is_read = True
        self._root.read_by(fields)
        self._root.withhold(withheld)
        self._root.guard([*fields, *withheld])
        self._root.finish()

    def unnamed_in(
        self, event: Mapping[str, Any], most: int = MAX_EXTRA_POINTERS, *, any_index: bool = False, stops: bool = False
    ) -> Unnamed:
        """Return what is not named of a parsed event, at most so many values of it.

        With `any_index`, `*` stands in the pointers for each index of an array, so that one may come several times.
        With `stops`, the rest of an array is left alone once there are that many: how many more is not counted.
        """
        left_out: list[int] = []
        is_for_extra = most == MAX_EXTRA_POINTERS and not any_index and not stops
        limits = _OF_EXTRA if is_for_extra else _Limits(most, ANY_INDEX if any_index else None, stops, hides=False)
        found = self._root.unnamed_members(event, limits, left_out) if event else _NOTHING
        return Unnamed(found, sum(left_out) if left_out else 0)

    def leave_free(self, path: Path) -> bool:
        """Say whether no field reads anything at a path through objects, around it or below it."""
        place = self._root
        for key in path:
            if place is _WHOLE:
                return False
            below = place.keys.get(key)
            if below is None:
                return not (place.elements and place.elements.is_read)
            place = below
        return False

    @property
    def is_key(self) -> Callable[[str], bool]:
        """What says whether a key of an event is named, at least in part."""
        return self._root.is_key

    def names(self, pointer: str) -> bool:
        """Say whether a field reads what stands at a pointer, in which `*` stands for any index of an array."""
        place: _Place | None = self._root
        for key in keys_of(pointer):
            if place is None or place is _WHOLE:
                break
            place = place.elements if key == ANY_INDEX and place.elements is not None else place.keys.get(key)
        return place is not None and (place is _WHOLE or place.is_read)


def protects(fields: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether any field is protected, at any level."""
    return any(field.get("protect") or (field.get("fields") and protects(field["fields"])) for field in fields)


def may_withhold(fields: Sequence[Mapping[str, Any]]) -> bool:
    """Say of all root fields whether a protected place may be seen by none that is in force."""
    return any(protects([field]) for field in fields if field.get("when"))


class UnnamedByRevision:
    """What a revision's fields leave unnamed, for each event by those that are in force for it."""

    __slots__ = ("_conditions", "_fields", "_most_kept", "_places", "_withheld")

    def __init__(self, fields: Sequence[Mapping[str, Any]], *, with_protected: bool) -> None:
        """Take a revision's root fields.

        Args:
            fields: all of them.
            with_protected: whether what stands in a protected place is told where no field in force names it.
        """
        self._fields = fields
        self._withheld = () if with_protected else fields
        self._conditions = Conditions(fields)
        self._places: dict[tuple[int, ...], NamedPlaces] = {}
        self._most_kept = max(1, _MAX_KEPT_FIELDS // max(1, tree_size(fields).fields))

    def of(self, event: Mapping[str, Any], most: int = MAX_EXTRA_POINTERS, *, any_index: bool = False) -> Unnamed:
        """Return what is unnamed in a parsed event, as `NamedPlaces.unnamed_in` does."""
        left_out = self._conditions.out_of_force(event)
        places = self._places.get(left_out)
        if places is None:
            if len(self._places) >= self._most_kept:
                self._places = {}
            absent = set(left_out)
            fields = [field for index, field in enumerate(self._fields) if index not in absent]
            places = NamedPlaces(fields, self._withheld)
            self._places[left_out] = places
        return places.unnamed_in(event, most, any_index=any_index)
