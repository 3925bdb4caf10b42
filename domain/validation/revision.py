"""A finalised revision, compiled: from the text of events to the text of what is stored of them, or refusals."""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from domain.completion.steps import completion_steps
from domain.msgspec_core import DecodeError
from domain.validation import faults as text_of
from domain.validation.bounds import Allowing, EventBounds, RequestWork
from domain.validation.conditions import Kind
from domain.validation.event_names import EventNames
from domain.validation.event_reader import elements_of
from domain.validation.faults import Refusal, whole_event_refused
from domain.validation.fields_in_force import FieldsInForce, Seen
from domain.validation.json_text import value_beyond_the_parser
from domain.validation.memory_estimate import BYTES_PER_LEARNED, MOST_LEARNED, estimated_bytes
from domain.validation.tree_size import TreeSize
from domain.validation.unnamed import UnnamedByRevision
from domain.validation.variants import MAX_VARIANTS_BYTES, Variants
from domain.validation.whole_numbers import NeedsExactText
from schemas.items import RevisionDocument
from schemas.stamps import REVISION_ID

if TYPE_CHECKING:
    from domain.completion.request_facts import RequestFacts
    from domain.validation.protect_text import ProtectedTexts

__all__ = ["CompileFields", "CompiledRevision"]

CompileFields = Callable[[RevisionDocument, list[dict[str, Any]], str, Seen], FieldsInForce]
"""Takes what `FieldsInForce` takes."""


