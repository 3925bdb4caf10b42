"""Amplitude's HTTP V2 and batch API, and the form of 2019 that amplitude-js sends.

https://amplitude.com/docs/apis/analytics/http-v2
https://amplitude.com/docs/apis/analytics/batch-event-upload
"""

from collections.abc import Callable
from typing import Any

from domain.forms import form_value
from domain.protocols.shared.making import bounded, unchanged
from domain.protocols.shared.reading import json_of_request, read_batch, stripped
from domain.protocols.shared.shape import Ending, Made, Protocol, Reply, Result, Sent, Translated
from domain.protocols.shared.times import Moment, SenderClock, moment_from_ns, moment_from_unix
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
    make = _maker(clock, time_name, is_plain=is_plain, keys=keys)
    return Translated(bounded(map(make, events)), keys, has_short_numbers)


def _field(sent: Sent, name: bytes) -> str | None:
    return form_value(sent.body, name).decode("utf-8", "replace") or None


def _from_milliseconds(number: Any) -> Moment | None:
    return moment_from_unix(number, 1_000)


def _maker(clock: SenderClock, time_name: str, *, is_plain: bool, keys: list[Any]) -> Callable[[Any], Made]:
    """Return what makes a request's events: with their time, corrected; what is no time stays as it came.

    Args:
        clock: of the sender.
        time_name: the name of the time as made, which stays in the event.
        is_plain: whether the events are, as those of an `Envelope`.
        keys: gathers the keys that stand in events.
    """
    is_of_2019 = time_name == "timestamp"

    def made(event: Any) -> Made:
        if type(event) is not dict:
            return unchanged(event)
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
        content = dumps(event)
        as_made = get(time_name)
        may_wait = is_plain
        if as_made is not None and get("event_time") is None:
            moment = moment_from_unix(as_made, 1_000)
            if moment is None:
                event["event_time"] = as_made
                may_wait = False
            else:
                event["event_time"] = clock.corrected(moment)
        return Made(
            b"" if may_wait else dumps(event),
            sender_id if type(sender_id) is str else None,
            content,
            False,
            event if is_plain else None,
        )

    return made


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
