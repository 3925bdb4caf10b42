"""CloudEvents 1.0 over HTTP: structured, in batches, and binary, where attributes stand in headers.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

import binascii
import re
from collections.abc import Sequence
from urllib.parse import unquote

from domain.errors import Rejected
from domain.msgspec_core import UNSET, Raw, Struct, UnsetType
from domain.protocols.shared.making import made_of, made_of_one
from domain.protocols.shared.members import (
    NULL,
    Event,
    read_array,
    read_event,
    read_value,
    text_of,
    write_event,
    write_events,
)
from domain.protocols.shared.reading import Unread, stripped
from domain.protocols.shared.shape import Made, Protocol, Sent, Translated, native_answer
from domain.protocols.shared.times import moments_from_rfc3339, written_moment
from domain.protocols.shared.writing import dumps
from domain.validation.json_text import NotJsonError
from schemas.codes import Problem
from schemas.limits import MAX_EVENT_SENT_BYTES

_STRUCTURED = "application/cloudevents+json"
_BATCH = "application/cloudevents-batch+json"
_ANY = "application/cloudevents"
_PREFIX = "ce-"
_ATTRIBUTE = re.compile(r"[a-z0-9]{1,100}").fullmatch
_ESCAPED = re.compile(r"\\(.)")
_JSON = re.compile(r"[^/;]+/(?:[^;]+\+)?json\s*(?:;.*)?", re.IGNORECASE | re.DOTALL).fullmatch
_TEXT = re.compile(r"(?:text/[^;]+|[^/;]+/(?:[^;]+\+)?xml)\s*(?:;.*)?", re.IGNORECASE | re.DOTALL).fullmatch


class _CloudEvent(Struct, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """An event with the attributes that the specification names, and those of tracing."""

    specversion: Raw | UnsetType = UNSET
    id: str | UnsetType = UNSET
    source: str | UnsetType = UNSET
    type: Raw | UnsetType = UNSET
    subject: Raw | UnsetType = UNSET
    time: Raw | UnsetType = UNSET
    datacontenttype: Raw | UnsetType = UNSET
    dataschema: Raw | UnsetType = UNSET
    traceparent: Raw | UnsetType = UNSET
    tracestate: Raw | UnsetType = UNSET
    data: Raw | UnsetType = UNSET
    data_base64: Raw | UnsetType = UNSET


def _translate(sent: Sent) -> Translated:
    media_type = sent.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not media_type.startswith(_ANY) and "ce-specversion" not in sent.headers:  # a dry run says no more of its body
        media_type = _BATCH if stripped(sent.body).startswith(b"[") else _STRUCTURED
    text = stripped(sent.body)
    if not text and media_type in {_STRUCTURED, _BATCH}:
        return Translated([])
    if media_type == _STRUCTURED:
        return Translated(made_of_one(read_event(text, _CloudEvent), _made, _made_of_odd))
    if media_type == _BATCH:
        try:
            events = read_array(text, _CloudEvent)
            return Translated(list(made_of(events, _made, _made_of_odd)), are_json=type(events) is list)
        except NotJsonError:
            return Translated([Made(text)])
    if media_type.startswith(_ANY):
        raise Rejected(
            Problem.UNSUPPORTED_MEDIA_TYPE,
            f"CloudEvents are accepted as {_STRUCTURED}, as {_BATCH}, and with their attributes in headers.",
        )
    return Translated(made_of_one(_binary(sent), _made, _made_of_odd))


def _binary(sent: Sent) -> Event | Unread:
    event: Event = {}
    for name, value in sent.headers.items():
        if name.startswith(_PREFIX) and _ATTRIBUTE(name[len(_PREFIX) :]):
            event[name[len(_PREFIX) :]] = Raw(dumps(_attribute(value)))
    content_type = sent.headers.get("content-type", "").strip()
    if content_type:
        event["datacontenttype"] = Raw(dumps(content_type))
    data = sent.body
    if not data:
        return event
    if len(data) > MAX_EVENT_SENT_BYTES:
        return Unread(data, is_costly=True)
    if _TEXT(content_type):
        try:
            event["data"] = Raw(dumps(data.decode()))
        except UnicodeDecodeError:
            event["data_base64"] = _base64(data)
    elif content_type and not _JSON(content_type):
        event["data_base64"] = _base64(data)
    else:
        found = read_value(stripped(data))
        if isinstance(found, Unread):
            return found
        event["data"] = found
    return event


def _made(events: Sequence[_CloudEvent]) -> Sequence[Made]:
    """Return events with their times in UTC; the id of each is that of its source."""
    moments = moments_from_rfc3339([event.time or NULL for event in events])
    for event, moment in zip(events, moments, strict=True):
        if moment is not None:
            # A time is written like a member, unless it is a whole second.
            event.time = moment if moment.microsecond else Raw(written_moment(moment))  # type: ignore[assignment]
    own_ids = [
        None if event.source is UNSET or event.id is UNSET else f"{event.source}\0{event.id}" for event in events
    ]
    return list(map(Made, write_events(events), own_ids))


def _made_of_odd(event: Event) -> Made:
    """Return an event that has further members, or an id that is no text."""
    (moment,) = moments_from_rfc3339([event.get("time", NULL)])
    if moment is not None:
        event["time"] = Raw(written_moment(moment))
    source, own_id = text_of(event.get("source", NULL)), text_of(event.get("id", NULL))
    return Made(write_event(event), None if source is None or own_id is None else f"{source}\0{own_id}")


def _attribute(value: str) -> str:
    """Return an attribute as it was before it became a header: without quotes, and without percent-encoding."""
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = _ESCAPED.sub(r"\1", value[1:-1])
    return unquote(value)


def _base64(data: bytes) -> Raw:
    return Raw(b'"%b"' % binascii.b2a_base64(data, newline=False))


PROTOCOL = Protocol(translate=_translate, answer=native_answer)
