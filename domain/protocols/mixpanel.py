"""Mixpanel's ingestion API: events, what is set of people and groups, and imports; by POST and by GET.

https://docs.mixpanel.com/reference/track-event
https://docs.mixpanel.com/reference/import-events
https://docs.mixpanel.com/reference/profile-set
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from domain.errors import Rejected
from domain.forms import form_value
from domain.protocols.shared.event_ids import text_of_id
from domain.protocols.shared.making import bounded, made_of, unchanged
from domain.protocols.shared.reading import json_of_request, read_batch, read_documents, stripped
from domain.protocols.shared.shape import SHORT_CHARS, Ending, Made, Protocol, Reply, Result, Sent, Translated
from domain.protocols.shared.times import (
    NUMBERS,
    Moment,
    moment_from_ns,
    moment_from_unix,
    moments_from_unix,
    text_from_moment,
    texts_from_moments,
)
from domain.protocols.shared.writing import dumps
from domain.validation.json_text import NumberText

_IMPORT = "/import"
_TEXT = "text/plain"
_KINDS = {"/engage": "people", "/groups": "group"}
_KEYS = ("token", "$token", "api_key")
_RENAMED = {"$distinct_id": "distinct_id", "$group_key": "group_key", "$group_id": "group_id", "$time": "time"}
"""Of what is set of people and groups: its name in the request, its name in the event."""
_IDS = frozenset({"distinct_id", "group_id"})
_METADATA, _ID_OF_PHONES = "$mp_metadata", "$mp_event_id"
_OPERATIONS = ("$set", "$set_once", "$add", "$append", "$union", "$remove", "$unset", "$delete")
_FIRST_IN_MILLISECONDS = 100_000_000_000  # a number below that counts seconds
_MOMENT_IN_BETWEEN = moment_from_ns(_FIRST_IN_MILLISECONDS * 1_000_000_000)
_SECONDS, _MILLISECONDS = 1, 1_000


def _translate(sent: Sent) -> Translated:
    keys: set[str] = set()
    key = _field(sent, "api_key")
    if key is not None:
        keys.add(key)
    kind = _KINDS.get(sent.route)
    make = partial(_events, keys) if kind is None else partial(_profiles, keys, kind)
    if sent.route == _IMPORT and stripped(sent.body).startswith(b"{"):
        lines = read_documents(stripped(sent.body))
        made = (one for event, is_plain, _ in lines for one in make([event], is_plain=is_plain))
        return Translated(bounded(made), keys)
    _, events, is_plain, has_short_numbers = read_batch(json_of_request(sent))
    all_made = made_of(events, partial(make, is_plain=is_plain), is_plain=is_plain)
    return Translated(bounded(all_made), keys, has_short_numbers)


def _events(keys: set[str], sent: Sequence[Any], *, is_plain: bool) -> Iterator[Made]:
    """Return what happened: what tells an event from others is said beside its properties."""
    made: list[Made] = []
    times: list[Any] = []
    own_ids: list[tuple[Any, Any]] = []
    for event in sent:
        if type(event) is not dict:
            made.append(unchanged(event))
            times.append(None)
            own_ids.append((None, None))
            continue
        if "token" in event or "$token" in event or "api_key" in event:
            _take_keys(event, keys)
        event.pop("kind", None)
        properties = event.get("properties")
        sender_id = time = distinct_id = None
        if type(properties) is dict:
            if "token" in properties or "$token" in properties or "api_key" in properties:
                _take_keys(properties, keys)
            get = properties.get
            sender_id, time, distinct_id = get("$insert_id"), get("time"), get("distinct_id")
        own_id = sender_id if type(sender_id) is str else _id_of_phones(event)
        made.append(Made(b"", own_id, dumps(event), False, event))
        times.append(time)
        own_ids.append((sender_id, distinct_id))
    texts = texts_from_moments(_moments(times))
    for one, (sender_id, distinct_id), time, text in zip(made, own_ids, times, texts, strict=True):
        event = one.value
        if event is None:
            yield one
            continue
        get = event.get
        event["kind"] = "event"
        may_wait = is_plain
        if time is not None:
            may_wait = may_wait and text is not None
            if get("time") is None:
                event["time"] = time if text is None else text
        if sender_id is not None:
            may_wait = may_wait and _is_short(sender_id)
            if get("insert_id") is None:
                event["insert_id"] = sender_id
        if distinct_id is not None:
            may_wait = may_wait and _is_short(distinct_id)
            if get("distinct_id") is None:
                event["distinct_id"] = distinct_id if type(distinct_id) is str else text_of_id(distinct_id)
        if not may_wait:
            one.write(is_plain=is_plain)
        yield one


def _is_short(own_id: Any) -> bool:
    """Say whether an id may stand twice in an event without a look at what that takes."""
    return type(own_id) is str and len(own_id) <= SHORT_CHARS


def _profiles(keys: set[str], kind: str, sent: Sequence[Any], *, is_plain: bool) -> list[Made]:
    """Return what is set of people or groups; only SDKs for phones give it an id."""
    return [_profile(keys, kind, update, is_plain=is_plain) for update in sent]


def _profile(keys: set[str], kind: str, update: Any, *, is_plain: bool) -> Made:
    if type(update) is not dict:
        return unchanged(update)
    _take_keys(update, keys)
    event: dict[str, Any] = {"kind": kind}
    operations = {name: update.pop(name) for name in _OPERATIONS if name in update}
    for name, value in update.items():
        known = _RENAMED.get(name)
        if known is None:
            if name not in event:
                event[name] = value
        else:
            event[known] = _time(value) if known == "time" else text_of_id(value) if known in _IDS else value
    if operations:
        event["operations"] = operations
    return Made(dumps(event), _id_of_phones(event), b"", False, event if is_plain else None)


def _id_of_phones(event: Mapping[str, Any]) -> str | None:
    """Return the id that Mixpanel's SDKs for phones give what they queue, events and updates."""
    metadata = event.get(_METADATA)
    own_id = metadata.get(_ID_OF_PHONES) if type(metadata) is dict else None
    return own_id if type(own_id) is str else None


