"""The authorizer: looks at a request's credential before the management function does, and says what it is.

It lets every request through, with its finding as the context: an HTTP API would answer a refusal with a document of
its own, and `/v1` promises a problem with a code. What a credential allows is not decided here but read by the
management function for every request, so that nothing that is remembered here outlives a revocation.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from domain.access.access import find_token, token_hash
from domain.access.identity import Credential, bearer_token
from domain.access.login_service import TokenVerifier, Users
from domain.access.token_items import TOKEN_PREFIX
from domain.clock import Clock
from domain.errors import Undelivered
from domain.records.ports import ItemReader

Handler = Callable[[Mapping[str, Any], object], dict[str, Any]]

MAX_TOKEN_CHARS = 8_192
REMEMBERED_SECONDS = 300
"""How long a finding is remembered: as long as a user who was disabled goes on, and a new address does not count."""
REMEMBERED = 1_000

_NOTHING: Mapping[str, Any] = {"credential": Credential.NONE.value}


def make_handler(
    *, table: ItemReader, clock: Clock, verifier: TokenVerifier | None = None, users: Users | None = None
) -> Handler:
    """Return the handler of an HTTP API's Lambda authorizer, payload 2.0 with simple responses.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html

    Args:
        table: the catalog; it is only read.
        clock: nanoseconds.
        verifier: validates access tokens; without it nobody signs in.
        users: knows who signs in; needed with a verifier.
    """
    findings = _Findings(table, verifier, users)
    remembered: OrderedDict[bytes, tuple[int, Mapping[str, Any]]] = OrderedDict()

    def handle(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        token = bearer_token(headers)
        if token is None or len(token) > MAX_TOKEN_CHARS:
            return {"isAuthorized": True, "context": _NOTHING}
        now = clock() // 1_000_000_000
        digest = sha256(token.encode()).digest()
        until, found = remembered.get(digest, (0, _NOTHING))
        if until <= now:
            found, until = findings.of(token, now)
            if until > now:
                remembered[digest] = (until, found)
                remembered.move_to_end(digest)
                if len(remembered) > REMEMBERED:
                    remembered.popitem(last=False)
        return {"isAuthorized": True, "context": found}

    return handle


class _Findings:
    """Finds out what a credential is, and until when that may be remembered; 0: not at all."""

    def __init__(self, table: ItemReader, verifier: TokenVerifier | None, users: Users | None) -> None:
        self._table = table
        self._verifier = verifier
        self._users = users

    def of(self, token: str, now: int) -> tuple[Mapping[str, Any], int]:
        try:
            if token.startswith(TOKEN_PREFIX):
                return self._of_token(token, now)
            return self._of_sign_in(token, now)
        except Undelivered:
            return {"credential": Credential.UNCHECKED.value}, 0

    def _of_token(self, token: str, now: int) -> tuple[Mapping[str, Any], int]:
        place = find_token(self._table, token_hash(token))
        if place is None:
            return _NOTHING, 0
        found = {
            "credential": Credential.TOKEN.value,
            "organisation_id": place.organisation_id,
            "token_id": place.token_id,
            "token_hash": place.hashed,
        }
        return found, now + REMEMBERED_SECONDS

    def _of_sign_in(self, token: str, now: int) -> tuple[Mapping[str, Any], int]:
        if self._verifier is None or self._users is None:
            return _NOTHING, 0
        verified = self._verifier.verify(token, now)
        if verified is None:
            return _NOTHING, 0
        user = self._users.find(verified.username)
        if user is None:
            return _NOTHING, 0
        found = {
            "credential": Credential.SIGN_IN.value,
            "subject": verified.subject,
            "expires_at": verified.expires_at,
        }
        if user.email is not None:
            found["email"] = user.email
        return found, min(now + REMEMBERED_SECONDS, verified.expires_at)
