"""Snowplow's tracker protocol: batches by POST, single events as an image by GET. Events get their canonical names.

https://docs.snowplow.io/docs/fundamentals/canonical-event/
https://docs.snowplow.io/docs/events/going-deeper/http-headers/
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from domain.protocols.shared.making import bounded, unchanged
from domain.protocols.shared.reading import (
    SHORT_DIGITS,
    ReadingWork,
    TooCostlyError,
    json_from_parameter,
    loads,
    read_envelope,
    stripped,
)
from domain.protocols.shared.shape import Ending, Made, Protocol, Reply, Result, Sent, Translated
from domain.protocols.shared.times import Moment, SenderClock, moment_from_ns, moment_from_unix, text_from_moment
from domain.protocols.shared.writing import dumps
from domain.validation.json_text import NotJsonError, NumberText
from schemas.codes import Problem
from schemas.limits import INT64_MIN

_NAMES: Mapping[str, str] = {
    "eid": "event_id",
    "aid": "app_id",
    "p": "platform",
    "tna": "name_tracker",
    "tv": "v_tracker",
    "uid": "user_id",
    "duid": "domain_userid",
    "sid": "domain_sessionid",
    "tnuid": "network_userid",
    "url": "page_url",
    "page": "page_title",
    "refr": "page_referrer",
    "se_ca": "se_category",
    "se_ac": "se_action",
    "se_la": "se_label",
    "se_pr": "se_property",
    "tr_id": "tr_orderid",
    "tr_af": "tr_affiliation",
    "tr_ci": "tr_city",
    "tr_st": "tr_state",
    "tr_co": "tr_country",
    "tr_cu": "tr_currency",
    "ti_id": "ti_orderid",
    "ti_sk": "ti_sku",
    "ti_nm": "ti_name",
    "ti_ca": "ti_category",
    "ti_cu": "ti_currency",
    "lang": "br_lang",
    "cd": "br_colordepth",
    "cs": "doc_charset",
    "tz": "os_timezone",
    "ua": "useragent",
}
"""Of parameters whose values stay as they are."""

_INTEGERS: Mapping[str, str] = {
    "vid": "domain_sessionidx",
    "pp_mix": "pp_xoffset_min",
    "pp_max": "pp_xoffset_max",
    "pp_miy": "pp_yoffset_min",
    "pp_may": "pp_yoffset_max",
    "ti_qu": "ti_quantity",
}

_FLOATS: Mapping[str, str] = {
    "se_va": "se_value",
    "tr_tt": "tr_total",
    "tr_tx": "tr_tax",
    "tr_sh": "tr_shipping",
    "ti_pr": "ti_price",
}

_SIZES: Mapping[str, tuple[str, str]] = {
    "vp": ("br_viewwidth", "br_viewheight"),
    "ds": ("doc_width", "doc_height"),
    "res": ("dvce_screenwidth", "dvce_screenheight"),
}

_TIMES = frozenset({"dtm", "stm", "ttm"})
_MILLISECONDS = 1_000  # in a second

_WRAPPED: Mapping[str, tuple[str, type]] = {
    "ue_pr": ("unstruct_event", dict),
    "co": ("contexts", list),
}
"""Of parameters that hold JSON, as it is or in base64: what its `data` has to be."""

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
_MAX_SIZE_CHARS = len("9999999999x9999999999")
_BOOLEANS: Mapping[Any, bool] = {"1": True, "0": False, "true": True, "false": False}

_STATUS: Mapping[Problem, int] = {
    # What the trackers do not send again is 400, 401, 403, 410 and 422.
    Problem.PLAN_EXHAUSTED: 403,
    Problem.BODY_TOO_LARGE: 400,
    Problem.TOO_MANY_EVENTS: 400,
    Problem.UNSUPPORTED_ENCODING: 400,
    Problem.UNSUPPORTED_MEDIA_TYPE: 400,
}


class _Reader:
    """Makes the events of one request: counts what is read of them, and remembers the clock of their sender."""

    __slots__ = ("_clock", "_clock_of", "_is_plain", "_received", "_work", "keys")

    def __init__(self, received: Moment, *, is_plain: bool = False) -> None:
        self.keys: set[str] = set()
        """What may be a write key, such as ids of apps."""
        self._is_plain = is_plain
        self._received = received
        self._work = ReadingWork()
        self._clock_of: str | None = None
        self._clock = SenderClock(None, received)

    @property
    def has_short_numbers(self) -> bool:
        """Whether all that events held as text has, as an `Envelope` says it."""
        return self._work.has_short_numbers

    def made(self, sent: Any) -> Made:
        if type(sent) is not dict:
            return unchanged(sent)
        sender_id, app_id = sent.get("eid"), sent.get("aid")
        for key in (app_id, sent.pop(_KEY, None)):
            if type(key) is str:
                self.keys.add(key)
        try:
            event, times, is_plain = _event(sent, self._work)
        except TooCostlyError:
            return Made(dumps(sent), is_unread=True)
        content = dumps(event) + dumps([times.get("dtm"), times.get("ttm")])
        self._add_times(event, times)
        is_plain = is_plain and self._is_plain
        sent_at = times.get("stm")
        adds_little = sent_at is None or (type(sent_at) is str and self._clock.is_known)
        return Made(
            b"" if is_plain and adds_little else dumps(event),
            sender_id if type(sender_id) is str else None,
            content,
            False,
            event if is_plain else None,
        )

    def _add_times(self, event: dict[str, Any], times: Mapping[str, Any]) -> None:
        """Put an event's times into it under their canonical names; what is no time stays as it came."""
        clock = self._clock_at(times.get("stm"))
        if "stm" in times:
            event["dvce_sent_tstamp"] = clock.sent_text
        if "dtm" in times:
            made = moment_from_unix(times["dtm"], _MILLISECONDS)
            if made is None:
                event["dvce_created_tstamp"] = times["dtm"]
            else:
                event["dvce_created_tstamp"] = text_from_moment(made)
                event["derived_tstamp"] = clock.corrected(made)
        if "ttm" in times:
            true = moment_from_unix(times["ttm"], _MILLISECONDS)
            if true is None:
                event["true_tstamp"] = times["ttm"]
            else:
                event["true_tstamp"] = event["derived_tstamp"] = text_from_moment(true)

    def _clock_at(self, sent: Any) -> SenderClock:
        """Return the sender's clock by its time of sending, which most events of a request share."""
        if type(sent) is not str:
            return SenderClock(sent, self._received, _moment)
        if sent != self._clock_of:
            self._clock = SenderClock(sent, self._received, _moment)
            self._clock_of = sent
        return self._clock


