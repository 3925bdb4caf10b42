"""Which keys of other people's data a field can have."""

import re

from domain.language.fields import RESERVED_PREFIXES
from schemas.models.field import KEY_PATTERN
from schemas.stamps import STAMP_KEYS

_KEY = re.compile(KEY_PATTERN.removesuffix("$") + r"\Z")


def unusable_key(key: str, depth: int) -> str | None:
    """Return why no field at this depth (1 is the root) can have the key, or None if one can."""
    if not _KEY.match(key):
        return "a key has lower-case letters, digits and `_`, starts with no digit, and has at most 128 characters."
    if key.startswith(RESERVED_PREFIXES) or (depth == 1 and key in STAMP_KEYS):
        return "its name is reserved."
    return None
