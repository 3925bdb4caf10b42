"""Webhooks of other services that an environment accepts."""

import sys
from typing import Annotated, Any

import typer

from ingestctl.client import path_of
from ingestctl.commands.environments import Called
from ingestctl.problems import Misused
from ingestctl.session import EndpointOption, JsonFlag, opened

MAX_SECRETS = 2

app = typer.Typer(no_args_is_help=True, help="Webhooks of other services that an environment accepts.")

HookName = Annotated[str, typer.Argument(metavar="NAME", help="The webhook's name: the last part of its address.")]


@app.command("list")
def list_webhooks(environment: Called, endpoint: EndpointOption = None, as_json: JsonFlag = False) -> None:
    """List an environment's webhooks."""
    with opened(as_json) as session:
        found = session.find.environment(environment, endpoint)["webhooks"]
        if as_json:
            session.output.json(found)
            return
        session.output.table(
            ("Name", "Scheme", "Secrets", "Since", "Address"),
            [
                (row["name"], row["scheme"], row["secrets_set"], row["secrets_changed_at"] or "", row["address"])
                for row in found
            ],
        )


@app.command("set")
def set_webhook(
    environment: Called,
    name: HookName,
    scheme: Annotated[
        str, typer.Option("--scheme", help="github, stripe, shopify, slack, standard, hmac, or none: not signed.")
    ],
    keep_secrets: Annotated[bool, typer.Option("--keep-secrets", help="Leave its secrets as they are.")] = False,
    keep_newest: Annotated[
        bool,
        typer.Option(
            "--keep-newest",
            help="Keep the newest of its secrets: beside the new one, or with --keep-secrets as the only one.",
        ),
    ] = False,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Make a webhook or change it. Its secrets are asked for, or read from the standard input, one or two lines."""
    with opened(as_json) as session:
        hook: dict[str, Any] = {"name": name, "scheme": scheme}
        if scheme != "none" and not keep_secrets:
            hook["secrets"] = _secrets(asks_for_older=not keep_newest)
        if keep_newest:
            hook["keep_newest"] = True
        found = session.find.environment(environment, endpoint)
        hooks = [hook if row["name"] == name else _unchanged(row) for row in found["webhooks"]]
        if hook not in hooks:
            hooks.append(hook)
        changed = _save(session.api, found, hooks)
        (made,) = [row for row in changed["webhooks"] if row["name"] == name]
        if as_json:
            session.output.json(made)
        else:
            session.output.line(f"{name} is accepted at {made['address']}")


@app.command("remove")
def remove_webhook(
    environment: Called, name: HookName, endpoint: EndpointOption = None, as_json: JsonFlag = False
) -> None:
    """Accept a webhook no more; its secrets are removed."""
    with opened(as_json) as session:
        found = session.find.environment(environment, endpoint)
        hooks = [_unchanged(row) for row in found["webhooks"] if row["name"] != name]
        if len(hooks) == len(found["webhooks"]):
            raise Misused(f"{found['name']} has no webhook {name}.")
        _save(session.api, found, hooks)
        if as_json:
            session.output.json({"deleted": name})
        else:
            session.output.line(f"{name} is removed.")


def _save(api: Any, environment: dict[str, Any], hooks: list[dict[str, Any]]) -> dict[str, Any]:
    """Save all webhooks; fails if the environment has changed since it was read."""
    changed: dict[str, Any] = api.patch(
        path_of("environments", environment["id"]), {"webhooks": hooks}, version=environment["version"]
    )
    return changed


def _unchanged(row: dict[str, Any]) -> dict[str, Any]:
    return {"name": row["name"], "scheme": row["scheme"]}


def _secrets(*, asks_for_older: bool) -> list[str]:
    """Return the secrets that were typed or came from the standard input, never from an argument."""
    if sys.stdin.isatty():
        lines = [typer.prompt("Secret", hide_input=True, err=True)]
        if asks_for_older:
            older = "The one that it replaces (empty: none)"
            lines.append(typer.prompt(older, hide_input=True, default="", err=True))
    else:
        lines = sys.stdin.read(10_000).splitlines()
    secrets = [line.strip() for line in lines if line.strip()]
    if not 1 <= len(secrets) <= MAX_SECRETS:
        raise Misused("Give one secret on the standard input, or two lines while you replace one.")
    return secrets
