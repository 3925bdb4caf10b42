"""Snowplow's tracker protocol: batches by POST, single events as an image by GET. Events get their canonical names.

https://docs.snowplow.io/docs/fundamentals/canonical-event/
https://docs.snowplow.io/docs/events/going-deeper/http-headers/
"""

import binascii
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from operator import attrgetter
from typing import Annotated, Any

from domain.msgspec_core import UNSET, DecodeError, Decoder, Encoder, Meta, Raw, Struct, UnsetType, defstruct
from domain.protocols.shared.making import bounded, made_of_all
from domain.protocols.shared.members import (
    NULL,
    Body,
    Event,
    members_of,
    read_body,
    read_event,
    text_of,
    with_members,
    write_event,
)
from domain.protocols.shared.reading import TooCostlyError, is_affordable, json_from_parameter, stripped
from domain.protocols.shared.shape import Ending, Made, Protocol, Reply, Result, Sent, Translated
from domain.protocols.shared.times import (
    Moment,
    SenderClock,
    moment_from_ns,
    moment_from_unix,
    moments_from_unix,
    written_moment,
    written_moments,
)
from domain.protocols.shared.writing import dumps
from domain.validation.json_text import NotJsonError
from schemas.codes import Problem
from schemas.limits import INT64_MIN, MAX_EVENT_VALUES

_MEMBERS: Mapping[str, str] = {
    "e": "event",
    "url": "page_url",
    "page": "page_title",
    "eid": "event_id",
    "tv": "v_tracker",
    "tna": "name_tracker",
    "aid": "app_id",
    "p": "platform",
    "cookie": "br_cookies",
    "cs": "doc_charset",
    "lang": "br_lang",
    "res": "dvce_screenwidth",
    "cd": "br_colordepth",
    "tz": "os_timezone",
    "dtm": "dvce_created_tstamp",
    "ue_pr": "unstruct_event",
    "ue_px": "ue_px",
    "co": "contexts",
    "cx": "cx",
    "vp": "br_viewwidth",
    "ds": "doc_width",
    "vid": "domain_sessionidx",
    "sid": "domain_sessionid",
    "duid": "domain_userid",
    "uid": "user_id",
    "refr": "page_referrer",
    "tnuid": "network_userid",
    "ua": "useragent",
    "se_ca": "se_category",
    "se_ac": "se_action",
    "se_la": "se_label",
    "se_pr": "se_property",
    "se_va": "se_value",
    "pp_mix": "pp_xoffset_min",
    "pp_max": "pp_xoffset_max",
    "pp_miy": "pp_yoffset_min",
    "pp_may": "pp_yoffset_max",
    "tr_id": "tr_orderid",
    "tr_af": "tr_affiliation",
    "tr_tt": "tr_total",
    "tr_tx": "tr_tax",
    "tr_sh": "tr_shipping",
    "tr_ci": "tr_city",
    "tr_st": "tr_state",
    "tr_co": "tr_country",
    "tr_cu": "tr_currency",
    "ti_id": "ti_orderid",
    "ti_sk": "ti_sku",
    "ti_nm": "ti_name",
    "ti_ca": "ti_category",
    "ti_pr": "ti_price",
    "ti_qu": "ti_quantity",
    "ti_cu": "ti_currency",
    "ttm": "true_tstamp",
    "stm": "dvce_sent_tstamp",
}
"""Of the parameters that trackers send, in their order, the members that they become; of sizes the first of two."""

_INTEGERS = ("domain_sessionidx", "pp_xoffset_min", "pp_xoffset_max", "pp_yoffset_min", "pp_yoffset_max", "ti_quantity")
_FLOATS = ("se_value", "tr_total", "tr_tax", "tr_shipping", "ti_price")
_HEIGHTS: Mapping[str, bytes] = {
    "br_viewwidth": b"br_viewheight",
    "doc_width": b"doc_height",
    "dvce_screenwidth": b"dvce_screenheight",
}
_TIMES = frozenset({"dvce_created_tstamp", "dvce_sent_tstamp", "true_tstamp"})
_MILLISECONDS = 1_000  # in a second

_EVENTS: Mapping[str, str] = {
    "pv": "page_view",
    "pp": "page_ping",
    "se": "struct",
    "ue": "unstruct",
    "tr": "transaction",
    "ti": "transaction_item",
}

_KEY = "writeKey"
"""No parameter of Snowplow's: an address may carry it for an environment that lists keys."""

