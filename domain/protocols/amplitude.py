"""Amplitude's HTTP V2 and batch API, and the form of 2019 that amplitude-js sends.

https://amplitude.com/docs/apis/analytics/http-v2
https://amplitude.com/docs/apis/analytics/batch-event-upload
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from domain.forms import form_value
from domain.protocols.shared.making import bounded, made_of, unchanged
from domain.protocols.shared.reading import json_of_request, read_batch, stripped
from domain.protocols.shared.shape import Ending, Made, Protocol, Reply, Result, Sent, Translated
from domain.protocols.shared.times import Moment, SenderClock, moment_from_ns, moment_from_unix, moments_from_unix
from domain.protocols.shared.writing import dumps
from schemas.codes import Problem
from schemas.limits import MAX_EVENTS_PER_REQUEST

_FORM = "/amplitude"
_KEY = "api_key"
_OF_THE_SENDER = "$remote"
"""What SDKs send for `ip` where the server shall put the sender's address."""

_TOO_LARGE = 413
_NS_PER_MS = 1_000_000
_CODE_WITHOUT_ROOM = Problem.INVALID_EVENT
"""Of an event whose faults had no room in the answer."""


def _translate(sent: Sent) -> Translated:
    received = moment_from_ns(sent.received_ns)
    if sent.route == _FORM:
        _, events, is_plain, has_short_numbers = read_batch(json_of_request(sent, "e"))
        clock = SenderClock(_field(sent, b"upload_time"), received, _from_milliseconds)
        key, time_name = _field(sent, b"client"), "timestamp"
    else:
        members, events, is_plain, has_short_numbers = read_batch(stripped(sent.body), "events")
        clock = SenderClock(members.get("client_upload_time"), received)
        key, time_name = members.get(_KEY), "time"
    keys = [key] if key else []
    make = partial(_made, clock, time_name, keys, is_plain=is_plain)
    return Translated(bounded(made_of(events, make, is_plain=is_plain)), keys, has_short_numbers)


def _field(sent: Sent, name: bytes) -> str | None:
    return form_value(sent.body, name).decode("utf-8", "replace") or None


def _from_milliseconds(number: Any) -> Moment | None:
    return moment_from_unix(number, 1_000)


def _made(
    clock: SenderClock, time_name: str, keys: list[Any], sent: Sequence[Any], *, is_plain: bool
) -> Iterator[Made]:
    """Return a request's events: each with its time, corrected; what is no time stays as it came.

    Args:
        clock: of the sender.
        time_name: the name of the time as made, which stays in the event.
        keys: gathers the keys that stand in events.
        sent: the events as they were read.
        is_plain: whether they are, as those of an `Envelope`.
    """
    is_of_2019 = time_name == "timestamp"
    made: list[Made] = []
    times: list[Any] = []
    for event in sent:
        if type(event) is not dict:
            made.append(unchanged(event))
            times.append(None)
            continue
        get = event.get
        if _KEY in event:
            key = event.pop(_KEY)  # of an event alone
            if key is not None:
                keys.append(key)
        if get("ip") == _OF_THE_SENDER:
            del event["ip"]
        sender_id = get("insert_id")
        if is_of_2019 and sender_id is None and "uuid" in event:
            event["insert_id"] = sender_id = event.pop("uuid")
        made.append(Made(b"", sender_id if type(sender_id) is str else None, dumps(event), False, event))
        times.append(get(time_name) if get("event_time") is None else None)
    corrected = clock.all_corrected(moments_from_unix(times, 1_000))
    for one, time, text in zip(made, times, corrected, strict=True):
        event = one.value
        if event is None:
            yield one
            continue
        if time is not None:
            event["event_time"] = time if text is None else text
        if not is_plain or (text is None and time is not None):
            one.write(is_plain=is_plain)
        yield one


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
