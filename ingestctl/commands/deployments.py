"""Deploying, to a share of the requests first or to all of them, rolling back, and what ran when."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from ingestctl.client import path_of
from ingestctl.commands.environments import Called, TimeoutOption
from ingestctl.problems import Misused, Refused
from ingestctl.references import Resource
from ingestctl.session import EndpointOption, JsonFlag, Session, opened
from ingestctl.waiting import wait_until_in_force

NoteOption = Annotated[str, typer.Option("--note", "-m", help="A note for the history.")]
CanaryOption = Annotated[
    int | None,
    typer.Option("--canary", metavar="SHARE", help="Send only this percentage of requests to it first, 1 to 50."),
]
SecondsOption = Annotated[
    int | None, typer.Option("--seconds", help="How long the canary runs: 60 to 86,400. Default: 3,600.")
]
ExtraOption = Annotated[
    float | None,
    typer.Option(
        "--max-extra-refused",
        metavar="PERCENT",
        help="Abort the canary if its refused share is larger by more percentage points than this. Default: 1.",
    ),
]
WaitFlag = Annotated[bool, typer.Option("--wait", help="Wait until it is in force everywhere.")]


def deploy(
    environment: Called,
    revision: Annotated[
        str, typer.Argument(metavar="REVISION", help="A finalised revision: name, ID or @ENVIRONMENT.")
    ],
    note: NoteOption = "",
    canary: CanaryOption = None,
    seconds: SecondsOption = None,
    max_extra_refused: ExtraOption = None,
    wait: WaitFlag = False,
    timeout: TimeoutOption = 120,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Make an environment run a revision. Nothing happens if it runs it already."""
    with opened(as_json) as session:
        asked = _asked(canary, seconds, max_extra_refused)
        target = session.find.environment(environment, endpoint)
        found = session.find.revision(revision, endpoint or target["endpoint_id"])
        if asked is not None:
            deployment = _deploy(session, target, found["id"], note, asked)
            if wait:
                wait_until_in_force(session, target, target["revision_id"], timeout)
            _show(session, deployment, f"{canary} % of the requests to {target['name']} go to {found['name']}.")
            return
        changed = target["revision_id"] != found["id"]
        deployment = _deploy(session, target, found["id"], note) if changed else next(_in_force(session, target))
        if wait:
            wait_until_in_force(session, target, found["id"], timeout)
        verb = "runs" if changed else "already runs"
        _show(session, deployment, f"{target['name']} {verb} {found['name']}.")


