"""Deployments: which revision an environment runs, since when, and which one takes a share of its requests first."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.access import bounds
from domain.catalog import destinations, provisioning
from domain.catalog.canaries import automatic_end, compare, shown_comparison
from domain.catalog.canary_items import (
    ABORTED,
    PROMOTED,
    RUNNING,
    began,
    canary_of,
    end_writes,
    ended,
    ended_by_time,
    is_over,
    named_by_environment,
    shown_of_deployment,
)
from domain.catalog.ownership import find_environment, find_revision
from domain.catalog.revisions import deployable_document
from domain.catalog.served import SERVED, with_canary, with_canary_ended, with_replaced
from domain.delivery.connectors import ColumnApart
from domain.errors import Rejected, Undelivered
from domain.metering.ports import UsageReader
from domain.metering.slices import Slice
from domain.records import keys
from domain.records.caller import Call
from domain.records.change import Catalog, Change, Resource, apply, person, stored_answer, time_text
from domain.records.pages import read_page
from domain.records.ports import Item, Table
from schemas.codes import Problem
from schemas.first_edition import revision_document
from schemas.limits import POINTER_MAX_AGE_SECONDS

_NS = 1_000_000_000
_MINUTE_SECONDS = 60
_LOOKED_BACK = 20
"""Deployments, for one that ended in this very minute."""


def deploy(
    catalog: Catalog,
    call: Call,
    environment_id: str,
    revision_id: str,
    note: str,
    canary: Mapping[str, Any] | None = None,
) -> Resource:
    """Point an environment at a finalised revision of its endpoint; a roll-back is deploying an earlier one.

    With `canary` (`share`, `seconds` and `max_extra_refused`), the revision takes a share of the requests first.

    Raises:
        Rejected: not_found, canary_running, revision_not_finalised, destination_refused, or invalid_request for a
            revision that the endpoint does not have, or a canary of the revision that runs.
    """
    repeated = stored_answer(catalog.table, call)
    if repeated is not None:
        return repeated
    found = find_environment(catalog.table, call, environment_id).data
    call.check_version(found["version"])
    _check_may_begin(found, revision_id, catalog.clock(), is_canary=canary is not None)
    document = deployable_document(catalog.table, call, found["endpoint_id"], revision_id)
    revision = find_revision(catalog.table, call, revision_id)
    tables_after = destinations.with_table if canary is None else destinations.with_canarys_table
    apart = destinations.make_table(catalog, found, revision, revision_document(document.data))
    left_out = destinations.left_out_of_views(catalog, found, revision, tables_after)

    def build(change: Change) -> Resource:
        environment = find_environment(catalog.table, call, environment_id)
        call.check_version(environment.data["version"])
        before = environment.data
        _check_may_begin(before, revision_id, change.now_ns, is_canary=canary is not None)
        change.hold(deployable_document(catalog.table, call, before["endpoint_id"], revision_id))
        _end_what_is_over(change, before)
        number = before["deployments_made"] + 1
        deployment = add_deployment(
            change,
            environment_id,
            number,
            revision_id,
            note=note,
            replaced=before["revision_id"],
            left_out=left_out,
            apart=apart,
            canary=None if canary is None else _began(change, environment_id, revision_id, canary),
        )
        after = {
            **before,
            "canary": None,
            "deployments_made": number,
            "updated_at": change.now,
            "version": before["version"] + 1,
        }
        if canary is None:
            after |= {"revision_id": revision_id, "deployed_at": change.now}
            after[SERVED] = with_replaced(before, change.now_ns)
        else:
            after["canary"] = named_by_environment(deployment.data, number)
            until = deployment.data["canary"]["until_seconds"]
            after[SERVED] = with_canary(before, revision_id, change.now_ns, until)
            listed = {name: before[name] for name in ("organisation_id", "endpoint_id")}
            listed["environment_id"] = environment_id
            change.create(keys.listed_canary_key(deployment.data["id"]), listed)
        if before.get("tables"):
            after["tables"] = tables_after(before, revision)
            change.tell_provisioner("provision", environment_id)
            bounds.count(change, {}, changes=1)
        change.replace(environment, after)
        provisioning.point(change, after)
        told = {"revision_id": revision_id, "revision_name": revision.data["name"], "note": note}
        change.record(
            "environment.deploy" if canary is None else "environment.canary",
            "environment",
            environment_id,
            before={"revision_id": before["revision_id"]},
            after=told if canary is None else {**told, "deployment_id": deployment.data["id"], "canary": dict(canary)},
            of=after,
        )
        return _show(deployment, change.now_ns)

    return apply(catalog, call, build)


def list_deployments(
    catalog: Catalog, usage: UsageReader, call: Call, environment_id: str, limit: int, cursor: str | None
) -> Resource:
    """Return one page of an environment's deployments, newest first; the creation is the oldest."""
    environment = find_environment(catalog.table, call, environment_id).data

    def show(item: Item) -> Resource:
        return _show(item, catalog.clock(), usage=usage, environment=environment)

    group = keys.environment_group(environment_id)
    return read_page(catalog.table, group, keys.DEPLOYMENTS, show, limit=limit, cursor=cursor, descending=True)


