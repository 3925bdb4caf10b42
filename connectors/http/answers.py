"""What the answer of a target means for the batch that it was sent.

A target that accepts a part of a batch says so with 200 or 207 and JSON that lists the others:
`{"refused": [{"id": "evt_…", "reason": "…"}]}`, or their ids alone.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from schemas.limits import MAX_RETRY_AFTER_SECONDS

OK, MULTI_STATUS, MULTIPLE_CHOICES, BAD_REQUEST = 200, 207, 300, 400
REFUSING = frozenset({400, 413, 422})
"""Answers that are about the events of a request; all others are about the target."""
_PASSING = frozenset({408, 425, 429})
_SERVER_ERROR = 500
_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)
_MAX_REASON_CHARS = 300


class Unreadable(Exception):  # noqa: N818 - an outcome
    """An answer that has to list refused events, and can't be read."""


def lists_refused(status: int, headers: Mapping[str, str]) -> bool:
    """Say whether the body of an answer may list refused events."""
    return status in {OK, MULTI_STATUS} and "json" in headers.get("content-type", "").lower()


def refused_by(status: int, headers: Mapping[str, str], body: bytes | None) -> dict[str, str]:
    """Return why events were refused, by their ids; `status` is one of 200 to 299.

    Raises:
        Unreadable: the answer may list refused events, or has to, and does not let itself be read.
    """
    if not lists_refused(status, headers):
        if status == MULTI_STATUS:
            raise Unreadable
        return {}
    if body is None:
        raise Unreadable
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("refused"), list):
        if status == MULTI_STATUS or (isinstance(document, dict) and "refused" in document):
            raise Unreadable
        return {}
    return dict(_refused(row) for row in document["refused"])


def _refused(row: Any) -> tuple[str, str]:
    if isinstance(row, str):
        return row, "The target refused it."
    if not isinstance(row, dict) or not isinstance(row.get("id"), str):
        raise Unreadable
    reason = row.get("reason")
    text = " ".join(reason.split())[:_MAX_REASON_CHARS] if isinstance(reason, str) else ""
    return row["id"], f"The target refused it: {text}" if text else "The target refused it."


def may_pass(status: int) -> bool:
    """Say whether the same request may be accepted in a moment; also one whose answer could not be read."""
    return status in _PASSING or status >= _SERVER_ERROR or status < MULTIPLE_CHOICES


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return for how many seconds a target asks to be left alone, at most `MAX_RETRY_AFTER_SECONDS`; None if not."""
    text = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), MAX_RETRY_AFTER_SECONDS)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    seconds = (at - datetime.fromtimestamp(now, UTC)).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)
