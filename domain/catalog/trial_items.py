"""What the catalog keeps of a trial: for its requests, and for the steps that do the work.

    queued → running → done | failed | cancelled

A trial's item stands in the group of its revision. Beside it stand, in a group of its own, the revision as it was when
the trial began, and how far it is with what it has found. All of them expire together. Until it has ended, a trial has
one of its environment's slots under `OPEN_TRIALS`, where one whose start got lost is found.
"""

from typing import Any, Literal, NamedTuple

from domain.records import keys
from domain.records.change import time_text
from domain.records.ports import Conflict, Delete, Item, Put, Table, Write
from schemas.limits import TRIAL_KEPT_DAYS

State = Literal["queued", "running", "done", "failed", "cancelled"]
OPEN_STATES = ("queued", "running")
_TRIES = 20
_DAY_SECONDS = 24 * 60 * 60


class Held(NamedTuple):
    """A trial's item, and its state's: None before its first step."""

    trial: Item
    state: Item | None


def expires_at(now_ns: int) -> int:
    """Return when a trial that is made now goes, in Unix seconds."""
    return now_ns // 1_000_000_000 + TRIAL_KEPT_DAYS * _DAY_SECONDS


def find_trial(table: Table, trial_id: str) -> Item | None:
    """Return a trial's item, of whatever organisation."""
    owner = table.get(keys.owner_key(trial_id))
    if owner is None or "revision_id" not in owner.data:
        return None
    return table.get(keys.trial_key(owner.data["revision_id"], trial_id))


def find_held(table: Table, trial_id: str) -> Held | None:
    trial = find_trial(table, trial_id)
    return None if trial is None else Held(trial, table.get(keys.trial_state_key(trial_id)))


def is_open(trial: Item) -> bool:
    return trial.data["state"] in OPEN_STATES


def step_writes(held: Held, state: dict[str, Any], counts: dict[str, Any], now: str) -> list[Write]:
    """Return the writes that keep what a step has found; they hold only if no other step was faster."""
    data = {**held.trial.data, **counts, "state": "running", "updated_at": now}
    gone_at = held.trial.data["gone_at"]
    return [
        Put(held.trial.key, data, held.trial.version, gone_at),
        Put(
            keys.trial_state_key(held.trial.data["id"]), state, 0 if held.state is None else held.state.version, gone_at
        ),
    ]


def end_writes(table: Table, trial: Item, state: State, now: str, reason: str | None = None) -> list[Write]:
    """Return the writes that end a trial and free its slot."""
    data = {**trial.data, "state": state, "reason": reason, "updated_at": now, "finished_at": now}
    writes: list[Write] = [Put(trial.key, data, trial.version, trial.data["gone_at"])]
    slot = table.get(keys.open_trial_key(data["environment_id"], data["slot"]))
    if slot is not None and slot.data["trial_id"] == data["id"]:
        writes.append(Delete(slot.key, slot.version))
    return writes


def end(table: Table, trial_id: str, state: State, now_ns: int, reason: str | None = None) -> str | None:
    """End a trial that is open; one that has ended stays as it is. Return its state, None if there is none."""
    for _ in range(_TRIES):
        trial = find_trial(table, trial_id)
        if trial is None or not is_open(trial):
            return None if trial is None else str(trial.data["state"])
        try:
            table.transact(end_writes(table, trial, state, time_text(now_ns), reason))
        except Conflict:
            continue
        return state
    raise Conflict([0])


def free_slot(table: Table, slot: Item) -> None:
    """Free a slot whose trial is there no longer."""
    table.transact([Delete(slot.key, slot.version)])
