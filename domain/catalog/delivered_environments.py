"""Environments as their writer sees them: where the events go that landed, also after the environment is gone.

What ingest answered 200 is delivered even if the environment is deleted a moment later. So the pointer of a deleted
environment says where its last events go, for as long as its secrets are kept.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from domain.catalog.served import SERVED, served_of
from domain.catalog.table_names import revision_table_name
from domain.delivery.connectors import RevisionTable, TableBeside, TableOf, Target
from domain.delivery.ports import SecretReader
from domain.errors import Undelivered
from domain.records.keys import environment_key, owner_key, revision_key
from domain.records.outbox import Letter, stored_letter
from domain.records.ports import Conflict, Put, Table
from schemas.first_edition import revision_document
from schemas.items import RevisionDocument, pointer_key, revision_document_key

FIELDS = (
    "id",
    "endpoint_id",
    "organisation_id",
    "destination",
    "secret",
    "stale_secrets",
    "tables",
    "revision_id",
    "deployed_at",
    SERVED,
)
"""What has to be known of an environment to deliver its last events, and to remove its secrets."""

_TRIES = 10

Environment = Mapping[str, Any]


def find_delivered(table: Table, environment_id: str) -> Environment | None:
    """Return what is known of an environment's destination; None for one that never was."""
    pointer = table.get(pointer_key(environment_id))
    if pointer is None:
        return None
    if pointer.data["state"] == "deleted":
        leaving: Environment | None = pointer.data.get("leaving")
        return leaving
    item = table.get(environment_key(pointer.data["endpoint_id"], environment_id))
    # Deleted in between: the pointer that is there now knows.
    return item.data if item is not None else find_delivered(table, environment_id)


def delivered_target(environment: Environment, secrets: SecretReader) -> Target:
    """Return the destination of an environment with its credentials."""
    secret = environment.get("secret")
    return Target(
        environment["organisation_id"],
        environment["id"],
        environment["destination"],
        None if secret is None else secrets.get(secret),
    )


def every_table(table: Table, environment: Environment) -> list[RevisionTable]:
    """Return the tables of all revisions that an environment has run, the newest last."""
    return list(newest_tables(table, environment))[::-1]


def newest_tables(table: Table, environment: Environment) -> Iterator[RevisionTable]:
    """Yield the tables of all revisions that an environment has run, the newest first, each as it is asked for."""
    for row in reversed(_rows(environment)):
        found = _revision_table(table, environment, row["revision_id"], row["table"])
        if found is not None:
            yield found


def table_of_document(name: str, revision_name: str, document: RevisionDocument) -> RevisionTable:
    """Return the table of a finalised revision."""
    return RevisionTable(
        name,
        document["revision_id"],
        revision_name,
        document["fields"],
        document["additional_keys"],
        document.get("edition", 1),
        document.get("event_name", ()),
    )


def tables_of(table: Table, environment: Environment) -> TableOf:
    """Return what finds the table of a revision, and enrols one that the environment never ran.

    Events out of quarantine may come under such a revision; its table then becomes part of the view, too. Of a
    destination without tables the revision alone is found, and nothing is enrolled.
    """
    names = {row["revision_id"]: row["table"] for row in _rows(environment)}

    def find(revision_id: str) -> RevisionTable | None:
        if revision_id in names:
            found = _revision_table(table, environment, revision_id, names[revision_id])
            beside = tables_beside(environment, revision_id, names)
            return replace(found, beside=beside) if found is not None and beside else found
        owner = table.get(owner_key(revision_id))
        if owner is None or owner.data["endpoint_id"] != environment["endpoint_id"]:
            return None
        if "table" not in environment["destination"]:
            return _revision_table(table, environment, revision_id, "")
        revision = table.get(revision_key(environment["endpoint_id"], revision_id))
        if revision is None:
            return None
        name = revision_table_name(environment["destination"]["table"], revision.data["name"], revision_id)
        _enrol(table, environment, revision_id, name)
        return _revision_table(table, environment, revision_id, name)

    return find


def tables_sent_to(tables: TableOf, revision_id: str) -> TableOf:
    """Return what finds one revision's table for events of any: they were set aside by the tables of their own.

    A copy of an event may have been delivered to the table of its own, at any time.
    """

    def find(own_id: str) -> RevisionTable | None:
        own, found = tables(own_id), tables(revision_id)
        if own is None or found is None or own_id == revision_id:
            return None if own is None else found
        always = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
        return replace(found, beside=[*found.beside, TableBeside(own.name, own_id, *always, of_all=True)])

    return find


def tables_beside(environment: Environment, revision_id: str, names: Mapping[str, str]) -> list[TableBeside]:
    """Return the tables of all other revisions, each with a time in which it took requests."""
    return [
        TableBeside(names[one.revision_id], *one)
        for one in served_of(environment)
        if one.revision_id != revision_id and one.revision_id in names
    ]


def _rows(environment: Environment) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = environment.get("tables") or []
    return rows


def _revision_table(table: Table, environment: Environment, revision_id: str, name: str) -> RevisionTable | None:
    item = table.get(revision_document_key(revision_id))
    if item is None:
        return None
    revision = table.get(revision_key(environment["endpoint_id"], revision_id))
    revision_name = revision_id if revision is None else revision.data["name"]
    return table_of_document(name, revision_name, revision_document(item.data))


def _enrol(table: Table, environment: Environment, revision_id: str, name: str) -> None:
    key = environment_key(environment["endpoint_id"], environment["id"])
    for _ in range(_TRIES):
        item = table.get(key)
        if item is None or any(row["revision_id"] == revision_id for row in _rows(item.data)):
            return
        # Before those that were deployed: the newest of the view stays the one that runs.
        rows = [{"revision_id": revision_id, "table": name}, *_rows(item.data)]
        letter = Letter(
            f"msg_{revision_id}_{item.version}", [{"action": "provision", "environment_id": item.data["id"]}]
        )
        try:
            table.transact([Put(key, {**item.data, "tables": rows}, item.version), stored_letter(letter)])
        except Conflict:
            continue
        return
    raise Undelivered(f"Others keep changing {environment['id']}.")
