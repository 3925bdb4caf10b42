"""From a stored document back to what its sender may have sent, by the revision that stored it.

What is known goes back to where it stood: each field's value to the place that the field reads, a moment into the
format that was sent, what `_extra` holds to its pointers. What the server adds is taken away: the stamps, a default
wherever it stands, and what a macro gave. Of a value that could have come from either side it is taken that nothing
was sent, so that a trial rather warns. What told the event's kind (`when`) is put back where it was not stored. A
protected value is not known: its place is left to `domain.trials.masking`. Keys that the revision dropped are gone.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, islice, product
from typing import Any, NamedTuple

from domain.completion.macros import MacroValue, macro_value_of
from domain.completion.request_facts import RequestFacts
from domain.trials.masking import distinct_places, protected_places
from domain.validation.extra import DROPPED
from domain.validation.scalars import stored_default
from domain.validation.times import UNITS_PER_SECOND
from schemas.data_types import TimestampFormat
from schemas.items import RevisionDocument
from schemas.macros import Macro
from schemas.places import Path, keys_of, path_of, value_at
from schemas.stamps import EXTRA, STAMP_KEYS

DROPPED_KEYS, FILLED_VALUES, PROTECTED_VALUES = "dropped_keys", "filled_values", "protected_values"
"""What of an event as it was sent can't be known from what was stored."""

_NOT_SENT = object()
_KNOWN_MACROS = {
    Macro.EVENT_ID,
    Macro.RECEIVED_AT,
    Macro.ORGANISATION_ID,
    Macro.ENDPOINT_ID,
    Macro.ENVIRONMENT_ID,
    Macro.REVISION_ID,
}
"""Macros whose value the stamps tell: another value in their place was sent."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_US_PER_SECOND = 1_000_000

_ALWAYS_STORED = frozenset({"required", "default"})
"""Presences of fields that store something of each event for which they are in force."""
_MAX_KINDS_TRIED = 100

_When = Mapping[Path, Sequence[Any]]

_Restore = Callable[[Any, RequestFacts, str], Any]
"""Takes a stored value, what is known of its request and the event's id; returns what was sent, or `_NOT_SENT`."""


class _Part(NamedTuple):
    key: str
    path: Path
    restore: _Restore


class StoredForm:
    """How a revision stored its events; immutable once made."""

    __slots__ = ("_keeps", "_parts", "_whens", "distinct", "masks", "unseen")

    def __init__(self, document: RevisionDocument) -> None:
        fields = document["fields"]
        self._parts = _parts_of(fields)
        self._whens: list[tuple[str, _When, bool]] = [
            (
                field["key"],
                {keys_of(pointer): values for pointer, values in field["when"].items()},
                field["presence"] in _ALWAYS_STORED and not field.get("protect"),
            )
            for field in fields
            if field.get("when")
        ]
        self._keeps = document["additional_keys"] == "keep"
        self.masks = protected_places(fields)
        """Pointers of places whose values are not known."""
        self.distinct = distinct_places(fields)
        """Pointers of arrays whose elements differed as sent, though they may be equal as stored."""
        unseen = set()
        if document["additional_keys"] == "drop":
            unseen.add(DROPPED_KEYS)
        if _fills(fields):
            unseen.add(FILLED_VALUES)
        if self.masks:
            unseen.add(PROTECTED_VALUES)
        self.unseen = frozenset(unseen)
        """What of its events can't be known."""

    def event_of(self, document: dict[str, Any], facts: RequestFacts, event_id: str) -> tuple[dict[str, Any], bool]:
        """Return the event as it may have been sent, and whether keys of it were dropped after all had been kept."""
        extra = document.get(EXTRA) if self._keeps else None
        stored = {key: value for key, value in document.items() if key not in STAMP_KEYS}
        event = _object_of(self._parts, stored, facts, event_id)
        is_cut = False
        if isinstance(extra, dict):
            is_cut = DROPPED in extra
            for pointer, value in extra.items():
                if pointer != DROPPED:
                    _put_back(event, keys_of(pointer), value)
        self._put_kind_back(event, stored)
        return event, is_cut

    def _put_kind_back(self, event: dict[str, Any], stored: Mapping[str, Any]) -> None:
        """Put values where a `when` looks that no field has stored.

        They are such that fields of which something is stored are in force, and fields that would have had to store
        something are not.
        """
        told: dict[Path, Sequence[Any]] = {}
        absent: list[_When] = []
        for key, when, always_stores in self._whens:
            if key in stored:
                for path, values in when.items():
                    known = told.get(path)
                    told[path] = values if known is None else [one for one in known if _is_among(one, values)]
            elif always_stores:
                absent.append(when)
        open_places = {path: values for path, values in told.items() if values and value_at(event, path) is None}
        if not open_places:
            return
        choices = islice(product(*open_places.values()), _MAX_KINDS_TRIED)
        kinds = (dict(zip(open_places, choice, strict=True)) for choice in choices)
        first = next(kinds)
        kind = next(
            (kind for kind in chain((first,), kinds) if not any(_holds(one, event, kind) for one in absent)), first
        )
        for path, value in kind.items():
            _put_back(event, path, value)


