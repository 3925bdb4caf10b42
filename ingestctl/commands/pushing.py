"""`revisions push`: a file becomes a draft's tree.

Unless told into which draft, the name decides: a draft of that name is written again, a finalised revision of that
name that holds just this is left as it is, and otherwise a draft is made. So a job may run twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import uuid4

import typer

from ingestctl.client import path_of
from ingestctl.problems import Misused, Refused
from ingestctl.references import Resource
from ingestctl.revision_files import RevisionFile, read_revision_file
from ingestctl.session import EndpointOption, JsonFlag, Session, opened

CHECK_NAME = "ingestctl check"


def push(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="YAML or JSON, as `pull` writes it; `-` is the standard input.")
    ],
    into: Annotated[
        str | None,
        typer.Option("--into", metavar="DRAFT", help="The draft to write, by name or id; it keeps its name."),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="The revision's name, instead of the file's.")] = None,
    clone_of: Annotated[
        str | None, typer.Option("--clone-of", metavar="REVISION", help="The parent of a new draft.")
    ] = None,
    if_version: Annotated[
        int | None, typer.Option("--if-version", min=1, help="Fail if the draft has another version.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only look for faults.")] = False,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Save a file's fields in a draft; every fault is shown at its line."""
    with opened(as_json) as session:
        if into is not None and clone_of is not None:
            raise Misused("Give --into or --clone-of, not both.")
        said = read_revision_file(file)
        target = None if into is None else session.find.revision(into, endpoint)
        owner_id = target["endpoint_id"] if target else session.find.endpoint(endpoint)["id"]
        wanted = name or said.name
        revision = None
        if check:
            _check(session, said, owner_id)
            outcome = "valid"
        elif target is not None:
            outcome, revision = "replaced", _save(session, said, target, if_version, name)
        elif wanted is None or (target := session.find.revision_of(owner_id, wanted)) is None:
            parent = None if clone_of is None else session.find.revision(clone_of, endpoint)["id"]
            outcome, revision = "created", create_draft(session, said, owner_id, wanted, parent)
        elif target["state"] == "finalised":
            outcome, revision = "unchanged", _same(session, said, target)
        else:
            outcome, revision = "replaced", _save(session, said, target, if_version)
        if as_json:
            session.output.json({"outcome": outcome, "revision": revision})
        elif revision is None:
            session.output.line(f"{file} has no faults.")
        else:
            session.output.line(f"{revision['name']} ({revision['id']}), {revision['state']}: {outcome}.")


def create_draft(
    session: Session, said: RevisionFile, owner_id: str, name: str | None, parent_id: str | None
) -> Resource:
    """Make a draft of what a file says, or none."""
    body = {key: value for key, value in (("name", name), ("clone_of", parent_id)) if value is not None}
    with _faults_placed(said):
        made = session.api.post(path_of("endpoints", owner_id, "revisions"), body)
    try:
        return _save(session, said, made)
    except Refused:
        if not _removed(session, made):
            session.output.remark(f"The draft {made['name']} ({made['id']}) was made, and is left without the file.")
        raise


def _save(
    session: Session, said: RevisionFile, draft: Resource, if_version: int | None = None, name: str | None = None
) -> Resource:
    """Replace a draft's tree, then what else differs: were it the other way round, faults would leave half a change."""
    path = path_of("revisions", draft["id"])
    with _faults_placed(said):
        version = draft["version"] if if_version is None else if_version
        saved = session.api.put(f"{path}/fields", _tree(said), version=version)
        wanted = {"additional_keys": said.additional_keys, "name": name or saved["name"]}
        changes = {key: value for key, value in wanted.items() if saved[key] != value}
        return session.api.patch(path, changes, version=saved["version"]) if changes else saved


def _tree(said: RevisionFile) -> dict[str, Any]:
    return {"fields": said.fields, "event_name": said.event_name}


def _same(session: Session, said: RevisionFile, finalised: Resource) -> Resource:
    """Return the revision if it holds what the file says."""
    found = session.api.get(path_of("revisions", finalised["id"]))
    same_settings = found["additional_keys"] == said.additional_keys and found["event_name"] == said.event_name
    if same_settings and _in_full(found["fields"]) == _in_full(said.fields):
        return found
    raise Refused(
        "revision_finalised",
        f"{found['name']} is finalised and holds something else; give the file another name, or push with --name.",
    )


def _in_full(value: Any) -> Any:
    """Return fields so that two that say the same are equal, however much they leave to be understood."""
    if isinstance(value, list):
        return [_in_full(part) for part in value]
    if not isinstance(value, dict) or "key" not in value:
        return value
    said = {key: _in_full(part) if key == "fields" else part for key, part in value.items()}
    for name, understood in (("description", ""), ("rules", []), ("fields", [])):
        if said.get(name) == understood:
            del said[name]
    return {"presence": "required", **said}


def _check(session: Session, said: RevisionFile, owner_id: str) -> None:
    """Have the server validate the file in a draft of its own, which is deleted again.

    A member who may not delete gets one draft for all checks, which stays.
    """
    may_delete = session.api.get("/v1/me")["role"] in {"admin", "owner"}
    name = f"{CHECK_NAME} {uuid4()}" if may_delete else CHECK_NAME
    draft = None if may_delete else session.find.revision_of(owner_id, name)
    if draft is None:
        draft = session.api.post(path_of("endpoints", owner_id, "revisions"), {"name": name})
    try:
        with _faults_placed(said):
            path = path_of("revisions", draft["id"], "fields")
            session.api.put(path, _tree(said), version=None)
    finally:
        if may_delete:
            _removed(session, draft)


def _removed(session: Session, draft: Resource) -> bool:
    try:
        session.api.delete(path_of("revisions", draft["id"]))
    except Refused:
        return False
    return True


@contextmanager
def _faults_placed(said: RevisionFile) -> Iterator[None]:
    """Give the faults that the server finds in a file their places there."""
    try:
        yield
    except Refused as refusal:
        refusal.errors = said.with_places(refusal.errors)
        raise
