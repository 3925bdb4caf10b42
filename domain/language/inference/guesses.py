"""From what was counted at a place to its type and rules, with a sentence that says why.

A guess goes by what all values are, or, if that is asked for, by what nearly all are. What can't be told, or is no
type, is no guess: the reason is returned instead, and the key is left out.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from domain.language.inference.counts import Kind, Place
from schemas.data_types import DataType
from schemas.limits import MAX_STRING_BYTES

Fit = Literal["all", "most"]
"""How many of a place's values a type has to fit. With `most`, samples with the others are rejected, and listed."""

MIN_SHARE: Mapping[Fit, float] = {"all": 1.0, "most": 0.9}

MIN_CLOSED_VALUES = 30
MAX_CLOSED_CHOICES = 12
MIN_TIMES_SEEN = 5
"""A list of strings is closed when there are few of them in many values, and none is rare: then it is unlikely that
one was missed. (A string seen once would be a sign of others that were not.)"""

# Between 2000 and 2100: a count or an id seldom is.
_SECONDS = (946_684_800, 4_102_444_800)

_SAYS_TIME = re.compile(r"(?:^|_)(?:at|on|ts|time|date|datetime|timestamp|epoch|created|updated|modified|expires)\Z")
_SAYS_ID = re.compile(r"(?:^|_)(?:id|ids|uid|uuid|key|token|hash|name|email|user|session)\Z")
_WORD = re.compile(r"[A-Za-z][A-Za-z_ .-]{0,39}\Z")

_ALL: Mapping[Fit, str] = {"all": "all", "most": "nearly all"}
_ARRAYS: Mapping[Kind, DataType] = {
    "string": DataType.ARRAY_STRING,
    "integer": DataType.ARRAY_INT,
    "number": DataType.ARRAY_FLOAT,
    "object": DataType.ARRAY_OBJECT,
}
_PLURALS: Mapping[Kind, str] = {
    "string": "strings",
    "integer": "whole numbers",
    "number": "numbers",
    "boolean": "booleans",
    "object": "objects",
    "array": "arrays",
    "null": "null",
}


class Guess(NamedTuple):
    """A type, its rules, and why; `is_unanimous` if every value has the type."""

    type: DataType
    rules: list[dict[str, Any]]
    why: str
    is_unanimous: bool


def guess(key: str, place: Place, fit: Fit) -> Guess | str:
    """Return what the values of a key are, or why no field can hold them."""
    votes = _Votes(place.kinds, fit, may_be_null=True)
    if not votes.total:
        return "it is null in every sample, so its type can't be told."
    kind = votes.leader
    if kind is None:
        return f"no type fits {_ALL[fit]} its values: {votes.listed()}."
    if fit == "all" and (reason := _unstorable(place)):
        return reason
    why, rules = votes.why(kind, "values"), []
    match kind:
        case "array":
            return _array_guess(place.elements, why, fit, is_unanimous=votes.is_unanimous)
        case "object":
            data_type, more = DataType.OBJECT, ""
        case "integer":
            data_type, more = _integer_type(key, place)
        case "string":
            data_type, more = _string_type(place)
            if data_type is DataType.STRING and (choices := _closed_choices(key, place)):
                rules.append({"rule": "one_of", "value": choices})
                more = f" They are always one of {len(choices)}, each of which occurs at least {MIN_TIMES_SEEN} times."
        case "number":
            whole = place.kinds["integer"]
            data_type, more = DataType.FLOAT, f" {_of_them(whole)} whole." if whole else ""
        case _:
            data_type, more = DataType.BOOLEAN, ""
    return Guess(data_type, rules, why + more, votes.is_unanimous)


def _unstorable(place: Place) -> str | None:
    """Return why some values of a place can be in no event, if that is so."""
    for one in (place, place.elements):
        if one is not None and one.strings.too_long:
            return f"{one.strings.too_long:,} of its strings have more than {MAX_STRING_BYTES:,} bytes."
        if one is not None and one.too_large:
            return f"{one.too_large:,} of its numbers are larger than a FLOAT can be."
    return None


