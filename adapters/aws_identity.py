"""An identity on AWS for each organisation: one role of the deployment's, with the organisation as the session's name.

Who trusts `assumed-role/<the role>/<an organisation's id>` and not the role alone trusts that organisation only:
https://cloud.google.com/iam/docs/workload-identity-federation-with-other-clouds
"""

import threading
from typing import TYPE_CHECKING

import boto3

from adapters.aws_failures import CONFIG, translated
from domain.clock import Clock
from domain.delivery.identity import AwsSession

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

SESSION_SECONDS = 3_600
"""At most what a role that is taken on by a role may ask for."""
_RENEWED_BEFORE_SECONDS = 600
_SECOND_NS = 1_000_000_000


def make_client() -> "STSClient":
    """Return a client of the environment's region and endpoint."""
    return boto3.client("sts", config=CONFIG)


class OrganisationIdentity:
    """Implements `AwsIdentity`; safe to use from several threads."""

    def __init__(self, client: "STSClient", role_arn: str, region: str, clock: Clock) -> None:
        self._client = client
        self._role_arn = role_arn
        self._region = region
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[str, tuple[float, AwsSession]] = {}

    def __call__(self, organisation_id: str) -> AwsSession:
        """Return credentials that are good for some minutes at least.

        Raises:
            Misconfigured: the role does not let itself be taken on.
            Undelivered: it could not be tried.
        """
        now = self._clock() / _SECOND_NS
        with self._lock:
            ends_at, session = self._sessions.get(organisation_id, (0.0, None))
        if session is None or ends_at <= now:
            session = self._take_on(organisation_id)
            ends_at = now + SESSION_SECONDS - _RENEWED_BEFORE_SECONDS
            with self._lock:
                self._sessions = {known: old for known, old in self._sessions.items() if old[0] > now}
                self._sessions[organisation_id] = (ends_at, session)
        return session

    def _take_on(self, organisation_id: str) -> AwsSession:
        with translated("take on the deployment's identity for destinations"):
            credentials = self._client.assume_role(
                RoleArn=self._role_arn, RoleSessionName=organisation_id, DurationSeconds=SESSION_SECONDS
            )["Credentials"]
        return AwsSession(
            credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"], self._region
        )
