"""The kinds of events that `when` makes of a revision: what tells each apart, and which fields are in force in it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.language.budget import Budget
from domain.language.field_places import told_apart
from domain.language.typed_code.places import Field, Place, Told, kind_of
from schemas.data_types import Kind
from schemas.limits import MAX_TYPED_KINDS
from schemas.places import Path, keys_of


class TooManyKindsError(Exception):
    """There are more kinds than types are made for."""


@dataclass(frozen=True, slots=True)
class EventKind:
    """One kind: what its events have where kinds are told apart, and by index the fields with `when` in force."""

    told: tuple[tuple[Path, Told], ...]
    in_force: tuple[int, ...]

    @property
    def sign(self) -> tuple[Any, ...]:
        """The same of two kinds that are told by the same and have the same in force."""
        return (self.in_force, *((path, told.sign) for path, told in self.told))

    @property
    def is_other(self) -> bool:
        return any(told.is_other for _, told in self.told)


def kinds_of(conditional: Sequence[Field], always: Place, budget: Budget) -> list[EventKind]:
    """Return the kinds of a revision; every event that it accepts is of exactly one.

    Args:
        conditional: its fields with `when`.
        always: the event as its other fields read it.
        budget: what it may cost.

    Raises:
        TooManyKindsError: there are over `MAX_TYPED_KINDS`. Rejected: too_complex.
    """
    conditions = [
        {keys_of(pointer): tuple(values) for pointer, values in field["when"].items()} for field in conditional
    ]
    mentions: dict[Path, int] = {}
    for condition in conditions:
        for path in condition:
            mentions[path] = mentions.get(path, 0) + 1
    order = sorted(mentions, key=lambda path: -mentions[path])  # ties keep the order in which they came
    return _kinds(order, dict(enumerate(conditions)), always, budget)


def _kinds(
    order: Sequence[Path], conditions: Mapping[int, Mapping[Path, Sequence[Any]]], always: Place, budget: Budget
) -> list[EventKind]:
    budget.check()
    if not order:
        return [EventKind((), tuple(conditions))]
    path, rest = order[0], order[1:]
    asked = [index for index, condition in conditions.items() if path in condition]
    if not asked:
        return _kinds(rest, conditions, always, budget)
    values = _Values(path, always)
    listed: dict[tuple[type, Any], tuple[Any, list[int]]] = {}
    for index in asked:
        for value in conditions[index][path]:
            if values.may_be(value):
                listed.setdefault(told_apart(value), (value, []))[1].append(index)
    groups: dict[tuple[int, ...], list[Any]] = {}
    for value, indexes in listed.values():
        groups.setdefault(tuple(indexes), []).append(value)
    unasked = conditions.keys() - set(asked)
    rows: dict[tuple[Any, ...], _Row] = {}
    count = 0
    for group, some in [*groups.items(), ((), None)]:
        inner = _kinds(rest, {index: conditions[index] for index in sorted(unasked | {*group})}, always, budget)
        row = rows.setdefault(tuple(kind.sign for kind in inner), _Row(inner))
        row.values += some or []
        row.is_rest = row.is_rest or some is None
        count += len(inner)
        if count > MAX_TYPED_KINDS:
            raise TooManyKindsError
    if len(rows) == 1:
        return inner
    return [
        EventKind(((path, told), *kind.told), kind.in_force)
        for row in rows.values()
        for told in (values.told_by(row.values, listed.keys()) if row.is_rest else [Told(tuple(row.values))])
        for kind in row.inner
    ]


@dataclass(slots=True)
class _Row:
    """Values of one place that lead to the same kinds; `is_rest`: all that no `when` names, too."""

    inner: list[EventKind]
    values: list[Any] = field(default_factory=list)
    is_rest: bool = False


class _Values:
    """The values that one place may have, by the fields that are always in force."""

    def __init__(self, path: Path, always: Place) -> None:
        place, is_required = always.at(path)
        self._forms = None if place is None else place.accepted()
        self._may_be_absent = not is_required
        self._all = None if self._forms is None else _all_of(self._forms)
        self._known = None if self._all is None else set(map(told_apart, self._all))

    def may_be(self, value: Any) -> bool:
        if self._known is not None:
            return told_apart(value) in self._known
        return self._forms is None or kind_of(value) in self._forms

    def told_by(self, some: Sequence[Any], listed: Collection[tuple[type, Any]]) -> list[Told]:
        """Return what an event has that has one of some values, or none of all that are listed."""
        if self._all is None:
            told = [Told(tuple(some), may_be_absent=self._may_be_absent)] if some or self._may_be_absent else []
            return [*told, Told(is_other=True)]
        values = (*some, *(value for value in self._all if told_apart(value) not in listed))
        return [Told(values, may_be_absent=self._may_be_absent)] if values or self._may_be_absent else []


def _all_of(forms: Mapping[Kind, Any]) -> list[Any] | None:
    """Return all values, if there is a list of them."""
    found: list[Any] = []
    for kind, form in forms.items():
        if form.values is not None:
            found += form.values
        elif kind is Kind.BOOLEAN:
            found += (True, False)
        else:
            return None
    return found
