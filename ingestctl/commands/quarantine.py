"""What was refused, and sending it again."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from ingestctl.client import path_of
from ingestctl.commands.environments import Called, TimeoutOption
from ingestctl.commands.usage import moment
from ingestctl.output import counted
from ingestctl.problems import Refused
from ingestctl.repairs import repairs_from
from ingestctl.session import EndpointOption, JsonFlag, Session, opened
from ingestctl.waiting import Job, wait_until_ended

REDRIVE = Job(
    "redrive",
    "Going through the quarantine",
    lambda redrive: f"{redrive['sent']} sent, {redrive['invalid']} invalid",
)

app = typer.Typer(no_args_is_help=True, help="Events that were refused: why, and which.")
redrives = typer.Typer(no_args_is_help=True, help="Sending quarantined events that fit a revision.")

CodeOption = Annotated[str | None, typer.Option("--code", help="Only events with a fault of this code.")]
PointerOption = Annotated[str | None, typer.Option("--pointer", help="Only events with a fault at this pointer.")]
RefusedByOption = Annotated[
    str | None, typer.Option("--refused-by", metavar="REVISION", help="Only events that this revision refused.")
]
EventNameOption = Annotated[str | None, typer.Option("--event-name", help="Only events of this name.")]
FromOption = Annotated[
    str | None, typer.Option("--from", help="RFC 3339, a day, or how long ago: 24h, 7d. Default: all that is kept.")
]
ToOption = Annotated[str | None, typer.Option("--to", help="The same. Default: now.")]
RepairOption = Annotated[
    list[str] | None,
    typer.Option(
        "--repair",
        metavar="KIND:POINTER[:…]",
        help="Change each event first, in this order; may be repeated. number_from_text:/price, text_from_number:/id, "
        "datetime_from_iso:/at, remove_key:/x, rename_key:/prise:price, set_value:/currency:'\"EUR\"'.",
    ),
]
RedriveArgument = Annotated[str, typer.Argument(metavar="REDRIVE", help="The redrive's ID.")]


@app.command("show")
def show_quarantine(
    environment: Called,
    code: CodeOption = None,
    pointer: PointerOption = None,
    refused_by: RefusedByOption = None,
    event_name: EventNameOption = None,
    start: FromOption = None,
    to: ToOption = None,
    samples: Annotated[int, typer.Option("--samples", min=0, max=20, help="Events to show beside the groups.")] = 3,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show why events were refused, by count, and some of them."""
    with opened(as_json) as session:
        found = session.find.environment(environment, endpoint)
        wanted = _filter(session, found["endpoint_id"], code, pointer, refused_by, event_name, start, to)
        query = {**wanted, "samples": str(samples), "limit": "200"}
        answer = session.api.get(path_of("environments", found["id"], "quarantine"), query)
        if as_json:
            session.output.json(answer)
            return
        session.output.line(f"{counted(answer['events'], 'event')} in quarantine, {answer['redriven']:,} sent since.")
        session.output.table(
            ("Count", "Code", "Pointer", "First seen", "Last seen", "Revision"),
            [
                (
                    row["count"],
                    row["code"],
                    row["pointer"],
                    row["first_seen"],
                    row["last_seen"],
                    row["revision_id"],
                )
                for row in answer["items"]
            ],
        )
        for sample in answer["samples"]:
            session.output.line(_sample_line(sample))


