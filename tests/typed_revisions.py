"""Revisions with an event that is right, and events that are wrong in one thing each, for tests of typed code."""

from typing import Any, NamedTuple


class TypedRevision(NamedTuple):
    """A tree of fields as revisions hold it, with events of it."""

    fields: list[dict[str, Any]]
    additional_keys: str
    right: list[dict[str, Any]]
    wrong: dict[str, dict[str, Any]]
    """By what is wrong, each of which ingest refuses as well, or loses."""


def _field(key: str, data_type: str, *rules: tuple[str, Any], **more: Any) -> dict[str, Any]:
    said = [{"rule": name, "value": value} for name, value in rules]
    return {"key": key, "type": data_type, "presence": "required", **({"rules": said} if said else {}), **more}


_ORDER = {"order_id": "DE-000123", "state": "paid", "total": 40, "items": [{"sku": "shoe"}, {"sku": "sock", "n": 2}]}
ORDERS = TypedRevision(
    [
        _field("order_id", "STRING", ("regex", ".*/[A-Z]*/.*|DE-[0-9]+"), description="The shop's own.\nNever reused."),
        _field("state", "STRING", ("one_of", ["placed", "paid"])),
        _field("total", "FLOAT", ("min_value", 0)),
        _field("currency", "STRING", ("max_length", 3), presence="default", default="EUR"),
        _field("seen", "TIMESTAMP", presence="macro", macro="received_at"),
        _field(
            "items",
            "ARRAY_OBJECT",
            ("min_items", 1),
            fields=[_field("sku", "STRING"), _field("n", "INT", ("one_of", [1, 2, 3]), presence="optional")],
        ),
    ],
    "drop",
    [_ORDER, {**_ORDER, "currency": None, "seen": 1795423707}],
    {
        "a required key is missing": {key: value for key, value in _ORDER.items() if key != "order_id"},
        "a number is text": {**_ORDER, "total": "40"},
        "a value is none of the list": {**_ORDER, "state": "lost"},
        "a required key is null": {**_ORDER, "total": None},
        "an element is wrong": {**_ORDER, "items": [{"sku": "shoe", "n": 7}]},
    },
)

_PERSON = {"messageId": "m", "$set": {"Plan Name": "team"}, "class": True, "ctx": {"lib": {"name": "web"}}, "any": [1]}
PERSONS = TypedRevision(
    [
        _field("message_id", "STRING", **{"from": "messageId"}),
        _field("set", "OBJECT", **{"from": "$set"}, fields=[_field("plan", "STRING", **{"from": "Plan Name"})]),
        _field("is_class", "BOOLEAN", **{"from": "class"}),
        _field("library", "STRING", **{"from": "/ctx/lib/name"}),
        _field("version", "INT", presence="optional", **{"from": "/ctx/lib/version"}),
        _field("any", "JSON", ("kinds", ["array", "boolean"])),
        _field("days", "ARRAY_DATE", presence="optional"),
    ],
    "reject",
    [_PERSON, {**_PERSON, "days": ["2026-11-02"], "any": False, "ctx": {"lib": {"name": "web", "version": 2}}}],
    {
        "a key is spelled as it is stored": {"message_id": "m", **{k: v for k, v in _PERSON.items() if k[0] != "m"}},
        "a key below a pointer is missing": {**_PERSON, "ctx": {"lib": {}}},
        "a kind of JSON is not allowed": {**_PERSON, "any": "text"},
        "a key is unknown": {**_PERSON, "more": 1},
        "an array is a scalar": {**_PERSON, "days": "2026-11-02"},
    },
)

_TRACK = {"type": "track", "messageId": "m", "event": "Order Completed", "properties": {"orderId": "o-1", "total": 9.5}}
_PAGE = {"type": "page", "messageId": "m", "properties": {"url": "/"}}
TRACKING = TypedRevision(
    [
        _field("type", "STRING", ("one_of", ["track", "page", "identify"])),
        _field("event", "STRING", presence="optional"),
        _field("message_id", "STRING", **{"from": "messageId"}),
        _field(
            "order_completed",
            "OBJECT",
            **{"from": "properties"},
            when={"/type": ["track"], "/event": ["Order Completed", "Order Changed"]},
            fields=[_field("order_id", "STRING", **{"from": "orderId"}), _field("total", "FLOAT")],
        ),
        _field(
            "page",
            "OBJECT",
            **{"from": "properties"},
            presence="optional",
            when={"/type": ["page"]},
            fields=[_field("url", "STRING"), _field("size", "ARRAY_INT", presence="optional")],
        ),
    ],
    "reject",
    [_TRACK, {**_TRACK, "event": "Order Changed"}, _PAGE, {"type": "identify", "messageId": "m", "event": None}],
    {
        "the key of another kind": {**_TRACK, "properties": {"url": "/"}},
        "a key of this kind is missing": {**_TRACK, "properties": {"orderId": "o-1"}},
        "a kind that there is not": {"type": "alias", "messageId": "m"},
        "no kind": {"messageId": "m"},
        "an object of a kind without one": {"type": "identify", "messageId": "m", "properties": {"url": "/"}},
    },
)
TYPED_REVISIONS = {"orders": ORDERS, "persons": PERSONS, "tracking": TRACKING}
