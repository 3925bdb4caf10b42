"""A tap that keeps all events of an environment and has no end: for runs whose tests look at what arrived."""

from typing import Any, cast

from domain.live.leases import is_protected, put_leases
from domain.records import keys
from domain.records.change import time_text
from domain.records.ports import Conflict, Delete, Put, Table, Write
from schemas.items import Pointer, TapLease, pointer_key
from schemas.limits import TIMESTAMP_MAX_SECONDS

_NS = 1_000_000_000
_TRIES = 10
_WHO = {"member_id": "", "name": "TAPS=all", "token_id": None}


def standing_tap_id(environment_id: str) -> str:
    """Return the id of an environment's standing tap, always the same one."""
    return f"tap_all_{environment_id.removeprefix('env_')}"


def settle_standing_tap(table: Table, environment_id: str, now_ns: int, *, wanted: bool) -> None:
    """Have an environment's standing tap there if it is wanted, and gone if not; none where its `taps` is `off`.

    Raises:
        Conflict: others changed the environment each time.
    """
    for tries_left in reversed(range(_TRIES)):
        writes = _writes(table, environment_id, now_ns, wanted=wanted)
        if not writes:
            return
        try:
            table.transact(writes)
        except Conflict:
            if not tries_left:
                raise
        else:
            return


def _writes(table: Table, environment_id: str, now_ns: int, *, wanted: bool) -> list[Write]:
    pointer = table.get(pointer_key(environment_id))
    if pointer is None or pointer.data["state"] == "deleted":
        return []
    environment = table.get(keys.environment_key(pointer.data["endpoint_id"], environment_id))
    if environment is None:
        return []
    tap_id = standing_tap_id(environment_id)
    others = [lease for lease in pointer.data.get("taps", ()) if lease["id"] != tap_id]
    is_there = len(others) < len(pointer.data.get("taps", ()))
    if is_there == (wanted and environment.data.get("taps") != "off"):
        return []
    writes: list[Write] = []
    for key in (keys.tap_key(environment_id, tap_id), keys.owner_key(tap_id)):
        item = table.get(key)
        if item is not None and is_there:
            writes.append(Delete(key, item.version))
        elif item is None and not is_there:
            writes.append(Put(key, _data(environment.data, tap_id, now_ns), 0))
    lease = TapLease(id=tap_id, until=TIMESTAMP_MAX_SECONDS, sample="all", only={}, share=1.0, told_at=now_ns // _NS)
    data = cast("Pointer", dict(pointer.data))
    put_leases(data, others if is_there else [*others, lease])
    if data.get("taps") and is_protected(environment.data):
        data["taps_protected"] = True
    return [*writes, Put(pointer.key, data, pointer.version)]


def _data(environment: dict[str, Any], tap_id: str, now_ns: int) -> dict[str, Any]:
    now = time_text(now_ns)
    return {
        "id": tap_id,
        "environment_id": environment["id"],
        "endpoint_id": environment["endpoint_id"],
        "organisation_id": environment["organisation_id"],
        "until": time_text(TIMESTAMP_MAX_SECONDS * _NS),
        "seconds": TIMESTAMP_MAX_SECONDS - now_ns // _NS,
        "sample": "all",
        "only": {"outcome": None, "code": None, "event_name": None},
        "who": _WHO,
        "created_at": now,
        "updated_at": now,
    }
