"""Redrives as the API makes and shows them; `domain.quarantine.redriving` does the work."""

from contextlib import suppress
from typing import Any

from domain.access import bounds
from domain.catalog.ownership import find_environment
from domain.catalog.quarantine import Asked, filter_from
from domain.catalog.redrive_items import end, end_writes, find_redrive, is_open, progress_document
from domain.catalog.repairs import shown_repairs
from domain.catalog.revisions import deployable_document
from domain.errors import Rejected, Undelivered
from domain.quarantine.ports import REPAIRED, QuarantineIndex, RedriveStarter
from domain.quarantine.reading import Quarantine
from domain.quarantine.repairs import NO_REPAIRS, Repairs
from domain.records import keys
from domain.records.caller import Call
from domain.records.change import Catalog, Change, Resource, apply, person, time_text
from domain.records.pages import read_page
from domain.records.ports import Item, Table
from schemas.codes import Problem
from schemas.limits import RUN_CHANGES

_INTERNAL = ("organisation_id", "endpoint_id", "progress")
_COUNTS = ("changed", "unchanged")
_SWEPT_AT_ONCE = 100
_ABANDONED_SECONDS = 600
"""After its start: before that it may not be known yet that one is worked on."""
_ABANDONED = "Its work ended before it was through with all objects; start another redrive for the rest."


def create_redrive(
    catalog: Catalog,
    quarantine: Quarantine,
    starter: RedriveStarter,
    call: Call,
    environment_id: str,
    asked: Asked,
    revision_id: str,
    repairs: Repairs = NO_REPAIRS,
    *,
    dry_run: bool,
) -> Resource:
    """Make a redrive and set it going.

    The audit log holds its repairs, values that were given for them included, and none of an event.

    Raises:
        Rejected: not_found, revision_not_finalised, redrive_running while another one sends, limit_reached for too
            many in the hour, or invalid_request.
    """

    def build(change: Change) -> Resource:
        environment = find_environment(catalog.table, call, environment_id)
        change.hold(deployable_document(catalog.table, call, environment.data["endpoint_id"], revision_id))
        wanted = filter_from(asked, change.now_ns, quarantine.kept_days, at="/filter")
        redrive_id = change.new_id("rdr")
        data = {
            "id": redrive_id,
            "environment_id": environment_id,
            "endpoint_id": environment.data["endpoint_id"],
            "organisation_id": call.principal.organisation_id,
            "revision_id": revision_id,
            "filter": wanted.document(),
            "dry_run": dry_run,
            "repairs": [repair.document() for repair in repairs.repairs],
            "state": "queued",
            "reason": None,
            "objects_total": None,
            "who": person(call),
            "created_at": change.now,
            "updated_at": change.now,
            "finished_at": None,
        }
        bounds.count(change, {}, changes=RUN_CHANGES)
        if not dry_run:
            _hold_environment(change, environment_id, redrive_id)
        redrive = change.create(keys.redrive_key(environment_id, redrive_id), data)
        owner = {name: data[name] for name in ("organisation_id", "endpoint_id", "environment_id")}
        change.create(keys.owner_key(redrive_id), owner)
        change.create(keys.open_redrive_key(redrive_id), {"environment_id": environment_id})
        shown = _show(redrive, quarantine)
        what = {"revision_id": revision_id, "filter": shown["filter"], "dry_run": dry_run}
        if repairs:
            what["repairs"] = [
                {name: value for name, value in repair.items() if name not in _COUNTS} for repair in shown["repairs"]
            ]
        change.record("redrive.create", "redrive", redrive_id, after=what)
        return shown

    shown = apply(catalog, call, build)
    _start(starter, shown["id"])
    return shown


def get_redrive(catalog: Catalog, quarantine: Quarantine, call: Call, redrive_id: str) -> Resource:
    return _show(_own_redrive(catalog.table, call, redrive_id), quarantine)


def list_redrives(
    catalog: Catalog, quarantine: Quarantine, call: Call, environment_id: str, limit: int, cursor: str | None
) -> Resource:
    """Return one page of an environment's redrives, newest first."""
    find_environment(catalog.table, call, environment_id)

    def show(item: Item) -> Resource:
        return _show(item, quarantine)

    group = keys.environment_group(environment_id)
    return read_page(catalog.table, group, keys.REDRIVES, show, limit=limit, cursor=cursor, descending=True)


