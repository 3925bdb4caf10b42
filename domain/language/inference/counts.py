"""What sample events hold, counted by place: the facts that guesses are made from.

A place is a key within its parent, whatever the index in an array: all elements of `items` share one place, and so do
their `price`s. Counting stops below the depth that fields have.
"""

import re
from collections import Counter
from collections.abc import Iterator
from math import isfinite
from typing import Any, Literal

from domain.intake.datetimes import DATETIME_PATTERN
from domain.intake.scalars import is_too_long
from domain.language.scalar_values import Misfit, value_as
from schemas.data_types import DataType
from schemas.limits import INT64_MAX, INT64_MIN, MAX_DEPTH

Kind = Literal["string", "integer", "number", "boolean", "object", "array", "null"]
"""What JSON calls a value. A number is an integer if it is written without fraction and exponent, and has 64 bits."""

MAX_PLACES = 5_000
"""How many places are counted: data whose keys are ids has no end of them."""
MAX_DISTINCT = 20
"""How many distinct strings of a place are told apart."""
MAX_COUNTED_CHARS = 64
MAX_SHOWN_KEY_CHARS = 200

_DATETIME = re.compile(DATETIME_PATTERN.removesuffix("$") + r"\Z", re.ASCII)
_DATETIME_WITH_ZONE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})\Z"
)
_QUOTED_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\Z")

Path = tuple["Path", str | int] | None
"""Where a value stands: its parent's path and its own key or index."""


def pointer_of(path: Path) -> str:
    """Return a path as an RFC 6901 JSON Pointer."""
    tokens: list[str] = []
    while path is not None:
        path, token = path
        tokens.append(shortened(str(token)).replace("~", "~0").replace("/", "~1"))
    return "".join(f"/{token}" for token in reversed(tokens))


def shortened(key: str) -> str:
    """Return a key as it is shown; no field has one as long as what is cut."""
    return key if len(key) <= MAX_SHOWN_KEY_CHARS else f"{key[:MAX_SHOWN_KEY_CHARS]}…"


class Strings:
    """What the strings of a place look like."""

    __slots__ = ("datetimes", "distinct", "quoted_numbers", "too_long", "zoned_datetimes")

    def __init__(self) -> None:
        self.datetimes = 0
        self.zoned_datetimes = 0
        self.quoted_numbers = 0
        self.too_long = 0
        """How many no event can have, since they have too many bytes."""
        self.distinct: Counter[str] | None = Counter()
        """How often each string occurs, or None once there are too many or one is long."""

    def add(self, value: str) -> None:
        if self.distinct is not None:
            self.distinct[value] += 1
            if len(self.distinct) > MAX_DISTINCT or len(value) > MAX_COUNTED_CHARS:
                self.distinct = None
        self.too_long += is_too_long(value)
        if not value[:1].isdigit() and value[:1] != "-":
            return
        if _is_datetime(value):
            self.datetimes += 1
        elif _DATETIME_WITH_ZONE.match(value):
            self.zoned_datetimes += 1
        elif _QUOTED_NUMBER.match(value):
            self.quoted_numbers += 1


class Place:
    """What stands at one place, in all samples together."""

    __slots__ = ("children", "elements", "first", "highest", "kinds", "lowest", "strings", "too_large")

    def __init__(self, first: Path) -> None:
        self.first = first
        """Where it was first met."""
        self.kinds: Counter[Kind] = Counter()
        self.strings = Strings()
        self.lowest = self.highest = 0
        """Of the integers; both 0 where there are none."""
        self.too_large = 0
        """How many numbers no double holds."""
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

    __slots__ = ("count", "keys", "uncounted", "uncounted_first")

    def __init__(self) -> None:
        self.count = 0
        self.keys: dict[str, Place] = {}
        self.uncounted = 0
        """How many values were passed over since there were too many places already."""
        self.uncounted_first: Path = None


class Counts:
    """Counts events, one after the other."""

    def __init__(self) -> None:
        self.events = Objects()
        self._places = 0

    def add(self, event: dict[str, Any], path: Path) -> None:
        """Count an event that stands at `path`."""
        self._add_object(self.events, event, path, depth=1)

    def _add_object(self, objects: Objects, value: dict[str, Any], path: Path, depth: int) -> None:
        objects.count += 1
        for key, member in value.items():
            here = (path, key)
            place = objects.keys.get(key)
            if place is None:
                if self._places >= MAX_PLACES:
                    objects.uncounted += 1
                    objects.uncounted_first = objects.uncounted_first or here
                    continue
                self._places += 1
                place = objects.keys[key] = Place(here)
            self._add_value(place, member, here, depth)

    def _add_value(self, place: Place, value: Any, path: Path, depth: int) -> None:
        kind = _kind_of(value)
        place.kinds[kind] += 1
        if kind == "string":
            place.strings.add(value)
        elif kind == "number":
            place.too_large += not _is_double(value)
        elif kind == "integer":
            seen_before = place.kinds["integer"] > 1
            place.lowest = min(place.lowest, value) if seen_before else value
            place.highest = max(place.highest, value) if seen_before else value
        elif kind == "object" and depth < MAX_DEPTH:
            place.children = place.children or Objects()
            self._add_object(place.children, value, path, depth + 1)
        elif kind == "array":
            for index, element in enumerate(value):
                here = (path, index)
                place.elements = place.elements or Place(here)
                if isinstance(element, list):  # of which there is no type, whatever is in it
                    place.elements.kinds["array"] += 1
                else:
                    self._add_value(place.elements, element, here, depth)


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


def _kind_of(value: Any) -> Kind:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer" if INT64_MIN <= value <= INT64_MAX else "number"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def uncounted(objects: Objects, path: str = "") -> Iterator[tuple[str, Objects]]:
    """Yield the objects of which keys were passed over, with the keys that lead to them, joined by dots."""
    if objects.uncounted:
        yield path, objects
    for key, place in objects.keys.items():
        here = f"{path}.{shortened(key)}" if path else shortened(key)
        for children in (place.children, place.elements.children if place.elements else None):
            if children is not None:
                yield from uncounted(children, here)
