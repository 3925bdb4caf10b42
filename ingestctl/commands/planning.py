"""`revisions plan`: a draft from a protocol's template, with a field for each event that a file plans."""

from typing import Annotated, Any

import typer

from ingestctl.client import path_of
from ingestctl.output import Output, counted
from ingestctl.problems import Refused
from ingestctl.revision_files import placed, read_document
from ingestctl.session import EndpointOption, JsonFlag, opened

_INSIDE = "/plan"


def plan(
    template: Annotated[str, typer.Argument(metavar="TEMPLATE", help="The protocol's template, such as segment.")],
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="YAML or JSON: for each event's name, a JSON Schema of what only this event has, or samples. "
            "`-`: standard input.",
        ),
    ],
    name: Annotated[str | None, typer.Option("--name", help="Default: the server numbers it.")] = None,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Create a draft from a protocol and a plan of events.

    It accepts all events of the protocol, and validates those of the plan by the plan.
    """
    with opened(as_json) as session:
        located = read_document(file)
        owner = session.find.endpoint(endpoint)
        body: dict[str, Any] = {"template": template, "plan": located.value}
        body |= {} if name is None else {"name": name}
        try:
            made = session.api.post(path_of("endpoints", owner["id"], "revisions"), body)
        except Refused as refusal:
            refusal.errors = [
                placed(file, located, error, error["pointer"].removeprefix(_INSIDE))
                if error["pointer"].startswith(_INSIDE)
                else error
                for error in refusal.errors
            ]
            raise
        if as_json:
            session.output.json(made)
        else:
            _show(session.output, made)


def _show(output: Output, made: dict[str, Any]) -> None:
    output.table(("Event", "Field", "From", "What was not taken over"), [_row(event) for event in made["plan"]])
    output.line("")
    output.line(f"{made['name']} is {made['id']}, a draft.")


def _row(event: dict[str, Any]) -> tuple[str, str, str, str]:
    if imported := event.get("import"):
        left = counted(imported["unmapped_count"], "thing") if imported["unmapped_count"] else "nothing"
        return event["event"], event["key"], "a JSON Schema", left
    inferred = event["inference"]
    left = counted(inferred["left_out_count"], "key") if inferred["left_out_count"] else "nothing"
    if inferred["refused_count"]:
        left += f"; refused: {counted(inferred['refused_count'], 'sample')}"
    return event["event"], event["key"], counted(inferred["samples"], "sample"), left
