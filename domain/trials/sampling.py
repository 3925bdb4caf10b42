"""Which objects and which events a trial looks at: the same ones whenever the same objects are there.

Events are chosen by a digest of their ids, so that a choice of fewer is part of a choice of more, and needs no memory
of the events themselves.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from heapq import heappush, heapreplace
from typing import TypeVar

_DIGEST_BYTES = 8

One = TypeVar("One")


def evenly_spread(ones: Sequence[One], most: int) -> list[One]:
    """Return at most so many of them, from the first to the last at even distances."""
    if len(ones) <= most:
        return list(ones)
    return [ones[number * len(ones) // most] for number in range(most)]


def digest_of(event_id: str) -> int:
    """Return an event's place in the order in which events are chosen."""
    digest = blake2b(event_id.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest()
    return int.from_bytes(digest, "big")


def threshold_of(event_ids: Iterable[str], most: int) -> int:
    """Return the highest digest of the `most` events that are chosen of these; copies of one event are one.

    -1 where there is none. Memory grows with `most`, not with the events.
    """
    heap: list[int] = []
    chosen: set[int] = set()
    for event_id in event_ids:
        digest = digest_of(event_id)
        if digest in chosen:
            continue
        if len(heap) < most:
            heappush(heap, -digest)
            chosen.add(digest)
        elif heap and digest < -heap[0]:
            chosen.discard(-heapreplace(heap, -digest))
            chosen.add(digest)
    return -heap[0] if heap else -1
