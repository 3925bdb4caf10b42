"""From what was counted at a place to its type and rules, with a sentence that says why.

A guess goes by what all values are, or, if that is asked for, by what nearly all are. Values that no other type fits
are JSON. What can't be told, or can be in no event, is no guess: the reason is returned instead, and the key is left
out.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from domain.json_kinds import JsonKind
from domain.language.inference.counts import Objects, Place
from schemas.data_types import DataType, RuleName, TimestampFormat
from schemas.limits import MAX_DEPTH

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
_UNITS = (
    (1, None, "seconds"),
    (1_000, TimestampFormat.UNIX_MILLISECONDS, "milliseconds"),
    (1_000_000, TimestampFormat.UNIX_MICROSECONDS, "microseconds"),
)

MAX_OBJECT_FIELDS = 100
"""How many keys an object's fields name where most of its keys are missing from most of the objects."""
MIN_DIFFERING_OBJECTS = 10
MIN_DIFFERING_KEYS = 20
MIN_DIFFERING_SHARE = 0.8
"""Keys differ from event to event when, in so many objects with so many keys, such a share of the keys was met once."""

_SAYS_TIME = re.compile(r"(?:^|_)(?:at|on|ts|time|date|datetime|timestamp|epoch|created|updated|modified|expires)\Z")
_SAYS_ID = re.compile(r"(?:^|_)(?:id|ids|uid|uuid|key|token|hash|name|email|user|session)\Z")
_LOOKS_LIKE_ID = re.compile(
    r"""[0-9]+\Z|                       # 4711
    [0-9]{4}-[0-9]{2}(?:-[0-9]{2})?\Z|  # 2026-11-28
    [^@\s]+@[^@\s]+\.[^@\s]+\Z|        # an address
    [0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\Z|
    (?=[^0-9]*[0-9])[0-9a-fA-F]{12,}\Z|
    [A-Za-z]+[_:-](?=(?:[^0-9]*[0-9]){2})[0-9A-Za-z]{8,}\Z|
    [A-Za-z]+[_:-][0-9]{3,}\Z           # user_4711
    """,
    re.VERBOSE,
)
_WORD = re.compile(r"[A-Za-z][A-Za-z_ .-]{0,39}\Z")

