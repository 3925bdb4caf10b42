"""Has no environment hold more than its share of writers, where they are functions that know nothing of each other.

Who delivers for an environment enters itself into an item of the catalog, and leaves it when it is done. One that finds
as many there as may be sends what landed to its queue again, for later: as a new message, since nothing was tried, so
that a long wait makes no dead letters of it. A function that is killed leaves nothing; its entry expires.
"""

from collections.abc import Callable
from contextlib import suppress
from uuid import uuid4

from domain.clock import Clock
from domain.errors import Undelivered
from domain.records.keys import writers_key
from domain.records.ports import Conflict, Put, Table
from schemas.limits import WRITERS_SHARE

ENTRY_SECONDS = 360
"""Longer than a function may run."""
LATER_SECONDS = 30
_TRIES = 5
_KEPT_SECONDS = 86_400
_NS = 1_000_000_000

SendLater = Callable[[str, int], None]
"""Sends a message that is received after some seconds; raises `Undelivered` if it may not have been sent."""


class Shares:
    """The writers of each environment; safe to use from several threads."""

    def __init__(self, table: Table, clock: Clock, send_later: SendLater, most: int = WRITERS_SHARE) -> None:
        """Take the catalog, a clock in nanoseconds, the writers' own queue, and how many an environment may have."""
        self._table = table
        self._clock = clock
        self._send_later = send_later
        self._most = most

    def enter(self, environment_id: str) -> str | None:
        """Become a writer of an environment, and return the entry; None if it has as many as it may.

        Raises:
            Undelivered: the catalog can't be reached.
        """
        entry = uuid4().hex
        for _ in range(_TRIES):
            entries, version = self._entries(environment_id)
            if len(entries) >= self._most:
                return None
            entries[entry] = self._clock() // _NS + ENTRY_SECONDS
            with suppress(Conflict):
                self._put(environment_id, entries, version)
                return entry
        return None  # so many come and go that another time is better

    def leave(self, environment_id: str, entry: str) -> None:
        """Be one no more; if that can't be written, the entry expires."""
        with suppress(Undelivered):
            for _ in range(_TRIES):
                entries, version = self._entries(environment_id)
                if entries.pop(entry, None) is None:
                    return
                with suppress(Conflict):
                    self._put(environment_id, entries, version)
                    return

    def postpone(self, message: str) -> None:
        """Leave a message to one that receives it later; `Undelivered` if it has to stay."""
        self._send_later(message, LATER_SECONDS)

    def _entries(self, environment_id: str) -> tuple[dict[str, int], int]:
        """Return which entries there are with the times at which they expire, and the item's version."""
        item = self._table.get(writers_key(environment_id))
        if item is None:
            return {}, 0
        now = self._clock() // _NS
        return {entry: until for entry, until in item.data["entries"].items() if until > now}, item.version

    def _put(self, environment_id: str, entries: dict[str, int], version: int) -> None:
        data = {"environment_id": environment_id, "entries": entries}
        gone_at = self._clock() // _NS + _KEPT_SECONDS
        self._table.transact([Put(writers_key(environment_id), data, version, gone_at)])
