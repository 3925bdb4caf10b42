"""What the second edition of the schema language costs, beside the first, as ratios within one process.

`python -m benchmarks.language` prints text -> validated, stamped, encoded line against `orjson.loads` + `orjson.dumps`
of the same text: for an event as Segment's libraries send them, its `properties` as fields of one kind of twenty, and
as JSON; then for the events of `benchmarks.intake`, in a revision of either edition; then each word by itself.
"""

import json
from collections.abc import Mapping
from time import process_time
from typing import Any

import orjson

from benchmarks.intake import line_maker, revision_document
from benchmarks.measuring import medians
from benchmarks.samples import LARGE, MEDIUM, MEDIUM_MAPS, SMALL, SMALL_MAPS
from domain.validation.revision import CompiledRevision
from schemas.items import RevisionDocument

SEGMENT_EVENT: dict[str, Any] = {
    "anonymousId": "23adfd82-aa0f-45a7-a756-24f2a7a4c895",
    "context": {
        "app": {"name": "InitechGlobal", "version": "545", "build": "3.0.1.545"},
        "campaign": {"name": "TPS Innovation Newsletter", "source": "Newsletter", "medium": "email"},
        "ip": "203.0.113.7",
        "library": {"name": "analytics.js", "version": "2.11.1"},
        "locale": "en-US",
        "page": {"path": "/academy/", "title": "Analytics Academy", "url": "https://example.com/academy/"},
        "screen": {"width": 1440, "height": 900, "density": 2.5},
        "timezone": "Europe/Amsterdam",
        "userAgent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_5) AppleWebKit/537.36 Chrome/40.0 Safari/537.36",
    },
    "event": "Order Completed",
    "integrations": {"All": True},
    "messageId": "ajs-022bb90c-bbac-11e4-8dfc-aa07a5b093db",
    "properties": {
        "orderId": "50314b8e9bcf000000000000",
        "total": 27.5,
        "currency": "USD",
        "products": [
            {"productId": "507f1f77bcf86cd799439011", "name": "Monopoly", "price": 19, "quantity": 1},
            {"productId": "505bd76785ebb509fc183733", "name": "Uno", "price": 3, "quantity": 2},
        ],
    },
    "originalTimestamp": "2026-11-28T19:26:21.123Z",
    "sentAt": "2026-11-28T19:26:22.004Z",
    "timestamp": "2026-11-28T19:26:21.119Z",
    "type": "track",
    "userId": "97980cfea0067",
    "couponCode": "X1",
    "writeKeyHint": "abc",
}
SEGMENT = json.dumps(SEGMENT_EVENT, separators=(",", ":")).encode()
"""Two of its root keys, `couponCode` and `writeKeyHint`, are named by no field."""

_KINDS = [f"Step {number} Viewed" for number in range(19)]


def _field(key: str, sent: str | None = None, data_type: str = "STRING", **more: Any) -> dict[str, Any]:
    return {
        "key": key,
        **({} if sent is None else {"from": sent}),
        "type": data_type,
        "presence": "optional",
        **more,
    }


def _moment(key: str, sent: str | None = None) -> dict[str, Any]:
    return _field(key, sent, "TIMESTAMP", format="rfc3339")


_COMMON: list[dict[str, Any]] = [
    _field("message_id", "messageId", presence="required"),
    _field("type", rules=[{"rule": "one_of", "value": ["track", "page", "screen", "identify", "group", "alias"]}]),
    _field("event"),
    _field("anonymous_id", "anonymousId"),
    _field("user_id", "userId"),
    _moment("timestamp"),
    _moment("sent_at", "sentAt"),
    _moment("original_timestamp", "originalTimestamp"),
    _field("ip", "/context/ip"),
    _field("locale", "/context/locale"),
    _field("user_agent", "/context/userAgent"),
    _field("timezone", "/context/timezone"),
    _field("screen_width", "/context/screen/width", "INT"),
    _field("screen_height", "/context/screen/height", "INT"),
    _field("screen_density", "/context/screen/density", "FLOAT"),
    _field("library_name", "/context/library/name"),
    _field("library_version", "/context/library/version"),
    _field("app_name", "/context/app/name"),
    _field("app_version", "/context/app/version"),
    _field("app_build", "/context/app/build"),
    _field("campaign_name", "/context/campaign/name"),
    _field("campaign_source", "/context/campaign/source"),
    _field("campaign_medium", "/context/campaign/medium"),
    _field("page_path", "/context/page/path"),
    _field("page_title", "/context/page/title"),
    _field("page_url", "/context/page/url"),
    _field("integrations", None, "JSON"),
]

