"""`revisions try` and `trials`: a revision tried on events that were sent, beside the one that runs."""

from typing import Annotated, Any, Literal

import typer

from ingestctl.client import path_of
from ingestctl.problems import Refused
from ingestctl.session import REFUSED, EndpointOption, JsonFlag, Session, opened
from ingestctl.trials import sentence_of, unseen_of
from ingestctl.waiting import Job, wait_until_ended

app = typer.Typer(
    no_args_is_help=True, help="Revisions tried on events that were sent. `ingestctl revisions try` begins one."
)

TRIAL = Job(
    "trial",
    "Looking at events",
    lambda trial: f"{trial['looked_at']:,} looked at, {trial['newly_invalid']:,} newly invalid",
)
SAMPLE = 50_000
SHOWN_COLUMNS = 50
_MOST_SAMPLE = 100_000

TrialArgument = Annotated[str, typer.Argument(metavar="TRIAL", help="Its id.")]


def try_revision(
    revision: Annotated[str, typer.Argument(metavar="REVISION", help="Name or id, or @ENVIRONMENT; a draft, too.")],
    environment: Annotated[str, typer.Argument(metavar="ENVIRONMENT", help="Whose events: name or id.")],
    source: Annotated[
        Literal["delivered", "quarantine", "tap"], typer.Option("--source", help="Where the events come from.")
    ] = "delivered",
    start: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Events from this hour on; a day before --to.")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Events up to this hour; now.")] = None,
    sample: Annotated[
        int, typer.Option("--sample", min=1, max=_MOST_SAMPLE, help="How many events to look at, at most.")
    ] = SAMPLE,
    fail_on_invalid: Annotated[
        bool, typer.Option("--fail-on-invalid", help="Exit with 1 if events are rejected that are accepted now.")
    ] = False,
    timeout: Annotated[float, typer.Option("--timeout", min=0, help="Seconds to wait.")] = 1_800,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Try a revision on events that were sent. Shows what would be rejected that is accepted now."""
    with opened(as_json) as session:
        found = session.find.revision(revision, endpoint)
        target = session.find.environment(environment, endpoint or found["endpoint_id"])
        times = {name: value for name, value in (("from", start), ("to", to)) if value is not None}
        body = {"environment_id": target["id"], "source": source, "sample": sample, **times}
        made = session.api.post(path_of("revisions", found["id"], "trials"), body)
        trial = wait_until_ended(session, TRIAL, made, timeout)
        if as_json:
            session.output.json(trial)
        else:
            _show(session, trial)
        if trial["state"] == "failed":
            raise Refused("trial_failed", trial["reason"])
        if trial["state"] == "cancelled":
            raise Refused("trial_cancelled", "The trial was cancelled before it had looked at all events.")
        if fail_on_invalid and trial["newly_invalid"]:
            raise typer.Exit(REFUSED)


@app.command("list")
def list_trials(
    revision: Annotated[str, typer.Argument(metavar="REVISION", help="Name or id, or @ENVIRONMENT.")],
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """List a revision's trials of the last days, newest first."""
    with opened(as_json) as session:
        found = session.find.revision(revision, endpoint)
        rows = list(session.api.pages(path_of("revisions", found["id"], "trials")))
        if as_json:
            session.output.json(rows)
            return
        owner = path_of("endpoints", found["endpoint_id"], "environments")
        names = {row["id"]: row["name"] for row in session.api.pages(owner)} if rows else {}
        session.output.table(
            ("When", "State", "Environment", "Source", "Looked at", "Newly invalid", "Id"),
            [
                (
                    row["created_at"],
                    row["state"],
                    names.get(row["environment_id"], row["environment_id"]),
                    row["source"],
                    row["looked_at"],
                    row["newly_invalid"],
                    row["id"],
                )
                for row in rows
            ],
        )


@app.command("show")
def show_trial(trial: TrialArgument, as_json: JsonFlag = False) -> None:
    """Show how far a trial is, and what it has found."""
    with opened(as_json) as session:
        _tell(session, session.api.get(path_of("trials", trial)))


@app.command("cancel")
def cancel_trial(trial: TrialArgument, as_json: JsonFlag = False) -> None:
    """Stop a trial before its next object; what it has found stays."""
    with opened(as_json) as session:
        _tell(session, session.api.post(path_of("trials", trial, "cancel")))


def _tell(session: Session, trial: dict[str, Any]) -> None:
    if session.output.as_json:
        session.output.json(trial)
        return
    session.output.line(f"{trial['id']} is {trial['state']}.")
    if trial["reason"] is not None:
        session.output.line(trial["reason"])
    _show(session, trial)


def _show(session: Session, trial: dict[str, Any]) -> None:
    output = session.output
    output.line(sentence_of(trial))
    if trial["cut_short"]:
        output.line("Its time was up before it had looked at all of them.")
    if trial["left_out"]:
        output.line(f"{trial['left_out']:,} could not be tried, such as those of which only a part was kept.")
    for sentence in unseen_of(trial):
        output.line(sentence)
    if trial["groups"]:
        output.table(
            ("Now", "Code", "Pointer", "Event", "Count", "Share", "First event"),
            [
                (
                    group["was"],
                    group["code"],
                    group["pointer"],
                    group["event_name"],
                    group["count"],
                    f"{100 * group['share']:.1f} %",
                    group["first_event_id"],
                )
                for group in trial["groups"]
            ],
        )
    if trial["looked_at"]:
        output.table(
            ("Column", "Filled", "Kinds as sent"),
            [
                (column["column"], _filled(column["filled"]), _kinds(column["kinds"]))
                for column in trial["columns"][:SHOWN_COLUMNS]
            ],
        )
        if len(trial["columns"]) > SHOWN_COLUMNS:
            output.line(f"and {len(trial['columns']) - SHOWN_COLUMNS} columns more: see them with --json")
    if trial["unknown_keys"]:
        output.table(
            ("Unknown key", "Count", "Kinds"),
            [(key["pointer"], key["count"], ", ".join(key["kinds"])) for key in trial["unknown_keys"]],
        )


def _filled(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _kinds(kinds: dict[str, int]) -> str:
    ordered = sorted(kinds.items(), key=lambda one: -one[1])
    return ", ".join(f"{kind} {count:,}" for kind, count in ordered)
