"""Google Analytics 4's Measurement Protocol, and its validation, which keeps nothing.

https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference
https://developers.google.com/analytics/devguides/collection/protocol/ga4/validating-events
"""

from collections.abc import Mapping
from typing import Any

from domain.protocols.shared.making import bounded, unchanged
from domain.protocols.shared.reading import dumps, read_batch, stripped, with_members
from domain.protocols.shared.shape import Ending, Made, Protocol, Reply, Result, Sent, Translated
from domain.protocols.shared.times import moment_from_unix, text_from_moment

_DRY_RUN = "/debug/mp/collect"
_TIME = "timestamp_micros"
_OF_THE_QUERY = ("measurement_id", "firebase_app_id")
_NOT_SAID_OF_EVENTS = (_TIME, "validation_behavior", "api_secret")
_MICROSECONDS = 1_000_000


def _translate(sent: Sent) -> Translated:
    members, events = read_batch(stripped(sent.body), "events")
    said = _said_of_all(sent, members)
    text = dumps(said)
    return Translated(bounded(_made(event, said, text) for event in events))


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


def _made(event: Any, said: Mapping[str, Any], text: bytes) -> Made:
    if type(event) is not dict:
        return unchanged(event)
    event.pop("api_secret", None)
    made = event.get(_TIME)
    if made is not None and event.get("event_time") is None:
        event["event_time"] = _time(made)
    if not event.keys().isdisjoint(said):
        text = dumps({name: value for name, value in said.items() if event.get(name) is None})
    return Made(with_members(dumps(event), text))


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
