"""Identifiers: a prefix that names the kind, then lower-case letters and digits in order of time.

Event ids are UUIDs in plain hex: version 7 (time-ordered), or version 8 where they derive from an Idempotency-Key.
"""

import random
from hashlib import sha256

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


def _base32(value: int, chars: int) -> str:
    return "".join(_CROCKFORD[(value >> shift) & 31] for shift in range((chars - 1) * 5, -1, -5))


def new_id(prefix: str, now_ms: int, random_source: random.Random | None = None) -> str:
    """Return `<prefix>_` and 26 characters: 48 bits of milliseconds, then 80 random bits.

    Environment ids stand in web pages and must not be guessable: the random bits come from the system's source
    unless a test gives its own.
    """
    source = random_source or random.SystemRandom()
    return f"{prefix}_{_base32(now_ms, 10)}{_base32(source.getrandbits(80), 16)}"


def uuid7_from_parts(now_ms: int, sequence: int, random_bits: int) -> int:
    """Return a UUIDv7 as an integer; `sequence` (12 bits) orders the ids of one millisecond and request."""
    return (now_ms << 80) | (0x7 << 76) | (sequence << 64) | (0b10 << 62) | random_bits


def derived_event_id(environment_id: str, idempotency_key: str, index: int) -> str:
    """Return the event id that (environment, key, index) always gives, as a UUIDv8."""
    digest = sha256(f"{environment_id}\0{idempotency_key}\0{index}".encode()).digest()
    value = int.from_bytes(digest[:16], "big")
    value = (value & ~(0xF << 76) & ~(0b11 << 62)) | (0x8 << 76) | (0b10 << 62)
    return f"evt_{value:032x}"
