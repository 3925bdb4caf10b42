"""Endpoints."""

from typing import Annotated

import typer

from ingestctl.client import path_of
from ingestctl.commands.templates import TEMPLATE_HELP
from ingestctl.session import JsonFlag, confirmed_name, opened

app = typer.Typer(no_args_is_help=True, help="Kinds of data that you collect.")

Called = Annotated[str, typer.Argument(metavar="ENDPOINT", help="Name or ID.")]
Confirm = Annotated[
    str | None, typer.Option("--confirm", metavar="NAME", help="The name again; without it, you are asked.")
]


@app.command("list")
def list_endpoints(as_json: JsonFlag = False) -> None:
    """List all endpoints."""
    with opened(as_json) as session:
        rows = list(session.api.pages("/v1/endpoints"))
        if as_json:
            session.output.json(rows)
        else:
            session.output.table(
                ("Name", "Id", "Created"), [(row["name"], row["id"], row["created_at"]) for row in rows]
            )


@app.command("create")
def create_endpoint(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    template: Annotated[str | None, typer.Option(help=TEMPLATE_HELP)] = None,
    as_json: JsonFlag = False,
) -> None:
    """Create an endpoint, with a first draft."""
    with opened(as_json) as session:
        body = {"name": name} if template is None else {"name": name, "template": template}
        made = session.api.post("/v1/endpoints", body)
        if as_json:
            session.output.json(made)
        else:
            session.output.line(f"{made['name']} is {made['id']}.")


@app.command("rename")
def rename_endpoint(
    endpoint: Called, name: Annotated[str, typer.Argument(metavar="NAME")], as_json: JsonFlag = False
) -> None:
    """Give an endpoint another name."""
    with opened(as_json) as session:
        found = session.find.endpoint(endpoint)
        made = session.api.patch(path_of("endpoints", found["id"]), {"name": name}, version=found["version"])
        if as_json:
            session.output.json(made)
        else:
            session.output.line(f"{found['name']} is now {made['name']}.")


@app.command("delete")
def delete_endpoint(endpoint: Called, confirm: Confirm = None, as_json: JsonFlag = False) -> None:
    """Delete an endpoint with all its environments. Ingest then rejects their events."""
    with opened(as_json) as session:
        found = session.find.endpoint(endpoint)
        name = confirmed_name(confirm, "endpoint")
        session.api.delete(path_of("endpoints", found["id"]), confirm=name)
        if as_json:
            session.output.json({"deleted": found["id"]})
        else:
            session.output.line(f"{found['name']} is deleted.")
