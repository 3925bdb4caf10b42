"""An environment's custom domain."""

import time
from typing import Annotated

import typer

from ingestctl.client import path_of
from ingestctl.commands.environments import Called, TimeoutOption
from ingestctl.problems import Misused
from ingestctl.references import Resource
from ingestctl.revision_files import read_bytes
from ingestctl.session import EndpointOption, JsonFlag, Session, confirmed_name, opened
from ingestctl.waiting import wait_until_domain_active

CHECK_SECONDS = 2.0
"""What the server needs to look, mostly; a later `domain show` tells the rest."""

app = typer.Typer(no_args_is_help=True, help="An environment at a domain of its own.")


@app.command("set")
def set_domain(
    environment: Called,
    domain: Annotated[str, typer.Argument(metavar="DOMAIN", help="The domain, such as events.example.com.")],
    certificate: Annotated[
        str | None,
        typer.Option("--certificate", metavar="FILE", help="The certificate in PEM; its chain may follow it."),
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", metavar="FILE", help="The certificate's key in PEM, not encrypted.")
    ] = None,
    chain: Annotated[
        str | None, typer.Option("--chain", metavar="FILE", help="The intermediate certificates in PEM.")
    ] = None,
    managed: Annotated[
        bool, typer.Option("--managed", help="Use a managed certificate, which renews automatically.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the domain is active.")] = False,
    timeout: TimeoutOption = 300,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Set an environment's domain, or renew its certificate."""
    with opened(as_json) as session:
        body = {"domain": domain, "certificate": _certificate(certificate, key, chain, managed=managed)}
        found = session.find.environment(environment, endpoint)
        made = session.api.put(path_of("environments", found["id"], "custom-domain"), body, version=None)
        if wait:
            made = wait_until_domain_active(session, made, timeout)
        _show(session, made)


@app.command("show")
def show_domain(environment: Called, endpoint: EndpointOption = None, as_json: JsonFlag = False) -> None:
    """Show an environment's domain, and the records to set. Shows its state and its certificate, too."""
    with opened(as_json) as session:
        found = session.find.environment(environment, endpoint)
        _show(session, session.api.get(path_of("environments", found["id"], "custom-domain")))


@app.command("check")
def check_domain(environment: Called, endpoint: EndpointOption = None, as_json: JsonFlag = False) -> None:
    """Look for the records of an environment's domain now. Else that is done in some minutes."""
    with opened(as_json) as session:
        found = session.find.environment(environment, endpoint)
        path = path_of("environments", found["id"], "custom-domain")
        session.api.post(f"{path}/check")
        time.sleep(CHECK_SECONDS)
        _show(session, session.api.get(path))


@app.command("remove")
def remove_domain(
    environment: Called,
    confirm: Annotated[
        str | None, typer.Option("--confirm", metavar="DOMAIN", help="The domain again; without it, you are asked.")
    ] = None,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Take an environment's domain down; its own address stays. Remove the domain's DNS records first."""
    with opened(as_json) as session:
        found = session.find.environment(environment, endpoint)
        domain = confirmed_name(confirm, "domain")
        session.api.delete(path_of("environments", found["id"], "custom-domain"), confirm=domain)
        if as_json:
            session.output.json({"deleted": domain})
        else:
            session.output.line(f"{domain} is removed from {found['name']}.")


def _certificate(certificate: str | None, key: str | None, chain: str | None, *, managed: bool) -> object:
    if managed:
        if certificate or key or chain:
            raise Misused("--managed goes without --certificate, --key and --chain.")
        return "managed"
    if certificate is None or key is None:
        raise Misused("Give --certificate and --key, or --managed.")
    files = {"pem": certificate, "private_key": key, **({"chain": chain} if chain else {})}
    return {field: _text(path) for field, path in files.items()}


def _text(path: str) -> str:
    try:
        return read_bytes(path).decode("ascii")
    except UnicodeDecodeError:
        raise Misused(f"{path} is not in PEM, which is ASCII.") from None


def _show(session: Session, domain: Resource) -> None:
    if session.output.as_json:
        session.output.json(domain)
        return
    certificate = domain["certificate"]
    shown = {
        "domain": domain["domain"],
        "address": domain["address"],
        "status": domain["status"],
        "reason": domain["status_reason"],
        "proof": domain["proof"],
        "certificate": certificate["kind"],
        "issuer": certificate["issuer"],
        "expires": certificate["expires_at"],
        "warning": domain["warning"],
    }
    session.output.fields([(name, value) for name, value in shown.items() if value is not None])
    records = [row for row in domain["dns_records"] if not row["automatic"]]
    if records:
        session.output.table(
            ("Record to set", "Name", "Value", "Purpose"),
            [(row["type"], row["name"], row["value"], row["purpose"]) for row in records],
        )
