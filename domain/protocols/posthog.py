"""PostHog's capture API in both of its versions, and what its SDKs ask about configuration and feature flags.

https://posthog.com/docs/api/capture
https://github.com/PostHog/posthog-python/blob/master/posthog/capture_v1.py
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from domain.errors import Rejected
from domain.forms import form_value
from domain.msgspec_core import UNSET, Raw, Struct, UnsetType
from domain.protocols.shared.making import made_within_bounds
from domain.protocols.shared.members import (
    NULL,
    Body,
    Event,
    as_text,
    members_of,
    own_ids_of,
    read_batch,
    text_of,
    value_of,
    write_event,
    write_events,
)
from domain.protocols.shared.reading import json_of_request
from domain.protocols.shared.shape import Ending, Made, Protocol, Reply, Result, Sent, Translated
from domain.protocols.shared.times import Moment, SenderClock, moment_from_ns, moment_from_unix, written_moment
from domain.protocols.shared.writing import dumps
from schemas.codes import Outcome, Problem

_V1 = "/i/v1/analytics/events"
_NEVER_429 = frozenset({"/e", "/i/v0/e", "/capture"})  # posthog-js drops what is answered so, and repeats after 503

_KEYS = ("api_key", "token")
_KEYS_OF_EVENTS = ("api_key", "token", "$token")
_PERSON = ("$set", "$set_once")
_RESULTS = {
    Outcome.ACCEPTED: "ok",
    Outcome.QUARANTINED: "warning",
    Outcome.REJECTED: "drop",
    Outcome.UNDELIVERED: "retry",
}
_MOST_URGENT = ("retry", "drop", "warning", "ok")
_MAX_UUID_CHARS = 64  # what is longer is none, and an answer names each
_TRUE = Raw(b"true")
_PROPERTIES = "properties"
_NOTHING: Event = {}
_TIMESTAMP_BYTES = len(',"timestamp":"2026-11-28T13:46:45.131456Z"')
_MAX_OFFSET_MS = 366 * 24 * 60 * 60 * 1_000


class _Capture(
    Struct,
    omit_defaults=True,
    forbid_unknown_fields=True,
    gc=False,
    rename={"set_always": "$set", "set_once": "$set_once"},
):
    """A capture as nearly all are, in the order in which it is written: what changes from try to try comes last."""

    event: Raw
    uuid: str
    properties: Event
    distinct_id: str | UnsetType = UNSET
    type: Raw | UnsetType = UNSET
    library: Raw | UnsetType = UNSET
    library_version: Raw | UnsetType = UNSET
    send_feature_flags: Raw | UnsetType = UNSET
    session_id: Raw | UnsetType = UNSET
    window_id: Raw | UnsetType = UNSET
    options: Raw | UnsetType = UNSET
    offset: Raw | UnsetType = UNSET
    original_timestamp: Raw | UnsetType = UNSET
    timestamp: Raw | UnsetType = UNSET
    sent_at: Raw | UnsetType = UNSET
    set_always: Raw | UnsetType = UNSET
    set_once: Raw | UnsetType = UNSET


class _Batch(Body):
    batch: list[_Capture]
    sent_at: Raw = NULL
    created_at: Raw = NULL
    api_key: Raw = NULL
    token: Raw = NULL


class _Clock(NamedTuple):
    """When a request or a capture was sent: as a clock, as it is written, and how many bytes it takes with the end."""

    times: SenderClock
    sent_at: Raw | UnsetType
    end_bytes: int


class _Sending(NamedTuple):
    """What a request says of all its captures. `keys` gathers the keys that it holds."""

    clock: _Clock
    received: Moment
    keys: list[Raw]


def _translate(sent: Sent) -> Translated:
    if _is_lz64(sent):
        raise Rejected(Problem.UNSUPPORTED_ENCODING, "This compression is not understood. Send gzip, or none.")
    batch, events = read_batch(json_of_request(sent), _Batch, "batch")
    received = moment_from_ns(sent.received_ns)
    clock = _clock_of_all(sent, batch, received)
    sending = _Sending(clock, received, [batch.api_key, batch.token])
    made = made_within_bounds(
        events, partial(_made, sending), partial(_made_of_odd, sending), added_bytes=clock.end_bytes
    )
    return Translated(made, sending.keys, type(events) is list)


def _is_lz64(sent: Sent) -> bool:
    if sent.query.get("compression") == "lz64":
        return True
    return not sent.body.startswith((b"{", b"[")) and form_value(sent.body, b"compression") == b"lz64"


def _clock_of_all(sent: Sent, batch: _Batch, received: Moment) -> _Clock:
    if sent.route == _V1:
        # `created_at` is the same in every try; when this one was sent stands in a header.
        created = _clock(batch.created_at, received)
        clock = SenderClock(sent.headers.get("posthog-request-timestamp"), received)
        return created if clock.sent is None else created._replace(times=clock)
    if batch.sent_at == NULL and "_" in sent.query:
        clock = SenderClock(sent.query["_"], received, _from_milliseconds)
        return _clock_that_says(clock, dumps(sent.query["_"]))
    return _clock(batch.sent_at, received)


def _from_milliseconds(number: Any) -> Moment | None:
    return moment_from_unix(number, 1_000)


def _clock(sent_at: Raw, received: Moment) -> _Clock:
    if sent_at == NULL:
        return _Clock(SenderClock(None, received), UNSET, len("}"))
    return _clock_that_says(SenderClock(text_of(sent_at), received), bytes(sent_at))


def _clock_that_says(clock: SenderClock, sent_at: bytes) -> _Clock:
    written = sent_at if clock.sent is None else written_moment(clock.sent)
    return _Clock(clock, Raw(written), len(',"sent_at":}') + len(written))


def _made(sending: _Sending, captures: Sequence[_Capture]) -> list[Made]:
    """Return the events of a request's captures."""
    clock, received, keys = sending
    if clock.sent_at is UNSET and any(capture.sent_at is not UNSET for capture in captures):
        return [_made_by_its_clock(sending, capture) for capture in captures]
    trusted: list[int] = []
    for index, capture in enumerate(captures):
        properties = capture.properties
        if type(properties) is not dict:  # it has none
            properties = _NOTHING
        if "token" in properties:
            keys.append(properties.pop("token"))
        if "api_key" in properties or "$token" in properties:
            _take_keys(properties, _KEYS_OF_EVENTS, keys)
        if (said := capture.set_always) is not UNSET:
            capture.set_always = UNSET
            if said != NULL and properties.setdefault("$set", said) is not said:
                properties["$set"] = _of_person(said, properties["$set"])
        if (said := capture.set_once) is not UNSET:
            capture.set_once = UNSET
            if said != NULL and properties.setdefault("$set_once", said) is not said:
                properties["$set_once"] = _of_person(said, properties["$set_once"])
        if capture.distinct_id is UNSET and (member := properties.get("distinct_id", NULL)) != NULL:
            capture.distinct_id = as_text(member)  # type: ignore[assignment] # it is written like a text
        if (capture.options is not UNSET or "$ignore_sent_at" in properties) and _is_clock_trusted(capture, properties):
            trusted.append(index)
        capture.sent_at = clock.sent_at
    times = [capture.timestamp or NULL for capture in captures]
    made, corrected = clock.times.moments_of(times)
    if trusted:
        corrected = list(corrected)
        for index in trusted:
            corrected[index] = made[index]
    ends = [_TIMESTAMP_BYTES + clock.end_bytes] * len(captures)
    for index, (capture, moment, by_receiver) in enumerate(zip(captures, made, corrected, strict=True)):
        if moment is not None and by_receiver is not None:
            # A time is written like a member, unless it is a whole second.
            capture.original_timestamp = moment if moment.microsecond else Raw(written_moment(moment))  # type: ignore[assignment]
            capture.timestamp = by_receiver if by_receiver.microsecond else Raw(written_moment(by_receiver))  # type: ignore[assignment]
        elif times[index] == NULL and capture.offset is not UNSET and (waited := _waited(capture.offset)) is not None:
            capture.timestamp = Raw(written_moment(received - waited))
        else:
            ends[index] -= _TIMESTAMP_BYTES
            capture.timestamp = UNSET if times[index] == NULL else times[index]
    return [
        Made(text, capture.uuid or None, b"", len(text) - end or 1)
        for text, capture, end in zip(write_events(captures), captures, ends, strict=True)
    ]


