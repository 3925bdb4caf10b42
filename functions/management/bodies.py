"""What of a body may reach the models: JSON objects of bounded size and depth, in UTF-8, without extensions."""

import json
from typing import Any

import orjson

from domain.errors import Rejected
from domain.http import HttpRequest
from domain.language.budget import too_complex
from domain.language.save_faults import json_pointer
from domain.validation.exact_numbers import kept_number
from domain.validation.faults import place_in
from domain.validation.json_text import refuse_constant
from schemas.codes import Problem
from schemas.limits import MAX_JSON_DEPTH

_STRUCTURE = (b"{", b"[", b",", b":")


def read_json(request: HttpRequest, max_bytes: int, max_values: int) -> dict[str, Any]:
    """Return the body, which has to be a JSON object; whole numbers keep their value, however they are written.

    Raises:
        Rejected: body_too_large, unsupported_media_type, unsupported_encoding, too_complex (more values than
            `max_values`), not_json (also of a number or a text that nothing here can hold), bad_request (nested too
            deep), or invalid_request (JSON, but no object; no body).
    """
    if len(request.body) > max_bytes:
        raise Rejected(Problem.BODY_TOO_LARGE, f"The body has more than {max_bytes:,} bytes.")
    _check_type(request)
    if not request.body.strip():
        message = "This request needs a body: a JSON object."
        errors = [{"pointer": "", "code": "required", "message": message}]
        raise Rejected(Problem.INVALID_REQUEST, message, errors=errors)
    # Before it is parsed: a value takes some hundred times the bytes of its text. Those inside of strings count too.
    if sum(map(request.body.count, _STRUCTURE)) > max_values:
        raise too_complex("", f"The body has more than {max_values:,} values: send less at once.")
    try:
        value = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise _unread(request.body, error.pos) from None
    if not isinstance(value, dict):
        message = "The body must be a JSON object."
        errors = [{"pointer": "", "code": "type", "message": message}]
        raise Rejected(Problem.INVALID_REQUEST, message, errors=errors)
    if _depth_exceeds(value, MAX_JSON_DEPTH):
        raise Rejected(Problem.BAD_REQUEST, f"The body is nested over more than {MAX_JSON_DEPTH} levels.")
    # The other parser rounds large whole numbers.
    return json.loads(request.body, parse_float=kept_number)  # type: ignore[no-any-return]


def _unread(body: bytes, at: int) -> Rejected:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        message = f"The body is not UTF-8: byte {error.start + 1:,} is the first that is not."
        return Rejected(Problem.NOT_JSON, message)
    place = place_in(body, at)
    if not _is_json(body):
        return Rejected(Problem.NOT_JSON, f"The body is not JSON (RFC 8259); the first error is {place}.")
    message = f"The body has a number that no double holds, or half of a surrogate pair, {place}. Leave it out."
    return Rejected(Problem.NOT_JSON, message)


def _is_json(body: bytes) -> bool:
    """Say whether a text is JSON by the grammar alone."""
    try:
        json.loads(body, parse_float=_unmade, parse_int=_unmade, parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        return False
    return True


def _unmade(_text: str) -> None:
    """Stand for a number, however long."""


def check_empty(request: HttpRequest, max_bytes: int, max_values: int) -> None:
    """Raise `Rejected` if a request that takes no body brings one; an empty object counts as none."""
    if not request.body.strip():
        return
    names = read_json(request, max_bytes, max_values)
    if names:
        errors = [
            {"pointer": json_pointer("", name), "code": "unknown_field", "message": "There is no such field."}
            for name in names
        ]
        raise Rejected(Problem.INVALID_REQUEST, "This request accepts no body.", errors=errors)


def _check_type(request: HttpRequest) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.body and media_type not in {"", "application/json"}:
        raise Rejected(Problem.UNSUPPORTED_MEDIA_TYPE, "Send the body as application/json.")
    if request.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise Rejected(Problem.UNSUPPORTED_ENCODING, "Send the body without a content encoding.")


def _depth_exceeds(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True
