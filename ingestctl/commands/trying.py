"""`revisions validate`: a dry run of sample events, each fault at its place in the file."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from ingestctl.client import path_of
from ingestctl.event_files import has_lines, located_document, located_lines, text_of
from ingestctl.event_parts import parts_of
from ingestctl.located import member
from ingestctl.output import counted, fault_line
from ingestctl.revision_files import placed, read_bytes
from ingestctl.session import REFUSED, EndpointOption, JsonFlag, opened


def validate(
    revision: Annotated[str, typer.Argument(metavar="REVISION", help="Name, ID or @ENVIRONMENT.")],
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="JSON, an event or an array; .ndjson or .jsonl, one event per line; also with .gz.",
        ),
    ],
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Validate sample events as ingest does, and keep none. Exits with 1 if any would be refused."""
    with opened(as_json) as session:
        found = session.find.revision(revision, endpoint)
        path = path_of("revisions", found["id"], "validate")
        validated: list[dict[str, Any]] = []
        for file in files:
            content = read_bytes(file)
            results = []
            for payload, first in parts_of(file, content):
                rows = session.api.post_payload(path, payload)["results"]
                results += [{**row, "index": first + row["index"]} for row in rows]
            validated.append({"file": file, "results": with_places(file, content, results)})
        refused = sum(row["outcome"] != "accepted" for rows in validated for row in rows["results"])
        total = sum(len(rows["results"]) for rows in validated)
        if as_json:
            session.output.json({"events": total, "refused": refused, "files": validated})
        else:
            for error in (error for rows in validated for row in rows["results"] for error in row["errors"]):
                session.output.line(fault_line(error))
            for pointer, events in _dropped(row for rows in validated for row in rows["results"]).items():
                session.output.line(f"{pointer}: no field names it; dropped of {counted(events, 'event')}.")
            session.output.line(f"{total - refused:,} of {counted(total, 'event')} would be accepted.")
        if refused:
            raise typer.Exit(REFUSED)


def _dropped(rows: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Return of how many events what stands at a pointer is dropped; an index of an array is written as `*`."""
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update({re.sub(r"(?<=/)[0-9]+(?=/|$)", "*", pointer) for pointer in row.get("dropped", ())})
    return dict(counts)


def with_places(file: str, content: bytes, results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with a place for each of their errors."""
    text = text_of(file, content)
    located = located_lines(text) if has_lines(file) else located_document(text)
    many = not isinstance(located.value, dict)
    for row in results:
        prefix = member("", row["index"]) if many else ""
        row["errors"] = [placed(file, located, error, prefix + error["pointer"]) for error in row["errors"]]
    return results
