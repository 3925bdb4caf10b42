"""An event of Snowplow's trackers: its parameters get the names and types of the canonical event.

https://docs.snowplow.io/docs/fundamentals/canonical-event/
"""

import binascii
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Annotated, Any

from domain.msgspec_core import UNSET, DecodeError, Decoder, Encoder, Meta, Raw, Struct, UnsetType, defstruct
from domain.protocols.shared.members import NULL, Event, text_of, write_event
from domain.protocols.shared.reading import TooCostlyError, is_affordable, json_from_parameter
from domain.protocols.shared.times import Moment, moment_from_unix
from schemas.limits import INT64_MIN, MAX_EVENT_VALUES

_USUAL: Mapping[str, str] = {
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
    "ttm": "true_tstamp",
    "stm": "dvce_sent_tstamp",
}
"""Of the usual parameters, in the order of most trackers, the members that they become; of sizes the first of two."""

_MEMBERS: Mapping[str, str] = {
    **_USUAL,
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
}
"""The same of all parameters; those beyond are of an API for transactions that trackers have given up."""

_OFFSETS = ("pp_xoffset_min", "pp_xoffset_max", "pp_yoffset_min", "pp_yoffset_max")
_INTEGERS = (*_OFFSETS, "domain_sessionidx", "ti_quantity")
_FLOATS = ("se_value", "tr_total", "tr_tax", "tr_shipping", "ti_price")
_HEIGHTS: Mapping[str, bytes] = {
    "br_viewwidth": b"br_viewheight",
    "doc_width": b"doc_height",
    "dvce_screenwidth": b"dvce_screenheight",
}
_TIMES = frozenset({"dvce_created_tstamp", "dvce_sent_tstamp", "true_tstamp"})
MILLISECONDS = 1_000  # in a second

_EVENTS: Mapping[str, str] = {
    "pv": "page_view",
    "pp": "page_ping",
    "se": "struct",
    "ue": "unstruct",
    "tr": "transaction",
    "ti": "transaction_item",
}

KEY = "writeKey"
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

_Short: Any = Annotated[str, Meta(max_length=_MAX_SHORT_CHARS)]
_SHORT = frozenset({*_HEIGHTS, *_INTEGERS})
"""What a cache has room for; what is longer is no size and no integer."""
_Nothing: Any = Annotated[int, Meta(gt=0, lt=0)]
"""What nothing is that a sender may write."""
*_usual, _sent = _USUAL.values()
_times_at_end: Any = [("derived_tstamp", _Nothing | UnsetType, UNSET), (_sent, str | UnsetType, UNSET)]
_fields: Any = [(member, (_Short if member in _SHORT else str) | UnsetType, UNSET) for member in _usual]
_as_sent = {member: name for name, member in _USUAL.items()}
Call: Any = defstruct("Call", [*_fields, *_times_at_end], gc=False, forbid_unknown_fields=True, rename=_as_sent)
"""An event as a tracker sends it: texts, under the names of parameters. It is odd if it says what is derived."""
_Event: Any = defstruct("_Event", [*_fields, *_times_at_end], gc=False)
"""The same under canonical names, when its values were converted. What one says may be the text of several members."""
_odd_fields: Any = [(member, Any, UNSET) for name, member in _MEMBERS.items() if name not in _USUAL]
_OddEvent: Any = defstruct("_OddEvent", [*_fields, *_odd_fields, ("other", Any, UNSET), *_times_at_end], gc=False)
"""One that may have any members, and other ones beside them."""


class _Wrapping(Struct, gc=False):
    """What wraps an event with a schema of its own, or contexts."""

    data: Raw


class _SelfDescribing(Struct, gc=False):
    schema: str


_encode = Encoder().encode
_decode_text = Decoder(str).decode
_decode_members = Decoder(Event).decode
_decode_wrapping = Decoder(_Wrapping).decode
_decode_self_describing = Decoder(_SelfDescribing).decode


def moment_of(value: Any) -> Moment | None:
    """Return the time that a tracker writes, in milliseconds; None where it is none."""
    return moment_from_unix(value, MILLISECONDS)


def text_as_sent(call: Any) -> bytes:
    """Return the text of an event as it was read."""
    return write_event(call) if type(call) is dict else _encode(call)


