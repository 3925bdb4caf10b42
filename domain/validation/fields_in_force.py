"""The fields that are in force for an event, compiled: from its text to the text of what is stored of it.

Most events are read by a type at once. Where fields keep or refuse what none of them names, and a type can't tell that,
the event is parsed first and looked through. A few keys that no field names are learned from the events that bring
them: those to come need no second look. What is not accepted here is validated in full.
"""

import json
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

import orjson

from domain.validation.bounds import EventBounds, RequestWork
from domain.validation.event_reader import (
    REFUSALS,
    EventReader,
    elements_of,
    is_about_null,
    is_about_unknown,
    is_beyond_narrow,
    written,
)
from domain.validation.extra import DROPPED, Extra
from domain.validation.faults import Refusal
from domain.validation.json_text import is_nested_too_deep, may_hold_long_number
from domain.validation.json_values import holds_json
from domain.validation.members import is_nameable
from domain.validation.memory_estimate import BYTES_PER_LEARNED, MOST_LEARNED, estimated_bytes
from domain.validation.read_places import UnnameableError
from domain.validation.records import set_extra
from domain.validation.tree_size import tree_size
from domain.validation.unfit import UnfitError
from domain.validation.unnamed import NamedPlaces, protects
from domain.validation.written import written as written_document
from schemas.items import RevisionDocument
from schemas.places import Path, keys_of
from schemas.stamps import EXTRA

if TYPE_CHECKING:
    from domain.validation.full_reading import FullReading

_PARSED_BEFORE_LEARNING = 2
_FIELDS_PER_PARSED = 8  # so many are compiled in some times of what it takes longer to parse an event first
_MOST_LEARNED_CHARS = 128
_WIDE_AT_FIRST = 16
_WIDE_FOR, _MOST_WIDE_FOR = 256, 2**20
_JSON = 'JSON"'  # which ends the names of types with it
_MOST_NARROW = 100  # JSON fields: to make a narrow type of one takes 0.1 ms


class Seen:
    """What events of a revision brought that takes time only then; all combinations of its fields share it."""

    __slots__ = ("null", "unknown")

    def __init__(self) -> None:
        self.null = False
        """Null in place of a default."""
        self.unknown = False
        """Keys that no field names."""


