"""Mixpanel."""

from collections.abc import Sequence
from typing import Any

from tests.sdks.cases.shape import AMOUNT, Call, Fields, Holds, Sdk, optional

_MIXPANEL_SCHEMA = [
    {"key": "kind", "type": "STRING", "presence": "required"},
    *(optional(key, "STRING") for key in ("event", "distinct_id", "insert_id", "group_key", "group_id")),
    optional("time", "TIMESTAMP", format="rfc3339"),
    *(optional(key, "JSON") for key in ("properties", "operations")),
    AMOUNT,
]
_MIXPANEL_CALLS = [
    {"call": "track", "distinct_id": "user-1", "event_name": "Ordered", "properties": {"mark": "mark-0", "amount": 7}},
    {"call": "track", "distinct_id": "user-1", "event_name": "Käse", "properties": {"mark": "mark-1"}},
    {"call": "people_set", "distinct_id": "user-1", "properties": {"mark": "mark-2", "plan": "pro"}},
    {"call": "group_set", "group_key": "company", "group_id": "acme", "properties": {"mark": "mark-3"}},
]


def _mixpanel_fields(call: Call) -> Fields:
    properties = Holds(call["properties"])
    match call["call"]:
        case "track":
            fields = {"event": call["event_name"], "distinct_id": call["distinct_id"], "properties": properties}
            return {"kind": "event", **fields}
        case "people_set":
            return {"kind": "people", "distinct_id": call["distinct_id"], "operations": Holds({"$set": properties})}
    group = {"group_key": call["group_key"], "group_id": call["group_id"]}
    return {"kind": "group", **group, "operations": Holds({"$set": properties})}


def _mixpanel(sender: str, calls: Sequence[Call] = _MIXPANEL_CALLS, **more: Any) -> Sdk:
    invalid = {**_MIXPANEL_CALLS[0], "properties": {"mark": "mark-bad", "amount": "much"}}
    return Sdk(sender, "mixpanel", _MIXPANEL_SCHEMA, calls, _mixpanel_fields, invalid, **more)


SDKS = [
    _mixpanel("mixpanel_python.py", mode={"CONSUMER": "each"}, needs_https=True),
    _mixpanel("mixpanel_python.py", mode={"CONSUMER": "buffered"}, needs_https=True),
    _mixpanel("mixpanel_node.mjs", repeats=False, has_ids=False),
    _mixpanel("phones/mixpanel.mjs"),
]
BROWSER_SDKS = [
    # It takes a connection that broke for an answer, as long as the browser calls itself online.
    _mixpanel("browsers/mixpanel.mjs", repeats_lost=False),
]
