"""Has one writer at a time write for an environment, where writers are functions that know nothing of each other.

A lease is an item of the catalog. It lasts longer than a function may run, so that a writer that is killed can't come
back to what another has begun; one that was only stopped for a while asks before each change whether it may go on.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from domain.clock import Clock
from domain.delivery.connectors import Budget
from domain.errors import Undelivered
from domain.records.keys import lake_lease_key
from domain.records.ports import Conflict, Put, Table

LEASE_SECONDS = 360
MARGIN_SECONDS = 30
"""No change begins later than this before the lease expires; each takes less."""
_PAUSE_SECONDS = 2.0
_KEPT_SECONDS = 86_400
_NS = 1_000_000_000

MayGoOn = Callable[[], None]
"""Raises `Undelivered` if another writer may have begun by now."""


class Leases:
    """Implements `Hold` by items of the catalog."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    @contextmanager
    def hold(self, environment_id: str, budget: Budget) -> Iterator[MayGoOn]:
        """Wait for the lease, and give it back if all went well.

        After a failure it expires: a call that got no answer may still take effect, and must not do so in the midst of
        another writer's work.
        """
        version, until = self._take(environment_id, budget)

        def may_go_on() -> None:
            if self._clock() + MARGIN_SECONDS * _NS > until:
                raise Undelivered("This took so long that another writer may have begun.")

        yield may_go_on
        with suppress(Conflict, Undelivered):
            self._table.transact([self._put(environment_id, 0, version)])

    def _take(self, environment_id: str, budget: Budget) -> tuple[int, int]:
        """Return the version of the lease that was taken, and until when it lasts, in nanoseconds."""
        while True:
            item = self._table.get(lake_lease_key(environment_id))
            now = self._clock()
            if item is None or item.data["until"] <= now:
                version, until = 0 if item is None else item.version, now + LEASE_SECONDS * _NS
                with suppress(Conflict):
                    self._table.transact([self._put(environment_id, until, version)])
                    return version + 1, until
            budget.wait(_PAUSE_SECONDS, Undelivered("Others were adding files all the time."))

    def _put(self, environment_id: str, until: int, version: int) -> Put:
        gone_at = self._clock() // _NS + _KEPT_SECONDS
        return Put(lake_lease_key(environment_id), {"environment_id": environment_id, "until": until}, version, gone_at)
