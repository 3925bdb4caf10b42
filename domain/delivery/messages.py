"""The two messages that queues carry: a record that its stream refused, and an event that its revision refused.

Both are JSON text of at most `MAX_MESSAGE_BYTES` and only ASCII, since SQS refuses some characters. Bytes travel as
base64, gzipped first where that would be too long. Whatever a message was made of, reading it takes bounded memory.
"""

import binascii
import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from domain.delivery.packing import pack
from schemas.limits import MAX_MESSAGE_BYTES, MAX_QUARANTINED_BYTES, MAX_QUARANTINED_FAULTS_BYTES, MAX_RECORD_BYTES

_GZIP = 31  # zlib's number for a gzip header, which it writes without a time: equal input, equal bytes
_ENVELOPE_BYTES = 512  # more than everything in a spill message but its record: a stream's name has up to 64
_PLAIN_BYTES = (MAX_MESSAGE_BYTES - _ENVELOPE_BYTES) // 4 * 3

_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_ID = re.compile(r"[a-z0-9_]{1,64}", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)

_GROWN = 2
"""How many times longer than its bytes a text may be as JSON; one that would grow more, such as NULs, is no text."""
_CONTROLS = bytes(set(range(32)) - set(b"\b\t\n\f\r"))
"""Of which JSON makes six bytes each."""
_WORTH_GZIP_BYTES = 1_000
_MAX_POINTER_CHARS = 2_048


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
        line = _inflated(_from_base64(record), MAX_RECORD_BYTES + 1)
        if len(line) > MAX_RECORD_BYTES:
            raise ValueError("a spill message carries more than a record")
        return SpilledRecord(stream, line)
    raise ValueError("a spill message carries no record")


@dataclass(frozen=True, slots=True)
class QuarantinedEvent:
    """An event that its revision refused, with what is needed to validate and to redrive it.

    `received_at` is RFC 3339 with `Z`. `index` is the event's place in its request. `errors` are rows of
    `{"pointer", "code", "message"}`; `more` says that there were more than the list takes. `source_ip` is None
    unless the environment stores addresses. `protocol` names the protocol that it came in, None for a native event;
    `raw` is then what the protocol made of it. `cut_from` is the size in bytes of a text of which `raw` is only the
    beginning, None where `raw` is all of it. `protected` are pointers of values that were replaced in the text, with
    `*` for any index of an array; `is_redacted` says that something was left out of it that can't be replaced.
    `event_name` is the event's name, where its revision says by what and the text could be read.
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
    cut_from: int | None = None
    protocol: str | None = None
    protected: Sequence[str] = ()
    is_redacted: bool = False
    event_name: str | None = None

    @property
    def partition(self) -> tuple[str, str, str]:
        """The environment, the date `YYYY-MM-DD` and the hour `HH` under which it is kept."""
        return self.environment_id, self.received_at[:10], self.received_at[11:13]

    @property
    def is_truncated(self) -> bool:
        """Whether only its beginning was kept, if that."""
        return self.cut_from is not None

    @property
    def is_whole(self) -> bool:
        """Whether all of it was kept, protected values as they are stored, so that it can be redriven."""
        return self.cut_from is None and not self.is_redacted

    @property
    def raw_bytes(self) -> int:
        """How long its text was as it was sent."""
        return len(self.raw) if self.cut_from is None else self.cut_from


def as_kept(event: QuarantinedEvent) -> QuarantinedEvent:
    """Return what quarantine keeps of an event: the beginning of a long text, and of a long list of faults."""
    errors = _first_errors(event.errors)
    if len(event.raw) > MAX_QUARANTINED_BYTES:
        event = replace(event, raw=beginning_of(event.raw), cut_from=event.raw_bytes)
    if len(errors) < len(event.errors):
        event = replace(event, more=True)
    return replace(event, errors=errors)


def beginning_of(raw: bytes) -> bytes:
    """Return as much of a text as quarantine keeps; of UTF-8, whole characters."""
    cut = raw[:MAX_QUARANTINED_BYTES]
    try:
        cut.decode()
    except UnicodeDecodeError as error:
        # A character that the cut went through; anything else is no UTF-8 however it is cut.
        if error.end == len(cut) and error.reason == "unexpected end of data":
            return cut[: error.start]
    return cut


def quarantine_message(event: QuarantinedEvent) -> str | None:
    """Return the message that carries an event as it is kept, or None if that is too large even compressed.

    That is a text of nearly `MAX_QUARANTINED_BYTES` that no compression makes smaller, such as noise.
    """
    event = as_kept(event)
    text = _text_form(event.raw)
    message = _quarantine_text(event, text or _short_form(event.raw))
    if len(message) > MAX_MESSAGE_BYTES and text:
        message = _quarantine_text(event, _short_form(event.raw))
    return message if len(message) <= MAX_MESSAGE_BYTES else None


def quarantine_line(body: str) -> tuple[QuarantinedEvent, bytes]:
    """Return a message's event, and the line of a quarantine object that holds it: the message itself.

    Raises:
        ValueError: it is no message of `quarantine_message`.
    """
    fields = _object(body)
    event = _event_from(fields, *_text_of(fields))
    if event.is_truncated and not fields.get("truncated"):
        # It is of the time when all of an event was kept.
        made = quarantine_message(event)
        if made is None:
            raise ValueError("an event is too large to be kept")
        body = made
    return event, body.replace("\n", " ").encode() + b"\n"


def quarantine_partition_of(body: str) -> tuple[str, str, str]:
    """Return the partition of a message's event, without reading its text; `ValueError` for what is no message."""
    return _event_from(_object(body), b"", None).partition


