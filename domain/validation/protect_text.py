"""Replaces the protected values in the text of an event that is refused, before quarantine keeps it.

Everything else stays as it was sent, to the byte: other keys, spaces, repeated keys, digits of numbers. The text is
gone through once, and only on the way to protected places; the JSON scanner skips what stands beside that way.

A replaced value is what an accepted event would have stored; where nothing would be stored, it is an empty string.
What is no text at such a place can't be replaced, so `null` stands for it. An object or array on the way that is
something else is treated alike: a sender may put the very value there that the fields below it protect.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from json import decoder
from typing import Any, NamedTuple

import orjson

from domain.completion.protect_plan import Replace, replacement_of
from domain.completion.request_facts import RequestFacts
from domain.validation.bounds import count_values
from domain.validation.conditions import Conditions, Kind
from domain.validation.json_cursor import position_after_space, position_after_value
from domain.validation.json_text import NotJsonError, exact_value_from_text
from domain.validation.whole_numbers import NeedsExactText
from schemas.limits import MAX_EVENT_SENT_BYTES, MAX_PROTECTED_POINTERS_BYTES, MAX_PROTECTED_VALUES
from schemas.places import escaped, path_of

_read_string: Callable[[str, int, bool], tuple[str, int]] = decoder.scanstring  # type: ignore[attr-defined]
ANY_INDEX = "*"
_MAX_KEPT_PLACES = 64  # one tree for each combination of fields in force


class ProtectedText(NamedTuple):
    """The text of a refused event as it may be kept.

    `pointers` say where values were replaced, with `*` for any index of an array. `is_redacted` says that something
    was left out that can't be replaced: then an event can't be made of the text again.
    """

    text: bytes
    pointers: Sequence[str]
    is_redacted: bool


NOTHING_KEPT = ProtectedText(b"", (), is_redacted=True)


class ProtectWork:
    """How many values may be looked at for the refused events of one request."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = MAX_PROTECTED_VALUES

    def may_look(self, text: bytes) -> bool:
        """Say whether a further text may be gone through; if so, its values are taken off."""
        self._left -= count_values(text)
        return self._left >= 0


class ProtectedTexts:
    """The protected places of a revision; safe to share between threads."""

    __slots__ = ("_conditions", "_fields", "_has_conditions", "_is_needed", "_places")

    def __init__(self, fields: Sequence[Mapping[str, Any]]) -> None:
        """Take a revision's root fields, those with a `when` included: any of them protects its place."""
        self._fields = fields
        self._is_needed = any(map(_reads_protected, fields))
        self._has_conditions = any(field.get("when") and _reads_protected(field) for field in fields)
        self._conditions = Conditions(fields)
        self._places: dict[tuple[int, ...], _Place] = {}

    def of(self, text: bytes, facts: RequestFacts | None, work: ProtectWork) -> ProtectedText:
        """Return the text as it may be kept; nothing of one that can't be read, or that there is no work left for.

        Raises:
            Undelivered: the deployment's secret, which the key of hashes derives from, can't be had.
        """
        if not self._is_needed:
            return ProtectedText(text, (), is_redacted=False)
        assert facts is not None
        if len(text) > MAX_EVENT_SENT_BYTES or not work.may_look(text):
            return NOTHING_KEPT
        try:
            return _Splice(text.decode(), facts).under(self._root(text))
        except (ValueError, IndexError, StopIteration, RecursionError):  # no JSON, no UTF-8, or nested too deeply
            return NOTHING_KEPT

    def _kind(self, text: bytes) -> Kind:
        try:
            return self._conditions.kind_of(orjson.loads(text))
        except NeedsExactText:
            return self._conditions.kind_of(exact_value_from_text(text))

    def _root(self, text: bytes) -> "_Place":
        left_out: tuple[int, ...] = ()
        if self._has_conditions:
            with suppress(ValueError):  # lone surrogates: every place is protected in any case
                left_out = self._conditions.left_out_of(self._kind(text))
        root = self._places.get(left_out)
        if root is None:
            if len(self._places) >= _MAX_KEPT_PLACES:
                self._places = {}
            root = _Place("")
            # Where two fields with different `when` protect one place in two ways, the one in force says how.
            order = sorted(range(len(self._fields)), key=lambda index: index in left_out)
            root.protect([self._fields[index] for index in order])
            root.name(self._fields)
            self._places[left_out] = root
        return root


