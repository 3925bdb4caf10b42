"""Reads bodies as what the members of their events are written as: nobody parses a value that no protocol looks at.

An event is a dictionary from the names of its members to their texts, each as it came: numbers keep their digits. A
body of few values is read at once. A larger one is cut into its events first, each of which is read alone, so that what
is held at a time is one event; what is beyond the bounds of one stays unread.
"""

from codecs import utf_8_decode
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

from domain.msgspec_core import UNSET, DecodeError, Decoder, Encoder, Raw, Struct
from domain.protocols.shared.reading import ReadingWork, TooCostlyError, Unread, is_affordable, loads
from domain.protocols.shared.writing import dumps
from domain.validation.json_cuts import array_elements, documents, envelope_members
from domain.validation.json_text import NotJsonError
from schemas.limits import MAX_EVENT_VALUES, MAX_EVENTS_PER_REQUEST

Event = dict[str, Raw]
"""An event as its sender made it: the texts of its members by their names."""

Read = Event | Unread
"""An event as it was read; what is no object stays `Unread`, too."""

NULL = Raw(b"null")
"""What stands for a member that is not there."""

_BEGIN_NUMBERS = b"-0123456789"

_decode_value = Decoder(Raw).decode
_decode_event = Decoder(Event).decode
_decode_text = Decoder(str | None).decode
_decode_texts = Decoder(list[str | None]).decode
_encoder = Encoder()
_encode, _encode_lines = _encoder.encode, _encoder.encode_lines
_T = TypeVar("_T")


class Body(Struct, gc=False):
    """What a protocol looks at of a body: its events, in an array, and what it says for all of them.

    Its members have the names that they have there, or are renamed. All but the events are a `Raw`, and `NULL` where
    they are not there.
    """


class Mixed(list[Any]):
    """Events of a request that were read at once, of which not all are of the kind that most are of."""


_B = TypeVar("_B", bound=Body)


def read_event(text: bytes, kind: Any = Event) -> Any:
    """Read a body of one event: as one of this kind, or as an `Event`; `Unread` where it is neither."""
    if not is_affordable(text):
        return Unread(text, is_costly=True)
    try:
        event = decoded(text, _decoder(kind))
        return _event_of(text) if event is None else event
    except NotJsonError:
        return Unread(text, is_costly=False)


def read_value(text: bytes) -> Raw | Unread:
    """Read a body of one value, whatever its kind."""
    if not is_affordable(text):
        return Unread(text, is_costly=True)
    try:
        value = decoded(text, _decode_value)
        return Raw(dumps(loads(text))) if value is None else value
    except NotJsonError:
        return Unread(text, is_costly=False)


def read_array(text: bytes, kind: Any = Event) -> Iterable[Any]:
    """Return the events of a body that is a JSON array: all of this kind as a list, else like `read_body`.

    Raises:
        NotJsonError: it is none.
    """
    events = decoded(text, _list_decoder(kind)) if is_affordable(text) else None
    return _read_apart(_elements(text), kind) if events is None else events


def read_events(text: bytes, kind: Any = Event) -> Iterable[Any]:
    """Return the events of a body that is an array of them, like `read_array`, or one event alone, like `read_event`.

    What is not JSON is one event, `Unread`; an empty text holds none.
    """
    if not text:
        return []
    try:
        if text.startswith(b"["):
            return read_array(text, kind)
        if is_affordable(text):
            return iter((read_event(text, kind),))
    except NotJsonError:
        pass
    return iter((Unread(text, is_costly=False),))


def read_body(text: bytes, kind: type[_B], key: str, most: int = MAX_EVENTS_PER_REQUEST) -> tuple[_B, Iterable[Any]]:
    """Return what a protocol looks at of a body that is a JSON object with an array of events under `key`, and these.

    The events are of the kind that the body says, or an `Event`, or `Unread`. They are a list, and no subclass of one,
    if all are of the kind; else `Mixed`, or, of a large body, read while they are taken.

    Raises:
        NotJsonError: it is none, or has no such array.
    """
    body = decoded(text, _decoder(kind)) if is_affordable(text) else None
    if body is not None:
        return body, getattr(body, key)
    members, elements = _cut_body(text, key, most)
    body = kind(**{key: []})
    for name, attribute in zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True):
        if name in members:
            setattr(body, attribute, members[name])
    return body, _read_apart(elements, _kind_of_events(kind, key))


