"""Where the events of a request are: the query of a GET, the body of a POST, in the forms that clients send.

What is found is handed on as text, unread: whether it is JSON, and how many events it holds, is decided elsewhere.
A payload that can't be taken out of its wrapping (broken base64url, bytes that are no UTF-8) is handed on as it is, so
that it is refused as `not_json` and can be kept.
"""

import binascii
import re
from collections.abc import Mapping
from itertools import islice
from typing import Literal

from domain.decoding import decoded_body
from domain.errors import Rejected
from domain.forms import ambiguous, form_value
from domain.http import HttpRequest
from domain.validation.bounds import RequestWork
from domain.validation.json_text import NotJsonError
from schemas.codes import Problem
from schemas.limits import MAX_BODY_BYTES, MAX_EVENTS_PER_REQUEST

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BASE64_BOM = b"77u_"
_WHITESPACE = b" \t\n\r"
_FIRST_OF_JSON = frozenset(b'{["-0123456789tfn')
_OPENINGS = (b"{", b"[")
_OPEN_OBJECT, _OPEN_ARRAY = b"{["
_FILLED_LINE = re.compile(rb"[^ \t\r\n][^\n]*")
_READ_ONCE = ("d", "url", "referrer", "sw", "sh")
"""Parameters of which a repeat is an error; campaign parameters come with links that others wrote: the last counts."""
_FIELD_OF_FORMS = (b"d", b"%64")
"""In both spellings."""

PayloadForm = Literal["one", "json", "lines"]
"""How a payload holds its events: exactly one event, one JSON object or an array of them, one event a line."""

_BODY_FORMS: Mapping[str, PayloadForm | Literal["urlencoded"]] = {
    "": "json",
    "application/json": "json",
    "text/plain": "json",
    "application/x-ndjson": "lines",
    "application/x-www-form-urlencoded": "urlencoded",
}
_ACCEPTED_TYPES = "application/json, application/x-ndjson, application/x-www-form-urlencoded and text/plain"


class EventTexts:
    """The texts of a payload's events, each as it came, in order; cut once, when they are first asked for."""

    __slots__ = ("_texts", "_work", "form", "is_one", "text")

    def __init__(self, form: PayloadForm, text: bytes) -> None:
        """Take the payload."""
        self.form = form
        self.text = text
        self.is_one = form == "one" or (form == "json" and not _is_array(text))
        """Whether it can only be one event."""
        self._texts: list[bytes] | None = None
        self._work: RequestWork | None = None

    @property
    def work(self) -> RequestWork:
        """What may be spent on all of them."""
        if self._work is None:
            self._work = RequestWork()
        return self._work

    @property
    def size(self) -> int:
        """How many bytes the payload has."""
        return len(self.text)

    def all(self) -> list[bytes]:
        """Return the texts.

        Raises:
            Rejected: `no_payload` for a batch of none, `too_many_events`.
            NotJsonError: the array as a whole can't be cut.
        """
        if self._texts is None:
            if self.is_one:
                self._texts = [self.text]
            elif self.form == "lines":
                self._texts = _counted(lines_of(self.text))
            else:
                from domain.validation.json_cuts import array_elements  # noqa: PLC0415 - few arrays have to be cut

                self._texts = _counted(array_elements(self.text, MAX_EVENTS_PER_REQUEST))
        return self._texts

    def all_or_whole(self) -> list[bytes]:
        """Return the texts like `all`; of an array that can't be cut, its own: it counts as one event."""
        try:
            return self.all()
        except NotJsonError:
            return [self.text]


def texts_from_request(request: HttpRequest) -> EventTexts:
    """Return the texts of a request's events; a GET carries one in `d`, any other method carries its body.

    Raises:
        Rejected: `no_payload`, `ambiguous`, `bad_encoding`, `body_too_large`, `unsupported_media_type` or
            `unsupported_encoding`.
    """
    if request.repeated:
        _refuse_repeated(request)
    if request.method == "GET":
        return EventTexts("one", _unwrapped(_bytes_from_text(request.query.get("d", ""))))
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
        return EventTexts("json", _unwrapped(value))
    return EventTexts(form, _stripped(body))


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


def _is_array(text: bytes) -> bool:
    first = text[0]
    return first != _OPEN_OBJECT and (first == _OPEN_ARRAY or text.lstrip(_WHITESPACE)[0] == _OPEN_ARRAY)


def lines_of(text: bytes) -> list[bytes]:
    """Return the lines that are not blank, and no more than it takes to see that there are too many."""
    # Millions fit into a body.
    filled = islice(_FILLED_LINE.finditer(text), MAX_EVENTS_PER_REQUEST + 1)
    lines = [line[0].removeprefix(BYTE_ORDER_MARK).strip(_WHITESPACE) for line in filled]
    return lines if all(lines) else list(filter(None, lines))


def _counted(texts: list[bytes]) -> list[bytes]:
    if not texts:
        raise Rejected(Problem.NO_PAYLOAD, "The batch holds no event: send at least one.")
    if len(texts) > MAX_EVENTS_PER_REQUEST:
        raise Rejected(
            Problem.TOO_MANY_EVENTS,
            f"A request can have at most {MAX_EVENTS_PER_REQUEST:,} events: send the rest in further requests.",
        )
    return texts
