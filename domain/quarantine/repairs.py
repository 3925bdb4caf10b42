"""Repairs at a redrive: bounded changes to the text of a quarantined event, before it is validated again.

A repair changes what its pointer names and nothing else: all other bytes of the text stay as they were sent, such as
digits of numbers, spaces and repeated keys. A number or text never goes through a value of Python's on its way.
Repairs are done in order, each on what the one before has left. One that an event does not suit leaves it as it was:
there is no such key, the text is no number, or the new name of a key is taken.

In a pointer, `*` stands for every element of an array, and a number for one of them. In an object both are keys.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from json import decoder
from typing import Any, NamedTuple

from domain.quarantine.groups import ANY
from domain.validation.bounds import count_values
from domain.validation.json_cursor import position_after_space, position_after_value
from domain.validation.json_text import NotJsonError
from domain.validation.times import text_from_rfc3339
from schemas.limits import MAX_EVENT_SENT_BYTES, MAX_EVENT_VALUES, MAX_REPAIR_STEPS
from schemas.places import Path, keys_of

_read_string: Callable[[str, int, bool], tuple[str, int]] = decoder.scanstring  # type: ignore[attr-defined]
_SPACE = " \t\r\n"
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)
_INDEX = re.compile(r"0|[1-9][0-9]*", re.ASCII)
_SHORT_OFFSET = re.compile(r"(:[0-9.]+[+-][0-9]{2}):?([0-9]{2})?", re.ASCII)

Edit = Callable[[str], str | None]
"""Takes the JSON text of a value; returns what takes its place, or None where the value does not suit."""


class RepairKind(StrEnum):
    """What can be done about a value or a key."""

    NUMBER_FROM_TEXT = "number_from_text"
    TEXT_FROM_NUMBER = "text_from_number"
    DATETIME_FROM_ISO = "datetime_from_iso"
    RENAME_KEY = "rename_key"
    SET_VALUE = "set_value"
    REMOVE_KEY = "remove_key"


@dataclass(frozen=True, slots=True)
class Repair:
    """One repair. `to` is the new name of a key, `value` the JSON text of a value; each only for the kind it is of."""

    kind: RepairKind
    pointer: str
    to: str | None = None
    value: str | None = None

    def document(self) -> dict[str, str]:
        """Return it as it is stored."""
        more = {"to": self.to, "value": self.value}
        return {
            "kind": self.kind.value,
            "pointer": self.pointer,
            **{name: text for name, text in more.items() if text is not None},
        }

    def note(self) -> dict[str, str]:
        """Return what notes of redriven events say of it: no value."""
        return {"kind": self.kind.value, "pointer": self.pointer}


def repair_from_document(document: Mapping[str, str]) -> Repair:
    """Return the repair of `Repair.document`."""
    return Repair(**{**document, "kind": RepairKind(document["kind"])})  # type: ignore[arg-type]


class Repaired(NamedTuple):
    """An event's text after its repairs, and the numbers, from 0, of those that have changed it, in order."""

    text: bytes
    changed_by: tuple[int, ...]


