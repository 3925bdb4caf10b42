"""A finalised revision, compiled: from the text of events to documents as they are stored, or refusals."""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from domain.completion.steps import completion_steps
from domain.validation import faults as text_of
from domain.validation.bounds import Allowing, EventBounds, ParsedEvent, RequestWork
from domain.validation.core_validator import ValidationError
from domain.validation.event_names import EventNames
from domain.validation.extra import with_whole_numbers
from domain.validation.fast_reading import NullSeen
from domain.validation.faults import Refusal, whole_event_refused
from domain.validation.fields_in_force import Document, FieldsInForce
from domain.validation.json_text import (
    has_many_levels,
    is_nested_too_deep,
    may_hold_long_fraction,
    value_beyond_the_parser,
)
from domain.validation.memory_estimate import estimated_bytes
from domain.validation.tree_size import TreeSize
from domain.validation.unnamed import UnnamedByRevision
from domain.validation.variants import MAX_VARIANTS_BYTES, Variants
from domain.validation.whole_numbers import NeedsExactText
from schemas.items import RevisionDocument
from schemas.limits import MAX_EVENTS_PER_REQUEST
from schemas.stamps import REVISION_ID

if TYPE_CHECKING:
    from domain.completion.request_facts import RequestFacts
    from domain.validation.protect_text import ProtectedTexts

__all__ = ["CompileFields", "CompiledRevision", "Document"]

CompileFields = Callable[[RevisionDocument, list[dict[str, Any]], str, NullSeen], FieldsInForce]
"""Takes what `FieldsInForce` takes."""

_N, _I, _OPEN_ARRAY, _OPEN_OBJECT = b"NI[{"
_UNPARSED = object()