_ALL: Mapping[Fit, str] = {"all": "all", "most": "nearly all"}
_ARRAYS: Mapping[JsonKind, DataType] = {
    "string": DataType.ARRAY_STRING,
    "integer": DataType.ARRAY_INT,
    "number": DataType.ARRAY_FLOAT,
    "boolean": DataType.ARRAY_BOOLEAN,
    "object": DataType.ARRAY_OBJECT,
}
_PLURALS: Mapping[JsonKind, str] = {
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
    format: TimestampFormat | None = None


class _Scalar(NamedTuple):
    """What strings or whole numbers are."""

    type: DataType
    more: str = ""
    format: TimestampFormat | None = None


def guess(key: str, place: Place, fit: Fit, depth: int) -> Guess | str:
    """Return what the values of a key are, or why no field can hold them.

    Args:
        key: under which a field would store them.
        place: what they are.
        fit: how many of them the type has to fit.
        depth: where a field would stand; 1 is the root.
    """
    votes = _Votes(place.kinds, fit, may_be_null=True)
    if not votes.total:
        return "it is null in every sample, so its type can't be told."
    found = _guess(key, place, votes, fit, depth)
    if isinstance(found, str) or found.type in _FOLLOWED or fit == "most" or not place.unstorable:
        return found
    return f"{place.unstorable:,} of its numbers or strings can be in no event."


_FOLLOWED = frozenset({DataType.OBJECT, DataType.ARRAY_OBJECT})


def _guess(key: str, place: Place, votes: "_Votes", fit: Fit, depth: int) -> Guess | str:
    kind = votes.leader
    if kind is None:
        return _json(DataType.JSON, votes, f"No other type fits {_ALL[fit]} values: {votes.listed()}.")
    why = votes.why(kind, "values")
    match kind:
        case "array":
            return _array_guess(key, place, why, fit, depth, is_unanimous=votes.is_unanimous)
        case "object":
            if reason := _not_followed(place.children, depth):
                rules = [_kinds("object")]
                return Guess(DataType.JSON, rules, f"{why} {reason}", votes.is_unanimous)
            return Guess(DataType.OBJECT, [], why, votes.is_unanimous)
        case "string" | "integer":
            scalar = _scalar(kind, key, place)
            rules, more = [], scalar.more
            if scalar.type is DataType.STRING and (choices := _closed_choices(key, place)):
                rules.append({"rule": "one_of", "value": choices})
                more = f" They are always one of {len(choices)}, each of which occurs at least {MIN_TIMES_SEEN} times."
            return Guess(scalar.type, rules, why + more, votes.is_unanimous, scalar.format)
        case "number":
            whole = place.kinds["integer"]
            return Guess(DataType.FLOAT, [], why + (f" {_of_them(whole)} whole." if whole else ""), votes.is_unanimous)
        case _:
            return Guess(DataType.BOOLEAN, [], why, votes.is_unanimous)


def _array_guess(key: str, place: Place, why: str, fit: Fit, depth: int, *, is_unanimous: bool) -> Guess | str:
    elements = place.elements
    if elements is None:
        return "its arrays are empty in every sample, so their type can't be told."
    votes = _Votes(elements.kinds, fit, may_be_null=False)
    kind = votes.leader
    if elements.kinds["null"] and (fit == "all" or kind in {None, "null"}):
        rules = [_kinds("array")]
        nulls = elements.kinds["null"]
        more = f"{nulls:,} of their elements {'is' if nulls == 1 else 'are'} null, which no array's type accepts."
        return Guess(DataType.JSON, rules, f"{why} {more}", is_unanimous)
    if kind is None:
        more = f"No other type fits {_ALL[fit]} elements: {votes.listed()}."
        return _json(DataType.ARRAY_JSON, votes, f"{why} {more}")._replace(is_unanimous=is_unanimous)
    why, is_unanimous = f"{why} {votes.why(kind, 'elements')}", is_unanimous and votes.is_unanimous
    if kind == "array":
        return Guess(DataType.ARRAY_JSON, [_kinds("array")], why, is_unanimous)
    if kind == "object" and (reason := _not_followed(elements.children, depth)):
        return Guess(DataType.ARRAY_JSON, [_kinds("object")], f"{why} {reason}", is_unanimous)
    if kind not in {"string", "integer"}:
        return Guess(_ARRAYS[kind], [], why, is_unanimous)
    scalar = _scalar(kind, key, elements)
    return Guess(DataType(f"ARRAY_{scalar.type}"), [], why + scalar.more, is_unanimous, scalar.format)


def _json(data_type: DataType, votes: "_Votes", why: str) -> Guess:
    return Guess(data_type, [_kinds(*votes.kinds)], why, is_unanimous=True)


def _kinds(*kinds: JsonKind) -> dict[str, Any]:
    return {"rule": RuleName.KINDS.value, "value": list(kinds)}


def _not_followed(objects: Objects | None, depth: int) -> str | None:
    """Return why objects that stand here are kept as they are, if fields for their keys make no sense."""
    if objects is None or depth == MAX_DEPTH:
        return f"Fields for their keys would stand deeper than {MAX_DEPTH} levels."
    return keys_differ(objects)


def keys_differ(objects: Objects) -> str | None:
    """Return how it shows that the keys of objects are data, and differ from event to event; None if they do not."""
    count, seen = len(objects.keys), sum(place.kinds.total() for place in objects.keys.values())
    if objects.uncounted and count >= objects.max_keys:
        return f"They have more than {count:,} different keys."
    if count > MAX_OBJECT_FIELDS and (objects.count == 1 or seen < count * objects.count / 2):
        return f"They have {count:,} different keys, most of which are not in most of them."
    if count and sum(map(looks_like_id, objects.keys)) * 2 > count:
        return "Most of their keys look like ids."
    once = sum(place.kinds.total() == 1 for place in objects.keys.values())
    if objects.count >= MIN_DIFFERING_OBJECTS and count >= MIN_DIFFERING_KEYS and once >= MIN_DIFFERING_SHARE * count:
        return f"{once:,} of their {count:,} different keys occur only once."
    return None


def looks_like_id(key: str) -> bool:
    """Say whether a key is more likely to be the id of something than the name of a field."""
    return _LOOKS_LIKE_ID.match(key) is not None


class _Votes:
    """How many values are of each kind; whole numbers are numbers where there are others."""

    def __init__(self, kinds: Mapping[JsonKind, int], fit: Fit, *, may_be_null: bool) -> None:
        self._share = MIN_SHARE[fit]
        counts = {kind: count for kind, count in kinds.items() if count and not (may_be_null and kind == "null")}
        if "number" in counts:
            counts["number"] += counts.pop("integer", 0)
        self._counts = counts
        self.total = sum(counts.values())

    @property
    def leader(self) -> JsonKind | None:
        """The kind that all values are of, or as many as have to be."""
        kind = max(self._counts, key=lambda name: self._counts[name])
        return kind if self._counts[kind] >= self._share * self.total else None

    @property
    def is_unanimous(self) -> bool:
        return len(self._counts) == 1

    def why(self, kind: JsonKind, what: str) -> str:
        count, total = self._counts[kind], self.total
        if total == 1:
            return f"1 of 1 {what} is {_named(kind)}."
        if count == total:
            return f"All {total:,} {what} are {_PLURALS[kind]}."
        others = f"{total - count:,} {'is' if total - count == 1 else 'are'} not, and rejected"
        return f"{count:,} of {total:,} {what} are {_PLURALS[kind]}; {others}."

    @property
    def kinds(self) -> list[JsonKind]:
        """Those that there are; an integer is a number, too."""
        return list(self._counts)

    def listed(self) -> str:
        return ", ".join(f"{count:,} {_PLURALS[kind]}" for kind, count in self._counts.items())


def _of_them(count: int) -> str:
    return f"{count:,} of them {'is' if count == 1 else 'are'}"


def _named(kind: JsonKind) -> str:
    word = _PLURALS[kind].removesuffix("s")
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def _scalar(kind: JsonKind, key: str, place: Place) -> _Scalar:
    """Return what strings or whole numbers are."""
    return _whole_scalar(key, place) if kind == "integer" else _string_scalar(place)


def _whole_scalar(key: str, place: Place) -> _Scalar:
    if _SAYS_TIME.search(key):
        low, high = _SECONDS
        for factor, unit, name in _UNITS:
            if low * factor <= place.lowest and place.highest <= high * factor:
                return _Scalar(DataType.TIMESTAMP, f" By its name and the range it is Unix {name}.", unit)
    return _Scalar(DataType.INT)


def _string_scalar(place: Place) -> _Scalar:
    strings, total = place.strings, place.kinds["string"]
    if strings.datetimes == total:
        return _Scalar(DataType.DATETIME, " Every one is a date and time without a time zone.")
    if strings.moments == total:
        return _Scalar(DataType.TIMESTAMP, " Every one is a time with a time zone.", TimestampFormat.RFC3339)
    if strings.dates == total:
        return _Scalar(DataType.DATE, " Every one is a date.")
    if strings.quoted_numbers == total:
        return _Scalar(DataType.STRING, " They look like numbers in quotes.")
    for count, name in ((strings.datetimes, "DATETIME"), (strings.moments, "TIMESTAMP"), (strings.dates, "DATE")):
        if count:
            return _Scalar(DataType.STRING, f" {count:,} of them would be {name}s, the others not.")
    return _Scalar(DataType.STRING)


def _closed_choices(key: str, place: Place) -> list[str]:
    """Return the strings of a list that is clearly closed, in the order in which they were met; else none."""
    distinct = place.strings.distinct
    if distinct is None or place.kinds["string"] < MIN_CLOSED_VALUES or _SAYS_ID.search(key):
        return []
    choices = list(distinct)
    if not 1 < len(choices) <= MAX_CLOSED_CHOICES or min(distinct.values()) < MIN_TIMES_SEEN:
        return []
    return choices if all(map(_WORD.match, choices)) else []