def quarantined_event_from_message(body: str | bytes) -> QuarantinedEvent:
    """Read a message of `quarantine_message`, or a line of a quarantine object.

    Raises:
        ValueError: it is neither.
    """
    fields = _object(body)
    return _event_from(fields, *_text_of(fields))


def wanted_event_from_line(line: bytes, is_wanted: Callable[[QuarantinedEvent], bool]) -> QuarantinedEvent | None:
    """Read a line of a quarantine object, None for an event that is not wanted: of that, the text is never unpacked.

    Raises:
        ValueError: it is no such line.
    """
    fields = _object(line)
    event = _event_from(fields, b"", None)
    return _event_from(fields, *_text_of(fields)) if is_wanted(event) else None


def _text_of(fields: Mapping[str, Any]) -> tuple[bytes, int | None]:
    """Return an event's text, and the size of that of which it is the beginning."""
    try:
        cut_from = fields["raw_bytes"] if fields.get("truncated") else None
        if "raw" in fields:
            return fields["raw"].encode(), cut_from
        if "raw_base64" in fields:
            return _from_base64(fields["raw_base64"]), cut_from
        packed = _from_base64(fields["raw_gzip"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("a quarantine message carries no text") from error
    raw = _inflated(packed, MAX_QUARANTINED_BYTES + 1)
    if len(raw) > MAX_QUARANTINED_BYTES:
        # Of the time when all of an event was kept. Gzip's last four bytes say how much that was.
        return beginning_of(raw), int.from_bytes(packed[-4:], "little")
    return raw, cut_from


def _event_from(fields: Mapping[str, Any], raw: bytes, cut_from: int | None) -> QuarantinedEvent:
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
            raw=raw,
            source_ip=fields.get("source_ip"),
            cut_from=cut_from,
            protocol=fields.get("protocol"),
            protected=fields.get("protected", ()),
            is_redacted=bool(fields.get("redacted")),
            event_name=fields.get("event_name"),
        )
        texts = [event.event_id, event.revision_id, *event.protected, event.event_name or ""]
        texts += [error[name] for error in event.errors for name in ("pointer", "code", "message")]
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("a quarantine message has a field of another type")
        # Both become parts of an object's key.
        if not _ID.fullmatch(event.environment_id) or not _INSTANT.fullmatch(event.received_at):
            raise ValueError("a quarantine message names no environment, or no time")
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a quarantine message lacks a field: {type(error).__name__}") from error
    return event


def _quarantine_text(event: QuarantinedEvent, form: dict[str, str]) -> str:
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
    if event.protocol is not None:
        fields["protocol"] = event.protocol
    if event.cut_from is not None:
        fields |= {"truncated": True, "raw_bytes": event.cut_from}
    if event.event_name is not None:
        fields["event_name"] = event.event_name
    if event.protected:
        fields["protected"] = list(event.protected)
    if event.is_redacted:
        fields["redacted"] = True
    return _json(fields | form)


def _text_form(raw: bytes) -> dict[str, str] | None:
    """Return a text as the field that shows it, None where it is no text, or one that would grow too much."""
    if len(raw) > MAX_MESSAGE_BYTES or 6 * (len(raw) - len(raw.translate(None, _CONTROLS))) > _GROWN * len(raw):
        return None
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    return {"raw": text} if len(_json(text)) <= _GROWN * len(raw) + 2 else None


def _short_form(raw: bytes) -> dict[str, str]:
    """Return any bytes as the field that holds them in the fewest."""
    plain = {"raw_base64": _to_base64(raw)}
    if len(raw) < _WORTH_GZIP_BYTES:
        return plain
    packed = {"raw_gzip": _to_gzip_base64(raw)}
    return packed if len(packed["raw_gzip"]) < len(plain["raw_base64"]) else plain


def _first_errors(errors: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Return the faults that there is room for, at least one; a pointer may be as long as a sender's key."""
    kept: list[Mapping[str, str]] = []
    left = MAX_QUARANTINED_FAULTS_BYTES
    for error in errors:
        if len(error["pointer"]) > _MAX_POINTER_CHARS:
            error = {**error, "pointer": f"{error['pointer'][:_MAX_POINTER_CHARS]}…"}  # noqa: PLW2901
        left -= len(_json(error))
        if left < 0 and kept:
            break
        kept.append(error)
    return kept


def _object(body: str | bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except RecursionError as error:
        raise ValueError("a message is nested too deeply") from error
    if not isinstance(fields, dict):
        raise ValueError("a message is no JSON object")  # noqa: TRY004 - a value read from outside
    return fields


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _to_base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def _from_base64(text: str) -> bytes:
    return binascii.a2b_base64(text, strict_mode=True)


def _to_gzip_base64(data: bytes) -> str:
    return _to_base64(zlib.compress(data, wbits=_GZIP))


def _inflated(data: bytes, max_bytes: int) -> bytes:
    """Return what was gzipped, or the first `max_bytes` of it; `ValueError` where it is broken or cut short."""
    unzip = zlib.decompressobj(wbits=_GZIP)
    try:
        plain = unzip.decompress(data, max_bytes)
    except zlib.error as error:
        raise ValueError("a message's compressed part is broken") from error
    if not unzip.eof and len(plain) < max_bytes:
        raise ValueError("a message's compressed part is cut short")
    return plain
