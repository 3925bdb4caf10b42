"""How events come: what their costs depend on."""

from dataclasses import dataclass

from benchmarks.monthly import MILLION

GB = 2**30
MB = 2**20
KB = 2**10


@dataclass(frozen=True, slots=True)
class Traffic:
    """How events come: `event_bytes` as stored, `events` in each request."""

    event_bytes: int
    events: int

    @property
    def requests(self) -> float:
        """Of a million events."""
        return MILLION / self.events

    @property
    def request_bytes(self) -> int:
        return self.event_bytes * self.events
