"""Starts redrives as executions of a state machine.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
"""

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import boto3

from adapters.aws_failures import CONFIG, translated

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


def make_client() -> "SFNClient":
    """Return a client of the environment's region and endpoint."""
    return boto3.client("stepfunctions", config=CONFIG)


class RedriveExecutions:
    """Implements `RedriveStarter`: one execution per redrive, which has its id as its name."""

    def __init__(self, client: "SFNClient", state_machine_arn: str) -> None:
        self._client = client
        self._state_machine_arn = state_machine_arn

    def start(self, redrive_id: str) -> None:
        # One that runs with this name and input is answered as if it had just begun; one that has ended exists.
        with (
            translated("start a redrive", forbidden_is_misconfigured=False),
            suppress(self._client.exceptions.ExecutionAlreadyExists),
        ):
            self._client.start_execution(
                stateMachineArn=self._state_machine_arn, name=redrive_id, input=json.dumps({"redrive_id": redrive_id})
            )

    def is_at_work(self, redrive_id: str) -> bool:
        # https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
        arn = f"{self._state_machine_arn.replace(':stateMachine:', ':execution:')}:{redrive_id}"
        with translated("look after a redrive", forbidden_is_misconfigured=False):
            try:
                status = self._client.describe_execution(executionArn=arn)["status"]
            except self._client.exceptions.ExecutionDoesNotExist:
                return False
        return status in {"RUNNING", "PENDING_REDRIVE"}
