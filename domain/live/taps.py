"""Taps as the API makes and shows them: leases on an environment while which its events are kept as they came.

    running → ended

What a tap is stands in its item; that handlers have to keep events for it stands in the environment's pointer. Both
are written in one transaction, and the item expires once its events can't be read any more.
"""

from functools import partial
from typing import Any, cast

from domain.catalog.ownership import find_environment
from domain.errors import Rejected
from domain.live import leases
from domain.live.ports import TapStore
from domain.live.reading import Patience, place_from, read_events, wait_for_events
from domain.live.shares import first_share
from domain.live.waiting import place_to_wait
from domain.metering.ports import UsageReader
from domain.records import keys
from domain.records.caller import Call
from domain.records.change import Catalog, Change, Resource, apply, person, time_text
from domain.records.noted import note
from domain.records.pages import page_of
from domain.records.ports import Item, Put, Table
from schemas.codes import Problem
from schemas.items import Pointer, TapLease, pointer_key
from schemas.limits import MAX_TAPS, TAP_KEPT_SECONDS

_NS = 1_000_000_000
_READ = "tap.read"
_INTERNAL = ("organisation_id", "endpoint_id")
_FILTERS = ("outcome", "code", "event_name")


def create_tap(
    catalog: Catalog, usage: UsageReader, call: Call, environment_id: str, asked: dict[str, Any]
) -> Resource:
    """Start a tap; `asked` holds `seconds`, `sample` and, as far as given, `only`.

    Raises:
        Rejected: not_found, taps_off, or limit_reached for too many that run.
        Undelivered: usage can't be read.
    """

    def build(change: Change) -> Resource:
        environment = find_environment(catalog.table, call, environment_id).data
        if environment.get("taps") == "off":
            raise _off()
        now_seconds = change.now_ns // _NS
        pointer, running = _pointer(catalog.table, environment_id, now_seconds)
        if len(running) >= MAX_TAPS:
            raise Rejected(
                Problem.LIMIT_REACHED,
                f"At most {MAX_TAPS} taps of an environment run at the same time; end one, or wait for its end.",
            )
        tap_id = change.new_id("tap")
        lease = TapLease(
            id=tap_id,
            until=now_seconds + asked["seconds"],
            sample=asked["sample"],
            only=asked.get("only", {}),
            share=1.0,
            told_at=now_seconds,
        )
        lease["share"] = first_share(
            usage,
            call.principal.organisation_id,
            environment_id,
            lease["only"],
            leases.rate_of(lease),
            now_seconds,
        )
        data = {
            "id": tap_id,
            "environment_id": environment_id,
            "endpoint_id": environment["endpoint_id"],
            "organisation_id": call.principal.organisation_id,
            "until": time_text(lease["until"] * _NS),
            "seconds": asked["seconds"],
            "sample": asked["sample"],
            "only": {name: lease["only"].get(name) for name in _FILTERS},
            "who": person(call),
            "created_at": change.now,
            "updated_at": change.now,
        }
        expires_at = lease["until"] + TAP_KEPT_SECONDS
        owner = {name: data[name] for name in ("organisation_id", "endpoint_id", "environment_id")}
        change.include(
            [
                Put(keys.tap_key(environment_id, tap_id), data, 0, expires_at),
                Put(keys.owner_key(tap_id), owner, 0, expires_at),
            ]
        )
        _point(change, pointer, environment, [*running, lease])
        what = {name: data[name] for name in ("environment_id", "until", "sample", "only")}
        change.record("tap.create", "tap", tap_id, after=what)
        return _show(Item(keys.tap_key(environment_id, tap_id), 1, data), environment, is_running=True)

    return apply(catalog, call, build)


