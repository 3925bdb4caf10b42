"""Why a destination did not take its events last, and since when: one item per environment, until it has recovered.

What stands there is a sentence of the connector's own. It holds no value of an event: what a destination says of single
events goes to the events that are set aside, and never here.
"""

import logging
from collections.abc import Sequence
from typing import Any

from domain.clock import Clock
from domain.errors import Undelivered
from domain.records.change import time_text
from domain.records.keys import delivery_error_key
from domain.records.moments import milliseconds_from
from domain.records.ports import Conflict, Item, Put, Table
from schemas.limits import DELIVERY_ERROR_KEPT_DAYS, DELIVERY_ERROR_NOTED_SECONDS, MAX_DELIVERY_ERROR_CHARS

UNEXPECTED = "The deployment's writer failed unexpectedly; its log says where."

_LOGGER = logging.getLogger(__name__)
_DAY_SECONDS = 24 * 60 * 60
_NS = 1_000_000_000

DeliveryError = dict[str, Any]
"""`{"reason", "since", "at", "recovered_at"}`, times as the API writes them; `recovered_at` is null while it lasts."""


class LastErrors:
    """Notes what becomes of deliveries. It never raises: a delivery is worth more than a note about it."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def failed(self, environment_id: str, reason: str) -> None:
        """Note a failure; the same one again is written once a minute at most."""
        now_ns = self._clock()
        now, reason = time_text(now_ns), _bounded(reason)

        def after(before: DeliveryError | None) -> DeliveryError | None:
            if before is None or before["recovered_at"] is not None:
                return {"reason": reason, "since": now, "at": now, "recovered_at": None}
            age = now_ns // 1_000_000 - milliseconds_from(before["at"], "")
            if before["reason"] == reason and age < DELIVERY_ERROR_NOTED_SECONDS * 1_000:
                return None
            return {**before, "reason": reason, "at": now}

        self._change(environment_id, after)

    def succeeded(self, environment_id: str) -> None:
        """Note that the destination takes events; written only where a failure stands."""
        now = time_text(self._clock())

        def after(before: DeliveryError | None) -> DeliveryError | None:
            if before is None or before["recovered_at"] is not None:
                return None
            return {**before, "recovered_at": now}

        self._change(environment_id, after)

    def _change(self, environment_id: str, after: Any) -> None:
        key = delivery_error_key(environment_id)
        try:
            item = self._table.get(key)
            data = after(None if item is None else item.data["error"])
            if data is None:
                return
            gone_at = self._clock() // _NS + DELIVERY_ERROR_KEPT_DAYS * _DAY_SECONDS
            kept = {"environment_id": environment_id, "error": data}
            self._table.transact([Put(key, kept, 0 if item is None else item.version, gone_at)])
        except Conflict:
            return  # another writer was faster, and the next object tells again
        except Undelivered as error:
            _LOGGER.warning("the last error of %s can't be noted: %s", environment_id, error)


def read_last_errors(table: Table, environment_ids: Sequence[str]) -> dict[str, DeliveryError]:
    """Return the last errors of those environments that had one, by environment."""
    items: list[Item] = table.get_all([delivery_error_key(each) for each in environment_ids])
    return {item.data["environment_id"]: item.data["error"] for item in items}


def _bounded(reason: str) -> str:
    line = " ".join(reason.split())
    return line if len(line) <= MAX_DELIVERY_ERROR_CHARS else f"{line[: MAX_DELIVERY_ERROR_CHARS - 1]}…"
