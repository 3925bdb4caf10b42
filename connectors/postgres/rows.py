"""From a delivered line to a row as COPY reads it, and the SQL that makes values of each column's type of it.

A line is copied as the text that it is. Postgres reads its numbers digit by digit, and says what it can't store.
https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2
https://www.postgresql.org/docs/current/functions-json.html#FUNCTIONS-JSON-PROCESSING
"""

from collections.abc import Callable, Sequence

import orjson

from connectors.postgres.columns import Placed
from domain.delivery.batching import Event
from domain.warehouses.quoting import double_quoted
from schemas.limits import MAX_POSTGRES_NAME_BYTES

NO_TEXT = "The line is no text."

_IN_SECONDS = "bigint"
_ESCAPES = ((b"\\", b"\\\\"), (b"\t", b"\\t"), (b"\r", b"\\r"))


def is_text(line: bytes) -> bool:
    """Say whether COPY can read a line at all; every line is one that ingest wrote."""
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return b"\x00" not in line


def row_of(number: int, event: Event, rename: Callable[[bytes], bytes] | None) -> bytes:
    """Return an event as a row of the staging table: its number, its id and its line."""
    line = event.line if rename is None else rename(event.line)
    return b"%d\t%b\t%b\n" % (number, _escaped(event.stamps.event_id.encode()), _escaped(line))


def renaming(placed: Sequence[Placed]) -> Callable[[bytes], bytes] | None:
    """Return what gives keys that are too long for a name of Postgres a shorter one; None where there is none."""
    names = {place.column.name: _key(at, place) for at, place in enumerate(placed)}
    longer = {key: name for key, name in names.items() if key != name}
    if not longer:
        return None

    def rename(line: bytes) -> bytes:
        try:
            return orjson.dumps({longer.get(key, key): value for key, value in orjson.loads(line).items()})
        except (ValueError, AttributeError):
            return line  # no JSON object, which Postgres will say

    return rename


def values_of(placed: Sequence[Placed], line: str) -> tuple[str, str]:
    """Return the values of a row in the order of these columns, and what they are from; `line` is SQL for its line."""
    defined = ", ".join(f"{double_quoted(_key(at, place))} {_read_as(place)}" for at, place in enumerate(placed))
    values = ", ".join(_value(place, f"x.{double_quoted(_key(at, place))}") for at, place in enumerate(placed))
    return values, f"json_to_record({line}::json) AS x({defined})"


def _escaped(text: bytes) -> bytes:
    for special, escaped in _ESCAPES:
        text = text.replace(special, escaped)
    return text


def _key(at: int, place: Placed) -> str:
    """Return what a value is called within a line; `#` is in no key of a field."""
    key = place.column.name
    return key if len(key.encode()) <= MAX_POSTGRES_NAME_BYTES else f"#{at}"


def _read_as(place: Placed) -> str:
    """Return the type that a value has in a line."""
    if not place.column.in_seconds:
        return place.type
    return f"{_IN_SECONDS}[]" if place.column.is_array else _IN_SECONDS


def _value(place: Placed, value: str) -> str:
    if not place.column.in_seconds:
        return value
    if not place.column.is_array:
        return f"to_timestamp({value})"
    each = f"SELECT to_timestamp(e.at) FROM unnest({value}) WITH ORDINALITY AS e(at, place) ORDER BY e.place"
    return f"CASE WHEN {value} IS NOT NULL THEN ARRAY({each}) END"
