"""Tinybird's Events API: rows of a data source, one JSON document after another, or an array of them.

https://www.tinybird.co/docs/api-reference/events-api
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from domain.msgspec_core import Decoder, Raw, Struct
from domain.protocols.shared.making import bounded, made_of
from domain.protocols.shared.members import NULL, Event, decoded, read_array, read_event, write_events
from domain.protocols.shared.reading import ReadingWork, TooCostlyError, stripped
from domain.protocols.shared.shape import Ending, Made, Protocol, Reply, Result, Sent, Translated
from domain.protocols.shared.writing import dumps
from domain.validation.json_cuts import documents
from domain.validation.json_text import NotJsonError
from schemas.limits import MAX_EVENTS_PER_REQUEST


class _Row(Struct, gc=False):
    """What is looked at of a row."""

    datasource: Raw = NULL


_decode_row = Decoder(_Row).decode


def _translate(sent: Sent) -> Translated:
    text = stripped(sent.body)
    name = sent.query.get("name")
    return Translated(bounded(_made(Raw(dumps(name)) if name else NULL, text)))


def _made(name: Raw, text: bytes) -> Iterable[Made]:
    """Return rows with the name of their data source; they have no ids."""
    if text.startswith(b"["):
        try:
            return made_of(read_array(text), partial(_named, name))
        except NotJsonError:
            return [Made(text)]
    rows = documents(text, MAX_EVENTS_PER_REQUEST)
    return map(Made, rows) if name is NULL else _named_rows(name, rows)


def _named_rows(name: Raw, texts: Iterable[bytes]) -> Iterator[Made]:
    """Return rows by their texts, of which each gets a further member unless it has that."""
    more = b',"datasource":%b}' % name
    work = ReadingWork()
    for text in texts:
        try:
            row = decoded(text, _decode_row)
            if row is None:
                work.take(text)
                work.take_exactly(text)
        except (NotJsonError, TooCostlyError) as refused:
            yield Made(text, is_unread=type(refused) is TooCostlyError)
            continue
        if row is None or (row.datasource == NULL and (row.datasource is not NULL or b":" not in text)):
            (made,) = made_of(iter([read_event(text)]), partial(_named, name))
            made.content = text
            yield made
        elif row.datasource is NULL:
            yield Made(text[:-1] + more, content_bytes=len(text) - 1)
        else:
            yield Made(text)


def _named(name: Raw, rows: Sequence[Event]) -> Sequence[Made]:
    for row in rows:
        if name is not NULL and row.get("datasource", NULL) == NULL:
            row["datasource"] = name
    return list(map(Made, write_events(rows)))


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