class FieldsInForce:
    """Validates the events for which the same fields are in force; safe to share between threads."""

    __slots__ = (
        "_bounds_strings",
        "_drops_unknown",
        "_fields_json",
        "_first_bytes",
        "_full_reading",
        "_holds_json",
        "_is_readable",
        "_is_sure",
        "_keeps",
        "_learned",
        "_learns_at",
        "_lenient",
        "_lock",
        "_may_narrow",
        "_parsed",
        "_reader",
        "_refuses_unknown",
        "_seen",
        "_takes_null",
        "_to_learn",
        "_unnamed",
        "_wide_for",
        "_wide_left",
        "_withheld_json",
        "bounds",
    )

    def __init__(self, document: RevisionDocument, fields: list[dict[str, Any]], fields_json: str, seen: Seen) -> None:
        """Compile them.

        Args:
            document: the revision's, with all of its fields.
            fields: those in force.
            fields_json: the same as text, of which what few events need is made.
            seen: what events brought; told of more.
        """
        self._seen = seen
        self._fields_json = fields_json
        self._withheld_json = "[]"
        self._bounds_strings = document.get("edition", 1) == 1
        self._keeps = document["additional_keys"] == "keep"
        self._drops_unknown = document["additional_keys"] == "drop"
        self._holds_json = holds_json(fields)
        if self._keeps and document["fields"] is not fields:
            self._withheld_json = json.dumps([field for field in document["fields"] if protects([field])])
        self.bounds = EventBounds(fields)
        self._lock = Lock()
        self._learned: list[Path] = []
        self._to_learn: dict[Path, None] = {}
        """Keys to know from the next time on that the reader is made."""
        self._refuses_unknown = not (self._drops_unknown and seen.unknown)
        self._takes_null = seen.null or not _has_default(fields)
        self._is_sure = False
        self._is_readable = True
        self._parsed = 0
        field_count = tree_size(fields).fields
        self._learns_at = max(_PARSED_BEFORE_LEARNING, field_count // _FIELDS_PER_PARSED)
        """After so many parsed events the reader is made anew; then after twice as many, and so on."""
        self._may_narrow = fields_json.count(_JSON) <= _MOST_NARROW
        self._wide_left = max(_WIDE_AT_FIRST, field_count) if self._holds_json and self._may_narrow else 0
        """For so many more events JSON is taken by wide types, which are made faster."""
        self._wide_for = _WIDE_FOR
        """For so many it is after the next one that needs them."""
        self._reader: EventReader | None = None
        if not (self._keeps and seen.unknown):  # most combinations may see one event alone
            self._make_reader(fields)
        self._lenient: EventReader | None = None
        self._unnamed: NamedPlaces | None = None
        self._first_bytes = estimated_bytes({**document, "fields": fields}, fields_json)
        self._full_reading: FullReading | None = None

    @property
    def memory_bytes(self) -> int:
        """Roughly what they take in memory."""
        return self._first_bytes + BYTES_PER_LEARNED * len(self._learned)

    def read(self, text: bytes) -> bytes | None:
        """Return the text of what is stored of an event, with a newline; None where it must be validated in full."""
        if self._is_sure:
            if self._wide_left:
                self._count_wide(1)
            try:
                return self._reader.read(text)  # type: ignore[union-attr] # there is one
            except REFUSALS as refusal:
                return self._read_again(text, refusal)
        return self._read_parsed(text) if self._is_readable else None

    def _make_reader(self, fields: list[dict[str, Any]]) -> None:
        try:
            self._reader = EventReader(
                fields,
                refuses_unknown=self._refuses_unknown,
                takes_null=self._takes_null,
                keeps=self._keeps,
                learned=self._learned,
                narrow=self._may_narrow and not self._wide_left,
            )
        except UnnameableError:
            self._reader, self._is_sure, self._is_readable = None, False, False
        else:
            self._is_sure = self._reader.refuses_unknown or self._drops_unknown

    def _widen(self) -> None:
        """Take JSON of any form; for twice as long each time, so that one odd event costs little, and many no more."""
        with self._lock:
            if not self._wide_left:
                self._wide_left = self._wide_for
                self._wide_for = min(2 * self._wide_for, _MOST_WIDE_FOR)
                self._make_reader(json.loads(self._fields_json))

    def _count_wide(self, events: int) -> None:
        """Count what is read by wide types; narrow ones read again after enough of it."""
        with self._lock:
            left = self._wide_left
            self._wide_left = max(0, left - events)
            if left and not self._wide_left:
                self._make_reader(json.loads(self._fields_json))

    def _read_again(self, text: bytes, refusal: Exception) -> bytes | None:
        """Read an event that was not accepted by what is done without until an event needs it."""
        takes_any = self._holds_json or self._learned
        if takes_any and self._may_narrow and not self._wide_left and is_beyond_narrow(refusal):
            self._widen()
            return self.read(text)
        needs_unknown = is_about_unknown(refusal)
        if self._keeps:
            is_worth_it = needs_unknown or is_about_null(refusal) or isinstance(refusal, UnfitError)
            return self._read_parsed(text) if is_worth_it else None
        needs_null = not self._takes_null and b"null" in text
        needs_unknown = needs_unknown and self._drops_unknown and self._refuses_unknown
        if not (needs_unknown or (needs_null and is_about_null(refusal))):
            return None
        try:
            document = self._lenient_reader().read(text)
        except REFUSALS:
            return None
        if document is not None:
            with self._lock:
                self._takes_null = self._takes_null or needs_null
                self._refuses_unknown = not self._drops_unknown
                self._seen.null = self._seen.null or needs_null
                self._seen.unknown = self._seen.unknown or needs_unknown
                self._make_reader(json.loads(self._fields_json))
        return document

    def _read_parsed(self, text: bytes) -> bytes | None:
        """Read an event by parsing it first: so its values can be looked through."""
        if is_nested_too_deep(text) or may_hold_long_number(text):
            return None
        try:
            event = orjson.loads(text)
            stored = self._lenient_reader().stored_of(event)
        except UnnameableError:
            self._is_readable = False
            return None
        except (orjson.JSONDecodeError, *REFUSALS):
            return None
        if not self._keeps:
            return None if self._places().unnamed_in(event, 1, stops=True).found else written(stored)
        extra = Extra(self._places()).of(event)
        set_extra(stored, extra)
        self._note(text, extra or {})
        return written(stored)

    def _lenient_reader(self) -> EventReader:
        """Return what reads all events that any reader of these fields does, and takes longer for it."""
        if self._lenient is None:
            fields = json.loads(self._fields_json)
            refuses_unknown = self._is_sure and not (self._keeps or self._drops_unknown)
            self._lenient = EventReader(fields, refuses_unknown=refuses_unknown, keeps=self._keeps)
        return self._lenient

    def read_batch(self, text: bytes) -> list[bytes | None] | None:
        """Return the same for each event of a JSON array; None where its events must be cut out of it to be read."""
        if self._is_sure:
            documents = self._reader.read_batch(text)  # type: ignore[union-attr] # there is one
            if documents is not None:
                if self._wide_left:
                    self._count_wide(len(documents))
                return documents
        elements = elements_of(text)
        return None if elements is None else list(map(self.read, elements))

    def read_together(self, texts: Sequence[bytes], *, are_json: bool) -> list[bytes | None]:
        """Return the same for each of several events, which are so small together that they may be parsed at once.

        Args:
            texts: of the events.
            are_json: whether each is known to be one JSON value, which saves looking.
        """
        if self._is_sure and len(texts) > 1:
            documents = self._reader.read_together(texts, are_json=are_json)  # type: ignore[union-attr] # there is one
            if documents is not None:
                if self._wide_left:
                    self._count_wide(len(documents))
                return documents
        return list(map(self.read, texts))

    def judge(self, text: bytes, work: RequestWork | None) -> bytes | Refusal:
        """Validate the text of one event in full, whatever its reading said."""
        judged = self._in_full().judge(text, work)
        if isinstance(judged, Refusal):
            return judged
        if self._keeps:
            extra = Extra(self._places()).of_text(text)
            judged = {key: judged[key] for key in judged if key != EXTRA}
            if extra is not None:
                judged = {EXTRA: extra, **judged}
        return written_document(judged)

    def _places(self) -> NamedPlaces:
        if self._unnamed is None:
            self._unnamed = NamedPlaces(json.loads(self._fields_json), json.loads(self._withheld_json))
        return self._unnamed

    def _note(self, text: bytes, extra: Mapping[str, Any]) -> None:
        """Note why an event had to be parsed; have the reader know that, as far as it may, once there were enough.

        Senders choose these keys: to make the reader anew for each that is new would be dear.
        """
        self._parsed += 1
        if extra:
            self._seen.unknown = True
        if self._reader is not None and not self._is_sure:  # it would not see what is unknown
            return
        if len(self._learned) < MOST_LEARNED:
            with self._lock:
                self._note_keys(extra)
        if self._parsed < self._learns_at:
            return
        with self._lock:
            needs_null = not (self._takes_null or self._to_learn) and b"null" in text
            if self._reader is not None and not (self._to_learn or needs_null):
                return
            self._learns_at = 2 * self._parsed
            self._learned = [*self._learned, *self._to_learn]
            self._to_learn = {}
            self._takes_null = self._takes_null or needs_null
            self._seen.null = self._seen.null or needs_null
            self._make_reader(json.loads(self._fields_json))

    def _note_keys(self, extra: Mapping[str, Any]) -> None:
        places = self._places()
        for pointer in extra:
            if len(self._learned) + len(self._to_learn) >= MOST_LEARNED:
                return
            if pointer == DROPPED or len(pointer) > _MOST_LEARNED_CHARS or not is_nameable(pointer):
                continue
            path = keys_of(pointer)
            if path not in self._learned and places.leave_free(path):
                self._to_learn[path] = None

    def _in_full(self) -> "FullReading":
        if self._full_reading is None:
            from domain.validation.full_reading import FullReading  # noqa: PLC0415 - no accepted event needs it

            self._full_reading = FullReading(
                self._fields_json,
                reject_unknown=not (self._drops_unknown or self._keeps),
                bounds_strings=self._bounds_strings,
                holds_json=self._holds_json,
                keeps=self._keeps,
            )
        return self._full_reading


def _has_default(fields: Sequence[Mapping[str, Any]]) -> bool:
    return any(
        field["presence"] == "default" or (field.get("fields") and _has_default(field["fields"])) for field in fields
    )
