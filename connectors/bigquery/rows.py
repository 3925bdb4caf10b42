"""From a delivered line to a row: what JSON says in another way than BigQuery reads it.

A TIMESTAMP is a number of seconds here and text there. BigQuery's row-by-row interface reads numbers as doubles, so
that an INT beyond 2^53 has to go as text to stay exact; load jobs read numbers as they are.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.data_types import ELEMENT_TYPE, DataType

Row = dict[str, Any]
Convert = Callable[[Row], None]

_EXACT = 2**53
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def converter(fields: Sequence[Mapping[str, Any]], *, exact_integers: bool) -> Convert | None:
    """Return what changes a row in place; None if rows under these fields need no change.

    `exact_integers`: whether large ones are written as text.
    """
    steps = [step for field in fields if (step := _step(field, exact_integers)) is not None]
    if not steps:
        return None

    def convert(row: Row) -> None:
        for key, change in steps:
            value = row.get(key)
            if value is not None:
                row[key] = change(value)

    return convert


def _step(field: Mapping[str, Any], exact_integers: bool) -> tuple[str, Callable[[Any], Any]] | None:
    data_type = DataType(field["type"])
    element = ELEMENT_TYPE.get(data_type, data_type)
    change: Callable[[Any], Any] | None = None
    if element is DataType.OBJECT:
        inner = converter(field["fields"], exact_integers=exact_integers)
        change = None if inner is None else _in_place(inner)
    elif element is DataType.TIMESTAMP:
        change = timestamp_text
    elif element is DataType.INT and exact_integers:
        change = _exact_integer
    if change is None:
        return None
    return field["key"], change if data_type is element else _each(change)


def _in_place(convert: Convert) -> Callable[[Any], Any]:
    def change(value: Row) -> Row:
        convert(value)
        return value

    return change


def _each(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda values: [change(value) for value in values]


def _exact_integer(value: int) -> int | str:
    return value if -_EXACT <= value <= _EXACT else str(value)


def timestamp_text(seconds: int) -> str:
    """Return a moment as BigQuery reads it, for all of the years 1 to 9999."""
    moment = _EPOCH + timedelta(seconds=seconds)
    return moment.replace(tzinfo=None).isoformat() + "Z"
