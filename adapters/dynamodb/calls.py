"""Calls to DynamoDB that are tried again where time helps, and whose failures are the port's."""

import random as random_module
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError  # noqa: A004

from adapters.aws_codes import PASSING, is_passing
from domain.errors import Undelivered
from domain.records.ports import Conflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TRIES = 7
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 1.0

_CONDITION_FAILED = "ConditionalCheckFailed"


def make_client(region: str | None = None, endpoint_url: str | None = None) -> "DynamoDBClient":
    """Return a client that leaves trying again to `Calls`; without arguments, the environment's region and endpoint."""
    config = Config(
        connect_timeout=1,
        read_timeout=5,
        retries={"total_max_attempts": 1, "mode": "standard"},
        tcp_keepalive=True,
        max_pool_connections=16,  # as many threads as a function has at most
    )
    return boto3.client("dynamodb", region_name=region, endpoint_url=endpoint_url, config=config)


class Calls:
    """Implements `Call` on the SDK's client; safe to use from several threads, as the client is."""

    def __init__(
        self,
        client: "DynamoDBClient",
        *,
        sleep: Callable[[float], object] = time.sleep,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        """Take a client, and what to wait with; `random` returns 0 to 1."""
        self._client = client
        self._sleep = sleep
        self._random = random

    def __call__(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a request that may be sent more than once.

        Raises:
            Conflict: the condition of a write did not hold.
            Undelivered: retryable after `TRIES` failed tries, not retryable where time would not help.
        """
        call: Callable[..., dict[str, Any]] = getattr(self._client, operation)
        for attempt in range(1, TRIES + 1):
            try:
                return call(**request)
            except ClientError as error:
                reason, passing = _reason(error)
            except BotoCoreError as error:
                reason, passing = type(error).__name__, isinstance(error, ConnectionError | HTTPClientError)
            # The vendor's text may repeat what was sent; its code does not.
            if not passing:
                raise Undelivered(f"DynamoDB refused {operation}: {reason}.", retryable=False) from None
            if attempt < TRIES:
                self.pause(attempt)
        raise Undelivered(f"DynamoDB did not do {operation} in {TRIES} tries: {reason}.") from None

    def pause(self, attempt: int) -> None:
        """Wait after the `attempt`th failed try, from 1: any time up to a bound that doubles."""
        bound = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
        self._sleep(bound * self._random())


def _reason(error: ClientError) -> tuple[str, bool]:
    """Return the code of a failure and whether it passes; raise `Conflict` if it is one."""
    response: Mapping[str, Any] = error.response
    code = str(response.get("Error", {}).get("Code", "unknown"))
    if code == "TransactionCanceledException":
        codes = [reason.get("Code") or "None" for reason in response.get("CancellationReasons", [])]
        failed = [index for index, reason in enumerate(codes) if reason == _CONDITION_FAILED]
        if failed:
            raise Conflict(failed) from None
        causes = {cause for cause in codes if cause != "None"}
        return f"{code} for {', '.join(sorted(causes)) or 'no reason'}", causes <= PASSING
    if code == f"{_CONDITION_FAILED}Exception":
        raise Conflict([0]) from None
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code, is_passing(code, status)
