"""What one organisation may take of what all of a deployment share: the quotas of its AWS account.

Each bound has a default; the deployment's operator may set another for an organisation. What there is of a kind is
counted in one item, which every change of it writes: of two changes at once, the second is counted anew. Before one is
refused, what there is is counted afresh, so that a count that has gone wrong refuses nothing.

What an organisation changes within an hour is bounded, too. So one that keeps making streams holds up the provisioner,
which works in order of arrival, for no longer than that many changes take.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from domain.access.rosters import environments_of
from domain.errors import Rejected
from domain.records import keys
from domain.records.caller import Call
from domain.records.change import Catalog, Change, Resource, apply, time_text
from domain.records.ports import Item, Table
from schemas import limits
from schemas.codes import Problem

DEFAULT_BOUNDS: Mapping[str, int] = MappingProxyType(
    {
        "endpoints": limits.MAX_ORGANISATION_ENDPOINTS,
        "environments": limits.MAX_ORGANISATION_ENVIRONMENTS,
        "streams": limits.MAX_ORGANISATION_STREAMS,
        "domains": limits.MAX_ORGANISATION_DOMAINS,
        "secrets": limits.MAX_ORGANISATION_SECRETS,
        "certificates": limits.MAX_ORGANISATION_CERTIFICATES_PER_MONTH,
        "changes": limits.MAX_ORGANISATION_CHANGES_PER_HOUR,
    }
)
_WORDS = {
    "endpoints": "endpoints",
    "environments": "environments",
    "streams": "delivery streams",
    "domains": "custom domains",
    "secrets": "stored credentials and sets of webhook secrets",
    "certificates": "certificates in a calendar month",
    "changes": (
        "changes of streams, domains, webhook secrets and alert targets in an hour, with tests of alerts and "
        "destinations, redrives and trials"
    ),
}
_KEPT = ("environments", "streams", "domains", "secrets")
_HOUR_CHARS, _MONTH_CHARS = len("2026-11-23T08"), len("2026-11")


def bounds_of(organisation: Item | None) -> dict[str, int]:
    """Return an organisation's bounds: what the operator has set, and the defaults of all others."""
    own = organisation.data.get("bounds", {}) if organisation else {}
    return {**DEFAULT_BOUNDS, **own}


def used(table: Table, organisation_id: str, now_ns: int) -> dict[str, int]:
    """Return how much of each bound is used, endpoints aside, which stand in an item of their own."""
    data = _current(table, organisation_id, table.get(keys.bounds_key(organisation_id)), time_text(now_ns))
    return {**{name: data[name] for name in _KEPT}, "certificates": data["certificates"], "changes": data["changes"]}


def environment_use(table: Table, environment: Mapping[str, Any]) -> dict[str, int]:
    """Return what an environment takes of each bound."""
    return {
        "environments": 1,
        "streams": environment["streams"],
        "domains": int(has_domain(table, environment)),
        "secrets": sum(environment.get(name) is not None for name in ("secret", "hook_secrets")),
    }


def has_domain(table: Table, environment: Mapping[str, Any]) -> bool:
    """Say whether an environment has a custom domain or waits for its proof; one that is being taken down is none."""
    domain = environment.get("custom_domain")
    if domain is None:
        return False
    claim = table.get(keys.custom_domain_key(domain))
    if claim is not None and claim.data["environment_id"] == environment["id"]:
        return bool(claim.data["status"] != "deleting")
    return table.get(keys.pending_domain_key(environment["id"])) is not None


def check_bound(organisation: Item | None, name: str, wanted: int) -> None:
    """Raise `Rejected` (limit_reached), which names the bound and who may raise it, if `wanted` is beyond it."""
    most = bounds_of(organisation)[name]
    if wanted > most:
        raise Rejected(
            Problem.LIMIT_REACHED,
            f"An organisation has at most {most:,} {_WORDS[name]}, and this would make {wanted:,}. The deployment's "
            f"operator can raise the limit `{name}`.",
            extra={"limit": name, "allowed": most},
        )


