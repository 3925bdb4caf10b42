"""A revision as columns of a warehouse's table: the one place that every engine's types are made from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from domain.language.bigquery_schema import has_column
from schemas.data_types import ELEMENT_TYPE, PARENT_TYPES, DataType, TimestampFormat
from schemas.stamps import EVENT_ID, EXTRA, RECEIVED_AT, REVISION_ID


@dataclass(frozen=True, slots=True)
class Column:
    """A value of a delivered line.

    `type` is that of one value, or of each element where `is_array`. `in_seconds`: a TIMESTAMP that is delivered as a
    number of seconds; all others are RFC 3339 in UTC. `fields` are those of an OBJECT.
    """

    name: str
    type: DataType
    is_array: bool = False
    in_seconds: bool = False
    fields: tuple["Column", ...] = ()
    description: str = ""

    @property
    def shape(self) -> tuple[Any, ...]:
        """What decides which type the column has; a description does not."""
        return self.type, self.is_array, self.in_seconds, tuple((field.name, field.shape) for field in self.fields)


_STAMPS = (
    Column(EVENT_ID, DataType.STRING, description="The event's own id."),
    Column(RECEIVED_AT, DataType.TIMESTAMP, description="When the request arrived."),
    Column(REVISION_ID, DataType.STRING, description="The revision that validated the event."),
)
_EXTRA = Column(EXTRA, DataType.JSON, description="What no field names, by its JSON Pointer in the event.")


def warehouse_columns(fields: Sequence[Mapping[str, Any]], additional_keys: str) -> list[Column]:
    """Return the columns of a revision's tree, in the order of what is delivered.

    `additional_keys` is the revision's: under `keep` there is a column for what no field names.
    """
    extra = [_EXTRA] if additional_keys == "keep" else []
    return [*_STAMPS, *extra, *_columns(fields)]


def names_for(column: Column) -> Iterator[str]:
    """Yield what a column may be called in a table of all revisions: by its key, then as a column apart.

    The first name is the column's whose type in the table is its own, or that is free.
    """
    yield column.name
    apart = f"{column.name}__{'array_' if column.is_array else ''}{column.type.lower()}"
    yield apart
    yield from (f"{apart}_{number}" for number in count(2))


@dataclass(frozen=True, slots=True)
class Change:
    """From one revision's columns to another's.

    `after` is the later revision's columns, then `kept`: those that only the earlier one has.
    """

    after: list[Column]
    kept: list[Column]
    added: list[Column]
    retyped: list[tuple[Column, Column]]
    """Columns of both whose shapes differ: the earlier and the later one."""


def compare_columns(before: Sequence[Column], after: Sequence[Column]) -> Change:
    """Return what a table that has the columns of one revision needs for those of another."""
    earlier = {column.name: column for column in before}
    names = {column.name for column in after}
    kept = [column for column in before if column.name not in names]
    return Change(
        after=[*after, *kept],
        kept=kept,
        added=[column for column in after if column.name not in earlier],
        retyped=[
            (earlier[column.name], column)
            for column in after
            if column.name in earlier and earlier[column.name].shape != column.shape
        ],
    )


def _columns(fields: Sequence[Mapping[str, Any]]) -> list[Column]:
    return [_column(field) for field in fields if has_column(field)]


def _column(field: Mapping[str, Any]) -> Column:
    data_type = DataType(field["type"])
    element = ELEMENT_TYPE.get(data_type, data_type)
    return Column(
        field["key"],
        element,
        is_array=data_type in ELEMENT_TYPE,
        in_seconds=element == DataType.TIMESTAMP
        and field.get("format", TimestampFormat.UNIX_SECONDS) == TimestampFormat.UNIX_SECONDS,
        fields=tuple(_columns(field["fields"])) if data_type in PARENT_TYPES else (),
        description=field.get("description") or "",
    )
