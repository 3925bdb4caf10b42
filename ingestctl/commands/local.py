"""`ingestctl local`: a run of its own with an environment for each schema, for the tests of a site or an app."""

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from ingestctl.client import Api, path_of
from ingestctl.commands.pushing import create_draft
from ingestctl.local_run import free_port, local_run, wait_for_the_end
from ingestctl.problems import Misused
from ingestctl.references import Finder
from ingestctl.revision_files import RevisionFile, read_revision_file
from ingestctl.session import Session, speaking
from ingestctl.settings import Account
from ingestctl.waiting import wait_until_active

ACTIVE_SECONDS = 30


def local(
    schema: Annotated[
        list[str] | None,
        typer.Option(
            "--schema", metavar="FILE", help="A revision as a file, YAML or JSON; repeat it for further environments."
        ),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65_535, help="The port on 127.0.0.1; 0 takes a free one.")
    ] = 0,
    state_dir: Annotated[
        str | None,
        typer.Option("--state-dir", metavar="FOLDER", help="A folder to keep the state in. Default: a temporary one."),
    ] = None,
) -> None:
    """Serve on this machine, and print addresses and a token.

    They are one line of JSON. It runs until you stop it, or its parent ends.

    Each schema gets an environment that is called like the schema, or like its file. All its events are kept for
    `ingestctl expect` and `ingestctl events tail`.
    """
    parent = os.getppid()
    with speaking(as_json=True) as output:
        files = [(path, read_revision_file(path)) for path in schema or ()]
        names = [_name_of(path, said) for path, said in files]
        if len(set(names)) < len(names):
            raise Misused("Two schemas have the same name: each needs its own.")
        signal.signal(signal.SIGTERM, _stopped)
        with _folder(state_dir) as folder, local_run(port or free_port(), folder) as run:
            with Api(Account(run.address, run.token)) as api:
                session = Session(api, output, Finder(api))
                made = [
                    {"schema": path, **_environment(session, name, said)}
                    for (path, said), name in zip(files, names, strict=True)
                ]
            output.json_line({"address": run.address, "token": run.token, "environments": made})
            try:
                wait_for_the_end(run, parent)
            except KeyboardInterrupt:
                return


def _environment(session: Session, name: str, said: RevisionFile) -> dict[str, Any]:
    """Make an environment that runs a file's revision, with an endpoint of its own."""
    endpoint = session.api.post("/v1/endpoints", {"name": name})
    draft = create_draft(session, said, endpoint["id"], name, None)
    revision = session.api.post(path_of("revisions", draft["id"], "finalise"))
    body = {"name": name, "revision_id": revision["id"], "destination": {"type": "s3", "managed": True}}
    made = session.api.post(path_of("endpoints", endpoint["id"], "environments"), body)
    made = wait_until_active(session, made, ACTIVE_SECONDS)
    return {
        "name": made["name"],
        "address": made["address"],
        "environment_id": made["id"],
        "endpoint_id": endpoint["id"],
        "revision_id": revision["id"],
    }


def _name_of(path: str, said: RevisionFile) -> str:
    return said.name or Path(path).stem


@contextmanager
def _folder(state_dir: str | None) -> Iterator[Path]:
    if state_dir is not None:
        yield Path(state_dir)
        return
    with tempfile.TemporaryDirectory(prefix="ingest-local-") as made:
        yield Path(made)


def _stopped(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt
