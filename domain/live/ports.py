"""Where the events of taps are kept: numbered chunks for each tap, and a state that each new chunk replaces."""

from typing import NamedTuple, Protocol


class Chunk(NamedTuple):
    """Events that were written together."""

    number: int
    """1 for a tap's first, and one more for each."""
    written_at: int
    """Unix seconds."""
    packed: bytes
    """As `domain.live.packing` packs them."""


class Expiry(NamedTuple):
    """Unix seconds from which on something may go."""

    chunk: int
    state: int
    """Later than the tap's end and than its chunks: it numbers chunks for as long as a reader may come back."""


class TapStore(Protocol):
    """Keeps chunks. Raises `Undelivered` when it can't be reached."""

    def state(self, tap_id: str) -> tuple[int, bytes]:
        """Return the version of a tap's state and the state; version 0 and nothing where nothing was kept yet."""
        ...

    def append(self, tap_id: str, version: int, state: bytes, chunk: Chunk, first: int, expiry: Expiry) -> None:
        """Keep a chunk and replace a version of the state, both or neither.

        Args:
            tap_id: whose they are.
            version: the one that is replaced; what is put gets the next one.
            state: the new one.
            chunk: the new one.
            first: chunks with a lower number are not read any more and may go.
            expiry: until when the chunk and the state are kept.

        Raises:
            Conflict: another version is there.
        """
        ...

    def chunks(self, tap_id: str, first: int, most: int) -> list[Chunk]:
        """Return up to so many chunks in the order of their numbers, from a number on; fewer where they are large."""
        ...
