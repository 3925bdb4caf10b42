"""The events of a request that came in another collector's protocol: their texts, and how each is validated."""

from collections.abc import Sequence

from domain.errors import Rejected
from domain.intake.events import Verdict, with_judged
from domain.intake.payload import EventTexts
from domain.protocols.shared.shape import Made
from domain.validation import faults as text_of
from domain.validation.faults import Refusal, whole_event_refused
from domain.validation.revision import CompiledRevision
from schemas.codes import Problem
from schemas.limits import MAX_REFUSED_EVENTS


class TranslatedTexts(EventTexts):
    """The texts of translated events, in order."""

    __slots__ = ("_are_json", "_events")

    def __init__(self, events: Sequence[Made], *, are_json: bool = False) -> None:
        """Take the events as their protocol made them, and whether each text is known to be one JSON value."""
        super().__init__("lines", b"")
        self._events = events
        self._are_json = are_json

    @property
    def size(self) -> int:
        """How many bytes the texts have."""
        return sum(map(len, self.all()))

    def all(self) -> list[bytes]:
        """Return the texts."""
        if self._texts is None:
            self._texts = [made.text for made in self._events]
        return self._texts

    def read(self, revision: CompiledRevision) -> list[Verdict]:
        """Validate every event: one verdict each, in order."""
        texts = self.all()
        are_apart = len(texts) == 1 or True in [made.is_unread for made in self._events]
        documents = None if are_apart else revision.read_together(texts, self.work, are_json=self._are_json)
        if documents is None:
            return self._read_apart(revision)
        if not all(documents):
            return with_judged(revision, documents, texts, self.work)
        return documents  # type: ignore[return-value]

    @staticmethod
    def refuse_too_many(verdicts: list[Verdict]) -> None:
        """Refuse a request that would bring too much into quarantine.

        Raises:
            Rejected: `too_many_events`: more of its events are invalid than one request may have.
        """
        if len(verdicts) > MAX_REFUSED_EVENTS < sum(isinstance(verdict, Refusal) for verdict in verdicts):
            raise Rejected(
                Problem.TOO_MANY_EVENTS,
                f"More than {MAX_REFUSED_EVENTS:,} events of the request are not valid; nothing was accepted. Fix what "
                "sends them, or send fewer in a request.",
            )

    def _read_apart(self, revision: CompiledRevision) -> list[Verdict]:
        texts = [made.text for made in self._events if not made.is_unread]
        verdicts = iter(
            [revision.read_event(texts[0])]
            if len(texts) == len(self._events) == 1
            else revision.read_each(texts, self.work)
        )
        return [
            whole_event_refused(text_of.TOO_MUCH_WORK, made.text) if made.is_unread else next(verdicts)
            for made in self._events
        ]