def list_taps(catalog: Catalog, call: Call, environment_id: str, limit: int, cursor: str | None) -> Resource:
    """Return the taps of an environment that run, oldest first."""
    environment = find_environment(catalog.table, call, environment_id).data
    _, running = _pointer(catalog.table, environment_id, catalog.clock() // _NS)
    found = catalog.table.get_all([keys.tap_key(environment_id, lease["id"]) for lease in running])
    shown = [_show(tap, environment, is_running=True) for tap in found]
    return page_of(shown, limit=limit, cursor=cursor)


def get_tap(catalog: Catalog, call: Call, tap_id: str) -> Resource:
    tap, environment = _own_tap(catalog.table, call, tap_id)
    return _show(tap, environment, is_running=_is_running(catalog, tap))


def delete_tap(catalog: Catalog, call: Call, tap_id: str) -> None:
    """End a tap if it runs, and let nobody read any more what it has kept."""

    def build(change: Change) -> Resource:
        tap, environment = _own_tap(catalog.table, call, tap_id)
        call.check_version(tap.version)
        change.remove(tap)
        owner = catalog.table.get(keys.owner_key(tap_id))
        if owner is not None:
            change.remove(owner)
        pointer, running = _pointer(catalog.table, tap.data["environment_id"], change.now_ns // _NS)
        if any(lease["id"] == tap_id for lease in pointer.data.get("taps", ())):
            _point(change, pointer, environment, [lease for lease in running if lease["id"] != tap_id])
        change.record("tap.delete", "tap", tap_id, before={"environment_id": tap.data["environment_id"]})
        return {}

    apply(catalog, call, build)


def list_tapped_events(
    catalog: Catalog,
    store: TapStore,
    patience: Patience,
    call: Call,
    tap_id: str,
    *,
    after: str | None,
    limit: int,
    wait_seconds: int,
) -> Resource:
    """Return events of a tap, oldest first, waiting for some where there are none; noted in the audit log.

    Raises:
        Rejected: not_found, taps_off, or invalid_request for a cursor that is none.
        Undelivered: the store can't be reached.
    """
    tap, environment = _own_tap(catalog.table, call, tap_id)
    if environment.get("taps") == "off":
        raise _off()
    place = place_from(after)
    note(catalog, call, _READ, environment["id"])
    is_running = _is_running(catalog, tap)
    page = wait_for_events(
        lambda: read_events(store, tap_id, place, limit, catalog.clock() / _NS),
        wait_seconds if is_running else 0,
        patience,
        partial(place_to_wait, catalog.table, catalog.clock, call.principal.organisation_id),
    )
    return {
        "items": page.events,
        "cursor": page.following.cursor,
        "left_out": page.left_out,
        "dropped": page.dropped,
        "state": "running" if is_running else "ended",
    }


def _pointer(table: Table, environment_id: str, now_seconds: int) -> tuple[Item, list[TapLease]]:
    """Return an environment's pointer, and the leases in it that have not expired."""
    pointer = table.get(pointer_key(environment_id))
    if pointer is None:
        raise Rejected(Problem.NOT_FOUND, "There is no such environment.")
    return pointer, leases.running(pointer.data, now_seconds)


def _point(change: Change, pointer: Item, environment: dict[str, Any], running: list[TapLease]) -> None:
    data = cast("Pointer", dict(pointer.data))
    leases.put_leases(data, running)
    if running and leases.is_protected(environment):
        data["taps_protected"] = True
    change.replace(pointer, data)


def _own_tap(table: Table, call: Call, tap_id: str) -> tuple[Item, dict[str, Any]]:
    """Return a tap of the organisation, and its environment's data."""
    owner = table.get(keys.owner_key(tap_id))
    if owner is None or owner.data["organisation_id"] != call.principal.organisation_id:
        raise _not_found()
    tap = table.get(keys.tap_key(owner.data.get("environment_id", ""), tap_id))
    if tap is None:
        raise _not_found()
    return tap, find_environment(table, call, tap.data["environment_id"]).data


def _is_running(catalog: Catalog, tap: Item) -> bool:
    _, running = _pointer(catalog.table, tap.data["environment_id"], catalog.clock() // _NS)
    return any(lease["id"] == tap.data["id"] for lease in running)


def _show(tap: Item, environment: dict[str, Any], *, is_running: bool) -> Resource:
    shown = {name: value for name, value in tap.data.items() if name not in _INTERNAL}
    return {
        **shown,
        "state": "running" if is_running else "ended",
        "protected": leases.is_protected(environment),
        "version": tap.version,
    }


def _off() -> Rejected:
    return Rejected(
        Problem.TAPS_OFF,
        "This environment's setting `taps` is `off`, so that nobody reads its live events. Change the setting first.",
    )


def _not_found() -> Rejected:
    return Rejected(Problem.NOT_FOUND, "There is no such tap: it was deleted, or ended more than an hour ago.")
