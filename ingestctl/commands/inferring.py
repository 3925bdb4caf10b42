"""`revisions infer`: a draft from sample events, with what was inferred from how many values."""

from typing import Annotated, Any, Literal

import typer

from ingestctl.client import path_of
from ingestctl.event_files import read_events
from ingestctl.output import Output, counted, fault_line
from ingestctl.problems import Misused
from ingestctl.session import EndpointOption, JsonFlag, opened

MAX_SAMPLES = 1_000  # as many as the server takes


def infer(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="JSON, an event or an array; .ndjson or .jsonl, one event per line; or with .gz. `-`: standard input.",
        ),
    ],
    name: Annotated[str | None, typer.Option("--name", help="Default: the server numbers it.")] = None,
    fit: Annotated[
        Literal["all", "most"],
        typer.Option(
            "--fit", help="all: the draft accepts every sample. most: a key has the type of nine in ten of its values."
        ),
    ] = "all",
    kinds_by: Annotated[
        list[str] | None,
        typer.Option(
            "--kinds-by",
            metavar="POINTER",
            help="Where an event names its kind, such as /type. Up to three, the most specific last.",
        ),
    ] = None,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Create a draft whose fields are inferred from sample events."""
    with opened(as_json) as session:
        events = [event for file in files for event in read_events(file)]
        if not events:
            raise Misused("The files hold no event.")
        samples = _spread(events, MAX_SAMPLES)
        if len(samples) < len(events):
            session.output.remark(f"Of {len(events):,} events {len(samples):,} are sent, evenly spread.")
        owner = session.find.endpoint(endpoint)
        body: dict[str, Any] = {"samples": samples, "fit": fit}
        body |= {} if name is None else {"name": name}
        body |= {"kinds_by": kinds_by} if kinds_by else {}
        made = session.api.post(path_of("endpoints", owner["id"], "revisions"), body)
        if as_json:
            session.output.json(made)
        else:
            _show(session.output, made)


def _spread(events: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """Return at most so many events, evenly spread, the first among them."""
    if len(events) <= most:
        return events
    return [events[index * len(events) // most] for index in range(most)]


def _show(output: Output, made: dict[str, Any]) -> None:
    report = made["inference"]
    output.table(
        ("Path", "Type", "Presence", "Values", "Of", "Sure", "Why"),
        [
            (row["path"], row["type"], row["presence"], row["values"], row["objects"], row["confidence"], row["why"])
            for row in report["guesses"]
        ],
    )
    if report["left_out"]:
        output.line("")
        output.table(
            ("Without a field", "Seen", "Why"),
            [(row["path"], row["seen"], row["reason"]) for row in report["left_out"]],
        )
    if report["left_out_count"] > len(report["left_out"]):
        output.line(f"{report['left_out_count'] - len(report['left_out'])} further keys are without one.")
    output.line("")
    for sample in report["refused"]:
        for error in sample["errors"]:
            output.line(f"sample {sample['index']}: {fault_line(error)}")
    if proposed := report.get("proposed_kinds_by"):
        options = " ".join(f"--kinds-by {pointer}" for pointer in proposed["pointers"])
        output.line(f"These look like several kinds of events. Try: {options}")
    output.line(
        f"{made['name']} is {made['id']}, a draft. "
        f"It accepts {report['accepted']:,} of {counted(report['samples'], 'sample')}."
    )