def _array_guess(elements: Place | None, why: str, fit: Fit, *, is_unanimous: bool) -> Guess | str:
    if elements is None:
        return "its arrays are empty in every sample, so their type can't be told."
    votes = _Votes(elements.kinds, fit, may_be_null=False)
    kind = votes.leader
    if kind is None:
        return f"no type fits {_ALL[fit]} elements of its arrays: {votes.listed()}."
    if kind not in _ARRAYS:
        return "elements can't be null." if kind == "null" else f"there are no arrays of {_PLURALS[kind]}."
    return Guess(_ARRAYS[kind], [], f"{why} {votes.why(kind, 'elements')}", is_unanimous and votes.is_unanimous)


class _Votes:
    """How many values are of each kind; whole numbers are numbers where there are others."""

    def __init__(self, kinds: Mapping[Kind, int], fit: Fit, *, may_be_null: bool) -> None:
        self._share = MIN_SHARE[fit]
        counts = {kind: count for kind, count in kinds.items() if count and not (may_be_null and kind == "null")}
        if "number" in counts:
            counts["number"] += counts.pop("integer", 0)
        self._counts = counts
        self.total = sum(counts.values())

    @property
    def leader(self) -> Kind | None:
        """The kind that all values are of, or as many as have to be."""
        kind = max(self._counts, key=lambda name: self._counts[name])
        return kind if self._counts[kind] >= self._share * self.total else None

    @property
    def is_unanimous(self) -> bool:
        return len(self._counts) == 1

    def why(self, kind: Kind, what: str) -> str:
        count, total = self._counts[kind], self.total
        if total == 1:
            return f"The only one of its {what} is {_named(kind)}."
        if count == total:
            return f"All {total:,} {what} are {_PLURALS[kind]}."
        others = f"{total - count:,} {'is' if total - count == 1 else 'are'} not, and rejected"
        return f"{count:,} of {total:,} {what} are {_PLURALS[kind]}; {others}."

    def listed(self) -> str:
        return ", ".join(f"{count:,} {_PLURALS[kind]}" for kind, count in self._counts.items())


def _of_them(count: int) -> str:
    return f"{count:,} of them {'is' if count == 1 else 'are'}"


def _named(kind: Kind) -> str:
    word = _PLURALS[kind].removesuffix("s")
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def _integer_type(key: str, place: Place) -> tuple[DataType, str]:
    low, high = _SECONDS
    if _SAYS_TIME.search(key):
        if low <= place.lowest and place.highest <= high:
            return DataType.TIMESTAMP, " By its name and the range it is Unix seconds."
        if low * 1_000 <= place.lowest and place.highest <= high * 1_000:
            return DataType.INT, " They look like milliseconds, which a TIMESTAMP does not take."
    return DataType.INT, ""


def _string_type(place: Place) -> tuple[DataType, str]:
    strings, total = place.strings, place.kinds["string"]
    if strings.datetimes == total:
        return DataType.DATETIME, " Every one is a date and time without a time zone."
    if strings.datetimes:
        return DataType.STRING, f" {strings.datetimes:,} of them would be DATETIMEs, the others not."
    if strings.zoned_datetimes == total:
        return DataType.STRING, " They look like times with a time zone, which a DATETIME does not take."
    if strings.quoted_numbers == total:
        return DataType.STRING, " They look like numbers in quotes."
    return DataType.STRING, ""


def _closed_choices(key: str, place: Place) -> list[str]:
    """Return the strings of a list that is clearly closed, in the order in which they were met; else none."""
    distinct = place.strings.distinct
    if distinct is None or place.kinds["string"] < MIN_CLOSED_VALUES or _SAYS_ID.search(key):
        return []
    choices = list(distinct)
    if not 1 < len(choices) <= MAX_CLOSED_CHOICES or min(distinct.values()) < MIN_TIMES_SEEN:
        return []
    return choices if all(map(_WORD.match, choices)) else []
