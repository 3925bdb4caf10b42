"""What metering hands over and reads: sums per environment, revision and slice of the time of arrival."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from domain.metering.slices import Slice

COUNTS = (
    "requests",
    "accepted",
    "quarantined",
    "rejected",
    "limited",
    "bytes_accepted",
    "bytes_received",
    "delivered",
    "repeats",
    "set_aside",
    "redriven",
)
"""The names of what is counted; `UsageSums` says what each means."""


@dataclass(slots=True)
class UsageSums:
    """Counts of one environment, revision and minute; all of them are only ever added to.

    None is ever negative but `set_aside`, which goes down by what is delivered after all, and `delivered`, which goes
    down by what turns out to be a copy.
    """

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
    delivered: int = 0
    """Events in objects or rows of the destination, by the minute in which they had arrived."""
    repeats: int = 0
    """Accepted events that the destination dropped as copies of others, by the minute in which they had arrived."""
    set_aside: int = 0
    """Events that their destination refused, kept with its reason; by the minute in which they had arrived."""
    redriven: int = 0
    """Events that came out of quarantine; they are among `accepted`, too."""
    endpoint_id: str = ""
    organisation_id: str = ""
    """Whose environment it is; empty where that is not known, which takes away nothing that was known before."""


class UsageSink(Protocol):
    """Takes sums and adds them to what it has. Raises `Undelivered` when it took none of them."""

    def add(self, sums: Sequence[UsageSums]) -> None:
        """Add sums; none at all is the occasion to finish what an earlier call could not."""
        ...


class DeliveredSink(Protocol):
    """Takes what objects hold. Raises `Undelivered` when it can't."""

    def add_delivered(self, object_name: str, sums: Sequence[UsageSums]) -> None:
        """Add the sums of one object, once: a second call with the same name changes nothing."""
        ...


class UsageScope(NamedTuple):
    """Whose usage is read: an organisation's, narrowed by what is not None.

    A revision narrows an endpoint or an environment, never an organisation: whoever asks knows whose it is.
    """

    organisation_id: str
    endpoint_id: str | None = None
    environment_id: str | None = None
    revision_id: str | None = None


class UsagePoint(NamedTuple):
    """The sums of one slice; `at` is its start (Unix seconds), `counts` has every name of `COUNTS`."""

    at: int
    counts: Mapping[str, int]


class UsageReader(Protocol):
    """Reads sums. Raises `Undelivered` when it can't.

    `stored` is one of `slices.STORED`; a range takes the slices whose start is in `[start, end)`, Unix seconds.
    """

    def series(self, scope: UsageScope, stored: Slice, start: int, end: int) -> list[UsagePoint]:
        """Return the slices in which anything was counted, in order."""
        ...

    def codes(self, scope: UsageScope, stored: Slice, start: int, end: int) -> dict[str, int]:
        """Return how often each code was found."""
        ...

    def organisations(self) -> list[str]:
        """Return the ids of all organisations for which anything was ever counted, in order."""
        ...


class MetricSink(Protocol):
    """Takes figures that alarms watch. It never raises: a figure that is lost is not worth a failure."""

    def emit(self, figures: Mapping[str, float]) -> None:
        """Note figures of now, by name."""
        ...
