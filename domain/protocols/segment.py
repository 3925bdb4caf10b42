"""Segment's tracking API, as RudderStack and Jitsu speak it too: calls alone or in batches, as an image, by a beacon.

https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
https://segment.com/docs/connections/spec/common/
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from domain.protocols.shared.event_ids import text_of_id
from domain.protocols.shared.making import bounded, made_of, unchanged
from domain.protocols.shared.reading import json_from_parameter, read, read_envelope, stripped
from domain.protocols.shared.shape import Ending, Made, Protocol, Reply, Result, Sent, Translated
from domain.protocols.shared.times import Moment, SenderClock, moment_from_ns
from domain.protocols.shared.writing import dumps
from domain.validation.json_text import NotJsonError
from schemas.codes import Problem

_BATCHES = frozenset({"/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch"})
_CALLS = ("track", "identify", "page", "screen", "group", "alias")
_CALL_OF_NAME = {name: call for call in _CALLS for name in (call, call[0])}
_KEY = "writeKey"
_CONTEXT = "context"
_NEVER_KEPT = ("integrations", "_metadata")
_IDS = ("userId", "anonymousId", "groupId", "previousId", "messageId")

_STATUS = {Problem.DELETED: 404}  # the SDKs repeat what is answered 410


class _Sending(NamedTuple):
    """What a request says of all its calls.

    `keys` gathers the keys that stand in calls. What a call says itself counts before the request's clock and context;
    `call` is what kind of call the route makes of one that does not say it.
    """

    clock: SenderClock
    received: Moment
    keys: list[Any]
    is_plain: bool
    call: str | None = None
    context: Any = None


def _translate(sent: Sent) -> Translated:
    received = moment_from_ns(sent.received_ns)
    text = json_from_parameter(sent.query.get("data", "")) if sent.method == "GET" else stripped(sent.body)
    if not text:
        return Translated([])
    if sent.route in _BATCHES:
        return _translate_batch(text, received)
    call = _CALL_OF_NAME[sent.route.rpartition("/")[2]]
    event, is_plain, has_short_numbers = read(text)
    sending = _Sending(SenderClock(None, received), received, [], is_plain, call)
    return Translated(list(_made(sending, [event])), sending.keys, has_short_numbers)


def _translate_batch(text: bytes, received: Moment) -> Translated:
    try:
        members, events, is_plain, has_short_numbers = read_envelope(text, "batch")
    except NotJsonError:
        return Translated([Made(text)])
    keys = [members[_KEY]] if _KEY in members else []
    clock = SenderClock(members.get("sentAt"), received)
    context = members.get(_CONTEXT)
    # What could be shared by events is not handed on as a value.
    sending = _Sending(clock, received, keys, is_plain and context is None, None, context)
    made = made_of(events, partial(_made, sending), is_plain=sending.is_plain)
    return Translated(bounded(made), keys, has_short_numbers)


def _made(sending: _Sending, calls: Sequence[Any]) -> Iterator[Made]:
    """Return the events of a request's calls: made but for their times first, which change from try to try."""
    clock, received, keys, is_plain, call, context = sending
    made: list[Made] = []
    clocks: list[SenderClock] = []
    times: list[Any] = []
    for event in calls:
        if type(event) is not dict:
            made.append(unchanged(event))
            clocks.append(clock)
            times.append(None)
            continue
        get, pop = event.get, event.pop
        if _KEY in event:
            keys.append(pop(_KEY))
        for name in _NEVER_KEPT:
            if name in event:
                del event[name]
        if call is not None and get("type") is None:
            event["type"] = call
        if context is not None:
            _add_context(event, context)
        sender_id = get("messageId")
        for name in _IDS:
            own_id = get(name)
            if own_id is not None and type(own_id) is not str:
                event[name] = text_of_id(own_id)
        timestamp, original, sent_at = pop("timestamp", None), pop("originalTimestamp", None), pop("sentAt", None)
        time = timestamp if original is None else original
        content = dumps(event) if time is None else dumps(event) + dumps(time)
        made.append(Made(b"", sender_id if type(sender_id) is str else None, content, False, event))
        clocks.append(clock if sent_at is None else SenderClock(sent_at, received))
        times.append(time)
    for one, its_clock, time, by_clock in zip(made, clocks, times, clock.times_of(times), strict=True):
        event = one.value
        if event is None:
            yield one
            continue
        found = by_clock if its_clock is clock else its_clock.time_of(time)
        if found is not None:
            corrected, event["originalTimestamp"] = found
            event["timestamp"] = corrected
        elif time is not None:
            event["timestamp"] = event["originalTimestamp"] = time
        if its_clock.sent_text is not None:
            event["sentAt"] = its_clock.sent_text
        if not (is_plain and its_clock.is_known and (found is not None or time is None)):
            one.write(is_plain=is_plain)
        yield one


def _add_context(event: dict[str, Any], context: Any) -> None:
    own = event.get(_CONTEXT)
    if own is None:
        event[_CONTEXT] = context
    elif type(own) is dict and type(context) is dict:
        event[_CONTEXT] = {**context, **own}


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
