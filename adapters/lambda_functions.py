"""Calls of another function of the deployment, whose answer is waited for.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

import json
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from adapters.aws_failures import translated
from domain.errors import Undelivered

SECONDS = 22
"""For an answer: who asks has 29 seconds itself."""
_CONFIG = Config(connect_timeout=2, read_timeout=SECONDS, retries={"total_max_attempts": 1}, tcp_keepalive=True)


def make_client() -> Any:
    """Return a client of the environment's region and endpoint."""
    return boto3.client("lambda", config=_CONFIG)


class OtherFunction:
    """A function of the deployment, by its name."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def __call__(self, event: Mapping[str, Any]) -> Any:
        """Return what the function answers to an event.

        Raises:
            Undelivered: it did not answer in time, or failed.
            Misconfigured: it may not be called.
        """
        with translated("call a function"):
            answer = self._client.invoke(
                FunctionName=self._name, Payload=json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
            )
            body = answer["Payload"].read()
        if "FunctionError" in answer:
            raise Undelivered("A function of the deployment failed; its log says why.")
        return json.loads(body)