_LESSER: Mapping[str, str] = {"nuid": "tnuid", "ti_na": "ti_nm", "ue_px": "ue_pr", "cx": "co"}
"""Of two parameters with one canonical name, the one that counts only where the other is not sent."""

_VENDOR = "com.snowplowanalytics.snowplow"
_VERSION = "1-0-0"
_IGLU = re.compile(r"iglu:([^/]+)/([^/]+)/[^/]+/([^/]+)").fullmatch
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})").fullmatch
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?").fullmatch
_SIZE = re.compile(r"(0|[1-9][0-9]{0,9})x(0|[1-9][0-9]{0,9})").fullmatch
_MAX_SHORT_CHARS = len("9999999999x9999999999")
_MAX_SCHEMA_CHARS = 200
_BOOLEANS: Mapping[str, bool] = {"1": True, "0": False, "true": True, "false": False}

_STATUS: Mapping[Problem, int] = {
    # What the trackers do not send again is 400, 401, 403, 410 and 422.
    Problem.PLAN_EXHAUSTED: 403,
    Problem.BODY_TOO_LARGE: 400,
    Problem.TOO_MANY_EVENTS: 400,
    Problem.UNSUPPORTED_ENCODING: 400,
    Problem.UNSUPPORTED_MEDIA_TYPE: 400,
}


_Short: Any = Annotated[str, Meta(max_length=_MAX_SHORT_CHARS)]
_SHORT = frozenset({*_HEIGHTS, *_INTEGERS})
"""What a cache has room for; what is longer is no size and no integer."""
_fields: Any = [(member, (_Short if member in _SHORT else str) | UnsetType, UNSET) for member in _MEMBERS.values()]
_as_sent = {member: name for name, member in _MEMBERS.items()}
_Call: Any = defstruct("_Call", _fields, gc=False, forbid_unknown_fields=True, rename=_as_sent)
"""An event as a tracker sends it: texts, under the names of parameters."""
_Event: Any = defstruct("_Event", _fields, gc=False)
"""The same under canonical names, when its values were converted. What one says may be the text of several members."""
_OddEvent: Any = defstruct("_OddEvent", [("other", Raw | UnsetType, UNSET)], bases=(_Event,), gc=False)


class _Calls(Body):
    data: list[_Call]


class _Wrapping(Struct, gc=False):
    """What wraps an event of somebody's own, or its contexts."""

    data: Raw


class _SelfDescribing(Struct, gc=False):
    schema: str


_encode = Encoder().encode
_decode_text = Decoder(str).decode
_decode_wrapping = Decoder(_Wrapping).decode
_decode_self_describing = Decoder(_SelfDescribing).decode


def _translate(sent: Sent) -> Translated:
    keys: list[Any] = []
    calls: Iterable[Any]
    if sent.method == "GET":
        parameters = {name: value for name, value in sent.query.items() if name != _KEY}
        calls = iter([read_event(dumps(parameters), _Call)] if parameters else [])
    else:
        text = stripped(sent.body)
        try:
            calls = _calls(text) if text else []
        except NotJsonError:
            return Translated([Made(text)])
    make = partial(_made, keys, moment_from_ns(sent.received_ns))
    return Translated(bounded(made_of_all(calls, make)), keys)


def _calls(text: bytes) -> Iterable[Any]:
    """Return the events of a body; what one of them holds as text may be dear only where they are taken one by one.

    Raises:
        NotJsonError: it is none.
    """
    _, calls = read_body(text, _Calls, "data")
    return calls if len(text) <= MAX_EVENT_VALUES else iter(calls)


def _made(keys: list[Any], received: Moment, calls: Sequence[Any]) -> Sequence[Made]:
    """Return events as they are made, and add to `keys` what may be a write key, such as ids of apps.

    What changes from try to try stands last in the text of each.
    """
    if not calls:
        return []
    try:
        events = [_event(call, keys) for call in calls]
    except TooCostlyError:  # there is no other
        return [Made(_text_as_sent(call), is_unread=True) for call in calls]
    keys += [event.app_id for event in events]
    times_sent = [event.dvce_sent_tstamp for event in events]
    times_made = [event.dvce_created_tstamp for event in events]
    made = moments_from_unix(times_made, _MILLISECONDS)
    corrected: Sequence[bytes | None]
    if times_sent.count(times_sent[0]) == len(events):  # as most trackers have it
        clock = _clock(times_sent[0], received)
        corrected, ends = clock.all_written(made), [_end(clock)] * len(events)
    else:
        clocks = [_clock(time, received) for time in times_sent]
        corrected = [clock.all_written([time])[0] for clock, time in zip(clocks, made, strict=True)]
        ends = list(map(_end, clocks))
    derived: list[bytes | None] = []
    for event, time, by_clock in zip(events, written_moments(made), corrected, strict=True):
        event.dvce_sent_tstamp = UNSET
        if time is not None:
            event.dvce_created_tstamp = Raw(time)
        if event.true_tstamp is not UNSET and (true := _moment(event.true_tstamp)) is not None:
            text = written_moment(true)
            event.true_tstamp = Raw(text)
            derived.append(text)
        else:
            derived.append(by_clock)
    return [
        Made(
            with_members(text, end) if time is None else b'%b,"derived_tstamp":%b%b' % (text[:-1], time, end),
            event.event_id if type(event.event_id) is str else _odd_id(event.event_id),
            content_bytes=len(text) - 1,
        )
        for event, text, time, end in zip(events, map(_encode, events), derived, ends, strict=True)
    ]


