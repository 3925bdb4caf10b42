"""The ledger function: looks every minute for events that were accepted and should have arrived, and have not.

It emits three figures, zeros too, so that an alarm can tell a ledger that balances from one that could not be read.
"""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from domain.access.rosters import environments_of
from domain.clock import Clock
from domain.delivery.buffering import buffer_seconds_of
from domain.errors import Undelivered
from domain.metering.ledger import IMBALANCE_AGE_SECONDS, Imbalance, look
from domain.metering.ports import MetricSink, UsageReader, UsageScope
from domain.records import keys
from domain.records.ports import Table
from schemas.watched import LEDGER_MISSING, LEDGER_SURPLUS, LEDGER_UNBALANCED

_LOGGER = logging.getLogger(__name__)
Handler = Callable[[Mapping[str, Any], object], dict[str, Any]]
T = TypeVar("T")
_THREADS = 16
_BALANCED = Imbalance(0, 0)


def make_handler(
    table: Table, usage: UsageReader, metrics: MetricSink, clock: Clock, *, buffer_seconds: float
) -> Handler:
    """Return the handler of scheduled events; it answers the figures.

    An environment of which nothing is on its way is not looked at again before something could be missing: so one
    without events costs a look in a quarter of an hour.

    Args:
        table: the catalog, which knows the environments; it may be called from several threads, as `usage` may.
        usage: what was counted.
        metrics: where the figures go.
        clock: nanoseconds.
        buffer_seconds: how long a stream gathers, of environments that have no setting of their own.
    """
    pool = ThreadPoolExecutor(_THREADS, "ledger")
    known: dict[str, int] = {}
    settled_until: dict[str, float] = {}
    """By environment, until when (Unix seconds) nothing can be missing."""

    def look_at(place: UsageScope, now: int) -> Imbalance:
        environment_id = str(place.environment_id)
        if now < settled_until.get(environment_id, 0):
            return _BALANCED
        environment = table.get(keys.environment_key(str(place.endpoint_id), environment_id))
        gathers = buffer_seconds if environment is None else buffer_seconds_of(environment.data, buffer_seconds)
        # Without the endpoint: that the environment is one of it does not have to be read.
        found, is_settled = look(usage, place._replace(endpoint_id=None), now, gathers)
        if is_settled:
            settled_until[environment_id] = now + IMBALANCE_AGE_SECONDS + gathers
        if found.missing != known.get(environment_id, 0):
            # Said once and not every minute; the figures go on.
            known[environment_id] = found.missing
            _LOGGER.warning("ledger: %d accepted events of %s have not arrived", found.missing, environment_id)
        return found

    def places_of(organisation_id: str) -> list[UsageScope]:
        return [UsageScope(organisation_id, *ids) for ids in environments_of(table, organisation_id)]

    def done(work: Future[T], organisation_id: str) -> T | None:
        try:
            return work.result()
        except Undelivered as error:
            _LOGGER.warning("the ledger of %s is looked at by the next run: %s", organisation_id, error)
            return None

    def handle(_event: Mapping[str, Any], _context: object) -> dict[str, Any]:
        now = clock() // 1_000_000_000
        rosters = [(each, pool.submit(places_of, each)) for each in usage.organisations()]
        places = [done(work, organisation_id) for organisation_id, work in rosters]
        looks = [(place, pool.submit(look_at, place, now)) for roster in places for place in roster or ()]
        results = [done(work, place.organisation_id) for place, work in looks]
        found = [result for result in results if result is not None]
        complete = None not in places and None not in results
        figures = {
            LEDGER_MISSING: sum(each.missing for each in found),
            LEDGER_SURPLUS: sum(each.surplus for each in found),
            LEDGER_UNBALANCED: sum(1 for each in found if each.missing),
        }
        if complete:  # figures of a part would say that the rest balances; missing ones raise the alarm after a while
            metrics.emit(figures)
        there = {place.environment_id for place, _ in looks}
        for environment_id in settled_until.keys() - there:
            del settled_until[environment_id]  # deleted, or its organisation could not be read
        return {**figures, "complete": complete}

    return handle
