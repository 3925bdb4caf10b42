"""Access tokens of a user pool: signed by one of its keys, meant for one of our clients, in time.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
"""

from collections.abc import Mapping, Sequence
from typing import Any

import jwt
from jwt.exceptions import PyJWTError

from adapters.cognito.keys import PoolKeys
from domain.access.login_service import VerifiedToken

ALGORITHM = "RS256"
"""The only one, whatever a token says of itself."""
ACCESS = "access"
LEEWAY_SECONDS = 30
"""How far the pool's clock may be ahead of ours, for a token that is not to be used before some time."""

_OPTIONS: Any = {
    "require": ["exp", "iss", "sub", "token_use", "client_id"],
    "verify_aud": False,  # an access token of Cognito has none, but a client_id
    # Times are checked here, by the clock that is given.
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
}


class PoolTokens:
    """Implements `TokenVerifier`."""

    def __init__(self, keys: PoolKeys, issuer: str, client_ids: Sequence[str]) -> None:
        self._keys = keys
        self._issuer = issuer
        self._client_ids = frozenset(client_ids)

    def verify(self, token: str, now_seconds: int) -> VerifiedToken | None:
        try:
            header = jwt.get_unverified_header(token)
        except PyJWTError:
            return None
        key_id = header.get("kid")
        if header.get("alg") != ALGORITHM or not isinstance(key_id, str):
            return None
        key = self._keys.find(key_id)
        if key is None:
            return None
        try:
            claims = jwt.decode(token, key, algorithms=[ALGORITHM], issuer=self._issuer, options=_OPTIONS)
        except PyJWTError:
            return None
        return self._from_claims(claims, now_seconds)

    def _from_claims(self, claims: Mapping[str, Any], now_seconds: int) -> VerifiedToken | None:
        subject, username = claims["sub"], claims.get("username", claims["sub"])
        expires_at, not_before = claims["exp"], claims.get("nbf", 0)
        client_id = claims["client_id"]
        if not all(isinstance(text, str) and text for text in (subject, username, client_id)):
            return None
        if claims["token_use"] != ACCESS or client_id not in self._client_ids:
            return None
        if type(expires_at) is not int or type(not_before) is not int:
            return None
        if expires_at <= now_seconds or not_before > now_seconds + LEEWAY_SECONDS:
            return None
        return VerifiedToken(subject, username, expires_at)
