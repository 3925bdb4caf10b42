"""A pool of users that stands in for the login service's: its keys, the tokens that it signs, its users."""

import json
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from domain.access.login_service import User
from domain.errors import Undelivered

ISSUER = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Pool"
CLIENT = "console-client"


@cache
def private_key(name: str) -> rsa.RSAPrivateKey:
    """Return a key by its name; made once, since making one takes time."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwk(name: str, **changed: Any) -> dict[str, Any]:
    public = json.loads(RSAAlgorithm.to_jwk(private_key(name).public_key()))
    return {**public, "kid": name, "alg": "RS256", "use": "sig", **changed}


class Pool:
    """Publishes keys, signs tokens and knows users; `clock` gives Unix seconds."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.published = [jwk("first")]
        self.fetches = 0
        self.is_down = False
        self.users: dict[str, User] = {}
        self.asked = 0

    def fetch(self) -> bytes:
        self.fetches += 1
        if self.is_down:
            raise OSError("unreachable")
        return json.dumps({"keys": self.published}).encode()

    def find(self, username: str) -> User | None:
        self.asked += 1
        if self.is_down:
            raise Undelivered("unreachable")
        return self.users.get(username)

    def token(self, subject: str = "user-1", *, key: str = "first", header: Any = None, **claims: Any) -> str:
        """Return an access token; a claim of None is left out."""
        said = {
            "sub": subject,
            "username": subject,
            "iss": ISSUER,
            "client_id": CLIENT,
            "token_use": "access",
            "scope": "openid email",
            "iat": self.now,
            "exp": self.now + 3_600,
            **claims,
        }
        said = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(said, private_key(key), "RS256", {"kid": key, **(header or {})})
