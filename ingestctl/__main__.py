"""`python -m ingestctl`: the management API from a command line."""

from typing import Annotated

import typer
import typer.main

from ingestctl import __version__
from ingestctl.commands import (
    account,
    alerts,
    deployments,
    doctor,
    domains,
    endpoints,
    environments,
    live,
    local,
    operations,
    quarantine,
    queries,
    revisions,
    sending,
    set_aside,
    templates,
    trials,
    typed_code,
    usage,
    warehouses,
    webhooks,
)
from ingestctl.examples import add_examples


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"ingestctl {__version__}")
        raise typer.Exit


app = typer.Typer(
    name="ingestctl",
    help="Manage ingest endpoints, their schemas and where they run.",
    epilog="Log in first, or set INGEST_ADDRESS and INGEST_TOKEN. Every command shows examples: ingestctl send --help",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


app.command("login")(account.login)
app.command("logout")(account.logout)
app.command("whoami")(account.whoami)
app.command("templates")(templates.templates)
app.command("types")(typed_code.types)
app.add_typer(endpoints.app, name="endpoints")
app.add_typer(revisions.app, name="revisions")
environments.app.command("warehouse")(warehouses.warehouse)
environments.app.command("sql")(queries.sql)
app.add_typer(environments.app, name="environments")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(domains.app, name="domain")
app.add_typer(alerts.app, name="alerts")
app.add_typer(alerts.targets, name="alert-targets")
app.command("deploy")(deployments.deploy)
app.add_typer(deployments.canaries, name="canary")
app.command("rollback")(deployments.rollback)
app.command("deployments")(deployments.deployments)
app.add_typer(operations.app, name="dead-letters")
app.add_typer(set_aside.app, name="set-aside")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(quarantine.redrives, name="redrives")
app.add_typer(trials.app, name="trials")
app.command("local")(local.local)
app.add_typer(live.app, name="events")
app.command("send")(sending.send)
app.command("expect")(live.expect)
app.command("usage")(usage.usage)
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run the command line."""
    command = typer.main.get_command(app)
    add_examples(command)
    command(prog_name="ingestctl")


if __name__ == "__main__":
    main()
