"""Segment's tracking API, as RudderStack and Jitsu speak it too: calls alone or in batches, as an image, by a beacon.

https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
https://segment.com/docs/connections/spec/common/
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from domain.protocols.shared.event_ids import text_of_id
from domain.protocols.shared.making import bounded, unchanged
from domain.protocols.shared.reading import json_from_parameter, read, read_envelope, stripped
from domain.protocols.shared.shape import Ending, Made, Protocol, Reply, Result, Sent, Translated
from domain.protocols.shared.times import (
    Moment,
    SenderClock,
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
_NEVER_KEPT = ("integrations", "_metadata")
_TEXT_OR_NONE = frozenset({str, type(None)})
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
    calls = _Calls(call, None, received, is_plain=False, keys=[])
    return Translated([calls.made(read(text))], calls.keys)


def _translate_batch(text: bytes, received: Moment) -> Translated:
    try:
        members, events, is_plain = read_envelope(text, "batch")
    except NotJsonError:
        return Translated([Made(text)])
    clock = SenderClock(members.get("sentAt"), received)
    calls = _Calls(None, clock, received, is_plain, [members[_KEY]] if _KEY in members else [])
    return Translated(bounded(map(calls.made, events)), calls.keys)


class _Calls(NamedTuple):
    """What a request says of its calls: the call of its route, the clock of its batch, and whether they are plain.

    `keys` gathers the keys that the request holds.
    """

    call: str | None
    clock: SenderClock | None
    received: Moment
    is_plain: bool
    keys: list[Any]

    def made(self, event: Any) -> Made:
        """Return a call as an event."""
        if type(event) is not dict:
            return unchanged(event)
        get, pop = event.get, event.pop
        if _KEY in event:
            self.keys.append(pop(_KEY))
        for name in _NEVER_KEPT:
            if name in event:
                del event[name]
        call, clock, received, is_plain, _ = self
        if call is not None and get("type") is None:
            event["type"] = call
        sender_id = get("messageId")
        if not _TEXT_OR_NONE.issuperset(map(type, map(get, _IDS))):
            for name in _IDS:
                if name in event:
                    event[name] = text_of_id(event[name])
        timestamp, original, sent_at = pop("timestamp", None), pop("originalTimestamp", None), pop("sentAt", None)
        if sent_at is not None or clock is None:
            clock = SenderClock(sent_at, received)
        content = dumps(event)
        as_made = timestamp if original is None else original
        found = None
        if as_made is not None:
            # The corrected time and the time of sending change from try to try.
            content += dumps(as_made)
            found = moment_and_text_from_rfc3339(as_made)
            if found is None:
                event["timestamp"] = event["originalTimestamp"] = as_made
            else:
                made, event["originalTimestamp"] = found
                event["timestamp"] = clock.corrected(made)
        if clock.sent_text is not None:
            event["sentAt"] = clock.sent_text
        is_written = not is_plain or not clock.is_known or (as_made is not None and found is None)
        return Made(
            dumps(event) if is_written else b"",
            sender_id if type(sender_id) is str else None,
            content,
            False,
            event if is_plain else None,
        )


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
    }
    return {"source": source, "updatedAt": sent.received_at}


PROTOCOL = Protocol(
    translate=_translate,
    answer=_answer,
    configure=_configure,
)
