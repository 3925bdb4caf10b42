"""The stage that is tried: the outputs of its stacks, clients of its region, the operator's token."""

import os
from functools import cached_property
from typing import Any

import boto3
import httpx
from botocore.exceptions import BotoCoreError, ClientError

from domain.errors import Misconfigured
from functions.bootstrap.handler import TOKEN_SECRET
from infra.functions import functions_of
from infra.outputs import make_client, outputs_of
from infra.settings.stage import StageSettings
from infra.stacks.state import QUEUES
from infra.verifying.emulated import EmulatedGateways
from ingestctl.client import Api
from ingestctl.doctor.doors import Door, DoorKind
from ingestctl.settings import TOKEN_VARIABLE, Account, checked_token

STACKS = ("state", "front", "service")


class DeployedStage:
    """A stage as the account knows it; clients are made when they are first asked for."""

    def __init__(self, settings: StageSettings) -> None:
        """Read what its stacks say of themselves.

        Raises:
            Misconfigured: it is not deployed, or the credentials don't reach it.
        """
        self.settings = settings
        self._clients: dict[str, Any] = {}
        try:
            client = make_client(settings)
            self.region = client.meta.region_name
            self.outputs = {
                name: value
                for stack in STACKS
                for name, value in outputs_of(client, f"ingest-{settings.name}-{stack}").items()
            }
        except (BotoCoreError, ClientError) as error:
            raise Misconfigured(f"The stage {settings.name} can't be read: {error}") from None

    @property
    def is_emulated(self) -> bool:
        return self.settings.aws_endpoint is not None

    def client(self, service: str) -> Any:
        """Return the stage's client of a service of AWS."""
        if service not in self._clients:
            make: Any = boto3.client  # by a name that is known here alone, so that no stub is needed for each
            self._clients[service] = make(service, region_name=self.region)
        return self._clients[service]

    @cached_property
    def account(self) -> str:
        return str(self.client("sts").get_caller_identity()["Account"])

    def token(self) -> str:
        """Return INGEST_TOKEN, else the operator's token.

        Raises:
            Misconfigured: there is none yet, or these credentials may not read it.
        """
        given = os.environ.get(TOKEN_VARIABLE)
        if given:
            return checked_token(given)
        name = f"{self.settings.secret_prefix}{TOKEN_SECRET}"
        try:
            return str(self.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
        except (BotoCoreError, ClientError) as error:
            raise Misconfigured(
                f"The token in the secret {name} can't be read ({error}). Set INGEST_TOKEN, or make the first "
                "organisation as docs/deploy.md says."
            ) from None

    def transport(self) -> httpx.BaseTransport | None:
        """Return what leads to the front doors where no DNS name does; None where they are reached as they are."""
        endpoint = self.settings.aws_endpoint
        return None if endpoint is None else EmulatedGateways(endpoint)

    def api(self) -> Api:
        return Api(Account(self.outputs["ManagementUrl"], self.token()), transport=self.transport())

    def doors(self) -> list[Door]:
        """Return the front doors beside the one of `IngestUrl`."""
        doors = []
        if "BalancerAddress" in self.outputs:
            address = f"https://{self.outputs['BalancerAddress']}"
            doors.append(Door("load balancer", address, "load_balancer", self.settings.ingest_domain))
        kinds: tuple[tuple[str, DoorKind, str], ...] = (
            ("function URL", "function_url", "FunctionUrl"),
            ("HTTP API", "http_api", "IngestApiUrl"),
        )
        for name, kind, output in kinds:
            address = self.outputs.get(output, self.outputs["IngestUrl"])
            if address != self.outputs["IngestUrl"]:
                doors.append(Door(name, address, kind))
        return doors

    def functions(self) -> list[dict[str, Any]]:
        """Return the configuration of each function of the stage, by name."""
        names = {self.settings.function_name(name) for name in functions_of(self.settings)}
        pages = self.client("lambda").get_paginator("list_functions").paginate()
        found = [function for page in pages for function in page["Functions"]]
        mine = [function for function in found if function["FunctionName"] in names]
        return sorted(mine, key=lambda function: str(function["FunctionName"]))

    def queues(self) -> list[str]:
        """Return the addresses of the stage's queues, and of those of its dead letters."""
        prefix = f"ingest-{self.settings.name}-"
        names = {f"{prefix}{name}{end}" for name in QUEUES for end in ("", "-dead")}
        pages = self.client("sqs").get_paginator("list_queues").paginate(QueueNamePrefix=prefix)
        return [url for page in pages for url in page.get("QueueUrls", []) if url.rpartition("/")[2] in names]

    def alarms(self) -> list[dict[str, Any]]:
        """Return the stage's alarms: they tell its own topic. Another stage's names may begin as its do."""
        pages = self.client("cloudwatch").get_paginator("describe_alarms")
        prefix = f"ingest-{self.settings.name}-"
        found = [alarm for page in pages.paginate(AlarmNamePrefix=prefix) for alarm in page["MetricAlarms"]]
        return [one for one in found if all(arn.endswith(f":{prefix}alarms") for arn in one.get("AlarmActions", []))]
