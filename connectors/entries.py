"""What the connectors have in common whose destinations take entries: queues, streams and buses of users."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from typing import Any

import orjson

from connectors.without_views import WithoutViews
from domain.delivery.batching import Event
from domain.delivery.connectors import (
    Budget,
    Capabilities,
    CheckStep,
    ColumnApart,
    RevisionTable,
    TableOf,
    Target,
    failed_step,
)
from domain.delivery.entries import Bounds, EntriesRefused, Entry, EntryCalls, EntryDelivery
from domain.delivery.landed import LandedObject, Outcomes, Stamps
from domain.errors import Misconfigured, Undelivered

PROBE = Event(b'{"_ingest_check":true}', Stamps("_ingest_check", "", ""))
"""What a check sends; receivers know it by its one field."""

OpenCalls = Callable[[Target], EntryCalls]
EntryOf = Callable[[Mapping[str, Any], Event], Entry]
"""Makes an entry of an event, by the destination as it is stored."""
EntriesOf = Callable[[Mapping[str, Any], TableOf], Callable[[Event], Entry]]
"""Returns what makes the entries of a destination's events, by the revisions that they are of."""


class EntriesConnector(WithoutViews):
    """Implements `Connector`."""

    def __init__(
        self, capabilities: Capabilities, bounds: Bounds, open_calls: OpenCalls, entries_of: EntriesOf
    ) -> None:
        """Take what opens a user's resource, as the user's role, and what makes entries for it."""
        self._capabilities = capabilities
        self._bounds = bounds
        self._open_calls = open_calls
        self._entries_of = entries_of

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def check(self, target: Target) -> list[CheckStep]:
        """Send one small entry, always the same one: a role that may only send has to do."""
        try:
            calls = self._open_calls(target)
        except (Undelivered, Misconfigured) as error:
            return [failed_step("role", str(error))]
        try:
            entry_of = self._entries_of(target.destination, lambda _: None)
            (failure,) = calls.put([entry_of(PROBE).fields])
        except (EntriesRefused, Undelivered, Misconfigured) as error:
            return [CheckStep("role"), failed_step("send", str(error))]
        return [CheckStep("role"), CheckStep("send") if failure is None else failed_step("send", failure.reason)]

    def make_tables(self, target: Target, tables: Sequence[RevisionTable]) -> list[ColumnApart]:  # noqa: ARG002
        """Return none: entries need no table."""
        return []

    def deliver(self, target: Target, landed: LandedObject, tables: TableOf, budget: Budget) -> Outcomes:
        calls = self._open_calls(target)
        entry_of = self._entries_of(target.destination, tables)
        return EntryDelivery(calls, entry_of, self._bounds, budget).deliver(landed)


def alike(entry_of: EntryOf) -> EntriesOf:
    """Return what makes entries of events whose revisions make no difference."""
    return lambda destination, _: partial(entry_of, destination)


def value_of(field: str | None, event: Event) -> str | None:
    """Return what a field at the root of an event holds, as text; None for what is empty, or no text or number."""
    if field is None:
        return None
    value = orjson.loads(event.line).get(field)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return value if isinstance(value, str) and value else None


def fitting(value: str, pattern: str) -> str:
    """Return a value where it fits the pattern whole, or else its hash: equal values stay equal."""
    return value if re.fullmatch(pattern, value) else sha256(value.encode()).hexdigest()
