"""The fields that are in force for an event, compiled: from its text, or what that parses to, to its document."""

from typing import TYPE_CHECKING, Any

from domain.validation.bounds import EventBounds, RequestWork
from domain.validation.core_validator import ValidationError
from domain.validation.extra import Extra
from domain.validation.fast_reading import FastValidator, NullSeen
from domain.validation.faults import Refusal
from domain.validation.json_text import is_nested_too_deep, may_hold_nan
from domain.validation.json_values import are_surely_exact, holds_json, read_deeply, root_keys_of_json
from domain.validation.memory_estimate import estimated_bytes
from domain.validation.unnamed import NamedPlaces, are_tangled, may_withhold
from schemas.items import RevisionDocument
from schemas.stamps import EXTRA

if TYPE_CHECKING:
    from domain.validation.full_reading import FullReading

Document = dict[str, Any]


class FieldsInForce:
    """Validates the events for which the same fields are in force; safe to share between threads."""

    __slots__ = (
        "_bounds_strings",
        "_drops_unknown",
        "_extra",
        "_fields_json",
        "_full_reading",
        "_holds_json",
        "_json_keys",
        "_keeps",
        "_named",
        "bounds",
        "memory_bytes",
        "parses",
        "validator",
    )

    def __init__(
        self, document: RevisionDocument, fields: list[dict[str, Any]], fields_json: str, null_seen: NullSeen
    ) -> None:
        """Compile them.

        Args:
            document: the revision's, with all of its fields.
            fields: those in force.
            fields_json: the same as text, of which what few events need is made.
            null_seen: what is known of null; all that is compiled of one revision shares it.
        """
        self._fields_json = fields_json
        self._bounds_strings = document.get("edition", 1) == 1
        self._keeps = document["additional_keys"] == "keep"
        self._drops_unknown = document["additional_keys"] != "reject"
        self._holds_json = holds_json(fields)
        self.bounds = EventBounds(fields)
        self._extra = Extra(fields, document["fields"]) if self._keeps else None
        # Where each field reads a key of its own, the fast validator sees what is unknown; else it takes a second look.
        self._named = NamedPlaces(fields) if not self._drops_unknown and are_tangled(fields) else None
        sees_all = not self._drops_unknown or (self._extra is not None and not may_withhold(document["fields"]))
        sees_all = sees_all and not read_deeply(fields)
        self._json_keys = root_keys_of_json(fields, *([EXTRA] if self._keeps else [])) if sees_all else None
        """Under which keys alone a document holds JSON, where it also holds all that no field names; else None."""
        self.parses = self._holds_json or self._extra is not None or self._named is not None
        """Whether events are parsed first, since more than the validator looks at them.

        Else the validator parses for itself, which is cheaper where it is the only one that looks.
        """
        takes_unknown = self._drops_unknown or self._named is not None
        self.validator = FastValidator(fields, fields_json, null_seen, takes_unknown=takes_unknown, keeps=self._keeps)
        self.memory_bytes = estimated_bytes({**document, "fields": fields}, fields_json)
        """Roughly what they take in memory."""
        self._full_reading: FullReading | None = None

    def document_of(self, event: Any) -> Document | None:
        """Return the document of a parsed event, or None where it must be validated in full."""
        document: Document | None = self.validator.validate_python(event)
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

    def read_unparsed(self, text: bytes, work: RequestWork | None) -> Document | Refusal:
        """Validate an event that is no JSON, or holds what no line can."""
        if self._holds_json or self._named is not None:
            return self.judge(text, work)
        try:
            document: Document | None = self.validator.validate_json(text)
        except ValidationError:
            return self.judge(text, work)
        if document is None or not self.take_all_of(text):
            return self.judge(text, work)
        return document if self._extra is None else self._with_extra(document, text)

    def judge(self, text: bytes, work: RequestWork | None) -> Document | Refusal:
        """Validate the text of one event in full, whatever the fast validator said."""
        judged = self._in_full().judge(text, work)
        return judged if self._extra is None or isinstance(judged, Refusal) else self._with_extra(judged, text)

    def take_null(self) -> bool:
        """Have the fast validator take null from now on; say whether that is new."""
        return self.validator.take_null()

    def may_be_odd(self, document: Document) -> bool:
        """Say whether the text of an event has to be looked at; often cheaply no.

        It may be nested deeper than fields are, or hold a whole number that its parser rounded.
        """
        if self._json_keys is None:
            return True
        return not are_surely_exact(map(document.get, self._json_keys))

    def take_all_of(self, text: bytes) -> bool:
        """Say whether an accepted event is what a line can hold, with what the validator dropped.

        There its parser takes numbers of any size and many levels; of a key that stands twice, it drops the first.
        """
        return not (may_hold_nan(text) or is_nested_too_deep(text))

    def _in_full(self) -> "FullReading":
        if self._full_reading is None:
            from domain.validation.full_reading import FullReading  # noqa: PLC0415 - no accepted event needs it

            self._full_reading = FullReading(
                self._fields_json,
                reject_unknown=not self._drops_unknown,
                bounds_strings=self._bounds_strings,
                holds_json=self._holds_json,
                keeps=self._keeps,
            )
        return self._full_reading

    def _with_extra(self, document: Document, text: bytes) -> Document:
        assert self._extra is not None
        extra = self._extra.of_text(text)
        kept = {} if extra is None else {EXTRA: extra}
        return {**kept, **{key: document[key] for key in document if key != EXTRA}}
