"""Finds the events of a payload and validates each: one verdict per event, in order."""

import re
from itertools import islice

from domain.errors import Rejected
from domain.http import HttpRequest
from domain.intake.payload import BYTE_ORDER_MARK, Payload
from domain.validation import faults as text_of
from domain.validation.bounds import RequestWork
from domain.validation.faults import Refusal, whole_event_refused
from domain.validation.json_cuts import array_elements
from domain.validation.json_text import NotJsonError, TooDeepError, may_hold_nan, value_from_text
from domain.validation.revision import CompiledRevision, Document
from schemas.codes import Problem
from schemas.limits import MAX_EVENTS_PER_REQUEST

_SPACE = b" \t\r\n"
_OPEN_OBJECT, _OPEN_ARRAY = b"{["
_FILLED_LINE = re.compile(rb"[^ \t\r\n][^\n]*")

Verdict = Document | Refusal
"""What became of one event's text: the document as it is stored, or why it is refused."""


class EventTexts:
    """The texts of a payload's events, each as it came, in order; cut once, when they are first asked for."""

    __slots__ = ("_payload", "_texts", "_work")

    def __init__(self, payload: Payload) -> None:
        self._payload = payload
        self._texts: list[bytes] | None = None
        self._work: RequestWork | None = None

    @property
    def work(self) -> RequestWork:
        """What may be spent on all of them."""
        if self._work is None:
            self._work = RequestWork()
        return self._work

    @property
    def size(self) -> int:
        """How many bytes the payload has."""
        return len(self._payload.text)

    def all(self) -> list[bytes]:
        """Return the texts.

        Raises:
            Rejected: `no_payload` for a batch of none, `too_many_events`.
            NotJsonError, TooDeepError: the array as a whole can't be cut.
        """
        if self._texts is None:
            form, text = self._payload
            if form == "lines":
                self._texts = _counted(_lines(text))
            elif form == "one" or not _is_array(text):
                self._texts = [text]
            else:
                self._texts = _counted(array_elements(text, MAX_EVENTS_PER_REQUEST))
        return self._texts

    def all_or_whole(self) -> list[bytes]:
        """Return the texts like `all`; of an array that can't be cut, its own: it counts as one event."""
        try:
            return self.all()
        except (NotJsonError, TooDeepError):
            return [self._payload.text]


def events_at_least(request: HttpRequest) -> int:
    """Return how many events a request carries as far as its body tells unread: lines count, all else is one."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method == "GET" or "content-encoding" in request.headers or media_type != "application/x-ndjson":
        return 1
    return lines_at_least(request.body)


def lines_at_least(body: bytes) -> int:
    """Return how many lines a body of events in lines has, at least one and no more than a request may carry."""
    return min(max(1, len(_lines(body))), MAX_EVENTS_PER_REQUEST)


def read_events(revision: CompiledRevision, payload: Payload, texts: EventTexts | None = None) -> list[Verdict]:
    """Validate every event of a payload; `texts` are the payload's, where the caller needs them as well.

    Returns:
        One verdict per event, in order.

    Raises:
        Rejected: `no_payload` for a batch of none, `too_many_events`.
    """
    form, text = payload
    if form == "one" or (form == "json" and (text[0] == _OPEN_OBJECT or not _is_array(text))):
        return [revision.read_event(text)]
    texts = texts or EventTexts(payload)
    if form == "lines":
        return [revision.read_event(line, texts.work) for line in texts.all()]
    if not revision.may_read_at_once(text):
        return _read_elements(revision, text, texts)
    verdicts = revision.read_batch(text, texts.work)
    if verdicts is None or (may_hold_nan(text) and not _is_json(text)):
        return _read_elements(revision, text, texts)
    if not all(verdicts):  # a document may be empty, too
        found = texts.all()
        return [
            revision.judge_event(found[index], texts.work) if document is None else document
            for index, document in enumerate(verdicts)
        ]
    return verdicts  # type: ignore[return-value]


def _is_array(text: bytes) -> bool:
    return text[0] == _OPEN_ARRAY or text.lstrip(_SPACE)[0] == _OPEN_ARRAY


def _lines(text: bytes) -> list[bytes]:
    # No more lines are made than it takes to see that there are too many: millions fit into a body.
    filled = islice(_FILLED_LINE.finditer(text), MAX_EVENTS_PER_REQUEST + 1)
    lines = [line[0].removeprefix(BYTE_ORDER_MARK).strip(_SPACE) for line in filled]
    return lines if all(lines) else list(filter(None, lines))


def _read_elements(revision: CompiledRevision, text: bytes, texts: EventTexts) -> list[Verdict]:
    """Read an array that the fast validator does not take as a whole: one bad element must not spoil the others."""
    try:
        elements = texts.all()
    except TooDeepError:
        return [whole_event_refused(text_of.DEPTH, text)]
    except NotJsonError as error:
        return [whole_event_refused(text_of.not_json(text, error.at), text)]
    return [revision.read_event(element, texts.work) for element in elements]


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