def get_deployment(
    catalog: Catalog, usage: UsageReader, call: Call, environment_id: str, deployment_id: str
) -> Resource:
    environment = find_environment(catalog.table, call, environment_id).data
    deployment = _find(catalog.table, environment, deployment_id)
    return _show(deployment, catalog.clock(), usage=usage, environment=environment)


def promote(catalog: Catalog, usage: UsageReader, call: Call, environment_id: str, deployment_id: str) -> Resource:
    """Let a canary's revision take all requests; one that was promoted stays so.

    Raises:
        Rejected: not_found, version_conflict, or canary_ended if it was aborted, or is no canary.
    """

    def build(change: Change) -> Resource:
        environment, deployment = _own(change, call, environment_id, deployment_id)
        if _state(deployment, change.now_ns) == PROMOTED:
            return _show(deployment, change.now_ns)
        before, revision_id = environment.data, deployment.data["revision_id"]
        _check_runs(deployment, change.now_ns)
        revision = find_revision(catalog.table, call, revision_id)
        after = {**before, "revision_id": revision_id, "deployed_at": change.now}
        if before.get("tables"):
            after["tables"] = destinations.with_table(before, revision)
            change.tell_provisioner("provision", environment_id)
        compared = _compared(usage, before, deployment.data, change.now_ns)
        data = ended(deployment.data, change.now, PROMOTED, who=person(call), compared=compared)
        told = {"revision_id": revision_id, "revision_name": revision.data["name"], "deployment_id": deployment_id}
        return _end(change, environment, after, deployment, data, "environment.promote", told)

    return apply(catalog, call, build)


def abort(catalog: Catalog, usage: UsageReader, call: Call, environment_id: str, deployment_id: str) -> Resource:
    """Give all requests back to the revision that runs beside a canary; one that has ended without it stays so.

    Raises:
        Rejected: not_found, version_conflict, or canary_ended if it was promoted, or is no canary.
    """

    def build(change: Change) -> Resource:
        environment, deployment = _own(change, call, environment_id, deployment_id)
        if _state(deployment, change.now_ns) == ABORTED:
            return _show(deployment, change.now_ns)
        _check_runs(deployment, change.now_ns)
        compared = _compared(usage, environment.data, deployment.data, change.now_ns)
        data = ended(deployment.data, change.now, ABORTED, who=person(call), compared=compared)
        revision = find_revision(catalog.table, call, deployment.data["revision_id"]).data
        told = {"revision_id": revision["id"], "revision_name": revision["name"], "deployment_id": deployment_id}
        return _end(change, environment, dict(environment.data), deployment, data, _ABORT, told)

    return apply(catalog, call, build)


_ABORT = "environment.abort"


def add_deployment(
    change: Change,
    environment_id: str,
    number: int,
    revision_id: str,
    *,
    note: str,
    replaced: str | None,
    left_out: destinations.LeftOut | None = None,
    apart: Sequence[ColumnApart] = (),
    canary: Resource | None = None,
) -> Item:
    """Add the write of an environment's `number`th deployment to a change."""
    of_view, by_kind = left_out or ([], {})
    deployment_id = change.new_id("dep")
    data = {
        "id": deployment_id,
        "environment_id": environment_id,
        "revision_id": revision_id,
        "who": person(change.call),
        "when": change.now,
        "note": note,
        "replaced": replaced,
        "left_out_of_view": of_view,
        "left_out_by_kind": by_kind,
        "columns_apart": [column._asdict() for column in apart],
        "canary": canary,
        "created_at": change.now,
        "updated_at": change.now,
    }
    change.create(keys.owner_key(deployment_id), {"environment_id": environment_id, "number": number})
    return change.create(keys.deployment_key(environment_id, number), data)


def _end(
    change: Change,
    environment: Item,
    after: dict[str, Any],
    deployment: Item,
    data: dict[str, Any],
    action: str,
    told: Resource,
) -> Resource:
    """Write a canary's end that a person asked for."""
    before = environment.data
    served = with_canary_ended(before, change.now_ns)
    if after["revision_id"] != before["revision_id"]:
        served = with_replaced({**before, SERVED: served}, change.now_ns)
    after |= {
        "canary": None,
        SERVED: served,
        "updated_at": change.now,
        "version": before["version"] + 1,
    }
    change.replace(environment, after)
    provisioning.point(change, after)
    change.include(end_writes(change.catalog.table, deployment, data))
    was = {"revision_id": before["revision_id"]}
    change.record(action, "environment", before["id"], before=was, after=told, of=after)
    return _show(Item(deployment.key, deployment.version + 1, data), change.now_ns)


