"""The JSON text that snippets carry: one line of printable ASCII, so that no file, terminal or page can harm it."""

import json
import re
from collections.abc import Mapping
from typing import Any

import orjson

from domain.errors import FaultyRequest, Rejected

_LINE_BREAKS = re.compile(r"[\r\n][ \t\r\n]*")


def text_from_written(written: str) -> str:
    """Return the text of an example as someone wrote it, numbers and repeated keys untouched.

    Raises:
        Rejected: invalid_request at `/example` if it is not a JSON object that could be sent.
    """
    try:
        value = orjson.loads(written)
    except orjson.JSONDecodeError:
        raise _refused("Must be the text of a JSON object (RFC 8259).") from None
    if not isinstance(value, dict):
        raise _refused("Must be a JSON object.")
    # Outside strings all is ASCII, and inside there are no control characters: JSON has seen to both.
    line = _LINE_BREAKS.sub(" ", written.strip()).replace("\t", " ")
    return "".join(map(_ascii, line))


def text_from_event(event: Mapping[str, Any]) -> str:
    """Return the text of an event."""
    return json.dumps(event, ensure_ascii=True, allow_nan=False)


def _ascii(character: str) -> str:
    """Return a character as it may stand in a JSON string in ASCII."""
    if " " <= character <= "~":
        return character
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _refused(message: str) -> Rejected:
    return FaultyRequest([{"pointer": "/example", "code": "example", "message": message}])
