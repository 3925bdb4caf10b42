"""Segment's tracking API, as RudderStack and Jitsu speak it too: calls alone or in batches, as an image, by a beacon.

https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
https://segment.com/docs/connections/spec/common/
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from domain.msgspec_core import Raw
from domain.protocols.shared.making import bounded, made_of_all
from domain.protocols.shared.members import (
    NULL,
    Body,
    Event,
    as_text,
    members_of,
    read_body,
    read_event,
    text_of,
    texts_of,
    with_members,
    write_event,
    write_events,
)
from domain.protocols.shared.reading import json_from_parameter, stripped
from domain.protocols.shared.shape import Ending, Made, Protocol, Reply, Result, Sent, Translated
from domain.protocols.shared.times import Moment, SenderClock, moment_from_ns
from domain.validation.json_text import NotJsonError
from schemas.codes import Problem

_BATCHES = frozenset({"/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch"})
_CALLS = ("track", "identify", "page", "screen", "group", "alias")
_CALL_OF_NAME = {name: call for call in _CALLS for name in (call, call[0])}
_KEY = "writeKey"
_CONTEXT = "context"
_NEVER_KEPT = ("integrations", "_metadata")
_IDS = ("userId", "anonymousId", "groupId", "previousId", "messageId")

_ORIGINAL_BYTES = len(',"originalTimestamp":"2026-11-28T13:46:45.131456Z"')

_STATUS = {Problem.DELETED: 404}  # the SDKs repeat what is answered 410


class _Batch(Body, rename="camel"):
    batch: list[Event]
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
    """When a request or a call was sent: `end` says it, and ends the text of an event."""

    times: SenderClock
    end: str


def _translate(sent: Sent) -> Translated:
    received = moment_from_ns(sent.received_ns)
    text = json_from_parameter(sent.query.get("data", "")) if sent.method == "GET" else stripped(sent.body)
    if not text:
        return Translated([])
    if sent.route in _BATCHES:
        return _translate_batch(text, received)
    call = _CALL_OF_NAME[sent.route.rpartition("/")[2]]
    sending = _Sending(_clock(NULL, received), received, [], Raw(b'"%b"' % call.encode()))
    return Translated(list(made_of_all([read_event(text)], partial(_made, sending))), sending.keys)


def _translate_batch(text: bytes, received: Moment) -> Translated:
    try:
        body, events = read_body(text, _Batch, "batch")
    except NotJsonError:
        return Translated([Made(text)])
    keys = [] if body.write_key is NULL else [text_of(body.write_key)]
    sending = _Sending(_clock(body.sent_at, received), received, keys, None, body.context)
    return Translated(bounded(made_of_all(events, partial(_made, sending))), keys)


def _clock(sent_at: Raw, received: Moment) -> _Clock:
    if sent_at == NULL:
        return _Clock(SenderClock(None, received), "}")
    clock = SenderClock(text_of(sent_at), received)
    told = bytes(sent_at).decode() if clock.sent is None else f'"{clock.sent_text}"'
    return _Clock(clock, f',"sentAt":{told}}}')


def _made(sending: _Sending, calls: Sequence[Event]) -> list[Made]:
    """Return the events of a request's calls: made but for their times first, which change from try to try."""
    clock, received, keys, kind, context = sending
    times: list[Raw] = []
    clocks: dict[int, _Clock] = {}
    for index, call in enumerate(calls):
        pop = call.pop
        if _KEY in call:
            keys.append(text_of(pop(_KEY)))
        for name in _NEVER_KEPT:
            pop(name, None)
        if kind is not None and call.get("type", NULL) == NULL:
            call["type"] = kind
        if context is not NULL:
            _add_context(call, context)
        time, original = pop("timestamp", NULL), pop("originalTimestamp", NULL)
        times.append(time if original == NULL else original)
        if "sentAt" in call:
            sent_at = pop("sentAt")
            if sent_at != NULL:
                clocks[index] = _clock(sent_at, received)
    own_ids = [call.get("messageId", NULL) for call in calls]
    are_named = texts_of(own_ids)
    _make_ids_texts(calls)
    texts = texts_of(times)
    by_clock = clock.times.times_of(texts)
    made: list[Made] = []
    contents = write_events(calls)
    for index, (content, time, by_batch) in enumerate(zip(contents, times, by_clock, strict=True)):
        found, end = by_batch, clock.end
        if index in clocks:
            its_clock, end = clocks[index]
            found = its_clock.time_of(texts[index])
        if found is not None:
            more = f',"originalTimestamp":"{found[1]}","timestamp":"{found[0]}"{end}'.encode()
        elif time != NULL:
            more = b',"originalTimestamp":%b,"timestamp":%b%b' % (time, time, end.encode())
        else:
            more = end.encode()
        written = with_members(content, more)
        changing = len(more) if found is None else len(more) - _ORIGINAL_BYTES
        own_id = own_ids[index] if are_named[index] else None
        made.append(Made(written, own_id, content_bytes=max(1, len(written) - changing)))
    return made


def _make_ids_texts(calls: Sequence[Event]) -> None:
    ids = [own_id for call in calls for name in _IDS if (own_id := call.get(name)) is not None]
    if None not in texts_of(ids):
        return
    for call in calls:
        for name in _IDS:
            if name in call:
                call[name] = as_text(call[name])


def _add_context(call: Event, context: Raw) -> None:
    own = call.get(_CONTEXT, NULL)
    if own == NULL:
        call[_CONTEXT] = context
        return
    of_all, of_call = members_of(context), members_of(own)
    if of_all is not None and of_call is not None:
        call[_CONTEXT] = Raw(write_event({**of_all, **of_call}))


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
