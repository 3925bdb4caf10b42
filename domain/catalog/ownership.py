"""From the id of a revision or an environment to its item, for the organisation that owns it and no other.

An id of another organisation, one whose endpoint was deleted and one that never was are all the same: not found.
"""

from collections.abc import Callable

from domain.errors import Rejected
from domain.records import keys
from domain.records.caller import Call
from domain.records.ports import Item, Table
from schemas.codes import Problem
from schemas.items import ItemKey


def find_endpoint(table: Table, call: Call, endpoint_id: str) -> Item:
    """Return the endpoint's item; `Rejected` (not_found) if the organisation has none of this id."""
    item = table.get(keys.endpoint_key(call.principal.organisation_id, endpoint_id))
    if item is None:
        raise Rejected(Problem.NOT_FOUND, "There is no such endpoint.")
    return item


def find_roster(table: Table, call: Call, endpoint_id: str) -> Item:
    """Return the item that every change of the endpoint's children goes through; `Rejected` (not_found)."""
    find_endpoint(table, call, endpoint_id)
    roster = table.get(keys.roster_key(endpoint_id))
    if roster is None:
        raise Rejected(Problem.NOT_FOUND, "There is no such endpoint.")
    return roster


def revision_item(table: Table, call: Call, revision_id: str) -> Item | None:
    return _owned(table, call, revision_id, keys.revision_key)


def find_revision(table: Table, call: Call, revision_id: str) -> Item:
    """Return the revision's item; `Rejected` (not_found)."""
    item = revision_item(table, call, revision_id)
    if item is None:
        raise Rejected(Problem.NOT_FOUND, "There is no such revision.")
    return item


def find_environment(table: Table, call: Call, environment_id: str) -> Item:
    """Return the environment's item; `Rejected` (not_found)."""
    item = _owned(table, call, environment_id, keys.environment_key)
    if item is None:
        raise Rejected(Problem.NOT_FOUND, "There is no such environment.")
    return item


def _owned(table: Table, call: Call, child_id: str, key_of: Callable[[str, str], ItemKey]) -> Item | None:
    owner = table.get(keys.owner_key(child_id))
    if owner is None or owner.data["organisation_id"] != call.principal.organisation_id:
        return None
    endpoint_id = owner.data["endpoint_id"]
    if table.get(keys.endpoint_key(call.principal.organisation_id, endpoint_id)) is None:
        return None
    return table.get(key_of(endpoint_id, child_id))


def owner_data(call: Call, endpoint_id: str) -> dict[str, str]:
    """Return what stands under `owner_key` of the endpoint's children."""
    return {"organisation_id": call.principal.organisation_id, "endpoint_id": endpoint_id}
