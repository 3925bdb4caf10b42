"""The events of a tap, oldest first, from a cursor on.

A cursor names the place of the next event: a chunk's number and the place in it. Chunks are numbered without gaps in
the order in which they can be read, so that nothing is given twice and nothing that comes late is passed over.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import orjson

from domain.errors import Rejected
from domain.live.packing import lines_from
from domain.live.ports import TapStore
from domain.live.state import TapState
from schemas.codes import Problem
from schemas.limits import MAX_TAP_PAGE_BYTES, TAP_KEPT_SECONDS

_CURSOR = re.compile(r"([0-9]{1,9})\.([0-9]{1,6})", re.ASCII)
_CHUNKS_AT_ONCE = 10
_MOST_IN_A_CHUNK = 1_000_000
"""More events than one has, as a cursor has it, too."""


class Place(NamedTuple):
    """The next event's chunk, and its index there."""

    chunk: int = 1
    event: int = 0

    @property
    def cursor(self) -> str:
        return f"{self.chunk}.{self.event}"


class TapPage(NamedTuple):
    """Events, and where those after them are."""

    events: list[Any]
    following: Place
    left_out: int
    dropped: int


class Patience(NamedTuple):
    """How a request waits for events that are not there yet.

    `now` gives seconds, of any beginning; `pause` sleeps for some of them. A front door that asks again itself, so that
    no thread waits, passes None for both.
    """

    now: Callable[[], float] | None = None
    pause: Callable[[float], None] | None = None
    pause_seconds: float = 0.5


def place_from(cursor: str | None) -> Place:
    """Return the place that a cursor names; without one, the beginning.

    Raises:
        Rejected: invalid_request: it is none.
    """
    if cursor is None:
        return Place()
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise Rejected(
            Problem.INVALID_REQUEST,
            "`after` is no cursor of a tap; take it from `cursor` of the answer before.",
            errors=[{"pointer": "/after", "code": "cursor", "message": "Is not a cursor of a tap."}],
        )
    return Place(int(found[1]), int(found[2]))


def read_events(store: TapStore, tap_id: str, place: Place, limit: int, now_seconds: float) -> TapPage:
    """Return up to `limit` events from a place on, fewer where they are large; those of the last hour.

    Raises:
        Undelivered: the store can't be reached.
    """
    _, stored = store.state(tap_id)
    state = TapState(stored)
    events: list[Any] = []
    size = 0
    if not state.first <= place.chunk <= state.next:
        place = Place(state.first)  # what was there has gone, or is of a time whose state has expired
    while place.chunk < state.next and len(events) < limit:
        chunks = store.chunks(tap_id, place.chunk, _CHUNKS_AT_ONCE)
        if not chunks:
            place = Place(state.next)  # what is missing has expired
        for chunk in chunks:
            if chunk.number >= state.next:
                return TapPage(events, place, state.left_out, state.dropped)  # written since; the next request's
            if chunk.number != place.chunk:
                place = Place(chunk.number)
            lines = lines_from(chunk.packed) if chunk.written_at > now_seconds - TAP_KEPT_SECONDS else []
            while place.event < len(lines):
                line = lines[place.event]
                size += len(line)
                if len(events) == limit or (events and size > MAX_TAP_PAGE_BYTES):
                    return TapPage(events, place, state.left_out, state.dropped)
                events.append(orjson.loads(line))
                place = Place(place.chunk, place.event + 1)
            place = Place(chunk.number + 1)
    return TapPage(events, place, state.left_out, state.dropped)


def kept_events(store: TapStore, tap_id: str, now_seconds: float) -> Iterator[tuple[int, bytes]]:
    """Yield all events that a tap keeps, oldest first, each as JSON, with a number that it always has.

    Raises:
        Undelivered: the store can't be reached.
    """
    _, stored = store.state(tap_id)
    state = TapState(stored)
    following = state.first
    while following < state.next:
        chunks = store.chunks(tap_id, following, _CHUNKS_AT_ONCE)
        if not chunks:
            return
        for chunk in chunks:
            if chunk.number >= state.next:
                return
            if chunk.written_at > now_seconds - TAP_KEPT_SECONDS:
                for index, line in enumerate(lines_from(chunk.packed)):
                    yield chunk.number * _MOST_IN_A_CHUNK + index, line
            following = chunk.number + 1


def wait_for_events(
    read: Callable[[], TapPage],
    wait_seconds: int,
    patience: Patience,
    place: Callable[[int], AbstractContextManager[bool]],
) -> TapPage:
    """Return what `read` does once there are events, or after some seconds; at once where there is no place to wait."""
    page = read()
    if patience.now is None or patience.pause is None or page.events or not wait_seconds:
        return page
    with place(wait_seconds) as has_place:
        until = patience.now() + wait_seconds
        while has_place and not page.events and (left := until - patience.now()) > 0:
            patience.pause(min(patience.pause_seconds, left))
            page = read()
    return page
