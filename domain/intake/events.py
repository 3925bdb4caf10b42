"""Finds the events of a payload and validates each: one verdict per event, in order."""

import re
from itertools import islice

from domain.errors import Rejected
from domain.intake import faults as text_of
from domain.intake.faults import Refusal, whole_event_refused
from domain.intake.json_text import NotJsonError, TooDeepError, array_elements, may_hold_nan, value_from_text
from domain.intake.payload import Payload
from domain.intake.revision import CompiledRevision, Document
from schemas.codes import Problem
from schemas.limits import MAX_EVENTS_PER_REQUEST

_SPACE = b" \t\r\n"
_OPEN_OBJECT, _OPEN_ARRAY = b"{["
_FILLED_LINE = re.compile(rb"[^ \t\r\n][^\n]*")

MAX_CONTAINERS_AT_ONCE = 200_000
"""How many objects and arrays a batch may hold to be read at once, which keeps a tree of some 130 bytes for each."""


Verdict = Document | Refusal
"""What became of one event's text: the document as it is stored, or why it is refused."""


def read_events(revision: CompiledRevision, payload: Payload) -> list[Verdict]:
    """Validate every event of a payload.

    Returns:
        One verdict per event, in order.

    Raises:
        Rejected: `no_payload` for a batch of none, `too_many_events`.
    """
    form, text = payload
    if form == "one" or (form == "json" and (text[0] == _OPEN_OBJECT or not _is_array(text))):
        return [revision.read_event(text)]
    if form == "lines":
        return [revision.read_event(line) for line in _lines(text)]
    if _is_crowded(text):
        return _read_elements(revision, text)
    verdicts = revision.read_batch(text)
    if verdicts is None or (may_hold_nan(text) and not _is_json(text)):
        return _read_elements(revision, text)
    if None in verdicts:
        texts = event_texts(payload)
        return [
            revision.judge_event(texts[index]) if document is None else document
            for index, document in enumerate(verdicts)
        ]
    return verdicts  # type: ignore[return-value]


def event_texts(payload: Payload) -> list[bytes]:
    """Cut a payload that has been read into the texts of its events, each as it came, in the order of the verdicts."""
    form, text = payload
    if form == "lines":
        return _lines(text)
    if form == "one" or not _is_array(text):
        return [text]
    return array_elements(text, MAX_EVENTS_PER_REQUEST)


def count_events(payload: Payload) -> int:
    """Return how many events a payload carries, without validating them; what can't be read counts as one.

    Raises:
        Rejected: `no_payload` for a batch of none, `too_many_events`.
    """
    try:
        return len(_counted(event_texts(payload)))
    except (NotJsonError, TooDeepError):
        return 1


def _is_array(text: bytes) -> bool:
    return text[0] == _OPEN_ARRAY or text.lstrip(_SPACE)[0] == _OPEN_ARRAY


def _is_crowded(text: bytes) -> bool:
    return len(text) > MAX_CONTAINERS_AT_ONCE and text.count(b"{") + text.count(b"[") > MAX_CONTAINERS_AT_ONCE


def _lines(text: bytes) -> list[bytes]:
    # No more lines are made than it takes to see that there are too many: millions fit into a body.
    filled = islice(_FILLED_LINE.finditer(text), MAX_EVENTS_PER_REQUEST + 1)
    return _counted([line[0].rstrip(_SPACE) for line in filled])


def _read_elements(revision: CompiledRevision, text: bytes) -> list[Verdict]:
    """Read an array that the fast validator does not take as a whole: one bad element must not spoil the others."""
    try:
        elements = array_elements(text, MAX_EVENTS_PER_REQUEST)
    except TooDeepError:
        return [whole_event_refused(text_of.DEPTH, text)]
    except NotJsonError:
        return [whole_event_refused(text_of.NOT_JSON, text)]
    return [revision.read_event(element) for element in _counted(elements)]


def _is_json(text: bytes) -> bool:
    try:
        value_from_text(text)
    except NotJsonError:
        return False
    except TooDeepError:
        return True
    return True


def _counted(texts: list[bytes]) -> list[bytes]:
    if not texts:
        raise Rejected(Problem.NO_PAYLOAD, "The batch holds no event: send at least one.")
    if len(texts) > MAX_EVENTS_PER_REQUEST:
        raise Rejected(
            Problem.TOO_MANY_EVENTS,
            f"A request takes at most {MAX_EVENTS_PER_REQUEST:,} events: send the rest in further requests.",
        )
    return texts
