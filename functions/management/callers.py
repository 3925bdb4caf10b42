"""Who calls: by what the authorizer found out in front of this function, or else by the token in the request.

The authorizer's word is about the credential, and may be minutes old; what it allows is read here, for every request.
A local run has no authorizer in front: there the token itself is looked up, by the same code.
"""

from collections.abc import Mapping
from typing import Any

from domain.access.access import TokenPlace, authenticate, authenticate_at, token_hash
from domain.access.identity import Credential, bearer_token
from domain.access.sign_ins import NOT_A_MEMBER, choose_membership, welcome_owner
from domain.access.token_items import TOKEN_PREFIX
from domain.clock import Clock
from domain.errors import Rejected, Undelivered
from domain.http import HttpRequest
from domain.records.caller import Caller, Principal, SignIn
from domain.records.ports import Table
from schemas.codes import Problem

ORGANISATION_HEADER = "x-organisation-id"


class Callers:
    """Finds out who calls."""

    def __init__(self, table: Table, clock: Clock, owner_email: str | None) -> None:
        self._table = table
        self._clock = clock
        self._owner_email = owner_email

    def caller(self, request: HttpRequest, identity: Mapping[str, Any]) -> Caller:
        """Return who calls, whichever organisation is meant; `identity` is what the authorizer handed over, if any.

        Raises:
            Rejected: unauthenticated.
            Undelivered: the credential can't be checked at the moment.
        """
        caller = self._found(request, identity)
        if caller is None:
            message = _why_unauthenticated(request.headers)
            raise Rejected(Problem.UNAUTHENTICATED, message, headers={"WWW-Authenticate": "Bearer"})
        return caller

    def principal(self, request: HttpRequest, identity: Mapping[str, Any]) -> Principal:
        """Return as which member of which organisation the caller acts.

        Raises:
            Rejected: unauthenticated; forbidden, to a person who is no member; choose_organisation, to one of several.
            Undelivered: the credential can't be checked at the moment.
        """
        wanted = request.headers.get(ORGANISATION_HEADER)
        caller = self.caller(request, identity)
        if isinstance(caller, SignIn):
            return choose_membership(self._table, caller, wanted)
        if wanted is not None and wanted != caller.organisation_id:
            raise Rejected(Problem.FORBIDDEN, NOT_A_MEMBER)
        return caller

    def _found(self, request: HttpRequest, identity: Mapping[str, Any]) -> Caller | None:
        now_ns = self._clock()
        match identity.get("credential"):
            case Credential.TOKEN:
                place = TokenPlace(identity["organisation_id"], identity["token_id"], identity["token_hash"])
                return authenticate_at(self._table, place, now_ns, request.source_ip)
            case Credential.SIGN_IN:
                sign_in = SignIn(identity["subject"], identity.get("email"), int(identity["expires_at"]))
                if sign_in.expires_at <= now_ns // 1_000_000_000:
                    return None
                welcome_owner(self._table, sign_in, self._owner_email, now_ns, request.source_ip)
                return sign_in
            case Credential.UNCHECKED:
                raise Undelivered("The authorizer could not check the credential.")
            case Credential.NONE:
                return None
        token = bearer_token(request.headers)
        return None if token is None else authenticate(self._table, token_hash(token), now_ns, request.source_ip)


def _why_unauthenticated(headers: Mapping[str, str]) -> str:
    """Return what is wrong with a request's credential and what to do; nothing of the credential stands in it."""
    token = bearer_token(headers)
    if not headers.get("authorization", "").strip():
        return "The request has no token. Send one as `Authorization: Bearer iet_…`, or sign in."
    if token is None:
        return "The header Authorization is malformed. It must be the word Bearer, a space and a token."
    if token.startswith(TOKEN_PREFIX):
        return "This token is not known: it was mistyped or deleted, or has expired. Make another, or sign in."
    return f"The sign-in has expired, or this is no token: tokens start with `{TOKEN_PREFIX}`. Sign in again."
