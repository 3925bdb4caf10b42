"""Identifiers: a prefix that names the kind, then lower-case letters and digits in order of time.

Event ids are UUIDs in plain hex: version 7 (time-ordered), or version 8 where they derive from an Idempotency-Key.
"""

from collections.abc import Sequence
from hashlib import sha256
from os import register_at_fork, urandom
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_JSON_SPACE = b" \t\r\n"
_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


def _base32(value: int, chars: int) -> str:
    return "".join(_CROCKFORD[(value >> shift) & 31] for shift in range((chars - 1) * 5, -1, -5))


def new_id(prefix: str, now_ms: int, random_source: "Random | None" = None) -> str:
    """Return `<prefix>_` and 26 characters: 48 bits of milliseconds, then 80 random bits.

    Environment ids stand in web pages and must not be guessable: the random bits come from the system's source
    unless a test gives its own.
    """
    drawn = int.from_bytes(urandom(10), "big") if random_source is None else random_source.getrandbits(80)
    return f"{prefix}_{_base32(now_ms, 10)}{_base32(drawn, 16)}"


def first_id(prefix: str, now_ms: int) -> str:
    """Return what sorts after every id of `new_id` made before `now_ms`, and before every one made then or later."""
    return f"{prefix}_{_base32(now_ms, 10)}"


EVENT_ID_PREFIX = "evt_"
_SEQUENCE = tuple(f"{index:03x}" for index in range(1_000))
_DRAWN = 256
_TAIL_BYTES = 10  # four bits of version, twelve that may count, two of variant, and what is random
_VERSION_7 = b"\x70"
_WITH_VARIANT = bytes(0b10 << 6 | byte & 0b111111 for byte in range(256))
"""Each byte with the variant of RFC 9562 in its upper two bits."""
_WITH_VERSION_8 = bytes(8 << 4 | byte & 0b1111 for byte in range(256))
_DIGITS_WITH_VARIANT = {f"{digit:x}": f"{0b10 << 2 | digit & 0b11:x}" for digit in range(16)}
_BYTES_OF_ID, _AT_VERSION, _AT_VARIANT = 16, 6, 8


class EventIds:
    """Makes ids of events; shared by the threads of a process.

    What is random of them comes from the system, for many requests at a time, and goes to one request each. A process
    that is forked draws its own.
    """

    __slots__ = ("tails",)

    def __init__(self) -> None:
        self.tails: list[str] = []
        """What follows the milliseconds of an id, as drawn; each may be taken once."""
        register_at_fork(after_in_child=self.tails.clear)

    def new(self, count: int, now_ms: int) -> list[str]:
        """Return the ids of one request's events: UUIDv7 that sort in the order of the events.

        48 bits of milliseconds, the event's index in the 12 bits that may count, and 62 random bits that the request's
        events share; at most 1,000 ids.
        """
        try:
            tail = self.tails.pop()
        except IndexError:
            tail = self.draw()
        return ids_from(f"{EVENT_ID_PREFIX}{now_ms:012x}{tail}", count)

    def draw(self) -> str:
        """Draw what is random for many requests; return the tail of one, and keep the others."""
        drawn = bytearray(urandom(_DRAWN * _TAIL_BYTES))
        drawn[0::_TAIL_BYTES] = _VERSION_7 * _DRAWN
        drawn[1::_TAIL_BYTES] = bytes(_DRAWN)
        drawn[2::_TAIL_BYTES] = drawn[2::_TAIL_BYTES].translate(_WITH_VARIANT)
        first, *others = drawn.hex(" ", _TAIL_BYTES).split()
        self.tails += others
        return first


def ids_from(first_id: str, count: int) -> list[str]:
    """Return the ids of a request's events, in order, by the id of the first; at most 1,000."""
    if count == 1:
        return [first_id]
    head, tail = first_id[:17], first_id[20:]
    return [f"{head}{index}{tail}" for index in _SEQUENCE[:count]]


event_ids = EventIds()
new_event_ids = event_ids.new


def derived_event_ids(environment_id: str, idempotency_key: str, texts: Sequence[bytes]) -> list[str]:
    """Return the ids that (environment, key, text, its occurrence among equal texts) always give, as UUIDv8.

    So the same request sent again has the same ids, in whatever order and company its events come, and another content
    under the key has another: no sender can take the place of an event that it does not know.

    Args:
        environment_id: where the events were sent.
        idempotency_key: of their request.
        texts: of the events, each as it was sent; white space around one does not count.
    """
    start = sha256(f"{environment_id}\0{idempotency_key}\0".encode("utf-8", "surrogatepass"))
    seen: dict[bytes, int] = {}
    digests: list[bytes] = []
    for text in texts:
        content = sha256(text.strip(_JSON_SPACE)).digest()
        occurrence = seen.get(content, 0)
        seen[content] = occurrence + 1
        whole = start.copy()
        whole.update(content + occurrence.to_bytes(2, "big"))
        digests.append(whole.digest())
    return event_ids_from_digests(digests)


def is_derived(event_id: str) -> bool:
    """Return whether an event's id derives from its sender's, or from an Idempotency-Key: it may come again."""
    return event_id[16:17] == "8"


def event_ids_from_digests(digests: Sequence[bytes]) -> list[str]:
    """Return ids that always are the same for the same digests, of 16 bytes at least, as UUIDv8."""
    if not digests:
        return []
    if len(digests) == 1:  # which takes a third of what the same does for several
        digits = digests[0].hex()
        variant = _DIGITS_WITH_VARIANT[digits[2 * _AT_VARIANT]]
        return [f"{EVENT_ID_PREFIX}{digits[:12]}8{digits[13:16]}{variant}{digits[17:32]}"]
    ids = bytearray(b"".join([digest[:_BYTES_OF_ID] for digest in digests]))
    ids[_AT_VERSION::_BYTES_OF_ID] = ids[_AT_VERSION::_BYTES_OF_ID].translate(_WITH_VERSION_8)
    ids[_AT_VARIANT::_BYTES_OF_ID] = ids[_AT_VARIANT::_BYTES_OF_ID].translate(_WITH_VARIANT)
    return f"{EVENT_ID_PREFIX}{ids.hex(' ', _BYTES_OF_ID).replace(' ', f' {EVENT_ID_PREFIX}')}".split()
