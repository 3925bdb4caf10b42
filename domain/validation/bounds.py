"""What an event, and a request of many, may cost: decided by searches for single bytes, before anything is parsed.

A parsed value takes many times the memory of its text, and to validate it takes Python's time. So an event's text is
bounded in bytes and in values, which are counted by the bytes that begin or part them: `{`, `[`, `,` and `:`. A default
or a macro under an array is a value of every element, though the sender never wrote it; and what several fields read
from one place is stored once for each. What the events of a request
may cost together is bounded as well: those beyond it are refused one by one.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from domain.validation.tree_size import TreeSize
from domain.validation.unnamed import are_tangled
from schemas.limits import (
    MAX_EVENT_SENT_BYTES,
    MAX_EVENT_VALUES,
    MAX_FILLED_BYTES,
    MAX_JUDGED_VALUES,
    MAX_READ_VALUES,
    MAX_REQUEST_FILLED_BYTES,
)
from schemas.macros import Macro
from schemas.places import Path, path_of

_SHORT_MACROS = frozenset(
    {Macro.EVENT_ID, Macro.RECEIVED_AT, Macro.RANDOM_INT, Macro.UUID, Macro.USER_IP, Macro.USER_HASH}
)
_ODD_VALUE_COST = 4
_PROTECT_COSTS = {"hash": 6, "ip_prefix": 8}  # others cost about what reading a value does
_DEAREST_PROTECT_COST = max(_PROTECT_COSTS.values())
_FILLED_VALUE_COST = 2  # a value that is filled in costs about twice what one does that is sent
_PARSED_PER_JUDGED = 8  # so many values are parsed in the time that it takes to validate one
_EXACTLY_PARSED_PER_JUDGED = 2  # the same where the fast parser says no
_READ_PER_COMPILED = 20  # so many values are read in the time that it takes to compile a field
_READ_PER_CHOICE = 4  # or a value of its `one_of`
_FIELDS_PER_OBJECT = 8  # an object takes as long to compile as so many fields more
_FIELDS_PER_COMPILING = 50  # what compiling takes beside the fields
_SHORT_MACRO_BYTES = 80
_LONG_MACRO_BYTES = 10_240  # a header or a parameter; the front door takes no longer ones

VALUE_BYTES = b"{[,:"
"""Begin or part values."""


def count_values(text: bytes) -> int:
    """Return how many values a JSON text can hold at the most; bytes within strings count as well."""
    return len(text) - len(text.translate(None, VALUE_BYTES))  # half of what counting each of them takes


class Filled(NamedTuple):
    """What one element of an array gets that its sender left out: `fields`, and their `bytes` as stored.

    `protecting` is what protecting an event's values may cost, in values that are read.
    """

    fields: int
    bytes: int
    protecting: int = 0


class _Protecting(NamedTuple):
    """What it costs to protect the values of an event, in values that are read: outside of arrays, and of an element.

    `of_string` is for each element of an array of strings.
    """

    outside: int
    of_element: int
    of_string: int


class EventBounds:
    """The bounds of an event under one revision."""

    __slots__ = ("_copies", "_filled", "_protecting", "harmless_bytes", "kind")

    def __init__(self, fields: Sequence[Mapping[str, Any]]) -> None:
        """Find out what the revision fills in under its arrays."""
        self._copies = _most_readers(fields)
        self._protecting = _protecting(fields)
        filled = _most_filled(fields)
        self._filled = Filled(filled.fields * self._copies, filled.bytes * self._copies)
        self.harmless_bytes = min(
            MAX_EVENT_VALUES // (self._copies + self._filled.fields),
            MAX_FILLED_BYTES // max(1, self._copies - 1 + self._filled.bytes),
        )
        """A text has no more values than bytes, and no more elements: up to so many, none can break a bound."""
        self.kind = (self._copies, self._filled)
        """All that says what they allow."""

    def allow(self, text: bytes) -> bool:
        """Say whether the text of an event may be parsed."""
        size = len(text)
        if size <= self.harmless_bytes:
            return True
        if size > MAX_EVENT_SENT_BYTES:
            return False
        filled = self.filled_in(text)
        return count_values(text) + filled.fields <= MAX_EVENT_VALUES and filled.bytes <= MAX_FILLED_BYTES

    def allow_together(self, texts: Sequence[bytes]) -> bool:
        """Say whether events may be read together, all as one text would be: often cheaply."""
        size = sum(map(len, texts))
        if size <= self.harmless_bytes:
            return True
        if size > MAX_EVENT_SENT_BYTES or self._copies > 1 or self._filled.fields:
            return False
        return sum(map(count_values, texts)) <= MAX_EVENT_VALUES

    def filled_in(self, text: bytes) -> Filled:
        """Return the most that the revision may add to an event: under its arrays, and as further copies of values."""
        fields, filled_bytes, _ = self._filled
        elements = text.count(b"{") - 1 if fields else 0  # the first is the event's own
        if self._copies == 1:
            return Filled(elements * fields, elements * filled_bytes, self._cost_to_protect(text))
        more = self._copies - 1
        return Filled(
            elements * fields + count_values(text) * more,
            elements * filled_bytes + len(text) * more,
            self._cost_to_protect(text),
        )

    def _cost_to_protect(self, text: bytes) -> int:
        outside, of_element, of_string = self._protecting
        cost = outside
        if of_element:
            cost += of_element * text.count(b"{")
        if of_string:
            cost += of_string * text.count(b'"') // 2
        return min(cost, _DEAREST_PROTECT_COST * count_values(text)) if cost else 0


class Allowing:
    """Says whether bounds allow some events together; of bounds of one kind it looks once.

    To look takes as long as the events are, and each of them may have other fields in force.
    """

    __slots__ = ("_allowed", "_look")

    def __init__(self, look: Callable[[EventBounds], bool]) -> None:
        """Take what looks at all of the events."""
        self._look = look
        self._allowed: dict[tuple[int, Filled], bool] = {}

    def by(self, bounds: EventBounds) -> bool:
        """Say whether bounds allow the events."""
        allowed = self._allowed.get(bounds.kind)
        if allowed is None:
            allowed = self._allowed[bounds.kind] = self._look(bounds)
        return allowed


class RequestWork:
    """What the events of one request may cost together, in values: to be read, and to be validated in full.

    Validating looks for every fault, which takes far longer than accepting; but only of the values that have a field.
    """

    __slots__ = ("_filled_bytes", "_judged", "_read")

    def __init__(self) -> None:
        self._read = MAX_READ_VALUES
        self._filled_bytes = MAX_REQUEST_FILLED_BYTES
        self._judged = MAX_JUDGED_VALUES

    def may_read(self, text: bytes, filled: Filled) -> bool:
        """Say whether a further event may be read; if it may, its values are taken off, and what is filled in."""
        return self.may_parse(text) and self.may_fill(filled)

    def may_parse(self, text: bytes) -> bool:
        """Say whether a further event may be parsed; if it may, its values are taken off."""
        self._read -= count_values(text)
        return self._read >= 0

    def may_parse_again(self, text: bytes) -> bool:
        """Say whether an event may also be parsed exactly, for what decides or is kept; if so, that is taken off."""
        self._read -= (_ODD_VALUE_COST - 1) * count_values(text)
        return self._read >= 0

    def may_fill(self, filled: Filled) -> bool:
        """Say whether a further event that may be parsed may be filled in; if it may, that is taken off."""
        self._read -= _FILLED_VALUE_COST * filled.fields + filled.protecting
        self._filled_bytes -= filled.bytes
        return self._read >= 0 and self._filled_bytes >= 0

    def may_compile(self, size: TreeSize) -> bool:
        """Say whether a further event may have fields compiled for it; if it may, what that takes is taken off."""
        fields = size.fields + _FIELDS_PER_OBJECT * size.objects + _FIELDS_PER_COMPILING
        self._read -= fields * _READ_PER_COMPILED + size.choices * _READ_PER_CHOICE
        return self._read >= 0

    def may_judge(self, text: bytes) -> bool:
        """Say whether a further event may be validated; if it may, what parsing it takes is taken off."""
        self._judged -= count_values(text) // _PARSED_PER_JUDGED
        return self._judged >= 0

    def may_parse_exactly(self, text: bytes) -> bool:
        """Say whether a text may be parsed that the fast parser does not take; if so, what that takes is taken off."""
        self._judged -= count_values(text) // _EXACTLY_PARSED_PER_JUDGED
        return self._judged >= 0

    def judged(self, values: int) -> None:
        """Take off the values that were looked at while validating an event."""
        self._judged -= values


def _most_readers(fields: Sequence[Mapping[str, Any]]) -> int:
    """Return how often one value of an event may be stored, at the most; 1 where no two fields read one place."""
    if not are_tangled(fields):
        return 1
    return max(1, _readers(_by_place((path_of(field), field) for field in fields)))


_Read = tuple[Path, Mapping[str, Any]]
"""A field, and the way to it from a place."""


def _by_place(reads: Iterable[_Read]) -> Iterable[list[_Read]]:
    """Group what is read under an object by its key."""
    by_key: dict[str, list[_Read]] = {}
    for path, field in reads:
        by_key.setdefault(path[0], []).append((path[1:], field))
    return by_key.values()


def _readers(places: Iterable[list[_Read]]) -> int:
    most = 0
    for reads in places:
        here = [field for path, field in reads if not path]
        containers = [field for field in here if field.get("fields")]
        below = [(path, field) for path, field in reads if path]
        members = below + [(path_of(child), child) for parent in containers for child in parent["fields"]]
        most = max(most, len(here) - len(containers) + max(len(containers), _readers(_by_place(members))))
    return most


def _protecting(fields: Sequence[Mapping[str, Any]]) -> _Protecting:
    outside = of_element = of_string = 0
    for field in fields:
        cost = _PROTECT_COSTS.get(field["protect"], 1) if field.get("protect") else 0
        below = _protecting(field["fields"]) if field.get("fields") else _NO_PROTECTING
        if field["type"] == "ARRAY_STRING":
            of_string = max(of_string, cost)
        elif field["type"] == "ARRAY_OBJECT":
            of_element += below.outside
        else:
            outside += cost + below.outside
        of_element += below.of_element
        of_string = max(of_string, below.of_string)
    return _Protecting(outside, of_element, of_string)


_NO_PROTECTING = _Protecting(0, 0, 0)


def _most_filled(fields: Sequence[Mapping[str, Any]]) -> Filled:
    """Return the most that one element of any array can be given; nothing where no array's element is given any."""
    found = Filled(0, 0)
    for field in fields:
        children = field.get("fields")
        if not children:
            continue
        below = _most_filled(children)
        own = _filled_in(children) if field["type"] == "ARRAY_OBJECT" else Filled(0, 0)
        found = Filled(max(found.fields, below.fields, own.fields), max(found.bytes, below.bytes, own.bytes))
    return found


def _filled_in(fields: Sequence[Mapping[str, Any]]) -> Filled:
    """Return what an object is given whose sender sent `{}`, or nothing but empty objects for its required ones."""
    count = size = 0
    for field in fields:
        presence = field["presence"]
        key_bytes = len(field["key"]) + 4
        if presence == "macro":
            count += 1
            size += key_bytes + (_SHORT_MACRO_BYTES if field["macro"] in _SHORT_MACROS else _LONG_MACRO_BYTES)
        elif field["type"] == "OBJECT" and presence == "default":
            below = _filled_in(field["fields"])
            count += 1 + below.fields
            size += key_bytes + 2 + below.bytes
        elif field["type"] == "OBJECT":
            # Its sender writes the braces, each of which counts as an element of its own.
            below = _filled_in(field["fields"])
            count, size = max(count, below.fields), max(size, below.bytes)
        elif presence == "default":
            count += 1
            size += key_bytes + len(json.dumps(field["default"]))
    return Filled(count, size)
