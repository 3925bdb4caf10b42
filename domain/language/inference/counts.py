"""What sample events hold, counted by place: the facts that guesses are made from.

A place is a key within its parent, whatever the index in an array: all elements of `items` share one place, and so do
their `price`s. Counting stops below the depth that fields have, and inside objects with more keys than fields could
name: what stands there is only searched for what no event can have.
"""

import re
from collections import Counter
from math import isfinite
from typing import Any

from domain.json_kinds import JsonKind, is_text, kind_of
from domain.language.scalar_values import Misfit, value_as
from domain.validation.datetimes import DATETIME_PATTERN
from domain.validation.times import read_date, text_from_rfc3339
from schemas import places
from schemas.data_types import DataType
from schemas.limits import INT64_MAX, INT64_MIN, MAX_DEPTH

MAX_PLACES = 20_000
"""How many places are counted in all."""
MAX_OBJECT_KEYS = 1_000
"""How many keys are counted of the objects of one place below the root: where keys are ids, there is no end of them."""
MAX_DISTINCT = 20
"""How many distinct strings of a place are told apart."""
MAX_COUNTED_CHARS = 64
MAX_SHOWN_KEY_CHARS = 200

_DATETIME = re.compile(DATETIME_PATTERN.removesuffix("$") + r"\Z", re.ASCII)
_QUOTED_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\Z")

Path = tuple["Path", str | int] | None
"""Where a value stands: its parent's path and its own key or index."""


def pointer_of(path: Path) -> str:
    """Return a path as an RFC 6901 JSON Pointer."""
    tokens: list[str] = []
    while path is not None:
        path, token = path
        tokens.append(shortened(str(token)))
    return places.pointer_of(tokens[::-1])


def shortened(key: str) -> str:
    """Return a key as it is shown; no field has one as long as what is cut."""
    return key if len(key) <= MAX_SHOWN_KEY_CHARS else f"{key[:MAX_SHOWN_KEY_CHARS]}…"


class Strings:
    """What the strings of a place look like."""

    __slots__ = ("dates", "datetimes", "distinct", "moments", "quoted_numbers")

    def __init__(self) -> None:
        self.dates = 0
        self.datetimes = 0
        """Without a time zone."""
        self.moments = 0
        """Times with a time zone, as RFC 3339 writes them."""
        self.quoted_numbers = 0
        self.distinct: Counter[str] | None = Counter()
        """How often each string occurs, or None once there are too many or one is long."""

    def add(self, value: str) -> None:
        if self.distinct is not None:
            self.distinct[value] += 1
            if len(self.distinct) > MAX_DISTINCT or len(value) > MAX_COUNTED_CHARS:
                self.distinct = None
        if not value[:1].isdigit() and value[:1] != "-":
            return
        if _is_datetime(value):
            self.datetimes += 1
        elif isinstance(read_date(value), str):
            self.dates += 1
        elif text_from_rfc3339(value) is not None:
            self.moments += 1
        elif _QUOTED_NUMBER.match(value):
            self.quoted_numbers += 1


class Place:
    """What stands at one place, in all samples together."""

    __slots__ = ("children", "elements", "first", "highest", "kinds", "lowest", "strings", "unstorable")

    def __init__(self, first: Path) -> None:
        self.first = first
        """Where it was first met."""
        self.kinds: Counter[JsonKind] = Counter()
        self.strings = Strings()
        self.lowest = self.highest = 0
        """Of the integers; both 0 where there are none."""
        self.unstorable = 0
        """How many strings and numbers no event can have stand here, or anywhere within."""
        self.children: Objects | None = None
        """The objects that stand here."""
        self.elements: Place | None = None
        """The elements of the arrays that stand here; None while all are empty."""

    @property
    def values(self) -> int:
        """How many values stand here that are not null."""
        return self.kinds.total() - self.kinds["null"]


class Objects:
    """Objects that share a place, and the places of their keys in the order in which these were first met."""

    __slots__ = ("count", "keys", "max_keys", "uncounted", "uncounted_first")

    def __init__(self, max_keys: int) -> None:
        self.count = 0
        self.max_keys = max_keys
        self.keys: dict[str, Place] = {}
        self.uncounted = 0
        """How many values were passed over since there were too many places already."""
        self.uncounted_first: Path = None


class Counts:
    """Counts events, one after the other."""

    def __init__(self, max_places: int = MAX_PLACES) -> None:
        self.events = Objects(max_places)
        self.places_left = max_places

    def add(self, event: dict[str, Any], path: Path) -> None:
        """Count an event that stands at `path`."""
        self._add_object(self.events, event, path, depth=1)

    def _add_object(self, objects: Objects, value: dict[str, Any], path: Path, depth: int) -> int:
        """Count an object, and return how much in it no event can have."""
        objects.count += 1
        unstorable = 0
        for key, member in value.items():
            here = (path, key)
            unstorable += not is_text(key)
            place = objects.keys.get(key)
            if place is None:
                if not self.places_left or len(objects.keys) >= objects.max_keys:
                    objects.uncounted += 1
                    objects.uncounted_first = objects.uncounted_first or here
                    unstorable += _unstorable_in(member)
                    continue
                self.places_left -= 1
                place = objects.keys[key] = Place(here)
            unstorable += self._add_value(place, member, here, depth)
        return unstorable

    def _add_value(self, place: Place, value: Any, path: Path, depth: int) -> int:
        kind = _counted_kind(value)
        place.kinds[kind] += 1
        unstorable = 0
        if kind == "string":
            place.strings.add(value)
            unstorable = not is_text(value)
        elif kind == "number":
            unstorable = not _is_double(value)
        elif kind == "integer":
            seen_before = place.kinds["integer"] > 1
            place.lowest = min(place.lowest, value) if seen_before else value
            place.highest = max(place.highest, value) if seen_before else value
        elif kind == "object":
            if depth < MAX_DEPTH:
                place.children = place.children or Objects(MAX_OBJECT_KEYS)
                unstorable = self._add_object(place.children, value, path, depth + 1)
            else:
                unstorable = _unstorable_in(value)
        elif kind == "array":
            unstorable = self._add_elements(place, value, path, depth)
        place.unstorable += unstorable
        return unstorable

    def _add_elements(self, place: Place, value: list[Any], path: Path, depth: int) -> int:
        unstorable = 0
        for index, element in enumerate(value):
            here = (path, index)
            place.elements = place.elements or Place(here)
            if isinstance(element, list):  # of which there is no type but JSON, whatever is in it
                place.elements.kinds["array"] += 1
                unstorable += _unstorable_in(element)
            else:
                unstorable += self._add_value(place.elements, element, here, depth)
        return unstorable


def _unstorable_in(value: Any) -> int:
    """Return how many strings and numbers within a value no event can have."""
    if isinstance(value, str):
        return not is_text(value)
    if isinstance(value, dict):
        return sum(not is_text(key) for key in value) + sum(map(_unstorable_in, value.values()))
    if isinstance(value, list):
        return sum(map(_unstorable_in, value))
    return isinstance(value, int | float) and not _is_double(value)


def _is_datetime(value: str) -> bool:
    if not _DATETIME.match(value):
        return False
    try:
        value_as(DataType.DATETIME, value)
    except Misfit:
        return False
    return True


def _is_double(value: float) -> bool:
    try:
        return isfinite(value)
    except OverflowError:
        return False


def _counted_kind(value: Any) -> JsonKind:
    kind = kind_of(value)
    return "number" if kind == "integer" and not INT64_MIN <= value <= INT64_MAX else kind