class RepairWork:
    """How many members of objects and elements of arrays may be looked at; those that are skipped do not count."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_REPAIR_STEPS


class Repairs:
    """The repairs of a redrive; safe to share between threads."""

    def __init__(self, repairs: Sequence[Repair]) -> None:
        self.repairs = tuple(repairs)
        self._paths = [keys_of(repair.pointer) for repair in repairs]
        self._touched = [
            (path,) if repair.to is None else (path, (*path[:-1], repair.to))
            for repair, path in zip(repairs, self._paths, strict=True)
        ]

    def __bool__(self) -> bool:
        return bool(self.repairs)

    def of(self, text: bytes, protected: Collection[str] = (), work: RepairWork | None = None) -> Repaired:
        """Return an event's text as it is repaired.

        A text that is no JSON object stays as it is. So does one that would grow beyond what an event may have, or
        take too much work.

        Args:
            text: the event's.
            protected: pointers of values that were replaced in it, with `*` for any index. Repairs leave these places
                alone: what stands there is not what was sent.
            work: what may be spent; without it, as much as one event may take.
        """
        work = RepairWork() if work is None else work
        closed = [keys_of(pointer) for pointer in protected]
        repaired, changed_by = text, []
        try:
            for number, repair in enumerate(self.repairs):
                if any(_overlap(path, place) for path in self._touched[number] for place in closed):
                    continue
                changed = _Walk(repaired, self._paths[number], repair, work).changed()
                if changed is not None:
                    repaired = changed
                    changed_by.append(number)
        except _TooMuchError:
            return Repaired(text, ())
        except (ValueError, IndexError, StopIteration, RecursionError):  # no JSON, no UTF-8, or nested too deeply
            return Repaired(text, ())
        return Repaired(repaired, tuple(changed_by))


NO_REPAIRS = Repairs(())


class _TooMuchError(Exception):
    """The event would become too large, or takes too much work."""


class _Walk:
    """One text on its way through one repair."""

    __slots__ = ("_copied", "_edit", "_parts", "_path", "_repair", "_room", "_text", "_work")

    def __init__(self, text: bytes, path: Path, repair: Repair, work: RepairWork) -> None:
        if len(text) > MAX_EVENT_SENT_BYTES or count_values(text) > MAX_EVENT_VALUES:
            raise _TooMuchError
        self._text = text.decode()
        self._path = path
        self._repair = repair
        self._edit = _EDITS.get(repair.kind)
        if repair.kind is RepairKind.SET_VALUE:
            value = repair.value
            self._edit = lambda before: None if before == value else value
        self._work = work
        self._room = MAX_EVENT_SENT_BYTES - len(text)
        self._parts: list[str] = []
        self._copied = 0

    def changed(self) -> bytes | None:
        """Return the text as it is now, None where nothing has changed."""
        text = self._text
        start = position_after_space(text, 0)
        if text[start] != "{":
            return None
        if position_after_space(text, self._members(start, 0)) != len(text):
            raise NotJsonError
        return "".join([*self._parts, text[self._copied :]]).encode() if self._parts else None

    def _members(self, start: int, depth: int) -> int:
        """Go through the object that begins here, and return where it ends."""
        text, key = self._text, self._path[depth]
        here = _Object(start + 1) if depth == len(self._path) - 1 else None
        position = position_after_space(text, start + 1)
        if text[position] == "}":
            return self._closed(here, position)
        while True:
            self._step()
            name_start = position
            if text[position] != '"':
                raise NotJsonError
            name, name_end = _read_string(text, position + 1, True)
            position = position_after_space(text, name_end)
            if text[position] != ":":
                raise NotJsonError
            value_start = position_after_space(text, position + 1)
            if name == key and here is None:
                end = self._value(value_start, depth + 1)
            else:
                end = position_after_value(text, value_start)
            position = position_after_space(text, end)
            if text[position] == ",":
                following = position_after_space(text, position + 1)
            elif text[position] == "}":
                following = None
            else:
                raise NotJsonError
            if here is not None:
                if name == key:
                    here.named.append(_Member(name_start, name_end, value_start, end, following, here.kept_end))
                else:
                    here.kept_end = end
                here.has_new_name |= name == self._repair.to
                here.end = end
            if following is None:
                return self._closed(here, position)
            position = following

    def _elements(self, start: int, depth: int) -> int:
        """Go through the array that begins here, and return where it ends."""
        text, key = self._text, self._path[depth]
        wanted = int(key) if _INDEX.fullmatch(key) and len(key) < 10 else None
        is_last = depth == len(self._path) - 1
        position = position_after_space(text, start + 1)
        if text[position] == "]":
            return position + 1
        index = 0
        while True:
            self._step()
            if key != ANY and index != wanted:
                end = position_after_value(text, position)
            elif is_last:
                end = position_after_value(text, position)
                self._edited(position, end)
            else:
                end = self._value(position, depth + 1)
            position = position_after_space(text, end)
            if text[position] == "]":
                return position + 1
            if text[position] != ",":
                raise NotJsonError
            position = position_after_space(text, position + 1)
            index += 1

    def _value(self, start: int, depth: int) -> int:
        first = self._text[start]
        if first == "{":
            return self._members(start, depth)
        if first == "[":
            return self._elements(start, depth)
        return position_after_value(self._text, start)

    def _closed(self, here: "_Object | None", closing: int) -> int:
        """Do what the object wants that the path ends in; `closing` is where its brace stands."""
        if here is not None:
            match self._repair.kind:
                case RepairKind.RENAME_KEY:
                    for member in () if here.has_new_name else here.named:
                        self._put(json.dumps(self._repair.to), member.name_start, member.name_end)
                case RepairKind.REMOVE_KEY:
                    for start, end in _cuts(here):
                        self._put("", start, end)
                case RepairKind.SET_VALUE if not here.named:
                    added = f"{json.dumps(self._path[-1])}:{self._repair.value}"
                    at = here.start if here.end is None else here.end
                    self._put(added if here.end is None else f",{added}", at, at)
                case _:
                    for member in here.named:
                        self._edited(member.value_start, member.value_end)
        return closing + 1

    def _edited(self, start: int, end: int) -> None:
        if self._edit is None:
            return
        changed = self._edit(self._text[start:end])
        if changed is not None:
            self._put(changed, start, end)

    def _put(self, part: str, start: int, end: int) -> None:
        self._room -= len(part.encode()) - (end - start)  # what it replaces has at least a byte a character
        if self._room < 0:
            raise _TooMuchError
        self._parts += (self._text[self._copied : start], part)
        self._copied = end

    def _step(self) -> None:
        self._work.left -= 1
        if self._work.left < 0:
            raise _TooMuchError


class _Member(NamedTuple):
    """A member of the key that the path ends in: where its name and value stand, and what comes around it."""

    name_start: int
    name_end: int
    value_start: int
    value_end: int
    following: int | None
    """Where the next member begins."""
    kept_end: int | None
    """Where the last member before it ends that has another key."""


@dataclass(slots=True)
class _Object:
    """The object that a path ends in, as far as it was gone through; `start` is after its brace."""

    start: int
    end: int | None = None
    """Where its last member ends."""
    kept_end: int | None = None
    has_new_name: bool = False
    named: list[_Member] = field(default_factory=list)


def _cuts(here: _Object) -> list[tuple[int, int]]:
    """Return what is cut out so that an object has its named members no more, each with one comma."""
    cuts: list[tuple[int, int]] = []
    for member in here.named:
        if member.following is not None:
            cuts.append((member.name_start, member.following))
            continue
        start = here.named[0].name_start if member.kept_end is None else member.kept_end
        cuts = [cut for cut in cuts if cut[0] < start]
        cuts.append((start, member.value_end))
    return cuts


def _overlap(path: Path, place: Path) -> bool:
    """Say whether one of two places may be the other, or within it."""
    return all(one == other or ANY in {one, other} for one, other in zip(path, place, strict=False))


def _number_from_text(value: str) -> str | None:
    text = _string(value)
    stripped = text.strip(_SPACE) if text is not None else ""
    return stripped if _NUMBER.fullmatch(stripped) else None


def _text_from_number(value: str) -> str | None:
    return f'"{value}"' if _NUMBER.fullmatch(value) else None


def _datetime_from_iso(value: str) -> str | None:
    text = _string(value)
    if text is None:
        return None
    moment = text_from_rfc3339(_SHORT_OFFSET.sub(_long_offset, text))
    return None if moment is None else f'"{moment.removesuffix("Z").removesuffix(".000000")}"'


def _long_offset(found: re.Match[str]) -> str:
    return f"{found[1]}:{found[2] or '00'}"


def _string(value: str) -> str | None:
    return _read_string(value, 1, True)[0] if value.startswith('"') else None


_EDITS: Mapping[Any, Edit] = {
    RepairKind.NUMBER_FROM_TEXT: _number_from_text,
    RepairKind.TEXT_FROM_NUMBER: _text_from_number,
    RepairKind.DATETIME_FROM_ISO: _datetime_from_iso,
}
