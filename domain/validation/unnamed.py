"""What of an event no field names: the places that fields read, compiled once to a tree, and the rest by its pointer.

A value is named if a field reads it. An object that fields only read into is named in part: its other keys are not,
and an empty one is unnamed itself, like a value on the way that is no object.
"""

from collections.abc import KeysView, Mapping, Sequence
from typing import Any, NamedTuple

from domain.validation.in_force import Conditions
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


class _Place:
    """A place of the event: whether a field reads it, and how much of it."""

    __slots__ = ("elements", "inner", "is_read", "is_whole", "keys", "leaf_keys")

    def __init__(self) -> None:
        self.is_whole = False
        """A field names whatever stands here, and all under it."""
        self.is_read = False
        """A field names the object or array here, though not all under it."""
        self.keys: dict[str, _Place] = {}
        self.elements: _Place | None = None
        self.inner: list[tuple[str, _Place, KeysView[str] | None]] = []
        """Of `keys`, those that are not named as a whole, and their `leaf_keys`."""
        self.leaf_keys: KeysView[str] | None = None
        """All of `keys`, if each of them is named as a whole."""

    def at(self, path: Path) -> "_Place":
        """Return the place at a path from here, made where it is new."""
        place = self
        for key in path:
            place = place.keys.setdefault(key, _Place())
        return place

    def read_by(self, fields: Sequence[Mapping[str, Any]]) -> None:
        """Add the places that fields of the object here read."""
        for field in fields:
            place = self.at(path_of(field))
            if field["type"] not in _CONTAINERS:
                place.is_whole = True
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
                self.at(path_of(field)).is_whole = True
            elif field.get("fields") and _protects(field["fields"]):
                place = self.at(path_of(field))
                if field["type"] == "ARRAY_OBJECT":
                    place.elements = place.elements or _Place()
                    place = place.elements
                place.withhold(field["fields"])

    def finish(self) -> None:
        """Note what a look at an event needs, of all places from here on."""
        for place in (*self.keys.values(), *([self.elements] if self.elements else [])):
            place.finish()
        inner = [(key, place) for key, place in self.keys.items() if not place.is_whole]
        self.inner = [(key, place, place.leaf_keys) for key, place in inner]
        self.leaf_keys = self.keys.keys() if self.keys and not inner else None


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
        self._root.finish()

    def unnamed_in(
        self, event: Mapping[str, Any], most: int = MAX_EXTRA_POINTERS, *, any_index: bool = False, stops: bool = False
    ) -> Unnamed:
        """Return what is not named of a parsed event, at most so many values of it.

        With `any_index`, `*` stands in the pointers for each index of an array, so that one may come several times.
        With `stops`, the rest of an array is left alone once there are that many: how many more is not counted.
        """
        walk = _Walk(most, any_index=any_index, stops=stops)
        found = walk.members(self._root, event) if event else []
        return Unnamed(found, walk.more)

    def names(self, pointer: str) -> bool:
        """Say whether a field reads what stands at a pointer, in which `*` stands for any index of an array."""
        place: _Place | None = self._root
        for key in keys_of(pointer):
            if place is None or place.is_whole:
                break
            place = place.elements if key == ANY_INDEX and place.elements is not None else place.keys.get(key)
        return place is not None and (place.is_whole or place.is_read)


class _Walk:
    """One look at an event. Pointers are made only where something is found, from the inside out.

    It goes no deeper than the fields do. Most objects hold named keys alone: one comparison of sets says so.
    """

    __slots__ = ("_any_index", "_most", "_stops", "more")

    def __init__(self, most: int, *, any_index: bool, stops: bool) -> None:
        self._most = most
        self._any_index = any_index
        self._stops = stops
        self.more = 0
        """How many values were left out."""

    def members(self, place: _Place, value: Mapping[str, Any]) -> "_Found":
        """Return what is unnamed in an object with members, in its order."""
        keys = place.keys
        found: _Found = []
        if value.keys() <= keys.keys():
            below_key: dict[str, _Found] = {}
            for key, inner, leaf_keys in place.inner:
                if key in value:
                    member = value[key]
                    if leaf_keys is not None and type(member) is dict and member and member.keys() <= leaf_keys:
                        continue
                    below = self._at(inner, member)
                    if below:
                        below_key[key] = _under(key, below)
            if len(below_key) == 1:
                (found,) = below_key.values()
            elif below_key:
                for key in value:
                    if key in below_key:
                        found += below_key[key]
        else:
            get = keys.get
            for key, member in value.items():
                known = get(key)
                if known is None:
                    found.append((f"/{escaped(key)}", member))
                elif not known.is_whole:
                    leaf_keys = known.leaf_keys
                    if leaf_keys is not None and type(member) is dict and member and member.keys() <= leaf_keys:
                        continue
                    below = self._at(known, member)
                    if below:
                        found += _under(key, below)
        return self._bounded(found) if len(found) > self._most else found

    def _at(self, place: _Place, value: Any) -> "_Found":
        kind = type(value)
        if kind is dict and value and place.keys:
            return self.members(place, value)
        if kind is list and value and place.elements is not None:
            return self._elements(place.elements, value)
        return _NOTHING if place.is_read else [("", value)]

    def _elements(self, place: _Place, value: list[Any]) -> "_Found":
        found: _Found = []
        keys = place.keys.keys()
        is_simple = place.is_read and not place.inner
        if is_simple:
            for element in value:
                if type(element) is dict and not element.keys() <= keys:
                    break
            else:
                return found
        for index, element in enumerate(value):
            below = self._at(place, element)
            if below:
                found += _under(ANY_INDEX if self._any_index else str(index), below)
                found = self._bounded(found)
                if self._stops and len(found) >= self._most:
                    break
        return found

    def _bounded(self, found: "_Found") -> "_Found":
        self.more += max(0, len(found) - self._most)
        del found[self._most :]
        return found


_Found = list[tuple[str, Any]]
"""Pointers from the object or array that was looked at, and the values there."""

_NOTHING: _Found = []


def _under(key: str, below: _Found) -> _Found:
    token = f"/{escaped(key)}"
    return [(token + pointer, value) for pointer, value in below]


def _protects(fields: Sequence[Mapping[str, Any]]) -> bool:
    return any(field.get("protect") or _protects(field.get("fields") or ()) for field in fields)


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