def _translate(sent: Sent) -> Translated:
    received = moment_from_ns(sent.received_ns)
    if sent.method == "GET":
        parameters = {name: value for name, value in sent.query.items() if name != _KEY}
        return Translated([_Reader(received).made(parameters)] if parameters else [])
    text = stripped(sent.body)
    if not text:
        return Translated([])
    try:
        _, events, is_plain, has_short_numbers = read_envelope(text, "data")
    except NotJsonError:
        return Translated([Made(text)])
    reader = _Reader(received, is_plain=is_plain)
    made = bounded(map(reader.made, events))
    return Translated(made, reader.keys, has_short_numbers and reader.has_short_numbers)


def _event(sent: Mapping[str, Any], work: ReadingWork) -> tuple[dict[str, Any], dict[str, Any], bool]:
    """Return an event under its canonical names, apart from it the parameters that are times, and if all is plain."""
    event: dict[str, Any] = {}
    other: dict[str, Any] = {}
    times: dict[str, Any] = {}
    is_plain = True
    renamed = _NAMES.get
    for sent_name, value in sent.items():
        if value is None:
            continue
        known = renamed(sent_name)
        if known is not None:  # most are
            event[known] = value
            continue
        name = sent_name
        if name in _LESSER and sent.get(_LESSER[name]) is None:
            name = _LESSER[name]
        if name in _NAMES:
            event[_NAMES[name]] = value
        elif name in _TIMES:
            times[name] = value
        elif name in _CONVERTED:
            canonical, convert = _CONVERTED[name]
            event[canonical] = converted = convert(value)
            if type(converted) is NumberText:
                is_plain = False
            if isinstance(converted, float) and type(value) is str and len(value) > SHORT_DIGITS:
                work.has_short_numbers = False
        elif name in _SIZES:
            width, height = _SIZES[name]
            event[width], event[height] = _size(value)
        elif name in _WRAPPED:
            canonical, kind = _WRAPPED[name]
            event[canonical], is_plain_too = _unwrapped(value, kind, work)
            is_plain = is_plain and is_plain_too
        else:
            other[name] = value
    _add_event_name(event)
    if other:
        event["other"] = other
    return event, times, is_plain


