"""Mixpanel's ingestion API: events, what is set of people and groups, and imports; by POST and by GET.

https://docs.mixpanel.com/reference/track-event
https://docs.mixpanel.com/reference/import-events
https://docs.mixpanel.com/reference/profile-set
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import repeat
from typing import Any

from domain.errors import Rejected
from domain.forms import form_value
from domain.msgspec_core import UNSET, Raw, Struct, UnsetType
from domain.protocols.shared.making import made_within_bounds
from domain.protocols.shared.members import (
    NULL,
    Event,
    are_texts,
    as_text,
    members_of,
    own_ids_of,
    read_documents,
    read_events,
    value_of,
    write_event,
    write_events,
)
from domain.protocols.shared.reading import json_of_request, stripped
from domain.protocols.shared.shape import Ending, Made, Protocol, Reply, Result, Sent, Translated
from domain.protocols.shared.times import (
    Moment,
    all_from_unix,
    as_members,
    moment_from_ns,
    moment_from_unix,
    moments_from_unix,
    written_moment,
)

_IMPORT = "/import"
_TEXT = "text/plain"
_EVENT = Raw(b'"event"')
_KINDS = {"/engage": b'"people"', "/groups": b'"group"'}
_KEYS = ("token", "$token", "api_key")
_RENAMED = {"$distinct_id": "distinct_id", "$group_key": "group_key", "$group_id": "group_id", "$time": "time"}
"""Of what is set of people and groups: its name in the request, its name in the event."""
_IDS = frozenset({"distinct_id", "group_id"})
_METADATA, _ID_OF_PHONES = "$mp_metadata", "$mp_event_id"
_OPERATIONS = ("$set", "$set_once", "$add", "$append", "$union", "$remove", "$unset", "$delete")
_FIRST_IN_MILLISECONDS = 100_000_000_000  # a number below that counts seconds
_FIRST_DIGITS_IN_MILLISECONDS = 12
_FIRST_MOMENT_IN_MILLISECONDS = moment_from_ns(_FIRST_IN_MILLISECONDS * 1_000_000)
_MOMENT_IN_BETWEEN = moment_from_ns(_FIRST_IN_MILLISECONDS * 1_000_000_000)
_SECONDS, _MILLISECONDS = 1, 1_000


class _Event(Struct, forbid_unknown_fields=True, gc=False, rename={"metadata": _METADATA}):
    """What happened, as nearly all senders say it."""

    event: Raw
    properties: Event
    metadata: Raw | UnsetType = UNSET


class _Written(Struct, gc=False, rename={"metadata": _METADATA}):
    """What happened, as it is written: what tells an event from others is said beside its properties, too."""

    event: Raw
    properties: Event
    metadata: Raw | UnsetType
    kind: Raw
    time: Raw | UnsetType
    insert_id: Raw | UnsetType
    distinct_id: Raw | UnsetType


def _translate(sent: Sent) -> Translated:
    key = _field(sent, "api_key")
    kind = _KINDS.get(sent.route)
    events: Iterable[Any]
    if sent.route == _IMPORT and stripped(sent.body).startswith(b"{"):
        events = (event for event, _ in read_documents(stripped(sent.body)))
    else:
        events = read_events(json_of_request(sent), Event if kind else _Event)
    keys: list[Raw] = []
    if kind:
        made = made_within_bounds(events, partial(_profiles, keys, kind))
    else:
        made = made_within_bounds(events, partial(_made, keys), partial(_made_of_odd, keys))
    return Translated(made, [key, *keys], type(events) is list)


def _made(keys: list[Raw], events: Sequence[_Event]) -> list[Made]:
    """Return what happened."""
    properties = [event.properties for event in events]
    keys += [held.pop("token", NULL) for held in properties]
    for held in properties:
        if "$token" in held or "api_key" in held:
            _take_keys(held, keys)
    times, insert_ids = _members(properties, "time"), _members(properties, "$insert_id")
    distinct_ids = _members(properties, "distinct_id")
    if not are_texts(distinct_ids):
        distinct_ids = list(map(as_text, distinct_ids))
    written = map(
        _Written,
        [event.event for event in events],
        properties,
        [event.metadata for event in events],
        repeat(_EVENT),
        _there(_written_times(times)),
        _there(insert_ids),
        _there(distinct_ids),
    )
    texts = write_events(list(written))
    own_ids = own_ids_of(insert_ids)
    if None in own_ids:
        own_ids = [own_id or _id_of_phones(event.metadata) for own_id, event in zip(own_ids, events, strict=True)]
    return list(map(Made, texts, own_ids))


def _members(of_all: Sequence[Event], name: str) -> list[Raw]:
    """Return the members of this name, `NULL` where there is none."""
    try:
        return [held[name] for held in of_all]
    except KeyError:
        return [held.get(name, NULL) for held in of_all]


def _there(members: list[Raw]) -> Sequence[Raw | UnsetType]:
    """Return members; `UNSET` for what is null."""
    return [UNSET if member == NULL else member for member in members] if NULL in members else members


def _made_of_odd(keys: list[Raw], event: Event) -> Made:
    """Return what happened, where its sender says more of it, or less, or has no object for its properties."""
    _take_keys(event, keys)
    event["kind"] = _EVENT
    properties = members_of(event["properties"]) if "properties" in event else None
    insert_id = NULL
    if properties is not None:
        _take_keys(properties, keys)
        event["properties"] = Raw(write_event(properties))
        (time,) = _written_times([properties.get("time", NULL)])
        insert_id = properties.get("$insert_id", NULL)
        beside = {"time": time, "insert_id": insert_id, "distinct_id": as_text(properties.get("distinct_id", NULL))}
        event |= {name: member for name, member in beside.items() if member != NULL and event.get(name, NULL) == NULL}
    return Made(write_event(event), own_ids_of([insert_id])[0] or _id_of_phones(event.get(_METADATA, UNSET)))


def _profiles(keys: list[Raw], kind: bytes, updates: Sequence[Event]) -> list[Made]:
    """Return what is set of people or groups; only SDKs for phones give it an id."""
    return [_profile(keys, kind, update) for update in updates]


def _profile(keys: list[Raw], kind: bytes, update: Event) -> Made:
    _take_keys(update, keys)
    properties = members_of(update["properties"]) if "properties" in update else None
    if properties is not None and any(name in properties for name in _KEYS):  # of an event, which has its own route
        _take_keys(properties, keys)
        update["properties"] = Raw(write_event(properties))
    event = {"kind": Raw(kind)}
    operations = {name: update.pop(name) for name in _OPERATIONS if name in update}
    for name, member in update.items():
        known = _RENAMED.get(name)
        if known is None:
            if name not in event:
                event[name] = member
        elif known == "time":
            (event[known],) = _written_times([member])
        else:
            event[known] = as_text(member) if known in _IDS else member
    if operations:
        event["operations"] = Raw(write_event(operations))
    return Made(write_event(event), _id_of_phones(event.get(_METADATA, UNSET)))


def _id_of_phones(metadata: Raw | UnsetType) -> Raw | None:
    """Return the id that Mixpanel's SDKs for phones give what they queue, events and updates."""
    held = None if metadata is UNSET else members_of(metadata)
    return None if held is None else own_ids_of([held.get(_ID_OF_PHONES, NULL)])[0]