class CompiledRevision:
    """What a revision becomes before the first event; immutable, and safe to share between threads."""

    __slots__ = (
        "_all_fields",
        "_fields_json",
        "_harmless_bytes",
        "_parses",
        "_protected_texts",
        "_unnamed",
        "_variants",
        "bounds",
        "bounds_strings",
        "completions",
        "event_names",
        "keeps",
        "last_stamp",
        "make_facts",
        "memory_bytes",
        "revision_id",
    )

    def __init__(self, document: RevisionDocument, compile_fields: CompileFields = FieldsInForce) -> None:
        """Compile a revision's document; every finalised revision compiles.

        Args:
            document: the revision's.
            compile_fields: compiles the fields that are in force together.
        """
        fields = document["fields"]
        self.revision_id = document["revision_id"]
        self.last_stamp = f'","{REVISION_ID}":"{self.revision_id}",'
        """Of a stored line what stands between the time of arrival and the document."""
        self.bounds_strings = document.get("edition", 1) == 1
        """Whether a string of over 32,000 bytes is a fault; later editions know no bound but the event's."""
        self.completions = completion_steps(fields)
        """What completes a document, in order: its macros are filled in, then its values protected."""
        self.make_facts = _facts_maker() if self.completions else None
        """Makes what completing its documents takes of a request, None where that takes nothing."""
        pointers = document.get("event_name")
        self.event_names = EventNames(pointers, fields) if pointers else None
        """Names events, where the revision says by what."""
        self.keeps = document["additional_keys"] == "keep"
        """Whether its documents may have `_extra`: what no field names."""
        # Many revisions never see a batch or a refused event: what these need is made at the first one, from text,
        # which takes a tenth of the memory.
        self._fields_json = json.dumps(fields)  # bounds of INT may lie beyond 64 bits
        self._unnamed: UnnamedByRevision | None = None
        self._protected_texts: ProtectedTexts | None = None
        null_seen = NullSeen()
        conditions = sum(1 for field in fields if field.get("when"))
        self._variants: Variants[FieldsInForce] | None = None
        """Of fields with `when`, those that are in force for an event."""
        if conditions:

            def compile_variant(in_force: list[dict[str, Any]]) -> FieldsInForce:
                return compile_fields(document, in_force, json.dumps(in_force), null_seen)

            self._variants = Variants(fields, compile_variant)
            self.bounds = EventBounds([])  # of what is read to find out which fields are in force
            whole = estimated_bytes(document, self._fields_json)
            self.memory_bytes = whole + min(MAX_VARIANTS_BYTES, whole * conditions)
            """Roughly what the revision takes in memory."""
        else:
            self._all_fields = compile_fields(document, fields, self._fields_json, null_seen)
            """Those of a revision without `when`: all are in force for every event."""
            self.bounds = self._all_fields.bounds
            self.memory_bytes = self._all_fields.memory_bytes
        self._harmless_bytes = self.bounds.harmless_bytes
        self._parses = self._variants is not None or self._all_fields.parses
        """Whether events are parsed before the validator sees them, also to find out which fields are in force."""

    @property
    def unnamed(self) -> UnnamedByRevision:
        """What the fields leave unnamed in an event, protected places apart."""
        if self._unnamed is None:
            self._unnamed = UnnamedByRevision(json.loads(self._fields_json), with_protected=False)
        return self._unnamed

    @property
    def protected_texts(self) -> "ProtectedTexts":
        """Replaces the protected values in texts of refused events."""
        if self._protected_texts is None:
            from domain.validation.protect_text import ProtectedTexts  # noqa: PLC0415 - few events are refused

            self._protected_texts = ProtectedTexts(json.loads(self._fields_json))
        return self._protected_texts

    def read_event(
        self, text: bytes, work: RequestWork | None = None, parsed: dict[str, Any] | None = None
    ) -> Document | Refusal:
        """Validate the text of one event; one that is beyond its bounds is refused unread.

        Args:
            text: as it was sent.
            work: what may be spent on the events of its request; without one, as much as an event takes.
            parsed: what the text parses to, where that is known.
        """
        if len(text) > self._harmless_bytes and not self.bounds.allow(text):
            return whole_event_refused(text_of.SENT_TOO_LARGE, text)
        if self._parses:
            return self._parse_event(text, work, parsed)
        if work is not None and not work.may_read(text, self.bounds.filled_in(text)):
            return whole_event_refused(text_of.TOO_MUCH_WORK, text)
        try:
            document: Document | None = self._all_fields.validator.validate_json(text)
        except ValidationError:
            return self._all_fields.judge(text, work)
        # Without one of these no text holds NaN, Infinity or any nesting.
        is_plain = not (_N in text or _I in text or _OPEN_ARRAY in text or _OPEN_OBJECT in text.removeprefix(b"{"))
        if document is None or not (is_plain or self._all_fields.take_all_of(text)):
            return self._judge_refused(self._all_fields, text, work)
        return document

    def _parse_event(self, text: bytes, work: RequestWork | None, parsed: dict[str, Any] | None) -> Document | Refusal:
        """Read an event by parsing it first: what this parser takes is JSON that a line can hold, but for its depth."""
        if work is not None and not work.may_parse(text):
            return whole_event_refused(text_of.TOO_MUCH_WORK, text)
        try:
            event = orjson.loads(text) if parsed is None else parsed
        except orjson.JSONDecodeError:
            event = _UNPARSED
            is_parsed_again = self.keeps or self._variants is not None
            if work is not None and is_parsed_again and not work.may_parse_again(text):
                return whole_event_refused(text_of.TOO_MUCH_WORK, text)
        in_force: FieldsInForce | None
        if self._variants is None:
            in_force = self._all_fields
        else:
            may_compile = _new_work_may_compile if work is None else work.may_compile
            try:
                decides = value_beyond_the_parser(text) if event is _UNPARSED else event
                in_force = self._variants.of(decides, may_compile)
            except NeedsExactText:
                if work is not None and not work.may_parse_again(text):
                    return whole_event_refused(text_of.TOO_MUCH_WORK, text)
                in_force = self._variants.of(value_beyond_the_parser(text), may_compile)
        if in_force is None:
            return whole_event_refused(text_of.TOO_MUCH_WORK, text)
        if self._variants is not None and not in_force.bounds.allow(text):
            return whole_event_refused(text_of.SENT_TOO_LARGE, text)
        if work is not None and not work.may_fill(in_force.bounds.filled_in(text)):
            return whole_event_refused(text_of.TOO_MUCH_WORK, text)
        if event is _UNPARSED:
            return in_force.read_unparsed(text, work)
        document = in_force.document_of(event)
        if document is not None:
            if is_nested_too_deep(text):  # perhaps in what a repeated key hides
                document = None
            elif in_force.may_be_odd(document) and may_hold_long_fraction(text):
                if work is not None and not work.may_parse_again(text):
                    return whole_event_refused(text_of.TOO_MUCH_WORK, text)
                document = in_force.document_of(with_whole_numbers(event, text))
        return self._judge_refused(in_force, text, work) if document is None else document

    def may_read_at_once(self, text: bytes) -> bool:
        """Say whether an array of events is so small that none of them can be beyond its bounds."""
        return self.bounds.allow(text)

    def read_batch(self, text: bytes, work: RequestWork) -> list[Document | None] | None:
        """Validate a JSON array of events at once: the document, or None where an event must be validated, in order.

        Returns None when the array as a whole can't be read this way: validate its elements one by one.
        """
        if self._parses:
            return self._parse_batch(text, work)
        validator = self._all_fields.validator
        documents = validator.read_batch(text)
        if documents is None or all(documents) or b"null" not in text or not self._all_fields.take_null():
            return documents
        return validator.read_batch(text)

    def _parse_batch(self, text: bytes, work: RequestWork) -> list[Document | None] | None:
        try:
            events = orjson.loads(text)
        except orjson.JSONDecodeError:
            return None
        if not 1 <= len(events) <= MAX_EVENTS_PER_REQUEST or is_nested_too_deep(text):
            return None
        documents: list[Document | None] = []
        allowing = Allowing(lambda bounds: bounds.allow(text))
        may_hold_null = b"null" in text
        is_odd = False
        for event in events:
            try:
                in_force = self._all_fields if self._variants is None else self._variants.of(event, work.may_compile)
            except NeedsExactText:
                return None
            if in_force is None or not allowing.by(in_force.bounds):
                return None
            document = in_force.document_of(event)
            if document is None and may_hold_null and in_force.take_null():
                document = in_force.document_of(event)
            is_odd = is_odd or (document is not None and in_force.may_be_odd(document))
            documents.append(document)
        if is_odd and may_hold_long_fraction(text):
            return None
        return documents

    def read_parsed(
        self, events: Sequence[ParsedEvent], work: RequestWork, *, has_short_numbers: bool = False
    ) -> list[Document | None] | None:
        """Validate events at once, of which some are known as values; with `has_short_numbers` nothing was rounded."""
        values = [event.value for event in events if event.value is not None]
        if not self.bounds.allow_together(events):
            return None
        allowing = Allowing(lambda bounds: bounds.allow_together(events))
        if len(values) < len(events):
            if not self._parses or any(event.is_unread for event in events):
                return None
            try:
                values = [orjson.loads(event.written) if event.value is None else event.value for event in events]
            except orjson.JSONDecodeError:
                return None
        documents: list[Document | None] = []
        in_force: FieldsInForce | None = self._all_fields if self._variants is None else None
        for event, value in zip(events, values, strict=True):
            if self._variants is not None:
                try:
                    in_force = self._variants.of(value, work.may_compile)
                except NeedsExactText:
                    return None
                if in_force is None or not allowing.by(in_force.bounds):
                    return None
            assert in_force is not None
            document = in_force.document_of(value)
            if document is None and b"null" in event.text and in_force.take_null():
                document = in_force.document_of(value)
            if document is not None and (has_short_numbers or in_force.may_be_odd(document)):
                text = event.written or event.content
                may_be_rounded = not has_short_numbers and may_hold_long_fraction(text)
                if may_be_rounded or (has_many_levels(text) and is_nested_too_deep(event.text)):
                    document = None
            documents.append(document)
        return documents

    def judge_event(self, text: bytes, work: RequestWork | None = None) -> Document | Refusal:
        """Validate the text of one event in full, whatever the fast validator said."""
        return self.read_event(text, work) if self._variants is not None else self._all_fields.judge(text, work)

    def _judge_refused(self, in_force: FieldsInForce, text: bytes, work: RequestWork | None) -> Document | Refusal:
        """Validate an event that the fast validator refused: in full, unless that has to learn of null first."""
        return self.read_event(text) if b"null" in text and in_force.take_null() else in_force.judge(text, work)


def _facts_maker() -> "type[RequestFacts]":
    from domain.completion.request_facts import RequestFacts  # noqa: PLC0415 - only what is completed needs it

    return RequestFacts


def _new_work_may_compile(size: TreeSize) -> bool:
    return RequestWork().may_compile(size)
