"""Queries that anyone wants first, each with its days, its types and each event once."""

from collections.abc import Sequence
from typing import NamedTuple

from domain.queries.readable import Readable
from domain.warehouses.columns import Column
from schemas.data_types import DataType
from schemas.stamps import EVENT_ID, RECEIVED_AT, REVISION_ID, STAMP_KEYS

_REPEAT = "_partition_repeat"
"""A name that no field can have."""
_WEEK = 7
_SLACK_DAYS = 2
"""A partition may be a day older than what is in it, and the engine's day another than that of UTC."""
_ROWS = 100
_VALUES = 20
_COUNTED = (DataType.STRING, DataType.BOOLEAN, DataType.INT)
"""Types whose most frequent values say something, the best first."""


class Query(NamedTuple):
    title: str
    sql: str


def queries_of(readable: Readable, columns: Sequence[Column]) -> list[Query]:
    """Return queries over the columns of a revision."""
    quoted, day = readable.dialect.quoted, readable.dialect.day
    received, revision = quoted(RECEIVED_AT), quoted(REVISION_ID)
    selected = ",\n".join(f"  {_named(readable, column)}" for column in columns)
    found = [
        Query(
            f"The newest {_ROWS} events of the last day",
            f"SELECT\n{selected}\n{_rows(readable, 1, typed=True)}\nORDER BY {received} DESC\nLIMIT {_ROWS};\n",
        ),
        Query(
            "Events of each day",
            f"SELECT {day.format(received)} AS {quoted('day')}, COUNT(*) AS {quoted('events')}\n"
            f"{_rows(readable, _WEEK)}\nGROUP BY 1\nORDER BY 1;\n",
        ),
        Query(
            "Events of each revision",
            f"SELECT {revision}, COUNT(*) AS {quoted('events')}, MIN({received}) AS {quoted('first')}, "
            f"MAX({received}) AS {quoted('newest')}\n{_rows(readable, _WEEK)}\nGROUP BY 1\nORDER BY 4 DESC;\n",
        ),
    ]
    counted = _counted(columns)
    if counted is not None:
        value = quoted(readable.names.get(counted.name, counted.name))
        found.append(
            Query(
                f"The most frequent values of {counted.name}",
                f"SELECT {value} AS {quoted('value')}, COUNT(*) AS {quoted('events')}\n"
                f"{_rows(readable, _WEEK, typed=True)}\nGROUP BY 1\nORDER BY 2 DESC\nLIMIT {_VALUES};\n",
            )
        )
    return found


def _counted(columns: Sequence[Column]) -> Column | None:
    for kind in _COUNTED:
        for column in columns:
            if column.type == kind and not column.is_array and column.name not in STAMP_KEYS:
                return column
    return None


def _named(readable: Readable, column: Column) -> str:
    name = readable.names.get(column.name, column.name)
    quoted = readable.dialect.quoted
    return quoted(name) if name == column.name else f"{quoted(name)} AS {quoted(column.name)}"


def _rows(readable: Readable, days: int, *, typed: bool = False) -> str:
    """Return what stands after the columns of a query: the rows of the last days, each event once."""
    quoted = readable.dialect.quoted
    received = quoted(RECEIVED_AT)
    relation = readable.typed if typed and readable.typed is not None else readable.relation
    conditions = [f"{received} >= {readable.dialect.ago.format(days)}"]
    if readable.partition is not None:
        conditions.insert(0, readable.partition.format(days + _SLACK_DAYS))
    where = "\n  AND ".join(conditions)
    if not readable.has_copies:
        return f"FROM {relation}\nWHERE {where}"
    copies = f"ROW_NUMBER() OVER (PARTITION BY {quoted(EVENT_ID)} ORDER BY {received}) AS {quoted(_REPEAT)}"
    inner = where.replace("\n", "\n  ")
    return f"FROM (\n  SELECT *, {copies}\n  FROM {relation}\n  WHERE {inner}\n) AS events\nWHERE {quoted(_REPEAT)} = 1"
