"""Lets ingest know whose plan is used up, by the pointers of an organisation's environments.

That a plan is used up stands in an item of its own before any pointer says so, and is taken out of it after the last
one has stopped: a run that dies in between is made up for by the next.
"""

from typing import Any

from domain.access.rosters import environments_of
from domain.records.ports import Conflict, Item, Put, Table
from schemas.items import ItemKey, pointer_key

_TRIES = 5


def plan_state_key(organisation_id: str) -> ItemKey:
    """Return where it stands whether pointers of an organisation may say that its plan is used up."""
    return ItemKey(f"PLAN_STATE#{organisation_id}", "PLAN_STATE")


def read_state(table: Table, organisation_id: str) -> Item:
    """Return the item, or one of version 0 if there is none yet."""
    key = plan_state_key(organisation_id)
    return table.get(key) or Item(key, 0, {"exhausted": False, "month": 0, "alarmed_at": 0.0})


def write_state(table: Table, state: Item, **changed: Any) -> Item:
    """Write what changed, if anything did; raise `Conflict` if another run was faster."""
    data = {**state.data, **changed}
    if data == state.data:
        return state
    table.transact([Put(state.key, data, state.version)])
    return Item(state.key, state.version + 1, data)


def set_plan_exhausted(table: Table, organisation_id: str, exhausted: bool) -> None:
    """Make the pointers of all environments say so; those that do are left alone.

    Raises:
        Conflict: a pointer kept changing; the next run goes on.
    """
    for _, environment_id in environments_of(table, organisation_id):
        _set(table, pointer_key(environment_id), exhausted)


def _set(table: Table, key: ItemKey, exhausted: bool) -> None:
    for tries_left in reversed(range(_TRIES)):
        pointer = table.get(key)
        if pointer is None or pointer.data["state"] == "deleted" or pointer.data["plan_exhausted"] == exhausted:
            return
        try:
            table.transact([Put(key, {**pointer.data, "plan_exhausted": exhausted}, pointer.version)])
        except Conflict:
            if not tries_left:
                raise
        else:
            return
