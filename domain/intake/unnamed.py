"""What of an event no field names: the places that fields read, compiled once to a tree, and the rest by its pointer.

A value is named if a field reads it. An object that fields only read into is named in part: its other keys are not,
and an empty one is unnamed itself, like a value on the way that is no object.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from domain.intake.in_force import Conditions
from schemas.limits import MAX_EXTRA_POINTERS
from schemas.places import Path, path_of

_CONTAINERS = {"OBJECT", "ARRAY_OBJECT"}
_MAX_KEPT_PLACES = 256  # one tree for each combination of fields in force


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

    __slots__ = ("elements", "is_read", "is_whole", "keys")

    def __init__(self) -> None:
        self.is_whole = False
        """A field names whatever stands here, and all under it."""
        self.is_read = False
        """A field names the object or array here, though not all under it."""
        self.keys: dict[str, _Place] = {}
        self.elements: _Place | None = None

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

    def unnamed_in(self, event: Mapping[str, Any], most: int = MAX_EXTRA_POINTERS) -> Unnamed:
        """Return what is not named of a parsed event, at most so many values of it."""
        found: list[tuple[str, Any]] = []
        more = 0
        for pair in _unnamed(self._root, event):
            if len(found) < most:
                found.append(pair)
            else:
                more += 1
        return Unnamed(found, more)


def _unnamed(root: _Place, event: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    # A stack of its own: each level that is open, so that values come in the order of the event.
    open_levels = [_members(root, "", event)]
    while open_levels:
        for pointer, place, value in open_levels[-1]:
            if place is None:
                yield pointer, value
            elif place.is_whole:
                continue
            elif value and place.keys and type(value) is dict:
                open_levels.append(_members(place, pointer, value))
                break
            elif value and place.elements is not None and type(value) is list:
                open_levels.append(_elements(place.elements, pointer, value))
                break
            elif not place.is_read:
                yield pointer, value
        else:
            open_levels.pop()


_Met = Iterator[tuple[str, _Place | None, Any]]


def _members(place: _Place, pointer: str, value: Mapping[str, Any]) -> _Met:
    place_of = place.keys.get
    for key, member in value.items():
        yield f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", place_of(key), member


def _elements(place: _Place, pointer: str, value: list[Any]) -> _Met:
    for index, element in enumerate(value):
        yield f"{pointer}/{index}", place, element


def _protects(fields: Sequence[Mapping[str, Any]]) -> bool:
    return any(field.get("protect") or _protects(field.get("fields") or ()) for field in fields)


class UnnamedByRevision:
    """What a revision's fields leave unnamed, for each event by those that are in force for it."""

    __slots__ = ("_conditions", "_fields", "_is_shown", "_places")

    def __init__(self, fields: Sequence[Mapping[str, Any]], *, with_protected: bool) -> None:
        """Take a revision's root fields.

        Args:
            fields: all of them.
            with_protected: whether what stands in a protected place is told where no field in force names it.
        """
        self._fields = fields
        self._is_shown = with_protected
        self._conditions = Conditions(fields)
        self._places: dict[tuple[int, ...], NamedPlaces] = {}

    def of(self, event: Mapping[str, Any], most: int = MAX_EXTRA_POINTERS) -> Unnamed:
        """Return what is unnamed in a parsed event."""
        left_out = self._conditions.out_of_force(event)
        places = self._places.get(left_out)
        if places is None:
            if len(self._places) >= _MAX_KEPT_PLACES:
                self._places = {}
            fields = [field for index, field in enumerate(self._fields) if index not in left_out]
            places = NamedPlaces(fields, () if self._is_shown else self._fields)
            self._places[left_out] = places
        return places.unnamed_in(event, most)
