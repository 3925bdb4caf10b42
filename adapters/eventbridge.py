"""Buses of EventBridge that are users', by the sessions of their roles.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""

from collections.abc import Mapping, Sequence
from typing import Any

import boto3

from adapters.aws_entries import failure_of_entry, one_call
from adapters.users_roles import ONE_TRY, Session
from domain.delivery.ports import PutResults
from domain.errors import Undelivered

_ABOUT_ENTRIES = frozenset({"ValidationError", "ValidationException"})


def users_buses(session: Session) -> Any:
    """Return a client of a role."""
    return boto3.client("events", config=ONE_TRY, **session)


class UsersBus:
    """Implements `EntryCalls`: the entries are events without their bus.

    EventBridge accepts events for a bus that is not there, and drops them. So it is asked for the bus before the first
    call: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
    """

    def __init__(self, client: Any, arn: str) -> None:
        self._client = client
        self._arn = arn
        self._is_there = False

    def put(self, entries: Sequence[Mapping[str, Any]]) -> PutResults:
        if not self._is_there:
            with one_call("look at the bus", ()):
                self._client.describe_event_bus(Name=self._arn)
            self._is_there = True
        rows = [{**entry, "EventBusName": self._arn} for entry in entries]
        with one_call("put events on the bus", _ABOUT_ENTRIES):
            answer = self._client.put_events(Entries=rows)
        results = answer.get("Entries", ())  # the SDK makes an empty answer of one that was cut short
        if len(results) != len(entries):
            raise Undelivered("AWS did not say of every event what became of it.")
        return [None if row.get("EventId") else failure_of_entry(row.get("ErrorCode")) for row in results]
