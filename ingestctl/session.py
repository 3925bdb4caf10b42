"""What every command runs in: an API to call, an output to speak with, and the exit codes 0, 1 and 2."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Annotated

import typer

from ingestctl.client import Api
from ingestctl.output import Output
from ingestctl.problems import Misused, Refused
from ingestctl.references import Finder
from ingestctl.settings import account_from

JsonFlag = Annotated[bool, typer.Option("--json", help="JSON for scripts; problems as JSON on the standard error.")]
EndpointOption = Annotated[
    str | None,
    typer.Option(
        "--endpoint",
        "-e",
        envvar="INGEST_ENDPOINT",
        metavar="ENDPOINT",
        help="Endpoint name or ID. Required if the name is ambiguous.",
    ),
]

REFUSED = 1
MISUSED = 2


@dataclass(frozen=True, slots=True)
class Session:
    """One command's means."""

    api: Api
    output: Output
    find: Finder


@contextmanager
def speaking(as_json: bool) -> Iterator[Output]:
    """Give an output, and turn what goes wrong into words and an exit code."""
    output = Output(as_json)
    try:
        yield output
        sys.stdout.flush()
    except Refused as problem:
        output.problem(problem)
        raise typer.Exit(REFUSED) from None
    except Misused as misuse:
        if as_json:
            output.problem(Refused("usage", str(misuse)))
        else:
            output.remark(str(misuse))
        raise typer.Exit(MISUSED) from None
    except UnicodeEncodeError:
        output.remark("An argument is not UTF-8.")
        raise typer.Exit(MISUSED) from None
    except BrokenPipeError:
        _close_output()  # the reader had enough
        raise typer.Exit(0) from None
    except OSError as error:
        # Files are read and written where their errors become `Misused`: this is the output.
        _close_output()
        with suppress(OSError):
            output.remark(f"The output can't be written: {error.strerror}. What the command changed stays changed.")
        raise typer.Exit(REFUSED) from None


def _close_output() -> None:
    """Let nothing more be written: Python would complain once more when it flushes the output at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def opened(as_json: bool) -> Iterator[Session]:
    """Give a session with the account of the environment or of `login`."""
    with speaking(as_json) as output, Api(account_from(os.environ)) as api:
        yield Session(api, output, Finder(api))


def confirmed_name(given: str | None, kind: str) -> str:
    """Return the name that a person typed to confirm a deletion; the server compares it.

    Raises:
        Misused: none was given, and there is nobody to ask.
    """
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise Misused(f"Confirm with the {kind}'s name: --confirm NAME.")
    typed: str = typer.prompt(f"Type the {kind}'s name to delete it", err=True)
    return typed
