"""Tells by counting keys that an event leaves nothing unnamed below its root, which is cheaper than a look at each key.

An object has as many keys as the document has values of it if each of its keys is a field's, and has a value. A key
that no field names, or whose value is null, makes the event's side larger, and nothing makes the document's side
larger: so where both are equal, all is named. It is for fields of which this holds: each stores what it reads, and
nothing else, from a place of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import filterfalse
from typing import Any

from schemas.places import Path, path_of, value_at

_AS_SENT = frozenset({"required", "optional"})

_Steps = list[tuple[str, Any]]
"""Keys of an object under which fields read by pointers, each with the steps below."""


class CountedKeys:
    """The keys that root fields leave unnamed, where counting can tell."""

    __slots__ = ("_is_key", "_nested", "_others", "_steps")

    def __init__(self, fields: Sequence[Mapping[str, Any]], is_key: Callable[[str], bool], others: int) -> None:
        """Take fields of which counting can tell.

        Args:
            fields: the root fields in force.
            is_key: says whether a key of the event is named, at least in part.
            others: how many keys a document has besides those of fields.
        """
        self._is_key = is_key
        self._others = others
        self._steps = _steps([path_of(field) for field in fields])
        self._nested = _nested(fields)

    def unnamed(self, event: Mapping[str, Any], document: Mapping[str, Any]) -> list[str] | None:
        """Return the keys of an event that no field names, if all below its root is named; None where a look says more.

        Args:
            event: as it was parsed.
            document: what became of it.
        """
        unnamed = list(filterfalse(self._is_key, event))
        below = _counted(event, self._steps)
        if below is None or len(event) - len(unnamed) + below != len(document) - self._others:
            return None
        return unnamed if _are_as_long(self._nested, event, document) else None


def counted_keys(fields: Sequence[Mapping[str, Any]], is_key: Callable[[str], bool], others: int) -> CountedKeys | None:
    """Return what counts the keys of events; None for fields of which counting tells too little."""
    paths = [path_of(field) for field in fields]
    if not _are_apart(paths) or not all(map(_is_as_sent, fields)):
        return None
    return CountedKeys(fields, is_key, others)


def _is_as_sent(field: Mapping[str, Any]) -> bool:
    """Say whether a field is stored if its place has a value, and only then, and the fields of its object likewise."""
    below = field.get("fields") or ()
    return (
        field["presence"] in _AS_SENT
        and all(path_of(child) == (child.get("from", child["key"]),) and _is_as_sent(child) for child in below)
        and _are_apart([path_of(child) for child in below])
    )


def _are_apart(paths: Sequence[Path]) -> bool:
    """Say whether no path leads to another one's place, or through it."""
    places = set(paths)
    return len(places) == len(paths) and not any(path[:end] in places for path in paths for end in range(1, len(path)))


def _steps(paths: Sequence[Path]) -> _Steps:
    below: dict[str, list[Path]] = {}
    for path in paths:
        if len(path) > 1:
            below.setdefault(path[0], []).append(path[1:])
    return [(key, _steps(rest)) for key, rest in below.items()]


def _counted(value: Mapping[str, Any], steps: _Steps) -> int | None:
    """Return how many more keys the steps below an object have than there are steps; None where one has no keys."""
    more = 0
    for key, further in steps:
        member = value.get(key)
        if member is not None:
            if type(member) is not dict or not member:
                return None
            more += len(member) - 1
            if further:
                below = _counted(member, further)
                if below is None:
                    return None
                more += below
    return more


_Nested = list[tuple[str, Path, bool, Any]]
"""Of fields that have fields: key, place, whether they are arrays, and the nested ones of theirs."""


def _nested(fields: Sequence[Mapping[str, Any]]) -> _Nested:
    return [
        (field["key"], path_of(field), field["type"] == "ARRAY_OBJECT", _nested(field["fields"]))
        for field in fields
        if field.get("fields")
    ]


def _are_as_long(nested: _Nested, sent: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
    """Say whether each object of nested fields has as many keys as were stored of it."""
    for key, path, is_array, below in nested:
        kept = stored.get(key)
        if kept is None:
            continue
        value = sent[path[0]] if len(path) == 1 else value_at(sent, path)
        if is_array:
            if list(map(len, value)) != list(map(len, kept)):
                return False
            if below and not all(_are_as_long(below, *pair) for pair in zip(value, kept, strict=True)):
                return False
        elif len(value) != len(kept) or (below and not _are_as_long(below, value, kept)):
            return False
    return True
