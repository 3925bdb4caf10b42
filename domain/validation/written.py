"""Documents as they are stored, but for their stamps: JSON text, one line each.

Text is what is held of an event between its validation and its line. Values would take up to thirty times as much.
"""

from typing import Any

import orjson

from domain.msgspec_core import to_builtins
from domain.validation.faults import Refusal

Document = dict[str, Any]

Verdict = bytes | Document | Refusal
"""What became of one event's text: the document as it is stored, its text mostly, or why it is refused."""


def written(document: Document) -> bytes:
    """Return a document's text, with a newline; objects in it may be records that the parser made."""
    # The encoder's own result keeps the room that it reserved, which is many times a text of wide characters.
    return bytes(memoryview(orjson.dumps(document, to_builtins, orjson.OPT_APPEND_NEWLINE)))


def document_of(verdict: bytes | Document) -> Document:
    """Return the document of an event that is valid."""
    return verdict if type(verdict) is dict else orjson.loads(verdict)  # type: ignore[arg-type]
