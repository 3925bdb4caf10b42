"""Waiting until an environment takes events, runs what was deployed or has its domain, or a job has ended."""

import time
from collections.abc import Callable
from typing import NamedTuple

from ingestctl.client import path_of
from ingestctl.problems import Refused
from ingestctl.references import Resource
from ingestctl.session import Session

IN_FORCE_SECONDS = 5.0
"""How long a deployment takes to be in force everywhere, as the server's documentation promises."""
POLL_SECONDS = 0.5

_ENDED = ("done", "failed", "cancelled")

Sleep = Callable[[float], None]


class Job(NamedTuple):
    """A kind of what the server works through object by object: a redrive or a trial."""

    name: str
    """Of one; its path and its commands have it with an `s`."""
    doing: str
    """What the bar says at first."""
    found: Callable[[Resource], str]
    """What it says once there is something to tell."""


def wait_until_active(session: Session, environment: Resource, seconds: float) -> Resource:
    """Return an environment once it is active.

    Raises:
        Refused: provisioning_failed, or timeout after `seconds`.
    """
    deadline = time.monotonic() + seconds
    with session.output.waiting(f"{environment['name']} is being provisioned"):
        while environment["status"] != "active":
            if environment["status"] == "failed":
                raise Refused("provisioning_failed", f"{environment['name']}: {environment['status_reason']}")
            if time.monotonic() > deadline:
                raise Refused("timeout", f"{environment['name']} is still {environment['status']}.")
            time.sleep(POLL_SECONDS)
            environment = session.api.get(path_of("environments", environment["id"]))
    return environment


def wait_until_domain_active(
    session: Session, domain: Resource, seconds: float, *, sleep: Sleep = time.sleep
) -> Resource:
    """Return a custom domain once it is active, or once a record has to be set first: its proof or its validation.

    Raises:
        Refused: domain_failed, or timeout after `seconds`.
    """
    deadline = time.monotonic() + seconds
    with session.output.waiting(f"{domain['domain']} is being set up"):
        while not _waits_for_a_person(domain) and domain["status"] != "active":
            if domain["status"] == "failed":
                raise Refused("domain_failed", f"{domain['domain']}: {domain['status_reason']}")
            if time.monotonic() > deadline:
                raise Refused("timeout", f"{domain['domain']} is still {domain['status']}.")
            sleep(POLL_SECONDS)
            domain = session.api.get(path_of("environments", domain["environment_id"], "custom-domain"))
    return domain


def _waits_for_a_person(domain: Resource) -> bool:
    """Return whether the domain goes on only when a person has set a record."""
    is_pending = domain["status"] in {"pending_proof", "pending_validation"}
    return is_pending and any(not row["automatic"] for row in domain["dns_records"])


def wait_until_ended(session: Session, job: Job, made: Resource, seconds: float) -> Resource:
    """Return a job once it has ended, with a bar of its objects meanwhile.

    Raises:
        Refused: timeout after `seconds`; it goes on.
    """
    deadline = time.monotonic() + seconds
    with session.output.waiting(job.doing, 1.0) as progress:
        while made["state"] not in _ENDED:
            if time.monotonic() > deadline:
                raise Refused(
                    "timeout", f"The {job.name} {made['id']} goes on; see how far it is with `{job.name}s show`."
                )
            time.sleep(POLL_SECONDS)
            made = session.api.get(path_of(f"{job.name}s", made["id"]))
            total = made["objects_total"]
            share = made["objects_done"] / total if total else 0.0
            progress.update(progress.task_ids[0], completed=share, description=job.found(made))
    return made


def wait_until_in_force(session: Session, environment: Resource, revision_id: str, seconds: float) -> None:
    """Return once a deployment that has just been made is in force everywhere.

    Raises:
        Refused: see `wait_until_active`; replaced if another revision was deployed meanwhile.
    """
    wait_until_active(session, environment, seconds)
    with session.output.waiting(f"{environment['name']} takes it up", IN_FORCE_SECONDS) as progress:
        for _ in range(int(IN_FORCE_SECONDS / POLL_SECONDS)):
            time.sleep(POLL_SECONDS)
            progress.advance(progress.task_ids[0], POLL_SECONDS)
    running = session.api.get(path_of("environments", environment["id"]))["revision_id"]
    if running != revision_id:
        raise Refused("replaced", f"Meanwhile {running} was deployed to {environment['name']}.")
