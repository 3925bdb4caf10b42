"""Segment's tracking API, as RudderStack and Jitsu speak it too: calls alone or in batches, as an image, by a beacon.

https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
https://segment.com/docs/connections/spec/common/
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, NamedTuple

from domain.msgspec_core import UNSET, Meta, Raw, Struct, UnsetType
from domain.protocols.shared.making import made_of_one, made_within_bounds
from domain.protocols.shared.members import (
    NULL,
    Body,
    Event,
    as_text,
    members_of,
    read_batch,
    read_event,
    text_of,
    with_members,
    write_event,
    write_events,
)
from domain.protocols.shared.reading import json_from_parameter, stripped
from domain.protocols.shared.shape import Ending, Made, Protocol, Reply, Result, Sent, Translated
from domain.protocols.shared.times import Moment, SenderClock, moment_from_ns, written_moment
from schemas.codes import Problem

_BATCHES = frozenset({"/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch"})
_CALLS = ("track", "identify", "page", "screen", "group", "alias")
_CALL_OF_NAME = {name: Raw(f'"{call}"'.encode()) for call in _CALLS for name in (call, call[0])}
_KEY = "writeKey"
_NEVER_KEPT = ("integrations", "_metadata")
_IDS = ("userId", "anonymousId", "groupId", "previousId", "messageId")
_TIMESTAMP = b',"timestamp":'
_TIMESTAMP_BYTES = len(',"timestamp":"2026-11-28T13:46:45.131456Z"')

_STATUS = {Problem.DELETED: 404}  # the SDKs repeat what is answered 410


_HeldId = Annotated[str, Meta(max_length=1_000)]
"""An id that is held to the end of its request: a long one stays JSON text, since one emoji makes a text four times."""


class _Call(
    Struct,
    omit_defaults=True,
    forbid_unknown_fields=True,
    gc=False,
    rename={
        "user_id": "userId",
        "anonymous_id": "anonymousId",
        "group_id": "groupId",
        "previous_id": "previousId",
        "message_id": "messageId",
        "original_timestamp": "originalTimestamp",
        "sent_at": "sentAt",
        "metadata": "_metadata",
        "write_key": "writeKey",
    },
):
    """A call as nearly all are, in the order in which it is written: what changes from try to try comes last."""

    type: Raw | UnsetType = UNSET
    event: Raw | UnsetType = UNSET
    name: Raw | UnsetType = UNSET
    category: Raw | UnsetType = UNSET
    channel: Raw | UnsetType = UNSET
    user_id: str | UnsetType | None = UNSET
    anonymous_id: str | UnsetType | None = UNSET
    group_id: str | UnsetType | None = UNSET
    previous_id: str | UnsetType | None = UNSET
    message_id: _HeldId | UnsetType | None = UNSET
    properties: Raw | UnsetType = UNSET
    traits: Raw | UnsetType = UNSET
    context: Raw | UnsetType = UNSET
    original_timestamp: Raw | UnsetType = UNSET
    timestamp: Raw | UnsetType = UNSET
    sent_at: Raw | UnsetType = UNSET
    integrations: Raw | UnsetType = UNSET
    metadata: Raw | UnsetType = UNSET
    write_key: Raw | UnsetType = UNSET


class _Batch(Body, rename="camel"):
    batch: list[_Call]
    sent_at: Raw = NULL
    write_key: Raw = NULL
    context: Raw = NULL


class _Sending(NamedTuple):
    """What a request says of all its calls.

    `keys` gathers the keys that stand in calls. What a call says itself counts before the request's clock and context;
    `call` is what kind of call the route makes of one that does not say it.
    """

    clock: "_Clock"
    received: Moment
    keys: list[str | None]
    call: Raw | None = None
    context: Raw = NULL


class _Clock(NamedTuple):
    """When a request or a call was sent: as a clock, as it is written, and how many bytes that takes with the end."""

    times: SenderClock
    sent_at: Raw | UnsetType
    end_bytes: int


_NO_CLOCK = _Clock(SenderClock(None, moment_from_ns(0)), UNSET, len("}"))


def _translate(sent: Sent) -> Translated:
    received = moment_from_ns(sent.received_ns)
    text = json_from_parameter(sent.query.get("data", "")) if sent.method == "GET" else stripped(sent.body)
    if not text:
        return Translated([])
    if sent.route in _BATCHES:
        return _translate_batch(text, received)
    sending = _Sending(_NO_CLOCK, received, [], _CALL_OF_NAME[sent.route.rpartition("/")[2]])
    made = made_of_one(read_event(text, _Call), partial(_made, sending), partial(_made_of_odd, sending))
    return Translated(made, sending.keys)


def _translate_batch(text: bytes, received: Moment) -> Translated:
    body, events = read_batch(text, _Batch, "batch")
    keys = [] if body.write_key is NULL else [text_of(body.write_key)]
    clock = _clock(body.sent_at, received)
    sending = _Sending(clock, received, keys, None, body.context)
    made = made_within_bounds(
        events,
        partial(_made, sending),
        partial(_made_of_odd, sending),
        added_bytes=clock.end_bytes + len(bytes(body.context)),
    )
    return Translated(made, keys, type(events) is list)


def _clock(sent_at: Raw, received: Moment) -> _Clock:
    if sent_at == NULL:
        return _NO_CLOCK
    clock = SenderClock(text_of(sent_at), received)
    written = bytes(sent_at) if clock.sent is None else written_moment(clock.sent)
    return _Clock(clock, Raw(written), len(',"sentAt":}') + len(written))


def _made(sending: _Sending, calls: Sequence[_Call]) -> list[Made]:
    """Return the events of a request's calls."""
    clock, received, keys, kind, context = sending
    times: list[Raw] = []
    clocks: dict[int, _Clock] = {}
    for call in calls:
        call.integrations = call.metadata = UNSET
        if call.write_key is not UNSET:
            keys.append(text_of(call.write_key))
            call.write_key = UNSET
        if kind is not None and (call.type is UNSET or call.type == NULL):
            call.type = kind
        if context is not NULL:
            call.context = _merged(context, call.context)
        sent_at = call.sent_at
        if sent_at is UNSET or sent_at == NULL:
            call.sent_at = clock.sent_at
        else:
            its_clock = clocks[len(times)] = _clock(sent_at, received)
            call.sent_at = its_clock.sent_at
        time = call.original_timestamp
        if time is UNSET or time == NULL:
            time = call.timestamp or NULL
        times.append(time)
    made, corrected = clock.times.moments_of(times)
    changing = [_TIMESTAMP_BYTES + clock.end_bytes] * len(calls)
    if clocks:
        made, corrected = list(made), list(corrected)
        for index, its_clock in clocks.items():
            (made[index],), (corrected[index],) = its_clock.times.moments_of([times[index]])
            changing[index] = _TIMESTAMP_BYTES + its_clock.end_bytes
    for index, call in enumerate(calls):
        moment, by_receiver = made[index], corrected[index]
        if moment is not None and by_receiver is not None:
            # A time is written like a member, unless it is a whole second.
            call.original_timestamp = moment if moment.microsecond else Raw(written_moment(moment))  # type: ignore[assignment]
            call.timestamp = by_receiver if by_receiver.microsecond else Raw(written_moment(by_receiver))  # type: ignore[assignment]
        else:
            time = times[index]
            call.original_timestamp = call.timestamp = UNSET if time == NULL else time
            changing[index] += (0 if time == NULL else len(_TIMESTAMP) + len(bytes(time))) - _TIMESTAMP_BYTES
    return [
        Made(text, call.message_id or None, content_bytes=len(text) - changes or 1)
        for text, call, changes in zip(write_events(calls), calls, changing, strict=True)
    ]


