"""A bus of a user: an event is an event of EventBridge, whose detail is the line of JSON."""

from collections.abc import Callable, Mapping
from typing import Any

from connectors.entries import PROBE, EntriesConnector, OpenCalls, value_of
from connectors.eventbridge.capabilities import BOUNDS, CAPABILITIES, MAX_DETAIL_TYPE_CHARS
from domain.delivery.batching import Event
from domain.delivery.connectors import TableOf
from domain.delivery.entries import Entry
from domain.delivery.stored_names import StoredNames

SOURCE = "ingest-endpoints"
PROBE_TYPE = "_ingest_check"
"""The detail type of what a check puts on the bus, so that no rule for events matches it."""


def eventbridge_connector(open_bus: OpenCalls) -> EntriesConnector:
    """Return the connector to buses, by what opens one."""
    return EntriesConnector(CAPABILITIES, BOUNDS, open_bus, entries_of)


def entries_of(destination: Mapping[str, Any], tables: TableOf) -> Callable[[Event], Entry]:
    """Return what makes the entries of a bus, whose detail types may be the names of events."""
    if destination.get("detail_type_from") is None:
        return lambda event: entry_of(destination, event, None)
    names = StoredNames(tables)
    return lambda event: entry_of(destination, event, names.of(event))


def entry_of(destination: Mapping[str, Any], event: Event, name: str | None) -> Entry:
    """Return an event as an entry of a call; of a long detail type, the first characters.

    A sender may put anything into a field. What can't be printed is replaced, so that no such text is refused.
    """
    found = value_of(destination.get("detail_type_field"), event) or name or destination["detail_type"]
    printed = "".join(char if char.isprintable() else "\ufffd" for char in found[:MAX_DETAIL_TYPE_CHARS])
    detail_type = PROBE_TYPE if event is PROBE else printed
    fields = {"Source": SOURCE, "DetailType": detail_type, "Detail": event.line.decode()}
    return Entry(event, fields, len(SOURCE) + len(detail_type.encode()) + len(event.line))
