"""What the operator of a deployment may see and do of the events that destinations refused, of every organisation."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from domain.access.operator import check_operator
from domain.catalog.delivered_environments import find_delivered
from domain.catalog.environment_names import named_environments
from domain.errors import Rejected
from domain.operations.set_aside import SetAside, SetAsideObject
from domain.records.caller import Call
from domain.records.change import Catalog, Change, Resource, apply, remember_answer, stored_answer
from domain.records.noted import note_for_owner
from schemas.codes import Problem
from schemas.limits import MAX_NEWER_TABLES, MAX_SET_ASIDE_BYTES_READ, MAX_SET_ASIDE_REDRIVEN

_GONE = "It is not there; it may have been sent again."
_NOT_REACHED = "The objects before it were too large for one request; ask for it again."
_NO_ENVIRONMENT = "Its environment is gone, and where its events went is not known any more."
_NO_TABLE = (
    "Its environment has no table of that revision: it never ran it, or has one table for all revisions, or none."
)
_NO_CREDENTIALS = "The credentials of its destination are gone, as they are an hour after their environment."


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which objects: those that every field says that is not None."""

    ids: list[str] | None = None
    environment_id: str | None = None
    reason: str | None = None
    revision_id: str | None = None
    """Not which objects, but to whose table their events go; None for that of each one's own revision."""
    cursor: str | None = None

    def takes(self, item: SetAsideObject) -> bool:
        if self.environment_id is not None and item.environment_id != self.environment_id:
            return False
        return self.reason is None or self.reason in item.reasons

    def shown(self) -> dict[str, Any]:
        return {"ids": self.ids, "environment_id": self.environment_id, "reason": self.reason} | (
            {} if self.revision_id is None else {"revision_id": self.revision_id}
        )


def list_set_aside(
    catalog: Catalog, set_aside: SetAside, call: Call, limit: int, cursor: str | None, environment_id: str | None
) -> Resource:
    """Return a page of objects, with how many events each holds and why they were refused, and none of them."""
    check_operator(catalog, call)
    items, following = _page(set_aside, limit, cursor, environment_id)
    named = named_environments(catalog.table, (item.environment_id for item in items))
    tables = _Tables(catalog)
    return {"items": [_show(item, named, tables) for item in items], "next": following}


def get_set_aside(catalog: Catalog, set_aside: SetAside, call: Call, object_id: str, limit: int) -> Resource:
    """Return an object with its first lines, and note in the audit log that they were read, and in its owner's."""
    check_operator(catalog, call)
    found = set_aside.find(object_id, limit)
    if found is None:
        raise Rejected(Problem.NOT_FOUND, "There is no such object of set-aside events; list them again.")
    item, lines = found
    note_for_owner(catalog, call, "set_aside.read", item.environment_id)

    def build(change: Change) -> Resource:
        change.record("set_aside.read", "set_aside", object_id, after={"lines": len(lines)})
        return {
            **_show(item, named_environments(catalog.table, [item.environment_id]), _Tables(catalog)),
            "lines": lines,
        }

    return apply(catalog, call, build)


def redrive_set_aside(catalog: Catalog, set_aside: SetAside, call: Call, wanted: Wanted, *, dry_run: bool) -> Resource:
    """Send the events of some objects to their destinations again, or say of how many that would be.

    A call goes through a bounded number of objects, and says where the next one has to begin. An object goes whole,
    also where `wanted` names one of its reasons: what is refused again is set aside again. It is in the audit log
    before anything is sent.
    """
    check_operator(catalog, call)
    stored = stored_answer(catalog.table, call)
    if stored is not None:
        return stored
    items, skipped, following = _wanted_items(set_aside, wanted)
    if items and not dry_run:
        _record(catalog, call, wanted, items)
    objects = events = 0
    why_not: dict[str, str | None] = {}
    for item in items:
        environment_id = item.environment_id
        if environment_id not in why_not:
            why_not[environment_id] = _why_not(catalog, environment_id, wanted.revision_id)
        reason, count = why_not[environment_id], item.events
        if reason is None and not dry_run:
            reason, count = _send(set_aside, item.id, wanted.revision_id)
        if reason is not None:
            skipped.append({"id": item.id, "reason": reason})
            continue
        objects += 1
        events += count
    answer = {"dry_run": dry_run, "objects": objects, "events": events, "skipped": skipped, "next": following}
    return remember_answer(catalog, call, answer, size_chars=0)


