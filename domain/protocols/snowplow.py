"""Snowplow's tracker protocol: batches by POST, single events as an image by GET. Events get their canonical names.

https://docs.snowplow.io/docs/events/going-deeper/http-headers/
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from domain.msgspec_core import UNSET, Encoder, Raw
from domain.protocols.events.snowplow import KEY, MILLISECONDS, Call, event_of, moment_of, text_as_sent
from domain.protocols.shared.making import made_within_bounds
from domain.protocols.shared.members import Body, read_body, read_event
from domain.protocols.shared.reading import TooCostlyError, stripped
from domain.protocols.shared.shape import Ending, Made, Protocol, Reply, Result, Sent, Translated
from domain.protocols.shared.times import (
    Moment,
    SenderClock,
    as_members,
    moment_from_ns,
    moments_from_unix,
    written_moment,
)
from domain.protocols.shared.writing import dumps
from domain.validation.json_text import NotJsonError
from schemas.codes import Problem
from schemas.limits import MAX_EVENT_VALUES

_STATUS: Mapping[Problem, int] = {
    # What the trackers do not send again is 400, 401, 403, 410 and 422.
    Problem.PLAN_EXHAUSTED: 403,
    Problem.BODY_TOO_LARGE: 400,
    Problem.TOO_MANY_EVENTS: 400,
    Problem.UNSUPPORTED_ENCODING: 400,
    Problem.UNSUPPORTED_MEDIA_TYPE: 400,
}


class _Calls(Body):
    data: list[Call]


_DERIVED_BYTES = len(',"derived_tstamp":"2026-11-28T13:46:45.131456Z"')
_encode = Encoder().encode


def _translate(sent: Sent) -> Translated:
    keys: list[Any] = []
    calls: Iterable[Any]
    if sent.method == "GET":
        parameters = {name: value for name, value in sent.query.items() if name != KEY}
        calls = iter([read_event(dumps(parameters), Call)] if parameters else [])
    else:
        text = stripped(sent.body)
        try:
            calls = _calls(text) if text else []
        except NotJsonError:
            return Translated([Made(text)])
    make = partial(_made, keys, moment_from_ns(sent.received_ns))
    return Translated(made_within_bounds(calls, make), keys, type(calls) is list)


def _calls(text: bytes) -> Iterable[Any]:
    """Return the events of a body; what one of them holds as text may be dear only where they are taken one by one.

    Raises:
        NotJsonError: it is none.
    """
    _, calls = read_body(text, _Calls, "data")
    return calls if len(text) <= MAX_EVENT_VALUES else iter(calls)


def _made(keys: list[Any], received: Moment, calls: Sequence[Any]) -> Sequence[Made]:
    """Return events as they are made, and add to `keys` what may be a write key, such as ids of apps.

    What changes from try to try stands last in the text of each.
    """
    if not calls:
        return []
    try:
        known: dict[str, Any] = {}
        events = [event_of(call, keys, known) for call in calls]
    except TooCostlyError:  # there is no other
        return [Made(text_as_sent(call), is_unread=True) for call in calls]
    keys += [event.app_id for event in events]
    times_sent = [event.dvce_sent_tstamp for event in events]
    moments = moments_from_unix([event.dvce_created_tstamp for event in events], MILLISECONDS)
    by_receiver: Sequence[Moment | None]
    if times_sent.count(times_sent[0]) == len(events):  # as most trackers have it
        clock = _clock(times_sent[0], received)
        by_receiver, sent = clock.all_by_receiver(moments), [_sent_at(clock)] * len(events)
    else:
        clocks = [_clock(time, received) for time in times_sent]
        by_receiver = [clock.all_by_receiver([moment])[0] for clock, moment in zip(clocks, moments, strict=True)]
        sent = list(map(_sent_at, clocks))
    made: list[Made] = []
    for event, time, corrected, (sent_at, end_bytes) in zip(
        events, as_members(moments), as_members(by_receiver), sent, strict=True
    ):
        if time is not None:
            event.dvce_created_tstamp = time
        if corrected is not None:
            event.derived_tstamp = corrected
        if event.true_tstamp is not UNSET and (true := moment_of(event.true_tstamp)) is not None:
            event.true_tstamp = event.derived_tstamp = Raw(written_moment(true))
        event.dvce_sent_tstamp = sent_at
        text = _encode(event)
        own_id = event.event_id
        content_bytes = len(text) - end_bytes - (_DERIVED_BYTES if event.derived_tstamp else 0) or 1
        made.append(Made(text, own_id if type(own_id) is str else _odd_id(own_id), b"", content_bytes))
    return made


def _odd_id(value: Any) -> Raw | None:
    """Return an id that holds half a character; None for what is no text."""
    return value if type(value) is Raw and bytes(value).startswith(b'"') else None


def _clock(time_sent: Any, received: Moment) -> SenderClock:
    return SenderClock(None if time_sent is UNSET else time_sent, received, moment_of)


def _sent_at(clock: SenderClock) -> tuple[Any, int]:
    """Return when events were sent, as it is written, and how many bytes that takes with the end of an event."""
    if clock.sent is None and clock.is_known:
        return UNSET, len("}")
    written = _encode(clock.sent_text) if clock.sent is None else written_moment(clock.sent)
    return Raw(written), len(',"dvce_sent_tstamp":}') + len(written)


def _answer(result: Result) -> Reply:
    if result.ending is Ending.KEPT:
        return Reply(200, b"ok")
    return Reply(_STATUS.get(result.code, result.status) if result.code else result.status, result.native)


PROTOCOL = Protocol(
    translate=_translate,
    answer=_answer,
    key_parameters=("aid",),
    has_credentials=True,
)
