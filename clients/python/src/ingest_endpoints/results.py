"""What becomes of an event, and what counts it."""

from __future__ import annotations

from typing import Any, NamedTuple

OUTCOMES = ("accepted", "quarantined", "rejected", "limited", "undelivered", "dropped")
"""`dropped`: it left the queue of this client unsent, since newer events needed its place."""


class Result(NamedTuple):
    """What became of an event."""

    outcome: str
    """One of `OUTCOMES`."""
    event_id: str | None
    """None where the event is kept nowhere."""
    errors: list[dict[str, Any]]
    """Its faults (`pointer`, `code`, `message`), or why the whole request was refused."""
    event: Any
    """As it was given."""

    @property
    def is_accepted(self) -> bool:
        return self.outcome == "accepted"