def _odd_id(value: Any) -> Raw | None:
    """Return an id that holds half a character; None for what is no text."""
    return value if type(value) is Raw and bytes(value).startswith(b'"') else None


def _clock(time_sent: Any, received: Moment) -> SenderClock:
    return SenderClock(None if time_sent is UNSET else time_sent, received, _moment)


def _end(clock: SenderClock) -> bytes:
    """Return how events end that were sent at a time: with that, which is another one with each try."""
    text = clock.sent_text
    return b"}" if text is None else b',"dvce_sent_tstamp":%b}' % _encode(text)


def _moment(value: Any) -> Moment | None:
    return moment_from_unix(value, _MILLISECONDS)


def _text_as_sent(call: Any) -> bytes:
    return write_event(call) if type(call) is dict else _encode(call)


def _event(call: Any, keys: list[Any]) -> Any:
    """Return an event under its canonical names, but for its times as it is made.

    Raises:
        TooCostlyError: what it holds as text is beyond the bounds of an event.
    """
    if type(call) is dict:
        event = _odd_event(call, keys)
        _convert(event)
        return event
    if not _convert(call):
        return _event(members_of(Raw(_encode(call))), keys)
    call.__class__ = _Event
    return call


def _odd_event(members: Event, keys: list[Any]) -> Any:
    """Return an event some of whose parameters are no texts, or none that trackers of Snowplow's send."""
    event = _OddEvent()
    keys.append(text_of(members.pop(_KEY, NULL)))
    other: Event = {}
    for sent_name, value in members.items():
        if value == NULL:
            continue
        name = sent_name
        if name in _LESSER and members.get(_LESSER[name], NULL) == NULL:
            name = _LESSER[name]
        if name in _LESSER or name not in _MEMBERS:
            other[name] = value
        else:
            setattr(event, _MEMBERS[name], _odd_value(_MEMBERS[name], value))
    if other:
        event.other = Raw(write_event(other))
    return event


def _odd_value(member: str, value: Raw) -> Any:
    """Return a text as such, also of a time that is a number; what is none, or no size of that length, as it came."""
    try:
        text: str = _decode_text(value)
    except DecodeError:
        number = bytes(value).decode()
        if member in _TIMES and _moment(number):
            return number
    else:
        if member not in _SHORT or len(text) <= _MAX_SHORT_CHARS:
            return text
    return _both(value, _HEIGHTS[member]) if member in _HEIGHTS else value


def _convert(event: Any) -> bool:
    """Convert the values of an event to their types, and say whose it is, its name and its version.

    These are those of the schema of what it holds, else those of its kind. Returns False where it holds JSON in two
    parameters with one name.

    Raises:
        TooCostlyError: what it holds as text is beyond the bounds of an event.
    """
    held, contexts, names = event.unstruct_event, event.contexts, b""
    if event.ue_px is not UNSET:
        if held is not UNSET:
            return False
        held = event.ue_px
    if event.cx is not UNSET:
        if contexts is not UNSET:
            return False
        contexts = event.cx
    if held is not UNSET:
        data = _data(held, b"{")
        if data is not None:
            names = _names(data)
            held = Raw(data + names)
    if contexts is not UNSET:
        data = _data(contexts, b"[")
        event.contexts = contexts if data is None else Raw(data)
        event.cx = UNSET
    if held is not UNSET:
        event.unstruct_event = held
        event.ue_px = UNSET
    kind = event.event
    if type(kind) is str:
        event.event = _EVENTS.get(kind, kind) if names else _KINDS.get(kind) or _named_by_kind(kind)
    if type(event.br_cookies) is str:
        event.br_cookies = _BOOLEANS.get(event.br_cookies, event.br_cookies)
    if type(event.br_viewwidth) is str:
        event.br_viewwidth = _view_size(event.br_viewwidth)
    if type(event.doc_width) is str:
        event.doc_width = _document_size(event.doc_width)
    if type(event.dvce_screenwidth) is str:
        event.dvce_screenwidth = _screen_size(event.dvce_screenwidth)
    if type(event.domain_sessionidx) is str:
        event.domain_sessionidx = _integer(event.domain_sessionidx)
    if type(event.se_value) is str:
        event.se_value = _number(event.se_value)
    rare = _rare_numbers(event)
    if rare != _NO_RARE_NUMBERS:
        for (member, convert), value in zip(_RARE_NUMBERS.items(), rare, strict=True):
            if type(value) is str:
                setattr(event, member, convert(value))
    return True


