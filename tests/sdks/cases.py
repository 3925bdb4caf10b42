"""Which SDKs send what, and what has to arrive: one `Sdk` each, of which the tests make their cases."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

KEY = "shop:secret"
"""Of a form that every SDK takes; Jitsu's refuses one without a secret."""

Call = Mapping[str, Any]
Fields = Mapping[str, Any]


class Sdk(NamedTuple):
    """One SDK: its sender, the calls it is asked for, and what becomes of them.

    `sender` is a file of `senders`; `schema` the fields of the environment. `expected` gives what a delivered event
    of a call has to hold, by pointers' first keys (`row["_extra"]` counts as the row). `invalid` is a call that the
    schema refuses. `repeats` says that the SDK sends again what was not answered by a success; `has_ids` that what it
    sends again has the id that it had.
    """

    sender: str
    schema: Sequence[Mapping[str, Any]]
    calls: Sequence[Call]
    expected: Callable[[Call], Fields]
    invalid: Call
    repeats: bool = True
    has_ids: bool = True


def _optional(key: str, type_: str, source: str | None = None, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": type_, "presence": "optional", **({"from": source} if source else {}), **more}


_AMOUNT = _optional("amount", "INT", "/properties/amount")
"""What an invalid call holds a text for."""

SEGMENT_SCHEMA = [
    {"key": "type", "type": "STRING", "presence": "required"},
    *(_optional(key, "STRING") for key in ("event", "name", "category")),
    _optional("message_id", "STRING", "/messageId"),
    _optional("user_id", "STRING", "/userId"),
    _optional("group_id", "STRING", "/groupId"),
    _optional("previous_id", "STRING", "/previousId"),
    *(
        _optional(key, "TIMESTAMP", source, format="rfc3339")
        for key, source in (("at", "/timestamp"), ("made_at", "/originalTimestamp"), ("sent_at", "/sentAt"))
    ),
    *(_optional(key, "JSON") for key in ("properties", "traits", "context")),
    _AMOUNT,
]
SEGMENT_CALLS = [
    {"call": "identify", "user_id": "user-1", "traits": {"mark": "mark-0", "plan": "pro", "city": "Köln"}},
    {"call": "track", "user_id": "user-1", "event": "Order Completed", "properties": {"mark": "mark-1", "amount": 7}},
    {"call": "page", "user_id": "user-1", "category": "Docs", "name": "Start", "properties": {"mark": "mark-2"}},
    {"call": "screen", "user_id": "user-1", "category": "App", "name": "Home", "properties": {"mark": "mark-3"}},
    {"call": "group", "user_id": "user-1", "group_id": "group-1", "traits": {"mark": "mark-4", "seats": 5}},
    {"call": "alias", "previous_id": "mark-5", "user_id": "user-2"},
]
SEGMENT_INVALID = {"call": "track", "user_id": "u", "event": "E", "properties": {"mark": "mark-bad", "amount": "much"}}


def segment_fields(call: Call) -> Fields:
    kept = {name: value for name, value in call.items() if name != "call" and name not in {"properties", "traits"}}
    return {"type": call["call"], **kept, **_parts(call, "properties", "traits")}


def _parts(call: Call, *names: str) -> dict[str, Any]:
    """Return the free objects of a call, of which an event has to hold at least this."""
    return {name: Holds(call[name]) for name in names if name in call}


class Holds(dict):
    """Is equal to an object that has these members, and may have others."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dict) and all(other.get(name) == value for name, value in self.items())

    __hash__ = None


def _rudder_fields(call: Call) -> Fields:
    """Of `identify`, RudderStack's SDK for Python has the traits in the context."""
    fields = segment_fields(call)
    if call["call"] != "identify":
        return fields
    return {
        **{name: value for name, value in fields.items() if name != "traits"},
        "context": Holds(_parts(call, "traits")),
    }


def _segment(
    sender: str, calls: Sequence[Call] = SEGMENT_CALLS, expected: Callable[[Call], Fields] = segment_fields, **more: Any
) -> Sdk:
    return Sdk(sender, SEGMENT_SCHEMA, calls, expected, SEGMENT_INVALID, **more)


_JITSU_CALLS = [
    {"call": "identify", "user_id": "user-1", "traits": {"mark": "mark-0", "plan": "pro"}},
    {"call": "track", "event": "Order Completed", "properties": {"mark": "mark-1", "amount": 7}},
    {"call": "page", "properties": {"mark": "mark-2"}},
    {"call": "group", "group_id": "group-1", "traits": {"mark": "mark-3"}},
]

_EVENT = {"source": "/shop", "type": "com.acme.order", "subject": "order-1", "time": "2026-11-28T13:49:02.564000Z"}
_CLOUDEVENTS_SCHEMA = [
    *({"key": key, "type": "STRING", "presence": "required"} for key in ("id", "source", "type", "specversion")),
    *(_optional(key, "STRING") for key in ("subject", "datacontenttype")),
    _optional("time", "TIMESTAMP", format="rfc3339"),
    _optional("data", "JSON"),
    _optional("amount", "INT", "/data/amount"),
]
_CLOUDEVENTS_CALLS = [
    {"call": form, "attributes": {**_EVENT, "id": f"id-{number}"}, "data": {"mark": f"mark-{number}", "amount": number}}
    for number, form in enumerate(["structured", "binary"])
]


def _cloudevents(sender: str) -> Sdk:
    invalid = {
        **_CLOUDEVENTS_CALLS[0],
        "attributes": {**_EVENT, "id": "bad"},
        "data": {"mark": "mark-bad", "amount": "much"},
    }
    return Sdk(
        sender,
        _CLOUDEVENTS_SCHEMA,
        _CLOUDEVENTS_CALLS,
        lambda call: {**call["attributes"], "data": call["data"], "specversion": "1.0"},
        invalid,
        repeats=False,
    )


SDKS = [
    _segment("segment_python.py"),
    _segment("segment_node.mjs"),
    _segment("segment_node_6.mjs"),
    _segment("rudder_python.py", expected=_rudder_fields),
    _segment("rudder_node.mjs"),
    _segment("jitsu_node.mjs", _JITSU_CALLS, repeats=False),
    _cloudevents("cloudevents_python.py"),
    _cloudevents("cloudevents_node.mjs"),
]
