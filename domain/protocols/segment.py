"""Segment's tracking API, as RudderStack and Jitsu speak it too: calls alone or in batches, as an image, by a beacon.

https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
https://segment.com/docs/connections/spec/common/
"""

from collections.abc import Callable, Mapping
from typing import Any

from domain.protocols.shared.event_ids import text_of_id
from domain.protocols.shared.making import bounded, unchanged
from domain.protocols.shared.reading import json_from_parameter, read, read_envelope, stripped
from domain.protocols.shared.shape import Ending, Made, Protocol, Reply, Result, Sent, Translated
from domain.protocols.shared.times import (
    Moment,
    SenderClock,
    as_utc,
    moment_and_text_from_rfc3339,
    moment_from_ns,
)
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


def _translate(sent: Sent) -> Translated:
    received = moment_from_ns(sent.received_ns)
    text = json_from_parameter(sent.query.get("data", "")) if sent.method == "GET" else stripped(sent.body)
    if not text:
        return Translated([])
    if sent.route in _BATCHES:
        return _translate_batch(text, received)
    call = _CALL_OF_NAME[sent.route.rpartition("/")[2]]
    keys: list[Any] = []
    event, is_plain, has_short_numbers = read(text)
    made = _maker(call, None, received, is_plain=is_plain, keys=keys)(event)
    return Translated([made], keys, has_short_numbers)


def _translate_batch(text: bytes, received: Moment) -> Translated:
    try:
        members, events, is_plain, has_short_numbers = read_envelope(text, "batch")
    except NotJsonError:
        return Translated([Made(text)])
    keys = [members[_KEY]] if _KEY in members else []
    clock = SenderClock(members.get("sentAt"), received)
    context = members.get(_CONTEXT)
    # What could be shared by events is not handed on as a value.
    is_plain = is_plain and context is None
    make = _maker(None, clock, received, is_plain=is_plain, keys=keys, context_of_batch=context)
    return Translated(bounded(map(make, events)), keys, has_short_numbers)


def _maker(
    call: str | None,
    clock_of_batch: SenderClock | None,
    received: Moment,
    *,
    is_plain: bool,
    keys: list[Any],
    context_of_batch: Any = None,
) -> Callable[[Any], Made]:
    """Return what makes events of a request's calls.

    Args:
        call: of the route, if that says it.
        clock_of_batch: of the sender, if the request is a batch.
        received: when the request came.
        is_plain: whether the calls are, as those of an `Envelope`.
        keys: gathers the keys that stand in calls.
        context_of_batch: what the request says of all calls; what a call says itself counts before it.
    """

    def made(event: Any) -> Made:
        if type(event) is not dict:
            return unchanged(event)
        get, pop = event.get, event.pop
        if _KEY in event:
            keys.append(pop(_KEY))
        for name in _NEVER_KEPT:
            if name in event:
                del event[name]
        if call is not None and get("type") is None:
            event["type"] = call
        if context_of_batch is not None:
            _add_context(event, context_of_batch)
        sender_id = get("messageId")
        for name in _IDS:
            if name in event and type(event[name]) is not str:
                event[name] = text_of_id(event[name])
        timestamp, original, sent_at = pop("timestamp", None), pop("originalTimestamp", None), pop("sentAt", None)
        clock = clock_of_batch if sent_at is None and clock_of_batch is not None else SenderClock(sent_at, received)
        content = dumps(event)
        may_wait = is_plain and clock.is_known
        as_made = timestamp if original is None else original
        if as_made is not None:
            # The corrected time and the time of sending change from try to try.
            content += dumps(as_made)
            found, has_zone = moment_and_text_from_rfc3339(as_made), True
            if found is None:
                found, has_zone = moment_and_text_from_rfc3339(as_utc(as_made)), False
            if found is None:
                event["timestamp"] = event["originalTimestamp"] = as_made
                may_wait = False
            else:
                moment, event["originalTimestamp"] = found
                event["timestamp"] = clock.corrected(moment, has_zone=has_zone)
        if clock.sent_text is not None:
            event["sentAt"] = clock.sent_text
        return Made(
            b"" if may_wait else dumps(event),
            sender_id if type(sender_id) is str else None,
            content,
            False,
            event if is_plain else None,
        )

    return made


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
