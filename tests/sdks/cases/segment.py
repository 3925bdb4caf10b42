"""The Segment family."""

from collections.abc import Callable, Sequence
from typing import Any

from tests.sdks.cases.shape import AMOUNT, Call, Fields, Holds, Sdk, only, optional, parts

SEGMENT_SCHEMA = [
    {"key": "type", "type": "STRING", "presence": "required"},
    *(optional(key, "STRING") for key in ("event", "name", "category")),
    optional("message_id", "STRING", "/messageId"),
    optional("user_id", "STRING", "/userId"),
    optional("group_id", "STRING", "/groupId"),
    optional("previous_id", "STRING", "/previousId"),
    *(
        optional(key, "TIMESTAMP", source, format="rfc3339")
        for key, source in (("at", "/timestamp"), ("made_at", "/originalTimestamp"), ("sent_at", "/sentAt"))
    ),
    *(optional(key, "JSON") for key in ("properties", "traits", "context")),
    AMOUNT,
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
    return {"type": call["call"], **kept, **parts(call, "properties", "traits")}


def _rudder_fields(call: Call) -> Fields:
    """Of `identify`, RudderStack's SDKs for Python and browsers have the traits in the context."""
    fields = segment_fields(call)
    if call["call"] != "identify":
        return fields
    return {
        **{name: value for name, value in fields.items() if name != "traits"},
        "context": Holds(parts(call, "traits")),
    }


def _segment(
    sender: str, calls: Sequence[Call] = SEGMENT_CALLS, expected: Callable[[Call], Fields] = segment_fields, **more: Any
) -> Sdk:
    return Sdk(sender, "segment", SEGMENT_SCHEMA, calls, expected, SEGMENT_INVALID, **more)


_JITSU_CALLS = [
    {"call": "identify", "user_id": "user-1", "traits": {"mark": "mark-0", "plan": "pro"}},
    {"call": "track", "event": "Order Completed", "properties": {"mark": "mark-1", "amount": 7}},
    {"call": "page", "properties": {"mark": "mark-2"}},
    {"call": "group", "group_id": "group-1", "traits": {"mark": "mark-3"}},
]


def _segment_browser_fields(call: Call) -> Fields:
    """Segment's SDK for browsers says whom it knows, of an alias as well."""
    return {**segment_fields(call), "user_id": "user-1"}


SDKS = [
    _segment("segment_python.py"),
    _segment("segment_node.mjs"),
    _segment("segment_node_6.mjs"),
    _segment("rudder_python.py", expected=_rudder_fields),
    _segment("rudder_node.mjs"),
    _segment("rudder_service_worker.mjs"),
    _segment("jitsu_node.mjs", _JITSU_CALLS, repeats=False),
]
BROWSER_SDKS = [
    _segment("browsers/segment.mjs", expected=_segment_browser_fields),
    _segment("browsers/rudder.mjs", only(SEGMENT_CALLS, "identify", "track", "page", "alias"), _rudder_fields),
    _segment("browsers/jitsu.mjs", _JITSU_CALLS, repeats=False),
]
