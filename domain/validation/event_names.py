"""What names an event: the first of a revision's pointers that holds a text in the event as it was sent.

Where fields read these places as they are, the name comes out of what is stored, elsewhere out of the event's text: of
neither is more parsed than what names it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from domain.json_kinds import spelled
from domain.msgspec_core import DecodeError
from domain.validation.extra import parsed_event
from domain.validation.faults import Refusal
from domain.validation.json_text import is_utf8
from domain.validation.members import members_reader
from domain.validation.written import Document, Verdict, written
from schemas.codes import Outcome
from schemas.limits import MAX_EVENT_NAME_CHARS, MAX_EVENT_SENT_BYTES
from schemas.places import Path, keys_of, path_of, value_at

_AS_SENT = {"STRING", "JSON"}


class _Allowance:
    """Lets texts of one request be parsed exactly, as many bytes as one event may have."""

    def __init__(self) -> None:
        self._bytes = MAX_EVENT_SENT_BYTES

    def __call__(self, text: bytes) -> bool:
        self._bytes -= len(text)
        return self._bytes >= 0


class EventNames:
    """Names the events of one revision."""

    __slots__ = ("_name_sent", "_name_stored", "_pointers")

    def __init__(self, pointers: Sequence[str], fields: Sequence[Mapping[str, Any]]) -> None:
        """Take the pointers of `event_name`, and the revision's root fields."""
        self._pointers = [keys_of(pointer) for pointer in pointers]
        found = [_keys_in_document(path, fields) for path in self._pointers]
        keys = [path for path in found if path is not None]
        self._name_stored = _naming(keys) if len(keys) == len(found) else None
        self._name_sent = _naming(self._pointers)

    def count(
        self, verdicts: Sequence[Verdict], texts: Callable[[], list[bytes]], outcomes: Sequence[str]
    ) -> dict[tuple[str, str], int]:
        """Count events that have a name, by name and outcome, but those that have to be sent again.

        Args:
            verdicts: one for each event.
            texts: returns what they were read from.
            outcomes: one for each event.
        """
        counts: dict[tuple[str, str], int] = {}
        may_parse_exactly = _Allowance()
        for index, (verdict, outcome) in enumerate(zip(verdicts, outcomes, strict=True)):
            if outcome == Outcome.UNDELIVERED:
                continue
            if isinstance(verdict, Refusal):
                name = self.of_refused(verdict, may_parse_exactly)
            else:
                name = self.of(verdict, b"" if self._name_stored else texts()[index], may_parse_exactly)
            if name is not None:
                counts[name, outcome] = counts.get((name, outcome), 0) + 1
        return counts

    def of_refused(self, refusal: Refusal, may_parse_exactly: Callable[[bytes], bool] = lambda _: True) -> str | None:
        """Return the name of an event that is refused; None where its text can't be read, or was not."""
        # A fault without a pointer is one of the whole event.
        if not all(fault.pointer for fault in refusal.faults):
            return None
        return self.of(None, refusal.raw, may_parse_exactly)

    def of(
        self,
        stored: bytes | Document | None,
        text: bytes,
        may_parse_exactly: Callable[[bytes], bool] = lambda _: True,
    ) -> str | None:
        """Return an event's name; None where it has none, or its text can't be read.

        Args:
            stored: what became of it, as text or as values; None of a refused event.
            text: as it was sent.
            may_parse_exactly: asked for a text that the fast parser does not take.
        """
        if stored is not None and self._name_stored is not None:
            return self._name_stored(stored if isinstance(stored, bytes) else written(stored))
        try:
            if is_utf8(text):
                return self._name_sent(text)
        except (DecodeError, RecursionError):
            pass
        try:
            event = parsed_event(text, may_parse_exactly)
        except (ValueError, RecursionError):
            return None
        return _first_text(value_at(event, path) for path in self._pointers)


def _naming(paths: Sequence[Path]) -> Callable[[bytes], str | None]:
    """Return what reads the first text at one of the places in an object."""
    roots = list(dict.fromkeys(path[0] for path in paths))
    values_in = members_reader(roots)
    steps = [(roots.index(path[0]), path[1:]) for path in paths]

    def name(text: bytes) -> str | None:
        values = values_in(text)
        return _first_text(value_at(values[root], rest) for root, rest in steps)

    return name


def _first_text(values: Iterable[Any]) -> str | None:
    for value in values:
        if value and type(value) is str:
            return spelled(value[:MAX_EVENT_NAME_CHARS])
    return None


def _keys_in_document(path: Path, fields: Sequence[Mapping[str, Any]]) -> Path | None:
    """Return under which keys the stored document has what was sent at a path; None where it may have something else.

    A default or a macro stands where nothing was sent, what is protected is something else, and a field whose `when`
    does not hold is not there.
    """
    for field in fields:
        place = path_of(field)
        if field.get("when") or field.get("protect") or field["presence"] not in {"required", "optional"}:
            continue
        if place == path and field["type"] in _AS_SENT:
            return (field["key"],)
        if field["type"] == "OBJECT" and path[: len(place)] == place and len(path) > len(place):
            below = _keys_in_document(path[len(place) :], field["fields"])
            if below is not None:
                return (field["key"], *below)
    return None