def count(change: Change, steps: Mapping[str, int], *, changes: int = 0) -> None:
    """Count what a change makes or removes, once for each change.

    Args:
        change: the change; its writes of other items do not count yet.
        steps: how many more there are of each kind, or fewer.
        changes: for how many streams or domains it gives the provisioner work.

    Raises:
        Rejected: limit_reached.
    """
    if not changes and not any(steps.values()):
        return
    table, organisation_id = change.catalog.table, change.call.principal.organisation_id
    key = keys.bounds_key(organisation_id)
    item, organisation = table.get(key), table.get(keys.organisation_key(organisation_id))
    before = _current(table, organisation_id, item, change.now)
    bounds = bounds_of(organisation)
    if item is not None and any(step > 0 and before[name] + step > bounds[name] for name, step in steps.items()):
        before |= _there(table, organisation_id)
    after = {**before, "changes": before["changes"] + changes}
    for name, step in steps.items():
        after[name] = max(0, before[name] + step)
        if step > 0:
            check_bound(organisation, name, after[name])
    if changes:
        check_bound(organisation, "changes", after["changes"])
    if item is None:
        change.create(key, after)
    else:
        change.replace(item, after)


def charge_changes(catalog: Catalog, call: Call, changes: int) -> None:
    """Count changes of this hour for work outside of the catalog that is about to be done, whatever comes of it.

    Raises:
        Rejected: limit_reached; then the work may not be done.
    """

    def build(change: Change) -> Resource:
        count(change, {}, changes=changes)
        return {}

    apply(catalog, replace(call, if_match=None, idempotency=None), build)


def charge_certificate(catalog: Catalog, call: Call, *, domains: int) -> None:
    """Count a certificate that is about to be imported or requested, whatever comes of it: each costs the account.

    `domains` is how many further domains it is for: where there is no room for them, nothing is counted.

    Raises:
        Rejected: limit_reached.
    """

    def build(change: Change) -> Resource:
        organisation_id = call.principal.organisation_id
        key = keys.bounds_key(organisation_id)
        item, organisation = catalog.table.get(key), catalog.table.get(keys.organisation_key(organisation_id))
        before = _current(catalog.table, organisation_id, item, change.now)
        if domains and before["domains"] + domains > bounds_of(organisation)["domains"]:
            before |= _there(catalog.table, organisation_id)
            check_bound(organisation, "domains", before["domains"] + domains)
        after = {**before, "certificates": before["certificates"] + 1}
        check_bound(organisation, "certificates", after["certificates"])
        if item is None:
            change.create(key, after)
        else:
            change.replace(item, after)
        return {}

    apply(catalog, replace(call, if_match=None, idempotency=None), build)


def _current(table: Table, organisation_id: str, item: Item | None, now: str) -> dict[str, Any]:
    """Return the counts as of now: what was counted within an hour or a month that is over counts no more."""
    hour, month = now[:_HOUR_CHARS], now[:_MONTH_CHARS]
    data = {"hour": hour, "changes": 0, "month": month, "certificates": 0}
    if item is None:
        return data | _there(table, organisation_id)
    data = {**item.data}
    if data["hour"] != hour:
        data |= {"hour": hour, "changes": 0}
    if data["month"] != month:
        data |= {"month": month, "certificates": 0}
    return data


def _there(table: Table, organisation_id: str) -> dict[str, int]:
    """Return what there is of each kind, by looking at every environment of the organisation."""
    found = dict.fromkeys(_KEPT, 0)
    for endpoint_id, environment_id in environments_of(table, organisation_id):
        environment = table.get(keys.environment_key(endpoint_id, environment_id))
        if environment is not None:
            for name, number in environment_use(table, environment.data).items():
                found[name] += number
    return found
