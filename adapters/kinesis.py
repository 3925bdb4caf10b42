"""Streams of Kinesis that are users', by the sessions of their roles.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
"""

from collections.abc import Mapping, Sequence
from typing import Any

import boto3

from adapters.aws_entries import failure_of_entry, one_call
from adapters.users_roles import ONE_TRY, Session
from domain.delivery.ports import PutResults
from domain.errors import Undelivered

_ABOUT_ENTRIES = frozenset({"InvalidArgumentException", "ValidationException"})


def users_streams(session: Session) -> Any:
    """Return a client of a role."""
    return boto3.client("kinesis", config=ONE_TRY, **session)


class UsersStream:
    """Implements `EntryCalls`: the entries are records."""

    def __init__(self, client: Any, arn: str) -> None:
        self._client = client
        self._arn = arn

    def put(self, entries: Sequence[Mapping[str, Any]]) -> PutResults:
        with one_call("put records into the stream", _ABOUT_ENTRIES):
            answer = self._client.put_records(StreamARN=self._arn, Records=list(entries))
        rows = answer.get("Records", ())  # the SDK makes an empty answer of one that was cut short
        if len(rows) != len(entries):
            raise Undelivered("AWS did not say of every record what became of it.")
        # Both codes that there are for a record are about the service.
        return [
            failure_of_entry(row["ErrorCode"], is_the_senders=False) if row.get("ErrorCode") else None for row in rows
        ]
