"""The table of an environment: made if it is not there, never anyone else's, and changed by what revisions need.

A column is added, widened or freed of its NOT NULL; none is removed, so that events of every revision fit.
"""

from collections.abc import Mapping
from typing import NamedTuple

from connectors.postgres.columns import OBJECT, OBJECT_TYPE, Found, Placed, Plan, plan_of
from connectors.postgres.database import Database, Names
from domain.delivery.connectors import RevisionTable
from domain.errors import Undelivered
from domain.warehouses.quoting import double_quoted, literal
from schemas.limits import MAX_POSTGRES_COLUMNS
from schemas.stamps import EVENT_ID, RECEIVED_AT, STAMP_KEYS

_OWNER = "ingest environment "
"""How the comment of a table begins that says whose it is."""


class State(NamedTuple):
    """A table as it is."""

    is_there: bool
    owner: str | None
    """The environment, None of a table that is none's."""
    columns: Mapping[str, Found]


def look(database: Database, names: Names) -> State:
    """Return what is there under a table's name; `Undelivered` if its schema is not."""
    schema, table = literal(names.schema), literal(names.table)
    rows = database.select(
        f"SELECT n.oid, c.oid, c.relkind::text, obj_description(c.oid, 'pg_class') FROM pg_namespace n "
        f"LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = {table} WHERE n.nspname = {schema}",
        int,
        int | None,
        str | None,
        str | None,
    )
    if not rows:
        raise Undelivered(f"There is no schema {names.schema}; make it, or name another `schema`.", retryable=False)
    _, oid, kind, comment = rows[0]
    if oid is None:
        return State(False, None, {})
    is_own = kind in {"r", "p"} and (comment or "").startswith(_OWNER)
    found = database.select(
        "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute "
        f"WHERE attrelid = {oid} AND attnum > 0 AND NOT attisdropped",
        str,
        str,
        bool,
    )
    owner = comment.removeprefix(_OWNER) if is_own else None
    return State(True, owner, {name: Found(type_, required) for name, type_, required in found})


def check_owner(state: State, names: Names, environment_id: str) -> None:
    """Raise `Undelivered` if the table is not this environment's; one that is not there is anyone's."""
    if state.is_there and (state.owner is None or state.owner != environment_id):
        whose = "is none of an environment" if state.owner is None else "belongs to another environment"
        raise Undelivered(f"{names.table} is there already and {whose}; name another `table`.", retryable=False)


def ensure_table(database: Database, names: Names, environment_id: str, revision: RevisionTable) -> Plan:
    """Give the table what a revision needs, within a transaction, and return where its values go then.

    Raises:
        Undelivered: also if it would have too many columns, or is not this environment's.
    """
    # Of several that change it, one at a time: they would not see each other's columns.
    database.run(f"SELECT pg_advisory_xact_lock(hashtext({literal(names.quoted)}))")
    state = look(database, names)
    check_owner(state, names, environment_id)
    if not state.is_there:
        create(database, names, environment_id)
        state = look(database, names)
    plan = plan_of(revision, state.columns)
    if plan.total > MAX_POSTGRES_COLUMNS:
        message = f"The table would have {plan.total:,} columns; it can have {MAX_POSTGRES_COLUMNS:,}."
        raise Undelivered(message, retryable=False)
    changes = [
        *(f"ADD COLUMN {double_quoted(place.name)} {place.type}" for place in plan.added),
        *(f"ALTER COLUMN {double_quoted(place.name)} TYPE {place.type}" for place in plan.widened),
        *(f"ALTER COLUMN {double_quoted(name)} DROP NOT NULL" for name in plan.freed),
    ]
    if changes:
        database.run(f"ALTER TABLE {names.quoted} {', '.join(changes)}")
    described = [place for place in plan.added if place.column.description]
    if described:
        database.run("; ".join(_described(names, place) for place in described))
    return plan


def create(database: Database, names: Names, environment_id: str) -> None:
    """Make the table with the columns that every row has."""
    event_id, received_at, revision_id = map(double_quoted, STAMP_KEYS)
    database.run(
        f"CREATE TABLE {names.quoted} ({event_id} text PRIMARY KEY, {received_at} timestamp with time zone NOT NULL, "
        f"{revision_id} text NOT NULL, {double_quoted(OBJECT)} {OBJECT_TYPE} NOT NULL); "
        f"CREATE INDEX ON {names.quoted} USING brin ({double_quoted(RECEIVED_AT)}); "
        f"COMMENT ON TABLE {names.quoted} IS {literal(_OWNER + environment_id)}"
    )


def _described(names: Names, place: Placed) -> str:
    column = f"{names.quoted}.{double_quoted(place.name)}"
    return f"COMMENT ON COLUMN {column} IS {literal(place.column.description)}"


KEY = double_quoted(EVENT_ID)
