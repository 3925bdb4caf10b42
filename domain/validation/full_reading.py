"""Reads the text of an event in full: what is not accepted by its type is parsed, exactly where that matters."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from domain.validation import faults as text_of
from domain.validation.bounds import RequestWork
from domain.validation.faults import Refusal, whole_event_refused
from domain.validation.json_text import (
    NotJsonError,
    TooDeepError,
    TooMuchWorkError,
    exact_value_from_text,
    may_hold_long_fraction,
    may_hold_surrogates,
    value_from_text,
    with_surrogates_as,
)
from domain.validation.json_values import JsonPlaces
from domain.validation.judge import EventJudge, make_event_judge
from domain.validation.whole_numbers import NeedsExactText
from domain.validation.written import written
from schemas.limits import MAX_STRING_BYTES

_STAND_INS = (rb"\ufffd", rb"\ufffc")


class FullReading:
    """How events are read in full by the fields in force; what it needs is made at the first such event."""

    __slots__ = (
        "_bounds_strings",
        "_fields_json",
        "_holds_json",
        "_json_places",
        "_judges",
        "_keeps",
        "_reject_unknown",
    )

    def __init__(
        self, fields_json: str, *, reject_unknown: bool, bounds_strings: bool, holds_json: bool, keeps: bool
    ) -> None:
        """Take the fields.

        Args:
            fields_json: the fields in force, as JSON.
            reject_unknown: whether a key that no field names is a fault.
            bounds_strings: whether a string of over 32,000 bytes is a fault.
            holds_json: whether a field is of a JSON type.
            keeps: whether what no field names is kept, lone surrogates included.
        """
        self._fields_json = fields_json
        self._reject_unknown = reject_unknown
        self._bounds_strings = bounds_strings
        self._holds_json = holds_json
        self._keeps = keeps
        self._json_places: JsonPlaces | None = None
        self._judges: dict[bool, EventJudge] = {}

    def judge(self, text: bytes, work: RequestWork | None) -> dict[str, Any] | Refusal:
        """Return the document of an event without `_extra`, or every fault.

        Args:
            text: as it was sent.
            work: what may be spent on the events of its request; without one, as much as an event takes.
        """
        if work is not None and not work.may_judge(text):
            return whole_event_refused(text_of.TOO_MUCH_WORK, text)
        may_parse_exactly = _always if work is None else partial(work.may_parse_exactly, text)
        judge = self._judge_for(long_strings=self._bounds_strings and len(text) > MAX_STRING_BYTES)
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
        except NotJsonError as error:
            judged_without = self._judge_with_surrogates(text, work)
            if judged_without is None:  # a document may be empty
                return whole_event_refused(text_of.not_json(text, error.at), text)
            return judged_without
        if work is not None:
            work.judged(judged.values)
        return Refusal(judged.faults, text) if judged.document is None else judged.document

    def _value_from_text(self, text: bytes, may_parse_exactly: Callable[[], bool]) -> Any:
        """Parse an event; a JSON field is told of the lone surrogates that it was sent, and of its whole numbers."""
        try:
            value = value_from_text(text, may_parse_exactly)
            if not self._holds_json or not may_hold_long_fraction(text):
                return value
            if not may_parse_exactly():
                raise TooMuchWorkError
            return exact_value_from_text(text)
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

    def _judge_with_surrogates(self, text: bytes, work: RequestWork | None) -> dict[str, Any] | Refusal | None:
        """Validate an event that is not JSON only for its lone surrogates, where these are kept with what has no field.

        Returns None where that is not so. What a field names has none of them if the document does not depend on what
        stands for them.
        """
        if not self._keeps:
            return None
        one, other = (with_surrogates_as(text, escape) for escape in _STAND_INS)
        if one == text:
            return None
        judged = self.judge(one, work)
        if isinstance(judged, Refusal):
            return None if judged.faults[0].code == text_of.NOT_JSON.code else Refusal(judged.faults, text)
        judged_again = self.judge(other, work)
        is_same = not isinstance(judged_again, Refusal) and written(judged_again) == written(judged)
        return judged if is_same else None

    def _judge_for(self, *, long_strings: bool) -> EventJudge:
        judge = self._judges.get(long_strings)
        if judge is None:
            judge = self._judges[long_strings] = make_event_judge(
                json.loads(self._fields_json), reject_unknown=self._reject_unknown, long_strings=long_strings
            )
        return judge


def _always() -> bool:
    """Allow a lone event to be parsed exactly, as often as it needs that: its own bounds are enough."""
    return True
