"""For the operator of a deployment: queues, and what was given up there."""

from typing import Annotated

import typer

from ingestctl.client import path_of
from ingestctl.output import called
from ingestctl.session import JsonFlag, opened

app = typer.Typer(no_args_is_help=True, help="What queues gave up, for the deployment's operator.")

QueueArgument = Annotated[str, typer.Argument(metavar="QUEUE", help="A queue, such as spill; `queues` lists them.")]


@app.command("queues")
def list_queues(as_json: JsonFlag = False) -> None:
    """List the queues: how much waits, how much was given up."""
    with opened(as_json) as session:
        rows = session.api.get(path_of("operations", "queues"))["items"]
        if as_json:
            session.output.json(rows)
            return
        session.output.table(
            ("Queue", "Waiting", "Dead letters"), [(row["name"], row["waiting"], row["dead_letters"]) for row in rows]
        )


@app.command("list")
def list_dead_letters(
    queue: QueueArgument,
    limit: Annotated[int, typer.Option("--limit", min=1, max=200, help="How many messages at most.")] = 50,
    as_json: JsonFlag = False,
) -> None:
    """List dead letters of a queue, without their texts."""
    with opened(as_json) as session:
        path = path_of("operations", "queues", queue, "dead-letters")
        rows = session.api.get(path, {"limit": str(limit)})["items"]
        if as_json:
            session.output.json(rows)
            return
        session.output.table(
            ("Sent", "Bytes", "Environment", "About", "Id"),
            [(row["sent_at"], row["bytes"], called(row["environment"]), row["about"], row["id"]) for row in rows],
        )


@app.command("show")
def show_dead_letter(
    queue: QueueArgument,
    letter: Annotated[str, typer.Argument(metavar="ID", help="The message's ID.")],
    as_json: JsonFlag = False,
) -> None:
    """Print a dead letter's text, which may hold events. The audit log remembers it."""
    with opened(as_json) as session:
        found = session.api.get(path_of("operations", "queues", queue, "dead-letters", letter))
        if as_json:
            session.output.json(found)
        else:
            session.output.line(found["body"])


@app.command("redrive")
def redrive_dead_letters(
    queue: QueueArgument,
    letters: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="IDs of messages. Default: all of them.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Send dead letters again, once their cause is fixed."""
    with opened(as_json) as session:
        path = path_of("operations", "queues", queue, "dead-letters", "redrive")
        sent = 0
        while True:
            answer = session.api.post(path, {"ids": letters} if letters else {})
            sent += answer["sent"]
            if letters or not answer["sent"] or not answer["left"]:
                break
        if as_json:
            session.output.json({**answer, "sent": sent})
        else:
            session.output.line(f"{sent} sent again, {answer['left']} left.")
