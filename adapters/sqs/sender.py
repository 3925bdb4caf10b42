"""The sending side of a queue of SQS, for functions that have the SDK.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import boto3

from adapters.aws_failures import CONFIG, translated
from domain.delivery.ports import PutFailure, PutResults
from domain.errors import Undelivered
from schemas.limits import MAX_MESSAGE_BYTES, MAX_MESSAGES_PER_SEND

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_DELAY_SECONDS = 900
_TOO_LARGE = PutFailure(f"a message takes {MAX_MESSAGE_BYTES} bytes", retryable=False)


def make_client() -> "SQSClient":
    """Return a client of the environment's region and endpoint."""
    return boto3.client("sqs", config=CONFIG)


class SqsSender:
    """Implements `QueueSink`."""

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client = client
        self._url = queue_url

    def send(self, bodies: Sequence[str]) -> PutResults:
        """Send messages in as few calls as take them; what a call did not take is told, message by message."""
        results: PutResults = [None] * len(bodies)
        call: list[int] = []
        size = 0
        for index, body in enumerate(bodies):
            length = len(body.encode("utf-8", "surrogatepass"))
            if length > MAX_MESSAGE_BYTES:
                results[index] = _TOO_LARGE
                continue
            if call and (len(call) == MAX_MESSAGES_PER_SEND or size + length > MAX_MESSAGE_BYTES):
                self._send(bodies, call, results)
                call, size = [], 0
            call.append(index)
            size += length
        if call:
            self._send(bodies, call, results)
        return results

    def send_later(self, body: str, delay_seconds: int) -> None:
        """Send a message that is received after some seconds, or as late as SQS can keep it back.

        Raises:
            Undelivered: it was not sent, or it is not known whether it was.
        """
        with translated("send a message", forbidden_is_misconfigured=False):
            self._client.send_message(
                QueueUrl=self._url, MessageBody=body, DelaySeconds=min(delay_seconds, MAX_DELAY_SECONDS)
            )

    def _send(self, bodies: Sequence[str], call: Sequence[int], results: PutResults) -> None:
        entries = [{"Id": str(index), "MessageBody": bodies[index]} for index in call]
        try:
            with translated("send messages", forbidden_is_misconfigured=False):
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)  # type: ignore[arg-type]
        except Undelivered as error:
            for index in call:
                results[index] = PutFailure(str(error), error.retryable)
            return
        for refused in answer.get("Failed", ()):
            reason = f"AWS did not take a message: {refused['Code']}"
            results[int(refused["Id"])] = PutFailure(reason, retryable=not refused["SenderFault"])
