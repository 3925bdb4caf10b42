"""A finalised revision, compiled: from the text of events to documents as they are stored, or refusals."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from domain.completion.steps import completion_steps
from domain.validation import faults as text_of
from domain.validation.bounds import Allowing, EventBounds, Filled, ParsedEvent, RequestWork
from domain.validation.core_validator import ValidationError
from domain.validation.event_names import EventNames
from domain.validation.extra import Extra, with_whole_numbers
from domain.validation.fast_reading import FastValidator, NullSeen
from domain.validation.faults import Refusal, whole_event_refused
from domain.validation.json_text import (
    has_many_levels,
    is_nested_too_deep,
    may_hold_long_fraction,
    may_hold_nan,
    value_beyond_the_parser,
)
from domain.validation.json_values import are_surely_exact, holds_json, root_keys_of_json
from domain.validation.memory_estimate import estimated_bytes
from domain.validation.tree_size import TreeSize
from domain.validation.unnamed import NamedPlaces, UnnamedByRevision, are_tangled, may_withhold
from domain.validation.variants import MAX_VARIANTS_BYTES, Variants
from domain.validation.whole_numbers import NeedsExactText
from schemas.items import RevisionDocument
from schemas.limits import MAX_EVENTS_PER_REQUEST
from schemas.stamps import EXTRA, REVISION_ID

if TYPE_CHECKING:
    from domain.completion.request_facts import RequestFacts
    from domain.validation.full_reading import FullReading
    from domain.validation.protect_text import ProtectedTexts

Document = dict[str, Any]
_Fields = Sequence[Mapping[str, Any]]

_N, _I, _OPEN_ARRAY, _OPEN_OBJECT = b"NI[{"
_UNPARSED = object()


class CompiledRevision:
    """What a revision becomes before the first event; immutable, and safe to share between threads."""

    __slots__ = (
        "_drops_unknown",
        "_extra",
        "_fields_json",
        "_full_reading",
        "_harmless_bytes",
        "_holds_json",
        "_json_keys",
        "_named",
        "_parses",
        "_protected_texts",
        "_unnamed",
        "_validator",
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

    def __init__(
        self, document: RevisionDocument, *, variant_of: _Fields | None = None, null_seen: NullSeen | None = None
    ) -> None:
        """Compile a revision's document; every finalised revision compiles.

        Args:
            document: the revision's.
            variant_of: all fields of the revision, where the document has but those that are in force for some events:
                then what follows validating is the whole's.
            null_seen: what these and the revision's other variants know of null.
        """
        fields = document["fields"]
        is_variant = variant_of is not None
        reject_unknown = document["additional_keys"] == "reject"
        self.revision_id = document["revision_id"]
        self.last_stamp = f'","{REVISION_ID}":"{self.revision_id}",'
        """Of a stored line what stands between the time of arrival and the document."""
        self.bounds_strings = document.get("edition", 1) == 1
        """Whether a string of over 32,000 bytes is a fault; later editions know no bound but the event's."""
        self.completions = () if is_variant else completion_steps(fields)
        """What completes a document, in order: its macros are filled in, then its values protected."""
        self.make_facts = _facts_maker() if self.completions else None
        """Makes what completing its documents takes of a request, None where that takes nothing."""
        pointers = None if is_variant else document.get("event_name")
        self.event_names = EventNames(pointers, fields) if pointers else None
        """Names events, where the revision says by what."""
        self.keeps = document["additional_keys"] == "keep"
        """Whether its documents may have `_extra`: what no field names."""
        # Many revisions never see a batch or a refused event: what these need is made at the first one, from text,
        # which takes a tenth of the memory.
        self._fields_json = json.dumps(fields)  # bounds of INT may lie beyond 64 bits
        self._unnamed: UnnamedByRevision | None = None
        self._protected_texts: ProtectedTexts | None = None
        self._variants: Variants[CompiledRevision] | None = None
        if any(field.get("when") for field in fields):
            self._compile_variants(document)
            return
        self.bounds = EventBounds(fields)
        self._harmless_bytes = self.bounds.harmless_bytes
        self._drops_unknown = not reject_unknown
        self._holds_json = holds_json(fields)
        self._extra = Extra(fields, variant_of or fields) if self.keeps else None
        # Where each field reads a key of its own, the fast validator sees what is unknown; else it takes a second look.
        self._named = NamedPlaces(fields) if reject_unknown and are_tangled(fields) else None
        sees_all = not self._drops_unknown or (self._extra is not None and not may_withhold(variant_of or ()))
        self._json_keys = root_keys_of_json(fields, *([EXTRA] if self.keeps else [])) if sees_all else None
        """Under which keys alone a document holds JSON, where it also holds all that no field names; else None."""
        self._parses = self._holds_json or self._extra is not None or self._named is not None
        """Whether events are parsed first: where more than the validator looks at them, and to choose among variants.

        Else the validator parses for itself, which is cheaper where it is the only one that looks.
        """
        takes_unknown = self._drops_unknown or self._named is not None
        self._validator = FastValidator(
            fields, self._fields_json, null_seen or NullSeen(), takes_unknown=takes_unknown, keeps=self.keeps
        )
        self.memory_bytes = estimated_bytes(document, self._fields_json)
        """Roughly what the revision takes in memory."""
        self._full_reading: FullReading | None = None

    def _compile_variants(self, document: RevisionDocument) -> None:
        """Have each event validated by the fields that are in force for it alone."""
        fields = document["fields"]
        null_seen = NullSeen()

        def make(in_force: list[dict[str, Any]]) -> CompiledRevision:
            return CompiledRevision({**document, "fields": in_force}, variant_of=fields, null_seen=null_seen)

        self._variants = Variants(fields, make)
        self._parses = True
        self.bounds = EventBounds([])  # of what is read to find out which fields are in force
        self._harmless_bytes = self.bounds.harmless_bytes
        whole = estimated_bytes(document, self._fields_json)
        conditions = sum(1 for field in fields if field.get("when"))
        self.memory_bytes = whole + min(MAX_VARIANTS_BYTES, whole * conditions)

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
            document: Document | None = self._validator.validate_json(text)
        except ValidationError:
            return self.judge_event(text, work)
        # Without one of these no text holds NaN, Infinity or any nesting.
        is_plain = not (_N in text or _I in text or _OPEN_ARRAY in text or _OPEN_OBJECT in text.removeprefix(b"{"))
        if document is None or not (is_plain or self._takes_all_of(text)):
            return self.judge_refused(text, work)
        return document

    def _takes_all_of(self, text: bytes) -> bool:
        """Say whether an accepted event is what a line can hold, with what the validator dropped.

        There its parser takes numbers of any size. Of a key that stands twice, it drops the first value.
        """
        return not (may_hold_nan(text) or (self._drops_unknown and is_nested_too_deep(text)))

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
        in_force: CompiledRevision | None = self
        if self._variants is not None:
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
        if in_force is not self and not in_force.may_read_at_once(text):
            return whole_event_refused(text_of.SENT_TOO_LARGE, text)
        if work is not None and not work.may_fill(in_force.filled_in(text)):
            return whole_event_refused(text_of.TOO_MUCH_WORK, text)
        if event is _UNPARSED:
            return in_force.read_unparsed(text, work)
        document = in_force.document_of(event)
        if document is not None and in_force.may_be_odd(document):
            if is_nested_too_deep(text):
                document = None
            elif may_hold_long_fraction(text):
                if work is not None and not work.may_parse_again(text):
                    return whole_event_refused(text_of.TOO_MUCH_WORK, text)
                document = in_force.document_of(with_whole_numbers(event, text))
        return in_force.judge_refused(text, work) if document is None else document

    def read_unparsed(self, text: bytes, work: RequestWork | None) -> Document | Refusal:
        """Validate an event that is no JSON, or holds what no line can, by the fields in force."""
        if self._holds_json or self._named is not None:
            return self.judge_event(text, work)
        try:
            document: Document | None = self._validator.validate_json(text)
        except ValidationError:
            return self.judge_event(text, work)
        if document is None or not self._takes_all_of(text):
            return self.judge_event(text, work)
        return document if self._extra is None else self._with_extra(document, text)

    def document_of(self, event: Any) -> Document | None:
        """Return the document of a parsed event by the fields in force, or None where it must be validated in full."""
        document: Document | None = self._validator.validate_python(event)
        if document is None:
            return None
        if self._extra is not None:
            extra = self._extra.of(event, document)
            if extra is None:
                del document[EXTRA]
            else:
                document[EXTRA] = extra
        elif self._named is not None and self._named.unnamed_in(event, 1, stops=True).found:
            return None
        return document

    def may_be_odd(self, document: Document) -> bool:
        """Say whether the text of an event has to be looked at; often cheaply no.

        It may be nested deeper than fields are, or hold a whole number that its parser rounded.
        """
        if self._json_keys is None:
            return True
        return not are_surely_exact(map(document.get, self._json_keys))

    def filled_in(self, text: bytes) -> Filled:
        """Return the most that the fields in force may add to an event."""
        return self.bounds.filled_in(text)

    def may_read_at_once(self, text: bytes) -> bool:
        """Say whether an array of events is so small that none of them can be beyond its bounds."""
        return self.bounds.allow(text)

    def read_batch(self, text: bytes, work: RequestWork) -> list[Document | None] | None:
        """Validate a JSON array of events at once: the document, or None where an event must be validated, in order.

        Returns None when the array as a whole can't be read this way: validate its elements one by one.
        """
        if self._parses:
            return self._parse_batch(text, work)
        documents = self._validator.read_batch(text)
        if documents is None or all(documents) or b"null" not in text or not self.take_null():
            return documents
        return self._validator.read_batch(text)

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
                in_force = self if self._variants is None else self._variants.of(event, work.may_compile)
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
        allowing = Allowing(lambda bounds: bounds.allow_together(events))
        if not allowing.by(self.bounds):
            return None
        if len(values) < len(events):
            if not self._parses or any(event.is_unread for event in events):
                return None
            try:
                values = [orjson.loads(event.written) if event.value is None else event.value for event in events]
            except orjson.JSONDecodeError:
                return None
        documents: list[Document | None] = []
        for event, value in zip(events, values, strict=True):
            try:
                in_force = self if self._variants is None else self._variants.of(value, work.may_compile)
            except NeedsExactText:
                return None
            if in_force is None or not allowing.by(in_force.bounds):
                return None
            document = in_force.document_of(value)
            if document is None and b"null" in event.text and in_force.take_null():
                document = in_force.document_of(value)
            if document is not None and in_force.may_be_odd(document):
                text = event.written or event.content
                may_be_rounded = not has_short_numbers and may_hold_long_fraction(text)
                if may_be_rounded or (has_many_levels(text) and is_nested_too_deep(event.text)):
                    document = None
            documents.append(document)
        return documents

    def judge_event(self, text: bytes, work: RequestWork | None = None) -> Document | Refusal:
        """Validate the text of one event in full, whatever the fast validator said."""
        if self._variants is not None:
            return self.read_event(text, work)
        judged = self._in_full().judge(text, work)
        return judged if self._extra is None or isinstance(judged, Refusal) else self._with_extra(judged, text)

    def judge_refused(self, text: bytes, work: RequestWork | None) -> Document | Refusal:
        """Validate an event that the fast validator refused: in full, unless that has to learn of null first."""
        return self.read_event(text) if b"null" in text and self.take_null() else self.judge_event(text, work)

    def _in_full(self) -> "FullReading":
        if self._full_reading is None:
            from domain.validation.full_reading import FullReading  # noqa: PLC0415 - no accepted event needs it

            self._full_reading = FullReading(
                self._fields_json,
                reject_unknown=not self._drops_unknown,
                bounds_strings=self.bounds_strings,
                holds_json=self._holds_json,
                keeps=self.keeps,
            )
        return self._full_reading

    def _with_extra(self, document: Document, text: bytes) -> Document:
        assert self._extra is not None
        extra = self._extra.of_text(text)
        kept = {} if extra is None else {EXTRA: extra}
        return {**kept, **{key: document[key] for key in document if key != EXTRA}}

    def take_null(self) -> bool:
        """Have the fast validator take null from now on; say whether that is new."""
        return self._validator.take_null()


def _facts_maker() -> "type[RequestFacts]":
    from domain.completion.request_facts import RequestFacts  # noqa: PLC0415 - only what is completed needs it

    return RequestFacts


def _new_work_may_compile(size: TreeSize) -> bool:
    return RequestWork().may_compile(size)
