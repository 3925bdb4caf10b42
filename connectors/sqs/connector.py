"""A queue of a user: an event is a message, whose body is the line of JSON."""

from collections.abc import Mapping
from typing import Any

from connectors.entries import EntriesConnector, OpenCalls, alike, fitting, value_of
from connectors.sqs.capabilities import BOUNDS, CAPABILITIES, GROUP_CHARACTERS
from domain.delivery.batching import Event
from domain.delivery.entries import Entry

_NOT_ALLOWED = (("\ufffe".encode(), rb"\ufffe"), ("\uffff".encode(), rb"\uffff"))
"""The only characters of a line that no message may have. They stand within strings, where an escape says the same."""


def sqs_connector(open_queue: OpenCalls) -> EntriesConnector:
    """Return the connector to queues, by what opens one."""
    return EntriesConnector(CAPABILITIES, BOUNDS, open_queue, alike(entry_of))


def entry_of(destination: Mapping[str, Any], event: Event) -> Entry:
    """Return an event as a message of the queue."""
    body = event.line
    for character, escape in _NOT_ALLOWED:
        body = body.replace(character, escape)
    fields = {"MessageBody": body.decode()}
    if is_fifo(destination["queue_url"]):
        group = value_of(destination.get("message_group_field"), event) or destination["message_group"]
        fields["MessageGroupId"] = fitting(group, GROUP_CHARACTERS)
        fields["MessageDeduplicationId"] = fitting(event.stamps.event_id, GROUP_CHARACTERS)
    return Entry(event, fields, len(body))


def is_fifo(queue_url: str) -> bool:
    """Say whether a queue keeps the order of its messages: SQS has it in the name."""
    return queue_url.endswith(".fifo")


def region_of_queue(queue_url: str) -> str:
    """Return where a queue is, by a URL such as `https://sqs.eu-west-1.amazonaws.com/123456789012/events`."""
    return queue_url.split(".")[1]
