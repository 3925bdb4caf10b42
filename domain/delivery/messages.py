"""The two messages that queues carry: a record that its stream refused, and an event that its revision refused.

Both are JSON text of at most `MAX_MESSAGE_BYTES` and only ASCII, since SQS refuses some characters. Bytes travel as
base64, gzipped first where that would be too long.
"""

import binascii
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from domain.delivery.packing import pack
from schemas.limits import MAX_MESSAGE_BYTES

_GZIP = 31  # zlib's number for a gzip header, which it writes without a time: equal input, equal bytes
_ENVELOPE_BYTES = 512  # more than everything in a spill message but its record: a stream's name has up to 64
_PLAIN_BYTES = (MAX_MESSAGE_BYTES - _ENVELOPE_BYTES) // 4 * 3

_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_ID = re.compile(r"[a-z0-9_]{1,64}", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)


class SpilledRecord(NamedTuple):
    """A record (or some lines of one) on its way back to its stream."""

    stream: str
    record: bytes


def spill_messages(stream: str, record: bytes) -> list[str]:
    """Return the messages that carry a record, split at line ends where one can't hold it.

    Base64 grows a record by a third, so a large one needs several messages. None are returned if a single line does
    not fit even when compressed: then the record can't be spilled.
    """
    if len(record) <= _PLAIN_BYTES:
        return [_json({"stream": stream, "record": _to_base64(record)})]
    messages = []
    for part in pack(_LINE.findall(record), _PLAIN_BYTES)[0]:
        if len(part) <= _PLAIN_BYTES:
            messages.append(_json({"stream": stream, "record": _to_base64(part)}))
            continue
        message = _json({"stream": stream, "record_gzip": _to_gzip_base64(part)})
        if len(message) > MAX_MESSAGE_BYTES:
            return []
        messages.append(message)
    return messages


def spilled_record_from_message(body: str) -> SpilledRecord:
    """Read a message of `spill_messages`.

    Raises:
        ValueError: it is none.
    """
    fields = _object(body)
    stream = fields.get("stream")
    if not isinstance(stream, str) or not stream:
        raise ValueError("a spill message names no stream")
    if isinstance(record := fields.get("record"), str):
        return SpilledRecord(stream, _from_base64(record))
    if isinstance(record := fields.get("record_gzip"), str):
        return SpilledRecord(stream, _from_gzip_base64(record))
    raise ValueError("a spill message carries no record")


@dataclass(frozen=True, slots=True)
class QuarantinedEvent:
    """An event that its revision refused, whole, with what is needed to judge and to redrive it.

    `received_at` is RFC 3339 with `Z`. `index` is the event's place in its request. `errors` are rows of
    `{"pointer", "code", "message"}`; `more` says that there were more than the list takes. `source_ip` is None
    unless the environment stores addresses.
    """

    environment_id: str
    event_id: str
    received_at: str
    revision_id: str
    index: int
    errors: Sequence[Mapping[str, str]]
    more: bool
    content_type: str | None
    user_agent: str | None
    raw: bytes
    source_ip: str | None = None

    @property
    def partition(self) -> tuple[str, str, str]:
        """The environment, the date `YYYY-MM-DD` and the hour `HH` under which it is kept."""
        return self.environment_id, self.received_at[:10], self.received_at[11:13]


def quarantine_message(event: QuarantinedEvent) -> str | None:
    """Return the message that carries an event, or None if it is too large for a queue even compressed."""
    message = _quarantine_text(event, compress=False)
    if len(message) > MAX_MESSAGE_BYTES:
        message = _quarantine_text(event, compress=True)
    return message if len(message) <= MAX_MESSAGE_BYTES else None


def quarantine_line(event: QuarantinedEvent) -> bytes:
    """Return the event as one line of a quarantine object: the message's form, never compressed by itself."""
    return _quarantine_text(event, compress=False).encode() + b"\n"


def quarantined_event_from_message(body: str | bytes) -> QuarantinedEvent:
    """Read a message of `quarantine_message`, or a line of `quarantine_line`.

    Raises:
        ValueError: it is neither.
    """
    fields = _object(body)
    try:
        event = QuarantinedEvent(
            environment_id=fields["environment_id"],
            event_id=fields["event_id"],
            received_at=fields["received_at"],
            revision_id=fields["revision_id"],
            index=fields["index"],
            errors=fields["errors"],
            more=fields["more"],
            content_type=fields.get("content_type"),
            user_agent=fields.get("user_agent"),
            raw=_raw(fields),
            source_ip=fields.get("source_ip"),
        )
        # Both become parts of an object's key.
        if not _ID.fullmatch(event.environment_id) or not _INSTANT.fullmatch(event.received_at):
            raise ValueError("a quarantine message names no environment, or no time")
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a quarantine message lacks a field: {type(error).__name__}") from error
    return event


def _quarantine_text(event: QuarantinedEvent, *, compress: bool) -> str:
    fields: dict[str, Any] = {
        "environment_id": event.environment_id,
        "event_id": event.event_id,
        "received_at": event.received_at,
        "revision_id": event.revision_id,
        "index": event.index,
        "errors": list(event.errors),
        "more": event.more,
        "content_type": event.content_type,
        "user_agent": event.user_agent,
    }
    if event.source_ip is not None:
        fields["source_ip"] = event.source_ip
    if compress:
        fields["raw_gzip"] = _to_gzip_base64(event.raw)
    else:
        try:
            fields["raw"] = event.raw.decode()
        except UnicodeDecodeError:
            fields["raw_base64"] = _to_base64(event.raw)
    return _json(fields)


def _raw(fields: Mapping[str, Any]) -> bytes:
    if "raw" in fields:
        return bytes(fields["raw"].encode())
    if "raw_base64" in fields:
        return _from_base64(fields["raw_base64"])
    return _from_gzip_base64(fields["raw_gzip"])


def _object(body: str | bytes) -> dict[str, Any]:
    fields = json.loads(body)
    if not isinstance(fields, dict):
        raise ValueError("a message is no JSON object")  # noqa: TRY004 - a value read from outside
    return fields


def _json(fields: Mapping[str, Any]) -> str:
    return json.dumps(fields, separators=(",", ":"))


def _to_base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def _from_base64(text: str) -> bytes:
    return binascii.a2b_base64(text, strict_mode=True)


def _to_gzip_base64(data: bytes) -> str:
    return _to_base64(zlib.compress(data, wbits=_GZIP))


def _from_gzip_base64(text: str) -> bytes:
    try:
        return zlib.decompress(_from_base64(text), wbits=_GZIP)
    except zlib.error as error:
        raise ValueError("a message's compressed part is broken") from error
