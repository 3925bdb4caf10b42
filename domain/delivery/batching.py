"""The events of an object in batches of bounded size, for destinations that have neither tables nor objects.

Such a destination does not drop repeats. So of lines of one object that may stand in it twice, the first alone is
delivered; the others are counted as left out.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from domain.delivery.landed import UNSTAMPED, LandedObject, Outcomes, Stamps, stamps_of
from domain.delivery.marks import unmarked
from domain.ids import is_derived

_Item = TypeVar("_Item")


class Event(NamedTuple):
    """A line that is to be delivered, without its mark."""

    line: bytes
    stamps: Stamps


def events_of(landed: LandedObject, outcomes: Outcomes) -> Iterator[Event]:
    """Yield the events of an object that are to be delivered, in order; what became of the others is in `outcomes`."""
    seen: set[str] = set()
    for raw in landed.lines():
        line = unmarked(raw)
        stamps = stamps_of(line)
        if stamps is None:
            outcomes.refuse(line, UNSTAMPED)
            continue
        if is_derived(stamps.event_id) or len(line) < len(raw):
            if stamps.event_id in seen:
                outcomes.leave_out(stamps)
                continue
            seen.add(stamps.event_id)
        yield Event(line, stamps)


def line_bytes(event: Event) -> int:
    """Return what an event takes of a body: its line, and a byte between two."""
    return len(event.line) + 1


def batches_of(
    items: Iterable[_Item], max_items: int, max_bytes: int, bytes_of: Callable[[_Item], int]
) -> Iterator[Sequence[_Item]]:
    """Yield items in batches; one that is larger than `max_bytes` is a batch of its own."""
    batch: list[_Item] = []
    size = 0
    for item in items:
        more = bytes_of(item)
        if batch and (len(batch) == max_items or size + more > max_bytes):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += more
    if batch:
        yield batch
