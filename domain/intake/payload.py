"""Where the events of a request are: the query of a GET, the body of a POST, in the forms that clients send.

What is found is handed on as text, unread: whether it is JSON, and how many events it holds, is decided elsewhere.
A payload that can't be taken out of its wrapping (broken base64url, bytes that are no UTF-8) is handed on as it is, so
that it is refused as `not_json` and can be kept.
"""

import binascii
from collections.abc import Mapping
from typing import Literal, NamedTuple

from domain.decoding import decoded_body
from domain.errors import Rejected
from domain.forms import ambiguous, form_value
from domain.http import HttpRequest
from schemas.codes import Problem
from schemas.limits import MAX_BODY_BYTES

PayloadForm = Literal["one", "json", "lines"]


class Payload(NamedTuple):
    """The text that holds a request's events.

    `form`: "one" is exactly one event, "json" one object or an array of them, "lines" one event a line.
    """

    form: PayloadForm
    text: bytes


BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BASE64_BOM = b"77u_"
_WHITESPACE = b" \t\n\r"
_FIRST_OF_JSON = frozenset(b'{["-0123456789tfn')
_OPENINGS = (b"{", b"[")
_READ_ONCE = ("d", "url", "referrer", "sw", "sh")
"""Parameters of which a repeat is an error; campaign parameters come with links that others wrote: the last counts."""
_FIELD_OF_FORMS = (b"d", b"%64")
"""In both spellings."""

_BODY_FORMS: Mapping[str, PayloadForm | Literal["urlencoded"]] = {
    "": "json",
    "application/json": "json",
    "text/plain": "json",
    "application/x-ndjson": "lines",
    "application/x-www-form-urlencoded": "urlencoded",
}
_ACCEPTED_TYPES = "application/json, application/x-ndjson, application/x-www-form-urlencoded and text/plain"


def payload_from_request(request: HttpRequest) -> Payload:
    """Return the text of a request's events; a GET carries one in `d`, any other method carries its body.

    Raises:
        Rejected: `no_payload`, `ambiguous`, `bad_encoding`, `body_too_large`, `unsupported_media_type` or
            `unsupported_encoding`.
    """
    if request.repeated:
        _refuse_repeated(request)
    if request.method == "GET":
        return Payload("one", _unwrapped(_bytes_from_text(request.query.get("d", ""))))
    body = checked_body(request)
    headers = request.headers
    content_type = headers.get("content-type", "")
    form = _BODY_FORMS.get(content_type) or _body_form(content_type)
    if "content-encoding" in headers and body:
        body = decoded_body(body, headers["content-encoding"])
    if form == "urlencoded":
        value = form_value(body, *_FIELD_OF_FORMS)
        if not value and body.lstrip(_WHITESPACE)[:1] in _OPENINGS:
            raise Rejected(
                Problem.NO_PAYLOAD,
                "The body looks like JSON, but its Content-Type says that it is a form (the default of curl -d): "
                "send Content-Type: application/json, or the JSON as the form's field d.",
            )
        return Payload("json", _unwrapped(value))
    return Payload(form, _stripped(body))


def checked_body(request: HttpRequest) -> bytes:
    """Return the body as it was sent.

    Raises:
        Rejected: `body_too_large`.
    """
    if len(request.body) > MAX_BODY_BYTES:
        raise Rejected(
            Problem.BODY_TOO_LARGE,
            f"The body is larger than {MAX_BODY_BYTES:,} bytes. Send fewer events in a request, or compress it.",
        )
    return request.body


def _refuse_repeated(request: HttpRequest) -> None:
    for name in _READ_ONCE:
        if name in request.repeated and (name != "d" or request.method == "GET"):
            raise ambiguous(name, "query")


def _body_form(content_type: str) -> PayloadForm | Literal["urlencoded"]:
    form = _BODY_FORMS.get(content_type.partition(";")[0].strip().lower())
    if form is None:
        raise Rejected(
            Problem.UNSUPPORTED_MEDIA_TYPE, f"This Content-Type is not accepted. Send one of {_ACCEPTED_TYPES}."
        )
    return form


def _stripped(text: bytes) -> bytes:
    """Return the text without a byte-order mark; an ordinary text is returned as it is, uncopied."""
    text = text.removeprefix(BYTE_ORDER_MARK)
    if not text or text.isspace():
        raise Rejected(
            Problem.NO_PAYLOAD,
            "The request holds no event. POST a JSON object as the body, or GET with the query parameter d, "
            "URL-encoded JSON or base64url of it.",
        )
    return text


def _unwrapped(value: bytes) -> bytes:
    """Return the JSON text that a parameter `d` holds, as it is or as base64url.

    The first character tells them apart: none that JSON can start with starts the base64url of a JSON object or array.
    Only the base64url of a byte-order mark starts with a digit.
    """
    text = _stripped(value)
    start = text.lstrip(_WHITESPACE)
    if not start or (start[0] in _FIRST_OF_JSON and not start.startswith(_BASE64_BOM)):
        return text
    digits = start.rstrip(_WHITESPACE).rstrip(b"=")
    if not digits or b"+" in digits or b"/" in digits:
        return text
    try:
        padded = digits.translate(_TO_BASE64) + b"=" * (-len(digits) % 4)
        return _stripped(binascii.a2b_base64(padded, strict_mode=True))
    except binascii.Error:
        return text


_TO_BASE64 = bytes.maketrans(b"-_", b"+/")


def _bytes_from_text(value: str) -> bytes:
    """Return a decoded parameter's bytes; those that were no UTF-8 come back as they were sent."""
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")
