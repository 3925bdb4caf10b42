"""PostHog."""

from tests.sdks.cases.shape import AMOUNT, Call, Fields, Holds, Sdk, optional, without

_POSTHOG_SCHEMA = [
    *({"key": key, "type": "STRING", "presence": "required"} for key in ("event", "distinct_id", "uuid")),
    *(optional(key, "TIMESTAMP", format="rfc3339") for key in ("timestamp", "original_timestamp", "sent_at")),
    optional("properties", "JSON"),
    AMOUNT,
]
_POSTHOG_CALLS = [
    {"call": "capture", "event": "ordered", "distinct_id": "user-1", "properties": {"mark": "mark-0", "amount": 7}},
    {"call": "capture", "event": "$pageview", "distinct_id": "user-1", "properties": {"mark": "mark-1"}},
    {"call": "set", "distinct_id": "user-1", "properties": {"mark": "mark-2", "plan": "pro"}},
    {"call": "group_identify", "group_type": "company", "group_key": "acme", "properties": {"mark": "mark-3"}},
]
_POSTHOG_INVALID = {**_POSTHOG_CALLS[0], "properties": {"mark": "mark-bad", "amount": "much"}}


def _posthog_fields(call: Call) -> Fields:
    properties = Holds(call["properties"])
    match call["call"]:
        case "capture":
            return {"event": call["event"], "distinct_id": call["distinct_id"], "properties": properties}
        case "set":
            return {"distinct_id": call["distinct_id"], "properties": Holds({"$set": properties})}
    group = {"$group_type": call["group_type"], "$group_key": call["group_key"], "$group_set": properties}
    return {"event": "$groupidentify", "properties": Holds(group)}


def _posthog(sender: str, **mode: str) -> Sdk:
    return Sdk(sender, "posthog", _POSTHOG_SCHEMA, _POSTHOG_CALLS, _posthog_fields, _POSTHOG_INVALID, mode=mode)


SDKS = [
    _posthog("posthog_python.py", MODE="v0"),
    _posthog("posthog_python.py", MODE="v1"),
    _posthog("posthog_python.py", MODE="ai")._replace(calls=_POSTHOG_CALLS[:2]),
    _posthog("posthog_node.mjs"),
    _posthog("phones/posthog.mjs")._replace(expected=without(_posthog_fields, "distinct_id")),
]
BROWSER_SDKS = [
    _posthog("browsers/posthog.mjs")._replace(expected=without(_posthog_fields, "distinct_id")),
    _posthog("browsers/posthog_lite.mjs")._replace(expected=without(_posthog_fields, "distinct_id")),
]