def _made_of_odd(sending: _Sending, call: Event) -> Made:
    """Return the event of a call that has further members, or an id that is no text."""
    for name in _NEVER_KEPT:
        call.pop(name, None)
    if _KEY in call:
        sending.keys.append(text_of(call.pop(_KEY)))
    if sending.call is not None and call.get("type", NULL) == NULL:
        call["type"] = sending.call
    if sending.context is not NULL:
        call["context"] = _merged(sending.context, call.get("context", NULL))
    is_named = bool(text_of(call.get("messageId", NULL)))
    for name in _IDS:
        if name in call:
            call[name] = as_text(call[name])
    sent_at = call.pop("sentAt", NULL)
    clock = sending.clock if sent_at == NULL else _clock(sent_at, sending.received)
    timestamp, time = call.pop("timestamp", NULL), call.pop("originalTimestamp", NULL)
    time = timestamp if time == NULL else time
    (moment,), (by_receiver,) = clock.times.moments_of([time])
    more = b"" if clock.sent_at is UNSET else b',"sentAt":%b' % clock.sent_at
    if moment is not None and by_receiver is not None:
        call["originalTimestamp"] = Raw(written_moment(moment))
        more = b"%b%b%b" % (_TIMESTAMP, written_moment(by_receiver), more)
    elif time != NULL:
        call["originalTimestamp"] = time
        more = b"%b%b%b" % (_TIMESTAMP, time, more)
    content = write_event(call)
    own_id = call["messageId"] if is_named else None
    return Made(with_members(content, b"%b}" % more), own_id, content_bytes=len(content) - 1)


def _merged(of_all: Raw, own: Raw | UnsetType) -> Raw:
    """Return a call's context, of which what it says itself counts before what its request says."""
    if own is UNSET or own == NULL:
        return of_all
    all_members, own_members = members_of(of_all), members_of(own)
    if all_members is None or own_members is None:
        return own
    return Raw(write_event({**all_members, **own_members}))


def _answer(result: Result) -> Reply:
    if result.ending is Ending.KEPT:
        return Reply(200, {"success": True, **result.native, "ok": not result.native.get("rejected")})
    status = _STATUS.get(result.code, result.status) if result.code else result.status
    return Reply(status, {"success": False, **result.native, "status": status})


def _configure(sent: Sent) -> Reply:
    return Reply(200, _settings(sent) if sent.part else _source(sent))


def _settings(sent: Sent) -> Mapping[str, Any]:
    # https://github.com/segmentio/analytics-next reads the integrations that a page may load, and where events go.
    destination = {"apiKey": sent.part, "apiHost": f"{sent.address}/v1", "protocol": sent.scheme}
    return {"integrations": {"Segment.io": destination}}


def _source(sent: Sent) -> Mapping[str, Any]:
    off = {"enabled": False}
    source = {
        "id": sent.environment_id,
        "name": sent.environment_id,
        "writeKey": sent.query.get("writeKey", ""),
        "enabled": True,
        "workspaceId": sent.environment_id,
        "config": {"statsCollection": {"errors": off, "metrics": off}},
        "destinations": [],
        "updatedAt": sent.received_at,  # its SDKs for phones take no configuration without it
    }
    return {"source": source, "updatedAt": sent.received_at}


PROTOCOL = Protocol(
    translate=_translate,
    answer=_answer,
    configure=_configure,
)