def read_envelope(text: bytes, key: str, kind: Any = Event) -> tuple[Event, Iterable[Any]]:
    """Return the events of a body like `read_body`, and all its other members.

    Raises:
        NotJsonError: it is no JSON object, or has no array under `key`.
    """
    members = decoded(text, _decode_event) if is_affordable(text) else None
    if members is not None:
        return members, read_array(bytes(members.pop(key, NULL)), kind)
    members, elements = _cut_body(text, key, MAX_EVENTS_PER_REQUEST)
    return members, _read_apart(elements, kind)


def _cut_body(text: bytes, key: str, most: int) -> tuple[Event, list[bytes]]:
    """Return the members of a body, but its events, and the texts of these."""
    members = decoded(text, _decode_event) if is_affordable(text) else None
    if members is not None:
        return members, _elements(bytes(members.pop(key, NULL)), most)
    texts, elements = envelope_members(text, key, most)
    if elements is None or not is_affordable(b",".join(texts.values())):
        raise NotJsonError
    return {name: Raw(its_text) for name, its_text in texts.items()}, elements


def read_batch(text: bytes, kind: type[_B], key: str) -> tuple[_B, Iterable[Any]]:
    """Return the events of a body like `read_body`; like `read_events` where it has no array of them under `key`."""
    # Another object is read once more to see that it has no such array.
    if text.startswith(b"{") and (key.encode() in text or b"\\u" in text):
        try:
            return read_body(text, kind, key)
        except NotJsonError:
            pass
    return kind(**{key: []}), read_events(text, _kind_of_events(kind, key))


def read_documents(text: bytes) -> Iterator[tuple[Read, bytes]]:
    """Read one JSON document after another, in lines or not; stops after one more than a request may have.

    With each comes its text.
    """
    texts = documents(text, MAX_EVENTS_PER_REQUEST)
    return zip(_each(texts), texts, strict=True)


def write_event(event: Any) -> bytes:
    """Return the text of an event, or of one of its known members."""
    try:
        return _encode(event)
    except UnicodeEncodeError:  # half a character in a name
        members = event if isinstance(event, dict) else _members_there(event)
        return b"{%b}" % b",".join(b"%b:%b" % (dumps(name), write_event(member)) for name, member in members.items())


def _members_there(event: Struct) -> dict[str, Any]:
    names = zip(event.__struct_encode_fields__, event.__struct_fields__, strict=True)
    return {name: member for name, field in names if (member := getattr(event, field)) is not UNSET}


def write_events(events: Sequence[Any]) -> list[bytes]:
    """Return the texts of events: of all at once, which takes less."""
    try:
        lines = _encode_lines(events).split(b"\n")
    except UnicodeEncodeError:
        lines = []
    if len(lines) == len(events) + 1:
        return lines[:-1]
    return [write_event(event) for event in events]  # a line may end within one as well


def with_members(text: bytes, more: bytes) -> bytes:
    """Return the text of an object with more members: `more` begins with a comma, and closes it."""
    return text[:-1] + more if text != b"{}" else b"{" + more[1:]


def text_of(member: Raw) -> str | None:
    """Return what a member says; None where it is no text."""
    try:
        return _decode_text(member)
    except DecodeError:
        return _odd_text(member)


def texts_of(members: Sequence[Raw]) -> list[str | None]:
    """Return what members say, like `text_of`: of many, in less than half of the time."""
    try:
        return _decode_texts(b"[%b]" % b",".join(members))
    except DecodeError:
        return [text_of(member) for member in members]


def are_texts(members: Sequence[Raw]) -> bool:
    """Say whether each member is a text, or null; not of what holds half a character."""
    try:
        _decode_texts(b"[%b]" % b",".join(members))
    except DecodeError:
        return False
    return True


