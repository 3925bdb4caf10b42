"""What answers say, in few words."""

from collections.abc import Mapping
from typing import Any

import httpx


def document_of(answer: httpx.Response) -> dict[str, Any]:
    """Return the JSON object of an answer; an empty one where there is none."""
    try:
        document = answer.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def kind_of(answer: httpx.Response) -> str:
    return f"{len(answer.content)} bytes of {answer.headers.get('Content-Type')}"


def sums_of(totals: Mapping[str, Any]) -> str:
    """Return the terms of the ledger that usage tells."""
    names = ("accepted", "delivered", "repeats", "in_flight", "set_aside")
    return ", ".join(f"{name} {totals[name]}" for name in names if name in totals)
