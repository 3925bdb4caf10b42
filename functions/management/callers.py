"""Who calls: by what the authorizer found out in front of this function, or else by the token in the request.

The authorizer's word is about the credential, and may be minutes old; what it allows is read here, for every request.
A local run has no authorizer in front: there the token itself is looked up, by the same code.
"""

from collections.abc import Mapping
from typing import Any

from domain.catalog.access import TokenPlace, authenticate, authenticate_at, token_hash
from domain.catalog.caller import Principal
from domain.catalog.identity import Credential, bearer_token
from domain.catalog.ports import Table
from domain.catalog.sign_ins import NOT_A_MEMBER, SignIn, authenticate_sign_in
from domain.clock import Clock
from domain.errors import Rejected, Undelivered
from domain.intake.http import HttpRequest
from schemas.codes import Problem

ORGANISATION_HEADER = "x-organisation-id"


class Callers:
    """Finds out who calls."""

    def __init__(self, table: Table, clock: Clock, owner_email: str | None) -> None:
        self._table = table
        self._clock = clock
        self._owner_email = owner_email

    def principal(self, request: HttpRequest, identity: Mapping[str, Any]) -> Principal:
        """Return who calls; `identity` is the context that the authorizer handed over, if there is one.

        Raises:
            Rejected: unauthenticated; or forbidden, to a person who is no member.
            Undelivered: the credential can't be checked at the moment.
        """
        wanted = request.headers.get(ORGANISATION_HEADER)
        principal = self._found(request, identity, wanted)
        if principal is None:
            raise Rejected(
                Problem.UNAUTHENTICATED,
                "Send a valid token as `Authorization: Bearer iet_…`, or sign in again.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if wanted is not None and wanted != principal.organisation_id:
            raise Rejected(Problem.FORBIDDEN, NOT_A_MEMBER)
        return principal

    def _found(self, request: HttpRequest, identity: Mapping[str, Any], wanted: str | None) -> Principal | None:
        now_ns = self._clock()
        match identity.get("credential"):
            case Credential.TOKEN:
                place = TokenPlace(identity["organisation_id"], identity["token_id"], identity["token_hash"])
                return authenticate_at(self._table, place, now_ns)
            case Credential.SIGN_IN:
                sign_in = SignIn(identity["subject"], identity.get("email"), int(identity["expires_at"]))
                return authenticate_sign_in(
                    self._table, sign_in, wanted, now_ns, request.source_ip, owner_email=self._owner_email
                )
            case Credential.UNCHECKED:
                raise Undelivered("The authorizer could not check the credential.")
            case Credential.NONE:
                return None
        token = bearer_token(request.headers)
        return None if token is None else authenticate(self._table, token_hash(token), now_ns)
