"""A view over the tables of a lake's revisions, as the Glue Data Catalog keeps those of Athena and Trino.

Its text is a comment with a description in JSON: the query, where that looks for tables, and what its columns are.
Glue documents no more than that it is one; what is in it is Trino's
https://github.com/trinodb/trino/blob/master/plugin/trino-hive/src/main/java/io/trino/plugin/hive/ViewReaderUtil.java
and what others write who make views of Athena without Athena, such as
https://github.com/iconara/terraform-aws-athena-view
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from domain.warehouses.catalog_types import hive_type, trino_type
from domain.warehouses.columns import Column, names_for
from domain.warehouses.quoting import double_quoted
from schemas.lakes import DATE_PARTITION, HOUR_PARTITION, revision_table

Names = dict[str, dict[str, str]]
"""By revision and key, what columns are called in a view over all."""

MAX_VIEW_REVISIONS = 100
MAX_VIEW_CHARS = 409_600
"""Of a view's text: https://docs.aws.amazon.com/glue/latest/webapi/API_TableInput.html"""
CATALOG = "awsdatacatalog"
"""What Athena calls the Glue Data Catalog, and so Trino has to, for a view to find its tables in both."""
_LONGEST_DATABASE = "d" * 255
_PARTITIONS = (DATE_PARTITION, HOUR_PARTITION)


class ViewColumn(NamedTuple):
    """A column of a view, and its type by Trino's names and by Hive's."""

    name: str
    trino_type: str
    hive_type: str


class View(NamedTuple):
    """A view in the database of its tables: its query, and what comes of it."""

    sql: str
    columns: Sequence[ViewColumn]


class ViewOfAll(NamedTuple):
    """A view over all revisions, or the newest of them that it has room for; their names, the newest last."""

    view: View
    names: Names


Revision = tuple[str, Sequence[Column]]
"""The id of a revision, and its columns."""


def view_of_all(table: str, newest_first: Iterable[Revision]) -> ViewOfAll | None:
    """Return the view of the newest revisions that fit; None if not even the newest does.

    No more revisions are asked for than it takes to know.
    """
    revisions = _that_may_fit(newest_first)
    found = None
    least, most = 0, len(revisions)
    count = most  # most often all of them fit
    while least < most:
        made, chars = _made(table, revisions[-count:])
        if chars <= MAX_VIEW_CHARS:
            found, least = made, count
        else:
            most = count - 1
        count = (least + most + 1) // 2
    return found


def view_text(view: View, database: str) -> str:
    """Return what Glue keeps as the original text of a view."""
    described = {
        "originalSql": view.sql,
        "catalog": CATALOG,
        "schema": database,
        "columns": [{"name": column.name, "type": column.trino_type} for column in view.columns],
        "runAsInvoker": True,  # by the rights of who asks: Trino refuses a view of an owner that it does not name
    }
    told = json.dumps(described, ensure_ascii=False, separators=(",", ":"))
    return f"/* Presto View: {b64encode(told.encode()).decode()} */"


def names_over(revisions: Mapping[str, Sequence[Column]]) -> Names:
    """Return by revision what its columns are called in a view over all: each name has one type."""
    held: dict[str, Any] = {}
    found: Names = {}
    for revision_id, columns in revisions.items():
        taken = {column.name for column in columns}
        names = found[revision_id] = {}
        for column in columns:
            for name in names_for(column):
                if name != column.name and name in taken:
                    continue
                if held.setdefault(name, _shape(column)) == _shape(column):
                    names[column.name] = name
                    taken.add(name)
                    break
    return found


def _shape(column: Column) -> tuple[Any, ...]:
    """Return what decides on the type in a file: all times are alike there."""
    return column.type, column.is_array, tuple((one.name, _shape(one)) for one in column.fields)


def _that_may_fit(newest_first: Iterable[Revision]) -> list[Revision]:
    """Return revisions that a view may have room for, the newest last: each names every column, and each has a type."""
    taken: list[Revision] = []
    names: dict[str, None] = {}
    types: set[tuple[str, str]] = set()
    name_chars = type_chars = 0
    for revision in newest_first:
        for column in revision[1]:
            if column.name not in names:
                names[column.name] = None
                name_chars += len(column.name)
            typed = column.name, trino_type(column)
            if typed not in types:
                types.add(typed)
                type_chars += len(typed[1])
        chars = (len(taken) + 1) * name_chars + type_chars
        if taken and (len(taken) == MAX_VIEW_REVISIONS or chars > MAX_VIEW_CHARS):
            break
        taken.append(revision)
    return taken[::-1]


def _made(table: str, revisions: Sequence[Revision]) -> tuple[ViewOfAll, int]:
    """Return the view over revisions, and how long its text can be at most."""
    names = names_over(dict(revisions))
    columns: dict[str, Column] = {}
    for revision_id, of_revision in revisions:
        for column in of_revision:
            columns.setdefault(names[revision_id][column.name], column)
    told = [ViewColumn(name, trino_type(column), hive_type(column)) for name, column in columns.items()]
    told += [ViewColumn(name, "varchar", "string") for name in _PARTITIONS]
    parts = []
    for revision_id, _ in revisions:
        keys = {name: key for key, name in names[revision_id].items()}
        selected = [
            f"  {double_quoted(keys[name]) if name in keys else 'NULL'} AS {double_quoted(name)}" for name in columns
        ]
        selected += [f"  {double_quoted(name)}" for name in _PARTITIONS]
        from_table = double_quoted(revision_table(table, revision_id))
        parts.append("SELECT\n" + ",\n".join(selected) + f"\nFROM {from_table}")
    view = View("\nUNION ALL\n".join(parts), told)
    return ViewOfAll(view, names), len(view_text(view, _LONGEST_DATABASE))
