"""Files of events: one or an array of them as JSON, or one a line as `.ndjson` or `.jsonl`; each also with `.gz`."""

import gzip
import json
import zlib
from pathlib import Path
from typing import Any

from ingestctl.json_text import read_json
from ingestctl.located import START, BadText, Located, Position
from ingestctl.problems import Refused
from ingestctl.revision_files import placed, read_bytes

_LINES = frozenset({".ndjson", ".jsonl"})


def is_packed(file: str) -> bool:
    return Path(file).suffix == ".gz"


def has_lines(file: str) -> bool:
    """Say whether a file holds one event a line."""
    path = Path(file)
    return Path(path.stem if is_packed(file) else path).suffix in _LINES


def text_of(file: str, content: bytes) -> str:
    """Return the text of a file's content, whatever it holds; empty if it does not unpack."""
    if is_packed(file):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            return ""
    return content.decode("utf-8-sig", "replace")


def located_lines(text: str) -> Located:
    """Return the places of the lines that hold something, as if they were an array."""
    lines = [Position(number, 1) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    return Located(None, {f"/{index}": line for index, line in enumerate(lines)})


def located_document(text: str) -> Located:
    """Return the text with its places; of what a strict reader refuses, no places but the start."""
    try:
        return read_json(text)
    except BadText:
        return Located(None, {"": START})


def read_events(file: str) -> list[dict[str, Any]]:
    """Return the events of a file, or of the standard input for `-`, as they are parsed.

    Raises:
        Misused: it can't be read.
        Refused: bad_file, with the place of what is no event.
    """
    text = text_of(file, read_bytes(file))
    if not has_lines(file):
        try:
            located = read_json(text)
        except BadText as error:
            raise _bad_file(file, error.position, str(error)) from None
        events = located.value if isinstance(located.value, list) else [located.value]
        many = isinstance(located.value, list)
        for index, event in enumerate(events):
            if not isinstance(event, dict):
                raise _bad_file(file, located.find(f"/{index}" if many else ""), "An event is a JSON object.")
        return events
    events = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            event = None
        if not isinstance(event, dict):
            raise _bad_file(file, Position(number, 1), "An event is a JSON object on a line.")
        events.append(event)
    return events


def _bad_file(file: str, position: Position, message: str) -> Refused:
    error = placed(file, Located(None, {"": position}), {"pointer": "", "code": "syntax", "message": message})
    return Refused("bad_file", f"{file} does not hold events.", errors=[error])