_ORDER: list[dict[str, Any]] = [
    _field("order_id", "orderId", presence="required"),
    _field("total", None, "FLOAT", rules=[{"rule": "min_value", "value": 0}]),
    _field("currency"),
    _field(
        "products",
        None,
        "ARRAY_OBJECT",
        fields=[
            _field("product_id", "productId", presence="required"),
            _field("name"),
            _field("price", None, "FLOAT", rules=[{"rule": "min_value", "value": 0}]),
            _field("quantity", None, "INT", rules=[{"rule": "min_value", "value": 1}]),
        ],
    ),
]


def _of_kind(name: str, fields: list[dict[str, Any]]) -> dict[str, Any]:
    key = name.lower().replace(" ", "_")
    when = {"/type": ["track"], "/event": [name]}
    return _field(key, "properties", "OBJECT", presence="required", when=when, fields=fields)


SEGMENT_FIELDS = [
    *_COMMON,
    *(_of_kind(name, [_field("step", None, "INT"), _field("label"), _field("seen_at", "seenAt")]) for name in _KINDS),
    _of_kind("Order Completed", _ORDER),
]
SEGMENT_WITH_JSON = [*_COMMON, _field("properties", None, "JSON")]


def second_edition(fields: list[dict[str, Any]], additional_keys: str = "drop", **more: Any) -> RevisionDocument:
    return {**revision_document(fields), "edition": 2, "additional_keys": additional_keys, **more}  # type: ignore[typeddict-item]


def ratios(documents: Mapping[str, RevisionDocument], text: bytes) -> dict[str, float]:
    """Return how often `orjson.loads` + `orjson.dumps` fits into the making of a line, by each revision."""
    works = {name: line_maker(CompiledRevision(document), text) for name, document in documents.items()}
    for name, work in works.items():
        assert work(), f"{name} refuses the event"
    times = medians({"": lambda: orjson.dumps(orjson.loads(text)), **works}, process_time)
    return {name: times[name] / times[""] for name in works}


def compare_segment() -> None:
    targets = {"properties as fields of one kind of 20": 3.0, "properties as JSON": 2.2}
    documents = dict(
        zip(
            targets,
            (
                second_edition(fields, "keep", event_name=["/event", "/type"])
                for fields in (SEGMENT_FIELDS, SEGMENT_WITH_JSON)
            ),
            strict=True,
        )
    )
    (line,) = line_maker(CompiledRevision(documents["properties as fields of one kind of 20"]), SEGMENT)()
    stored = orjson.loads(line)
    assert stored["order_completed"]["products"][1]["product_id"] == "505bd76785ebb509fc183733"
    assert stored["_extra"] == {"/couponCode": "X1", "/writeKeyHint": "abc"}
    for name, ratio in ratios(documents, SEGMENT).items():
        print(f"Segment, {len(SEGMENT):,} B, {name:40} {ratio:5.2f} x orjson loads+dumps (target {targets[name]})")


def compare_editions() -> None:
    for name, fields, text in (
        ("small", SMALL_MAPS, SMALL),
        ("medium", MEDIUM_MAPS, MEDIUM),
        ("large", SMALL_MAPS, LARGE),
    ):
        found = ratios({"first": revision_document(fields), "second": second_edition(fields)}, text)
        print(f"{name:7} {len(text):6,} B   first edition {found['first']:5.2f} x   second {found['second']:5.2f} x")


def compare_words() -> None:
    """Print what each word adds to the event as JSON, read under its own keys."""
    keys = [_field(key.lower(), key) for key in SEGMENT_EVENT if isinstance(SEGMENT_EVENT[key], str)]
    pointers = [field for field in _COMMON if field.get("from", "").startswith("/")]
    moments = [
        _moment(field["key"], field["from"]) if "T19" in SEGMENT_EVENT[field["from"]] else field for field in keys
    ]
    kinds = [_of_kind(name, _ORDER) for name in [*_KINDS, "Order Completed"]]
    documents = {
        "from": second_edition(keys),
        "from, pointers": second_edition([*keys, *pointers]),
        "from, rfc3339": second_edition(moments),
        "from, when": second_edition([*keys, *kinds]),
        "from, OBJECT without when": second_edition([*keys, {**kinds[-1], "when": None}]),
        "from, JSON": second_edition([*keys, _field("properties", None, "JSON")]),
        "from, keep": second_edition([*keys, _field("properties", None, "JSON")], "keep"),
        "from, event_name": second_edition(keys, event_name=["/event", "/type"]),
    }
    for field in documents["from, OBJECT without when"]["fields"]:
        if field.get("when", 0) is None:
            del field["when"]
    for name, ratio in ratios(documents, SEGMENT).items():
        print(f"{name:30} {ratio:5.2f} x")


def main() -> None:
    compare_segment()
    compare_editions()
    compare_words()


if __name__ == "__main__":
    main()
