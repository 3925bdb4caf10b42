"""Starts work, such as a redrive or a trial, as an execution of a state machine.

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


class Executions:
    """Implements `RedriveStarter` and `TrialStarter`: one execution for each piece of work, named by the work's id."""

    def __init__(self, client: "SFNClient", state_machine_arn: str, work: str) -> None:
        """Take the machine and what it does, such as `redrive`: its input is `{"redrive_id": …}`."""
        self._client = client
        self._state_machine_arn = state_machine_arn
        self._work = work

    def start(self, work_id: str, /) -> None:
        # One that runs with this name and input is answered as if it had just begun; one that has ended exists.
        with (
            translated(f"start a {self._work}", forbidden_is_misconfigured=False),
            suppress(self._client.exceptions.ExecutionAlreadyExists),
        ):
            self._client.start_execution(
                stateMachineArn=self._state_machine_arn,
                name=work_id,
                input=json.dumps({f"{self._work}_id": work_id}),
            )

    def is_at_work(self, work_id: str, /) -> bool:
        # https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
        arn = f"{self._state_machine_arn.replace(':stateMachine:', ':execution:')}:{work_id}"
        with translated(f"look after a {self._work}", forbidden_is_misconfigured=False):
            try:
                status = self._client.describe_execution(executionArn=arn)["status"]
            except self._client.exceptions.ExecutionDoesNotExist:
                return False
        return status in {"RUNNING", "PENDING_REDRIVE"}
