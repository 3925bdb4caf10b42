"""What changes nothing and stands in the audit log all the same: that events were read, that a destination was tried.

Consoles ask again and again, and pages follow pages. So what a member does with an environment is noted once in an hour
of the clock, whatever they ask for in it.
"""

from contextlib import suppress

from domain.records.audit_entry import audit_entry
from domain.records.caller import Call
from domain.records.change import Catalog, person, time_text
from domain.records.keys import audit_key, noted_key
from domain.records.ports import Conflict, Put
from schemas.items import pointer_key

_HOUR_SECONDS = 3_600


def note(catalog: Catalog, call: Call, action: str, environment_id: str, organisation_id: str | None = None) -> None:
    """Write into an organisation's audit log, the caller's own by default, that the caller did this in this hour."""
    _note(catalog, call, action, {"type": "environment", "id": environment_id}, organisation_id)


def note_for_organisation(catalog: Catalog, call: Call, action: str) -> None:
    """Write into the log of the caller's organisation that the caller did this with it in this hour."""
    _note(catalog, call, action, {"type": "organisation", "id": call.principal.organisation_id}, None)


def _note(catalog: Catalog, call: Call, action: str, subject: dict[str, str], organisation_id: str | None) -> None:
    organisation_id = organisation_id or call.principal.organisation_id
    now_ns = catalog.clock()
    hour = now_ns // 1_000_000_000 // _HOUR_SECONDS * _HOUR_SECONDS
    key = noted_key(organisation_id, f"{hour}#{action}#{subject['id']}#{call.principal.member_id}")
    if catalog.table.get(key) is not None:
        return
    entry_id = catalog.new_id("aud", now_ns // 1_000_000)
    entry = audit_entry(
        entry_id, time_text(now_ns), action, subject, person(call), call.source_ip, before=None, after=None
    )
    with suppress(Conflict):  # another request of theirs was faster
        catalog.table.transact(
            [Put(key, {}, 0, hour + 2 * _HOUR_SECONDS), Put(audit_key(organisation_id, entry_id), entry, 0)]
        )


def note_for_owner(catalog: Catalog, call: Call, action: str, environment_id: str) -> None:
    """Write into the log of the organisation that owns an environment what the operator, of another one, did."""
    pointer = catalog.table.get(pointer_key(environment_id))
    owner = None if pointer is None else pointer.data.get("organisation_id")
    if owner is not None and owner != call.principal.organisation_id:
        note(catalog, call, action, environment_id, owner)