def cancel_redrive(catalog: Catalog, quarantine: Quarantine, call: Call, redrive_id: str) -> Resource:
    """Stop a redrive before its next object; what it has sent stays sent. One that has ended stays as it is."""

    def build(change: Change) -> Resource:
        redrive = _own_redrive(catalog.table, call, redrive_id)
        call.check_version(redrive.version)
        if not is_open(redrive):
            return _show(redrive, quarantine)
        progress = quarantine.index.progress(redrive_id)
        data, writes = end_writes(catalog.table, redrive, "cancelled", progress, change.now)
        change.include(writes)
        change.record(
            "redrive.cancel",
            "redrive",
            redrive_id,
            before={"state": redrive.data["state"]},
            after={"state": "cancelled"},
        )
        return _show(Item(redrive.key, redrive.version + 1, data), quarantine)

    return apply(catalog, call, build)


def sweep_redrives(table: Table, index: QuarantineIndex, starter: RedriveStarter, now_ns: int) -> int:
    """Start the redrives whose start got lost, as by a crash or an outage, and end those that nobody works on any more.

    A redrive whose execution ended beyond every catcher, or whose messages were given up, would hold its environment
    for ever. What it has sent stays sent.

    Returns:
        How many waited to be started.
    """
    waiting = 0
    for listed in table.query(keys.OPEN_REDRIVES, limit=_SWEPT_AT_ONCE):
        redrive = find_redrive(table, listed.key.sk)
        if redrive is None or not is_open(redrive):
            continue
        redrive_id = redrive.data["id"]
        if redrive.data["state"] == "queued":
            waiting += 1
            _start(starter, redrive_id)
        if redrive.data["updated_at"] < time_text(now_ns - _ABANDONED_SECONDS * 1_000_000_000):
            with suppress(Undelivered):  # then the next sweep looks again
                if not starter.is_at_work(redrive_id):
                    end(table, redrive_id, "failed", index.progress(redrive_id), now_ns, _ABANDONED)
    return waiting


def _start(starter: RedriveStarter, redrive_id: str) -> None:
    try:
        starter.start(redrive_id)
    except Undelivered:
        return  # it is listed as open, and the sweep starts it


def _hold_environment(change: Change, environment_id: str, redrive_id: str) -> None:
    key = keys.redriving_key(environment_id)
    held = change.catalog.table.get(key)
    if held is not None:
        raise Rejected(
            Problem.REDRIVE_RUNNING,
            "Another redrive of this environment has not ended; wait for it, or cancel it.",
            extra={"redrive_id": held.data["redrive_id"]},
        )
    change.create(key, {"redrive_id": redrive_id})


def _own_redrive(table: Table, call: Call, redrive_id: str) -> Item:
    redrive = find_redrive(table, redrive_id)
    if redrive is None or redrive.data["organisation_id"] != call.principal.organisation_id:
        raise Rejected(Problem.NOT_FOUND, "There is no such redrive.")
    find_environment(table, call, redrive.data["environment_id"])
    return redrive


def _show(redrive: Item, quarantine: Quarantine) -> Resource:
    data = redrive.data
    progress = data.get("progress") or progress_document(quarantine.index.progress(data["id"]))
    shown = {name: value for name, value in data.items() if name not in _INTERNAL}
    # Of a redrive that ended before they were counted there are no truncated ones, and no repairs.
    counted = {"truncated": 0, **progress}
    changed = counted.pop("changed", {})
    looked_at = counted["valid"] + counted["invalid"]
    return {
        **shown,
        "filter": _shown_filter(data["filter"]),
        **counted,
        "repairs": [
            {**repair, "changed": changed.get(str(number), 0), "unchanged": looked_at - changed.get(str(number), 0)}
            for number, repair in enumerate(shown_repairs(data.get("repairs", ())))
        ],
        "repaired": changed.get(REPAIRED, 0),
        "version": redrive.version,
    }


def _shown_filter(document: dict[str, Any]) -> Resource:
    return {
        "code": document["code"],
        "pointer": document["pointer"],
        "revision": document["revision_id"],
        "event_name": document.get("event_name"),  # none in redrives of earlier versions
        "from": time_text(document["start"] * 1_000_000_000),
        "to": time_text(document["end"] * 1_000_000_000),
    }
