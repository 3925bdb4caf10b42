"""A dry run: what would become of a payload under a revision, by the very code that takes events in."""

from typing import Any

import orjson

from domain.completion.request_facts import RequestFacts
from domain.derived_keys import DeploymentSecret
from domain.http import HttpRequest
from domain.ids import ids_from
from domain.intake.completed import completed
from domain.intake.events import read_events
from domain.intake.payload import EventTexts, texts_from_request
from domain.intake.results import AnswerRoom
from domain.intake.stamping import arrival_at, stamp
from domain.json_kinds import spelled
from domain.validation.extra import parsed_event
from domain.validation.faults import Refusal
from domain.validation.revision import CompiledRevision
from domain.validation.unnamed import UnnamedByRevision
from domain.validation.written import document_of
from schemas.codes import Outcome
from schemas.items import RevisionDocument
from schemas.limits import MAX_DRY_RUN_STORED_BYTES, MAX_POINTERS_SHOWN

NO_ENVIRONMENT = "env_dry_run"
"""What the macro `environment_id` gives in a dry run, which has none."""


def dry_run(
    document: RevisionDocument,
    request: HttpRequest,
    *,
    received_ns: int,
    organisation_id: str,
    endpoint_id: str,
    deployment_secret: DeploymentSecret,
    protocol: str | None = None,
    route: str | None = None,
) -> list[dict[str, Any]]:
    """Validate a request's events and keep none of them.

    With `protocol`, the body is what a sender of that protocol sends to `route`, or to the first of its routes.

    Returns:
        One row per event, in order: `{"index", "outcome": "accepted" | "rejected", "errors", "stored"}`; `stored` is
        the event's fields as a destination would receive them, or None. With it, each where there are any: the JSON
        Pointers of what no field names and the revision drops (`"dropped"`), and into `stored`, of what defaults and
        macros gave and of protected values (`"defaulted"`, `"filled"`, `"protected"`). `"more": True` where faults,
        what would be stored or pointers are left out, as an answer holds no more.

    Raises:
        Rejected: there is no payload to validate, or it breaks a limit.
    """
    revision = CompiledRevision(document)
    received_at, first_id = arrival_at(received_ns)
    texts: EventTexts
    if protocol is None:
        texts = texts_from_request(request)
        verdicts = read_events(revision, texts)
    else:
        from domain.intake.protocol_dry_run import dry_run_texts  # noqa: PLC0415 - a native dry run needs none of it

        texts = translated = dry_run_texts(request, protocol, route, received_ns, received_at)
        verdicts = translated.read(revision)
    ids = ids_from(first_id, len(verdicts))
    facts = RequestFacts(
        request,
        received_ns,
        received_at,
        organisation_id,
        endpoint_id,
        NO_ENVIRONMENT,
        revision.revision_id,
        deployment_secret,
    )
    stamp(revision, texts, verdicts, ids, received_at, facts)
    rows: list[dict[str, Any]] = []
    unnamed = None
    if document["additional_keys"] == "drop":
        unnamed = UnnamedByRevision(document["fields"], with_protected=True)
    room = AnswerRoom(len(verdicts))
    stored_room = MAX_DRY_RUN_STORED_BYTES
    for index, verdict in enumerate(verdicts):
        row: dict[str, Any] = {"index": index, "outcome": Outcome.ACCEPTED, "errors": [], "stored": None}
        if isinstance(verdict, Refusal):
            row["outcome"] = Outcome.REJECTED
            row["errors"], is_cut = room.fit(verdict.errors())
            if verdict.more or is_cut:
                row["more"] = True
        else:
            stored = document_of(verdict)
            told, more = _told(document["fields"], unnamed, texts.all()[index], stored)
            stored_room -= len(orjson.dumps([stored, told]))
            if stored_room >= 0:
                row |= {"stored": stored, **told}
            if more or stored_room < 0:
                row["more"] = True
        rows.append(row)
    return rows


def _told(
    fields: list[dict[str, Any]], unnamed: UnnamedByRevision | None, text: bytes, stored: dict[str, Any]
) -> tuple[dict[str, list[str]], bool]:
    """Return what was done to an accepted event, pointers by what; and whether there are more than are told."""
    event = parsed_event(text)
    told, has_more = completed(fields, event, stored, MAX_POINTERS_SHOWN)
    if unnamed is not None:
        found, more = unnamed.of(event, MAX_POINTERS_SHOWN)
        if found:
            told["dropped"] = [spelled(pointer) for pointer, _ in found]
        has_more |= more > 0
    return told, has_more