def _wanted_items(set_aside: SetAside, wanted: Wanted) -> tuple[list[SetAsideObject], list[dict[str, str]], str | None]:
    """Return objects, those that are named and can't be among them with the reasons, and where to go on."""
    skipped: list[dict[str, str]] = []
    if wanted.ids is None:
        page, following = _page(set_aside, MAX_SET_ASIDE_REDRIVEN, wanted.cursor, wanted.environment_id)
        return list(filter(wanted.takes, page)), skipped, following
    items: list[SetAsideObject] = []
    for object_id in dict.fromkeys(wanted.ids):
        if sum(item.bytes for item in items) >= MAX_SET_ASIDE_BYTES_READ:
            skipped.append({"id": object_id, "reason": _NOT_REACHED})
        elif (item := set_aside.look(object_id)) is None:
            skipped.append({"id": object_id, "reason": _GONE})
        else:
            items.append(item)
    return list(filter(wanted.takes, items)), skipped, None


def _send(set_aside: SetAside, object_id: str, revision_id: str | None) -> tuple[str | None, int]:
    try:
        count = set_aside.send_again(object_id, revision_id)
    except ValueError as error:
        return str(error), 0
    return (_GONE, 0) if count is None else (None, count)


def _why_not(catalog: Catalog, environment_id: str, revision_id: str | None) -> str | None:
    """Return why nothing can be delivered for an environment, or not to that revision's table; None if it can."""
    environment = find_delivered(catalog.table, environment_id)
    if environment is None:
        return _NO_ENVIRONMENT
    kind = environment["destination"]["type"]
    if catalog.connectors(kind) is None:
        return f"This deployment does not deliver to {kind} any more."
    if revision_id is not None and revision_id not in {row["revision_id"] for row in _tables(catalog, environment)}:
        return _NO_TABLE
    secret = environment.get("secret")
    return _NO_CREDENTIALS if secret is not None and catalog.secrets.get(secret) is None else None


def _record(catalog: Catalog, call: Call, wanted: Wanted, items: list[SetAsideObject]) -> None:
    """Write into the audit log what is about to be sent; the answer is stored once it is known."""

    def build(change: Change) -> Resource:
        after = {**wanted.shown(), "objects": len(items), "events": sum(item.events for item in items)}
        change.record("set_aside.redrive", "deployment", "set-aside", after=after)
        return {}

    apply(catalog, replace(call, idempotency=None), build)


def _page(
    set_aside: SetAside, limit: int, cursor: str | None, environment_id: str | None
) -> tuple[list[SetAsideObject], str | None]:
    try:
        return set_aside.page(limit, cursor, environment_id)
    except ValueError as error:
        row = {"pointer": "/cursor", "code": "cursor", "message": "Is not a cursor of this list."}
        raise Rejected(Problem.INVALID_REQUEST, "The cursor is none of this list.", errors=[row]) from error


def _tables(catalog: Catalog, environment: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the tables of an environment's revisions, the newest last; none where it has none, or one for all."""
    connector = catalog.connectors(environment["destination"]["type"])
    if connector is None or not connector.capabilities.has_tables or connector.capabilities.shares_table:
        return []
    return list(environment.get("tables") or ())


class _Tables:
    """The tables of environments, each looked up once."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._known: dict[str, list[dict[str, str]]] = {}

    def newer(self, item: SetAsideObject) -> list[dict[str, str]]:
        """Return the newest tables, of those that came after all that the events of an object were for."""
        environment_id = item.environment_id
        if environment_id not in self._known:
            environment = find_delivered(self._catalog.table, environment_id)
            self._known[environment_id] = [] if environment is None else _tables(self._catalog, environment)
        tables = self._known[environment_id]
        last = max((place for place, row in enumerate(tables) if row["revision_id"] in item.revision_ids), default=-1)
        return tables[last + 1 :][-MAX_NEWER_TABLES:]


def _show(item: SetAsideObject, named: Mapping[str, Resource], tables: _Tables) -> Resource:
    shown = item._asdict()
    del shown["revision_ids"]
    return {
        **shown,
        "newer_tables": tables.newer(item),
        "environment": named.get(item.environment_id),
        "reasons": [{"reason": reason, "events": count} for reason, count in item.reasons.items()],
    }
