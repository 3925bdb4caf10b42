"""Queues of users, by the sessions of their roles.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import boto3

from adapters.aws_entries import failure_of_entry, one_call
from adapters.users_roles import ONE_TRY, Session
from domain.delivery.ports import PutFailure, PutResults

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_ABOUT_ENTRIES = frozenset({"BatchRequestTooLong", "InvalidMessageContents", "InvalidParameterValue"})
"""An old queue may take messages of fewer bytes than SQS does."""
_UNSAID = PutFailure("AWS did not say what became of a message.", retryable=True, uncertain=True)


def users_queues(session: Session) -> "SQSClient":
    """Return a client of a role."""
    return boto3.client("sqs", config=ONE_TRY, **session)


class UsersQueue:
    """Implements `EntryCalls`: the entries are messages without their `Id`."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def put(self, entries: Sequence[Mapping[str, Any]]) -> PutResults:
        rows: list[Any] = [{"Id": str(index), **entry} for index, entry in enumerate(entries)]
        with one_call("send messages to the queue", _ABOUT_ENTRIES):
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=rows)
        # The SDK makes an empty answer of one that was cut short.
        results: PutResults = [_UNSAID] * len(entries)
        for sent in answer.get("Successful", ()):
            results[int(sent["Id"])] = None
        for row in answer.get("Failed", ()):
            results[int(row["Id"])] = failure_of_entry(row.get("Code"), is_the_senders=row["SenderFault"])
        return results
