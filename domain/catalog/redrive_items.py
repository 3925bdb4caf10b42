"""What the catalog keeps of a redrive, for callers that ask for one and for what does the work.

    queued → running → done | failed | cancelled

A redrive that is not a dry run holds its environment (`redriving_key`) until it has ended: two at once would send the
same events. Its item is listed under `OPEN_REDRIVES` for as long, so that one whose start got lost is started again.
"""

from typing import Any, Literal

from domain.quarantine.ports import Progress
from domain.records import keys
from domain.records.change import time_text
from domain.records.ports import Conflict, Delete, Item, Put, Table, Write

State = Literal["queued", "running", "done", "failed", "cancelled"]
OPEN_STATES = ("queued", "running")
_TRIES = 20


def find_redrive(table: Table, redrive_id: str) -> Item | None:
    """Return a redrive's item, of whichever organisation."""
    owner = table.get(keys.owner_key(redrive_id))
    if owner is None or "environment_id" not in owner.data:
        return None
    return table.get(keys.redrive_key(owner.data["environment_id"], redrive_id))


def is_open(redrive: Item) -> bool:
    return redrive.data["state"] in OPEN_STATES


def begin(table: Table, redrive: Item, objects_total: int, now_ns: int) -> Item | None:
    """Let a queued redrive run over so many objects; return it as it is now, None if it has ended."""
    for _ in range(_TRIES):
        if redrive.data["state"] != "queued":
            return redrive if is_open(redrive) else None
        data = {**redrive.data, "state": "running", "objects_total": objects_total, "updated_at": time_text(now_ns)}
        try:
            table.transact([Put(redrive.key, data, redrive.version)])
        except Conflict:
            found = table.get(redrive.key)
            if found is None:
                return None
            redrive = found
        else:
            return Item(redrive.key, redrive.version + 1, data)
    raise Conflict([0])


def end_writes(
    table: Table, redrive: Item, state: State, progress: Progress, now: str, reason: str | None = None
) -> tuple[dict[str, Any], list[Write]]:
    """Return a redrive's last state, and the writes that bring it about and let its environment go."""
    data = {**redrive.data, "state": state, "reason": reason, "updated_at": now, "finished_at": now}
    data["progress"] = progress_document(progress)
    writes: list[Write] = [Put(redrive.key, data, redrive.version)]
    listed = table.get(keys.open_redrive_key(redrive.data["id"]))
    if listed is not None:
        writes.append(Delete(listed.key, listed.version))
    held = table.get(keys.redriving_key(redrive.data["environment_id"]))
    if held is not None and held.data["redrive_id"] == redrive.data["id"]:
        writes.append(Delete(held.key, held.version))
    return data, writes


def end(
    table: Table, redrive_id: str, state: State, progress: Progress, now_ns: int, reason: str | None = None
) -> Item | None:
    """End a redrive that is open; one that has ended stays as it is."""
    for _ in range(_TRIES):
        redrive = find_redrive(table, redrive_id)
        if redrive is None or not is_open(redrive):
            return redrive
        data, writes = end_writes(table, redrive, state, progress, time_text(now_ns), reason)
        try:
            table.transact(writes)
        except Conflict:
            continue
        return Item(redrive.key, redrive.version + 1, data)
    raise Conflict([0])


def progress_document(progress: Progress) -> dict[str, Any]:
    """Return progress as it is stored and shown."""
    ordered = sorted(progress.codes.items(), key=lambda entry: (-entry[1], entry[0]))
    return {
        "objects_done": progress.objects,
        "matched": progress.matched,
        "valid": progress.valid,
        "sent": progress.sent,
        "invalid": progress.invalid,
        "truncated": progress.truncated,
        "codes": [{"code": code, "count": count} for code, count in ordered],
        "changed": dict(progress.changed),
    }
