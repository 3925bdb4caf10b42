"""Google's client for one environment: whose identity it has, and which address it calls."""

import json
import threading
from collections import OrderedDict
from hashlib import sha256
from typing import Any

from google.api_core.client_options import ClientOptions
from google.auth import aws, credentials
from google.auth.exceptions import MalformedError
from google.cloud import bigquery
from google.oauth2 import service_account

from connectors.bigquery.capabilities import UPLOAD_CHUNK_BYTES
from domain.delivery.connectors import Target
from domain.delivery.identity import AwsIdentity
from domain.errors import Misconfigured

_SCOPES = ("https://www.googleapis.com/auth/bigquery",)
_MAX_CLIENTS = 100


class Clients:
    """Makes clients and keeps those that were used last; safe to use from several threads."""

    def __init__(self, emulator_host: str | None, aws_identity: AwsIdentity | None) -> None:
        """Take the address of an emulator, and what vouches for organisations where the deployment runs on AWS."""
        self._emulator_host = emulator_host
        self._aws_identity = aws_identity
        self._clients: OrderedDict[tuple[str, ...], bigquery.Client] = OrderedDict()
        self._lock = threading.Lock()

    def client(self, target: Target) -> bigquery.Client:
        """Return a client that acts as the target's identity.

        Raises:
            Misconfigured: the credentials can't be used.
        """
        identity = json.dumps(target.destination.get("identity"), sort_keys=True)
        key = (
            target.organisation_id,
            target.destination["project"],
            target.destination["location"],
            identity,
            sha256((target.secret or "").encode()).hexdigest(),
        )
        with self._lock:
            client = self._clients.pop(key, None)
            if client is None:
                client = self._make(target)
            self._clients[key] = client
            while len(self._clients) > _MAX_CLIENTS:
                self._clients.popitem(last=False)
        return client

    def _make(self, target: Target) -> bigquery.Client:
        options = None
        if self._emulator_host:
            host = self._emulator_host
            options = ClientOptions(api_endpoint=host if "://" in host else f"http://{host}")
        return _Client(
            project=target.destination["project"],
            credentials=self._credentials(target),
            location=target.destination["location"],
            client_options=options,
        )

    def _credentials(self, target: Target) -> credentials.Credentials:
        if self._emulator_host:
            return credentials.AnonymousCredentials()  # type: ignore[no-untyped-call]
        identity = target.destination.get("identity") or {}
        if identity.get("kind") == "workload_identity":
            return self._of_workload(target.organisation_id, identity)
        if target.secret is None:
            raise Misconfigured("The destination's credentials are gone; give them again.")
        try:
            found: credentials.Credentials = service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
                json.loads(target.secret), scopes=_SCOPES
            )
        except (ValueError, MalformedError) as error:
            raise Misconfigured("The private key of the credentials can't be read; give the JSON as it is.") from error
        return found

    def _of_workload(self, organisation_id: str, identity: Any) -> credentials.Credentials:
        if self._aws_identity is None:
            raise Misconfigured("A workload identity is one of AWS, and this deployment does not run there.")
        account = identity["service_account"]
        address = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{}:generateAccessToken"
        return aws.Credentials(  # type: ignore[no-untyped-call]
            audience=identity["audience"],
            subject_token_type="urn:ietf:params:aws:token-type:aws4_request",  # noqa: S106 - a kind of token
            token_url="https://sts.googleapis.com/v1/token",  # noqa: S106 - an address
            aws_security_credentials_supplier=_Supplier(self._aws_identity, organisation_id),
            service_account_impersonation_url=address.format(account) if account else None,
            scopes=_SCOPES,
        )


class _Client(bigquery.Client):
    """Google's client, which has no option for how much of an upload it holds in memory: 100 MiB by default."""

    def _initiate_resumable_upload(self, *args: Any, **options: Any) -> Any:
        upload, transport = super()._initiate_resumable_upload(*args, **options)
        upload._chunk_size = UPLOAD_CHUNK_BYTES  # noqa: SLF001
        return upload, transport


class _Supplier(aws.AwsSecurityCredentialsSupplier):
    """Hands Google's client credentials of AWS that name an organisation."""

    def __init__(self, identity: AwsIdentity, organisation_id: str) -> None:
        self._identity = identity
        self._organisation_id = organisation_id

    def get_aws_security_credentials(self, context: Any, request: Any) -> aws.AwsSecurityCredentials:  # noqa: ARG002
        session = self._identity(self._organisation_id)
        return aws.AwsSecurityCredentials(session.access_key_id, session.secret_access_key, session.session_token)

    def get_aws_region(self, context: Any, request: Any) -> str:  # noqa: ARG002
        return self._identity(self._organisation_id).region
