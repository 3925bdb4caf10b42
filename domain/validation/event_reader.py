"""Reads events by a type: from their text to the text of what is stored of them, without parsing them to values first.

It accepts or it does not: `domain.validation.judge` says why. What a type does not see is looked for in the text: more
than 64 levels, and bytes that are no UTF-8 in what is dropped.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from domain.msgspec_core import DecodeError, Decoder, Encoder, Meta, Raw, ValidationError, convert
from domain.validation.json_text import count_of_few, is_nested_too_deep, is_utf8, may_hold_long_fraction
from domain.validation.json_values import holds_json, levels_of
from domain.validation.read_places import UnnameableError, check_ways
from domain.validation.records import record_type
from domain.validation.unfit import UnfitError
from domain.validation.value_types import NARROW_JSON_LEVELS
from schemas.limits import MAX_EVENTS_PER_REQUEST, MAX_JSON_DEPTH
from schemas.places import Path

REFUSALS = (DecodeError, UnfitError, RecursionError)
"""What says that an event is not accepted."""

_UNKNOWN, _NULL = "unknown field", "`null`"
_BEYOND_NARROW = ("| str | null`, got `", "| str | object | null`, got `array`", "`float` < ", "`float` > ")
"""What the parser says of a value that is too deep for a narrow type, or too large; of few others."""

_BATCH = Meta(min_length=1, max_length=MAX_EVENTS_PER_REQUEST)
_parts_of = Decoder(Annotated[list[Raw], _BATCH]).decode
_lines_of = Encoder().encode_lines


def elements_of(text: bytes) -> list[bytes] | None:
    """Return the texts of the events of a JSON array; None where it is none, or holds none, or more than it may."""
    try:
        return list(map(bytes, _parts_of(text))) if is_utf8(text) else None
    except (DecodeError, RecursionError):
        return None


def _are_elements(texts: Sequence[bytes], array: bytes) -> bool:
    """Say whether an array that is put together of texts has each of them for an element.

    Of texts that are no JSON, one may end in another, or hold two.
    """
    try:
        return list(map(len, _parts_of(array))) == list(map(len, texts))
    except (DecodeError, RecursionError):
        return False


def is_about_unknown(refusal: Exception) -> bool:
    """Say whether an event was refused for a key that no field names; then nothing before it was wrong."""
    return isinstance(refusal, ValidationError) and _UNKNOWN in str(refusal)


def is_about_null(refusal: Exception) -> bool:
    """Say whether an event was refused for null; then nothing before it was wrong."""
    return isinstance(refusal, ValidationError) and str(refusal).find(_NULL) > 0


def is_beyond_narrow(refusal: Exception) -> bool:
    """Say whether an event may have been refused for JSON of a form that narrow types don't take."""
    if not isinstance(refusal, ValidationError):
        return False
    said = str(refusal)
    return any(words in said for words in _BEYOND_NARROW)


def written(stored: Any) -> bytes:
    """Return the text of what is stored, with a newline."""
    return _lines_of((stored,))


