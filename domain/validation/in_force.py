"""Which root fields of a revision are in force for a parsed event: those without `when`, and those whose one holds."""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.places import Path, keys_of, value_at

_MAX_KNOWN_KINDS = 4_096

_Comparable = tuple[type, Any] | None


class Conditions:
    """The `when` of a revision's root fields."""

    __slots__ = ("_known", "_named", "_whens")

    def __init__(self, fields: Sequence[Mapping[str, Any]]) -> None:
        self._whens = [
            (
                index,
                {keys_of(pointer): frozenset(map(_comparable, values)) for pointer, values in field["when"].items()},
            )
            for index, field in enumerate(fields)
            if field.get("when")
        ]
        self._named: dict[Path, set[_Comparable]] = {}
        """What any `when` names at each place: all other values are alike."""
        for _, when in self._whens:
            for path, values in when.items():
                self._named.setdefault(path, set()).update(values)
        self._known: dict[tuple[_Comparable, ...], tuple[int, ...]] = {}

    def out_of_force(self, event: Mapping[str, Any]) -> tuple[int, ...]:
        """Return the indexes of the fields whose `when` does not hold for an event, in order."""
        if not self._whens:
            return ()
        told = []
        for path, named in self._named.items():
            value = _comparable(value_at(event, path))
            told.append(value if value in named else None)
        kind = tuple(told)
        known = self._known.get(kind)
        if known is None:
            at = dict(zip(self._named, kind, strict=True))
            known = tuple(
                index for index, when in self._whens if not all(at[path] in values for path, values in when.items())
            )
            if len(self._known) >= _MAX_KNOWN_KINDS:
                self._known = {}
            self._known[kind] = known
        return known


def _comparable(value: Any) -> _Comparable:
    """Return what two equal values of one JSON type share; None for what no `when` can name."""
    if type(value) is str or type(value) is bool or type(value) is int:
        return type(value), value
    if isinstance(value, float) and value.is_integer():  # `1.0` is 1
        return int, int(value)
    return None
