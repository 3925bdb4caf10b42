"""A revision as the columns of a BigQuery table.

https://cloud.google.com/bigquery/docs/reference/rest/v2/tables#TableFieldSchema
"""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.data_types import ELEMENT_TYPE, PARENT_TYPES, DataType, Presence
from schemas.stamps import EVENT_ID, RECEIVED_AT, REVISION_ID

Column = dict[str, Any]

_COLUMN_TYPES: Mapping[DataType, str] = {
    DataType.STRING: "STRING",
    DataType.INT: "INT64",
    DataType.FLOAT: "FLOAT64",
    DataType.BOOLEAN: "BOOL",
    DataType.DATETIME: "DATETIME",
    DataType.TIMESTAMP: "TIMESTAMP",
    DataType.OBJECT: "RECORD",
}
_ALWAYS_THERE = frozenset({Presence.REQUIRED, Presence.DEFAULT})

STAMP_COLUMNS: tuple[Column, ...] = (
    {"name": EVENT_ID, "type": "STRING", "mode": "REQUIRED", "description": "The event's own id."},
    {"name": RECEIVED_AT, "type": "TIMESTAMP", "mode": "REQUIRED", "description": "When the request arrived."},
    {"name": REVISION_ID, "type": "STRING", "mode": "REQUIRED", "description": "The revision that judged the event."},
)
"""What every event begins with, before its fields."""


def bigquery_columns(fields: Sequence[Mapping[str, Any]]) -> list[Column]:
    """Return the column definitions of a stored tree, in the order of what is delivered."""
    return [*map(dict, STAMP_COLUMNS), *map(_column, fields)]


def _column(field: Mapping[str, Any]) -> Column:
    data_type = DataType(field["type"])
    column: Column = {
        "name": field["key"],
        "type": _COLUMN_TYPES[ELEMENT_TYPE.get(data_type, data_type)],
        "mode": _mode(field, data_type),
    }
    if field.get("description"):
        column["description"] = field["description"]
    if data_type in PARENT_TYPES:
        column["fields"] = list(map(_column, field["fields"]))
    return column


def _mode(field: Mapping[str, Any], data_type: DataType) -> str:
    if data_type in ELEMENT_TYPE:
        return "REPEATED"
    return "REQUIRED" if field.get("presence", Presence.REQUIRED) in _ALWAYS_THERE else "NULLABLE"
