"""What became of the last messages to each target: so that one that can't be reached is seen."""

from collections.abc import Mapping
from typing import Any

from domain.alerts.ports import Outcome
from domain.records.change import time_text
from domain.records.keys import alert_health_key, alert_targets_key
from domain.records.ports import Conflict, Put, Table

_TRIES = 5
UNTRIED: Mapping[str, Any] = {"last_success_at": None, "last_error": None, "last_error_at": None}


def read_health(table: Table, organisation_id: str) -> dict[str, dict[str, Any]]:
    """Return it by target; of one that was never tried there is none."""
    item = table.get(alert_health_key(organisation_id))
    return {} if item is None else item.data["targets"]


def note_health(table: Table, organisation_id: str, outcomes: Mapping[str, Outcome], now_ns: int) -> None:
    """Write down what became of messages, by target; lost where others keep writing, which the next message makes up.

    Nothing stays of targets that are gone, so that it is bounded as they are.

    Raises:
        Undelivered: the table can't be reached.
    """
    key, now = alert_health_key(organisation_id), time_text(now_ns)
    for _ in range(_TRIES if outcomes else 0):
        item = table.get(key)
        targets = {} if item is None else dict(item.data["targets"])
        for target_id, outcome in outcomes.items():
            change = (
                {"last_success_at": now, "last_error": None}
                if outcome.status == "sent"
                else {"last_error": outcome.error, "last_error_at": now}
            )
            targets[target_id] = {**UNTRIED, **targets.get(target_id, {}), **change}
        there = table.get(alert_targets_key(organisation_id))
        targets = {id_: each for id_, each in targets.items() if there is not None and id_ in there.data["targets"]}
        try:
            table.transact([Put(key, {"targets": targets}, 0 if item is None else item.version)])
        except Conflict:
            continue
        return
