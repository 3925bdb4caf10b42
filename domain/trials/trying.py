"""An event under two revisions: the one that runs, and the one that is tried. By the very code that takes events in."""

from typing import Any, NamedTuple

import orjson

from domain.intake.events import Verdict
from domain.intake.payload import EventTexts
from domain.intake.stamping import stamp
from domain.trials.masking import MaskedRevision, MaskedRevisions, take_away
from domain.trials.sent import Ids, Sent, facts_of
from domain.validation.faults import Refusal
from schemas.items import RevisionDocument


class Tried(NamedTuple):
    """What came of an event: as it is now, and as it would be.

    `parsed` is the event without its masked places, None where its text can't be parsed at once.
    """

    was_accepted: bool
    verdict: Verdict
    """Of the revision that is tried: the document as it would be stored, or the refusal."""
    event_name: str | None
    revision: MaskedRevision
    parsed: dict[str, Any] | None


class Trier:
    """Tries events; keeps nothing of them."""

    def __init__(self, tried: RevisionDocument, running: RevisionDocument, ids: Ids) -> None:
        self.tried = MaskedRevisions(tried)
        self._running = MaskedRevisions(running)
        self._ids = ids

    def read(self, event_id: str, sent: Sent) -> Tried | None:
        """Validate an event; None for one whose masked places can't be taken out of its text."""
        revision = self.tried.without(sent.masks, sent.distinct)
        running = self._running.without(sent.masks, sent.distinct)
        parsed = sent.parsed if sent.parsed is not None else _parsed(sent.text)
        text = sent.text
        places = {*map(tuple, revision.removed), *map(tuple, running.removed)}
        if places:
            if parsed is None:
                return None
            for keys in places:
                take_away(parsed, keys)
            text = orjson.dumps(parsed)
        was = self._verdict(running, event_id, sent, text)
        verdict = self._verdict(revision, event_id, sent, text)
        names = revision.compiled.event_names
        name = None
        if names is not None:
            name = names.of_refused(verdict) if isinstance(verdict, Refusal) else names.of(None, text)
        return Tried(not isinstance(was, Refusal), verdict, name, revision, parsed)

    def _verdict(self, revision: MaskedRevision, event_id: str, sent: Sent, text: bytes) -> Verdict:
        compiled = revision.compiled
        verdicts: list[Verdict] = [compiled.read_event(text)]
        facts = facts_of(self._ids, compiled.revision_id, sent.received_at, sent)
        stamp(compiled, EventTexts("one", text), verdicts, [event_id], sent.received_at, facts)
        return verdicts[0]


def _parsed(text: bytes) -> dict[str, Any] | None:
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return parsed if isinstance(parsed, dict) else None
