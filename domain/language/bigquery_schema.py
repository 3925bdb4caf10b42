"""A revision as the columns of a BigQuery table.

https://cloud.google.com/bigquery/docs/reference/rest/v2/tables#TableFieldSchema
"""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.data_types import ELEMENT_TYPE, MAY_STAY_AWAY, PARENT_TYPES, DataType, Presence, Protect
from schemas.stamps import EVENT_ID, EXTRA, RECEIVED_AT, REVISION_ID

Column = dict[str, Any]

# https://cloud.google.com/bigquery/docs/schemas#column_names
RESERVED_PREFIXES = (
    "_table_",
    "_file_",
    "_partition",
    "_row_timestamp",
    "__root__",
    "_colidentifier",
    "_change_",
)
"""What no column's name may begin with."""

_COLUMN_TYPES: Mapping[DataType, str] = {
    DataType.STRING: "STRING",
    DataType.INT: "INT64",
    DataType.FLOAT: "FLOAT64",
    DataType.BOOLEAN: "BOOL",
    DataType.DATETIME: "DATETIME",
    DataType.TIMESTAMP: "TIMESTAMP",
    DataType.DATE: "DATE",
    DataType.JSON: "JSON",
    DataType.OBJECT: "RECORD",
}
_ALWAYS_THERE = frozenset({Presence.REQUIRED, Presence.DEFAULT})

STAMP_COLUMNS: tuple[Column, ...] = (
    {"name": EVENT_ID, "type": "STRING", "mode": "REQUIRED", "description": "The event's own id."},
    {"name": RECEIVED_AT, "type": "TIMESTAMP", "mode": "REQUIRED", "description": "When the request arrived."},
    {
        "name": REVISION_ID,
        "type": "STRING",
        "mode": "REQUIRED",
        "description": "The revision that validated the event.",
    },
)
"""What every event begins with, before its fields."""

EXTRA_COLUMN: Column = {
    "name": EXTRA,
    "type": "JSON",
    "mode": "NULLABLE",
    "description": "What no field names, by its JSON Pointer in the event.",
}
"""The fourth stamp's, of revisions that keep it."""


def bigquery_columns(fields: Sequence[Mapping[str, Any]], additional_keys: str) -> list[Column]:
    """Return the column definitions of a revision's tree, in the order of what is delivered.

    `additional_keys` is the revision's: under `keep` there is a column for what no field names.
    """
    extra = [dict(EXTRA_COLUMN)] if additional_keys == "keep" else []
    return [*map(dict, STAMP_COLUMNS), *extra, *_columns(fields)]


def has_column(field: Mapping[str, Any]) -> bool:
    """Say whether anything of a field can be stored: not of one that is redacted, nor of an object of such alone."""
    if field.get("protect") == Protect.REDACT:
        return False
    return field["type"] not in PARENT_TYPES or any(map(has_column, field["fields"]))


def _columns(fields: Sequence[Mapping[str, Any]]) -> list[Column]:
    return [_column(field) for field in fields if has_column(field)]


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
        column["fields"] = _columns(field["fields"])
    return column


def _mode(field: Mapping[str, Any], data_type: DataType) -> str:
    if data_type in ELEMENT_TYPE:
        return "REPEATED"
    if "when" in field or field.get("protect") in MAY_STAY_AWAY:
        return "NULLABLE"
    return "REQUIRED" if field.get("presence", Presence.REQUIRED) in _ALWAYS_THERE else "NULLABLE"
