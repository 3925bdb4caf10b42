"""Settings of the authorizer function."""

from dataclasses import dataclass

from domain.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class AuthorizerSettings:
    """Where tokens stand, and whose sign-ins count; without a pool nobody signs in, and only tokens do."""

    catalog_table: str
    """The catalog's table; it is only read."""
    user_pool_id: str | None = None
    """The pool of users, such as `eu-central-1_AbCdEfGhI`."""
    client_ids: tuple[str, ...] = ()
    """Clients of the pool whose access tokens count: the console's."""
    issuer: str | None = None
    """What tokens name as their issuer: `https://cognito-idp.<region>.amazonaws.com/<pool>`."""
    jwks_url: str | None = None
    """Where the pool's public keys are; `<issuer>/.well-known/jwks.json` unless it is elsewhere, as an emulator's."""

    def __post_init__(self) -> None:
        """Raise `Misconfigured` for what can't work."""
        if self.user_pool_id is None:
            return
        if not self.client_ids or not self.issuer:
            raise Misconfigured("A user pool needs issuer and client_ids, or nobody's sign-in would count.")
        if not self.keys_url.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
            raise Misconfigured(
                "jwks_url must be https: over http, keys that are changed on their way let anyone sign in."
            )

    @property
    def keys_url(self) -> str:
        """Where the pool's public keys are."""
        return self.jwks_url or f"{self.issuer}/.well-known/jwks.json"
