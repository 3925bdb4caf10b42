"""`send`: events of files to an environment's address, each with its outcome."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Annotated, Any
from uuid import uuid4

import httpx
import typer

from ingestctl.client import TIMEOUT_SECONDS, Payload
from ingestctl.commands.environments import Called
from ingestctl.commands.trying import with_places
from ingestctl.event_parts import parts_of
from ingestctl.output import counted, fault_line
from ingestctl.problems import Refused
from ingestctl.revision_files import read_bytes
from ingestctl.session import REFUSED, EndpointOption, JsonFlag, opened
from ingestctl.settings import is_loopback

TRIES = 5
_REPEATED = frozenset({429, 500, 502, 503, 504})
_PAUSE_SECONDS = 0.5
_MAX_PAUSE_SECONDS = 10.0


def send(
    environment: Called,
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="JSON, an event or an array; .ndjson or .jsonl, one event per line; or with .gz. `-`: standard input.",
        ),
    ],
    write_key: Annotated[
        str | None, typer.Option("--write-key", metavar="KEY", help="Needed if the environment lists write keys.")
    ] = None,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Send events to an environment. Exits with 1 unless all are accepted."""
    with opened(as_json) as session:
        found = session.find.environment(environment, endpoint)
        address = found["address"]
        headers = {"X-Write-Key": write_key} if write_key else {}
        rows: list[dict[str, Any]] = []
        with httpx.Client(timeout=TIMEOUT_SECONDS, headers=headers, trust_env=not is_loopback(address)) as http:
            for file in files:
                content = read_bytes(file)
                results = []
                for payload, first in parts_of(file, content):
                    told = _sent(http, address, payload)
                    results += [{**row, "index": first + row["index"]} for row in told]
                rows += [{"file": file, **row} for row in with_places(file, content, results)]
        counts = Counter(row["outcome"] for row in rows)
        if as_json:
            session.output.json({"events": len(rows), "outcomes": dict(counts), "results": rows})
        else:
            for error in (error for row in rows for row_error in [row["errors"]] for error in row_error):
                session.output.line(fault_line(error))
            said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
            session.output.line(f"{counted(len(rows), 'event')}: {said}.")
        if counts["accepted"] < len(rows):
            raise typer.Exit(REFUSED)


def _sent(
    http: httpx.Client, address: str, payload: Payload, sleep: Callable[[float], None] = time.sleep
) -> list[dict[str, Any]]:
    """Send a payload, again under its key where that may help; return a row for each of its events.

    Raises:
        Refused: nothing of it was taken.
    """
    headers = {**payload.headers, "Idempotency-Key": str(uuid4())}
    for left in range(TRIES - 1, -1, -1):
        pause = _PAUSE_SECONDS * 2.0 ** (TRIES - 1 - left)
        try:
            answer = http.post(address, content=payload.content, headers=headers)
        except httpx.TransportError as error:
            if not left:
                raise Refused("unreachable", f"No answer from {address}: {type(error).__name__}.") from None
        else:
            if answer.status_code not in _REPEATED or not left:
                return _rows(answer)
            asked = answer.headers.get("Retry-After", "")
            pause = max(pause, float(asked) if asked.isdecimal() else 0.0)
        sleep(min(pause, _MAX_PAUSE_SECONDS))
    raise AssertionError


def _rows(answer: httpx.Response) -> list[dict[str, Any]]:
    try:
        document = answer.json()
    except ValueError:
        document = {}
    if not isinstance(document, dict):
        document = {}
    if "results" in document:
        return list(document["results"])
    if answer.is_success and "event_ids" in document:
        return [
            {"index": index, "outcome": "accepted", "event_id": event_id, "errors": []}
            for index, event_id in enumerate(document["event_ids"])
        ]
    code, message = (
        document.get("code", "not_ingest"),
        document.get("message", "The answer is not an ingest address's."),
    )
    raise Refused(code, message, status=answer.status_code, request_id=document.get("request_id"))
