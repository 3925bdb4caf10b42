"""Kinds of events: samples told apart by what stands at pointers, and the keys that only some kinds have.

A kind is what `when` says of a field: from pointer to one value. An event whose values say more than a kind asks for
is of that kind as well, since the kind's fields are in force for it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from operator import le
from typing import Any, NamedTuple

from domain.errors import Rejected
from domain.json_kinds import is_text
from domain.language.budget import Budget
from domain.language.inference.counts import Counts, Objects, Place
from schemas.codes import Problem
from schemas.limits import (
    INT64_MAX,
    INT64_MIN,
    MAX_FROM_CHARS,
    MAX_POINTER_KEYS,
    MAX_WHEN_FIELDS,
    MAX_WHEN_POINTERS,
    MAX_WHEN_VALUES,
)
from schemas.places import Path, keys_of, value_at
from schemas.save_codes import FieldFault

MAX_KIND_PLACES = 60_000
"""How many places are counted in all kinds together."""
MIN_WITH = 3
MIN_WITHOUT = 10
"""In how many events a key has to be, and in how many of other kinds to be missing, for it to belong to kinds."""

Value = str | int | bool
Pairs = frozenset[tuple[str, type, Value]]
"""A kind: pointer, type and value; by the type, since `True` is 1 in Python."""


class Kind(NamedTuple):
    """Events for which the same fields are in force."""

    name: str
    """What the last of the pointers says."""
    when: dict[str, list[Value]]
    events: Objects


class Kinds:
    """The kinds of samples, those with most events first."""

    def __init__(self, samples: Sequence[dict[str, Any]], pointers: Sequence[str], budget: Budget) -> None:
        """Tell the samples apart by pointers of which `check_pointers` found no fault."""
        paths = {pointer: keys_of(pointer) for pointer in pointers}
        told = [_pairs_of(sample, paths) for sample in samples]
        self._samples, self._told = samples, told
        met = Counter(pairs for pairs in told if pairs)
        least = [pairs for pairs, _ in met.most_common() if not any(other < pairs for other in met)]
        of_sample = [[pairs for pairs in least[:MAX_WHEN_FIELDS] if pairs <= its] for its in told]
        members: dict[Pairs, list[int]] = {pairs: [] for pairs in least[:MAX_WHEN_FIELDS]}
        for index, kinds in enumerate(of_sample):
            for pairs in kinds:
                members[pairs].append(index)
        self.pointers = list(paths)
        self.of_none = sum(not kinds for kinds in of_sample)
        """How many samples are of no kind: no value that tells stands at any pointer, or there are too many kinds."""
        self.all: list[Kind] = []
        places_left = MAX_KIND_PLACES
        for pairs, indices in members.items():
            counts = Counts(places_left)
            for index in indices:
                budget.at(f"/samples/{index}").check()
                counts.add(samples[index], ((None, "samples"), index))
            places_left = counts.places_left
            when = {pointer: [value] for pointer in paths for (at, _, value) in pairs if at == pointer}
            self.all.append(Kind(str([*when.values()][-1][0]), when, counts.events))

    def with_key(self, key: str) -> list[tuple[Kind, Place]]:
        """Return the kinds with a value at a root key."""
        return [(kind, place) for kind in self.all if (place := kind.events.keys.get(key)) and place.values]

    def are_apart_at(self, key: str) -> bool:
        """Say whether the kinds have objects of their own at a root key: most keys below it are not in all kinds."""
        with_key = [] if self._tells(key) else self.with_key(key)
        if len(with_key) < 2 or not any(place.children for _, place in with_key):
            return False
        if not all(place.children for _, place in with_key):
            return all(place.values == max(place.kinds.values()) for _, place in with_key)
        keys = [set(place.children.keys) for _, place in with_key if place.children]
        return 2 * len(set.intersection(*keys)) < len(set.union(*keys))

    def when_of(self, key: str, place: Place) -> tuple[dict[str, list[Value]], int] | None:
        """Return what tells the kinds that have a root key from all others, and how many samples are of these.

        None if no `when` says it, or not surely: a value that is no object has to be in every event of these kinds.
        """
        if self._tells(key) or place.values < MIN_WITH or len(self._samples) - place.values < MIN_WITHOUT:
            return None
        ours = [kind for kind, _ in self.with_key(key)]
        have = [sample.get(key) is not None for sample in self._samples]
        for count in range(1, len(self.pointers) + 1):
            for pointers in combinations(self.pointers, count):
                when = _common_when(pointers, ours)
                if when is None:
                    continue
                holds = [_holds(when, pairs) for pairs in self._told]
                if holds == have or (place.children and _are_apart(holds, have)):
                    return when, sum(holds)
        return None

    def _tells(self, key: str) -> bool:
        """Say whether a root key's own value is what kinds are told by."""
        return any(keys_of(pointer) == (key,) for pointer in self.pointers)


