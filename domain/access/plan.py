"""An organisation's plan, and the one limit of it that the catalog itself keeps: how many endpoints there may be.

The count stands in an item of its own, which every making and deleting of an endpoint writes: of two that are made at
once, the second is counted anew. Where there is no count yet, the endpoints are.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from domain.access.bounds import bounds_of, check_bound
from domain.errors import Rejected
from domain.records import keys
from domain.records.change import Change
from domain.records.ports import Item, Table
from schemas.codes import Problem

DEFAULT_PLAN: Mapping[str, Any] = MappingProxyType(
    {
        "name": "Unlimited",
        "requests_per_month": None,
        "bytes_per_month": None,
        "max_endpoints": None,
        "over_limit": "accept",
    }
)
_ENDPOINTS_READ = 200


def plan_of(organisation: Item) -> dict[str, Any]:
    """Return an organisation's plan with all its fields; a limit of None is none."""
    return {**DEFAULT_PLAN, **organisation.data.get("plan", {})}


def endpoints_made(table: Table, organisation_id: str) -> int:
    """Return how many endpoints the organisation has."""
    count, _ = _count(table, organisation_id)
    return count


def count_endpoint(change: Change, step: int) -> None:
    """Count an endpoint that the change makes (1) or deletes (-1).

    Raises:
        Rejected: limit_reached, the plan allows no more.
    """
    table, organisation_id = change.catalog.table, change.call.principal.organisation_id
    before, item = _count(table, organisation_id)
    organisation = table.get(keys.organisation_key(organisation_id))
    if step > 0:
        _check_may_grow(organisation, before + step)
    after = {"endpoints": before + step}
    if item is None:
        change.create(keys.endpoint_count_key(organisation_id), after)
    else:
        change.replace(item, after)


def endpoint_limit(organisation: Item) -> int:
    """Return how many endpoints an organisation may have: the lower of its plan's and its bound."""
    most: int | None = plan_of(organisation)["max_endpoints"]
    bound = bounds_of(organisation)["endpoints"]
    return bound if most is None else min(most, bound)


def _check_may_grow(organisation: Item | None, wanted: int) -> None:
    most = plan_of(organisation)["max_endpoints"] if organisation else None
    if most is not None and wanted > most:
        raise Rejected(
            Problem.LIMIT_REACHED,
            f"The organisation's plan allows {most:,} endpoints; delete one. The deployment's operator can change the "
            "plan.",
            extra={"limit": "max_endpoints", "allowed": most},
        )
    check_bound(organisation, "endpoints", wanted)


def _count(table: Table, organisation_id: str) -> tuple[int, Item | None]:
    item = table.get(keys.endpoint_count_key(organisation_id))
    if item is not None:
        return item.data["endpoints"], item
    group, count, after = keys.organisation_group(organisation_id), 0, None
    while True:
        page = table.query(group, prefix=keys.ENDPOINTS, after=after, limit=_ENDPOINTS_READ)
        count += len(page)
        if len(page) < _ENDPOINTS_READ:
            return count, None
        after = page[-1].key.sk
