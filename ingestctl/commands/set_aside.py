"""For the operator of a deployment: the events that destinations refused."""

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from ingestctl.client import path_of
from ingestctl.output import called, counted
from ingestctl.session import JsonFlag, Session, opened

app = typer.Typer(no_args_is_help=True, help="Events that destinations refused, for the operator.")

LimitOption = Annotated[int, typer.Option("--limit", min=1, max=200, help="How many objects at most.")]
IDS_PER_CALL = 50
EnvironmentOption = Annotated[
    str | None, typer.Option("--environment", metavar="ID", help="Only those of this environment, by its ID.")
]


@app.command("list")
def list_set_aside(
    environment_id: EnvironmentOption = None,
    limit: LimitOption = 50,
    as_json: JsonFlag = False,
) -> None:
    """List set-aside objects. Says whose they are, and how many events each holds."""
    with opened(as_json) as session:
        query = {"limit": str(limit)} | ({"environment_id": environment_id} if environment_id else {})
        rows = session.api.get(path_of("operations", "set-aside"), query)["items"]
        if as_json:
            session.output.json(rows)
            return
        session.output.table(
            ("Hour", "Environment", "Environment id", "Events", "Why, mostly", "Id"),
            [
                (
                    row["hour"],
                    called(row["environment"]),
                    row["environment_id"],
                    row["events"],
                    row["reasons"][0]["reason"] if row["reasons"] else "",
                    row["id"],
                )
                for row in rows
            ],
        )


@app.command("show")
def show_set_aside(
    object_id: Annotated[str, typer.Argument(metavar="ID", help="The object's ID.")],
    limit: LimitOption = 50,
    as_json: JsonFlag = False,
) -> None:
    """Print an object's first events and why they were refused. The audit log remembers it."""
    with opened(as_json) as session:
        found = session.api.get(path_of("operations", "set-aside", object_id), {"limit": str(limit)})
        if as_json:
            session.output.json(found)
            return
        for line in found["lines"]:
            session.output.line(line)


@app.command("reasons")
def list_reasons(environment_id: EnvironmentOption = None, as_json: JsonFlag = False) -> None:
    """Show why events were refused, by environment and count. Goes through all objects."""
    with opened(as_json) as session:
        counts: Counter[tuple[str, str]] = Counter()
        names: dict[str, str] = {}
        query = {"environment_id": environment_id} if environment_id else {}
        for item in session.api.pages(path_of("operations", "set-aside"), query):
            names[item["environment_id"]] = called(item["environment"])
            for row in item["reasons"]:
                counts[item["environment_id"], row["reason"]] += row["events"]
        rows = [(count, *key) for key, count in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))]
        if as_json:
            session.output.json([dict(zip(("events", "environment_id", "reason"), row, strict=True)) for row in rows])
            return
        session.output.table(
            ("Events", "Environment", "Environment id", "Reason"),
            [(count, names[environment_id], environment_id, reason) for count, environment_id, reason in rows],
        )


@app.command("redrive")
def redrive_set_aside(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID…]", help="Only these objects.")] = None,
    environment_id: EnvironmentOption = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Only objects with events refused for it, as `reasons` shows it.")
    ] = None,
    revision_id: Annotated[
        str | None,
        typer.Option(
            "--revision",
            metavar="ID",
            help="Send them to the table of this revision: one of `newer_tables` of `list --json`.",
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All objects of the deployment.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count the events; send nothing.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Send set-aside events to their destinations again. Fix first what refused them."""
    if not (ids or environment_id or reason or everything):
        raise typer.BadParameter("say which: ids, --environment, --reason, or --all")
    with opened(as_json) as session:
        wanted: dict[str, Any] = {"environment_id": environment_id, "reason": reason, "revision_id": revision_id}
        wanted = {name: value for name, value in wanted.items() if value is not None}
        total = None if dry_run else sum(part["events"] for part in _sent(session, ids, {**wanted, "dry_run": True}))
        sent: dict[str, Any] = {"dry_run": dry_run, "objects": 0, "events": 0, "skipped": []}
        with session.output.waiting("Sending set-aside events", float(total or 1)) as progress:
            for part in _sent(session, ids, {**wanted, "dry_run": dry_run}):
                for name in ("objects", "events", "skipped"):
                    sent[name] += part[name]
                text = (
                    f"{sent['events']:,} of {counted(total, 'event')} sent"
                    if total
                    else counted(sent["events"], "event")
                )
                progress.update(progress.task_ids[0], completed=sent["events"] if total else 0, description=text)
        if as_json:
            session.output.json(sent)
            return
        fields = [("Dry run", dry_run), ("Objects", sent["objects"]), ("Events", sent["events"])]
        session.output.fields([*fields, ("Skipped", len(sent["skipped"]))])
        for row in sent["skipped"]:
            session.output.line(f"{row['id']}: {row['reason']}")


def _sent(session: Session, ids: list[str] | None, wanted: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what each call has sent, until all is."""
    path = path_of("operations", "set-aside", "redrive")
    if ids:
        for start in range(0, len(ids), IDS_PER_CALL):
            yield session.api.post(path, {**wanted, "ids": ids[start : start + IDS_PER_CALL]})
        return
    cursor: str | None = None
    while True:
        part = session.api.post(path, wanted | ({"cursor": cursor} if cursor else {}))
        yield part
        cursor = part["next"]
        if cursor is None:
            return
