"""Snowplow."""

from typing import Any

from tests.sdks.cases.shape import Call, Fields, Sdk, optional, without

_SNOWPLOW_TEXTS = (
    "event event_id app_id platform page_url page_title se_category se_action se_label event_vendor event_name"
)
_SNOWPLOW_SCHEMA = [
    *(optional(key, "STRING") for key in _SNOWPLOW_TEXTS.split()),
    *(optional(f"{key}_tstamp", "TIMESTAMP", format="rfc3339") for key in ("dvce_created", "dvce_sent", "derived")),
    optional("se_value", "FLOAT"),
    *(optional(key, "JSON") for key in ("unstruct_event", "contexts")),
    optional("amount", "INT", "/unstruct_event/data/amount"),
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


_RUBY = ("ruby", "-e", "require 'snowplow-tracker'")


def _snowplow(sender: str, method: str, **more: Any) -> Sdk:
    invalid = {**_SNOWPLOW_CALLS[2], "data": {"mark": "mark-bad", "amount": "much"}}
    mode = {"METHOD": method}
    return Sdk(sender, "snowplow", _SNOWPLOW_SCHEMA, _SNOWPLOW_CALLS, _snowplow_fields, invalid, mode=mode, **more)


SDKS = [
    _snowplow("snowplow_python.py", "post"),
    _snowplow("snowplow_python.py", "get"),
    _snowplow("snowplow_node.mjs", "post"),
    _snowplow("snowplow_node.mjs", "get"),
    _snowplow("phones/snowplow.mjs", "post"),
    _snowplow("phones/snowplow.mjs", "get"),
    _snowplow("snowplow_ruby.rb", "post", repeats=False, found_by=_RUBY),
    _snowplow("snowplow_ruby.rb", "get", repeats=False, found_by=_RUBY),
]
BROWSER_SDKS = [
    _snowplow("browsers/snowplow.mjs", "post")._replace(expected=without(_snowplow_fields, "page_url")),
]