def _end_what_is_over(change: Change, environment: Mapping[str, Any]) -> None:
    """Write down that an environment's canary has ended by its time, if that was not done yet."""
    canary = canary_of(environment)
    if canary is None:
        return
    deployment = change.catalog.table.get(keys.deployment_key(environment["id"], canary["number"]))
    if deployment is not None:
        data = ended_by_time(deployment.data)
        change.include(automatic_end(change.catalog.table, environment, deployment, data, change.new_id("aud")))


def _check_may_begin(environment: Mapping[str, Any], revision_id: str, now_ns: int, *, is_canary: bool) -> None:
    running = canary_of(environment)
    if running is not None and not is_over(running, now_ns):
        raise Rejected(
            Problem.CANARY_RUNNING,
            "A canary is running in this environment. Promote or abort it first.",
            extra={"deployment_id": running["deployment_id"]},
        )
    if is_canary and environment["revision_id"] == revision_id:
        message = "The environment runs this revision already; give another one a share of its requests."
        errors = [{"pointer": "/revision_id", "code": "canary", "message": message}]
        raise Rejected(Problem.INVALID_REQUEST, message, errors=errors)


def _began(change: Change, environment_id: str, revision_id: str, asked: Mapping[str, Any]) -> Resource:
    """Return what the deployment of a canary says of it.

    Its events count from this minute on, or from the next one where the revision ran in this one already: counts are
    by minute, and what it refused then is nothing of the canary's.
    """
    minute = Slice.MINUTE.start_of(change.now_ns // _NS)
    since = time_text(int((minute - POINTER_MAX_AGE_SECONDS) * _NS))
    group = keys.environment_group(environment_id)
    latest = change.catalog.table.query(group, prefix=keys.DEPLOYMENTS, limit=_LOOKED_BACK, descending=True)
    ran = any(_ran_until(item.data, revision_id) >= since for item in latest)
    return began(asked, change.now_ns, minute + _MINUTE_SECONDS if ran else minute)


def _ran_until(deployment: Mapping[str, Any], revision_id: str) -> str:
    """Return until when a revision took requests, as far as a deployment ended that; empty if it did not."""
    canary = deployment.get("canary")
    if canary is None:
        when: str = deployment["when"] if deployment["replaced"] == revision_id else ""
        return when
    ended_revision = {PROMOTED: deployment["replaced"], ABORTED: deployment["revision_id"]}.get(canary["state"])
    return canary["ended_at"] if ended_revision == revision_id else ""


def _own(change: Change, call: Call, environment_id: str, deployment_id: str) -> tuple[Item, Item]:
    environment = find_environment(change.catalog.table, call, environment_id)
    call.check_version(environment.data["version"])
    return environment, _find(change.catalog.table, environment.data, deployment_id)


def _find(table: Table, environment: Mapping[str, Any], deployment_id: str) -> Item:
    """Return a deployment of an environment; `Rejected` (not_found) if it has none of this id."""
    owner = table.get(keys.owner_key(deployment_id))
    if owner is not None and owner.data.get("environment_id") == environment["id"] and "number" in owner.data:
        item = table.get(keys.deployment_key(environment["id"], owner.data["number"]))
        if item is not None:
            return item
    raise Rejected(Problem.NOT_FOUND, "There is no such deployment.")


def _state(deployment: Item, now_ns: int) -> str | None:
    """Return the state of a canary; None of a deployment that is none."""
    shown = shown_of_deployment(deployment.data, now_ns)
    return None if shown is None else shown["state"]


def _check_runs(deployment: Item, now_ns: int) -> None:
    state = _state(deployment, now_ns)
    if state == RUNNING:
        return
    message = (
        "This deployment is no canary: its revision has had all requests from the beginning."
        if state is None
        else f"This canary has ended: it was {state}."
    )
    raise Rejected(Problem.CANARY_ENDED, message)


def _show(
    item: Item, now_ns: int, *, usage: UsageReader | None = None, environment: Mapping[str, Any] | None = None
) -> Resource:
    """Return a deployment as the API shows it; `usage` tells what a canary that runs has refused so far."""
    canary = shown_of_deployment(item.data, now_ns)
    if canary is not None and canary["compared"] is None and usage is not None and environment is not None:
        named = canary_of(environment)
        if named is not None and named["deployment_id"] == item.data["id"]:
            canary["compared"] = _compared(usage, environment, item.data, now_ns)
    return {
        "left_out_of_view": [],
        "left_out_by_kind": {},
        "columns_apart": [],
        **item.data,
        "canary": canary,
        "version": item.version,
    }


def _compared(
    usage: UsageReader, environment: Mapping[str, Any], deployment: Mapping[str, Any], now_ns: int
) -> Resource | None:
    """Return what both revisions refused so far; None if that can't be read, which keeps nobody from an end."""
    try:
        return shown_comparison(*compare(usage, environment["organisation_id"], deployment, now_ns))
    except Undelivered:
        return None
