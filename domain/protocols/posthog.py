"""PostHog's capture API in both of its versions, and what its SDKs ask about configuration and feature flags.

https://posthog.com/docs/api/capture
https://github.com/PostHog/posthog-python/blob/master/posthog/capture_v1.py
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from domain.errors import Rejected
from domain.forms import form_value
from domain.protocols.shared.event_ids import text_of_id
from domain.protocols.shared.making import bounded, made_of, unchanged
from domain.protocols.shared.reading import json_of_request, read_batch
from domain.protocols.shared.shape import SHORT_CHARS, Ending, Made, Protocol, Reply, Result, Sent, Translated
from domain.protocols.shared.times import (
    Moment,
    SenderClock,
    moment_from_ns,
    moment_from_unix,
    text_from_moment,
)
from domain.protocols.shared.writing import dumps
from schemas.codes import Outcome, Problem

_V1 = "/i/v1/analytics/events"
_NEVER_429 = frozenset({"/e", "/i/v0/e", "/capture"})  # posthog-js drops what is answered so, and repeats after 503

_KEYS = ("api_key", "token")
_KEYS_OF_PROPERTIES = ("api_key", "token", "$token")
_PERSON = ("$set", "$set_once")
_RESULTS = {
    Outcome.ACCEPTED: "ok",
    Outcome.QUARANTINED: "warning",
    Outcome.REJECTED: "drop",
    Outcome.UNDELIVERED: "retry",
}
_MOST_URGENT = ("retry", "drop", "warning", "ok")
_MAX_UUID_CHARS = 64  # what is longer is none, and an answer names each
_MAX_OFFSET_MS = 366 * 24 * 60 * 60 * 1_000


class _Sending(NamedTuple):
    """What a request says of all its events. `keys` gathers the keys that it holds."""

    clock: SenderClock
    sent_at: Any
    received: Moment
    keys: set[str]
    is_plain: bool


def _translate(sent: Sent) -> Translated:
    if _is_lz64(sent):
        raise Rejected(Problem.UNSUPPORTED_ENCODING, "This compression is not understood. Send gzip, or none.")
    members, events, is_plain, has_short_numbers = read_batch(json_of_request(sent), "batch")
    sending = _sending(sent, members, is_plain=is_plain)
    _take_keys(members, _KEYS, sending.keys)
    made = made_of(events, partial(_made, sending), is_plain=sending.is_plain)
    return Translated(bounded(made), sending.keys, has_short_numbers)


def _is_lz64(sent: Sent) -> bool:
    if sent.query.get("compression") == "lz64":
        return True
    return not sent.body.startswith((b"{", b"[")) and form_value(sent.body, b"compression") == b"lz64"


def _sending(sent: Sent, members: Mapping[str, Any], *, is_plain: bool) -> _Sending:
    received = moment_from_ns(sent.received_ns)
    if sent.route == _V1:
        # `created_at` is the same in every try; when this one was sent stands in a header.
        created = SenderClock(members.get("created_at"), received)
        clock = SenderClock(sent.headers.get("posthog-request-timestamp"), received)
        return _Sending(created if clock.sent is None else clock, created.sent_text, received, set(), is_plain)
    clock = SenderClock(members.get("sent_at"), received)
    if clock.sent_text is None:
        clock = SenderClock(sent.query.get("_"), received, _from_milliseconds)
        is_plain = is_plain and (clock.sent is not None or clock.sent_text is None)  # a query may hold anything
    return _Sending(clock, clock.sent_text, received, set(), is_plain)


def _from_milliseconds(number: Any) -> Moment | None:
    return moment_from_unix(number, 1_000)


def _take_keys(held: dict[str, Any], names: Sequence[str], keys: set[str]) -> None:
    for name in names:
        if name in held:
            key = held.pop(name)
            if type(key) is str:
                keys.add(key)


def _made(sending: _Sending, captures: Sequence[Any]) -> Iterator[Made]:
    """Return the events of a request's captures: made but for their times first, which change from try to try."""
    keys, is_plain = sending.keys, sending.is_plain
    made: list[Made] = []
    clocks: list[SenderClock] = []
    times: list[Any] = []
    for event in captures:
        if type(event) is not dict:
            made.append(unchanged(event))
            clocks.append(sending.clock)
            times.append(None)
            continue
        get, pop = event.get, event.pop
        if "api_key" in event or "token" in event:
            _take_keys(event, _KEYS, keys)
        properties = get("properties")
        is_of_person = "$set" in event or "$set_once" in event
        if properties is None and is_of_person:
            properties = event["properties"] = {}
        if type(properties) is not dict:
            properties = {}
        else:
            if "token" in properties or "api_key" in properties or "$token" in properties:
                _take_keys(properties, _KEYS_OF_PROPERTIES, keys)
            if is_of_person:
                _move_into_properties(event, properties)
        distinct_id = get("distinct_id")
        if distinct_id is None and "$distinct_id" in event:
            event["distinct_id"] = distinct_id = pop("$distinct_id")
        if distinct_id is None and properties.get("distinct_id") is not None:
            event["distinct_id"] = distinct_id = properties["distinct_id"]
        sender_id = get("uuid")
        if sender_id is None:
            for name in ("uuid", "$insert_id"):
                if properties.get(name) is not None:
                    event["uuid"] = sender_id = properties[name]
                    break
        if type(distinct_id) is not str and distinct_id is not None:
            event["distinct_id"] = text_of_id(distinct_id)
        own_sent_at, time = pop("sent_at", None), pop("timestamp", None)
        clock = sending.clock
        if own_sent_at is not None and sending.sent_at is None:
            clock = SenderClock(own_sent_at, sending.received)
        content = dumps(event) + dumps(time)
        made.append(Made(b"", sender_id if type(sender_id) is str else None, content, False, event))
        clocks.append(clock)
        times.append(time)
    for one, clock, time, by_clock in zip(made, clocks, times, sending.clock.times_of(times), strict=True):
        event = one.value
        if event is None:
            yield one
            continue
        found = by_clock if clock is sending.clock else clock.time_of(time)
        if found is not None:
            corrected, original = found
            event["timestamp"] = original if _is_clock_trusted(event) else corrected
            event["original_timestamp"] = original
        elif time is not None:
            event["timestamp"] = time
        elif "offset" in event:
            _add_time_by_offset(event, sending.received)
        sent_at = sending.sent_at if clock is sending.clock else clock.sent_text
        if sent_at is not None:
            event["sent_at"] = sent_at
        if not is_plain or (sent_at is not None and not (type(sent_at) is str and len(sent_at) <= SHORT_CHARS)):
            one.write(is_plain=is_plain)
        yield one