def rollback(
    environment: Called,
    note: NoteOption = "Roll-back",
    wait: WaitFlag = False,
    timeout: TimeoutOption = 120,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Deploy the revision that ran before the current one. A second roll-back undoes the first."""
    with opened(as_json) as session:
        target = session.find.environment(environment, endpoint)
        before = _before(session, target)
        deployment = _deploy(session, target, before, note)
        if wait:
            wait_until_in_force(session, target, before, timeout)
        name = session.api.get(path_of("revisions", before))["name"]
        _show(session, deployment, f"{target['name']} runs {name} again.")


def deployments(environment: Called, endpoint: EndpointOption = None, as_json: JsonFlag = False) -> None:
    """List what an environment ran, newest first."""
    with opened(as_json) as session:
        target = session.find.environment(environment, endpoint)
        rows = list(session.api.pages(path_of("environments", target["id"], "deployments")))
        if as_json:
            session.output.json(rows)
            return
        revisions = session.api.pages(path_of("endpoints", target["endpoint_id"], "revisions"))
        names = {row["id"]: row["name"] for row in revisions}
        session.output.table(
            ("When", "Revision", "Canary", "Who", "Note", "Id"),
            [
                (
                    row["when"],
                    names.get(row["revision_id"], row["revision_id"]),
                    row["canary"] and f"{row['canary']['share']} %: {row['canary']['state']}",
                    row["who"]["name"],
                    row["note"],
                    row["id"],
                )
                for row in rows
            ],
        )


canaries = typer.Typer(no_args_is_help=True, help="A revision that a share of the requests goes to first.")


@canaries.command("status")
def show_canary(environment: Called, endpoint: EndpointOption = None, as_json: JsonFlag = False) -> None:
    """Show the refused shares of an environment's last canary. Beside them stand those of the other revision."""
    with opened(as_json) as session:
        target = session.find.environment(environment, endpoint)
        deployment = _last_canary(session, target)
        if as_json:
            session.output.json(deployment)
            return
        canary, compared = deployment["canary"], deployment["canary"]["compared"] or {}
        shares = {side: f"{each['refused_share']} % of {each['events']:,} events" for side, each in compared.items()}
        session.output.fields(
            [
                ("Revision", session.api.get(path_of("revisions", deployment["revision_id"]))["name"]),
                ("State", canary["state"]),
                ("Reason", canary["reason"]),
                ("Share", f"{canary['share']} %"),
                ("Until", canary["until"]),
                ("Refused by the canary", shares.get("canary", "not known")),
                ("Refused by the current revision", shares.get("current", "not known")),
                ("Id", deployment["id"]),
            ]
        )


@canaries.command("promote")
def promote_canary(
    environment: Called,
    wait: WaitFlag = False,
    timeout: TimeoutOption = 120,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Give an environment's canary all requests."""
    with opened(as_json) as session:
        target = session.find.environment(environment, endpoint)
        deployment = _end(session, target, "promote")
        if wait:
            wait_until_in_force(session, target, deployment["revision_id"], timeout)
        name = session.api.get(path_of("revisions", deployment["revision_id"]))["name"]
        _show(session, deployment, f"{target['name']} runs {name}.")


@canaries.command("abort")
def abort_canary(
    environment: Called,
    wait: WaitFlag = False,
    timeout: TimeoutOption = 120,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Give all requests back to the revision that an environment runs."""
    with opened(as_json) as session:
        target = session.find.environment(environment, endpoint)
        deployment = _end(session, target, "abort")
        if wait:
            wait_until_in_force(session, target, target["revision_id"], timeout)
        name = session.api.get(path_of("revisions", target["revision_id"]))["name"]
        _show(session, deployment, f"{target['name']} runs {name} alone.")


def _asked(share: int | None, seconds: int | None, max_extra_refused: float | None) -> Resource | None:
    settings = {"seconds": seconds, "max_extra_refused": max_extra_refused}
    given: Resource = {name: value for name, value in settings.items() if value is not None}
    if share is not None:
        return {"share": share, **given}
    if given:
        raise Misused("--seconds and --max-extra-refused are for a canary: add --canary.")
    return None


def _end(session: Session, target: Resource, how: str) -> Resource:
    """Promote or abort an environment's last canary; the server refuses what comes too late."""
    canary = target["canary"] or {"deployment_id": _last_canary(session, target)["id"]}
    return session.api.post(path_of("environments", target["id"], "deployments", canary["deployment_id"], how))


def _last_canary(session: Session, target: Resource) -> Resource:
    for row in session.api.pages(path_of("environments", target["id"], "deployments")):
        if row["canary"] is not None:
            return row
    raise Refused("no_canary", f"{target['name']} has never had a canary.")


def _deploy(
    session: Session, target: Resource, revision_id: str, note: str, canary: Resource | None = None
) -> Resource:
    """Deploy; fails if the environment has changed since it was read."""
    path = path_of("environments", target["id"], "deployments")
    body: dict[str, Any] = {"revision_id": revision_id, "note": note}
    if canary is not None:
        body["canary"] = canary
    return session.api.post(path, body, version=target["version"])


def _in_force(session: Session, target: Resource) -> Iterator[Resource]:
    """Yield the deployments that took all requests at some time, newest first."""
    for row in session.api.pages(path_of("environments", target["id"], "deployments")):
        if row["canary"] is None or row["canary"]["state"] == "promoted":
            yield row


def _before(session: Session, target: Resource) -> str:
    for row in _in_force(session, target):
        if row["revision_id"] != target["revision_id"]:
            return str(row["revision_id"])
    raise Refused("nothing_before", f"{target['name']} has never run another revision.")


def _show(session: Session, deployment: Resource, text: str) -> None:
    if session.output.as_json:
        session.output.json(deployment)
    else:
        session.output.line(text)
        for apart in deployment.get("columns_apart", ()):
            session.output.line(f"The values of {apart['field']} go to the column {apart['column']}.")
