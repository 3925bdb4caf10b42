"""Google Analytics 4's Measurement Protocol, and its validation, which keeps nothing.

https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference
https://developers.google.com/analytics/devguides/collection/protocol/ga4/validating-events
"""

from collections.abc import Callable, Mapping
from typing import Any

from domain.protocols.shared.making import bounded, unchanged
from domain.protocols.shared.reading import read_batch, stripped
from domain.protocols.shared.shape import Ending, Made, Protocol, Reply, Result, Sent, Translated
from domain.protocols.shared.times import moment_from_unix, text_from_moment
from domain.protocols.shared.writing import dumps

_DRY_RUN = "/debug/mp/collect"
_TIME = "timestamp_micros"
_OF_THE_QUERY = ("measurement_id", "firebase_app_id")
_NOT_SAID_OF_EVENTS = (_TIME, "validation_behavior", "api_secret")
_MICROSECONDS = 1_000_000


def _translate(sent: Sent) -> Translated:
    members, events, is_plain, has_short_numbers = read_batch(stripped(sent.body), "events")
    said = _said_of_all(sent, members)
    # What could be shared by events, or is none of JSON's texts, is not handed on as a value.
    is_plain = is_plain and all(type(value) is str and value.isascii() for value in said.values())
    make = _maker(said, is_plain=is_plain)
    return Translated(bounded(map(make, events)), has_short_numbers=has_short_numbers)


def _said_of_all(sent: Sent, members: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the request says for each of its events; it gives them no ids."""
    said = {name: value for name, value in members.items() if value is not None and name not in _NOT_SAID_OF_EVENTS}
    for name in _OF_THE_QUERY:
        if name in sent.query:
            said[name] = sent.query[name]
    made = members.get(_TIME)
    if made is not None:
        said["event_time"] = _time(made)
    return said


def _maker(said_of_all: Mapping[str, Any], *, is_plain: bool) -> Callable[[Any], Made]:
    """Return what makes a request's events, each with what is said of all; `is_plain` as that of an `Envelope`."""

    def made(event: Any) -> Made:
        if type(event) is not dict:
            return unchanged(event)
        if "api_secret" in event:
            del event["api_secret"]
        as_made = event.get(_TIME)
        if as_made is not None and event.get("event_time") is None:
            event["event_time"] = _time(as_made)
        said = said_of_all
        if not event.keys().isdisjoint(said):
            said = {name: value for name, value in said.items() if event.get(name) is None}
        event.update(said)
        return Made(dumps(event), None, b"", False, event if is_plain else None)

    return made


def _time(made: Any) -> Any:
    """Return a time in microseconds as text; what is none as it came."""
    moment = moment_from_unix(made, _MICROSECONDS)
    return made if moment is None else text_from_moment(moment)


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
