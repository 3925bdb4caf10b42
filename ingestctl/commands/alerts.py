"""Alerts of environments, and whom they tell."""

import sys
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import typer

from ingestctl.client import Api, path_of
from ingestctl.commands.environments import Called
from ingestctl.problems import Misused, Refused
from ingestctl.references import folded
from ingestctl.session import EndpointOption, JsonFlag, opened

app = typer.Typer(no_args_is_help=True, help="Alerts: when an environment tells that something is wrong.")
targets = typer.Typer(no_args_is_help=True, help="Whom alerts tell: mail addresses, Slack and webhooks.")

_TARGETS = "/v1/alert-targets"

Kind = Literal["rejected_share", "silence", "new_code_or_key", "delivery_delay", "plan_use", "certificate_expiry"]
AlertName = Annotated[str, typer.Argument(metavar="ALERT", help="Name, id, or kind if it has one alert.")]
TargetName = Annotated[str, typer.Argument(metavar="TARGET", help="Name or id.")]
Percent = Annotated[float | None, typer.Option(help="Of rejected_share and plan_use.")]
Minutes = Annotated[int | None, typer.Option(help="Of rejected_share, silence, new_code_or_key, delivery_delay.")]
MinEvents = Annotated[int | None, typer.Option(help="Of rejected_share: fewer events don't count.")]
Days = Annotated[int | None, typer.Option(help="Of certificate_expiry.")]
Name = Annotated[str | None, typer.Option("--name", help="What it is called.")]
Targets = Annotated[list[str] | None, typer.Option("--target", help="Who is told; may be repeated.")]


@app.command("list")
def list_alerts(environment: Called, endpoint: EndpointOption = None, as_json: JsonFlag = False) -> None:
    """List an environment's alerts with their states. Says whether their targets were reached, too."""
    with opened(as_json) as session:
        found = session.find.environment(environment, endpoint)
        rows = session.api.get(path_of("environments", found["id"], "alerts"))["items"]
        if as_json:
            session.output.json(rows)
            return
        session.output.table(
            ("Name", "Kind", "State", "Since", "What is the case", "Not reached", "Id"),
            [
                (
                    row["name"] or "",
                    row["kind"],
                    row["state"],
                    row["since"] or "",
                    row["text"] or "",
                    "; ".join(f"{told['name']}: {told['last_error']}" for told in row["told"] if told["last_error"]),
                    row["id"],
                )
                for row in rows
            ],
        )


