"""The one table of an environment: made if it is not there, never anyone else's, and with a column for every field."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceAlreadyExistsError,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.table.sorting import SortField, SortOrder
from pyiceberg.transforms import DayTransform, IdentityTransform
from pyiceberg.types import NestedField, StringType, StructType, TimestamptzType

from connectors.lake.capabilities import TRIES
from connectors.lake.catalogs import OWNER, Lake, translated
from connectors.lake.columns import (
    JSON_COLUMNS,
    PARTITION,
    Fit,
    Ids,
    Missing,
    fit_columns,
    iceberg_type,
    json_fields,
    json_ids_of,
)
from domain.delivery.connectors import ColumnApart, RevisionTable, Target
from domain.errors import Undelivered
from domain.warehouses.columns import Column, warehouse_columns
from schemas.limits import MAX_LAKE_COLUMNS
from schemas.stamps import EVENT_ID, RECEIVED_AT, REVISION_ID

RETRIES = "commit.retry.num-retries"
"""Of the library, which tries again without a look for what others have added: each of our tries looks first."""

_STAMPS = Schema(
    NestedField(1, EVENT_ID, StringType(), required=True, doc="The event's own id."),
    NestedField(2, RECEIVED_AT, TimestamptzType(), required=True, doc="When the request arrived."),
    NestedField(3, REVISION_ID, StringType(), required=True, doc="The revision that validated the event."),
)
_BY_DAY = PartitionSpec(PartitionField(2, 1000, DayTransform(), PARTITION))
_BY_TIME = SortOrder(SortField(2, IdentityTransform()))


def name_of(lake: Lake, target: Target) -> tuple[str, str]:
    return lake.namespace, target.destination["table"]


def find_table(lake: Lake, target: Target) -> Table | None:
    """Return an environment's table as it is now, None if it is not there.

    Raises:
        Undelivered: also if a table of this name is not this environment's.
    """
    with translated("look at the table"):
        try:
            table = lake.catalog.load_table(name_of(lake, target))
        except (NoSuchTableError, NoSuchNamespaceError):
            return None
    owner = table.properties.get(OWNER)
    if owner != target.environment_id:
        whose = "is none of an environment" if owner is None else "belongs to another environment"
        message = f"The table {target.destination['table']} is there already and {whose}; name another `table`."
        raise Undelivered(message, retryable=False)
    return table


def ensure_table(lake: Lake, target: Target) -> Table:
    """Return an environment's table, made if it is not there."""
    found = find_table(lake, target)
    if found is None:
        _make(lake, target.destination["table"], target.environment_id)
        found = find_table(lake, target)
    if found is None:
        raise Undelivered("The table is being made; it can't be seen yet.")
    if found.properties.get(RETRIES) != "0":
        with translated("set the table's properties"):
            found = found.transaction().set_properties({RETRIES: "0"}).commit_transaction()
    return found


def _make(lake: Lake, name: str, environment_id: str) -> None:
    with translated("make the table"):
        with suppress(NamespaceAlreadyExistsError):
            lake.catalog.create_namespace(lake.namespace)
        with suppress(TableAlreadyExistsError):
            lake.catalog.create_table(
                (lake.namespace, name),
                _STAMPS,
                location=f"{lake.folder}/{lake.namespace}/{name}",
                partition_spec=_BY_DAY,
                sort_order=_BY_TIME,
                properties={
                    OWNER: environment_id,
                    RETRIES: "0",
                    "format-version": "2",
                    "write.metadata.delete-after-commit.enabled": "true",
                    "write.metadata.previous-versions-max": "20",
                },
            )


def try_table(lake: Lake, name: str) -> None:
    """Make a table of this name, change it, have it looked after, and remove it with its files."""
    _make(lake, name, "")
    paths = set()
    try:
        with translated("change a table"):
            table = lake.catalog.load_table((lake.namespace, name))
            paths.add(table.metadata_location)
            paths.add(table.transaction().set_properties({OWNER: "-"}).commit_transaction().metadata_location)
        if lake.optimize is not None and lake.neglect is not None:
            lake.optimize(name)
            lake.neglect(name)
    finally:
        with translated("remove a table"):
            lake.catalog.drop_table((lake.namespace, name))
            for path in paths:
                table.io.delete(path)


def fit_of(table: Table, revision: RevisionTable) -> Fit:
    """Return how a revision fits a table as it is."""
    columns = warehouse_columns(revision.fields, revision.additional_keys)
    return fit_columns(columns, table.schema(), json_ids_of(table.properties))


def evolve(lake: Lake, target: Target, revisions: Sequence[RevisionTable]) -> tuple[Table, list[ColumnApart]]:
    """Return the table with a column for every field of these revisions, and which fields have a column apart."""
    for _ in range(TRIES):
        table = ensure_table(lake, target)
        apart: list[ColumnApart] = []
        try:
            for revision in revisions:
                fit = fit_of(table, revision)
                if fit.missing:
                    _check_room(table, fit.missing)
                    with translated("add columns to the table"):
                        table = _add(table, fit.missing)
                apart += fit.apart
        except CommitFailedException:
            continue
        return table, apart
    raise Undelivered("Others keep changing the table.")


def _check_room(table: Table, missing: Sequence[Missing]) -> None:
    """Raise `Undelivered`, not to be tried again, if the table would have too many columns."""
    columns = _count(table.schema()) + sum(_columns_of(one.column) for one in missing)
    if columns > MAX_LAKE_COLUMNS:
        message = f"The table would have {columns:,} columns; it can have {MAX_LAKE_COLUMNS:,}."
        raise Undelivered(message, retryable=False)


def _count(fields: Any) -> int:
    """Return how many columns fields of a schema, or of a struct, are with those inside objects."""
    held = [getattr(field.field_type, "element_type", field.field_type) for field in fields.fields]
    return sum(1 + (_count(one) if isinstance(one, StructType) else 0) for one in held)


def _columns_of(column: Column) -> int:
    return 1 + sum(map(_columns_of, column.fields))


def _add(table: Table, missing: Sequence[Missing]) -> Table:
    """Add columns, and note which of them hold JSON, in one commit."""
    transaction = table.transaction()
    ids = Ids()
    with transaction.update_schema() as update:
        for one in missing:
            path = (*one.path, one.name)
            update.add_column(path, iceberg_type(one.column, ids), one.column.description or None, required=False)
    schema = transaction.table_metadata.schema()
    json_ids = set(json_ids_of(table.properties))
    for one in missing:
        json_ids.update(json_fields(one.column, _field_at(schema, (*one.path, one.name))))
    if json_ids:
        text = ",".join(str(number) for number in sorted(json_ids))
        transaction.set_properties({JSON_COLUMNS: text})
    return transaction.commit_transaction()


def _field_at(schema: Any, path: Sequence[str]) -> NestedField:
    fields = schema.fields
    field = None
    for name in path:
        field = next(one for one in fields if one.name == name)
        held = getattr(field.field_type, "element_type", field.field_type)
        fields = getattr(held, "fields", ())
    assert field is not None
    return field
