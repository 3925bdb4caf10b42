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
"""What every event begins with, before its data maps."""


def bigquery_columns(data_maps: Sequence[Mapping[str, Any]]) -> list[Column]:
    """Return the column definitions of a stored tree, in the order of what is delivered."""
    return [*map(dict, STAMP_COLUMNS), *map(_column, data_maps)]


def _column(data_map: Mapping[str, Any]) -> Column:
    data_type = DataType(data_map["type"])
    column: Column = {
        "name": data_map["key"],
        "type": _COLUMN_TYPES[ELEMENT_TYPE.get(data_type, data_type)],
        "mode": _mode(data_map, data_type),
    }
    if data_map.get("description"):
        column["description"] = data_map["description"]
    if data_type in PARENT_TYPES:
        column["fields"] = list(map(_column, data_map["children"]))
    return column


def _mode(data_map: Mapping[str, Any], data_type: DataType) -> str:
    if data_type in ELEMENT_TYPE:
        return "REPEATED"
    return "REQUIRED" if data_map.get("presence", Presence.REQUIRED) in _ALWAYS_THERE else "NULLABLE"
