"""Texts of others as they may stand in a file of code: on one line, and showing what they are."""

import json
from collections.abc import Callable, Iterator
from typing import Any

MAX_COMMENT_LINES = 30
MAX_SAFE_INTEGER = 2**53 - 1


def literal(text: str, escape: Callable[[str], str]) -> str:
    """Return a text between double quotes; `escape` writes a character that can't be shown."""
    return "".join(char if char.isprintable() else escape(char) for char in json.dumps(text, ensure_ascii=False))


def comment_lines(remarks: tuple[str, ...]) -> Iterator[str]:
    """Yield the first lines of remarks that are not empty, nothing in them but what can be shown."""
    lines = [line for remark in remarks for line in remark.splitlines() if line and not line.isspace()]
    for line in lines[:MAX_COMMENT_LINES]:
        yield "".join(char if char.isprintable() else _shown(char) for char in line).rstrip()
    if len(lines) > MAX_COMMENT_LINES:
        yield "…"


def _shown(char: str) -> str:
    return " " if char in "\t\N{NO-BREAK SPACE}" else f"\\u{ord(char):04x}"


def whole_number(value: Any) -> int | None:
    """Return a number as a whole one, if it is."""
    return int(value) if isinstance(value, int) or value.is_integer() else None
