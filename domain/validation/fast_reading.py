"""The fast validator of a revision: validates events one by one, and an array of them at once.

From arrays it keeps those out that are nested too deep in what no field names.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from domain.validation.core_validator import SchemaValidator, ValidationError
from domain.validation.fast_validator import (
    Schema,
    Taken,
    event_schema,
    make_batch_validator,
    make_event_validator,
)
from domain.validation.json_text import NESTING, count_of_few, wrapped
from schemas.limits import MAX_JSON_DEPTH

Document = dict[str, Any]


class NullSeen:
    """Whether a sender has written null; the validators of all combinations of a revision's fields share it."""

    __slots__ = ("is_seen",)

    def __init__(self) -> None:
        self.is_seen = False


class FastValidator:
    """Validates the events for which the same fields are in force; safe to share between threads.

    It looks for null only once a sender has written one: at each field that may be left out it takes time, a tenth of
    all validating, and most senders never write it.
    """

    __slots__ = (
        "_batches",
        "_fields_json",
        "_keeps",
        "_null_seen",
        "_takes_null",
        "_takes_unknown",
        "validate_json",
        "validate_python",
    )

    def __init__(
        self,
        fields: Sequence[Mapping[str, Any]],
        fields_json: str,
        null_seen: NullSeen,
        *,
        takes_unknown: bool,
        keeps: bool,
    ) -> None:
        """Take the root fields.

        Args:
            fields: those in force.
            fields_json: the same as text, of which they are made anew.
            null_seen: what is known of null, and told of it.
            takes_unknown: whether objects may hold keys of no field.
            keeps: whether documents have room for `_extra`.
        """
        self._fields_json = fields_json
        self._takes_unknown = takes_unknown
        self._keeps = keeps
        self._null_seen = null_seen
        self._takes_null = null_seen.is_seen
        self._make(fields)

    def _make(self, fields: Sequence[Mapping[str, Any]]) -> None:
        validator = make_event_validator(self._schema(fields))
        self.validate_json, self.validate_python = validator.validate_json, validator.validate_python
        self._batches = BatchReader(fields)

    def _schema(self, fields: Sequence[Mapping[str, Any]]) -> Schema:
        return event_schema(fields, Taken(self._takes_unknown, self._takes_null), keeps_unknown=self._keeps)

    def read_batch(self, text: bytes) -> list[Document | None] | None:
        """Return a document, or None, for each event of a JSON array; None for all if it has to be read otherwise."""
        return self._batches.read(text, lambda: self._schema(json.loads(self._fields_json)))

    def take_null(self) -> bool:
        """Take null from now on; say whether that is new."""
        if self._takes_null:
            return False
        self._takes_null = self._null_seen.is_seen = True
        self._make(json.loads(self._fields_json))
        return True


class BatchReader:
    """Reads the batches of a revision; safe to share between threads.

    Within further arrays the parser's own bound of depth is where the contract wants it. That takes some 24 µs a batch,
    so it is done without as long as the events of batches hold too few brackets for it to matter.
    """

    __slots__ = ("_around", "_made")

    def __init__(self, fields: Sequence[Mapping[str, Any]]) -> None:
        """Take the root fields; where one of them nests anything, so will events."""
        nests = any(field.get("fields") or field["type"].startswith("ARRAY_") for field in fields)
        self._around = NESTING - 1 if nests else 0
        self._made: tuple[SchemaValidator, int] | None = None

    def read(self, text: bytes, make_schema: Callable[[], Schema]) -> list[Document | None] | None:
        """Return a document, or None, for each event; None for all if the text has to be read in another way.

        Args:
            text: a JSON array.
            make_schema: makes the schema of one event, when that is needed.
        """
        if self._made is None:
            around = self._around
            self._made = make_batch_validator(make_schema(), around), around
        validator, around = self._made
        try:
            level = validator.validate_json(wrapped(text, around) if around else text)
        except ValidationError:
            return None
        for _ in range(around):
            level = level[0]
        if not around and _may_nest_deeper(text, level):
            self._around = NESTING - 1
            self._made = None
            return self.read(text, make_schema)
        return level  # type: ignore[no-any-return]


def _may_nest_deeper(text: bytes, documents: list[Document | None]) -> bool:
    """Say whether an accepted event may be nested over 64 levels: its own braces, and so many brackets more."""
    accepted = len(documents) if all(documents) else sum(1 for document in documents if document is not None)
    more = count_of_few(text, b"{") + count_of_few(text, b"[") - 1 - accepted
    return more >= MAX_JSON_DEPTH
