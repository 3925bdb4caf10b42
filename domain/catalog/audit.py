"""Reading the audit log, newest first.

Entries stand in order of time, of all subjects and actors. A search by subject, actor or action passes over those
that don't match, and stops after a bounded number: the page may then be short, and its cursor goes on from there.
"""

from typing import Any

from domain.ids import first_id
from domain.records import keys
from domain.records.caller import Call
from domain.records.change import Catalog, Resource
from domain.records.moments import milliseconds_from
from domain.records.pages import cursor_from, sort_key_from
from schemas.limits import DEFAULT_PAGE_ITEMS, MAX_AUDIT_ENTRIES_READ

_BATCH = 200


def list_audit(
    catalog: Catalog,
    call: Call,
    *,
    subject: str | None = None,
    actor: str | None = None,
    action: str | None = None,
    start: str | None = None,
    end: str | None = None,
    limit: int = DEFAULT_PAGE_ITEMS,
    cursor: str | None = None,
) -> Resource:
    """Return one page of the organisation's entries.

    Args:
        catalog: the catalog.
        call: who asks.
        subject: the id of what was changed.
        actor: the id of the member, or of the token, that changed it.
        action: an action, such as `environment.change`, or what it begins with: `environment` for all of them.
        start: RFC 3339, inclusive.
        end: RFC 3339, exclusive.
        limit: entries on a page.
        cursor: `next` of the page before.

    Raises:
        Rejected: (invalid_request) a time or the cursor is none.
    """
    oldest = _bound(start, "/from")
    after = _bound(end, "/to") or None
    if cursor is not None:
        position = sort_key_from(cursor, keys.AUDIT_ENTRIES)
        after = min(after, position) if after else position
    group = keys.audit_group(call.principal.organisation_id)
    found: list[dict[str, Any]] = []
    for _ in range(MAX_AUDIT_ENTRIES_READ // _BATCH):
        batch = catalog.table.query(group, prefix=keys.AUDIT_ENTRIES, after=after, limit=_BATCH, descending=True)
        for item in batch:
            if item.key.sk < oldest:
                return {"items": found, "next": None}
            if _matches(item.data, subject, actor, action):
                if len(found) == limit:
                    return {"items": found, "next": cursor_from(found[-1]["id"])}
                found.append(item.data)
        if len(batch) < _BATCH:
            return {"items": found, "next": None}
        after = batch[-1].key.sk
    assert after
    return {"items": found, "next": cursor_from(after)}


def _bound(text: str | None, pointer: str) -> str:
    """Return where entries of this moment begin; nothing, which sorts before all, for no moment."""
    return "" if text is None else first_id("aud", max(0, milliseconds_from(text, pointer)))


def _matches(entry: dict[str, Any], subject: str | None, actor: str | None, action: str | None) -> bool:
    return (
        (subject is None or entry["subject"]["id"] == subject)
        and (actor is None or actor in {entry["actor"]["member_id"], entry["actor"]["token_id"]})
        and (action is None or action in {entry["action"], entry["action"].partition(".")[0]})
    )
