"""The bootstrap function: the first organisation, its owner and the deployment's admin token, made by the operator.

Nothing calls it but an operator with the right to: `aws lambda invoke`. It answers where the token is, never with it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from domain.access.access import authenticate, token_hash
from domain.access.first_organisation import bootstrap, owner_of_first
from domain.access.sign_ins import forget_sign_in
from domain.access.token_items import new_token
from domain.clock import Clock
from domain.delivery.ports import SecretStore
from domain.errors import Misconfigured
from domain.records.ports import Table
from schemas.addresses import is_address

Handler = Callable[[Mapping[str, Any], object], dict[str, Any]]

TOKEN_SECRET = "admin-token"  # noqa: S105 - the secret's name
_FIELDS = frozenset({"owner_email", "rotate", "forget_sign_in"})


def make_handler(
    *, table: Table, secrets: SecretStore, clock: Clock, secret_prefix: str, owner_email: str | None
) -> Handler:
    """Return the Lambda handler.

    Its event may hold `owner_email`, who owns the first organisation if that is made now; `rotate`: true, for a new
    admin token, which ends the one before; `forget_sign_in`: true, so that another user with the owner's address may
    sign in as the owner. A second call without these changes nothing.

    The answer is `{"organisation_id", "owner_email", "token_secret"}`; the latter is the name of the secret that holds
    the token. Raises `Misconfigured` for an event that can't be meant.
    """

    def handle(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
        email = _checked(event, owner_email)
        kept = secrets.get(TOKEN_SECRET)
        token = new_token() if kept is None or event.get("rotate") else kept
        if owner_of_first(table) is None and email is None:
            raise Misconfigured(
                'Say whose the first organisation is: {"owner_email": "…"}, or owner_email of the stage.'
            )
        if token != kept:
            # First: were it bound before and then not kept, nobody would have it. The next call binds it.
            secrets.put(TOKEN_SECRET, token)
        bootstrap(table, token_hash(token), clock, owner_email=email or "")
        principal = authenticate(table, token_hash(token), clock())
        owner = owner_of_first(table)
        assert principal, "the token has just been bound"
        assert owner, "and so has its member"
        if event.get("forget_sign_in"):
            forget_sign_in(table, owner)
        return {
            "organisation_id": principal.organisation_id,
            "owner_email": owner.data["email"],
            "token_secret": f"{secret_prefix}{TOKEN_SECRET}",
        }

    return handle


def _checked(event: Mapping[str, Any], owner_email: str | None) -> str | None:
    """Return the owner's address, if it is said anywhere."""
    unknown = sorted(event.keys() - _FIELDS)
    if unknown:
        raise Misconfigured(f"There is no {unknown[0]}: the event may hold {', '.join(sorted(_FIELDS))}.")
    for name in ("rotate", "forget_sign_in"):
        if not isinstance(event.get(name, False), bool):
            raise Misconfigured(f"{name} must be true or false.")
    email = event.get("owner_email", owner_email)
    if email is None:
        return None
    if not isinstance(email, str) or not is_address(email):
        raise Misconfigured("owner_email must be an e-mail address.")
    return email