def _made_by_its_clock(sending: _Sending, capture: _Capture) -> Made:
    """Return the event of a capture that may say when it was sent; the body of its request does not."""
    sent_at, capture.sent_at = capture.sent_at or NULL, UNSET
    if sent_at != NULL:
        sending = sending._replace(clock=_clock(sent_at, sending.received))
    return _made(sending, [capture])[0]


def _made_of_odd(sending: _Sending, event: Event) -> Made:
    """Return the event of a capture that has further members, which come first, or some that are not as usual."""
    _take_keys(event, _KEYS_OF_EVENTS, sending.keys)
    is_of_person = not event.keys().isdisjoint(_PERSON)
    properties = members_of(event.get(_PROPERTIES, NULL))
    if properties is None and is_of_person and event.get(_PROPERTIES, NULL) == NULL:
        properties = {}
    held = properties or {}
    uuid, distinct_id = event.pop("uuid", UNSET), event.pop("distinct_id", UNSET)
    own_id = _first_said(uuid, held.get("uuid"), held.get("$insert_id"))
    if _first_said(distinct_id) is None:
        distinct_id = _first_said(event.pop("$distinct_id", UNSET), held.get("distinct_id")) or distinct_id
    known: dict[str, Any] = {
        "event": event.pop("event", UNSET),
        "uuid": own_id or uuid,
        "distinct_id": as_text(distinct_id) if distinct_id else UNSET,
        "properties": UNSET if properties is None else properties,
    }
    if properties is not None:
        event.pop(_PROPERTIES, None)
    for field, name in zip(_Capture.__struct_fields__, _Capture.__struct_encode_fields__, strict=True):
        if name in event and name != _PROPERTIES and (properties is not None or name not in _PERSON):
            known[field] = event.pop(name)
    capture = _Capture(**known)
    (made,) = _made(sending, [capture])
    (made.own_id,) = own_ids_of([own_id or NULL])
    if event:
        beginning = write_event(event)[:-1]
        made.content_bytes += len(beginning)
        made.text = beginning + (b"}" if made.text == b"{}" else b",%b" % made.text[1:])
    return made


