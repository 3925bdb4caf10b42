"""Resources of users, in accounts of theirs, by a role that they let this deployment take on.

The role's trust policy asks for an external id, so that nobody can have this deployment write to a resource whose role
they happen to know:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
"""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, NamedTuple, TypedDict, TypeVar

import boto3
from botocore.config import Config

from adapters.aws_failures import CONFIG, translated
from domain.clock import Clock
from schemas.limits import ENTRIES_SECONDS

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

SESSION_NAME = "ingest-endpoints"
"""How the deployment calls itself in the user's logs."""
SESSION_SECONDS = 3_600
"""What every role allows, and at most what one taken on by a role may ask for."""
ONE_TRY = Config(connect_timeout=2, read_timeout=ENTRIES_SECONDS, retries={"total_max_attempts": 1}, tcp_keepalive=True)
"""For clients whose callers sort out what is tried again."""
_RENEWED_BEFORE_SECONDS = 300
_MAX_OPEN = 200
"""Clients that are kept: each takes some hundred kilobytes, and people may name any number of roles and regions."""
_SECOND_NS = 1_000_000_000

_Client = TypeVar("_Client")


class Role(NamedTuple):
    """A role of a user, and where its resource is."""

    arn: str
    external_id: str
    region: str


class Session(TypedDict):
    """What a client is made with."""

    region_name: str
    aws_access_key_id: str
    aws_secret_access_key: str
    aws_session_token: str


class _Open(NamedTuple, Generic[_Client]):
    client: _Client
    ends_at: float


def make_client() -> "STSClient":
    """Return a client of the environment's region and endpoint."""
    return boto3.client("sts", config=CONFIG)


class UsersRoles(Generic[_Client]):
    """Makes clients of one service by roles; safe to use from several threads."""

    def __init__(self, sts: "STSClient", clock: Clock, client_from: Callable[[Session], _Client]) -> None:
        self._sts = sts
        self._clock = clock
        self._client_from = client_from
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._open: dict[Role, _Open[_Client]] = {}

    def client(self, role: Role) -> _Client:
        """Return what reaches what the role can reach; the same one until its session nears its end.

        Raises:
            Misconfigured: the role does not let itself be taken on.
            Undelivered: it could not be tried.
        """
        now = self._clock() / _SECOND_NS
        with self._lock:
            found = self._open.get(role)
        if found is None or found.ends_at <= now:
            session = self._take_on(role)
            with self._making:  # the SDK makes one client at a time
                client = self._client_from(session)
            found = _Open(client, now + SESSION_SECONDS - _RENEWED_BEFORE_SECONDS)
            with self._lock:
                kept = [(known, old) for known, old in self._open.items() if old.ends_at > now and known != role]
                self._open = dict(kept[-_MAX_OPEN + 1 :])  # the last in order is the one taken on last
                self._open[role] = found
        return found.client

    def _take_on(self, role: Role) -> Session:
        with translated("take on the destination's role"):
            credentials = self._sts.assume_role(
                RoleArn=role.arn,
                RoleSessionName=SESSION_NAME,
                ExternalId=role.external_id,
                DurationSeconds=SESSION_SECONDS,
            )["Credentials"]
        return Session(
            region_name=role.region,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        )
