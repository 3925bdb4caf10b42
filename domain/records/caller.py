"""Who calls the management API, what their role allows, and what they ask of a change."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from domain.errors import Rejected
from schemas.codes import Problem


class Role(StrEnum):
    """A member's role, from the least to the most."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"
    OWNER = "owner"

    @property
    def rank(self) -> int:
        return list(Role).index(self)

    def allows(self, needed: "Role") -> bool:
        return self.rank >= needed.rank


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller; `role` is the lesser of the token's and its member's.

    One who has signed in has no token, but a `subject`: what the login service calls them; and the address that it has
    verified, if any, which their member's may differ from.
    """

    organisation_id: str
    organisation_name: str
    member_id: str
    member_email: str
    token_id: str | None
    role: Role
    subject: str | None = None
    verified_email: str | None = None

    def require(self, needed: Role) -> None:
        """Raise `Rejected` (forbidden), which names the role, unless this caller has it."""
        if not self.role.allows(needed):
            raise Rejected(
                Problem.FORBIDDEN,
                f"This needs the role {needed}, and the caller has the role {self.role}.",
                extra={"needed_role": needed.value},
            )


class SignIn(NamedTuple):
    """What the login service says of who calls.

    `email` is None unless the service has verified it; `expires_at` is in Unix seconds.
    """

    subject: str
    email: str | None
    expires_at: int


Caller = Principal | SignIn
"""Who calls, before an organisation is chosen: the member that a token is of, or a person who has signed in."""


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A client's key for one POST: `digest` of the key, `fingerprint` of the request that came with it."""

    digest: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as the catalog sees it. `if_match`: the versions the client will have it on; None: any."""

    principal: Principal
    source_ip: str
    if_match: frozenset[int] | None = None
    idempotency: IdempotencyKey | None = None

    def check_version(self, version: int) -> None:
        """Raise `Rejected` (version_conflict) if the client's copy is not of this version."""
        if self.if_match is not None and version not in self.if_match:
            raise Rejected(
                Problem.VERSION_CONFLICT,
                "This was changed since you read it; read it again, then repeat the change.",
                extra={"current_version": version},
            )


def check_confirmation(confirm: str | None, name: str) -> None:
    """Raise `Rejected` (confirmation_mismatch) unless the name was typed as it is."""
    if confirm != name:
        raise Rejected(Problem.CONFIRMATION_MISMATCH, "Deleting needs ?confirm= with the exact name of it.")