@app.command("events")
def list_events(
    environment: Called,
    code: CodeOption = None,
    pointer: PointerOption = None,
    refused_by: RefusedByOption = None,
    event_name: EventNameOption = None,
    start: FromOption = None,
    to: ToOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many events at most.")] = 100,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Print quarantined events, the newest hour first. With --json, one per line as they are kept."""
    with opened(as_json) as session:
        found = session.find.environment(environment, endpoint)
        query = _filter(session, found["endpoint_id"], code, pointer, refused_by, event_name, start, to)
        left = limit
        while left:
            query["limit"] = str(min(left, 200))
            page = session.api.get(path_of("environments", found["id"], "quarantine", "events"), query)
            for event in page["items"]:
                session.output.json_line(event) if as_json else session.output.line(_sample_line(event))
            left -= len(page["items"])
            if page["next"] is None:
                return
            query["cursor"] = page["next"]


@redrives.command("start")
def start_redrive(
    environment: Called,
    revision: Annotated[
        str, typer.Argument(metavar="REVISION", help="The finalised revision that validates the events.")
    ],
    code: CodeOption = None,
    pointer: PointerOption = None,
    refused_by: RefusedByOption = None,
    event_name: EventNameOption = None,
    start: FromOption = None,
    to: ToOption = None,
    repair: RepairOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count the events that fit; send nothing.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it has ended, and show its progress.")] = False,
    timeout: TimeoutOption = 3_600,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Send the quarantined events that fit a revision; the others stay."""
    with opened(as_json) as session:
        target = session.find.environment(environment, endpoint)
        found = session.find.revision(revision, endpoint or target["endpoint_id"])
        wanted = _filter(session, target["endpoint_id"], code, pointer, refused_by, event_name, start, to)
        body = {"revision_id": found["id"], "filter": wanted, "repairs": repairs_from(repair or []), "dry_run": dry_run}
        made = session.api.post(path_of("environments", target["id"], "redrives"), body)
        if wait:
            made = wait_until_ended(session, REDRIVE, made, timeout)
        _show(session, made)
        if made["state"] == "failed":
            raise Refused("redrive_failed", made["reason"])


@redrives.command("preview")
def preview_redrive(
    environment: Called,
    revision: Annotated[
        str, typer.Argument(metavar="REVISION", help="The finalised revision that validates the events.")
    ],
    code: CodeOption = None,
    pointer: PointerOption = None,
    refused_by: RefusedByOption = None,
    event_name: EventNameOption = None,
    start: FromOption = None,
    to: ToOption = None,
    repair: RepairOption = None,
    samples: Annotated[int, typer.Option("--samples", min=1, max=20, help="How many events to try it on.")] = 5,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show some quarantined events before and after repairs. Says whether they fit a revision, and changes nothing."""
    with opened(as_json) as session:
        target = session.find.environment(environment, endpoint)
        found = session.find.revision(revision, endpoint or target["endpoint_id"])
        wanted = _filter(session, target["endpoint_id"], code, pointer, refused_by, event_name, start, to)
        body = {
            "revision_id": found["id"],
            "filter": wanted,
            "repairs": repairs_from(repair or []),
            "samples": samples,
        }
        answer = session.api.post(path_of("environments", target["id"], "redrives", "preview"), body)
        if as_json:
            session.output.json(answer)
            return
        for item in answer["items"]:
            faults = "".join(f" {error['pointer'] or '/'} {error['code']}" for error in item["errors"])
            session.output.line(f"{item['event_id']} {item['outcome']}{faults}")
            session.output.line(f"  before {item['before']}")
            session.output.line(f"  after  {'unchanged' if item['after'] is None else item['after']}")


@redrives.command("show")
def show_redrive(redrive: RedriveArgument, as_json: JsonFlag = False) -> None:
    """Show how far a redrive is."""
    with opened(as_json) as session:
        _show(session, session.api.get(path_of("redrives", redrive)))


@redrives.command("list")
def list_redrives(environment: Called, endpoint: EndpointOption = None, as_json: JsonFlag = False) -> None:
    """List an environment's redrives, newest first."""
    with opened(as_json) as session:
        target = session.find.environment(environment, endpoint)
        rows = list(session.api.pages(path_of("environments", target["id"], "redrives")))
        if as_json:
            session.output.json(rows)
            return
        session.output.table(
            ("When", "State", "Matched", "Sent", "Invalid", "Truncated", "Dry run", "Id"),
            [
                (
                    row["created_at"],
                    row["state"],
                    row["matched"],
                    row["sent"],
                    row["invalid"],
                    row["truncated"],
                    row["dry_run"],
                    row["id"],
                )
                for row in rows
            ],
        )


@redrives.command("cancel")
def cancel_redrive(redrive: RedriveArgument, as_json: JsonFlag = False) -> None:
    """Stop a redrive before its next object; what was sent stays sent."""
    with opened(as_json) as session:
        _show(session, session.api.post(path_of("redrives", redrive, "cancel")))


def _filter(
    session: Session,
    endpoint_id: str,
    code: str | None,
    pointer: str | None,
    refused_by: str | None,
    event_name: str | None,
    start: str | None,
    to: str | None,
) -> dict[str, str]:
    now = datetime.now(UTC)
    given = {
        "code": code,
        "pointer": pointer,
        "revision": None if refused_by is None else session.find.revision(refused_by, endpoint_id)["id"],
        "event_name": event_name,
        "from": None if start is None else moment(start, now),
        "to": None if to is None else moment(to, now),
    }
    return {name: value for name, value in given.items() if value is not None}


def _sample_line(event: dict[str, Any]) -> str:
    faults = ", ".join(f"{error['pointer'] or '/'} {error['code']}" for error in event["errors"])
    text = event["raw"] if event["raw"] is not None else f"base64:{event['raw_base64']}"
    kept, sent = event["kept_bytes"], event["raw_bytes"]
    cut = f" (only the first {kept:,} of {sent:,} bytes were kept; it can't be redriven)" if kept < sent else ""
    if event["redacted"]:
        cut = " (redacted; it can't be redriven)"
    return f"{event['received_at']} {event['event_id']} [{faults}]{cut} {text}"


def _show(session: Session, redrive: dict[str, Any]) -> None:
    if session.output.as_json:
        session.output.json(redrive)
        return
    objects = (
        f"{redrive['objects_done']} of {redrive['objects_total']}" if redrive["objects_total"] is not None else "?"
    )
    names = ("id", "state", "reason", "matched", "valid", "sent", "invalid", "truncated")
    shown = [(name.capitalize(), redrive[name]) for name in names if redrive[name] is not None]
    codes = ", ".join(f"{row['code']} {row['count']}" for row in redrive["codes"])
    repairs = ", ".join(f"{row['kind']} {row['pointer']} {row['changed']} changed" for row in redrive["repairs"])
    rows = [("Objects", objects), ("Codes", codes), ("Repairs", repairs), ("Dry run", redrive["dry_run"])]
    session.output.fields([*shown, *rows])
