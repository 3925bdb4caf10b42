"""Google Analytics 4's Measurement Protocol, and its validation, which keeps nothing.

https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference
https://developers.google.com/analytics/devguides/collection/protocol/ga4/validating-events
"""

from collections.abc import Sequence
from functools import partial

from domain.msgspec_core import UNSET, Raw, Struct, UnsetType
from domain.protocols.shared.making import made_within_bounds
from domain.protocols.shared.members import (
    NULL,
    Event,
    members_of,
    read_envelope,
    read_events,
    write_event,
    write_events,
)
from domain.protocols.shared.reading import stripped
from domain.protocols.shared.shape import Ending, Made, Protocol, Reply, Result, Sent, Translated
from domain.protocols.shared.times import moments_from_unix, written_moment
from domain.protocols.shared.writing import dumps
from domain.validation.json_text import NotJsonError

_DRY_RUN = "/debug/mp/collect"
_TIME = "timestamp_micros"
_OF_THE_QUERY = ("measurement_id", "firebase_app_id")
_NOT_SAID_OF_EVENTS = (_TIME, "validation_behavior", "api_secret")
_MICROSECONDS = 1_000_000


class _Event(Struct, forbid_unknown_fields=True, gc=False):
    """An event as nearly all are."""

    name: Raw
    params: Raw | UnsetType = UNSET


def _translate(sent: Sent) -> Translated:
    text = stripped(sent.body)
    try:
        members, events = read_envelope(text, "events", _Event)
    except NotJsonError:
        members, events = {}, read_events(text, _Event)
    said = _said_of_all(sent, members)
    end = b",%b" % write_event(said)[1:] if said else b"}"
    make, make_odd = partial(_made, said, end), partial(_made_of_odd, said)
    made = made_within_bounds(events, make, make_odd, added_bytes=len(end))
    return Translated(made, are_json=type(events) is list)


def _said_of_all(sent: Sent, members: Event) -> Event:
    """Return what the request says for each of its events; it gives them no ids."""
    said = {name: member for name, member in members.items() if name not in _NOT_SAID_OF_EVENTS and member != NULL}
    if sent.query:
        said |= {name: Raw(dumps(sent.query[name])) for name in _OF_THE_QUERY if name in sent.query}
    made = members.get(_TIME, NULL)
    if made != NULL:
        said["event_time"] = _time(made)
    return said


def _made(said_of_all: Event, end: bytes, events: Sequence[_Event]) -> list[Made]:
    """Return a request's events, each with what is said of all, which ends its text."""
    if "name" in said_of_all or "params" in said_of_all:  # what an event says itself counts before it
        return [_made_of_odd(said_of_all, members_of(Raw(text)) or {}) for text in write_events(events)]
    return [Made(text[:-1] + end) for text in write_events(events)]  # none is empty: each has a name


def _made_of_odd(said_of_all: Event, event: Event) -> Made:
    """Return an event that says more."""
    event.pop("api_secret", None)
    made = event.get(_TIME, NULL)
    if made != NULL and event.get("event_time", NULL) == NULL:
        event["event_time"] = _time(made)
    event |= {name: member for name, member in said_of_all.items() if event.get(name, NULL) == NULL}
    return Made(write_event(event))


def _time(made: Raw) -> Raw:
    """Return a time in microseconds as text; what is none as it came."""
    (moment,) = moments_from_unix([made], _MICROSECONDS)
    return made if moment is None else Raw(written_moment(moment))


def _answer(result: Result) -> Reply:
    if result.ending is not Ending.KEPT:
        return Reply(result.status, result.native)
    if result.route != _DRY_RUN:
        return Reply(204, b"")
    messages = [
        {
            "fieldPath": f"events/{row['index']}{error['pointer']}",
            "description": error["message"],
            "validationCode": error["code"],
        }
        for row in result.rows
        for error in row["errors"]
    ]
    return Reply(200, {"validationMessages": messages})


PROTOCOL = Protocol(
    translate=_translate,
    answer=_answer,
    key_parameters=("api_secret",),
)
