"""Amazon Data Firehose's delivery to an HTTP endpoint, 1.0: records of lines, or of a CloudWatch Logs subscription.

https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

import binascii
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from domain.decoding import decoded_body
from domain.errors import Rejected
from domain.msgspec_core import Raw, Struct
from domain.protocols.shared.making import bounded
from domain.protocols.shared.members import NULL, Body, Event, read_body, text_of, write_event
from domain.protocols.shared.reading import BYTE_ORDER_MARK, ReadingWork, TooCostlyError, Unread, stripped
from domain.protocols.shared.shape import Ending, Made, Protocol, Reply, Result, Sent, Translated
from domain.protocols.shared.times import moment_from_unix, written_moment
from domain.validation.json_cursor import BLANK
from domain.validation.json_cuts import documents, may_share_lines
from domain.validation.json_text import NotJsonError
from schemas.codes import Problem
from schemas.limits import MAX_DECODED_BYTES, MAX_FIREHOSE_EVENTS, MAX_FIREHOSE_RECORDS

_GZIP = b"\x1f\x8b"
_ODD_BEGINNINGS = {_GZIP[:1], BYTE_ORDER_MARK[:1]}
_REQUEST_ID = "x-amz-firehose-request-id"
_NS_PER_MS = 1_000_000
_MILLISECONDS = 1_000  # in a second

_MARK_OF_CLOUDWATCH = b'"messageType"'
_STATUS: Mapping[Problem, int] = {
    Problem.BODY_TOO_LARGE: 400,
    Problem.TOO_MANY_EVENTS: 400,
    Problem.UNSUPPORTED_ENCODING: 400,
}
"""After 413 Firehose gives the batch up."""


class _Record(Struct, gc=False, forbid_unknown_fields=True):
    data: bytes


class _Request(Body, rename="camel"):
    records: list[_Record]
    request_id: Raw = NULL


class _Message(Body, rename="camel"):
    """A message of CloudWatch Logs."""

    logEvents: list[Event]  # noqa: N815 - it is read by its name
    message_type: Raw = NULL
    owner: Raw = NULL
    log_group: Raw = NULL
    log_stream: Raw = NULL


class _Records:
    """The records of one request, taken apart one after another."""

    __slots__ = ("_inflated_bytes", "_request_id", "_work", "left_out")

    def __init__(self, request_id: str | None) -> None:
        self._request_id = request_id
        self._work = ReadingWork()
        self._inflated_bytes = MAX_DECODED_BYTES
        self.left_out = 0
        """What held no event: empty records, and CloudWatch's control messages."""

    def events(self, records: Iterable[Any]) -> Iterator[Made]:
        """Return the events of a request's records.

        Raises:
            Rejected: `body_too_large`: the records that are compressed are too large together; `too_many_events`.
        """
        for place, record in enumerate(records):
            if place == MAX_FIREHOSE_RECORDS:
                raise Rejected(
                    Problem.TOO_MANY_EVENTS,
                    f"A request can have at most {MAX_FIREHOSE_RECORDS:,} records: give the stream a smaller buffer.",
                )
            data = record.data if type(record) is _Record else _data(record)
            if data is None or data[:1] in _ODD_BEGINNINGS:
                data = self._odd_text(data)
                if data is None:
                    yield _unchanged(record)
                    continue
            line = -1
            for line, document in enumerate(documents(data, MAX_FIREHOSE_EVENTS)):
                own_id = _own_id(self._request_id, place, line)
                if _MARK_OF_CLOUDWATCH in document and (message := self._message(document)) is not None:
                    yield from self._log_events(*message, own_id)
                else:
                    yield Made(document, own_id)
            self.left_out += line < 0

    def _odd_text(self, data: bytes | None) -> bytes | None:
        """Return what a record holds; None if it can't be decoded."""
        if data is None:
            return None
        if data.startswith(_GZIP):
            try:
                data = decoded_body(data, "gzip", most_bytes=self._inflated_bytes)
            except Rejected as rejected:
                if rejected.code is Problem.BODY_TOO_LARGE:
                    raise
                return None
            self._inflated_bytes -= len(data)
        return data.removeprefix(BYTE_ORDER_MARK)

    def _message(self, document: bytes) -> tuple[_Message, Iterable[Any]] | None:
        """Return a message of CloudWatch Logs, and its events; None for any other document."""
        try:
            self._work.take(document)
            message, events = read_body(document, _Message, "logEvents")
        except (NotJsonError, TooCostlyError):
            return None
        return None if message.message_type is NULL else (message, events)

    def _log_events(self, message: _Message, events: Iterable[Any], message_id: str | None) -> Iterator[Made]:
        if text_of(message.message_type) == "CONTROL_MESSAGE":
            self.left_out += 1
            return
        of_all = {
            name: value
            for name, value in (
                ("owner", message.owner),
                ("log_group", message.log_group),
                ("log_stream", message.log_stream),
            )
            if value is not NULL
        }
        number = -1
        for number, event in enumerate(events):
            if type(event) is not dict:
                yield _unchanged(event)
                continue
            own_id = event.get("id", NULL)
            event.update(of_all)
            time = event.get("timestamp", NULL)
            moment = moment_from_unix(text_of(time) or bytes(time).decode(), _MILLISECONDS)
            if moment is not None:
                event["timestamp"] = Raw(written_moment(moment))
            if bytes(own_id).startswith(b'"'):
                yield Made(write_event(event), own_id if len(own_id) > len(b'""') else None)
            else:
                yield Made(write_event(event), None if message_id is None else f"{message_id}\0{number}")
        self.left_out += number < 0


