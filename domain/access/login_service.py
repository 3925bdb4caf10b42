"""What is asked of the login service that people sign in with: are a token and its user sound?"""

from typing import NamedTuple, Protocol


class VerifiedToken(NamedTuple):
    """What a sound access token says; `expires_at` in Unix seconds."""

    subject: str
    username: str
    expires_at: int


class User(NamedTuple):
    """A user who may sign in; `email` is None unless it is verified."""

    email: str | None


class TokenVerifier(Protocol):
    """Validates access tokens of the login service."""

    def verify(self, token: str, now_seconds: int) -> VerifiedToken | None:
        """Return what a token says, or None if it is not sound, or not one of ours.

        Raises:
            Undelivered: the keys to validate it by can't be had.
        """
        ...


class Users(Protocol):
    """Knows the users of the login service."""

    def find(self, username: str) -> User | None:
        """Return a user, or None for one who is gone or disabled.

        Raises:
            Undelivered: the service can't be asked.
        """
        ...
