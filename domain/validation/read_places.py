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

    __slots__ = ("inside", "keys")

    def __init__(self) -> None:
        self.keys: dict[str, int | str | Place] = {}
        """Of a key: the index of the field that reads it, the pointer that was learned, or the object on the way."""
        self.inside: dict[str, list[Place]] = {}
        """Of a key that a JSON field reads: what others read of its value, parted where they read the same."""

    def give(self, path: Path, reader: int | str, *, is_json: bool = False) -> bool:
        """Let a reader have a place; say no where another one has it, or what is around it or in it.

        What is in the place of a JSON field may be had by others, too: it names all that it holds.
        """
        place = self
        for depth, key in enumerate(path[:-1]):
            found = place.keys.get(key, _NOTHING)
            if found is _NOTHING:
                break
            if type(found) is not Place:
                return key in place.inside and place._give_inside(key, path[depth + 1 :], reader, is_json=is_json)
            place = found
        else:
            if path[-1] in place.keys:
                return False
        place = self
        for key in path[:-1]:
            place = place.keys.setdefault(key, Place())  # type: ignore[assignment]
        place.keys[path[-1]] = reader
        if is_json:
            place.inside[path[-1]] = []
        return True

    def _give_inside(self, key: str, path: Path, reader: int | str, *, is_json: bool) -> bool:
        parts = self.inside[key]
        if any(part.give(path, reader, is_json=is_json) for part in parts):
            return True
        if len(parts) == _MOST_LAYERS:
            return False
        parts.append(Place())
        return parts[-1].give(path, reader, is_json=is_json)

    def objects_below(self) -> int:
        """Return how many objects fields read into below this one, one that is parted as often as it is."""
        below = [inner for inner in self.keys.values() if type(inner) is Place]
        below += [part for parts in self.inside.values() for part in parts]
        return len(below) + sum(inner.objects_below() for inner in below)


def check_ways(fields: Sequence[Mapping[str, Any]]) -> int:
    """Return how many objects fields only read into, those of the objects among them included.

    Raises:
        UnnameableError: there would be too many types of them.
    """
    count = _objects_on_ways(fields)
    if count > MOST_OBJECTS_ON_WAYS:
        raise UnnameableError
    return count


def _objects_on_ways(fields: Sequence[Mapping[str, Any]]) -> int:
    here = sum(layer.objects_below() for layer in layers_of(fields))
    return here + sum(_objects_on_ways(one["fields"]) for one in fields if one.get("fields"))


def layers_of(fields: Sequence[Mapping[str, Any]]) -> list[Place]:
    """Return what fields read, parted so that no two of a part read the same; one part for most revisions.

    What stands within the value of a JSON field may be read from there.

    Raises:
        UnnameableError: there would be too many parts.
    """
    layers = [Place()]
    paths = list(map(path_of, fields))
    json_paths = {path for path, one in zip(paths, fields, strict=True) if one["type"] == "JSON"}

    def is_inside(index: int) -> tuple[bool, bool, int]:
        """Return what sorts fields: those inside of others after them, but for that as they stand."""
        path = paths[index]
        if not any(path[:depth] in json_paths for depth in range(1, len(path))):
            return False, False, 0
        return True, path not in json_paths, len(path)

    for index in sorted(range(len(fields)), key=is_inside):
        path, is_json = paths[index], fields[index]["type"] == "JSON"
        if not any(layer.give(path, index, is_json=is_json) for layer in layers):
            if len(layers) == _MOST_LAYERS:
                raise UnnameableError
            layers.append(Place())
            layers[-1].give(path, index, is_json=is_json)
    return layers
