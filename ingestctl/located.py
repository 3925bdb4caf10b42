"""A parsed text that remembers where each of its values stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


class Position(NamedTuple):
    """A place in a text; both count from 1, as editors do."""

    line: int
    column: int


START = Position(1, 1)


class BadText(Exception):  # noqa: N818 - told to the person who wrote the text
    """The text can't be read; the message says why, without repeating it."""

    def __init__(self, message: str, position: Position) -> None:
        super().__init__(message)
        self.position = position


@dataclass(frozen=True, slots=True)
class Located:
    """A JSON value and the positions of its parts by JSON Pointer: of a member its key, of an element its start."""

    value: Any
    positions: Mapping[str, Position]

    def find(self, pointer: str) -> Position:
        """Return the place of what a pointer names; of what is not there, that of the nearest thing around it."""
        while pointer not in self.positions and pointer:
            pointer = pointer.rpartition("/")[0]
        return self.positions.get(pointer, START)


def is_sendable(text: str) -> bool:
    """Say whether UTF-8 can hold a text: an escape may stand for half a character, which it can't."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def member(pointer: str, key: object) -> str:
    """Return the pointer of a member or an element of what is at `pointer` (RFC 6901)."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"