def event_of(call: Any, keys: list[Any], known: dict[str, Any]) -> Any:
    """Return an event under its canonical names, with its values as their types, as far as they are such.

    Its times stay as they were sent. Whose it is, its name and its version are those of the schema of what it holds,
    else those of its kind.

    Args:
        call: as it was read.
        keys: gathers what may be a write key.
        known: of the events before it in its request, what their contexts hold, by their text: most say the same of
            their page.

    Raises:
        TooCostlyError: what it holds as text is beyond the bounds of an event.
    """
    event = call if type(call) is Call else _odd_event(call, keys)
    held, contexts, names = event.unstruct_event, event.contexts, b""
    if event.ue_px is not UNSET or event.cx is not UNSET:
        if _wraps_twice(event):
            return event_of(_decode_members(_encode(event)), [], known)
        held = held if event.ue_px is UNSET else event.ue_px
        contexts = contexts if event.cx is UNSET else event.cx
    if held is not UNSET:
        data = _data(held, b"{")
        if data is not None:
            names = _names(data)
            held = Raw(data + names)
    if contexts is not UNSET:
        if type(contexts) is not str:
            event.contexts = _contexts(contexts)
        elif (found := known.get(contexts)) is not None:
            event.contexts = found
        else:
            event.contexts = known[contexts] = _contexts(contexts)
        event.cx = UNSET
    if held is not UNSET:
        event.unstruct_event = held
        event.ue_px = UNSET
    if type(kind := event.event) is str:
        event.event = _EVENTS.get(kind, kind) if names else _KINDS.get(kind) or _named_by_kind(kind)
    if type(event) is Call:
        _convert(event)
        event.__class__ = _Event  # which has the same members: nothing is copied
    return event


def _odd_event(members: Event, keys: list[Any]) -> Any:
    """Return an event some of whose parameters are no texts, or none that trackers of Snowplow's send."""
    event = _OddEvent()
    keys.append(text_of(members.pop(KEY, NULL)))
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
    """Return a text as what its member is, also of a time that is a number; what is none, or so long, as it came."""
    try:
        text: str = _decode_text(value)
    except DecodeError:
        number = bytes(value).decode()
        if member in _TIMES and moment_of(number):
            return number
    else:
        if member not in _SHORT or len(text) <= _MAX_SHORT_CHARS:
            convert = _CONVERSIONS.get(member)
            return text if convert is None else convert(text)
    return _both(value, _HEIGHTS[member]) if member in _HEIGHTS else value


def _convert(event: Any) -> None:
    """Give an event whose members are texts its values, like `_CONVERSIONS`."""
    if (text := event.br_cookies) is not UNSET:
        event.br_cookies = _boolean(text)
    if (text := event.br_viewwidth) is not UNSET:
        event.br_viewwidth = _view_size(text)
    if (text := event.doc_width) is not UNSET:
        event.doc_width = _document_size(text)
    if (text := event.dvce_screenwidth) is not UNSET:
        event.dvce_screenwidth = _screen_size(text)
    if (text := event.domain_sessionidx) is not UNSET:
        event.domain_sessionidx = _integer(text)
    if (text := event.se_value) is not UNSET:
        event.se_value = _number(text)
    if not (event.pp_xoffset_min is event.pp_xoffset_max is event.pp_yoffset_min is event.pp_yoffset_max is UNSET):
        for member in _OFFSETS:
            if (text := getattr(event, member)) is not UNSET:
                setattr(event, member, _integer(text))


def _contexts(value: Any) -> Any:
    """Return the contexts that JSON holds; what holds none as it came."""
    data = _data(value, b"[")
    return value if data is None else Raw(data)


def _wraps_twice(event: Any) -> bool:
    """Say whether an event holds JSON in two parameters with one name."""
    has_both = event.ue_px is not UNSET and event.unstruct_event is not UNSET
    return has_both or (event.cx is not UNSET and event.contexts is not UNSET)


def _data(value: Any, opening: bytes) -> bytes | None:
    """Return the `data` of JSON, of its text, or of base64 of that; None where there is none that begins so.

    Raises:
        TooCostlyError: it is beyond the bounds of an event.
    """
    text: str | bytes
    if type(value) is Raw:
        text = bytes(value)
    elif value.startswith("{"):
        text = value
    else:
        try:
            text = binascii.a2b_base64(value, strict_mode=True)
        except ValueError:  # it is of the other alphabet, or not padded, or none at all
            text = json_from_parameter(value)
    if len(text) > MAX_EVENT_VALUES and not is_affordable(text.encode() if isinstance(text, str) else text):
        raise TooCostlyError
    try:
        data = bytes(_decode_wrapping(text).data)
        if isinstance(text, bytes) and not text.isascii():
            text.decode()
    except (DecodeError, RecursionError, UnicodeDecodeError):
        return None
    return data if data.startswith(opening) else None


def _names(data: bytes) -> bytes:
    """Return the members that say whose an event is by its schema; empty where that says nothing."""
    try:
        schema = _decode_self_describing(data).schema
    except (DecodeError, RecursionError):
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


def _boolean(text: str) -> Any:
    return _BOOLEANS.get(text, text)


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


_view_size, _document_size, _screen_size = map(_reader_of_sizes, _HEIGHTS.values())

_CONVERSIONS: Mapping[str, Callable[[str], Any]] = {
    "br_cookies": _boolean,
    "br_viewwidth": _view_size,
    "doc_width": _document_size,
    "dvce_screenwidth": _screen_size,
    **dict.fromkeys(_INTEGERS, _integer),
    **dict.fromkeys(_FLOATS, _number),
}
"""What texts of members become."""
