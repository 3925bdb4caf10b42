"""`doctor`: goes the way of an event through a deployment and writes a report that can be attached to an issue."""

import json
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
import typer

from ingestctl.client import Api
from ingestctl.doctor.doors import Door, Sender
from ingestctl.doctor.examination import Check, Examination, Result
from ingestctl.doctor.journey import Journey
from ingestctl.doctor.own_targets import load_into_bigquery, serve_domain
from ingestctl.doctor.report import as_document, as_markdown, counts_of
from ingestctl.doctor.tried import Tried
from ingestctl.output import Output
from ingestctl.problems import Misused
from ingestctl.revision_files import STANDARD_STREAM, read_bytes
from ingestctl.session import REFUSED, JsonFlag, opened

MoreChecks = Callable[[Journey, Examination], Sequence[Check]]

_MARKS = {"passed": "pass", "failed": "FAIL", "skipped": "skip"}


def doctor(
    front_door: Annotated[
        list[str] | None,
        typer.Option(
            "--front-door",
            metavar="URL",
            help="Another address of ingest, such as a load balancer's. HOST=URL uses the URL with that Host header.",
        ),
    ] = None,
    domain: Annotated[
        str | None, typer.Option("--domain", help="A domain of yours to try, with a managed certificate.")
    ] = None,
    bigquery: Annotated[
        str | None, typer.Option("--bigquery", metavar="@FILE", help="A BigQuery destination to try, as JSON.")
    ] = None,
    report: Annotated[
        str | None, typer.Option("--report", metavar="FILE", help="Where to write the report; `-` prints it.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Try a deployment's promises from outside.

    Sends events, and looks at quarantine, a redrive, a roll-back, usage and delivery.

    Makes an endpoint of its own and deletes it. Needs a token of an admin. Exits with 1 if a check failed.
    """
    with opened(as_json) as session:
        tried = Tried(
            doors=[front_door_from(text) for text in front_door or ()],
            domain=domain,
            bigquery=destination_from(bigquery),
        )
        results = examine(session.api, tried, session.output)
        about = {"Examined": session.api.address, **versions()}
        say(session.output, about, results, report)
        if counts_of(results)["failed"]:
            raise typer.Exit(REFUSED)


def examine(
    api: Api,
    tried: Tried,
    output: Output,
    *,
    transport: httpx.BaseTransport | None = None,
    more: MoreChecks | None = None,
) -> list[Result]:
    """Make every check, tell of each as it comes, and take away what was made; return what came of them.

    Args:
        api: the deployment, as an admin.
        tried: what of it is tried.
        output: where each result is told.
        transport: instead of connections to the front doors.
        more: gives further checks of what the journey did, made before its clean-up.
    """
    examination = Examination(tell=lambda result: output.remark(line_of(result)))
    sender = Sender(transport)
    journey = Journey(api, sender, examination, tried)
    try:
        examination.run(journey.checks())
        examination.run(_own_checks(journey, tried))
        if more is not None:
            examination.run(more(journey, examination))
    finally:
        examination.run(journey.clean_up())
        sender.close()
    return examination.results


def _own_checks(journey: Journey, tried: Tried) -> list[Check]:
    """Return the steps that need something of the caller's."""
    return [
        Check(
            "domain",
            "An environment is reached at a domain of yours.",
            lambda: serve_domain(journey, tried.domain),
            needs=("environment",),
        ),
        Check(
            "bigquery",
            "Events arrive in BigQuery.",
            lambda: load_into_bigquery(journey, tried.bigquery),
            needs=("revision",),
        ),
    ]


def line_of(result: Result) -> str:
    return f"{_MARKS[result.state]}  {result.name}: {result.detail}"


def say(output: Output, about: dict[str, str], results: Sequence[Result], report: str | None) -> None:
    """Write the report where it was asked for, and say in a line what came of the examination."""
    if report not in {None, STANDARD_STREAM}:
        assert report is not None
        try:
            Path(report).write_text(as_markdown(about, results), "utf-8")
        except OSError as error:
            raise Misused(f"{report} can't be written: {error.strerror}.") from None
    if output.as_json:
        output.json(as_document(about, results))
        return
    if report == STANDARD_STREAM:
        typer.echo(as_markdown(about, results).encode(), nl=False)
    counts = counts_of(results)
    output.remark(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped.")


def versions() -> dict[str, str]:
    """Return what made the examination."""
    return {"Python": platform.python_version(), "httpx": httpx.__version__}


def front_door_from(text: str) -> Door:
    """Return a front door of `URL`, or of `HOST=URL` where its certificate is for another name than the URL's.

    Raises:
        Misused: it is no address.
    """
    host, _, url = text.rpartition("=") if "=" in text else ("", "", text)
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Misused("--front-door must be an address such as https://in.example.com, or HOST=ADDRESS.")
    return Door(host or parts.hostname, url.rstrip("/"), host=host or None)


def destination_from(given: str | None) -> dict[str, Any] | None:
    """Return the destination that `@FILE` or JSON gives.

    Raises:
        Misused: it is no JSON object.
    """
    if given is None:
        return None
    try:
        found = json.loads(read_bytes(given[1:]) if given.startswith("@") else given)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Misused("--bigquery must be a JSON object, or @ and the name of a file that holds it.")
    return found
