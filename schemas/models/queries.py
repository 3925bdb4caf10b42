"""Queries of an environment's events as the API shows them."""

from typing import Literal

from pydantic import Field

from schemas.models.declared import Shown

QueryEngine = Literal[
    "athena", "bigquery", "clickhouse", "databricks", "duckdb", "postgres", "redshift", "snowflake", "spark", "trino"
]


class QueryEngineShown(Shown):
    """An engine that can read the destination."""

    engine: QueryEngine
    title: str = Field(description="What people call the engine.")


class QueryStep(Shown):
    """Something to tell the engine before the first query."""

    kind: Literal["sql", "command"] = Field(description="`command`: for a shell.")
    title: str
    text: str


class Query(Shown):
    """A query to paste."""

    title: str
    sql: str


class EnvironmentQueries(Shown):
    """What queries an environment's events, with the types of its running revision and each event once."""

    engine: QueryEngine
    title: str = Field(description="What people call the engine.")
    engines: list[QueryEngineShown] = Field(description="All that can read the destination.")
    table: str = Field(description="The table or view that the queries read, or that is made of what they read.")
    revision_id: str = Field(description="The running revision, whose fields the queries name.")
    set_up: list[QueryStep] = Field(description="In order; empty where the engine needs to be told nothing.")
    queries: list[Query]
    notes: list[str] = Field(description="What to fill in, what to do first, and limits: a sentence or two each.")
