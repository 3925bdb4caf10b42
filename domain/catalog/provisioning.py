"""An environment's delivery streams: what they are called, who has to make them, and what ingest is told.

The pointer that ingest reads is always made from the environment's item, in the same transaction.
"""

from collections.abc import Mapping
from typing import Any, Literal

from domain.catalog.canary_items import lease_of
from domain.catalog.delivered_environments import FIELDS
from domain.delivery.own_bucket import is_own_bucket
from domain.live import leases
from domain.records.change import Change
from domain.records.ports import Item
from schemas.items import Pointer, Webhook, pointer_key

State = Literal["provisioning", "active", "failed", "deleted"]


def stream_names(prefix: str, environment_id: str, count: int) -> list[str]:
    """Return the names of an environment's first `count` streams, always the same ones."""
    return [f"{prefix}{environment_id}-{number}" for number in range(1, count + 1)]


def pointer_from(
    environment: dict[str, Any],
    now_ns: int,
    *,
    before: Mapping[str, Any] | None = None,
    state: State | None = None,
) -> Pointer:
    """Return what ingest has to know of an environment's item, as of now (nanoseconds since 1970).

    What stands in pointers alone is taken from the one `before`: whether the plan is used up, and the leases of taps.
    """
    pointer = Pointer(
        environment_id=environment["id"],
        endpoint_id=environment["endpoint_id"],
        organisation_id=environment["organisation_id"],
        revision_id=environment["revision_id"],
        state=state or environment["status"],
        on_invalid=environment["on_invalid"],
        allowed_origins=environment["allowed_origins"],
        streams=environment["active_streams"],
        plan_exhausted=before["plan_exhausted"] if before else False,
        rate_limit=environment["rate_limit"],
        store_addresses=environment["store_addresses"],
        write_keys=environment.get("write_keys", []),
        quarantine_protected=environment.get("quarantine_protected", False),
        webhooks=[Webhook(name=row["name"], scheme=row["scheme"]) for row in environment.get("webhooks", ())],
        hook_secrets=environment.get("hook_secrets"),
        written_at=now_ns // 1_000_000_000,
    )
    lease = lease_of(environment)
    if lease is not None:
        pointer["canary"] = lease
    if before:
        leases.carry_over(pointer, before, environment, pointer["written_at"])
    return pointer


def point(change: Change, environment: dict[str, Any]) -> None:
    """Let the pointer follow the environment."""
    key = pointer_key(environment["id"])
    pointer = change.catalog.table.get(key)
    if pointer is None:
        change.create(key, pointer_from(environment, change.now_ns))
    else:
        change.replace(pointer, pointer_from(environment, change.now_ns, before=pointer.data))


def take_down(change: Change, environment: Item) -> None:
    """Remove an environment: ingest learns it at once, the provisioner removes its streams later.

    The pointer stays, as the only trace of an environment that was there: ingest answers 410 by it, it names the
    streams that have to go, those included that are still being made, and where the last events have to go. So does
    the entry of its custom domain.
    """
    data = environment.data
    change.remove(environment)
    key = pointer_key(data["id"])
    pointer = change.catalog.table.get(key)
    every_stream = stream_names(data["stream_prefix"], data["id"], data["most_streams"])
    deleted = pointer_from({**data, "active_streams": every_stream, "canary": None}, change.now_ns, state="deleted")
    if not is_own_bucket(data["destination"]):
        deleted["leaving"] = {name: data[name] for name in FIELDS if data.get(name) is not None}
    if pointer is None:
        change.create(key, deleted)
    else:
        change.replace(pointer, deleted)
    change.tell_provisioner("remove", data["id"])
    if data.get("custom_domain"):
        change.settle_domain(data["custom_domain"])
