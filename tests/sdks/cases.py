"""Which SDKs send what, and what has to arrive: one `Sdk` each, of which the tests make their cases."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

KEY = "shop:secret"
"""Of a form that every SDK takes; Jitsu's refuses one without a secret."""

Call = Mapping[str, Any]
Fields = Mapping[str, Any]


class Sdk(NamedTuple):
    """One SDK: its sender, the calls it is asked for, and what becomes of them.

    `sender` is a file of `senders`, and `mode` what its environment says besides; `schema` has the fields of the
    ingest environment. `expected` gives what the delivered event of a call has to hold. `invalid` is a call that the
    schema refuses. `repeats` says that the SDK sends again what was answered 503, `repeats_lost` what was not answered
    at all; `has_ids` that what it sends again has the id that it had.
    """

    sender: str
    protocol: str
    schema: Sequence[Mapping[str, Any]]
    calls: Sequence[Call]
    expected: Callable[[Call], Fields]
    invalid: Call
    repeats: bool = True
    repeats_lost: bool = True
    has_ids: bool = True
    mode: Mapping[str, str] = {}

    @property
    def name(self) -> str:
        """What the tests call it."""
        return "-".join([self.sender.removeprefix("browsers/").partition(".")[0], *self.mode.values()]).replace("/", "")


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
    """Of `identify`, RudderStack's SDKs for Python and browsers have the traits in the context."""
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
    return Sdk(sender, "segment", SEGMENT_SCHEMA, calls, expected, SEGMENT_INVALID, **more)


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
        "cloudevents",
        _CLOUDEVENTS_SCHEMA,
        _CLOUDEVENTS_CALLS,
        lambda call: {**call["attributes"], "data": call["data"], "specversion": "1.0"},
        invalid,
        repeats=False,
    )


