"""Deploying, rolling back, and what ran when."""

from typing import Annotated

import typer

from ingestctl.client import path_of
from ingestctl.commands.environments import Called, TimeoutOption
from ingestctl.problems import Refused
from ingestctl.references import Resource
from ingestctl.session import EndpointOption, JsonFlag, Session, opened
from ingestctl.waiting import wait_until_in_force

NoteOption = Annotated[str, typer.Option("--note", "-m", help="Why, for the history.")]
WaitFlag = Annotated[bool, typer.Option("--wait", help="Until it is in force everywhere.")]


def deploy(
    environment: Called,
    revision: Annotated[str, typer.Argument(metavar="REVISION", help="A finalised one: name, id or @ENVIRONMENT.")],
    note: NoteOption = "",
    wait: WaitFlag = False,
    timeout: TimeoutOption = 120,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Let an environment run a revision; if it does already, nothing is done."""
    with opened(as_json) as session:
        target = session.find.environment(environment, endpoint)
        found = session.find.revision(revision, endpoint or target["endpoint_id"])
        changed = target["revision_id"] != found["id"]
        if changed:
            deployment = _deploy(session, target, found["id"], note)
        else:
            deployment = next(session.api.pages(path_of("environments", target["id"], "deployments")))
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
    """Deploy what ran before the revision that runs now; done twice, it takes itself back."""
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
            ("When", "Revision", "Who", "Note", "Id"),
            [
                (
                    row["when"],
                    names.get(row["revision_id"], row["revision_id"]),
                    row["who"]["name"],
                    row["note"],
                    row["id"],
                )
                for row in rows
            ],
        )


def _deploy(session: Session, target: Resource, revision_id: str, note: str) -> Resource:
    """Deploy; fails if the environment has changed since it was read."""
    path = path_of("environments", target["id"], "deployments")
    return session.api.post(path, {"revision_id": revision_id, "note": note}, version=target["version"])


def _before(session: Session, target: Resource) -> str:
    for row in session.api.pages(path_of("environments", target["id"], "deployments")):
        if row["revision_id"] != target["revision_id"]:
            return str(row["revision_id"])
    raise Refused("nothing_before", f"{target['name']} has never run another revision.")


def _show(session: Session, deployment: Resource, text: str) -> None:
    if session.output.as_json:
        session.output.json(deployment)
    else:
        session.output.line(text)
