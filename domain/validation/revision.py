"""A finalised revision, compiled: from the text of events to documents as they are stored, or refusals."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import orjson
from pydantic_core import SchemaValidator, ValidationError

from domain.completion.macro_plan import make_macro_plan
from domain.completion.protect_plan import make_protect_plan
from domain.validation import faults as text_of
from domain.validation.bounds import EventBounds, RequestWork
from domain.validation.event_names import EventNames
from domain.validation.extra import Extra
from domain.validation.fast_validator import Schema, event_schema, make_batch_validator, make_event_validator
from domain.validation.faults import Refusal, whole_event_refused
from domain.validation.json_text import (
    NESTING,
    NotJsonError,
    TooDeepError,
    TooMuchWorkError,
    exact_value_from_text,
    is_nested_too_deep,
    may_hold_nan,
    may_hold_surrogates,
    value_from_text,
    with_surrogates_as,
    wrapped,
)
from domain.validation.json_values import JsonPlaces, holds_json, may_hold_odd_number
from domain.validation.judge import EventJudge, make_event_judge
from domain.validation.protect_text import ProtectedTexts
from domain.validation.scalars import is_too_long
from domain.validation.tree_size import tree_size
from domain.validation.unnamed import NamedPlaces, UnnamedByRevision, are_tangled
from domain.validation.variants import MAX_VARIANTS_BYTES, Variants
from domain.validation.whole_numbers import NeedsExactText
from schemas.items import RevisionDocument
from schemas.limits import MAX_STRING_BYTES

Document = dict[str, Any]

_BYTES_PER_REVISION = 4_000
_BYTES_PER_FIELD = 2_000
_BYTES_PER_CHOICE = 300
_COPIES_OF_TEXT = 2
_BYTES_PER_PATTERN = 12_000
_BYTES_PER_REGEX_INSTRUCTION = 200

_WITH_PATTERNS = ('"rule": "regex"', '"type": "DATETIME"', '"type": "DATE"', '"format": "rfc3339"')
_STAND_INS = (rb"\ufffd", rb"\ufffc")
_N, _I, _OPEN_ARRAY = b"NI["


class CompiledRevision:
    """What a revision becomes before the first event; immutable, and safe to share between threads."""

    __slots__ = (
        "_batch_validator",
        "_bounds",
        "_drops_unknown",
        "_fields_json",
        "_holds_json",
        "_is_closed",
        "_json_places",
        "_judges",
        "_keeps",
        "_named",
        "_protected_texts",
        "_unnamed",
        "_validator",
        "_variants",
        "bounds_strings",
        "completions",
        "event_names",
        "extra",
        "memory_bytes",
        "revision_id",
    )

    def __init__(self, document: RevisionDocument, *, is_variant: bool = False) -> None:
        """Compile a revision's document; every finalised revision compiles.

        Args:
            document: the revision's.
            is_variant: whether it is for some of a revision's fields: then what follows validating is the whole's.
        """
        fields = document["fields"]
        reject_unknown = document["additional_keys"] == "reject"
        self.revision_id = document["revision_id"]
        self.bounds_strings = document.get("edition", 1) == 1
        """Whether a string of over 32,000 bytes is a fault; later editions know no bound but the event's."""
        steps = () if is_variant else (make_macro_plan(fields), make_protect_plan(fields))
        self.completions = tuple(step for step in steps if step is not None)
        """What completes a document, in order: its macros are filled in, then its values protected."""
        pointers = None if is_variant else document.get("event_name")
        self.event_names = EventNames(pointers, fields) if pointers else None
        """Names events, where the revision says by what."""
        self._keeps = document["additional_keys"] == "keep"
        self.extra = Extra(fields) if self._keeps and not is_variant else None
        """Makes `_extra` of an event's text, where the revision keeps what no field names."""
        # Many revisions never see a batch or a refused event: what these need is made at the first one, from text,
        # which takes a tenth of the memory.
        self._fields_json = json.dumps(fields)  # bounds of INT may lie beyond 64 bits
        self._unnamed: UnnamedByRevision | None = None
        self._protected_texts: ProtectedTexts | None = None
        self._variants: Variants[CompiledRevision] | None = None
        if any(field.get("when") for field in fields):
            self._compile_variants(document)
            return
        self._bounds = EventBounds(fields)
        self._drops_unknown = not reject_unknown
        self._holds_json = holds_json(fields)
        self._json_places: JsonPlaces | None = None
        self._is_closed = reject_unknown and not self._holds_json
        # Where each field reads a key of its own, the fast validator sees what is unknown; else it takes a second look.
        self._named = NamedPlaces(fields) if reject_unknown and are_tangled(fields) else None
        self._validator = make_event_validator(self._event_schema(fields))
        self.memory_bytes = self._estimated_bytes(document)
        """Roughly what the revision takes in memory."""
        self._batch_validator: SchemaValidator | None = None
        self._judges: dict[bool, EventJudge] = {}

    def _compile_variants(self, document: RevisionDocument) -> None:
        """Have each event validated by the fields that are in force for it alone."""

        def make(in_force: list[dict[str, Any]]) -> CompiledRevision:
            return CompiledRevision({**document, "fields": in_force}, is_variant=True)

        fields = document["fields"]
        self._variants = Variants(fields, make)
        self._bounds = EventBounds([])  # of what is read to find out which fields are in force
        whole = self._estimated_bytes(document)
        conditions = sum(1 for field in fields if field.get("when"))
        self.memory_bytes = whole + min(MAX_VARIANTS_BYTES, whole * conditions)

    def _estimated_bytes(self, document: RevisionDocument) -> int:
        """Estimate what the compiled fields take in memory; measured with `benchmarks.intake`, on the high side."""
        size = tree_size(document["fields"])
        patterns = sum(map(self._fields_json.count, _WITH_PATTERNS))
        return (
            _BYTES_PER_REVISION
            + _COPIES_OF_TEXT * len(self._fields_json)
            + _BYTES_PER_FIELD * size.fields
            + _BYTES_PER_CHOICE * size.choices
            + _BYTES_PER_PATTERN * patterns
            + _BYTES_PER_REGEX_INSTRUCTION * document.get("regex_size", 0)
        )

    @property
    def unnamed(self) -> UnnamedByRevision:
        """What the fields leave unnamed in an event, protected places apart."""
        if self._unnamed is None:
            self._unnamed = UnnamedByRevision(json.loads(self._fields_json), with_protected=False)
        return self._unnamed

    @property
    def protected_texts(self) -> ProtectedTexts:
        """Replaces the protected values in texts of refused events."""
        if self._protected_texts is None:
            self._protected_texts = ProtectedTexts(json.loads(self._fields_json))
        return self._protected_texts

    def read_event(self, text: bytes, work: RequestWork | None = None) -> Document | Refusal:
        """Validate the text of one event; one that is beyond its bounds is refused unread.

        Args:
            text: as it was sent.
            work: what may be spent on the events of its request; without one, as much as an event takes.
        """
        if not self._bounds.allow(text):
            return whole_event_refused(text_of.SENT_TOO_LARGE, text)
        if self._variants is not None:
            variant = self._variants.of(text, RequestWork().may_compile if work is None else work.may_compile)
            return (
                whole_event_refused(text_of.TOO_MUCH_WORK, text) if variant is None else variant.read_event(text, work)
            )
        if work is not None:
            keeps_odd = self._keeps and (may_hold_odd_number(text) or may_hold_surrogates(text))
            if not work.may_read(text, self._bounds.filled_in(text), keeps_odd=keeps_odd):
                return whole_event_refused(text_of.TOO_MUCH_WORK, text)
        try:
            document: Document | None = self._validator.validate_json(text)
        except ValidationError:
            document = None
        if document is None:
            return self.judge_event(text, work)
        if self._named is not None and not self._names_all(text):
            return self.judge_event(text, work)
        # Without one of these no text holds NaN, Infinity or any nesting.
        is_plain = not (_N in text or _I in text or _OPEN_ARRAY in text or text.rfind(b"{") > 0)
        if self._holds_json and may_hold_odd_number(text):
            return self.judge_event(text, work)
        if is_plain or self._is_closed:
            return document
        if may_hold_nan(text) or is_nested_too_deep(text):
            return self.judge_event(text, work)
        return document

    @property
    def needs_facts(self) -> bool:
        """Whether completing its documents takes what is known of the request."""
        return bool(self.completions)

    def may_read_at_once(self, text: bytes) -> bool:
        """Say whether an array of events is so small that none of them can be beyond its bounds."""
        return self._bounds.allow(text)

    def read_batch(self, text: bytes) -> list[Document | None] | None:
        """Validate a JSON array of events at once: the document, or None where an event must be judged, in order.

        Returns None when the array as a whole can't be read this way: judge its elements one by one.
        """
        if self._variants is not None or self._named is not None or (self._holds_json and may_hold_odd_number(text)):
            return None
        if self._batch_validator is None:
            schema = self._event_schema(json.loads(self._fields_json))
            self._batch_validator = make_batch_validator(schema)
        try:
            level = self._batch_validator.validate_json(wrapped(text, NESTING - 1))
        except ValidationError:
            return None
        for _ in range(NESTING - 1):
            level = level[0]
        return level  # type: ignore[no-any-return]

    def judge_event(self, text: bytes, work: RequestWork | None = None) -> Document | Refusal:
        """Judge the text of one event in full, whatever the fast validator said."""
        if self._variants is not None:
            return self.read_event(text, work)
        if work is not None and not work.may_judge(text):
            return whole_event_refused(text_of.TOO_MUCH_WORK, text)
        may_parse_exactly = partial((work or RequestWork()).may_parse_exactly, text)
        judge = self._judge_for(long_strings=self.bounds_strings and len(text) > MAX_STRING_BYTES)
        try:
            try:
                judged = judge(self._value_from_text(text, may_parse_exactly))
            except NeedsExactText:
                if not may_parse_exactly():
                    raise TooMuchWorkError from None
                judged = judge(exact_value_from_text(text))
        except TooMuchWorkError:
            return whole_event_refused(text_of.TOO_MUCH_WORK, text)
        except TooDeepError:
            return whole_event_refused(text_of.DEPTH, text)
        except NotJsonError:
            return self._judge_with_surrogates(text, work) or whole_event_refused(text_of.NOT_JSON, text)
        if work is not None:
            work.judged(judged.values)
        return Refusal(judged.faults, text) if judged.document is None else judged.document

    def _value_from_text(self, text: bytes, may_parse_exactly: Callable[[], bool]) -> Any:
        """Parse an event; a JSON field is told of the lone surrogates that it was sent."""
        try:
            return value_from_text(text, may_parse_exactly)
        except NotJsonError:
            if not self._holds_json or not may_hold_surrogates(text):
                raise
            if not may_parse_exactly():
                raise TooMuchWorkError from None
            value = exact_value_from_text(text, lone_surrogates=True)
            if self._json_places is None:
                self._json_places = JsonPlaces(json.loads(self._fields_json))
            if not self._json_places.hold_all_surrogates(value):
                raise
            return value

    def _event_schema(self, fields: Sequence[Mapping[str, Any]]) -> Schema:
        return event_schema(fields, reject_unknown=not self._drops_unknown and self._named is None)

    def _names_all(self, text: bytes) -> bool:
        assert self._named is not None
        try:
            return not self._named.unnamed_in(orjson.loads(text), 1, stops=True).found
        except orjson.JSONDecodeError:
            return False

    def _judge_with_surrogates(self, text: bytes, work: RequestWork | None) -> Document | Refusal | None:
        """Judge an event that is no JSON for its lone surrogates alone, where these are kept with what no field names.

        Returns None where that is not so. What a field names has none of them if the document does not depend on what
        stands for them.
        """
        if not self._keeps:
            return None
        one, other = (with_surrogates_as(text, escape) for escape in _STAND_INS)
        if one == text:
            return None
        judged = self.judge_event(one, work)
        if isinstance(judged, Refusal):
            return None if judged.faults[0].code == text_of.NOT_JSON.code else Refusal(judged.faults, text)
        return judged if self.judge_event(other, work) == judged else None

    def _judge_for(self, *, long_strings: bool) -> EventJudge:
        judge = self._judges.get(long_strings)
        if judge is None:
            judge = self._judges[long_strings] = make_event_judge(
                json.loads(self._fields_json), reject_unknown=not self._drops_unknown, long_strings=long_strings
            )
        return judge


def has_too_long_string(value: Any) -> bool:
    """Say whether a stored document holds a string of over 32,000 bytes; called for large events only."""
    if isinstance(value, str):
        return is_too_long(value)
    if isinstance(value, dict):
        return any(map(has_too_long_string, value.values()))
    return isinstance(value, list) and any(map(has_too_long_string, value))