def _are_apart(holds: list[bool], have: list[bool]) -> bool:
    """Say whether all that have a key are among those for which a `when` holds, and there are clearly others."""
    return holds.count(False) >= MIN_WITHOUT and all(map(le, have, holds))


def check_pointers(pointers: Sequence[str]) -> None:
    """Let pointers pass that `when` can name.

    Raises:
        Rejected: invalid_request, with a row for each other.
    """
    errors = [
        {"pointer": f"/kinds_by/{index}", "code": FieldFault.BAD_VALUE.value, "message": message}
        for index, pointer in enumerate(pointers)
        if (message := _pointer_fault(pointer))
    ]
    if len(set(pointers)) > MAX_WHEN_POINTERS:
        message = f"Kinds are told apart by at most {MAX_WHEN_POINTERS} pointers."
        errors.append({"pointer": "/kinds_by", "code": FieldFault.TOO_MANY.value, "message": message})
    if errors:
        raise Rejected(Problem.INVALID_REQUEST, errors[0]["message"], errors=errors)


def _pointer_fault(pointer: str) -> str | None:
    if not pointer.startswith("/"):
        return "A JSON Pointer from the root of the event starts with `/`."
    path = keys_of(pointer)
    if len(path) > MAX_POINTER_KEYS or any(not 1 <= len(key) <= MAX_FROM_CHARS for key in path):
        return f"A pointer has 1 to {MAX_POINTER_KEYS} keys of 1 to {MAX_FROM_CHARS} characters."
    return None if is_text(pointer) and pointer.isprintable() else "A pointer is made of printable characters."


def _pairs_of(event: dict[str, Any], paths: Mapping[str, Path]) -> Pairs:
    found = ((pointer, _telling(value_at(event, path))) for pointer, path in paths.items())
    return frozenset((pointer, type(value), value) for pointer, value in found if value is not None)


def _telling(value: Any) -> Value | None:
    """Return a value as `when` can name it, or None if it can't."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str):
        return value if len(value) <= MAX_FROM_CHARS and is_text(value) else None
    if isinstance(value, bool):
        return value
    return value if isinstance(value, int) and INT64_MIN <= value <= INT64_MAX else None


def _common_when(pointers: Iterable[str], kinds: list[Kind]) -> dict[str, list[Value]] | None:
    """Return the values that kinds have at pointers, if all have one at each, and there are not too many."""
    when: dict[str, list[Value]] = {}
    for pointer in pointers:
        if not kinds or any(pointer not in kind.when for kind in kinds):
            return None
        found = {(type(kind.when[pointer][0]), kind.when[pointer][0]): None for kind in kinds}
        if len(found) > MAX_WHEN_VALUES:
            return None
        when[pointer] = [value for _, value in found]
    return when


def _holds(when: Mapping[str, list[Value]], pairs: Pairs) -> bool:
    return all(any((pointer, type(value), value) in pairs for value in values) for pointer, values in when.items())
