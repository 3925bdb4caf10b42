"""The ledger function: looks every minute for events that were accepted and should have arrived, and have not.

It emits three figures, zeros too, so that an alarm can tell a ledger that balances from one that could not be read.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from domain.catalog import keys
from domain.catalog.ports import Table
from domain.catalog.rosters import environments_of
from domain.clock import Clock
from domain.delivery.buffering import buffer_seconds_of
from domain.errors import Undelivered
from domain.metering.ledger import Imbalance, imbalance
from domain.metering.ports import MetricSink, UsageReader, UsageScope
from schemas.watched import LEDGER_MISSING, LEDGER_SURPLUS, LEDGER_UNBALANCED

_LOGGER = logging.getLogger(__name__)
Handler = Callable[[Mapping[str, Any], object], dict[str, Any]]


def make_handler(
    table: Table, usage: UsageReader, metrics: MetricSink, clock: Clock, *, buffer_seconds: float
) -> Handler:
    """Return the handler of scheduled events; it answers the figures.

    Args:
        table: the catalog, which knows the environments.
        usage: what was counted.
        metrics: where the figures go.
        clock: nanoseconds.
        buffer_seconds: how long a stream gathers, of environments that have no setting of their own.
    """
    known: dict[str, int] = {}

    def look(organisation_id: str, endpoint_id: str, environment_id: str, now: int) -> Imbalance:
        environment = table.get(keys.environment_key(endpoint_id, environment_id))
        gathers = buffer_seconds if environment is None else buffer_seconds_of(environment.data, buffer_seconds)
        scope = UsageScope(organisation_id, endpoint_id, environment_id)
        found = imbalance(usage, scope, now, gathers)
        if found.missing != known.get(environment_id, 0):
            # Said once and not every minute; the figures go on.
            known[environment_id] = found.missing
            _LOGGER.warning("ledger: %d accepted events of %s have not arrived", found.missing, environment_id)
        return found

    def handle(_event: Mapping[str, Any], _context: object) -> dict[str, Any]:
        now = clock() // 1_000_000_000
        found: list[Imbalance] = []
        complete = True
        for organisation_id in usage.organisations():
            try:
                for endpoint_id, environment_id in environments_of(table, organisation_id):
                    found.append(look(organisation_id, endpoint_id, environment_id, now))
            except Undelivered as error:
                _LOGGER.warning("the ledger of %s is looked at by the next run: %s", organisation_id, error)
                complete = False
        figures = {
            LEDGER_MISSING: sum(each.missing for each in found),
            LEDGER_SURPLUS: sum(each.surplus for each in found),
            LEDGER_UNBALANCED: sum(1 for each in found if each.missing),
        }
        if complete:  # figures of a part would say that the rest balances; missing ones raise the alarm after a while
            metrics.emit(figures)
        return {**figures, "complete": complete}

    return handle
