"""`ingestctl types`: the types of events, as a file of code."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ingestctl.client import path_of
from ingestctl.revision_files import STANDARD_STREAM, read_bytes, write_text
from ingestctl.session import REFUSED, EndpointOption, JsonFlag, opened


def types(
    language: Annotated[
        Literal["typescript", "python", "json-schema"], typer.Option("--language", "-l", help="The language to write.")
    ],
    revision: Annotated[
        str | None,
        typer.Option(
            "--revision",
            "-r",
            metavar="REVISION",
            help="Name or ID; @NAME for the revision that environment NAME runs.",
        ),
    ] = None,
    environment: Annotated[
        str | None,
        typer.Option("--environment", metavar="ENVIRONMENT", help="Use the revision that this environment runs."),
    ] = None,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Where to write it; `-` prints it.")
    ] = STANDARD_STREAM,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 if the file holds something else.")
    ] = False,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Write the types of a revision's events as code."""
    if (revision is None) == (environment is None):
        raise typer.BadParameter("Give --revision, or --environment.")
    if check and output == STANDARD_STREAM:
        raise typer.BadParameter("Say which file to check: --output FILE.")
    with opened(as_json) as session:
        found = session.find.revision(f"@{environment}" if revision is None else revision, endpoint)
        template = "/v1/revisions/{revision_id}/types"
        made = session.api.get_offered(template, path_of("revisions", found["id"], "types"), {"language": language})
        code: str = made["code"]
        said = {"file": output, "revision_id": found["id"], "language": language}
        if check:
            is_same = Path(output).is_file() and read_bytes(output).replace(b"\r\n", b"\n") == code.encode()
            if as_json:
                session.output.json({**said, "is_same": is_same})
            elif is_same:
                session.output.line(f"{output} is what {found['name']} has.")
            if not is_same:
                session.output.remark(f"{output} is not what {found['name']} has: make it again without --check.")
                raise typer.Exit(REFUSED)
        elif output != STANDARD_STREAM:
            write_text(output, code)
            if as_json:
                session.output.json(said)
            else:
                session.output.line(f"The types of {found['name']} are in {output}.")
        elif as_json:
            session.output.json(made)
        else:
            typer.echo(code.encode(), nl=False)  # UTF-8 as in a file, whatever the terminal holds
