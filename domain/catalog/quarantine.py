"""The quarantine as the API shows it: groups with their counts, and events as they came."""

import base64
import binascii
import json
import re
from dataclasses import replace
from typing import Any, NamedTuple

from domain.catalog.ownership import find_environment
from domain.errors import FaultyRequest, Rejected
from domain.quarantine.filters import QuarantineFilter
from domain.quarantine.ports import Group, GroupKey
from domain.quarantine.reading import Found, Quarantine, position_from_text, read_page, read_samples
from domain.quarantine.trends import Trends
from domain.records.caller import Call
from domain.records.change import Catalog, Resource, time_text
from domain.records.moments import milliseconds_from
from domain.records.noted import note
from schemas.codes import Problem
from schemas.limits import MAX_SHOWN_RAW_BYTES

_HOUR_SECONDS = 3_600
READ = "quarantine.read"
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class Asked(NamedTuple):
    """A filter as it came; None is what was left out. Times are RFC 3339."""

    code: str | None = None
    pointer: str | None = None
    revision_id: str | None = None
    start: str | None = None
    end: str | None = None
    event_name: str | None = None


def filter_from(asked: Asked, now_ns: int, kept_days: int, at: str = "") -> QuarantineFilter:
    """Return the filter, its times rounded to whole hours; without times, all that is kept.

    Raises:
        Rejected: invalid_request for a time that is none, or two in the wrong order; pointers start with `at`.
    """
    now = now_ns // 1_000_000_000
    end = now + 1 if asked.end is None else -(-milliseconds_from(asked.end, f"{at}/to") // 1_000)
    oldest = now - kept_days * 24 * _HOUR_SECONDS
    start = oldest if asked.start is None else milliseconds_from(asked.start, f"{at}/from") // 1_000
    start, end = start // _HOUR_SECONDS * _HOUR_SECONDS, -(-end // _HOUR_SECONDS) * _HOUR_SECONDS
    if start >= end:
        raise FaultyRequest([{"pointer": f"{at}/from", "code": "order", "message": "Must be before `to`."}])
    return QuarantineFilter(start, end, asked.code, asked.pointer, asked.revision_id, asked.event_name)


def show_quarantine(
    catalog: Catalog,
    quarantine: Quarantine,
    call: Call,
    environment_id: str,
    asked: Asked,
    *,
    samples: int,
    limit: int,
    cursor: str | None,
) -> Resource:
    """Return one page of groups, the largest first, and on the first page some of the events that are meant.

    That events were shown is noted in the audit log.
    """
    find_environment(catalog.table, call, environment_id)
    wanted = filter_from(asked, catalog.clock(), quarantine.kept_days)
    everything = quarantine.index.groups(environment_id, wanted.start, wanted.end)
    meant = [group for group in everything if wanted.has_group(group.key) and not group.key.is_total]
    groups = _summed(meant)
    trends = Trends(wanted.start, wanted.end, meant)
    after = None if cursor is None else _group_position(cursor)
    rest = [group for group in groups if after is None or _order(group) > after]
    following = _cursor(json.dumps(_order(rest[limit - 1]))) if len(rest) > limit else None
    found = [] if cursor is not None else read_samples(quarantine, environment_id, wanted, samples)
    if found:
        note(catalog, call, READ, environment_id)
    all_of_name = replace(wanted, code=None, pointer=None)
    totals = [group for group in everything if group.key.is_total and all_of_name.has_group(group.key)]
    return {
        "from": time_text(wanted.start * 1_000_000_000),
        "to": time_text(wanted.end * 1_000_000_000),
        "events": sum(group.events - group.redriven for group in totals),
        "redriven": sum(group.redriven for group in totals),
        "trend_slice": trends.slice_name,
        "trend_from": time_text(trends.start * 1_000_000_000),
        "items": [{**_show_group(group), "trend": trends.of(group.key)} for group in rest[:limit]],
        "next": following,
        "samples": [_show_event(one) for one in found],
    }


def list_events(
    catalog: Catalog,
    quarantine: Quarantine,
    call: Call,
    environment_id: str,
    asked: Asked,
    *,
    limit: int,
    cursor: str | None,
) -> Resource:
    """Return one page of the events that are meant; it may be short although more follow.

    That events were shown is noted in the audit log.
    """
    find_environment(catalog.table, call, environment_id)
    wanted = filter_from(asked, catalog.clock(), quarantine.kept_days)
    try:
        after = None if cursor is None else position_from_text(_text_of(cursor))
    except ValueError:
        raise _bad_cursor() from None
    page = read_page(quarantine, environment_id, wanted, limit, after)
    if page.found:
        note(catalog, call, READ, environment_id)
    following = None if page.ended_at is None else _cursor(page.ended_at.text())
    return {"items": [_show_event(one) for one in page.found], "next": following}


def _summed(groups: list[Group]) -> list[Group]:
    """Return each group once, over all hours, the one with the most events in quarantine first."""
    sums: dict[GroupKey, Group] = {}
    for group in groups:
        so_far = sums.get(group.key)
        sums[group.key] = (
            group
            if so_far is None
            else so_far._replace(
                events=so_far.events + group.events,
                redriven=so_far.redriven + group.redriven,
                first_seen=min(so_far.first_seen, group.first_seen),
                last_seen=max(so_far.last_seen, group.last_seen),
            )
        )
    return sorted(sums.values(), key=_order)


def _order(group: Group) -> list[Any]:
    return [group.redriven - group.events, *group.key[:3]]  # in one list the name of events is the same


def _show_group(group: Group) -> Resource:
    return {
        "revision_id": group.key.revision_id,
        "code": group.key.code,
        "pointer": group.key.pointer,
        "count": group.events - group.redriven,
        "redriven": group.redriven,
        "first_seen": group.first_seen,
        "last_seen": group.last_seen,
    }


def _show_event(found: Found) -> Resource:
    event = found.event
    return {
        "event_id": event.event_id,
        "received_at": event.received_at,
        "revision_id": event.revision_id,
        "event_name": event.event_name,
        "index": event.index,
        "errors": [dict(error) for error in event.errors],
        "more": event.more,
        "content_type": event.content_type,
        "user_agent": event.user_agent,
        "protocol": event.protocol,
        "source_ip": event.source_ip,
        **shown_text(event.raw),
        "raw_bytes": event.raw_bytes,
        "kept_bytes": len(event.raw),
        "protected": list(event.protected),
        "redacted": event.is_redacted,
        "object": found.object_key,
    }


def shown_text(text: bytes) -> Resource:
    """Return an event's text, or base64 where it is none that JSON shows well; cut after so many bytes."""
    raw, is_cut = text[:MAX_SHOWN_RAW_BYTES], len(text) > MAX_SHOWN_RAW_BYTES
    try:
        # A cut may go through a character.
        decoded = raw.decode() if not is_cut else raw.decode(errors="ignore")
        is_text = not _UNSHOWABLE.search(decoded) and (not is_cut or len(raw) - len(decoded.encode()) <= 3)
    except UnicodeDecodeError:
        decoded, is_text = "", False
    encoded = None if is_text else binascii.b2a_base64(raw, newline=False).decode("ascii")
    return {"raw": decoded if is_text else None, "raw_base64": encoded, "truncated": is_cut}


def _cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _text_of(cursor: str) -> str:
    return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()


def _group_position(cursor: str) -> list[Any]:
    try:
        position = json.loads(_text_of(cursor))
    except ValueError:
        raise _bad_cursor() from None
    if not isinstance(position, list) or [type(part) for part in position] != [int, str, str, str]:
        raise _bad_cursor()
    return position


def _bad_cursor() -> Rejected:
    return Rejected(
        Problem.INVALID_REQUEST,
        "The cursor is not one of this list; take it from `next` of the page before.",
        errors=[{"pointer": "/cursor", "code": "cursor", "message": "Is not a cursor of this list."}],
    )
