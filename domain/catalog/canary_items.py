"""What stands in the catalog of a canary: a revision that takes a share of an environment's requests for a time.

    running → promoted | aborted

The environment's item says which canary it has, the pointer that follows it tells ingest, and a list of all canaries
tells who looks after them. How it began and ended stands in its deployment. Every change of its state writes the
environment's item, so that of a promotion, an abort and an end by time exactly one comes about.
"""

from collections.abc import Mapping
from typing import Any

from domain.records import keys
from domain.records.change import Resource, time_text
from domain.records.ports import Delete, Item, Put, Table, Write
from schemas.items import CanaryLease

RUNNING, PROMOTED, ABORTED = "running", "promoted", "aborted"

_NS = 1_000_000_000
_SHOWN = ("deployment_id", "revision_id", "share")
_INTERNAL = ("until_seconds", "counted_from")


def canary_of(environment: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the canary that an environment's item names, also one whose time is over; None if it names none."""
    canary: Mapping[str, Any] | None = environment.get("canary")
    return canary


def is_over(canary: Mapping[str, Any], now_ns: int) -> bool:
    """Say whether a canary's time is over, so that handlers go by it no more."""
    over: bool = now_ns >= canary["until"] * _NS
    return over


def lease_of(environment: Mapping[str, Any]) -> CanaryLease | None:
    """Return what ingest has to know of an environment's canary."""
    canary = canary_of(environment)
    if canary is None:
        return None
    return CanaryLease(
        deployment_id=canary["deployment_id"],
        revision_id=canary["revision_id"],
        share=canary["share"],
        until=canary["until"],
    )


def shown_canary(environment: Mapping[str, Any], now_ns: int) -> Resource | None:
    """Return an environment's canary as the API shows it with the environment; None if none runs."""
    canary = canary_of(environment)
    if canary is None or is_over(canary, now_ns):
        return None
    return {**{name: canary[name] for name in _SHOWN}, "until": time_text(canary["until"] * _NS)}


def began(asked: Mapping[str, Any], now_ns: int, counted_from: int) -> dict[str, Any]:
    """Return what the deployment of a canary says of it when it begins.

    Args:
        asked: `share` and `max_extra_refused`, in per cent, and `seconds`.
        now_ns: Unix time.
        counted_from: Unix seconds of the first minute whose events are compared.
    """
    until = now_ns // _NS + asked["seconds"]
    return {
        "share": asked["share"],
        "seconds": asked["seconds"],
        "max_extra_refused": asked["max_extra_refused"],
        "until": time_text(until * _NS),
        "until_seconds": until,
        "counted_from": counted_from,
        "state": RUNNING,
        "reason": None,
        "ended_at": None,
        "ended_by": None,
        "compared": None,
    }


def named_by_environment(deployment: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Return what the item of an environment says of the canary that a deployment, its `number`th, has begun."""
    return {
        "deployment_id": deployment["id"],
        "number": number,
        "revision_id": deployment["revision_id"],
        "share": deployment["canary"]["share"],
        "until": deployment["canary"]["until_seconds"],
    }


def ended(
    deployment: Mapping[str, Any],
    now: str,
    state: str,
    *,
    reason: str | None = None,
    who: Mapping[str, Any] | None = None,
    compared: Resource | None = None,
) -> dict[str, Any]:
    """Return the data of a canary's deployment once it has ended.

    Args:
        deployment: the data before.
        now: when it ended, RFC 3339.
        state: `promoted` or `aborted`.
        reason: why, where nobody ended it.
        who: who ended it.
        compared: what both revisions refused until then.
    """
    canary = {**deployment["canary"], "state": state, "reason": reason, "ended_at": now, "ended_by": who}
    return {**deployment, "canary": {**canary, "compared": compared}, "updated_at": now}


def ended_by_time(deployment: Mapping[str, Any], compared: Resource | None = None) -> dict[str, Any]:
    """Return the data of a canary's deployment whose time is over."""
    canary = deployment["canary"]
    reason = f"automatic: not promoted within {canary['seconds']:,} seconds"
    return ended(deployment, canary["until"], ABORTED, reason=reason, compared=compared)


def unlisting(table: Table, deployment_id: str) -> list[Write]:
    """Return the write that takes a canary off the list of those that run."""
    listed = table.get(keys.listed_canary_key(deployment_id))
    return [] if listed is None else [Delete(listed.key, listed.version)]


def end_writes(table: Table, deployment: Item, data: Mapping[str, Any]) -> list[Write]:
    """Return the writes of a canary's end besides those of its environment and pointer."""
    return [Put(deployment.key, data, deployment.version), *unlisting(table, data["id"])]


def shown_of_deployment(deployment: Mapping[str, Any], now_ns: int) -> Resource | None:
    """Return what the API shows of a canary with its deployment, as of now; None of a deployment that is none."""
    canary = deployment.get("canary")
    if canary is None:
        return None
    if canary["state"] == RUNNING and now_ns >= canary["until_seconds"] * _NS:
        canary = ended_by_time(deployment)["canary"]
    return {name: value for name, value in canary.items() if name not in _INTERNAL}
