"""What senders were told, what became of it, and whether the two agree."""

from collections import Counter
from dataclasses import dataclass, field

from benchmarks.chaos.faults import Kind


@dataclass(slots=True)
class Place:
    """Where the accepted events of one environment have to be."""

    kind: str
    accepted: set[str] = field(default_factory=set)
    rows: Counter[str] = field(default_factory=Counter)
    """What is there: how often each id."""
    set_aside: Counter[str] = field(default_factory=Counter)
    log: Counter[str] = field(default_factory=Counter)
    """What the objects hold from which a writer delivers."""
    contradictions: int = 0
    """Ids under which more than one event stands."""
    counted: int = 0
    """Events that usage says were delivered."""

    @property
    def missing(self) -> set[str]:
        return self.accepted - self.rows.keys() - self.set_aside.keys()

    @property
    def doubled_by_senders(self) -> int:
        """Events that stand in the log more than once: their stream took them, and its answer got lost."""
        return self.log.total() - len(self.log)

    @property
    def doubled(self) -> int:
        """Rows beyond the first of each event."""
        return self.rows.total() - len(self.rows)


@dataclass(slots=True)
class Account:
    """Everything that a run has to show."""

    sent_events: int = 0
    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0
    changed_ids: int = 0
    """Requests with an `Idempotency-Key` that got other ids when they were sent again."""
    places: dict[str, Place] = field(default_factory=dict)
    quarantined: set[str] = field(default_factory=set)
    in_quarantine: Counter[str] = field(default_factory=Counter)
    left_in_queues: int = 0
    unexpected: Counter[str] = field(default_factory=Counter)
    """Errors that no function may raise, by name."""
    calls: Counter[str] = field(default_factory=Counter)
    failed: Counter[tuple[str, Kind]] = field(default_factory=Counter)

    @property
    def accepted(self) -> int:
        return sum(len(place.accepted) for place in self.places.values())

    @property
    def missing(self) -> int:
        lost = self.quarantined - self.in_quarantine.keys()
        return sum(len(place.missing) for place in self.places.values()) + len(lost)

    @property
    def holds(self) -> bool:
        """Whether every promise was kept."""
        return (
            self.missing == 0
            and self.accepted > 0
            and not self.unexpected
            and self.left_in_queues == 0
            and self.changed_ids == 0
            and self.statuses.keys() <= {200, 400, 503}
            and all(place.contradictions == 0 for place in self.places.values())
            and all(place.doubled == 0 for place in self.places.values() if place.kind == "bigquery load")
            and all(place.counted == place.log.total() - place.set_aside.total() for place in self.places.values())
        )


def report(account: Account) -> str:
    """Return what happened, for people."""
    answers = ", ".join(f"{count:,} x {status}" for status, count in sorted(account.statuses.items()))
    killed = f"{account.unanswered:,} killed before an answer"
    lines = [
        f"{account.requests:,} requests with {account.sent_events:,} events: {answers}, {killed}",
        f"{account.calls.total():,} calls, {account.failed.total():,} of them failed on purpose:",
    ]
    for name, calls in sorted(account.calls.items()):
        kinds = ", ".join(f"{kind} {account.failed[name, kind]}" for kind in Kind if account.failed[name, kind])
        lines.append(f"  {name:34} {calls:8,}   {kinds}")
    lines.append(f"{'':18}" + "".join(f"{title:>22}" for title in _COLUMNS))
    lines += [_row(place.kind, _figures(place)) for place in account.places.values()]
    lost = len(account.quarantined - account.in_quarantine.keys())
    lines.append(_row("quarantine", [len(account.quarantined), len(account.in_quarantine), 0, lost]))
    lines += [
        f"messages left in queues: {account.left_in_queues}",
        f"other ids at a second try: {account.changed_ids}",
        f"errors that no function may raise: {dict(account.unexpected) or 'none'}",
        f"missing {account.missing}: {'every promise was kept' if account.holds else 'A PROMISE WAS BROKEN'}",
    ]
    return "\n".join(lines)


_COLUMNS = (
    "answered",
    "delivered",
    "set aside",
    "missing",
    "twice in the log",
    "twice delivered",
    "two events of one id",
    "counted",
)


def _figures(place: Place) -> list[int]:
    return [
        len(place.accepted),
        len(place.rows),
        len(place.set_aside),
        len(place.missing),
        place.doubled_by_senders,
        place.doubled,
        place.contradictions,
        place.counted,
    ]


def _row(name: str, figures: list[int]) -> str:
    return f"{name:18}" + "".join(f"{figure:22,}" for figure in figures)
