"""The keys under which values of other people's data are stored."""

import re
from collections.abc import Iterator, Sequence
from itertools import count
from unicodedata import category, normalize

from domain.language.bigquery_schema import RESERVED_PREFIXES
from schemas.limits import MAX_KEY_CHARS
from schemas.models.field import KEY_PATTERN
from schemas.stamps import EXTRA, STAMP_KEYS

_KEY = re.compile(KEY_PATTERN.removesuffix("$") + r"\Z")
_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHERS = re.compile(r"[^a-z0-9]+")
_NAMELESS = "key"


def unusable_key(key: str, depth: int) -> str | None:
    """Return why no field at this depth (1 is the root) can have the key, or None if one can."""
    if not _KEY.match(key):
        return "a key has lower-case letters, digits and `_`, starts with no digit, and has at most 128 characters."
    if key.startswith(RESERVED_PREFIXES) or (depth == 1 and key in {*STAMP_KEYS, EXTRA}):
        return "its name is reserved."
    return None


def stored_keys(sent: Sequence[str], depth: int) -> list[str]:
    """Return the key under which each value of an object at this depth (1 is the root) is stored, in order.

    A key that a field can have is its own; any other is spelled so that one can, and numbered where that is taken.
    """
    taken: set[str] = set()
    stored: dict[int, str] = {}
    for index, key in enumerate(sent):
        if key not in taken and unusable_key(key, depth) is None:
            stored[index] = key
            taken.add(key)
    numbers: dict[str, Iterator[int]] = {}
    for index, key in enumerate(sent):
        if index in stored:
            continue
        name = spelled = spelled_key(key)
        while name in taken or unusable_key(name, depth) is not None:
            suffix = f"_{next(numbers.setdefault(spelled, count(2)))}"
            name = spelled[: MAX_KEY_CHARS - len(suffix)] + suffix
        stored[index] = name
        taken.add(name)
    return [stored[index] for index in range(len(sent))]


def spelled_key(key: str) -> str:
    """Return the key in lower-case letters and digits, its words parted by `_`: `userID` becomes `user_id`."""
    plain = "".join(char for char in normalize("NFKD", key) if not category(char).startswith("M"))
    words = _OTHERS.sub("_", _WORD_STARTS.sub("_", plain).lower()).strip("_")
    named = f"_{words}" if words[:1].isdigit() else words or _NAMELESS
    return named[:MAX_KEY_CHARS]
