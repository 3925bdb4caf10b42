"""The scripts of one environment: which engine, from which revision to which, and whether the engine can hold it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from domain.errors import Rejected
from domain.warehouses import athena, bigquery_external, clickhouse, databricks, duckdb, redshift, snowflake
from domain.warehouses.columns import Column, compare_columns
from domain.warehouses.engine import Engine, Script, Source
from domain.warehouses.quoting import comment
from schemas.codes import Problem

ENGINES: Mapping[str, Engine] = {
    module.ENGINE.id: module.ENGINE
    for module in (snowflake, redshift, clickhouse, databricks, athena, duckdb, bigquery_external)
}
"""By their names in the API, in the order in which they are shown."""


def make_script(engine: Engine, source: Source, before: Sequence[Column] | None, after: Sequence[Column]) -> Script:
    """Return the script that makes the table of `after`, or changes that of `before` to it.

    Raises:
        Rejected: (invalid_request) the warehouse can't hold so many columns, or takes no statement that long.
    """
    if engine.needs_own_bucket and source.is_managed:
        message = (
            f"{engine.title} loads by notifications of the bucket, which the deployment's own bucket can't send. "
            "Deliver to a bucket of yours."
        )
        errors = [{"pointer": "/engine", "code": "destination", "message": message}]
        raise Rejected(Problem.INVALID_REQUEST, message, errors=errors)
    script = _script(engine, source, before, after)
    if _is_too_long(engine, script):
        # Rather no descriptions than no script.
        script = _script(engine, source, before, [replace(column, description="") for column in after])
    if _is_too_long(engine, script):
        message = (
            f"{engine.title} takes statements of up to {engine.max_statement_bytes:,} bytes; one has "
            f"{_longest(script):,}."
        )
        raise _too_large(message)
    return script


def _script(engine: Engine, source: Source, before: Sequence[Column] | None, after: Sequence[Column]) -> Script:
    change = None if before is None else compare_columns(before, after)
    columns = len(after if change is None else change.after)
    if engine.max_columns is not None and columns > engine.max_columns:
        raise _too_large(f"{engine.title} takes up to {engine.max_columns:,} columns, and this table has {columns:,}.")
    return engine.create(source, after) if change is None else engine.change(source, change)


def _longest(script: Script) -> int:
    return max(len(statement.encode()) for statement in script.statements)


def _is_too_long(engine: Engine, script: Script) -> bool:
    return engine.max_statement_bytes is not None and _longest(script) > engine.max_statement_bytes


def script_text(engine: Engine, source: Source, from_revision_id: str | None, script: Script) -> str:
    """Return the statements as one text, headed by what they are for."""
    revision = f"revision {source.revision_id}"
    what = f"from revision {from_revision_id} to {revision}" if from_revision_id else revision
    head = comment(f"{engine.title}: events of environment {source.environment_id}, {what}.")
    return "\n".join([head, *(f"\n{statement};" for statement in script.statements)]) + "\n"


def shown(engine: Engine, source: Source, from_revision_id: str | None, script: Script) -> dict[str, Any]:
    """Return a script as the API shows it."""
    return {
        "engine": engine.id,
        "title": engine.title,
        "table": source.table,
        "revision_id": source.revision_id,
        "from_revision_id": from_revision_id,
        "script": script_text(engine, source, from_revision_id, script),
        "check": f"{script.check};\n",
        "grants": [grant._asdict() for grant in script.grants],
        "notes": script.notes,
    }


def _too_large(message: str) -> Rejected:
    return Rejected(
        Problem.INVALID_REQUEST, message, errors=[{"pointer": "/engine", "code": "too_many", "message": message}]
    )
