"""The inputs of the benchmarks: a small flat event, a medium nested one, and a batch of a hundred."""

import json
from typing import Any

SMALL_MAPS: list[dict[str, Any]] = [
    {
        "key": "event",
        "type": "STRING",
        "presence": "required",
        "rules": [{"rule": "one_of", "value": ["page_view", "click", "submit", "purchase"]}],
    },
    {
        "key": "user_id",
        "type": "STRING",
        "presence": "required",
        "rules": [{"rule": "regex", "value": "[a-z0-9-]{1,64}"}],
    },
    {"key": "session", "type": "STRING", "presence": "required"},
    {"key": "at", "type": "DATETIME", "presence": "required"},
    {"key": "page", "type": "STRING", "presence": "required"},
    {"key": "title", "type": "STRING", "presence": "optional"},
    {
        "key": "scroll",
        "type": "FLOAT",
        "presence": "optional",
        "rules": [{"rule": "min_value", "value": 0}, {"rule": "max_value", "value": 1}],
    },
    {"key": "visits", "type": "INT", "presence": "optional", "rules": [{"rule": "min_value", "value": 1}]},
    {"key": "logged_in", "type": "BOOLEAN", "presence": "default", "default": False},
    {"key": "screen", "type": "STRING", "presence": "optional"},
]

SMALL_EVENT: dict[str, Any] = {
    "event": "page_view",
    "user_id": "u-8842198841",
    "session": "5f0c1f9e-88a1-4a52-b6c1",
    "at": "2026-11-02 10:11:12.345",
    "page": "https://shop.example.com/products/1234?ref=mail",
    "title": "Blue running shoes, size 42, sale",
    "scroll": 0.64,
    "visits": 17,
    "logged_in": True,
    "screen": "1920x1080",
}

_ITEM_MAPS: list[dict[str, Any]] = [
    {
        "key": "sku",
        "type": "STRING",
        "presence": "required",
        "rules": [{"rule": "regex", "value": "[A-Z]{2}-[0-9]{5}"}],
    },
    {"key": "name", "type": "STRING", "presence": "required", "rules": [{"rule": "max_length", "value": 200}]},
    {"key": "quantity", "type": "INT", "presence": "required", "rules": [{"rule": "min_value", "value": 1}]},
    {"key": "price", "type": "FLOAT", "presence": "required", "rules": [{"rule": "min_value", "value": 0}]},
    {"key": "tags", "type": "ARRAY_STRING", "presence": "optional", "rules": [{"rule": "max_items", "value": 10}]},
]

MEDIUM_MAPS: list[dict[str, Any]] = [
    *SMALL_MAPS,
    {"key": "order_id", "type": "STRING", "presence": "required"},
    {"key": "ordered_at", "type": "TIMESTAMP", "presence": "required"},
    {
        "key": "currency",
        "type": "STRING",
        "presence": "required",
        "rules": [{"rule": "one_of", "value": ["EUR", "USD", "GBP"]}],
    },
    {"key": "total", "type": "FLOAT", "presence": "required"},
    {"key": "items", "type": "ARRAY_OBJECT", "presence": "required", "fields": _ITEM_MAPS},
    {
        "key": "customer",
        "type": "OBJECT",
        "presence": "required",
        "fields": [
            {"key": "id", "type": "STRING", "presence": "required"},
            {
                "key": "email_hash",
                "type": "STRING",
                "presence": "optional",
                "rules": [{"rule": "regex", "value": "[0-9a-f]{64}"}],
            },
            {"key": "since", "type": "DATETIME", "presence": "optional"},
            {
                "key": "address",
                "type": "OBJECT",
                "presence": "optional",
                "fields": [
                    {"key": "country", "type": "STRING", "presence": "required"},
                    {"key": "city", "type": "STRING", "presence": "optional"},
                    {"key": "postcode", "type": "STRING", "presence": "optional"},
                ],
            },
        ],
    },
    {"key": "experiment_ids", "type": "ARRAY_INT", "presence": "optional"},
    {"key": "scores", "type": "ARRAY_FLOAT", "presence": "optional"},
]

MEDIUM_EVENT: dict[str, Any] = {
    **SMALL_EVENT,
    "order_id": "ord-2026-11-02-000184467",
    "ordered_at": 1_793_614_272,
    "currency": "EUR",
    "total": 431.75,
    "items": [
        {
            "sku": f"RS-{10_000 + number}",
            "name": f"Running shoe, blue, size {36 + number}, with reflecting laces",
            "quantity": 1 + number % 3,
            "price": 59.9 + number,
            "tags": ["shoes", "blue", "sale"],
        }
        for number in range(9)
    ],
    "customer": {
        "id": "cus-0042871",
        "email_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "since": "2019-04-01T08:30:00",
        "address": {"country": "DE", "city": "Freiburg im Breisgau", "postcode": "79098"},
    },
    "experiment_ids": [12, 77, 1041, 2203],
    "scores": [0.12, 0.98, 0.5, 0.31],
}

FAULTY_MEDIUM_EVENT: dict[str, Any] = {
    **MEDIUM_EVENT,
    "event": "unheard_of",
    "user_id": "NOT LOWER CASE",
    "at": "2026-02-30 10:11:12",
    "scroll": 7,
    "visits": "17",
    "currency": "Euro",
    "total": None,
    "logged_in": "yes",
}
"""The medium event with eight faults."""


def text(event: object) -> bytes:
    """Return JSON as browsers write it: without spaces, not escaped."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


SMALL = text(SMALL_EVENT)
MEDIUM = text(MEDIUM_EVENT)
FAULTY_MEDIUM = text(FAULTY_MEDIUM_EVENT)
LARGE = text([{**SMALL_EVENT, "visits": number + 1} for number in range(100)])
