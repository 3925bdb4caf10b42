"""From a delivered line to a row: what JSON says in another way than BigQuery reads it.

A TIMESTAMP of whole seconds is a number here and text there; those of the other formats are text here, too. BigQuery's
row-by-row interface reads numbers as doubles, so that an INT beyond 2^53 has to go as text to stay exact, and takes a
value of type JSON as its text. Load jobs read numbers as they are, and a value of type JSON as itself: its text, of an
object or of a string, would become a JSON string.
https://docs.cloud.google.com/bigquery/docs/loading-data-cloud-storage-json
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from domain.language.bigquery_schema import has_column
from schemas.data_types import ELEMENT_TYPE, DataType, TimestampFormat
from schemas.stamps import EXTRA

Row = dict[str, Any]
Convert = Callable[[Row], None]
Change = Callable[[Any], Any]

_EXACT = 2**53
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reading:
    """How an interface of BigQuery reads rows."""

    exact_integers: bool
    """Whether large integers have to be text."""
    json_columns_as_text: bool
    """Whether a value of type JSON has to be its text, in a column of its own that is not repeated."""
    inner_json_as_text: bool
    """The same of JSON in arrays and records."""


INSERT_ALL = Reading(exact_integers=True, json_columns_as_text=True, inner_json_as_text=True)
LOAD_JOB = Reading(exact_integers=False, json_columns_as_text=False, inner_json_as_text=False)
# The emulator takes JSON by both ways alike: a bare string in a column of its own is text to it, anywhere else a value.
EMULATED_INSERT_ALL = Reading(exact_integers=True, json_columns_as_text=True, inner_json_as_text=False)
EMULATED_LOAD_JOB = Reading(exact_integers=False, json_columns_as_text=True, inner_json_as_text=False)


def reading(mode: str, *, is_emulated: bool) -> Reading:
    """Return how rows are read in a destination's mode, `stream` or `load`."""
    if mode == "stream":
        return EMULATED_INSERT_ALL if is_emulated else INSERT_ALL
    return EMULATED_LOAD_JOB if is_emulated else LOAD_JOB


def converter(fields: Sequence[Mapping[str, Any]], additional_keys: str, read: Reading) -> Convert | None:
    """Return what changes a row of a revision in place; None if its rows need no change."""
    steps = _steps(fields, read, read.json_columns_as_text)
    if additional_keys == "keep" and read.json_columns_as_text:
        steps.append((EXTRA, _json_text))
    return _all_of(steps, [field["key"] for field in fields if not has_column(field)])


def _steps(fields: Sequence[Mapping[str, Any]], read: Reading, json_as_text: bool) -> list[tuple[str, Change]]:
    found = ((field["key"], _change(field, read, json_as_text)) for field in fields if has_column(field))
    return [(key, change) for key, change in found if change is not None]


def _all_of(steps: Sequence[tuple[str, Change]], without_column: Sequence[str]) -> Convert | None:
    if not steps and not without_column:
        return None

    def convert(row: Row) -> None:
        for key, change in steps:
            value = row.get(key)
            if value is not None:
                row[key] = change(value)
        for key in without_column:
            row.pop(key, None)

    return convert


def _change(field: Mapping[str, Any], read: Reading, json_as_text: bool) -> Change | None:
    data_type = DataType(field["type"])
    element = ELEMENT_TYPE.get(data_type, data_type)
    change: Change | None = None
    if element is DataType.OBJECT:
        steps = _steps(field["fields"], read, read.inner_json_as_text)
        inner = _all_of(steps, [child["key"] for child in field["fields"] if not has_column(child)])
        change = None if inner is None else _in_place(inner)
    elif element is DataType.TIMESTAMP:
        if field.get("format", TimestampFormat.UNIX_SECONDS) == TimestampFormat.UNIX_SECONDS:
            change = timestamp_text
    elif element is DataType.INT and read.exact_integers:
        change = _exact_integer
    elif element is DataType.JSON and (json_as_text if data_type is element else read.inner_json_as_text):
        change = _json_text
    return change if change is None or data_type is element else _each(change)


def _in_place(convert: Convert) -> Change:
    def change(value: Row) -> Row:
        convert(value)
        return value

    return change


def _each(change: Change) -> Change:
    return lambda values: [change(value) for value in values]


def _exact_integer(value: int) -> int | str:
    return value if -_EXACT <= value <= _EXACT else str(value)


def _json_text(value: Any) -> str:
    return orjson.dumps(value).decode()


def timestamp_text(seconds: int) -> str:
    """Return a moment as BigQuery reads it, for all of the years 1 to 9999."""
    moment = _EPOCH + timedelta(seconds=seconds)
    return moment.replace(tzinfo=None).isoformat() + "Z"