def _moment(value: Any) -> Moment | None:
    return moment_from_unix(value, _MILLISECONDS)


def _add_event_name(event: dict[str, Any]) -> None:
    """Say whose an event is, its name and its version: by the schema of what it holds, else by its kind."""
    inner = event.get("unstruct_event")
    schema = inner.get("schema") if type(inner) is dict else None
    found = _IGLU(schema) if type(schema) is str else None
    if found:
        event["event_vendor"], event["event_name"], event["event_version"] = found.groups()
    elif type(event.get("event")) is str:
        event["event_vendor"], event["event_name"], event["event_version"] = _VENDOR, event["event"], _VERSION


def _kind(value: Any) -> Any:
    return _EVENTS.get(value, value) if type(value) is str else value


def _integer(value: Any) -> Any:
    if type(value) is not str or not _INTEGER(value):
        return value
    number = int(value)
    return number if number >= INT64_MIN else value  # no JSON is written of less


def _number(value: Any) -> Any:
    return loads(value.encode()) if type(value) is str and _NUMBER(value) else value


def _boolean(value: Any) -> Any:
    return _BOOLEANS.get(value, value) if type(value) is str else value


def _size(value: Any) -> tuple[Any, Any]:
    """Return width and height; what is no size stands for both."""
    return _size_of_text(value) if type(value) is str and len(value) <= _MAX_SIZE_CHARS else (value, value)


@lru_cache(maxsize=256)  # most events of a page say the same three
def _size_of_text(text: str) -> tuple[Any, Any]:
    found = _SIZE(text)
    return (int(found[1]), int(found[2])) if found else (text, text)


def _unwrapped(value: Any, kind: type, work: ReadingWork) -> tuple[Any, bool]:
    """Return the `data` of JSON, of its text, or of base64 of that; what has no such data stays as it came.

    Returned is also whether it is plain, as the events of an `Envelope` are.
    """
    envelope, is_plain = value, True
    if type(value) is str:
        is_counted = value.startswith("{")  # with the event, whose text it stands in
        text = value.encode("utf-8", "surrogatepass") if is_counted else json_from_parameter(value)
        try:
            envelope, is_plain = work.loaded(text, strict=True, is_counted=is_counted)
        except NotJsonError:
            return value, True
    data = envelope.get("data") if type(envelope) is dict else None
    return (data, is_plain and work.may_hold) if type(data) is kind else (value, True)


def _answer(result: Result) -> Reply:
    if result.ending is Ending.KEPT:
        return Reply(200, b"ok")
    return Reply(_STATUS.get(result.code, result.status) if result.code else result.status, result.native)


_CONVERTED: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "e": ("event", _kind),
    "cookie": ("br_cookies", _boolean),
    **{name: (canonical, _integer) for name, canonical in _INTEGERS.items()},
    **{name: (canonical, _number) for name, canonical in _FLOATS.items()},
}

PROTOCOL = Protocol(
    translate=_translate,
    answer=_answer,
    key_parameters=("aid",),
    has_credentials=True,
)
