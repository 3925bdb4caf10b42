"""Amplitude's HTTP V2 and batch API, and the form of 2019 that amplitude-js sends.

https://amplitude.com/docs/apis/analytics/http-v2
https://amplitude.com/docs/apis/analytics/batch-event-upload
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from domain.forms import form_value
from domain.msgspec_core import Raw
from domain.protocols.shared.making import made_within_bounds
from domain.protocols.shared.members import (
    NULL,
    Body,
    Event,
    own_ids_of,
    read_batch,
    read_events,
    text_of,
    write_events,
)
from domain.protocols.shared.reading import json_of_request, stripped
from domain.protocols.shared.shape import Ending, Made, Protocol, Reply, Result, Sent, Translated
from domain.protocols.shared.times import (
    Moment,
    SenderClock,
    moment_from_ns,
    moment_from_unix,
    moments_from_unix,
    written_moment,
)
from schemas.codes import Problem
from schemas.limits import MAX_EVENTS_PER_REQUEST

_FORM = "/amplitude"
_KEY = "api_key"
_OF_THE_SENDER = Raw(b'"$remote"')
"""What SDKs send for `ip` where the server shall put the sender's address."""

_EVENT_TIME_BYTES = len(',"event_time":"2026-11-28T13:46:45.131456Z"}')
_TOO_LARGE = 413
_NS_PER_MS = 1_000_000
_CODE_WITHOUT_ROOM = Problem.INVALID_EVENT
"""Of an event whose faults had no room in the answer."""


class _Upload(Body):
    events: list[Event]
    api_key: Raw = NULL
    client_upload_time: Raw = NULL


def _translate(sent: Sent) -> Translated:
    received = moment_from_ns(sent.received_ns)
    if sent.route == _FORM:
        events = read_events(json_of_request(sent, "e"))
        clock = SenderClock(_field(sent, b"upload_time"), received, _from_milliseconds)
        key, time_name = _field(sent, b"client"), "timestamp"
    else:
        upload, events = read_batch(stripped(sent.body), _Upload, "events")
        clock = SenderClock(text_of(upload.client_upload_time), received)
        key, time_name = text_of(upload.api_key), "time"
    keys = [key] if key else []
    made = made_within_bounds(events, partial(_made, clock, time_name, keys))
    return Translated(made, keys, type(events) is list)


def _field(sent: Sent, name: bytes) -> str | None:
    return form_value(sent.body, name).decode("utf-8", "replace") or None


def _from_milliseconds(number: Any) -> Moment | None:
    return moment_from_unix(number, 1_000)


def _made(clock: SenderClock, time_name: str, keys: list[str], events: Sequence[Event]) -> list[Made]:
    """Return a request's events: each with its time, corrected; what is no time stays as it came.

    Args:
        clock: of the sender.
        time_name: the name of the time as made, which stays in the event.
        keys: gathers the keys that stand in events.
        events: as they were read.
    """
    for event in events:
        if _KEY in event and (key := text_of(event.pop(_KEY))):  # of an event alone
            keys.append(key)
        if "ip" in event and event["ip"] == _OF_THE_SENDER:
            del event["ip"]
        if "event_time" in event and event["event_time"] == NULL:
            del event["event_time"]
    if time_name == "timestamp":
        for event in events:
            if "uuid" in event and event.get("insert_id", NULL) == NULL:
                event["insert_id"] = event.pop("uuid")
    own_ids = own_ids_of([event.get("insert_id", NULL) for event in events])
    times = [NULL if "event_time" in event else event.get(time_name, NULL) for event in events]
    moments = clock.all_by_receiver(moments_from_unix(times, 1_000))
    changing = [_EVENT_TIME_BYTES] * len(events)
    for index, (event, moment) in enumerate(zip(events, moments, strict=True)):
        if moment is not None:
            # A time is written like a member, unless it is a whole second.
            event["event_time"] = moment if moment.microsecond else Raw(written_moment(moment))  # type: ignore[assignment]
        else:
            changing[index] = len("}")
            if times[index] != NULL:
                event["event_time"] = times[index]
    return [
        Made(text, own_id, content_bytes=len(text) - changes)
        for text, own_id, changes in zip(write_events(events), own_ids, changing, strict=True)
    ]


def _answer(result: Result) -> Reply:
    if result.route == _FORM:
        return Reply(200, b"success") if result.ending is Ending.KEPT else Reply(result.status, result.native)
    more: dict[str, Any]
    if result.ending is Ending.KEPT:
        return Reply(200, {**result.native, **_ingested(result)})
    # The SDKs look at `code`, and after a 400 repeat every event that stands in no list.
    if result.ending is Ending.REJECTED:
        more = {"code": 400, "events_with_invalid_fields": _indices_by_code(result)}
    elif result.ending is Ending.OVER_RATE:
        # Amplitude's SDK for Java gives up on an answer without a threshold.
        threshold = result.native.get("rate_limit", 0)
        more = {"code": 429, "throttled_events": _all_indices(result), "eps_threshold": threshold}
    elif result.status >= 500 or result.status == _TOO_LARGE:
        more = {"code": result.status}
    else:
        more = {"code": 400, "silenced_events": _all_indices(result)}
    return Reply(result.status, {**result.native, "error": result.native.get("message", ""), **more})


def _ingested(result: Result) -> dict[str, Any]:
    native = result.native
    return {
        "code": 200,
        "events_ingested": native.get("accepted", 0) + native.get("quarantined", 0),
        "payload_size_bytes": len(result.sent.body) if result.sent else 0,
        "server_upload_time": result.received_ns // _NS_PER_MS,
    }


def _all_indices(result: Result) -> list[int]:
    """Return the places of all events; of a request that was not read, of as many as it may have."""
    return list(range(len(result.translated.events) if result.translated else MAX_EVENTS_PER_REQUEST))


def _indices_by_code(result: Result) -> dict[str, list[int]]:
    """Return the places of all events by the code of their first fault."""
    places: dict[str, list[int]] = {}
    for place in _all_indices(result):
        errors = result.rows[place]["errors"] if result.rows else ()
        places.setdefault(str(errors[0]["code"] if errors else _CODE_WITHOUT_ROOM), []).append(place)
    return places


PROTOCOL = Protocol(
    translate=_translate,
    answer=_answer,
    key_parameters=(_KEY,),
    reads_before_limits=True,
)
