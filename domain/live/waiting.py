"""How many requests wait for events at a time: each holds a run of a function that serves all organisations.

The places are items that say until when they are taken, so that the place of a run that was killed is free again soon.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from domain.clock import Clock
from domain.errors import Undelivered
from domain.records.keys import tap_wait_key
from domain.records.ports import Conflict, Delete, Put, Table
from schemas.limits import MAX_TAP_WAITS

_NS = 1_000_000_000
_MARGIN_SECONDS = 2
_KEYS = [tap_wait_key(place) for place in range(MAX_TAP_WAITS)]


@contextmanager
def place_to_wait(table: Table, clock: Clock, seconds: int) -> Iterator[bool]:
    """Take a place for so long and give it back at the end; False where all are taken, or another was faster.

    Raises:
        Undelivered: the table can't be reached.
    """
    now = clock() // _NS
    taken = {item.key: item for item in table.get_all(_KEYS)}
    free = next((key for key in _KEYS if key not in taken or taken[key].data["until"] < now), None)
    if free is None:
        yield False
        return
    until = now + seconds + _MARGIN_SECONDS
    version = taken[free].version if free in taken else 0
    try:
        table.transact([Put(free, {"until": until}, version, until)])
    except Conflict:
        yield False
        return
    try:
        yield True
    finally:
        with suppress(Conflict, Undelivered):  # it is free again by its time
            table.transact([Delete(free, version + 1)])
