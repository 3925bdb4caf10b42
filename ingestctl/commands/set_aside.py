"""For the operator of a deployment: the events that destinations refused."""

from typing import Annotated

import typer

from ingestctl.client import path_of
from ingestctl.session import JsonFlag, opened

app = typer.Typer(no_args_is_help=True, help="Events that destinations refused, for the deployment's operator.")

LimitOption = Annotated[int, typer.Option("--limit", min=1, max=200, help="How many at most.")]


@app.command("list")
def list_set_aside(
    environment_id: Annotated[str | None, typer.Option("--environment", help="Only of this environment's id.")] = None,
    limit: LimitOption = 50,
    as_json: JsonFlag = False,
) -> None:
    """List set-aside objects: whose they are and how many events each holds."""
    with opened(as_json) as session:
        query = {"limit": str(limit)} | ({"environment_id": environment_id} if environment_id else {})
        rows = session.api.get(path_of("operations", "set-aside"), query)["items"]
        if as_json:
            session.output.json(rows)
            return
        session.output.table(
            ("Hour", "Environment", "Events", "Id"),
            [(row["hour"], row["environment_id"], row["events"], row["id"]) for row in rows],
        )


@app.command("show")
def show_set_aside(
    object_id: Annotated[str, typer.Argument(metavar="ID", help="Its id.")],
    limit: LimitOption = 50,
    as_json: JsonFlag = False,
) -> None:
    """Print the first events of an object and why they were refused; the audit log remembers it."""
    with opened(as_json) as session:
        found = session.api.get(path_of("operations", "set-aside", object_id), {"limit": str(limit)})
        if as_json:
            session.output.json(found)
            return
        for line in found["lines"]:
            session.output.line(line)
