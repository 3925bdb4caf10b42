"""What is known of a tap's events as a whole: how many are kept, which went, how many were left out.

Events are counted in blocks, so that the oldest can go without a look at each: a block goes whole.
"""

import binascii
from collections.abc import Collection
from hashlib import blake2s
from typing import Any

import orjson

from schemas.limits import MAX_TAP_BYTES, MAX_TAP_EVENTS

_BLOCK_EVENTS = MAX_TAP_EVENTS // 40
_BLOCK_BYTES = MAX_TAP_BYTES // 40
_REMEMBERED = 1_000
_DIGEST_BYTES = 5
WINDOW_MS = 5_000
"""Over how long arriving events are counted before the share of handlers is set anew."""
_BURST_SECONDS = 2


class TapState:
    """The state of one tap; made from bytes, changed, and stored again."""

    __slots__ = (
        "_blocks",
        "_recent",
        "_tokens",
        "_tokens_ms",
        "_window_ms",
        "_window_seen",
        "dropped",
        "left_out",
        "next",
    )

    def __init__(self, stored: bytes = b"") -> None:
        known: dict[str, Any] = orjson.loads(stored) if stored else {}
        self.next: int = known.get("next", 1)
        """The number of the next chunk."""
        self.left_out: int = known.get("left_out", 0)
        """Events that the tap asked for and that the sample left out, as far as handlers have told."""
        self.dropped: int = known.get("dropped", 0)
        """Events that were kept and went since, to make room."""
        self._blocks: list[list[int]] = known.get("blocks", [])
        """The first chunk, the events and the bytes of each block that is kept."""
        self._tokens: float = known.get("tokens", -1.0)
        self._tokens_ms: int = known.get("tokens_ms", 0)
        self._window_ms: int = known.get("window_ms", 0)
        self._window_seen: float = known.get("window_seen", 0.0)
        recent = binascii.a2b_base64(known.get("recent", ""))
        self._recent = [recent[at : at + _DIGEST_BYTES] for at in range(0, len(recent), _DIGEST_BYTES)]

    def stored(self) -> bytes:
        """Return it as bytes."""
        return orjson.dumps(
            {
                "next": self.next,
                "left_out": self.left_out,
                "dropped": self.dropped,
                "blocks": self._blocks,
                "tokens": self._tokens,
                "tokens_ms": self._tokens_ms,
                "window_ms": self._window_ms,
                "window_seen": self._window_seen,
                "recent": binascii.b2a_base64(b"".join(self._recent), newline=False).decode("ascii"),
            }
        )

    @property
    def first(self) -> int:
        """The number of the oldest chunk that is kept."""
        return self._blocks[0][0] if self._blocks else self.next

    @property
    def events(self) -> int:
        """How many events are kept."""
        return sum(events for _, events, _ in self._blocks)

    def unknown(self, message_ids: Collection[str]) -> set[str]:
        """Return those of these messages that were not worked on yet, as far as is remembered, and remember them."""
        recent = set(self._recent)
        fresh = {message_id: _digest(message_id) for message_id in message_ids}
        fresh = {message_id: digest for message_id, digest in fresh.items() if digest not in recent}
        self._recent = [*self._recent, *fresh.values()][-_REMEMBERED:]
        return set(fresh)

    def see(self, events: float, at_ms: int) -> float | None:
        """Count events that the tap asks for; return how many come per second, once in a while.

        Args:
            events: how many arrived, as far as the sample tells.
            at_ms: when, Unix milliseconds.
        """
        if not self._window_ms:
            self._window_ms = at_ms
        self._window_seen += events
        elapsed_ms = at_ms - self._window_ms
        if elapsed_ms < WINDOW_MS:
            return None
        per_second = self._window_seen * 1_000 / elapsed_ms
        self._window_ms, self._window_seen = at_ms, 0.0
        return per_second

    def allow(self, events: int, rate: int, at_ms: int) -> int:
        """Return how many of so many events there is room for at a rate per second; those are taken off."""
        most = float(rate * _BURST_SECONDS)
        if self._tokens < 0:
            self._tokens = most
        elapsed_ms = max(0, at_ms - self._tokens_ms)
        self._tokens_ms = max(at_ms, self._tokens_ms)
        self._tokens = min(most, self._tokens + elapsed_ms * rate / 1_000)
        allowed = min(events, int(self._tokens))
        self._tokens -= allowed
        return allowed

    def add_chunk(self, events: int, size: int) -> int:
        """Count a new chunk, let the oldest blocks go that there is no room for, and return the chunk's number."""
        number, self.next = self.next, self.next + 1
        last = self._blocks[-1] if self._blocks else None
        if last is None or last[1] + events > _BLOCK_EVENTS or last[2] + size > _BLOCK_BYTES:
            self._blocks.append([number, events, size])
        else:
            last[1] += events
            last[2] += size
        while len(self._blocks) > 1 and (
            self.events > MAX_TAP_EVENTS or sum(size for _, _, size in self._blocks) > MAX_TAP_BYTES
        ):
            self.dropped += self._blocks.pop(0)[1]
        return number


def _digest(message_id: str) -> bytes:
    return blake2s(message_id.encode(), digest_size=_DIGEST_BYTES).digest()
