"""Environments."""

import json
from typing import Annotated, Any, Literal

import typer

from ingestctl.client import path_of
from ingestctl.problems import Misused
from ingestctl.revision_files import read_bytes
from ingestctl.session import REFUSED, EndpointOption, JsonFlag, Session, confirmed_name, opened
from ingestctl.waiting import wait_until_active

app = typer.Typer(no_args_is_help=True, help="Where a revision runs: an address and a destination.")

Called = Annotated[str, typer.Argument(metavar="ENVIRONMENT", help="Name or ID.")]
TimeoutOption = Annotated[
    float, typer.Option("--timeout", min=1, metavar="SECONDS", help="How many seconds to wait at most.")
]


@app.command("list")
def list_environments(endpoint: EndpointOption = None, as_json: JsonFlag = False) -> None:
    """List an endpoint's environments."""
    with opened(as_json) as session:
        owner = session.find.endpoint(endpoint)
        rows = list(session.api.pages(path_of("endpoints", owner["id"], "environments")))
        if as_json:
            session.output.json(rows)
            return
        names = {row["id"]: row["name"] for row in session.api.pages(path_of("endpoints", owner["id"], "revisions"))}
        session.output.table(
            ("Name", "Status", "Revision", "Since", "Address", "Id"),
            [
                (
                    row["name"],
                    row["status"],
                    _runs(row, names),
                    row["deployed_at"],
                    row["address"],
                    row["id"],
                )
                for row in rows
            ],
        )


def _runs(row: dict[str, Any], names: dict[str, str]) -> str:
    """Return the name of what an environment runs, and of its canary."""
    runs: str = names.get(row["revision_id"], row["revision_id"])
    canary = row["canary"]
    if canary is None:
        return runs
    return f"{runs} (canary {canary['share']} %: {names.get(canary['revision_id'], canary['revision_id'])})"


