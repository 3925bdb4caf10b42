"""Names in lakes that several parts have to know."""

from collections.abc import Mapping
from typing import Any

from schemas.stamps import RECEIVED_AT

DEFAULT_DATABASE = "ingest"
"""Of a lake in a bucket of a user that names none."""
MANAGED_PREFIX = "lake/"
"""Of the keys of lakes in the deployment's own bucket."""
LEDGER = "_ingest"
"""The folder that says which objects the tables hold; no organisation is called so."""
LEDGER_DAYS = 30
"""For which it says so: an object may come again as long, since dead letters are kept for 14 days."""
PROBE_NAME = "_ingest_check"
"""What the name of a table that a check makes begins with, as does its file's; the check removes both."""
PARTITION_BY_DAY = f"{RECEIVED_AT}_day"
"""What the partition of a table of Iceberg is called; no column may have its name."""
DATE_PARTITION = "_partition_date"
HOUR_PARTITION = "_partition_hour"
"""What engines call the day and the hour of a file of Parquet; no field can have their names."""


def local_namespace(organisation_id: str, database: str | None) -> str:
    """Return what the tables of a lake stand under in the catalog of one machine, which all organisations share.

    `database` is that of a lake in a bucket of a user, None for the deployment's own. No organisation comes across the
    tables of another, since ids of organisations are as long as each other.
    """
    return organisation_id if database is None else f"{organisation_id}_{database}"


def files_folder(organisation_id: str, destination: Mapping[str, Any]) -> str:
    """Return the folder of an environment's files of Parquet, in the folder of its lake."""
    return f"{destination.get('database', organisation_id)}/{destination['table']}"


def revision_table(table: str, revision_id: str) -> str:
    """Return what the table over a revision's files of Parquet is called."""
    return f"{table}__{revision_id}"


def view_of_revisions(table: str) -> str:
    """Return what the view over the tables of all revisions is called."""
    return f"{table}_all"
