"""`ingestctl environments sql`: queries of an environment's events, to paste into an engine."""

from typing import Annotated, Any, Literal

import typer

from ingestctl.client import path_of
from ingestctl.session import EndpointOption, JsonFlag, opened

Engine = Literal[
    "athena", "bigquery", "clickhouse", "databricks", "duckdb", "postgres", "redshift", "snowflake", "spark", "trino"
]
Part = Literal["all", "set-up", "queries", "notes"]


def sql(
    environment: Annotated[str, typer.Argument(metavar="ENVIRONMENT", help="Name or ID.")],
    engine: Annotated[
        Engine | None,
        typer.Option("--engine", help="The engine that runs them. Default: the first that can read the destination."),
    ] = None,
    part: Annotated[Part, typer.Option("--show", help="Which part to print.")] = "all",
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Print queries of an environment's events. Says what to tell the engine first, too."""
    with opened(as_json) as session:
        found = session.find.environment(environment, endpoint)
        template = "/v1/environments/{environment_id}/sql"
        query = {} if engine is None else {"engine": engine}
        made = session.api.get_offered(template, path_of("environments", found["id"], "sql"), query)
        if as_json:
            session.output.json(made)
            return
        typer.echo(_text(made, part).encode(), nl=False)  # UTF-8 as in a file, whatever the terminal holds


def _text(made: dict[str, Any], part: Part) -> str:
    parts = {
        "set-up": "".join(f"{_head(step['title'], step['kind'])}\n{step['text']}\n" for step in made["set_up"]),
        "queries": "".join(f"{_head(query['title'])}\n{query['sql']}\n" for query in made["queries"]),
        "notes": "".join(f"- {note}\n" for note in made["notes"]),
    }
    return parts["set-up"] + parts["queries"] if part == "all" else parts[part]


def _head(title: str, kind: str = "sql") -> str:
    return f"{'#' if kind == 'command' else '--'} {' '.join(title.split())}"