def _parts_of(fields: Sequence[Mapping[str, Any]]) -> list[_Part]:
    return [_Part(field["key"], path_of(field), _restorer_of(field)) for field in fields if not field.get("protect")]


def _fills(fields: Sequence[Mapping[str, Any]]) -> bool:
    return any(field["presence"] in {"default", "macro"} or _fills(field.get("fields") or ()) for field in fields)


def _restorer_of(field: Mapping[str, Any]) -> _Restore:
    if field["type"] == "OBJECT":
        return _object_restorer(field)
    if field["type"] == "ARRAY_OBJECT":
        parts = _parts_of(field["fields"])
        return lambda value, facts, event_id: [_object_of(parts, one, facts, event_id) for one in value]
    restore = _time_restorer(field)
    if field["presence"] == "macro":
        return _macro_restorer(field, restore)
    if field["presence"] == "default":
        default = stored_default(field)
        return lambda value, _facts, _event_id: _NOT_SENT if value == default else restore(value)
    return lambda value, _facts, _event_id: restore(value)


def _object_restorer(field: Mapping[str, Any]) -> _Restore:
    parts = _parts_of(field["fields"])
    may_be_made = field["presence"] == "default"

    def restore(value: Any, facts: RequestFacts, event_id: str) -> Any:
        made = _object_of(parts, value, facts, event_id)
        return _NOT_SENT if may_be_made and not made else made

    return restore


def _macro_restorer(field: Mapping[str, Any], restore_sent: Callable[[Any], Any]) -> _Restore:
    if Macro(field["macro"]) not in _KNOWN_MACROS:
        return lambda _value, _facts, _event_id: _NOT_SENT
    value_for: MacroValue = macro_value_of(field)

    def restore(value: Any, facts: RequestFacts, event_id: str) -> Any:
        return _NOT_SENT if value == value_for(facts, event_id) else restore_sent(value)

    return restore


def _time_restorer(field: Mapping[str, Any]) -> Callable[[Any], Any]:
    """Return what writes a stored moment as its format is sent; of all but whole units that is as it is stored."""
    units = UNITS_PER_SECOND.get(field.get("format") or TimestampFormat.UNIX_SECONDS, 1)
    if not field["type"].endswith("TIMESTAMP") or units == 1:
        return lambda value: value

    def units_of(value: Any) -> Any:
        return _units_from_text(value, units) if type(value) is str else value

    return lambda value: [units_of(one) for one in value] if type(value) is list else units_of(value)


def _units_from_text(text: str, units_per_second: int) -> int:
    microseconds = (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND
    return microseconds * units_per_second // _US_PER_SECOND


def _object_of(parts: Sequence[_Part], stored: Any, facts: RequestFacts, event_id: str) -> dict[str, Any]:
    event: dict[str, Any] = {}
    if not isinstance(stored, dict):
        return event
    for key, path, restore in parts:
        value = stored.get(key)
        if value is None:
            continue
        sent = restore(value, facts, event_id)
        if sent is not _NOT_SENT:
            _put_back(event, path, sent)
    return event


def _put_back(event: Any, path: Path, value: Any) -> None:
    """Put a value where it stood, beside what other fields have read there; changed in place."""
    *steps, last = path
    for step in steps:
        if isinstance(event, list):
            event = event[int(step)] if step.isdecimal() and int(step) < len(event) else None
        elif isinstance(event, dict):
            event = event.setdefault(step, {})
        else:
            return
    if isinstance(event, dict):
        event[last] = _merged(event[last], value) if last in event else value


def _holds(when: _When, event: Any, kind: Mapping[Path, Any]) -> bool:
    """Say whether a `when` holds for an event once values are put at the places of its kind."""
    return all(
        _is_among(kind[path] if path in kind else value_at(event, path), values) for path, values in when.items()
    )


def _is_among(value: Any, values: Sequence[Any]) -> bool:
    return any(type(value) is type(one) and value == one for one in values)


def _merged(one: Any, other: Any) -> Any:
    """Return what stood at a place of which two fields have read a part each, or both all of it."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {**other, **{key: _merged(value, other[key]) if key in other else value for key, value in one.items()}}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [_merged(*pair) for pair in zip(one, other, strict=True)]
    return one