def _first_said(*members: Raw | UnsetType | None) -> Raw | None:
    """Return the first of the members that are there and not null; None where none is."""
    return next((member for member in members if member and member != NULL), None)


def _take_keys(held: Event, names: Sequence[str], keys: list[Raw]) -> None:
    keys += [held.pop(name) for name in names if name in held]


def _of_person(said: Raw, counts: Raw) -> Raw:
    """Return what is said of a person where version 1 has it: what stands there already counts."""
    if counts == NULL:
        return said
    beside, there = members_of(said), members_of(counts)
    return counts if beside is None or there is None else Raw(write_event({**beside, **there}))


def _waited(offset: Raw) -> timedelta | None:
    """Return how long an event waited until it was sent, as posthog-js said it before 2026; None for what is none."""
    waited = value_of(offset)
    is_known = isinstance(waited, (int, float)) and 0 <= waited < _MAX_OFFSET_MS
    return timedelta(milliseconds=waited) if is_known else None


def _is_clock_trusted(capture: _Capture, properties: Event) -> bool:
    """Say whether the sender wants no correction, as an import of the past does."""
    if properties.get("$ignore_sent_at") == _TRUE:
        return True
    options = None if capture.options is UNSET else members_of(capture.options)
    return options is not None and options.get("disable_skew_correction") == _TRUE


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
