"""Amplitude."""

from typing import Any

from tests.sdks.cases.shape import Call, Fields, Holds, Sdk, optional, parts

_AMPLITUDE_SCHEMA = [
    *({"key": key, "type": "STRING", "presence": "required"} for key in ("event_type", "insert_id")),
    *(optional(key, "STRING") for key in ("user_id", "device_id")),
    optional("event_time", "TIMESTAMP", format="rfc3339"),
    *(optional(key, "JSON") for key in ("event_properties", "user_properties", "library")),
    optional("amount", "INT", "/event_properties/amount"),
]
_AMPLITUDE_CALLS = [
    {
        "call": "track",
        "event_type": "Order Completed",
        "user_id": "user-1",
        "event_properties": {"mark": "mark-0", "amount": 7, "name": "Käse"},
    },
    {"call": "track", "event_type": "Viewed", "user_id": "user-1", "event_properties": {"mark": "mark-1"}},
    {"call": "identify", "user_id": "user-1", "user_properties": {"mark": "mark-2", "plan": "pro"}},
]


def _amplitude_fields(call: Call) -> Fields:
    if call["call"] == "track":
        fields = {name: call[name] for name in ("event_type", "user_id")}
        return {**fields, **parts(call, "event_properties")}
    set_ = {"$set": Holds(call["user_properties"])}
    return {"event_type": "$identify", "user_id": call["user_id"], "user_properties": Holds(set_)}


def _amplitude(sender: str, route: str, **more: Any) -> Sdk:
    invalid = {**_AMPLITUDE_CALLS[0], "event_properties": {"mark": "mark-bad", "amount": "much"}}
    return Sdk(
        sender,
        "amplitude",
        _AMPLITUDE_SCHEMA,
        _AMPLITUDE_CALLS,
        _amplitude_fields,
        invalid,
        mode={"ROUTE": route},
        **more,
    )


SDKS = [
    # Amplitude's SDKs for servers give up where a connection ends without an answer.
    _amplitude("amplitude_python.py", "/2/httpapi", repeats_lost=False),
    _amplitude("amplitude_python.py", "/batch", repeats_lost=False),
    _amplitude("amplitude_node.mjs", "/2/httpapi", repeats_lost=False),
    _amplitude("amplitude_node.mjs", "/batch", repeats_lost=False),
    _amplitude("phones/amplitude.mjs", "/2/httpapi"),
]
BROWSER_SDKS = [
    _amplitude("browsers/amplitude.mjs", "/2/httpapi"),
    # amplitude-js sends again with the next call only.
    _amplitude("browsers/amplitude_js.mjs", "/amplitude", repeats=False),
]