@app.command("create")
def create_alert(
    environment: Called,
    kind: Annotated[Kind, typer.Option("--kind", help="What it looks at.")],
    percent: Percent = None,
    minutes: Minutes = None,
    min_events: MinEvents = None,
    days: Days = None,
    name: Name = None,
    target: Targets = None,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Make an alert. Settings that you leave out have the defaults of the kind."""
    with opened(as_json) as session:
        found = session.find.environment(environment, endpoint)
        body = _given(percent=percent, minutes=minutes, min_events=min_events, days=days, name=name)
        body |= {"kind": kind, "targets": _ids(session.api, target or [])}
        made = session.api.post(path_of("environments", found["id"], "alerts"), body)
        if as_json:
            session.output.json(made)
        else:
            session.output.line(f"{made['kind']} ({made['id']}) is looked at within a minute.")


@app.command("update")
def update_alert(
    environment: Called,
    alert: AlertName,
    percent: Percent = None,
    minutes: Minutes = None,
    min_events: MinEvents = None,
    days: Days = None,
    name: Name = None,
    target: Targets = None,
    no_targets: Annotated[bool, typer.Option("--no-targets", help="Tell nobody any more.")] = False,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Change an alert. New targets replace the current ones."""
    with opened(as_json) as session:
        if target and no_targets:
            raise Misused("--target and --no-targets exclude each other.")
        path, found = _alert(session.find.environment(environment, endpoint), session.api, alert)
        body = _given(percent=percent, minutes=minutes, min_events=min_events, days=days, name=name)
        if target or no_targets:
            body["targets"] = _ids(session.api, target or [])
        if not body:
            raise Misused("Say what to change, such as --percent 2.")
        changed = session.api.patch(path, body, version=found["version"])
        if as_json:
            session.output.json(changed)
        else:
            session.output.line(f"{changed['kind']} ({changed['id']}) is changed.")


@app.command("test")
def try_alert(
    environment: Called, alert: AlertName, endpoint: EndpointOption = None, as_json: JsonFlag = False
) -> None:
    """Send a test to all targets of an alert. Fails unless it reaches each of them."""
    with opened(as_json) as session:
        path, _ = _alert(session.find.environment(environment, endpoint), session.api, alert)
        results = session.api.post(f"{path}/test")["results"]
        if as_json:
            session.output.json(results)
        else:
            for row in results:
                session.output.line(_tested(row))
        if not all(row["sent"] for row in results):
            raise typer.Exit(1)


@app.command("delete")
def delete_alert(
    environment: Called, alert: AlertName, endpoint: EndpointOption = None, as_json: JsonFlag = False
) -> None:
    """Delete an alert; nobody is told any more."""
    with opened(as_json) as session:
        path, found = _alert(session.find.environment(environment, endpoint), session.api, alert)
        session.api.delete(path)
        if as_json:
            session.output.json({"deleted": found["id"]})
        else:
            session.output.line(f"{found['id']} is deleted.")


@targets.command("list")
def list_targets(as_json: JsonFlag = False) -> None:
    """List whom alerts can tell, and whether they were reached."""
    with opened(as_json) as session:
        rows = session.api.get(_TARGETS)["items"]
        if as_json:
            session.output.json(rows)
            return
        session.output.table(
            ("Name", "Kind", "Where", "Subscription", "Last reached", "Last error", "Id"),
            [
                (
                    row["name"],
                    row["kind"],
                    row["email"] or row["url"],
                    row["subscription"] or "",
                    row["last_success_at"] or "",
                    row["last_error"] or "",
                    row["id"],
                )
                for row in rows
            ],
        )


@targets.command("create")
def create_target(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    kind: Annotated[Literal["email", "slack", "webhook"], typer.Option("--kind", help="How it is told.")],
    email: Annotated[str | None, typer.Option(help="Of the kind email.")] = None,
    url: Annotated[str | None, typer.Option(help="Of the kind webhook. That of Slack is asked for.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Make a target. Slack's URL, a secret, is asked for or read from the standard input; a webhook's is shown once."""
    with opened(as_json) as session:
        if kind == "slack":
            if url is not None:
                raise Misused("Slack's URL is a secret: give it on the standard input.")
            url = _asked_url()
        made = session.api.post(_TARGETS, {"name": name, "kind": kind} | _given(email=email, url=url))
        if as_json:
            session.output.json(made)
            return
        session.output.line(f"{made['name']} ({made['id']}) can be told.")
        if made["secret"] is not None:
            session.output.line(f"Secret, shown this once: {made['secret']}")
        if made["subscription"] == "pending":
            session.output.line("A link to confirm is in its mailbox; until then it gets no alerts.")
        elif made["subscription"] == "log":
            session.output.line("On this machine, mail is written to the log.")


@targets.command("test")
def try_target(target: TargetName, as_json: JsonFlag = False) -> None:
    """Send a test to a target; fails unless it arrives."""
    with opened(as_json) as session:
        result = session.api.post(f"{_target_path(session.api, target)}/test")
        if as_json:
            session.output.json(result)
        else:
            session.output.line(_tested(result))
        if not result["sent"]:
            raise typer.Exit(1)


@targets.command("rotate")
def rotate_secret(
    target: TargetName,
    drop_previous: Annotated[
        bool, typer.Option("--drop-previous", help="Sign with the new one alone at once, as after a leak.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Give a webhook a new secret, which is shown once. The one before signs as well for 24 hours."""
    with opened(as_json) as session:
        made = session.api.post(f"{_target_path(session.api, target)}/secret", {"keep_previous": not drop_previous})
        if as_json:
            session.output.json(made)
        else:
            session.output.line(f"Secret, shown this once: {made['secret']}")


@targets.command("delete")
def delete_target(target: TargetName, as_json: JsonFlag = False) -> None:
    """Delete a target that no alert has."""
    with opened(as_json) as session:
        session.api.delete(_target_path(session.api, target))
        if as_json:
            session.output.json({"deleted": target})
        else:
            session.output.line(f"{target} is deleted.")


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _alert(environment: dict[str, Any], api: Api, called: str) -> tuple[str, dict[str, Any]]:
    """Return the path of an alert, and what it is."""
    path = path_of("environments", environment["id"], "alerts")
    rows = api.get(path)["items"]
    found = [row for row in rows if row["id"] == called]
    found = found or [row for row in rows if row["name"] is not None and folded(row["name"]) == folded(called)]
    row = _one("alert", called, found or [row for row in rows if row["kind"] == called])
    return f"{path}/{row['id']}", row


def _ids(api: Api, called: Sequence[str]) -> list[str]:
    rows = api.get(_TARGETS)["items"] if called else []
    return [_one("target", name, _targets_called(rows, name))["id"] for name in called]


def _target_path(api: Api, called: str) -> str:
    row = _one("target", called, _targets_called(api.get(_TARGETS)["items"], called))
    return path_of("alert-targets", row["id"])


def _targets_called(rows: Sequence[dict[str, Any]], called: str) -> list[dict[str, Any]]:
    return [row for row in rows if called == row["id"] or folded(row["name"]) == folded(called)]


def _one(what: str, called: str, found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    if not found:
        raise Refused("not_found", f"There is no {what} called {called}.")
    if len(found) > 1:
        raise Misused(f"Several are called {called}: say one of {', '.join(row['id'] for row in found)}.")
    return found[0]


def _tested(row: dict[str, Any]) -> str:
    return f"{row['name']}: {'sent' if row['sent'] else row['error']}"


def _asked_url() -> str:
    url = typer.prompt("URL", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.read(10_000)
    return str(url).strip()