def _data(value: Any, opening: bytes) -> bytes | None:
    """Return the `data` of JSON, of its text, or of base64 of that; None where there is none that begins so.

    Raises:
        TooCostlyError: it is beyond the bounds of an event.
    """
    if type(value) is Raw:
        text = bytes(value)
    elif value.startswith("{"):
        text = value.encode()
    else:
        try:
            text = binascii.a2b_base64(value, strict_mode=True)
        except ValueError:  # it is of the other alphabet, or not padded, or none at all
            text = json_from_parameter(value)
    if len(text) > MAX_EVENT_VALUES and not is_affordable(text):
        raise TooCostlyError
    try:
        data = bytes(_decode_wrapping(text).data)
        if not text.isascii():
            text.decode()
    except (DecodeError, RecursionError, UnicodeDecodeError):
        return None
    return data if data.startswith(opening) else None


def _names(data: bytes) -> bytes:
    """Return the members that say whose an event is by its schema; empty where that says nothing."""
    try:
        schema = _decode_self_describing(data).schema
    except DecodeError:
        return b""
    return _names_of_schema(schema) if len(schema) <= _MAX_SCHEMA_CHARS else _names_of_schema.__wrapped__(schema)


@lru_cache(maxsize=256)
def _names_of_schema(schema: str) -> bytes:
    found = _IGLU(schema)
    return _members_of_name(*found.groups()) if found else b""


def _members_of_name(vendor: str, name: str, version: str) -> bytes:
    texts = (_encode(vendor), _encode(name), _encode(version))
    return b',"event_vendor":%b,"event_name":%b,"event_version":%b' % texts


def _named_by_kind(kind: str) -> Raw:
    name = _EVENTS.get(kind, kind)
    return Raw(_encode(name) + _members_of_name(_VENDOR, name, _VERSION))


_KINDS = {kind: _named_by_kind(kind) for kind in _EVENTS}


@lru_cache(maxsize=256)
def _integer(text: str) -> Any:
    if not _INTEGER(text):
        return text
    number = int(text)
    return number if number >= INT64_MIN else text  # no JSON is written of less


def _number(text: str) -> Any:
    return Raw(text) if _NUMBER(text) else text


def _reader_of_sizes(height: bytes) -> Callable[[str], Raw]:
    """Return what makes width and height of a size, the latter with a name of its own."""

    @lru_cache(maxsize=256)  # most events of a page say the same
    def size(text: str) -> Raw:
        found = _SIZE(text)
        if found is None:
            return _both(Raw(_encode(text)), height)
        return Raw(b'%b,"%b":%b' % (found[1].encode(), height, found[2].encode()))

    return size


def _both(value: Raw, height: bytes) -> Raw:
    """Return what is no size for both width and height."""
    return Raw(b'%b,"%b":%b' % (value, height, value))


_RARE_NUMBERS: Mapping[str, Callable[[str], Any]] = {
    **{member: _integer for member in _INTEGERS if member != "domain_sessionidx"},
    **{member: _number for member in _FLOATS if member != "se_value"},
}
_rare_numbers = attrgetter(*_RARE_NUMBERS)
_NO_RARE_NUMBERS = (UNSET,) * len(_RARE_NUMBERS)
_view_size, _document_size, _screen_size = map(_reader_of_sizes, _HEIGHTS.values())


def _answer(result: Result) -> Reply:
    if result.ending is Ending.KEPT:
        return Reply(200, b"ok")
    return Reply(_STATUS.get(result.code, result.status) if result.code else result.status, result.native)


PROTOCOL = Protocol(
    translate=_translate,
    answer=_answer,
    key_parameters=("aid",),
    has_credentials=True,
)