def _own_id(request_id: str | None, place: int, line: int = 0) -> str | None:
    return None if request_id is None else f"{request_id}\0{place}\0{line}"


def _lines(records: list[_Record]) -> list[bytes] | None:
    """Return the events of records that hold one in a line each, as most streams have them; None of any others."""
    lines = [record.data.strip(BLANK) for record in records]
    together = b"\n".join(lines)
    between = len(lines) - 1
    if (
        0 <= between < MAX_FIREHOSE_RECORDS
        and together.count(b"\n") == between == together.count(b"}\n{")
        and together.startswith(b"{")
        and together.endswith(b"}")
        and _MARK_OF_CLOUDWATCH not in together
        and not may_share_lines(together)
    ):
        return lines
    return None


def _data(record: Any) -> bytes | None:
    """Return what a record has under `data`; None where that is not encoded right."""
    data = text_of(record["data"]) if type(record) is dict and "data" in record else None
    try:
        return None if data is None else binascii.a2b_base64(data, strict_mode=True)
    except ValueError:  # of base64, or of what is not even ASCII
        return None


def _unchanged(event: Any) -> Made:
    """Return a record, or an event, that can't be taken apart: as it came."""
    if isinstance(event, Unread):
        return Made(event.text, is_unread=event.is_costly)
    return Made(write_event(event))


def _translate(sent: Sent) -> Translated:
    text = stripped(sent.body)
    if not text:
        return Translated([])
    try:
        request, records = read_body(text, _Request, "records", MAX_FIREHOSE_RECORDS)
    except NotJsonError:
        return Translated([Made(text)])
    own_id = text_of(request.request_id) or sent.headers.get(_REQUEST_ID)
    lines = _lines(records) if type(records) is list else None
    if lines is not None:
        return Translated([Made(line, _own_id(own_id, place)) for place, line in enumerate(lines)])
    taken = _Records(own_id)
    made = bounded(taken.events(records), MAX_FIREHOSE_EVENTS)
    return Translated(made, left_out=taken.left_out)


def _answer(result: Result) -> Reply:
    answer: dict[str, Any] = {
        "requestId": result.headers.get(_REQUEST_ID, result.request_id),
        "timestamp": result.received_ns // _NS_PER_MS,
    }
    if result.ending is Ending.KEPT:
        return Reply(200, answer)
    answer["errorMessage"] = result.native["message"]
    status = _STATUS.get(result.code, result.status) if result.code else result.status
    return Reply(status, {**answer, **result.native})


PROTOCOL = Protocol(translate=_translate, answer=_answer, max_events=MAX_FIREHOSE_EVENTS)
