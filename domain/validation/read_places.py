"""Who reads what of an object: the places of its fields as a tree, parted where several read the same."""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.places import Path, path_of

_MOST_LAYERS = 8
MOST_OBJECTS_ON_WAYS = 500  # each becomes a type of its own, of some 8 KB
_NOTHING = object()


class UnnameableError(ValueError):
    """The parser can't read an object by its fields: all its events have to be validated in full."""


class Place:
    """An object of the event: who reads what under its keys."""

    __slots__ = ("keys",)

    def __init__(self) -> None:
        self.keys: dict[str, int | str | Place] = {}
        """Of a key: the index of the field that reads it, the pointer that was learned, or the object on the way."""

    def give(self, path: Path, reader: int | str) -> bool:
        """Let a reader have a place; say no where another one has it, or what is around it or in it."""
        place = self
        for key in path[:-1]:
            found = place.keys.get(key, _NOTHING)
            if found is _NOTHING:
                break
            if type(found) is not Place:
                return False
            place = found
        else:
            if path[-1] in place.keys:
                return False
        place = self
        for key in path[:-1]:
            place = place.keys.setdefault(key, Place())  # type: ignore[assignment]
        place.keys[path[-1]] = reader
        return True


def objects_on_ways(fields: Sequence[Mapping[str, Any]]) -> int:
    """Return how many objects fields only read into, those of the objects among them included."""
    ways = {path[:depth] for path in map(path_of, fields) for depth in range(1, len(path))}
    return len(ways) + sum(objects_on_ways(one["fields"]) for one in fields if one.get("fields"))


def check_ways(fields: Sequence[Mapping[str, Any]]) -> None:
    """Check that types can be made for all objects that fields read into.

    Raises:
        UnnameableError: there would be too many.
    """
    if objects_on_ways(fields) > MOST_OBJECTS_ON_WAYS:
        raise UnnameableError


def layers_of(fields: Sequence[Mapping[str, Any]]) -> list[Place]:
    """Return what fields read, parted so that no two of a part read the same; one part for most revisions.

    Raises:
        UnnameableError: there would be too many parts.
    """
    layers = [Place()]
    for index, one in enumerate(fields):
        path = path_of(one)
        if not any(layer.give(path, index) for layer in layers):
            if len(layers) == _MOST_LAYERS:
                raise UnnameableError
            layers.append(Place())
            layers[-1].give(path, index)
    return layers
