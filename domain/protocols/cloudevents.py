"""CloudEvents 1.0 over HTTP: structured, in batches, and binary, where attributes stand in headers.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

import binascii
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any
from urllib.parse import unquote

from domain.errors import Rejected
from domain.protocols.shared.making import made_of, unchanged
from domain.protocols.shared.reading import Unread, read, read_array, stripped
from domain.protocols.shared.shape import Made, Protocol, Sent, Translated, native_answer
from domain.protocols.shared.times import texts_from_rfc3339
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


def _translate(sent: Sent) -> Translated:
    media_type = sent.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not media_type.startswith(_ANY) and "ce-specversion" not in sent.headers:  # a dry run says no more of its body
        media_type = _BATCH if stripped(sent.body).startswith(b"[") else _STRUCTURED
    text = stripped(sent.body)
    if not text and media_type in {_STRUCTURED, _BATCH}:
        return Translated([])
    if media_type == _STRUCTURED:
        event, is_plain, has_short_numbers = read(text)
        return Translated(list(_made([event], is_plain=is_plain)), has_short_numbers=has_short_numbers)
    if media_type == _BATCH:
        try:
            _, events, is_plain, has_short_numbers = read_array(text)
            made = made_of(events, partial(_made, is_plain=is_plain), is_plain=is_plain)
            return Translated(list(made), has_short_numbers=has_short_numbers)
        except NotJsonError:
            return Translated([Made(text)])
    if media_type.startswith(_ANY):
        raise Rejected(
            Problem.UNSUPPORTED_MEDIA_TYPE,
            f"CloudEvents are accepted as {_STRUCTURED}, as {_BATCH}, and with their attributes in headers.",
        )
    return _translate_binary(sent)


def _translate_binary(sent: Sent) -> Translated:
    event: dict[str, Any] = {}
    for name, value in sent.headers.items():
        if name.startswith(_PREFIX) and _ATTRIBUTE(name[len(_PREFIX) :]):
            event[name[len(_PREFIX) :]] = _attribute(value)
    content_type = sent.headers.get("content-type", "").strip()
    if content_type:
        event["datacontenttype"] = content_type
    data = sent.body
    if not data:
        return Translated(list(_made([event], is_plain=False)))
    if len(data) > MAX_EVENT_SENT_BYTES:
        return Translated([unchanged(Unread(data, is_costly=True))])
    if _TEXT(content_type):
        try:
            event["data"] = data.decode()
        except UnicodeDecodeError:
            event["data_base64"] = _base64(data)
    elif content_type and not _JSON(content_type):
        event["data_base64"] = _base64(data)
    else:
        value, _, _ = read(stripped(data))
        if type(value) is Unread:
            return Translated([unchanged(value)])
        event["data"] = value
    return Translated(list(_made([event], is_plain=False)))


def _made(events: Sequence[Any], *, is_plain: bool) -> Iterator[Made]:
    """Return events with their times in UTC; the id of each is that of its source."""
    made: list[Made] = []
    times: list[Any] = []
    for event in events:
        if type(event) is not dict:
            made.append(unchanged(event))
            times.append(None)
            continue
        source, own_id = event.get("source"), event.get("id")
        has_id = type(source) is str and type(own_id) is str
        made.append(Made(b"", f"{source}\0{own_id}" if has_id else None, dumps(event), False, event))
        times.append(event.get("time"))
    for one, text in zip(made, texts_from_rfc3339(times), strict=True):
        event = one.value
        if event is None:
            yield one
            continue
        if text is not None:
            event["time"] = text
        if not is_plain:
            one.write(is_plain=False)
        yield one


def _attribute(value: str) -> str:
    """Return an attribute as it was before it became a header: without quotes, and without percent-encoding."""
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = _ESCAPED.sub(r"\1", value[1:-1])
    return unquote(value)


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()


PROTOCOL = Protocol(translate=_translate, answer=native_answer)