def _take_keys(held: dict[str, Any], keys: set[str]) -> None:
    for name in _KEYS:
        if name in held:
            key = held.pop(name)
            if type(key) is str:
                keys.add(key)


def _time(value: Any) -> Any:
    """Return a time in seconds or milliseconds as text; what is none as it came."""
    moment = _moment(value)
    return value if moment is None else text_from_moment(moment)


def _moments(values: Sequence[Any]) -> Sequence[Moment | None]:
    """Return the times that values say, like `_moment`."""
    if NUMBERS.issuperset(map(type, values)):
        units = {_MILLISECONDS if value >= _FIRST_IN_MILLISECONDS else _SECONDS for value in values}
        if len(units) == 1:
            return moments_from_unix(values, units.pop())
    return list(map(_moment, values))


def _moment(value: Any) -> Moment | None:
    kind = type(value)
    if kind is float or kind is int or kind is NumberText:
        return moment_from_unix(value, _MILLISECONDS if value >= _FIRST_IN_MILLISECONDS else _SECONDS)
    if kind is str:
        moment = moment_from_unix(value, _SECONDS)
        if moment is not None and moment < _MOMENT_IN_BETWEEN:
            return moment
        return moment_from_unix(value, _MILLISECONDS)
    return None


def _field(sent: Sent, name: str) -> str | None:
    """Return a parameter of the query, or of the form that the body is."""
    value = sent.query.get(name)
    if value is None and sent.method == "POST" and not stripped(sent.body).startswith((b"{", b"[")):
        return form_value(sent.body, name.encode()).decode("utf-8", "replace") or None
    return value


def _answer(result: Result) -> Reply:
    is_kept = result.ending is Ending.KEPT
    status = 200 if is_kept else result.status
    is_image = _said(result, "img") == "1"
    if not _is_told_in_json(result):
        return Reply(status, b"1" if is_kept else b"0", is_image=is_image)
    told: Mapping[str, Any]
    if not is_kept:
        told = {"status": 0, "error": result.native.get("message", "")}
        if _is_strict_import(result):
            told = {**told, "code": status}
    elif result.route == _IMPORT:
        kept = result.native.get("accepted", 0) + result.native.get("quarantined", 0)
        done = "OK" if _is_strict_import(result) else 1
        told = {"code": 200, "status": done, "error": None, "num_records_imported": kept}
    else:
        told = {"status": 1, "error": None}
    return Reply(status, {**result.native, **told}, is_image=is_image)


def _is_told_in_json(result: Result) -> bool:
    """Say whether the sender reads JSON: it says so, or sends JSON, or its request was refused unread."""
    verbose = _said(result, "verbose")
    if verbose is not None:
        return verbose == "1"
    sent = result.sent
    if result.route == _IMPORT or sent is None:
        return True
    # The SDK for Go sends what is set of people as JSON, and asks for a text.
    return stripped(sent.body).startswith((b"{", b"[")) and sent.headers.get("accept", "") != _TEXT


def _is_strict_import(result: Result) -> bool:
    """Say whether a sender imports as the API is documented: the SDKs for Java and Go do, those before them don't."""
    return result.route == _IMPORT and "strict" in result.query


def _said(result: Result, name: str) -> str | None:
    try:
        return result.query.get(name) if result.sent is None else _field(result.sent, name)
    except Rejected:  # a form says it twice: an answer has to be given all the same
        return None


PROTOCOL = Protocol(
    translate=_translate,
    answer=_answer,
    key_parameters=_KEYS,
    has_credentials=True,
)