@app.command("create")
def create_environment(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    revision: Annotated[str, typer.Option("--revision", "-r", metavar="REVISION", help="A finalised revision.")],
    destination: Annotated[
        str, typer.Option("--destination", metavar="JSON|@FILE", help="Default: the deployment's own bucket.")
    ] = '{"type": "s3", "managed": true}',
    on_invalid: Annotated[Literal["quarantine", "reject"], typer.Option(help="What happens to invalid events.")] = (
        "quarantine"
    ),
    origin: Annotated[
        list[str] | None, typer.Option(help="An origin whose pages may send; repeat it for several.")
    ] = None,
    write_key: Annotated[
        list[str] | None, typer.Option(help="A key of which each request needs one; repeat it for several.")
    ] = None,
    rate_limit: Annotated[int | None, typer.Option(help="Events per second at most.")] = None,
    streams: Annotated[int, typer.Option(help="How many delivery streams, 1 to 50.")] = 1,
    buffer_seconds: Annotated[int | None, typer.Option(help="How many seconds a stream gathers an object.")] = None,
    store_addresses: Annotated[
        bool, typer.Option(help="Whether quarantine and live events keep client addresses.")
    ] = False,
    quarantine_protected: Annotated[
        bool, typer.Option(help="Whether quarantine keeps protected values only as they are stored.")
    ] = False,
    taps: Annotated[Literal["on", "protected", "off"], typer.Option(help="Who sees live events, and how.")] = "on",
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it accepts events.")] = False,
    timeout: TimeoutOption = 120,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Create an environment that runs a revision."""
    with opened(as_json) as session:
        found = session.find.revision(revision, endpoint)
        body = {
            "name": name,
            "revision_id": found["id"],
            "destination": _destination(destination),
            "on_invalid": on_invalid,
            "allowed_origins": origin or [],
            "write_keys": write_key or [],
            "rate_limit": rate_limit,
            "streams": streams,
            "buffer_seconds": buffer_seconds,
            "store_addresses": store_addresses,
            "quarantine_protected": quarantine_protected,
            "taps": taps,
        }
        made = session.api.post(path_of("endpoints", found["endpoint_id"], "environments"), body)
        if wait:
            made = wait_until_active(session, made, timeout)
        if as_json:
            session.output.json(made)
        else:
            session.output.line(f"{made['name']} ({made['id']}) is {made['status']}: {made['address']}")
            _tell_secret(session, made)


@app.command("update")
def update_environment(
    environment: Called,
    name: Annotated[str | None, typer.Option(help="Its new name.")] = None,
    destination: Annotated[
        str | None,
        typer.Option(
            "--destination", metavar="JSON|@FILE", help="The destination's `type`, and the settings that change."
        ),
    ] = None,
    on_invalid: Annotated[
        Literal["quarantine", "reject"] | None, typer.Option(help="What happens to invalid events.")
    ] = None,
    origin: Annotated[
        list[str] | None, typer.Option(help="An allowed origin; replaces the current ones. Repeat it for several.")
    ] = None,
    any_origin: Annotated[bool, typer.Option("--any-origin", help="Allow every origin.")] = False,
    write_key: Annotated[
        list[str] | None, typer.Option(help="A write key; replaces the current ones. Repeat it for several.")
    ] = None,
    no_write_keys: Annotated[bool, typer.Option("--no-write-keys", help="Require no write key.")] = False,
    rate_limit: Annotated[int | None, typer.Option(help="Events per second at most.")] = None,
    no_rate_limit: Annotated[bool, typer.Option("--no-rate-limit", help="Remove the rate limit.")] = False,
    streams: Annotated[int | None, typer.Option(help="How many delivery streams, 1 to 50.")] = None,
    buffer_seconds: Annotated[int | None, typer.Option(help="How many seconds a stream gathers an object.")] = None,
    store_addresses: Annotated[
        bool | None,
        typer.Option(
            "--store-addresses/--no-store-addresses", help="Keep client addresses in quarantine and live events."
        ),
    ] = None,
    quarantine_protected: Annotated[
        bool | None,
        typer.Option(
            "--quarantine-protected/--no-quarantine-protected",
            help="Keep protected values in quarantine only as they are stored.",
        ),
    ] = None,
    taps: Annotated[
        Literal["on", "protected", "off"] | None, typer.Option(help="Who sees live events, and how.")
    ] = None,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Change settings of an environment. Settings that you leave out stay."""
    with opened(as_json) as session:
        given = {
            "name": name,
            "destination": None if destination is None else _destination(destination),
            "on_invalid": on_invalid,
            "allowed_origins": _list_of("origin", origin, "any-origin", is_none=any_origin),
            "write_keys": _list_of("write-key", write_key, "no-write-keys", is_none=no_write_keys),
            "rate_limit": rate_limit,
            "streams": streams,
            "buffer_seconds": buffer_seconds,
            "store_addresses": store_addresses,
            "quarantine_protected": quarantine_protected,
            "taps": taps,
        }
        changes: dict[str, Any] = {setting: value for setting, value in given.items() if value is not None}
        if no_rate_limit:
            if rate_limit is not None:
                raise Misused("Give --rate-limit or --no-rate-limit, not both.")
            changes["rate_limit"] = None
        if not changes:
            raise Misused("Say what to change; --help lists the settings.")
        found = session.find.environment(environment, endpoint)
        changed = session.api.patch(path_of("environments", found["id"]), changes)
        if as_json:
            session.output.json(changed)
        else:
            session.output.line(f"{changed['name']} ({changed['id']}) is changed.")
            _tell_secret(session, changed)


@app.command("check")
def check_destination(environment: Called, endpoint: EndpointOption = None, as_json: JsonFlag = False) -> None:
    """Try the destination of an environment, live. Exits with 1 if a step fails."""
    with opened(as_json) as session:
        found = session.find.environment(environment, endpoint)
        answer = session.api.post(path_of("environments", found["id"], "destination", "check"))
        if as_json:
            session.output.json(answer)
        else:
            rows = [(row["name"], row["state"].replace("_", " "), row["reason"] or "") for row in answer["checks"]]
            session.output.table(("Step", "State", "Reason"), rows)
    if not answer["ok"]:
        raise typer.Exit(REFUSED)


@app.command("show")
def show_environment(environment: Called, endpoint: EndpointOption = None, as_json: JsonFlag = False) -> None:
    """Show an environment's settings and state."""
    with opened(as_json) as session:
        found = session.find.environment(environment, endpoint)
        if as_json:
            session.output.json(found)
        else:
            shown = {**found, "delivery_error": _told(found["delivery_error"])}
            session.output.fields(shown.items())


def _told(error: dict[str, Any] | None) -> str:
    """Return what the last error of a destination was, when, and whether it is over."""
    if error is None:
        return "none"
    if error["recovered_at"] is not None:
        return f"{error['reason']} Recovered at {error['recovered_at']}, after failing since {error['since']}."
    return f"{error['reason']} Failing since {error['since']}, last at {error['at']}."


@app.command("unknown-keys")
def show_unknown_keys(environment: Called, endpoint: EndpointOption = None, as_json: JsonFlag = False) -> None:
    """Show which keys arrive that no field names. They are of a sample of the events, and by the running revision."""
    with opened(as_json) as session:
        found = session.find.environment(environment, endpoint)
        answer = session.api.get(path_of("environments", found["id"], "unknown-keys"))
        if as_json:
            session.output.json(answer)
            return
        rows = [
            (row["pointer"], row["count"], ", ".join(row["kinds"]), row["first_seen"], row["last_seen"])
            for row in answer["items"]
        ]
        session.output.table(("Pointer", "Events", "Kinds", "First seen", "Last seen"), rows)
        session.output.line(f"Of {answer['looked_at']:,} events that were looked at.")


@app.command("delete")
def delete_environment(
    environment: Called,
    confirm: Annotated[
        str | None, typer.Option("--confirm", metavar="NAME", help="The name again; without it, you are asked.")
    ] = None,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Delete an environment. Ingest then rejects its events; what was delivered stays."""
    with opened(as_json) as session:
        found = session.find.environment(environment, endpoint)
        name = confirmed_name(confirm, "environment")
        session.api.delete(path_of("environments", found["id"]), confirm=name)
        if as_json:
            session.output.json({"deleted": found["id"]})
        else:
            session.output.line(f"{found['name']} is deleted.")


def _tell_secret(session: Session, environment: dict[str, Any]) -> None:
    """Show a signing secret that was made for the destination: no other answer has it."""
    secret = environment["destination"].get("signing_secret")
    if secret is not None:
        session.output.line(f"Signing secret, shown this once: {secret}")


def _list_of(option: str, values: list[str] | None, none: str, *, is_none: bool) -> list[str] | None:
    """Return what two options together say of a list: some values, none, or nothing."""
    if values and is_none:
        raise Misused(f"Give --{option} or --{none}, not both.")
    return [] if is_none else values or None


def _destination(given: str) -> Any:
    try:
        return json.loads(read_bytes(given[1:]) if given.startswith("@") else given)
    except ValueError:
        raise Misused("--destination must be JSON, or @ and the name of a file that holds it.") from None
