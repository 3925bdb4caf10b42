"""What metering hands over and reads: sums per environment, revision and slice of the time of arrival."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from domain.metering.names import NameCounts
from domain.metering.slices import Slice
from schemas.limits import MAX_EVENT_NAMES

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


class UsageSums:
    """Counts of one environment, revision and minute; all of them are only ever added to.

    None is ever negative but `set_aside`, which goes down by what is delivered after all, and `delivered`, which goes
    down by what turns out to be a copy.
    """

    # No dataclass: making one takes a millisecond of a cold start, and loads `inspect` on some versions of Python.
    __slots__ = (
        "accepted",
        "bytes_accepted",
        "bytes_received",
        "codes",
        "delivered",
        "endpoint_id",
        "environment_id",
        "limited",
        "minute",
        "names",
        "organisation_id",
        "other_names",
        "protocols",
        "quarantined",
        "redriven",
        "rejected",
        "repeats",
        "requests",
        "revision_id",
        "set_aside",
    )

    def __init__(
        self,
        environment_id: str,
        revision_id: str,
        minute: int,
        requests: int = 0,
        accepted: int = 0,
        quarantined: int = 0,
        rejected: int = 0,
        limited: int = 0,
        bytes_accepted: int = 0,
        bytes_received: int = 0,
        codes: dict[str, int] | None = None,
        delivered: int = 0,
        repeats: int = 0,
        set_aside: int = 0,
        redriven: int = 0,
        names: dict[str, dict[str, int]] | None = None,
        other_names: dict[str, int] | None = None,
        protocols: dict[str, dict[str, int]] | None = None,
        endpoint_id: str = "",
        organisation_id: str = "",
    ) -> None:
        self.environment_id = environment_id
        self.revision_id = revision_id
        self.minute = minute
        """Unix seconds of the minute's start, UTC."""
        self.requests = requests
        self.accepted = accepted
        self.quarantined = quarantined
        self.rejected = rejected
        self.limited = limited
        self.bytes_accepted = bytes_accepted
        """As stored."""
        self.bytes_received = bytes_received
        self.codes = {} if codes is None else codes
        self.delivered = delivered
        """Events in objects or rows of the destination, by the minute in which they had arrived."""
        self.repeats = repeats
        """Accepted events that the destination dropped as copies of others, by the minute in which they had arrived."""
        self.set_aside = set_aside
        """Events that their destination refused, kept with its reason; by the minute in which they had arrived."""
        self.redriven = redriven
        """Events that came out of quarantine; they are among `accepted`, too."""
        self.names = {} if names is None else names
        """Events that have a name, by name and outcome; they are among the counts above, too."""
        self.other_names = {} if other_names is None else other_names
        """By outcome, events of names for which there was no room among `names`."""
        self.protocols = {} if protocols is None else protocols
        """Events that came in another collector's protocol, by protocol and outcome; among the counts above, too."""
        self.endpoint_id = endpoint_id
        self.organisation_id = organisation_id
        """Whose environment it is; empty where that is not known, which takes away nothing that was known before."""

    def as_dict(self) -> dict[str, Any]:
        """Return what makes an equal one."""
        return {name: getattr(self, name) for name in self.__slots__}

    def __eq__(self, other: object) -> bool:
        return self.as_dict() == other.as_dict() if isinstance(other, UsageSums) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"UsageSums({', '.join(f'{name}={value!r}' for name, value in self.as_dict().items())})"


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

    A revision narrows an endpoint or an environment, never an organisation: the caller knows whose it is.
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

    def several(self, scopes: Sequence[UsageScope], stored: Slice, start: int, end: int) -> list[list[UsagePoint]]:
        """Return the same of each of some scopes."""
        ...

    def codes(self, scope: UsageScope, stored: Slice, start: int, end: int) -> dict[str, int]:
        """Return how often each code was found."""
        ...

    def protocols(self, scope: UsageScope, stored: Slice, start: int, end: int) -> dict[str, dict[str, int]]:
        """Return the counts of events that came in other collectors' protocols, by protocol and outcome."""
        ...

    def names(self, scope: UsageScope, start: int, end: int) -> NameCounts:
        """Return the counts by name of an environment, which the scope names, over whole hours."""
        ...

    def organisations(self) -> list[str]:
        """Return the ids of all organisations for which anything was ever counted, in order."""
        ...


class MetricSink(Protocol):
    """Takes figures that alarms watch. It never raises: a figure that is lost is not worth a failure."""

    def emit(self, figures: Mapping[str, float]) -> None:
        """Note figures of now, by name."""
        ...


def counts_by_hour(sums: Sequence[UsageSums]) -> dict[tuple[str, int], NameCounts]:
    """Return the counts of rows by environment and hour (Unix seconds of its start)."""
    found: dict[tuple[str, int], NameCounts] = {}
    for row in sums:
        if row.names or row.other_names:
            key = (row.environment_id, Slice.HOUR.start_of(row.minute))
            found.setdefault(key, NameCounts()).add_all(row.names, row.other_names, MAX_EVENT_NAMES)
    return found
