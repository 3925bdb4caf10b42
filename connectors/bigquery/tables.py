"""The data set and the tables: made if they are not there, and never anyone else's."""

from collections.abc import Sequence
from typing import Any

from google.api_core import exceptions
from google.cloud import bigquery

from connectors.bigquery.failures import NO_RETRY, MissingTable, translated
from domain.delivery.connectors import RevisionTable, Target
from domain.errors import Undelivered
from domain.language.bigquery_schema import bigquery_columns
from schemas.stamps import RECEIVED_AT

CALL_SECONDS = 10.0
_OWNER = "ingest_environment"
"""The label by which a table says whose it is."""


def dataset_id(target: Target) -> str:
    return f"{target.destination['project']}.{target.destination['dataset']}"


def table_id(target: Target, name: str) -> str:
    return f"{dataset_id(target)}.{name}"


def find_dataset(client: bigquery.Client, target: Target) -> bigquery.Dataset | None:
    """Return the data set, None if there is none; `Undelivered` if it is somewhere else than the destination says."""
    try:
        with translated("look at the data set"):
            found = client.get_dataset(dataset_id(target), retry=NO_RETRY, timeout=CALL_SECONDS)
    except MissingTable:
        return None
    location = target.destination["location"]
    if found.location and found.location.upper() != location.upper():
        message = f"The data set is in {found.location}, not in {location}; name its location."
        raise Undelivered(message, retryable=False)
    return found


def ensure_dataset(client: bigquery.Client, target: Target) -> None:
    """Make the data set if it is not there."""
    if find_dataset(client, target) is None:
        dataset = bigquery.Dataset(dataset_id(target))
        dataset.location = target.destination["location"]
        with translated("make the data set"):
            client.create_dataset(dataset, exists_ok=True, retry=NO_RETRY, timeout=CALL_SECONDS)


def ensure_table(client: bigquery.Client, target: Target, table: RevisionTable) -> None:
    """Make a revision's table if it is not there; of one that is, bring the descriptions up to date.

    A finalised revision never changes, so neither do its columns.

    Raises:
        Undelivered: also if a table of this name is not this environment's.
    """
    wanted = definition(target, table.name, columns(table))
    wanted.description = f"Events under revision {table.revision_name} ({table.revision_id})."
    with translated("make the table"):
        try:
            client.create_table(wanted, retry=NO_RETRY, timeout=CALL_SECONDS)
        except exceptions.Conflict:
            try:
                found = client.get_table(wanted.reference, retry=NO_RETRY, timeout=CALL_SECONDS)
            except exceptions.NotFound as error:
                raise Undelivered(f"{table.name} is being made; it can't be seen yet.") from error
            check_owner(target, found)


def check_owner(target: Target, found: bigquery.Table) -> None:
    """Raise `Undelivered` if a table or view is not this environment's."""
    owner = (found.labels or {}).get(_OWNER)
    if owner != target.environment_id:
        whose = "is none of an environment" if owner is None else "belongs to another environment"
        message = f"{found.table_id} is there already and {whose}; name another `table`."
        raise Undelivered(message, retryable=False)


def definition(target: Target, name: str, schema: Sequence[bigquery.SchemaField]) -> bigquery.Table:
    """Return a table as it is to be made."""
    destination = target.destination
    table = bigquery.Table(table_id(target, name), schema=schema)
    table.time_partitioning = bigquery.TimePartitioning(type_=destination["partitioning"], field=RECEIVED_AT)
    table.require_partition_filter = destination["require_partition_filter"]
    table.labels = labels(target)
    return table


def labels(target: Target) -> dict[str, str]:
    return {_OWNER: target.environment_id} if target.environment_id else {}


def columns(table: RevisionTable) -> list[bigquery.SchemaField]:
    return [_field(column) for column in bigquery_columns(table.fields, table.additional_keys)]


def _field(column: dict[str, Any]) -> bigquery.SchemaField:
    return bigquery.SchemaField(
        column["name"],
        column["type"],
        mode=column["mode"],
        fields=[_field(inner) for inner in column.get("fields", ())],
        **({"description": column["description"]} if "description" in column else {}),
    )
