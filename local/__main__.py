"""`python -m local`: serve on this machine, or show what that does."""

import os
from typing import Annotated

import typer

from domain.errors import Misconfigured
from local.settings import settings_from_environment

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.callback(invoke_without_command=True)
def serve(context: typer.Context) -> None:
    """Serve on 127.0.0.1, told by PORT, STATE_DIR, ADMIN_TOKEN and BUFFER_SECONDS."""
    if context.invoked_subcommand is None:
        from local.server import serve as serve_until_stopped  # noqa: PLC0415 - the demo starts without a server

        serve_until_stopped(settings_from_environment(os.environ, cores=_cores()))


@app.command()
def demo(events: Annotated[int, typer.Option(min=100, max=1_000_000, help="How many to send.")] = 5_000) -> None:
    """Send events to the running instance and show what became of them."""
    from local.demo import run_demo  # noqa: PLC0415 - the server starts without an HTTP client

    run_demo(settings_from_environment(os.environ), events)


def _cores() -> int:
    """Return how many cores this process may use; macOS does not say, so there all count."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def main() -> None:
    try:
        app()
    except Misconfigured as error:
        typer.echo(str(error), err=True)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
