"""Tinybird's Events API."""

from typing import Any

from tests.sdks.cases.shape import Sdk, optional

_ROWS = [
    {"mark": "mark-0", "amount": 7, "at": "2026-11-28 13:00:00"},
    {"mark": "mark-1", "amount": 8, "at": "2026-11-28 13:00:01"},
]


def _tinybird(sender: str, **more: Any) -> Sdk:
    return Sdk(
        sender,
        "tinybird",
        [*(optional(key, "STRING") for key in ("mark", "at", "datasource")), optional("amount", "INT")],
        _ROWS,
        lambda call: {**call, "datasource": "orders"},
        {"mark": "mark-bad", "amount": "much"},
        has_ids=False,
        **more,
    )


SDKS = [
    _tinybird("tinybird_node.mjs", repeats_lost=False, needs_domain=True),
    _tinybird("tinybird_python.py", mode={"CLIENT": "tb"}, repeats=False),
    _tinybird("tinybird_python.py", mode={"CLIENT": "verdin"}, repeats=False),
]
