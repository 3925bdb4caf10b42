"""Logging in and out, and who one is."""

import os
import sys
from typing import Annotated

import typer

from ingestctl.client import Api
from ingestctl.problems import Misused
from ingestctl.session import JsonFlag, opened, speaking
from ingestctl.settings import (
    ADDRESS_VARIABLE,
    TOKEN_VARIABLE,
    Account,
    account_file,
    checked_address,
    checked_token,
    is_loopback,
    store_account,
)

Address = Annotated[
    str | None,
    typer.Option("--address", envvar=ADDRESS_VARIABLE, help="The server's address, such as http://127.0.0.1:8000."),
]


def login(address: Address = None, as_json: JsonFlag = False) -> None:
    """Store an address and a token. You are asked for the token; a script gives it on the standard input."""
    with speaking(as_json) as output:
        asked = sys.stdin.isatty()
        if address is None:
            if not asked:
                raise Misused(f"Say the address: --address, or {ADDRESS_VARIABLE}.")
            address = typer.prompt("Address", err=True)
        address = checked_address(str(address))
        token = typer.prompt("Token", hide_input=True, err=True) if asked else sys.stdin.readline()
        account = Account(address, checked_token(token))
        if address.startswith("http://") and not is_loopback(address):
            output.remark("Without https, the token can be read on its way.")
        with Api(account) as api:
            me = api.get("/v1/me")
        path = account_file(os.environ)
        store_account(path, account)
        if as_json:
            output.json({"address": address, "file": str(path), **me})
        else:
            output.line(f"Logged in to {me['organisation']['name']} as {me['member']['email']} ({me['role']}).")
            if os.environ.get(TOKEN_VARIABLE):
                output.remark(f"{TOKEN_VARIABLE} is set, and goes before the stored token.")


def logout(as_json: JsonFlag = False) -> None:
    """Forget the stored address and token. The token itself stays valid."""
    with speaking(as_json) as output:
        path = account_file(os.environ)
        path.unlink(missing_ok=True)
        if as_json:
            output.json({"file": str(path)})
        else:
            output.line("Logged out.")


def whoami(as_json: JsonFlag = False) -> None:
    """Show whose token you use, and in which organisation."""
    with opened(as_json) as session:
        me = session.api.get("/v1/me")
        if as_json:
            session.output.json({"address": session.api.address, **me})
            return
        session.output.fields(
            [
                ("Address", session.api.address),
                ("Organisation", me["organisation"]["name"]),
                ("Member", me["member"]["email"]),
                ("Role", me["role"]),
            ]
        )