class _Place:
    """A place of the event that is protected, or that is on the way to one."""

    __slots__ = ("elements", "is_array", "is_named", "keys", "pointer", "replace")

    def __init__(self, pointer: str) -> None:
        self.pointer = pointer
        self.replace: Replace | None = None
        self.is_array = False
        """The elements of an array here are protected as well."""
        self.is_named = False
        """A field without protection reads whatever stands here."""
        self.keys: dict[str, _Place] = {}
        self.elements: _Place | None = None

    def protect(self, fields: Sequence[Mapping[str, Any]]) -> None:
        """Add what fields of the object here protect."""
        for field in fields:
            if not _reads_protected(field):
                continue
            place = self
            for key in path_of(field):
                place = place.keys.setdefault(key, _Place(f"{place.pointer}/{escaped(key)}"))
            if not field.get("fields"):
                place.replace = place.replace or replacement_of(field)
                place.is_array = place.is_array or field["type"] == "ARRAY_STRING"
                continue
            if field["type"] == "ARRAY_OBJECT":
                place.elements = place.elements or _Place(f"{place.pointer}/{ANY_INDEX}")
                place = place.elements
            place.protect(field["fields"])

    def name(self, fields: Sequence[Mapping[str, Any]]) -> None:
        """Note of the places here which ones fields read as they are."""
        for field in fields:
            place: _Place | None = self
            for key in path_of(field):
                place = place and place.keys.get(key)
            if place is not None and field.get("fields"):
                place = place.elements if field["type"] == "ARRAY_OBJECT" else place
                if place is not None:
                    place.name(field["fields"])
            elif place is not None and not field.get("protect"):
                place.is_named = True


class _Splice:
    """One text that is gone through: its parts so far, and what was replaced."""

    __slots__ = ("_copied", "_facts", "_is_redacted", "_parts", "_pointers", "_text")

    def __init__(self, text: str, facts: RequestFacts) -> None:
        self._text = text
        self._facts = facts
        self._parts: list[str] = []
        self._copied = 0
        self._pointers: dict[str, None] = {}
        self._is_redacted = False

    def under(self, root: _Place) -> ProtectedText:
        start = position_after_space(self._text, 0)
        end = position_after_space(self._text, self._members(root, start))
        if end != len(self._text):
            raise NotJsonError
        if len(json.dumps(list(self._pointers))) > MAX_PROTECTED_POINTERS_BYTES:
            return NOTHING_KEPT
        text = "".join([*self._parts, self._text[self._copied :]])
        return ProtectedText(text.encode(), tuple(self._pointers), self._is_redacted)

    def _members(self, place: _Place, position: int) -> int:
        """Go through the object that begins here, and return where it ends."""
        text, keys = self._text, place.keys
        position = self._opened("{", position)
        if text[position] == "}":
            return position + 1
        while True:
            key, position = _read_string(text, self._opened('"', position, has_space=False), True)
            position = self._opened(":", position_after_space(text, position))
            below = keys.get(key)
            position = position_after_value(text, position) if below is None else self._value(below, position)
            position = position_after_space(text, position)
            if text[position] == "}":
                return position + 1
            position = self._opened(",", position)

    def _elements(self, place: _Place, position: int) -> int:
        """Go through the array that begins here, whose elements have protected places, and return where it ends."""
        text = self._text
        position = self._opened("[", position)
        if text[position] == "]":
            return position + 1
        while True:
            position = position_after_space(text, self._value(place, position))
            if text[position] == "]":
                return position + 1
            position = self._opened(",", position)

    def _value(self, place: _Place, start: int) -> int:
        first = self._text[start]
        if first == "{" and place.keys:
            return self._members(place, start)
        if first == "[" and place.elements is not None:
            return self._elements(place.elements, start)
        if place.replace is not None:
            return self._protected(place, place.replace, start)
        return self._other(start, is_kept=place.is_named)

    def _protected(self, place: _Place, replace: Replace, start: int) -> int:
        text = self._text
        if text[start] == '"':
            return self._replaced(place, replace, start)
        if text[start] != "[" or not place.is_array:
            return self._other(start)
        position = self._opened("[", start)
        if text[position] == "]":
            return position + 1
        while True:
            is_text = text[position] == '"'
            position = self._replaced(place, replace, position) if is_text else self._other(position)
            position = position_after_space(text, position)
            if text[position] == "]":
                return position + 1
            position = self._opened(",", position)

    def _replaced(self, place: _Place, replace: Replace, start: int) -> int:
        value, end = _read_string(self._text, start + 1, True)
        try:
            value.encode()
        except UnicodeEncodeError:  # a lone surrogate: no text
            self._put("null", start, end)
            self._is_redacted = True
            return end
        stored = replace(value, self._facts) or ""
        if stored != value:  # else there was nothing to hide, and it stays a value as sent
            self._put(json.dumps(stored), start, end)
            self._pointers[place.pointer] = None
        return end

    def _other(self, start: int, *, is_kept: bool = False) -> int:
        """Pass what is no text where one belongs, or no object or array where protected values belong."""
        end = position_after_value(self._text, start)
        if not is_kept and not self._text.startswith("null", start):
            self._put("null", start, end)
            self._is_redacted = True
        return end

    def _put(self, part: str, start: int, end: int) -> None:
        self._parts += (self._text[self._copied : start], part)
        self._copied = end

    def _opened(self, mark: str, position: int, *, has_space: bool = True) -> int:
        """Return the position after a mark and the space that follows it."""
        if self._text[position] != mark:
            raise NotJsonError
        return position_after_space(self._text, position + 1) if has_space else position + 1


def _reads_protected(field: Mapping[str, Any]) -> bool:
    return bool(field.get("protect")) or any(map(_reads_protected, field.get("fields") or ()))
