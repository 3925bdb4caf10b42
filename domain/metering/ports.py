"""What metering hands over: sums per environment, revision and minute of arrival."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(slots=True)
class UsageSums:
    """Counts of one environment, revision and minute; all of them are only ever added to."""

    environment_id: str
    revision_id: str
    minute: int
    """Unix seconds of the minute's start, UTC."""
    requests: int = 0
    accepted: int = 0
    quarantined: int = 0
    rejected: int = 0
    limited: int = 0
    bytes_accepted: int = 0
    """As stored."""
    bytes_received: int = 0
    codes: dict[str, int] = field(default_factory=dict)


class UsageSink(Protocol):
    """Takes sums and adds them to what it has. Raises `Undelivered` when it can't."""

    def add(self, sums: Sequence[UsageSums]) -> None: ...
