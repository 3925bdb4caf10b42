"""`revisions validate`: a dry run of sample events, each fault at its place in the file."""

import gzip
import zlib
from pathlib import Path
from typing import Annotated, Any

import typer

from ingestctl.client import Payload, path_of
from ingestctl.json_text import read_json
from ingestctl.located import START, BadText, Located, Position, member
from ingestctl.output import fault_line
from ingestctl.revision_files import placed, read_bytes
from ingestctl.session import REFUSED, EndpointOption, JsonFlag, opened

_LINES = frozenset({".ndjson", ".jsonl"})


def validate(
    revision: Annotated[str, typer.Argument(metavar="REVISION", help="Name or id, or @ENVIRONMENT.")],
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...", help="An event or an array of them; .ndjson or .jsonl: one a line; may be .gz."
        ),
    ],
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Judge sample events as ingest would, and keep none; exits with 1 if any would be refused."""
    with opened(as_json) as session:
        found = session.find.revision(revision, endpoint)
        path = path_of("revisions", found["id"], "validate")
        judged: list[dict[str, Any]] = []
        for file in files:
            content = read_bytes(file)
            results = session.api.post_payload(path, Payload(content, _headers(file)))["results"]
            judged.append({"file": file, "results": _with_places(file, content, results)})
        refused = sum(row["outcome"] != "accepted" for rows in judged for row in rows["results"])
        total = sum(len(rows["results"]) for rows in judged)
        if as_json:
            session.output.json({"events": total, "refused": refused, "files": judged})
        else:
            for error in (error for rows in judged for row in rows["results"] for error in row["errors"]):
                session.output.line(fault_line(error))
            session.output.line(f"{total - refused} of {total} events would be accepted.")
        if refused:
            raise typer.Exit(REFUSED)


def _headers(file: str) -> dict[str, str]:
    path = Path(file)
    packed = path.suffix == ".gz"
    lines = Path(path.stem if packed else path).suffix in _LINES
    headers = {"Content-Type": "application/x-ndjson" if lines else "application/json"}
    return headers | ({"Content-Encoding": "gzip"} if packed else {})


def _with_places(file: str, content: bytes, results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with a place for each of their errors."""
    text = _text(file, content)
    if "ndjson" in _headers(file)["Content-Type"]:
        lines = [Position(number, 1) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        located = Located(None, {f"/{index}": line for index, line in enumerate(lines)})
    else:
        located = _located(text)
    many = not isinstance(located.value, dict)
    for row in results:
        prefix = member("", row["index"]) if many else ""
        row["errors"] = [placed(file, located, error, prefix + error["pointer"]) for error in row["errors"]]
    return results


def _text(file: str, content: bytes) -> str:
    if file.endswith(".gz"):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            return ""
    return content.decode("utf-8-sig", "replace")


def _located(text: str) -> Located:
    """Return the text with its places; of what a strict reader refuses, no places but the start."""
    try:
        return read_json(text)
    except BadText:
        return Located(None, {"": START})
