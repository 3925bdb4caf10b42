"""Which root fields of a revision are in force for a parsed event: those without `when`, and those whose one holds."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.validation.json_text import NumberText
from domain.validation.members import members_reader
from domain.validation.whole_numbers import NeedsExactText, whole_number
from schemas.places import Path, keys_of, value_at

_MAX_KNOWN_KINDS = 4_096

_Comparable = str | tuple[type, Any] | None

Kind = tuple[_Comparable, ...]
"""What an event has at each place that any `when` looks at, as far as one names it."""


class Conditions:
    """The `when` of a revision's root fields."""

    __slots__ = ("_known", "_named", "_of_none", "_roots", "_whens", "values_in")

    def __init__(self, fields: Sequence[Mapping[str, Any]]) -> None:
        self._whens = [
            (
                index,
                {keys_of(pointer): frozenset(map(_comparable, values)) for pointer, values in field["when"].items()},
            )
            for index, field in enumerate(fields)
            if field.get("when")
        ]
        named: dict[Path, set[_Comparable]] = {}
        for _, when in self._whens:
            for path, values in when.items():
                named.setdefault(path, set()).update(values)
        self._roots = list(dict.fromkeys(path[0] for path in named))
        """Keys of an event under which values stand that decide."""
        self._named = [(path, self._roots.index(path[0]), path[1:], values) for path, values in named.items()]
        """What any `when` names at each place: all other values are alike."""
        self.values_in = members_reader(self._roots)
        """Takes the values that decide out of the text of an event, of which nothing else is made."""
        self._of_none: Kind = (None,) * len(self._named)
        self._known: dict[Kind, tuple[int, ...]] = {}

    def kind_of(self, event: Any, *, by_text: bool = True) -> Kind:
        """Return what decides which fields are in force for a parsed event; events of one kind have the same ones.

        Args:
            event: as it was parsed.
            by_text: whether a float that may have been rounded to a whole number is told by its text alone.

        Raises:
            NeedsExactText: a number that decides has to be told by its text: parse the event with `NumberText`.
        """
        if type(event) is not dict:
            return self._of_none
        return self._kind([event.get(key) for key in self._roots], by_text=by_text)

    def kind_of_values(self, values: Sequence[Any]) -> Kind:
        """Return the same for what `values_in` took of an event."""
        return self._kind(values, by_text=True)

    def _kind(self, values: Sequence[Any], *, by_text: bool) -> Kind:
        """Return the kind of an event by its values under `_roots`."""
        told: list[_Comparable] = []
        for _, root, steps, named in self._named:
            value = values[root]
            if steps:
                value = value_at(value, steps)
            if type(value) is not str:
                value = _comparable(value, by_text=by_text)
            told.append(value if value in named else None)
        return tuple(told)

    def out_of_force(self, event: Any) -> tuple[int, ...]:
        """Return the indexes of the fields whose `when` does not hold for a parsed event, in order.

        It is for what is shown of an event: a number that was rounded counts as what it was rounded to.
        """
        return self.left_out_of(self.kind_of(event, by_text=False)) if self._whens else ()

    def left_out_of(self, kind: Kind) -> tuple[int, ...]:
        """Return the indexes of the fields whose `when` does not hold for events of a kind, in order."""
        known = self._known.get(kind)
        if known is None:
            at = {path: value for (path, *_), value in zip(self._named, kind, strict=True)}
            known = tuple(
                index for index, when in self._whens if not all(at[path] in values for path, values in when.items())
            )
            if len(self._known) >= _MAX_KNOWN_KINDS:
                self._known = {}
            self._known[kind] = known
        return known


def _comparable(value: Any, *, by_text: bool = True) -> _Comparable:
    """Return what two equal values of one JSON type share; None for what no `when` can name."""
    if type(value) is str:
        return value
    if type(value) is bool or type(value) is int:
        return type(value), value
    if isinstance(value, NumberText):
        whole = whole_number(value.text)
        return None if whole is None else (int, whole)
    if isinstance(value, float) and value.is_integer():  # `1.0` is 1, `1.00000000000000000001` is not
        if by_text:
            raise NeedsExactText
        return int, int(value)
    return None
