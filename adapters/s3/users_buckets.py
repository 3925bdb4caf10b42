"""Buckets of users, in accounts of theirs, by a role that they let this deployment take on.

The role's trust policy asks for an external id, so that nobody can have this deployment write to a bucket whose role
they happen to know:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
"""

import threading
from typing import TYPE_CHECKING, NamedTuple

import boto3

from adapters.aws_failures import CONFIG, translated
from adapters.s3.objects import S3Objects
from domain.clock import Clock

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

SESSION_NAME = "ingest-endpoints"
"""How the deployment calls itself in the user's logs."""
SESSION_SECONDS = 3_600
"""What every role allows, and at most what one taken on by a role may ask for."""
_RENEWED_BEFORE_SECONDS = 300
_SECOND_NS = 1_000_000_000


class Role(NamedTuple):
    """A role of a user, and where its bucket is."""

    arn: str
    external_id: str
    region: str


class _Session(NamedTuple):
    objects: S3Objects
    ends_at: float


def make_client() -> "STSClient":
    """Return a client of the environment's region and endpoint."""
    return boto3.client("sts", config=CONFIG)


class UsersBuckets:
    """Opens buckets; safe to use from several threads."""

    def __init__(self, client: "STSClient", clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[Role, _Session] = {}

    def open(self, role: Role) -> S3Objects:
        """Return the objects that a role can reach.

        Raises:
            Misconfigured: the role does not let itself be taken on.
            Undelivered: it could not be tried.
        """
        now = self._clock() / _SECOND_NS
        with self._lock:
            session = self._sessions.get(role)
        if session is None or session.ends_at <= now:
            session = _Session(self._take_on(role), now + SESSION_SECONDS - _RENEWED_BEFORE_SECONDS)
            with self._lock:
                self._sessions = {known: old for known, old in self._sessions.items() if old.ends_at > now}
                self._sessions[role] = session
        return session.objects

    def _take_on(self, role: Role) -> S3Objects:
        with translated("take on the role of the bucket's owner"):
            credentials = self._client.assume_role(
                RoleArn=role.arn,
                RoleSessionName=SESSION_NAME,
                ExternalId=role.external_id,
                DurationSeconds=SESSION_SECONDS,
            )["Credentials"]
        client = boto3.client(
            "s3",
            region_name=role.region,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
            config=CONFIG,
        )
        return S3Objects(client)
