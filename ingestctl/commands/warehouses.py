"""`ingestctl environments warehouse`: a script by which a warehouse loads an environment's events."""

import json
from typing import Annotated, Any, Literal

import typer

from ingestctl.client import path_of
from ingestctl.session import EndpointOption, JsonFlag, opened

Engine = Literal["snowflake", "redshift", "clickhouse", "databricks", "athena", "duckdb", "bigquery_external"]
Part = Literal["script", "check", "grants", "notes"]


def warehouse(
    environment: Annotated[str, typer.Argument(metavar="ENVIRONMENT", help="Name or ID.")],
    engine: Annotated[Engine, typer.Option("--engine", help="The warehouse.")],
    part: Annotated[Part, typer.Option("--show", help="Which part to print.")] = "script",
    before: Annotated[
        str | None, typer.Option("--from", metavar="REVISION", help="Write SQL that changes a table of this revision.")
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="REVISION", help="The revision whose types the table gets. Default: the running one."
        ),
    ] = None,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Write the SQL that makes a warehouse load events. Says what it needs, too."""
    with opened(as_json) as session:
        found = session.find.environment(environment, endpoint)
        query = {"engine": engine}
        for name, called in (("from", before), ("to", after)):
            if called is not None:
                query[name] = session.find.revision(called, endpoint)["id"]
        template = "/v1/environments/{environment_id}/warehouse"
        made = session.api.get_offered(template, path_of("environments", found["id"], "warehouse"), query)
        if as_json:
            session.output.json(made)
            return
        typer.echo(_text(made, part).encode(), nl=False)  # UTF-8 as in a file, whatever the terminal holds
        if part == "script":
            session.output.remark("Before you paste it, read --show notes and --show grants.")


def _text(made: dict[str, Any], part: Part) -> str:
    if part == "notes":
        return "".join(f"- {note}\n" for note in made["notes"])
    if part == "grants":
        return "".join(f"# {grant['title']}\n{_what(grant)}\n\n" for grant in made["grants"])
    text: str = made[part]
    return text


def _what(grant: dict[str, Any]) -> str:
    return json.dumps(grant["document"], indent=2) if grant["command"] is None else grant["command"]
