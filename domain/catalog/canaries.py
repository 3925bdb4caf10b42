"""Looks after canaries that run: ends those that refuse too much, and writes down that a time is over.

Ingest needs none of it for the end by time: each handler sees that by its own clock. What is done here may be done by
several at once, and again: each end is written if nothing else has ended the canary, and is then read as it stands.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from domain.catalog.canary_items import (
    ABORTED,
    RUNNING,
    canary_of,
    end_writes,
    ended,
    ended_by_time,
    is_over,
    unlisting,
)
from domain.catalog.provisioning import pointer_from
from domain.catalog.served import SERVED, with_canary_ended
from domain.clock import Clock
from domain.errors import Undelivered
from domain.metering.ports import UsageReader
from domain.metering.refused_shares import Refused, refused_between, refuses_too_much
from domain.metering.slices import Slice
from domain.records import keys
from domain.records.audit_entry import audit_entry
from domain.records.change import Resource, time_text
from domain.records.ports import Conflict, Item, Put, Table, Write
from schemas.items import pointer_key
from schemas.limits import MAX_PAGE_ITEMS

_NS = 1_000_000_000
_MINUTE_SECONDS = 60
_TRIES = 5
_LOGGER = logging.getLogger(__name__)


def look_after_canaries(table: Table, usage: UsageReader, clock: Clock, new_id: Callable[[str, int], str]) -> int:
    """End the canaries that have to end, and return how many are left that run.

    One that can't be looked at holds up no other; the next call goes on with it.
    """
    running = 0
    after: str | None = None
    while page := table.query(keys.CANARIES, after=after, limit=MAX_PAGE_ITEMS):
        for listed in page:
            try:
                running += _look_after(table, usage, listed, clock(), new_id)
            except (Conflict, Undelivered) as error:
                running += 1  # as far as is known
                _LOGGER.warning("the canary %s is looked at by the next run: %s", listed.key.sk, error)
            except Exception:  # one canary must not hold up the others
                running += 1
                _LOGGER.exception("the canary %s can't be looked at", listed.key.sk)
        after = page[-1].key.sk
    return running


def compare(
    usage: UsageReader, organisation_id: str, deployment: Mapping[str, Any], now_ns: int
) -> tuple[Refused, Refused]:
    """Return what a canary's revision has refused so far, and what the one that runs beside it has.

    Raises:
        Undelivered: usage can't be read.
    """
    canary = deployment["canary"]
    end = Slice.MINUTE.start_of(min(now_ns // _NS, canary["until_seconds"])) + _MINUTE_SECONDS
    of_canary, of_current = refused_between(
        usage,
        organisation_id,
        deployment["environment_id"],
        [deployment["revision_id"], deployment["replaced"]],
        canary["counted_from"],
        max(end, canary["counted_from"]),
    )
    return of_canary, of_current


def shown_comparison(canary: Refused, current: Refused) -> Resource:
    """Return the refused shares of a canary and of the revision that runs beside it, as the API shows them."""
    return {
        name: {"events": each.events, "refused": each.refused, "refused_share": round(each.share, 2)}
        for name, each in (("canary", canary), ("current", current))
    }


def automatic_end(
    table: Table, environment: Mapping[str, Any], deployment: Item, data: Mapping[str, Any], entry_id: str
) -> list[Write]:
    """Return the writes of an end that nobody asked for, besides those of the environment and its pointer.

    Args:
        table: the catalog.
        environment: the data of the environment.
        deployment: the canary's, before.
        data: of it, after.
        entry_id: of the entry in the audit log.
    """
    canary = data["canary"]
    entry = audit_entry(
        entry_id,
        data["updated_at"],
        "environment.abort",
        {
            "type": "environment",
            "id": environment["id"],
            "name": environment["name"],
            "endpoint_id": environment["endpoint_id"],
        },
        {"member_id": "", "name": canary["reason"], "token_id": None},
        "",
        before={"revision_id": environment["revision_id"]},
        after={"revision_id": data["revision_id"], "deployment_id": data["id"]},
    )
    log = keys.audit_key(environment["organisation_id"], entry_id)
    return [*end_writes(table, deployment, data), Put(log, entry, 0)]


def _look_after(table: Table, usage: UsageReader, listed: Item, now_ns: int, new_id: Callable[[str, int], str]) -> bool:
    """End a canary if it has to end; return whether it runs."""
    for tries_left in reversed(range(_TRIES)):
        key = keys.environment_key(listed.data["endpoint_id"], listed.data["environment_id"])
        environment = table.get(key)
        deployment = None if environment is None else _running(table, environment, listed.key.sk)
        try:
            if environment is None or deployment is None:
                gone = unlisting(table, listed.key.sk)
                if gone:
                    table.transact(gone)
                return False
            data = _end(usage, environment, deployment, now_ns)
            if data is None:
                return True
            after = {
                **environment.data,
                "canary": None,
                SERVED: with_canary_ended(environment.data, now_ns),
                "updated_at": time_text(now_ns),
                "version": environment.data["version"] + 1,
            }
            pointer = table.get(pointer_key(environment.data["id"]))
            assert pointer is not None
            table.transact(
                [
                    Put(environment.key, after, environment.version),
                    Put(pointer.key, pointer_from(after, now_ns, before=pointer.data), pointer.version),
                    *automatic_end(table, environment.data, deployment, data, new_id("aud", now_ns // 1_000_000)),
                ]
            )
        except Conflict:
            if not tries_left:
                raise
        else:
            _LOGGER.warning("the canary %s has ended: %s", listed.key.sk, data["canary"]["reason"])
            return False
    return True


def _running(table: Table, environment: Item, deployment_id: str) -> Item | None:
    """Return a canary's deployment if it is the one that the environment names, and has not ended."""
    canary = canary_of(environment.data)
    if canary is None or canary["deployment_id"] != deployment_id:
        return None
    deployment = table.get(keys.deployment_key(environment.data["id"], canary["number"]))
    return deployment if deployment is not None and deployment.data["canary"]["state"] == RUNNING else None


def _end(usage: UsageReader, environment: Item, deployment: Item, now_ns: int) -> dict[str, Any] | None:
    """Return the data of a canary's deployment if it has to end now, or None."""
    canary = canary_of(environment.data)
    assert canary is not None
    organisation_id = environment.data["organisation_id"]
    if is_over(canary, now_ns):
        try:
            compared = shown_comparison(*compare(usage, organisation_id, deployment.data, now_ns))
        except Undelivered:
            compared = None
        return ended_by_time(deployment.data, compared)
    of_canary, of_current = compare(usage, organisation_id, deployment.data, now_ns)
    if not refuses_too_much(of_canary, of_current, deployment.data["canary"]["max_extra_refused"]):
        return None
    reason = f"automatic: refused share {of_canary.share:.1f} % against {of_current.share:.1f} %"
    compared = shown_comparison(of_canary, of_current)
    return ended(deployment.data, time_text(now_ns), ABORTED, reason=reason, compared=compared)
