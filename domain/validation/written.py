"""Documents of a request that holds many values: as their JSON text, since values take up to thirty times as much."""

from collections.abc import Iterable
from typing import Any

import orjson

from domain.validation.bounds import RequestWork
from domain.validation.faults import Refusal

Document = dict[str, Any]


class WrittenDocument:
    """A document as its text, with a newline."""

    __slots__ = ("text",)

    def __init__(self, document: Document) -> None:
        self.write(document)

    def write(self, document: Document) -> None:
        """Become the text of another document."""
        # The encoder's own result keeps the room that it reserved, which is many times a text of wide characters.
        self.text = bytes(memoryview(orjson.dumps(document, None, orjson.OPT_APPEND_NEWLINE)))

    def document(self) -> Document:
        """Return the document, made anew."""
        return orjson.loads(self.text)  # type: ignore[no-any-return]


Verdict = Document | WrittenDocument | Refusal
"""What became of one event's text: the document as it is stored, or why it is refused."""


def document_of(verdict: Document | WrittenDocument) -> Document:
    """Return the document of an event that is valid."""
    return verdict if type(verdict) is dict else verdict.document()  # type: ignore[union-attr] # no other is there


def gathered(verdicts: Iterable[Document | Refusal], work: RequestWork) -> list[Verdict]:
    """Return the verdicts on a request's events, which are made while they are taken.

    Beyond what may be held as values, documents are written.
    """
    return [
        WrittenDocument(verdict) if not work.may_hold and type(verdict) is dict else verdict for verdict in verdicts
    ]
