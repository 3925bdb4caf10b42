"""How many requests wait for events at a time: each holds a run of a function that serves all organisations.

The places are items that say until when they are taken, so that the place of a run that was killed is free again soon.
A request that waits takes two in one transaction: one of the deployment's, and one of the few of its organisation.
Therefore no organisation takes the places of all others.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from domain.clock import Clock
from domain.errors import Undelivered
from domain.records.keys import own_tap_wait_key, tap_wait_key
from domain.records.ports import Conflict, Delete, Item, Put, Table
from schemas.items import ItemKey
from schemas.limits import MAX_OWN_TAP_WAITS, MAX_TAP_WAITS

_NS = 1_000_000_000
_MARGIN_SECONDS = 2
_KEYS = [tap_wait_key(place) for place in range(MAX_TAP_WAITS)]


@contextmanager
def place_to_wait(table: Table, clock: Clock, organisation_id: str, seconds: int) -> Iterator[bool]:
    """Take a place for so long and give it back at the end.

    False where all are taken, the organisation has as many as it may, or another was faster.

    Raises:
        Undelivered: the table can't be reached.
    """
    now = clock() // _NS
    own_keys = [own_tap_wait_key(organisation_id, place) for place in range(MAX_OWN_TAP_WAITS)]
    found = {item.key: item for item in table.get_all([*_KEYS, *own_keys])}
    free = [_first_free(keys, found, now) for keys in (_KEYS, own_keys)]
    places = [key for key in free if key is not None]
    if len(places) < len(free):
        yield False
        return
    until = now + seconds + _MARGIN_SECONDS
    versions = {key: found[key].version if key in found else 0 for key in places}
    try:
        table.transact([Put(key, {"until": until}, version, until) for key, version in versions.items()])
    except Conflict:
        yield False
        return
    try:
        yield True
    finally:
        with suppress(Conflict, Undelivered):  # they are free again by their time
            table.transact([Delete(key, version + 1) for key, version in versions.items()])


def _first_free(keys: Sequence[ItemKey], found: Mapping[ItemKey, Item], now: int) -> ItemKey | None:
    return next((key for key in keys if key not in found or found[key].data["until"] < now), None)