class EventReader:
    """Reads the events for which the same fields are in force; safe to share between threads."""

    __slots__ = (
        "_decode",
        "_decode_batch",
        "_is_narrow",
        "_is_stored",
        "_looks_at_depth",
        "_looks_at_numbers",
        "_record",
        "_skips",
        "_stored_of",
        "refuses_unknown",
    )

    def __init__(
        self,
        fields: Sequence[Mapping[str, Any]],
        *,
        refuses_unknown: bool,
        takes_null: bool = True,
        keeps: bool = False,
        learned: Sequence[Path] = (),
        narrow: bool = False,
    ) -> None:
        """Make the type.

        Args:
            fields: the root fields in force.
            refuses_unknown: whether it should refuse what no field names.
            takes_null: whether it takes null for what has a default.
            keeps: whether there is room for `_extra`.
            learned: places that no field names, whose values go to `_extra`.
            narrow: whether JSON of many levels, and large fractions in it, are to be refused: `is_beyond_narrow` says
                so of the refusal. Then there is less to look for in the text.

        Raises:
            UnnameableError: the parser can't read events by these fields.
        """
        check_ways(fields)
        record = record_type(
            fields, strict=refuses_unknown, takes_null=takes_null, keeps=keeps, learned=learned, narrow=narrow
        )
        self._record = record
        self._is_stored = record.look.is_stored if record.look is not None else None if record.finish else _any_is
        self._stored_of = record.finish
        self.refuses_unknown = record.is_strict
        """Whether it does."""
        self._skips = not record.is_strict
        self._is_narrow = narrow
        takes_any = (holds_json(fields) or bool(learned)) and not narrow
        # Of a whole number that is written as a fraction the parser makes a float, which may be another number.
        self._looks_at_numbers = takes_any
        # A key that stands twice may hide anything where it holds JSON, and what is skipped may be anything.
        most_levels = max(levels_of(fields), *map(len, learned), 1) + NARROW_JSON_LEVELS
        self._looks_at_depth = self._skips or takes_any or most_levels > MAX_JSON_DEPTH
        self._decode = Decoder(record.type).decode
        self._decode_batch: Any = None

    def read(self, text: bytes) -> bytes | None:
        """Return the text of what is stored of an event, with a newline; None where its text must be looked at in full.

        Raises:
            REFUSALS: it is not accepted.
        """
        stored = self._decode(text)
        if self._is_stored is None or not self._is_stored(stored):
            stored = self._stored_of(stored)  # type: ignore[misc] # there is one
        if self._looks_at_depth and ((self._skips and not is_utf8(text)) or is_nested_too_deep(text)):
            return None
        if self._looks_at_numbers and may_hold_long_fraction(text):
            return None
        return _lines_of((stored,))

    def read_batch(self, text: bytes, elements: Sequence[bytes] | None = None) -> list[bytes | None] | None:
        """Return the same for each event of a JSON array; None where they must be read one by one.

        To look at the texts of its elements takes less, where they are known.
        """
        if self._decode_batch is None:
            array = list.__class_getitem__(self._record.type)
            self._decode_batch = Decoder(Annotated[array, _BATCH]).decode
        try:
            records = self._decode_batch(text)
        except REFUSALS:
            return None
        all_stored = self._all_stored_of(records)
        if all_stored is None or (self._skips and not is_utf8(text)):
            return None
        if self._looks_at_depth and (
            self._may_be_too_deep(text, len(records)) if elements is None else any(map(is_nested_too_deep, elements))
        ):
            return None
        if self._looks_at_numbers and may_hold_long_fraction(text):
            return None
        return [None if stored is None else _lines_of((stored,)) for stored in all_stored]

    def read_together(self, texts: Sequence[bytes], *, are_json: bool) -> list[bytes | None] | None:
        """Return the same for each of several texts, parsed in one call; None where they must be read one by one.

        Args:
            texts: of events.
            are_json: whether each is known to be one JSON value.
        """
        array = b"[%b]" % b",".join(texts)
        return self.read_batch(array, texts) if are_json or _are_elements(texts, array) else None

    def stored_of(self, event: Any) -> Any:
        """Return what is stored of a parsed event.

        Raises:
            REFUSALS: it is not accepted.
        """
        return self._record.stored_of(convert(event, self._record.type))

    def _all_stored_of(self, records: list[Any]) -> list[Any] | None:
        """Return what is stored of several records, None for what is refused; None where narrow types were too narrow.

        Each is finished once: that edits it.
        """
        _, look, finish, _ = self._record
        if finish is None or (look is not None and look.are_stored(records)):
            return records
        stored_of = finish if look is None else self._record.stored_of
        all_stored: list[Any] = []
        for record in records:
            try:
                all_stored.append(stored_of(record))
            except REFUSALS as refusal:
                if self._is_narrow and is_beyond_narrow(refusal):
                    return None
                all_stored.append(None)
        return all_stored

    @staticmethod
    def _may_be_too_deep(text: bytes, events: int) -> bool:
        """Say whether an event of an array may be nested over 64 levels: its own braces, and so many brackets more."""
        more = count_of_few(text, b"{") + count_of_few(text, b"[") - 1 - events
        return more >= MAX_JSON_DEPTH and is_nested_too_deep(text)


def _any_is(_record: Any) -> bool:
    return True


def elements_reader(
    fields: Sequence[Mapping[str, Any]], *, refuses_unknown: bool
) -> Callable[[Any], list[Any] | None] | None:
    """Return what gives a parsed array of objects with these fields as it is written, or None where one is refused.

    None where objects can't be read so. Macros have no value in it.
    """
    try:
        check_ways(fields)
        record = record_type(fields, strict=refuses_unknown)
    except UnnameableError:
        return None
    if refuses_unknown and not record.is_strict:
        return None
    several = list[record.type]  # type: ignore[name-defined]

    def read(value: Any) -> list[Any] | None:
        try:
            return record.all_stored_of(convert(value, several))
        except (*REFUSALS, UnicodeEncodeError):  # half a character, as JSON may escape it
            return None

    return read
