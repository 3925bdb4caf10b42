"""Amazon Data Firehose's delivery to an HTTP endpoint, 1.0: records of lines, or of a CloudWatch Logs subscription.

https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

import binascii
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from domain.decoding import decoded_body
from domain.errors import Rejected
from domain.protocols.shared.making import bounded, unchanged
from domain.protocols.shared.reading import BYTE_ORDER_MARK, ReadingWork, TooCostlyError, read_envelope, stripped
from domain.protocols.shared.shape import Ending, Made, Protocol, Reply, Result, Sent, Translated
from domain.protocols.shared.times import moment_from_unix, text_from_moment
from domain.protocols.shared.writing import dumps
from domain.validation.json_cuts import documents
from domain.validation.json_text import NotJsonError
from schemas.codes import Problem
from schemas.limits import MAX_DECODED_BYTES, MAX_FIREHOSE_EVENTS, MAX_FIREHOSE_RECORDS

_GZIP = b"\x1f\x8b"
_REQUEST_ID = "x-amz-firehose-request-id"
_NS_PER_MS = 1_000_000
_MILLISECONDS = 1_000  # in a second

_MARK_OF_CLOUDWATCH = b'"messageType"'
_LOG_EVENTS = "logEvents"
_OF_ALL_LOG_EVENTS: Mapping[str, str] = {"owner": "owner", "logGroup": "log_group", "logStream": "log_stream"}

_STATUS: Mapping[Problem, int] = {
    Problem.BODY_TOO_LARGE: 400,
    Problem.TOO_MANY_EVENTS: 400,
    Problem.UNSUPPORTED_ENCODING: 400,
}
"""After 413 Firehose gives the batch up."""


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
        request_id = self._request_id
        for place, record in enumerate(records):
            if place == MAX_FIREHOSE_RECORDS:
                raise Rejected(
                    Problem.TOO_MANY_EVENTS,
                    f"A request can have at most {MAX_FIREHOSE_RECORDS:,} records: give the stream a smaller buffer.",
                )
            data = record.get("data") if type(record) is dict else None
            text = self._text(data) if type(data) is str else None
            if text is None:
                yield unchanged(record)
                continue
            found = documents(text, MAX_FIREHOSE_EVENTS)
            for line, document in enumerate(found):
                own_id = None if request_id is None else f"{request_id}\0{place}\0{line}"
                if _MARK_OF_CLOUDWATCH in document and (message := self._message(document)) is not None:
                    yield from self._log_events(message, own_id)
                else:
                    yield Made(document, own_id)
            if not found:
                self.left_out += 1

    def _text(self, data: str) -> bytes | None:
        """Return what a record holds; None if it can't be decoded."""
        try:
            text = binascii.a2b_base64(data, strict_mode=True)
        except (binascii.Error, ValueError):  # the latter: not even ASCII
            return None
        if text.startswith(_GZIP):
            try:
                text = decoded_body(text, "gzip", most_bytes=self._inflated_bytes)
            except Rejected as rejected:
                if rejected.code is Problem.BODY_TOO_LARGE:
                    raise
                return None
            self._inflated_bytes -= len(text)
        return text.removeprefix(BYTE_ORDER_MARK)

    def _message(self, document: bytes) -> dict[str, Any] | None:
        """Return a message of CloudWatch Logs; None for any other document."""
        try:
            message, _ = self._work.loaded(document)
        except (NotJsonError, TooCostlyError):
            return None
        is_message = type(message) is dict and "messageType" in message and type(message.get(_LOG_EVENTS)) is list
        return message if is_message else None

    def _log_events(self, message: Mapping[str, Any], message_id: str | None) -> Iterator[Made]:
        if message["messageType"] == "CONTROL_MESSAGE":
            self.left_out += 1
            return
        of_all = {name: message[key] for key, name in _OF_ALL_LOG_EVENTS.items() if key in message}
        for number, event in enumerate(message[_LOG_EVENTS]):
            if type(event) is not dict:
                yield unchanged(event)
                continue
            sender_id = event.get("id")
            made = {**event, **of_all}
            moment = moment_from_unix(event.get("timestamp"), _MILLISECONDS)
            if moment is not None:
                made["timestamp"] = text_from_moment(moment)
            if type(sender_id) is not str and message_id is not None:
                sender_id = f"{message_id}\0{number}"
            yield Made(dumps(made), sender_id if type(sender_id) is str else None)
        self.left_out += not message[_LOG_EVENTS]


def _translate(sent: Sent) -> Translated:
    text = stripped(sent.body)
    if not text:
        return Translated([])
    try:
        members, records, _, _ = read_envelope(text, "records", MAX_FIREHOSE_RECORDS)
    except NotJsonError:
        return Translated([Made(text)])
    own_id = members.get("requestId") or sent.headers.get(_REQUEST_ID)
    taken = _Records(own_id if type(own_id) is str else None)
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