def _move_into_properties(event: dict[str, Any], properties: dict[str, Any]) -> None:
    """Move what is said of a person to where version 1 has it; what stands there already counts."""
    for name in _PERSON:
        value = event.pop(name, None)
        if value is None:
            continue
        there = properties.get(name)
        if type(value) is dict and type(there) is dict:
            properties[name] = {**value, **there}
        elif there is None:
            properties[name] = value


def _add_time_by_offset(event: dict[str, Any], received: Moment) -> None:
    """Add the time that posthog-js said before 2026: by the milliseconds that an event waited until it was sent."""
    waited = event["offset"]
    if isinstance(waited, (int, float)) and 0 <= waited < _MAX_OFFSET_MS:
        event["timestamp"] = text_from_moment(received - timedelta(milliseconds=waited))


def _is_clock_trusted(event: Mapping[str, Any]) -> bool:
    """Say whether the sender wants no correction, as an import of the past does."""
    properties, options = event.get("properties"), event.get("options")
    return (type(properties) is dict and properties.get("$ignore_sent_at") is True) or (
        type(options) is dict and options.get("disable_skew_correction") is True
    )


def _answer(result: Result) -> Reply:
    if result.route == _V1 and result.translated is not None:
        results = _results(result)
        if results is not None:
            return Reply(200, {**result.native, "status": 200, "results": results})
    if result.ending is Ending.KEPT:
        return Reply(200, {**result.native, "status": 1})
    status = 503 if result.ending is Ending.OVER_RATE and result.route in _NEVER_429 else result.status
    return Reply(status, {**result.native, "status": status})


def _results(result: Result) -> dict[str, dict[str, Any]] | None:
    """Return what became of each event by its UUID; None where the status says it of the whole request."""
    assert result.translated is not None
    events, rows = result.translated.events, result.rows
    if not rows:
        if result.ending is not Ending.KEPT:
            return None
        rows = [{"outcome": Outcome.ACCEPTED}] * len(events)
    elif all(row["outcome"] == Outcome.UNDELIVERED for row in rows) or result.code is Problem.NOT_JSON:
        return None
    results: dict[str, dict[str, Any]] = {}
    for event, row in zip(events, rows, strict=True):
        if event.sender_id is None or len(event.sender_id) > _MAX_UUID_CHARS:
            if row["outcome"] == Outcome.UNDELIVERED:
                return None  # the whole request has to come again
            continue
        errors = row.get("errors")
        told = {"result": _RESULTS[row["outcome"]], "details": errors[0]["code"] if errors else None}
        before = results.get(event.sender_id)
        if before is None or _MOST_URGENT.index(told["result"]) < _MOST_URGENT.index(before["result"]):
            results[event.sender_id] = told
    return results


def _configure(sent: Sent) -> Reply:
    if sent.part:
        # Any key more makes posthog-js ask for scripts: `"surveys": false` as well.
        return Reply(200, {"hasFeatureFlags": False, "supportedCompression": ["gzip-js"]})
    return Reply(200, {"flags": {}, "featureFlags": {}, "errorsWhileComputingFlags": False})


PROTOCOL = Protocol(
    translate=_translate,
    answer=_answer,
    configure=_configure,
    key_parameters=_KEYS,
)
