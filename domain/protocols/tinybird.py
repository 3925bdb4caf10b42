"""Tinybird's Events API: rows of a data source, one JSON document after another, or an array of them.

https://www.tinybird.co/docs/api-reference/events-api
"""

from collections.abc import Iterable, Mapping
from functools import partial
from itertools import starmap
from typing import Any

from domain.protocols.shared.making import bounded, unchanged
from domain.protocols.shared.reading import read_batch, read_documents, stripped
from domain.protocols.shared.shape import SHORT_CHARS, Ending, Made, Protocol, Reply, Result, Sent, Translated
from domain.protocols.shared.writing import dumps


def _translate(sent: Sent) -> Translated:
    text = stripped(sent.body)
    rows: Iterable[tuple[Any, bool, bytes]]
    if text.startswith(b"["):
        _, events, is_plain, _ = read_batch(text)
        rows = ((event, is_plain, b"") for event in events)
    else:
        rows = read_documents(text)
    return Translated(bounded(starmap(partial(_made, sent.query.get("name")), rows)))


def _made(name: str | None, row: Any, is_plain: bool, as_sent: bytes) -> Made:
    """Return a row with the name of its data source; it has no id. Its text is known where it has one of its own."""
    if type(row) is not dict:
        return unchanged(row)
    if name and row.get("datasource") is None:
        row["datasource"] = name
        is_plain = is_plain and name.isascii() and len(name) <= SHORT_CHARS  # a query may hold anything
    if is_plain and as_sent:
        return Made(b"", None, as_sent, False, row)
    return Made(dumps(row), None, as_sent, False, row if is_plain else None)


def _answer(result: Result) -> Reply:
    native = result.native
    if result.ending is not Ending.KEPT:
        headers = _headers_over_rate(native) if result.ending is Ending.OVER_RATE else {}
        return Reply(result.status, {**native, "error": native.get("message", "")}, headers=headers)
    rows = {"successful_rows": native.get("accepted", 0), "quarantined_rows": native.get("quarantined", 0)}
    return Reply(200, {**native, **rows})


def _headers_over_rate(native: Mapping[str, Any]) -> dict[str, str]:
    """Return how Tinybird's SDK for Python is told to wait: without them it asks again at once, for ever."""
    left = {"Limit": native.get("rate_limit", 0), "Remaining": 0, "Reset": native.get("retry_after", 1)}
    return {f"X-Ratelimit-{name}": str(number) for name, number in left.items()}


PROTOCOL = Protocol(
    translate=_translate,
    answer=_answer,
    key_parameters=("token",),
    is_in_lines=True,
)