_POSTHOG_SCHEMA = [
    *({"key": key, "type": "STRING", "presence": "required"} for key in ("event", "distinct_id", "uuid")),
    *(_optional(key, "TIMESTAMP", format="rfc3339") for key in ("timestamp", "original_timestamp", "sent_at")),
    _optional("properties", "JSON"),
    _AMOUNT,
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


_SNOWPLOW_TEXTS = (
    "event event_id app_id platform page_url page_title se_category se_action se_label event_vendor event_name"
)
_SNOWPLOW_SCHEMA = [
    *(_optional(key, "STRING") for key in _SNOWPLOW_TEXTS.split()),
    *(_optional(f"{key}_tstamp", "TIMESTAMP", format="rfc3339") for key in ("dvce_created", "dvce_sent", "derived")),
    _optional("se_value", "FLOAT"),
    *(_optional(key, "JSON") for key in ("unstruct_event", "contexts")),
    _optional("amount", "INT", "/unstruct_event/data/amount"),
]
_ORDERED = "iglu:com.acme/ordered/jsonschema/1-0-0"
_SNOWPLOW_CALLS = [
    {"call": "page_view", "page_url": "https://shop.test/p?q=ü", "page_title": "mark-0 Käse"},
    {"call": "struct", "se_category": "shop", "se_action": "add", "se_label": "mark-1", "se_value": 2.5},
    {"call": "self_describing", "schema": _ORDERED, "data": {"mark": "mark-2", "amount": 7, "name": "Käse"}},
]


def _snowplow_fields(call: Call) -> Fields:
    fields = {name: value for name, value in call.items() if name not in {"call", "schema", "data"}}
    if call["call"] != "self_describing":
        return {"event": call["call"], **fields}
    event = {"schema": call["schema"], "data": call["data"]}
    return {"event": "unstruct", "event_vendor": "com.acme", "event_name": "ordered", "unstruct_event": event}


def _snowplow(sender: str, method: str) -> Sdk:
    invalid = {**_SNOWPLOW_CALLS[2], "data": {"mark": "mark-bad", "amount": "much"}}
    return Sdk(
        sender, "snowplow", _SNOWPLOW_SCHEMA, _SNOWPLOW_CALLS, _snowplow_fields, invalid, mode={"METHOD": method}
    )


_AMPLITUDE_SCHEMA = [
    *({"key": key, "type": "STRING", "presence": "required"} for key in ("event_type", "insert_id")),
    *(_optional(key, "STRING") for key in ("user_id", "device_id", "library")),
    _optional("event_time", "TIMESTAMP", format="rfc3339"),
    *(_optional(key, "JSON") for key in ("event_properties", "user_properties")),
    _optional("amount", "INT", "/event_properties/amount"),
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
        return {**fields, **_parts(call, "event_properties")}
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


_MIXPANEL_SCHEMA = [
    {"key": "kind", "type": "STRING", "presence": "required"},
    *(_optional(key, "STRING") for key in ("event", "distinct_id", "insert_id", "group_key", "group_id")),
    _optional("time", "TIMESTAMP", format="rfc3339"),
    *(_optional(key, "JSON") for key in ("properties", "operations")),
    _AMOUNT,
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


_GA4_SCHEMA = [
    {"key": "name", "type": "STRING", "presence": "required"},
    *(_optional(key, "STRING") for key in ("client_id", "measurement_id")),
    _optional("event_time", "TIMESTAMP", format="rfc3339"),
    _optional("params", "JSON"),
    _optional("value", "INT", "/params/value"),
]
_GA4_CALLS = [
    {"name": "purchase", "params": {"currency": "EUR", "value": 7, "transaction_id": "mark-0"}},
    {"name": "shared", "params": {"method": "mark-1"}},
]
_GA4 = Sdk(
    "ga4mp_python.py",
    "ga4",
    _GA4_SCHEMA,
    _GA4_CALLS,
    lambda call: {"name": call["name"], "params": Holds(call["params"]), "measurement_id": "G-SHOP"},
    {"name": "purchase", "params": {"currency": "EUR", "value": "much", "transaction_id": "mark-bad"}},
    repeats=False,
)

_LINES_SCHEMA = [
    *(_optional(key, "STRING") for key in ("level", "message", "mark")),
    _optional("amount", "INT"),
]
_LINES = [
    {"level": "info", "message": "ordered", "mark": "mark-0", "amount": 7},
    {"level": "error", "message": "Käse", "mark": "mark-1", "amount": 8},
]


def _shipper(sender: str, **more: Any) -> Sdk:
    invalid = {"level": "info", "message": "ordered", "mark": "mark-bad", "amount": "much"}
    return Sdk(sender, "ndjson", _LINES_SCHEMA, _LINES, lambda call: call, invalid, has_ids=False, **more)


SDKS = [
    _segment("segment_python.py"),
    _segment("segment_node.mjs"),
    _segment("segment_node_6.mjs"),
    _segment("rudder_python.py", expected=_rudder_fields),
    _segment("rudder_node.mjs"),
    _segment("jitsu_node.mjs", _JITSU_CALLS, repeats=False),
    _posthog("posthog_python.py", MODE="v0"),
    _posthog("posthog_python.py", MODE="v1"),
    _posthog("posthog_node.mjs"),
    _snowplow("snowplow_python.py", "post"),
    _snowplow("snowplow_python.py", "get"),
    _snowplow("snowplow_node.mjs", "post"),
    _snowplow("snowplow_node.mjs", "get"),
    # Amplitude's SDKs for servers give up where a connection ends without an answer.
    _amplitude("amplitude_python.py", "/2/httpapi", repeats_lost=False),
    _amplitude("amplitude_python.py", "/batch", repeats_lost=False),
    _amplitude("amplitude_node.mjs", "/2/httpapi", repeats_lost=False),
    _amplitude("amplitude_node.mjs", "/batch", repeats_lost=False),
    # Mixpanel's SDK for Python sends again over HTTPS alone, which the local run does not speak.
    _mixpanel("mixpanel_python.py", mode={"CONSUMER": "each"}, repeats=False),
    _mixpanel("mixpanel_python.py", mode={"CONSUMER": "buffered"}, repeats=False),
    _mixpanel("mixpanel_node.mjs", repeats=False, has_ids=False),
    _GA4,
    _cloudevents("cloudevents_python.py"),
    _cloudevents("cloudevents_node.mjs"),
    _shipper("winston.mjs", repeats=False),
    _shipper("pino_http_send.mjs"),
]


def _only(calls: Sequence[Call], *names: str) -> list[Call]:
    return [call for call in calls if call["call"] in names]


def _without(expected: Callable[[Call], Fields], *names: str) -> Callable[[Call], Fields]:
    """Expect all but what a browser knows itself."""
    return lambda call: {name: value for name, value in expected(call).items() if name not in names}


def _segment_browser_fields(call: Call) -> Fields:
    """Segment's SDK for browsers says whom it knows, of an alias as well."""
    return {**segment_fields(call), "user_id": "user-1"}


BROWSER_SDKS = [
    _segment("browsers/segment.mjs", expected=_segment_browser_fields),
    _segment("browsers/rudder.mjs", _only(SEGMENT_CALLS, "identify", "track", "page", "alias"), _rudder_fields),
    _segment("browsers/jitsu.mjs", _JITSU_CALLS, repeats=False),
    _posthog("browsers/posthog.mjs")._replace(expected=_without(_posthog_fields, "distinct_id")),
    _snowplow("browsers/snowplow.mjs", "post")._replace(expected=_without(_snowplow_fields, "page_url")),
    _amplitude("browsers/amplitude.mjs", "/2/httpapi"),
    _mixpanel("browsers/mixpanel.mjs"),
]
