"""Revisions: what they are, what they hold and what they break."""

from typing import Annotated, Literal

import typer

from ingestctl.client import path_of
from ingestctl.commands import inferring, planning, pushing, trials, trying
from ingestctl.commands.templates import TEMPLATE_HELP
from ingestctl.field_table import field_table
from ingestctl.revision_files import STANDARD_STREAM, format_of, write_revision, write_text
from ingestctl.session import REFUSED, EndpointOption, JsonFlag, opened

app = typer.Typer(no_args_is_help=True, help="Versions of an endpoint's schema.")
app.command("push")(pushing.push)
app.command("infer")(inferring.infer)
app.command("plan")(planning.plan)
app.command("validate")(trying.validate)
app.command("try")(trials.try_revision)

Called = Annotated[
    str, typer.Argument(metavar="REVISION", help="Name or ID; @NAME for the revision that environment NAME runs.")
]
NewName = Annotated[str | None, typer.Option("--name", help="Default: the server numbers it.")]
IfVersion = Annotated[int | None, typer.Option("--if-version", min=1, help="Fail if the revision has another version.")]

_CLASSES = ("none", "cosmetic", "safe", "breaking")


@app.command("list")
def list_revisions(endpoint: EndpointOption = None, as_json: JsonFlag = False) -> None:
    """List an endpoint's revisions, oldest first."""
    with opened(as_json) as session:
        owner = session.find.endpoint(endpoint)
        rows = list(session.api.pages(path_of("endpoints", owner["id"], "revisions")))
        if as_json:
            session.output.json(rows)
            return
        session.output.table(
            ("Name", "State", "Fields", "Id", "Created"),
            [(row["name"], row["state"], row["field_count"], row["id"], row["created_at"]) for row in rows],
        )


@app.command("create")
def create_revision(
    name: NewName = None,
    template: Annotated[str | None, typer.Option(help=TEMPLATE_HELP)] = None,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Create a draft, blank or from a template."""
    with opened(as_json) as session:
        owner = session.find.endpoint(endpoint)
        body = {key: value for key, value in (("name", name), ("template", template)) if value is not None}
        made = session.api.post(path_of("endpoints", owner["id"], "revisions"), body)
        if as_json:
            session.output.json(made)
        else:
            session.output.line(f"{made['name']} is {made['id']}, a draft.")


@app.command("clone")
def clone_revision(
    revision: Called, name: NewName = None, endpoint: EndpointOption = None, as_json: JsonFlag = False
) -> None:
    """Make a draft with the whole tree of another revision."""
    with opened(as_json) as session:
        parent = session.find.revision(revision, endpoint)
        body = {"clone_of": parent["id"]} | ({} if name is None else {"name": name})
        made = session.api.post(path_of("endpoints", parent["endpoint_id"], "revisions"), body)
        if as_json:
            session.output.json(made)
        else:
            session.output.line(f"{made['name']} is {made['id']}, a draft like {parent['name']}.")


@app.command("show")
def show_revision(revision: Called, endpoint: EndpointOption = None, as_json: JsonFlag = False) -> None:
    """Show a revision with its fields."""
    with opened(as_json) as session:
        found = session.api.get(path_of("revisions", session.find.revision(revision, endpoint)["id"]))
        if as_json:
            session.output.json(found)
            return
        shown = ("name", "id", "state", "additional_keys", "event_name", "version", "parent_id")
        session.output.fields((name, found[name]) for name in (*shown, "created_at", "finalised_at"))
        session.output.line("")
        session.output.table(*field_table(found["fields"]))


@app.command("pull")
def pull_revision(
    revision: Called,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Where to write it; `-` prints it.")
    ] = "-",
    kind: Annotated[
        Literal["yaml", "json"] | None, typer.Option("--format", help="Default: by the file's ending, otherwise yaml.")
    ] = None,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Write a revision into a file, to be edited and pushed."""
    with opened(as_json) as session:
        found = session.api.get(path_of("revisions", session.find.revision(revision, endpoint)["id"]))
        printed = output == STANDARD_STREAM
        text = write_revision(found, kind or format_of(output) or ("json" if as_json else "yaml"))
        if printed:
            typer.echo(text.encode(), nl=False)  # UTF-8 as in a file, whatever the terminal holds
            return
        write_text(output, text)
        if as_json:
            session.output.json({"file": output, "revision_id": found["id"], "version": found["version"]})
        else:
            session.output.line(f"{found['name']} is in {output}.")


@app.command("diff")
def diff_revisions(
    before: Annotated[str, typer.Argument(metavar="FROM", help="Name, ID or @ENVIRONMENT.")],
    after: Annotated[str, typer.Argument(metavar="TO", help="Name, ID or @ENVIRONMENT.")],
    fail_on: Annotated[
        Literal["breaking", "safe", "cosmetic"] | None,
        typer.Option("--fail-on", help="Exit with 1 on a difference of this class or a worse one."),
    ] = None,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Compare two revisions. Says which events would be refused, and which columns change."""
    with opened(as_json) as session:
        ids = [session.find.revision(called, endpoint)["id"] for called in (before, after)]
        template = "/v1/revisions/{revision_id}/diff/{other_id}"
        diff = session.api.get_offered(template, path_of("revisions", ids[0], "diff", ids[1]))
        if as_json:
            session.output.json(diff)
        elif diff["changes"]:
            worst_first = sorted(diff["changes"], key=lambda row: -_CLASSES.index(row["class"]))
            session.output.table(
                ("Class", "Path", "Change", "Why"),
                [(row["class"], row["path"] or "(revision)", row["change"], row["why"]) for row in worst_first],
            )
        else:
            session.output.line("No difference.")
        if fail_on is not None and _CLASSES.index(diff["class"]) >= _CLASSES.index(fail_on):
            raise typer.Exit(REFUSED)


@app.command("example")
def show_example(
    revision: Called,
    when: Annotated[
        str | None,
        typer.Option("--when", metavar="KEY", help="Make an event in which this field with `when` is in force."),
    ] = None,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Print an event that a revision accepts, as JSON."""
    with opened(as_json) as session:
        found = session.find.revision(revision, endpoint)
        query = {} if when is None else {"when": when}
        session.output.json(session.api.get(path_of("revisions", found["id"], "example"), query)["example"])


@app.command("finalise")
def finalise_revision(
    revision: Called, if_version: IfVersion = None, endpoint: EndpointOption = None, as_json: JsonFlag = False
) -> None:
    """Make a draft final, so that it can be deployed. A second time changes nothing."""
    with opened(as_json) as session:
        found = session.find.revision(revision, endpoint)
        made = session.api.post(path_of("revisions", found["id"], "finalise"), version=if_version)
        if as_json:
            session.output.json(made)
        else:
            session.output.line(f"{made['name']} is finalised.")


@app.command("delete")
def delete_revision(
    revision: Called,
    confirm: Annotated[
        str | None, typer.Option("--confirm", metavar="NAME", help="The name; the deletion fails if it differs.")
    ] = None,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Delete a draft."""
    with opened(as_json) as session:
        found = session.find.revision(revision, endpoint)
        session.api.delete(path_of("revisions", found["id"]), confirm=confirm)
        if as_json:
            session.output.json({"deleted": found["id"]})
        else:
            session.output.line(f"{found['name']} is deleted.")