class CompiledRevision:
    """What a revision becomes before the first event; immutable, and safe to share between threads."""

    __slots__ = (
        "_all_fields",
        "_fields_json",
        "_harmless_bytes",
        "_protected_texts",
        "_unnamed",
        "_variants",
        "_variants_bytes",
        "bounds",
        "bounds_strings",
        "completions",
        "event_names",
        "keeps",
        "last_stamp",
        "make_facts",
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
        seen = Seen()
        conditions = sum(1 for field in fields if field.get("when"))
        self._variants: Variants[FieldsInForce] | None = None
        """Of fields with `when`, those that are in force for an event."""
        if conditions:

            def compile_variant(in_force: list[dict[str, Any]]) -> FieldsInForce:
                return compile_fields(document, in_force, json.dumps(in_force), seen)

            self._variants = Variants(fields, compile_variant)
            self.bounds = EventBounds([])  # of what is read to find out which fields are in force
            whole = estimated_bytes(document, self._fields_json)
            learned = MOST_LEARNED * BYTES_PER_LEARNED if self.keeps else 0
            self._variants_bytes = whole + min(MAX_VARIANTS_BYTES, (whole + learned) * conditions)
        else:
            self._all_fields = compile_fields(document, fields, self._fields_json, seen)
            """Those of a revision without `when`: all are in force for every event."""
            self.bounds = self._all_fields.bounds
        self._harmless_bytes = self.bounds.harmless_bytes

    @property
    def memory_bytes(self) -> int:
        """Roughly what the revision takes in memory."""
        return self._all_fields.memory_bytes if self._variants is None else self._variants_bytes

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

    def read_event(self, text: bytes, work: RequestWork | None = None) -> bytes | Refusal:
        """Validate the text of one event; one that is beyond its bounds is refused unread.

        Returns the text of what is stored, with a newline and without stamps.

        Args:
            text: as it was sent.
            work: what may be spent on the events of its request; without one, as much as an event takes.
        """
        if len(text) > self._harmless_bytes and not self.bounds.allow(text):
            return whole_event_refused(text_of.SENT_TOO_LARGE, text)
        if self._variants is not None:
            found = self._in_force(self._variants, text, work)
            if isinstance(found, Refusal):
                return found
            in_force = found
        elif work is not None and not work.may_read(text, self.bounds.filled_in(text)):
            return whole_event_refused(text_of.TOO_MUCH_WORK, text)
        else:
            in_force = self._all_fields
        document = in_force.read(text)  # as `_verdict` does, without its call
        return in_force.judge(text, work) if document is None else document

    def read_each(self, texts: Sequence[bytes], work: RequestWork) -> list[bytes | Refusal]:
        """Validate several events like `read_event`: one verdict each, in order.

        They are read kind by kind: so each is compiled once for all of them, however few stay compiled.
        """
        variants = self._variants
        if variants is None:
            return [self.read_event(text, work) for text in texts]
        verdicts: dict[int, bytes | Refusal] = {}
        by_kind: dict[Kind, list[int]] = {}
        for index, text in enumerate(texts):
            kind = self._kind_of(variants, text, work)
            if isinstance(kind, Refusal):
                verdicts[index] = kind
            else:
                by_kind.setdefault(kind, []).append(index)
        for kind, indexes in by_kind.items():
            for index in indexes:
                text = texts[index]
                found = _allowed(variants.of_kind(kind, work.may_compile), text, work)
                verdicts[index] = found if isinstance(found, Refusal) else _verdict(found, text, work)
        return [verdicts[index] for index in range(len(texts))]

    def judge_each(self, texts: Sequence[bytes], work: RequestWork) -> list[bytes | Refusal]:
        """Validate several events in full like `judge_event`: one verdict each, in order."""
        if self._variants is not None:
            return self.read_each(texts, work)
        return [self._all_fields.judge(text, work) for text in texts]

    def _kind_of(self, variants: Variants[FieldsInForce], text: bytes, work: RequestWork) -> Kind | Refusal:
        """Return what decides which fields are in force for an event."""
        if len(text) > self._harmless_bytes and not self.bounds.allow(text):
            return whole_event_refused(text_of.SENT_TOO_LARGE, text)
        if not work.may_parse(text):
            return whole_event_refused(text_of.TOO_MUCH_WORK, text)
        try:
            return variants.kind_of_text(text)
        except (DecodeError, RecursionError, NeedsExactText):
            if not work.may_parse_again(text):
                return whole_event_refused(text_of.TOO_MUCH_WORK, text)
            return variants.kind_of(value_beyond_the_parser(text))

    @staticmethod
    def _in_force(variants: Variants[FieldsInForce], text: bytes, work: RequestWork | None) -> FieldsInForce | Refusal:
        """Return the fields that are in force for an event within its bounds."""
        if work is not None and not work.may_parse(text):
            return whole_event_refused(text_of.TOO_MUCH_WORK, text)
        may_compile = _new_work_may_compile if work is None else work.may_compile
        try:
            in_force = variants.of_text(text, may_compile)
        except (DecodeError, RecursionError, NeedsExactText):
            if work is not None and not work.may_parse_again(text):
                return whole_event_refused(text_of.TOO_MUCH_WORK, text)
            in_force = variants.of_kind(variants.kind_of(value_beyond_the_parser(text)), may_compile)
        return _allowed(in_force, text, work)

    def may_read_at_once(self, text: bytes) -> bool:
        """Say whether an array of events is so small that none of them can be beyond its bounds."""
        return self.bounds.allow(text)

    def read_batch(self, text: bytes, work: RequestWork) -> list[bytes | None] | None:
        """Validate a JSON array of events at once: what is stored, or None where an event must be validated, in order.

        Returns None when the array as a whole can't be read this way: validate its elements one by one.
        """
        if self._variants is None:
            return self._all_fields.read_batch(text)
        elements = elements_of(text)
        return (
            None
            if elements is None
            else self._read_by_kinds(self._variants, elements, work, lambda bounds: bounds.allow(text), are_json=True)
        )

    def read_together(
        self, texts: Sequence[bytes], work: RequestWork, *, are_json: bool = False
    ) -> list[bytes | None] | None:
        """Validate several events like `read_batch`; None also where they may be beyond their bounds.

        `are_json` says whether each text is known to be one JSON value, which saves looking.
        """
        if not self.bounds.allow_together(texts):
            return None
        if self._variants is None:
            return self._all_fields.read_together(texts, are_json=are_json)
        return self._read_by_kinds(
            self._variants, texts, work, lambda bounds: bounds.allow_together(texts), are_json=are_json
        )

    @staticmethod
    def _read_by_kinds(
        variants: Variants[FieldsInForce],
        texts: Sequence[bytes],
        work: RequestWork,
        allow: Callable[[EventBounds], bool],
        *,
        are_json: bool,
    ) -> list[bytes | None] | None:
        """Read events kind by kind: so each is compiled once for all of them, however few stay compiled.

        An event whose kind may not be compiled any more is left to be refused for that.
        """
        by_kind: dict[Kind, list[int]] = {}
        for index, text in enumerate(texts):
            try:
                by_kind.setdefault(variants.kind_of_text(text), []).append(index)
            except (DecodeError, RecursionError, NeedsExactText):
                return None
        documents: list[bytes | None] = [None] * len(texts)
        allowing = Allowing(allow)
        for kind, indexes in by_kind.items():
            in_force = variants.of_kind(kind, work.may_compile)
            if in_force is None:
                continue
            if not allowing.by(in_force.bounds):
                return None
            read = in_force.read_together([texts[index] for index in indexes], are_json=are_json)
            for index, document in zip(indexes, read, strict=True):
                documents[index] = document
        return documents

    def judge_event(self, text: bytes, work: RequestWork | None = None) -> bytes | Refusal:
        """Validate the text of one event in full, whatever its reading said."""
        return self.read_event(text, work) if self._variants is not None else self._all_fields.judge(text, work)


def _verdict(in_force: FieldsInForce, text: bytes, work: RequestWork | None) -> bytes | Refusal:
    document = in_force.read(text)
    return in_force.judge(text, work) if document is None else document


def _allowed(in_force: FieldsInForce | None, text: bytes, work: RequestWork | None) -> FieldsInForce | Refusal:
    """Return the fields that are in force for an event where it may be read by them; None: they may not be compiled."""
    if in_force is None:
        return whole_event_refused(text_of.TOO_MUCH_WORK, text)
    if not in_force.bounds.allow(text):
        return whole_event_refused(text_of.SENT_TOO_LARGE, text)
    if work is not None and not work.may_fill(in_force.bounds.filled_in(text)):
        return whole_event_refused(text_of.TOO_MUCH_WORK, text)
    return in_force


def _facts_maker() -> "type[RequestFacts]":
    from domain.completion.request_facts import RequestFacts  # noqa: PLC0415 - only what is completed needs it

    return RequestFacts


def _new_work_may_compile(size: TreeSize) -> bool:
    return RequestWork().may_compile(size)
