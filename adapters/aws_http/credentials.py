"""Who signs: the credentials of the function's role, as its environment holds them at the moment."""

import os
from typing import NamedTuple

from domain.errors import Undelivered


class Credentials(NamedTuple):
    """A key pair, with a session token where the pair is a passing one."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None

    def __repr__(self) -> str:
        """Name the key, and neither secret nor token."""
        return f"Credentials({self.access_key_id!r})"


def credentials_from_environment() -> Credentials:
    """Read the variables that Lambda sets; read for every call, since they may be replaced by younger ones.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html

    Raises:
        Undelivered: there are none, so nothing can be called.
    """
    variables = os.environ
    try:
        return Credentials(
            variables["AWS_ACCESS_KEY_ID"],
            variables["AWS_SECRET_ACCESS_KEY"],
            variables.get("AWS_SESSION_TOKEN") or None,
        )
    except KeyError:
        raise Undelivered("AWS can't be called without credentials in the environment.", retryable=False) from None
