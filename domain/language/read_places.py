"""The places of an event that fields read, as the tree of keys that they make, and what a closed schema names of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.language.presences import may_be_missing
from schemas.data_types import ELEMENT_TYPE, DataType
from schemas.places import path_of

Field = Mapping[str, Any]
Schema = dict[str, Any]


@dataclass
class ReadPlace:
    """A value: which fields read it, each with its pointer in the revision, and which keys in it pointers lead by."""

    fields: list[tuple[Field, str]] = field(default_factory=list)
    keys: dict[str, "ReadPlace"] = field(default_factory=dict)

    def must_be_there(self) -> bool:
        """Say whether an event is refused that has no value here."""
        if any(not may_be_missing(one) for one, _ in self.fields):
            return True
        return any(place.must_be_there() for place in self.keys.values())


def read_places(fields: Iterable[tuple[Field, str]]) -> ReadPlace:
    """Return the object that holds the fields, each given with its pointer in the revision."""
    top = ReadPlace()
    for one, pointer in fields:
        place = top
        for key in path_of(one):
            place = place.keys.setdefault(key, ReadPlace())
        place.fields.append((one, pointer))
    return top


def with_pointers(fields: Sequence[Field], pointer: str) -> list[tuple[Field, str]]:
    """Return siblings with their pointers in the revision."""
    return [(one, f"{pointer}/{index}") for index, one in enumerate(fields)]


def is_read_once(fields: Sequence[Field]) -> bool:
    """Say whether each sibling reads a key of its own, so that every object can list its keys without the others."""
    paths = [path_of(one) for one in fields]
    return len({path[0] for path in paths}) == len(paths) and all(len(path) == 1 for path in paths)


def names_of(top: ReadPlace) -> Schema:
    """Return a JSON Schema that refuses what none of the fields names, and knows nothing else."""
    return _object_names([top])


def _object_names(places: list[ReadPlace]) -> Schema:
    keys: dict[str, list[ReadPlace]] = {}
    for place in places:
        for key, inner in place.keys.items():
            keys.setdefault(key, []).append(inner)
    return {"properties": {key: _names(inner) for key, inner in keys.items()}, "additionalProperties": False}


def _names(places: list[ReadPlace]) -> Schema | bool:
    objects: list[ReadPlace] = list(places)
    elements: list[ReadPlace] = []
    is_read_whole = False
    for one in (one for place in places for one, _ in place.fields):
        is_read_whole = True
        inner = read_places(with_pointers(one.get("fields", []), ""))
        data_type = DataType(one["type"])
        if data_type is DataType.OBJECT:
            objects.append(inner)
        elif ELEMENT_TYPE.get(data_type) is DataType.OBJECT:
            elements.append(inner)
        else:
            return True
    schema = _object_names(objects)
    if elements:
        schema["items"] = _object_names(elements)
    # What is read in part alone is unnamed where there is no part of it.
    return schema if is_read_whole else {"type": "object", "minProperties": 1, **schema}
