"""A revision as a file: `name`, `additional_keys`, `event_name` and `fields`, in YAML or JSON.

`fields` is what the API takes under that name, so the pointers of its faults are pointers into the file.
"""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ingestctl.json_text import read_json, write_json
from ingestctl.located import BadText, Located, member
from ingestctl.problems import Misused, Refused
from ingestctl.yaml_text import read_yaml, write_yaml

FileFormat = Literal["yaml", "json"]
STANDARD_STREAM = "-"

_MEMBERS = ("name", "additional_keys", "event_name", "fields")
_ADDITIONAL_KEYS = ("drop", "reject", "keep")


@dataclass(frozen=True, slots=True)
class RevisionFile:
    """What a file says; `additional_keys` is `drop`, and `event_name` empty, where it says nothing of them."""

    path: str
    name: str | None
    additional_keys: str
    event_name: list[Any]
    fields: list[Any]
    located: Located

    def with_places(self, errors: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return errors of the server in the order of the file; those about it have `file`, `line` and `column`."""
        rows = [placed(self.path, self.located, error) if self._holds(error) else dict(error) for error in errors]
        return sorted(rows, key=lambda row: (row.get("line", 0), row.get("column", 0)))

    def _holds(self, error: Mapping[str, Any]) -> bool:
        first = error["pointer"].split("/")[1:2]
        return bool(first) and first[0] in self.located.value


def placed(path: str, located: Located, error: Mapping[str, Any], pointer: str | None = None) -> dict[str, Any]:
    """Return an error with the place of its pointer, or of `pointer` where the text is only about it."""
    position = located.find(error["pointer"] if pointer is None else pointer)
    return {"file": path, "line": position.line, "column": position.column, **error}


def read_bytes(path: str) -> bytes:
    """Return what a file holds, or the standard input for `-`.

    Raises:
        Misused: there is no such file, or it can't be read.
    """
    try:
        return sys.stdin.buffer.read() if path == STANDARD_STREAM else Path(path).read_bytes()
    except OSError as error:
        raise Misused(f"{path} can't be read: {error.strerror}.") from None


def write_text(path: str, text: str) -> None:
    """Write a text into a file, in UTF-8 and with its own line ends.

    Raises:
        Misused: it can't be written.
    """
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - also a device or a pipe
            file.write(text)
    except OSError as error:
        raise Misused(f"{path} can't be written: {error.strerror}.") from None


def format_of(path: str) -> FileFormat | None:
    """Return the format that a file's name tells, if it does."""
    formats: dict[str, FileFormat] = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}
    return formats.get(Path(path).suffix.lower())


def read_document(path: str) -> Located:
    """Read JSON or YAML from a file, or from the standard input for `-`.

    Raises:
        Misused: it can't be read.
        Refused: bad_file, with what is wrong and where.
    """
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _bad_file(path, [{"line": 1, "column": 1, "message": "The file is not UTF-8."}]) from None
    kind = format_of(path) or ("json" if text.lstrip().startswith("{") else "yaml")
    try:
        return read_json(text) if kind == "json" else read_yaml(text)
    except BadText as error:
        where = {"line": error.position.line, "column": error.position.column}
        raise _bad_file(path, [{**where, "message": str(error)}]) from None


def read_revision_file(path: str) -> RevisionFile:
    """Read a revision from a file, or from the standard input for `-`.

    Raises:
        Misused: it can't be read.
        Refused: bad_file, with what is wrong and where.
    """
    located = read_document(path)
    faults = list(_faults(located.value))
    if faults:
        raise _bad_file(path, [placed(path, located, fault) for fault in faults])
    said = located.value
    return RevisionFile(
        path, said.get("name"), said.get("additional_keys", "drop"), said.get("event_name", []), said["fields"], located
    )


def _faults(value: Any) -> Iterable[dict[str, str]]:
    """Find what is wrong around the fields; what is in them is the server's to validate."""
    if not isinstance(value, dict):
        yield {"pointer": "", "code": "type", "message": "The file must hold an object with fields."}
        return
    for key in sorted(value.keys() - set(_MEMBERS)):
        yield {"pointer": member("", key), "code": "unknown_field", "message": "There is no such field."}
    if not isinstance(value.get("fields"), list):
        yield {"pointer": "/fields", "code": "type", "message": "fields must be there and be a list."}
    if "name" in value and not isinstance(value["name"], str):
        yield {"pointer": "/name", "code": "type", "message": "Must be a string; put it in quotes."}
    if value.get("additional_keys", "drop") not in _ADDITIONAL_KEYS:
        yield {"pointer": "/additional_keys", "code": "one_of", "message": "Must be drop, reject or keep."}
    if not isinstance(value.get("event_name", []), list):
        yield {"pointer": "/event_name", "code": "type", "message": "Must be a list of JSON Pointers."}


def _bad_file(path: str, errors: list[dict[str, Any]]) -> Refused:
    given = [{"file": path, "pointer": "", "code": "syntax", **error} for error in errors]
    return Refused("bad_file", f"{path} is not a revision that could be sent.", errors=given)


def write_revision(revision: Mapping[str, Any], kind: FileFormat) -> str:
    """Return a revision of the API as the text of a file."""
    said = {name: revision[name] for name in _MEMBERS if name != "event_name" or revision[name]}
    return write_json(said) if kind == "json" else write_yaml(said)
