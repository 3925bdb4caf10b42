"""What names an event: the first of a revision's pointers that holds a text in the event as it was sent.

Where fields read these places as they are, the name comes out of the stored document for next to nothing; elsewhere
the event's text is parsed for it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from domain.validation.extra import parsed_event, spelled
from domain.validation.faults import Refusal
from domain.validation.written import Verdict, document_of
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

    __slots__ = ("_keys", "_pointers")

    def __init__(self, pointers: Sequence[str], fields: Sequence[Mapping[str, Any]]) -> None:
        """Take the pointers of `event_name`, and the revision's root fields."""
        self._pointers = [keys_of(pointer) for pointer in pointers]
        found = [_keys_in_document(path, fields) for path in self._pointers]
        keys = [path for path in found if path is not None]
        self._keys = keys if len(keys) == len(found) else None

    def count(
        self, verdicts: Sequence[Verdict], texts: Callable[[], list[bytes]], outcomes: Sequence[str]
    ) -> dict[tuple[str, str], int]:
        """Count events that have a name, by name and outcome, but those that have to be sent again.

        Args:
            verdicts: one for each event.
            texts: returns what they were read from.
            outcomes: one for each event.
        """
        if len(verdicts) == 1 and self._keys and outcomes[0] == Outcome.ACCEPTED:  # most requests
            name = self.of(document_of(verdicts[0]), b"")  # type: ignore[arg-type]
            return {} if name is None else {(name, Outcome.ACCEPTED): 1}
        counts: dict[tuple[str, str], int] = {}
        may_parse_exactly = _Allowance()
        for index, (verdict, outcome) in enumerate(zip(verdicts, outcomes, strict=True)):
            if outcome == Outcome.UNDELIVERED:
                continue
            if isinstance(verdict, Refusal):
                name = self.of_refused(verdict, may_parse_exactly)
            else:
                name = self.of(document_of(verdict), b"" if self._keys else texts()[index], may_parse_exactly)
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
        document: Mapping[str, Any] | None,
        text: bytes,
        may_parse_exactly: Callable[[bytes], bool] = lambda _: True,
    ) -> str | None:
        """Return an event's name; None where it has none, or its text can't be read.

        Args:
            document: what became of it, before anything in it was protected; None of a refused event.
            text: as it was sent.
            may_parse_exactly: asked for a text that the fast parser does not take.
        """
        if document is None or self._keys is None:
            return self._of_text(text, may_parse_exactly)
        for keys in self._keys:
            value = document.get(keys[0]) if len(keys) == 1 else value_at(document, keys)
            if value and type(value) is str:
                return value if len(value) <= MAX_EVENT_NAME_CHARS else value[:MAX_EVENT_NAME_CHARS]
        return None

    def _of_text(self, text: bytes, may_parse_exactly: Callable[[bytes], bool]) -> str | None:
        try:
            event = parsed_event(text, may_parse_exactly)
        except (ValueError, RecursionError):
            return None
        for path in self._pointers:
            value = value_at(event, path)
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