def own_ids_of(members: Sequence[Raw]) -> Sequence[Raw | None]:
    """Return members as senders' own ids; None for what is no text, or empty."""
    texts = texts_of(members)
    return members if all(texts) else [member if text else None for member, text in zip(members, texts, strict=True)]


def value_of(member: Raw) -> Any:
    """Return what a member's text parses to; a number that no double holds keeps its text."""
    return loads(bytes(member))


def members_of(member: Raw) -> Event | None:
    """Return the members of one that is an object; None where it is none."""
    event = _event_of(bytes(member))
    return event if type(event) is dict else None


def as_text(member: Raw) -> Raw:
    """Return a number as a text, as it was written; anything else as it is."""
    text = bytes(member)
    return Raw(b'"%b"' % text) if text[0] in _BEGIN_NUMBERS else member


def _odd_text(member: Raw) -> str | None:
    """Return what a text with half a character says, too."""
    text = bytes(member)
    if not text.startswith(b'"'):
        return None
    value: str = loads(text)
    return value


def decoded(text: bytes, decode: Callable[[bytes], _T]) -> _T | None:
    """Return what a text is decoded to; None where another parser has to look at it.

    Raises:
        NotJsonError: it is no UTF-8.
    """
    try:
        found = decode(text)
    except (DecodeError, RecursionError):
        return None
    if not text.isascii():
        _check_utf_8(text)
    return found


def _check_utf_8(text: bytes) -> None:
    """Look at what nobody else does: the bytes of texts that are passed over."""
    try:
        utf_8_decode(text, "strict", True)
    except UnicodeDecodeError:
        raise NotJsonError from None


def _event_of(text: bytes) -> Read:
    event = decoded(text, _decode_event)
    return _exact_event(text) if event is None else event


def _exact_event(text: bytes) -> Read:
    """Return an event that holds what an event's own validation refuses alone, such as `NaN` or half a character."""
    value = loads(text)
    if type(value) is dict:
        return {name: Raw(dumps(member)) for name, member in value.items()}
    return Unread(text, is_costly=False)


@cache
def _list_decoder(kind: Any) -> Callable[[bytes], list[Any]]:
    return Decoder(list[kind]).decode


@cache
def _decoder(kind: type[_T]) -> Callable[[bytes], _T]:
    return Decoder(kind).decode


def _elements(text: bytes, most: int = MAX_EVENTS_PER_REQUEST) -> list[bytes]:
    elements = decoded(text, _list_decoder(Raw)) if is_affordable(text) else None
    if elements is not None:
        return list(map(bytes, elements[: most + 1]))
    return array_elements(text, most, constants=True)


@cache
def _kind_of_events(kind: type[Body], key: str) -> Any:
    """Return what the events of a body are read as."""
    (of_event,) = get_args(get_type_hints(kind)[key])
    return of_event


def _read_apart(texts: list[bytes], kind: Any) -> Iterable[Any]:
    """Read texts one after another: at once where they are so small that they cannot cost too much."""
    if sum(map(len, texts)) > MAX_EVENT_VALUES:
        return _each(texts, kind)
    decode = _decoder(kind)
    return Mixed(_read_small(text, decode) for text in texts)


def _read_small(text: bytes, decode: Callable[[bytes], Any]) -> Any:
    try:
        event = decoded(text, decode)
        return _event_of(text) if event is None else event
    except NotJsonError:
        return Unread(text, is_costly=False)


def _each(texts: list[bytes], kind: Any = Event) -> Iterator[Any]:
    """Read texts one after another, for as long as the request's events may cost."""
    work = ReadingWork()
    decode = _decoder(kind)
    for text in texts:
        try:
            work.take(text)
            event = decoded(text, decode)
            if event is None and kind is not Event:
                event = decoded(text, _decode_event)
            if event is not None:
                yield event
                continue
            work.take_exactly(text)
            yield _exact_event(text)
        except TooCostlyError:
            yield Unread(text, is_costly=True)
        except NotJsonError:
            yield Unread(text, is_costly=False)
