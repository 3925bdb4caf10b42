"""A stream of a user: an event is a record, whose data is the line of JSON."""

from collections.abc import Mapping
from typing import Any

from connectors.entries import EntriesConnector, OpenCalls, alike, fitting, value_of
from connectors.kinesis.capabilities import BOUNDS, CAPABILITIES, KEY_CHARACTERS
from domain.delivery.batching import Event
from domain.delivery.entries import Entry


def kinesis_connector(open_stream: OpenCalls) -> EntriesConnector:
    """Return the connector to streams, by what opens one."""
    return EntriesConnector(CAPABILITIES, BOUNDS, open_stream, alike(entry_of))


def entry_of(destination: Mapping[str, Any], event: Event) -> Entry:
    """Return an event as a record of the stream."""
    value = value_of(destination.get("partition_key_field"), event) or event.stamps.event_id
    key = fitting(value, KEY_CHARACTERS)
    return Entry(event, {"Data": event.line, "PartitionKey": key}, len(event.line) + len(key.encode()))