def _take_keys(held: Event, keys: list[Raw]) -> None:
    keys += [held.pop(name) for name in _KEYS if name in held]


def _written_times(members: Sequence[Raw]) -> list[Raw]:
    """Return times in seconds or milliseconds as they are written; what is none as it came."""
    # All are most likely in the unit of the first.
    digits = len(bytes(members[0]).partition(b".")[0]) if members else 0
    units = _SECONDS if digits < _FIRST_DIGITS_IN_MILLISECONDS else _MILLISECONDS
    moments = all_from_unix(members, units)
    if moments is None or (units == _MILLISECONDS and min(moments) < _FIRST_MOMENT_IN_MILLISECONDS):
        return [_written_time(member) for member in members]
    return as_members(moments)


def _written_time(member: Raw) -> Raw:
    moment = _moment(member)
    return member if moment is None else Raw(written_moment(moment))


def _moment(member: Raw) -> Moment | None:
    value = value_of(member)
    if type(value) is str:
        moment = moment_from_unix(value, _SECONDS)
        if moment is not None and moment < _MOMENT_IN_BETWEEN:
            return moment
        return moment_from_unix(value, _MILLISECONDS)
    if type(value) is bool or not isinstance(value, (int, float)):
        return None
    return moments_from_unix([member], _MILLISECONDS if value >= _FIRST_IN_MILLISECONDS else _SECONDS)[0]


def _field(sent: Sent, name: str) -> str | None:
    """Return a parameter of the query, or of the form that the body is."""
    value = sent.query.get(name)
    if value is None and sent.method == "POST" and not stripped(sent.body).startswith((b"{", b"[")):
        return form_value(sent.body, name.encode()).decode("utf-8", "replace") or None
    return value


def _answer(result: Result) -> Reply:
    is_kept = result.ending is Ending.KEPT
    status = 200 if is_kept else result.status
    is_image = _said(result, "img") == "1"
    if not _is_told_in_json(result):
        return Reply(status, b"1" if is_kept else b"0", is_image=is_image)
    told: Mapping[str, Any]
    if not is_kept:
        told = {"status": 0, "error": result.native.get("message", "")}
        if _is_strict_import(result):
            told = {**told, "code": status}
    elif result.route == _IMPORT:
        kept = result.native.get("accepted", 0) + result.native.get("quarantined", 0)
        done = "OK" if _is_strict_import(result) else 1
        told = {"code": 200, "status": done, "error": None, "num_records_imported": kept}
    else:
        told = {"status": 1, "error": None}
    return Reply(status, {**result.native, **told}, is_image=is_image)


def _is_told_in_json(result: Result) -> bool:
    """Say whether the sender reads JSON: it says so, or sends JSON, or its request was refused unread."""
    verbose = _said(result, "verbose")
    if verbose is not None:
        return verbose == "1"
    sent = result.sent
    if result.route == _IMPORT or sent is None:
        return True
    # The SDK for Go sends what is set of people as JSON, and asks for a text.
    return stripped(sent.body).startswith((b"{", b"[")) and sent.headers.get("accept", "") != _TEXT


def _is_strict_import(result: Result) -> bool:
    """Say whether a sender imports as the API is documented: the SDKs for Java and Go do, those before them don't."""
    return result.route == _IMPORT and "strict" in result.query


def _said(result: Result, name: str) -> str | None:
    try:
        return result.query.get(name) if result.sent is None else _field(result.sent, name)
    except Rejected:  # a form says it twice: an answer has to be given all the same
        return None


PROTOCOL = Protocol(
    translate=_translate,
    answer=_answer,
    key_parameters=_KEYS,
    has_credentials=True,
)
