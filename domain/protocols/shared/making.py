"""What every protocol does with the events that it has read."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, islice
from typing import Any

from domain.errors import Rejected
from domain.protocols.shared.members import Event, Mixed
from domain.protocols.shared.reading import Unread
from domain.protocols.shared.shape import MAX_ADDED_BYTES, Made
from schemas.codes import Problem
from schemas.limits import MAX_EVENTS_PER_REQUEST, MAX_REQUEST_STORED_BYTES


def bounded(made: Iterable[Made], most: int = MAX_EVENTS_PER_REQUEST) -> list[Made]:
    """Make the events of a request, at most one over `most`, within what they may take together.

    What an envelope says for all of its events is written into each, so that a small body may make large events.

    Raises:
        Rejected: `body_too_large`.
    """
    events: list[Made] = []
    left = MAX_REQUEST_STORED_BYTES
    for event in islice(made, most + 1):
        left -= len(event.text)
        if left < 0:
            raise Rejected(
                Problem.BODY_TOO_LARGE,
                "With what the request says for all of its events, they are larger than "
                f"{MAX_REQUEST_STORED_BYTES:,} bytes together. Send fewer events in a request.",
            )
        events.append(event)
    return events


def made_within_bounds(
    events: Iterable[Any],
    make: Callable[[Sequence[Any]], Sequence[Made]],
    make_odd: Callable[[Event], Made] | None = None,
    *,
    added_bytes: int = 0,
) -> Sequence[Made]:
    """Make the events of a request like `made_of`, and like `bounded`: none more than they may take together is made.

    Args:
        events: as they were read.
        make: makes events.
        make_odd: makes one that is an `Event`.
        added_bytes: so many bytes the request says for each of its events.

    Raises:
        Rejected: `body_too_large`.
    """
    if isinstance(events, list) and added_bytes <= MAX_ADDED_BYTES:  # a body that is read at once is small itself
        return list(made_of(events, make, make_odd))
    return bounded(made_of(iter(events), make, make_odd))


def made_of(
    events: Iterable[Any],
    make: Callable[[Sequence[Any]], Sequence[Made]],
    make_odd: Callable[[Event], Made] | None = None,
    most: int = MAX_EVENTS_PER_REQUEST,
) -> Iterable[Made]:
    """Make the events of a request, in order: of a list all at once, at most one over what a request may have.

    Args:
        events: as they were read; in a list, each is what `make` takes.
        make: makes events: one of each, in order.
        make_odd: makes one that is an `Event`, where `make` takes others.
        most: how many a request may have.
    """
    if type(events) is list:
        return make(events if len(events) <= most else events[: most + 1])
    if type(events) is Mixed:
        return _made_of_mixed(events[: most + 1], make, make_odd)
    return chain.from_iterable(made_of_one(event, make, make_odd) for event in events)


def _made_of_mixed(
    events: Sequence[Any], make: Callable[[Sequence[Any]], Sequence[Made]], make_odd: Callable[[Event], Made] | None
) -> Iterable[Made]:
    odd = {Unread} if make_odd is None else {Unread, dict}
    made = iter(make([event for event in events if type(event) not in odd]))
    return [made_of_one(event, make, make_odd)[0] if type(event) in odd else next(made) for event in events]


def made_of_one(
    event: Any, make: Callable[[Sequence[Any]], Sequence[Made]], make_odd: Callable[[Event], Made] | None
) -> Sequence[Made]:
    """Make one event as it was read, like `made_of`."""
    if type(event) is Unread:
        return (Made(event.text, is_unread=event.is_costly),)
    return (make_odd(event),) if make_odd is not None and type(event) is dict else make([event])
