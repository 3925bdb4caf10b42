"""What senders were told, what became of it, and whether the two agree."""

from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from benchmarks.chaos.books import Measure, Sums
from benchmarks.chaos.faults import Kind

FIRST_PASSING = 1_000
"""Above the numbers of those that stay."""
_LATEST = 30
ONCE = frozenset({"bigquery load", "lake", "lake parquet", "postgres"})
"""Kinds that have each event once, and count it so."""


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
    def counts_hold(self) -> bool:
        """Whether usage says of what was delivered what is there.

        A stream of rows does not say which copies it dropped, and the double of BigQuery drops none. A target over HTTP
        may get a batch again, which is counted once, and of copies within an object only the first.
        """
        logged = self.log.total() - self.set_aside.total()
        if self.kind in ONCE:
            return self.counted == self.rows.total()
        if self.kind in {"bigquery stream", "http"}:
            return len(self.rows) <= self.counted <= logged
        return self.counted == logged

    @property
    def doubled_by_senders(self) -> int:
        """Events that stand in the log more than once: their stream took them, and its answer got lost."""
        return self.log.total() - len(self.log)

    @property
    def doubled(self) -> int:
        """Rows beyond the first of each event."""
        return self.rows.total() - len(self.rows)


class Counted(NamedTuple):
    """What usage has, corrected by the books, and between what it has to be."""

    found: int
    least: int
    """What answers told of."""
    most: int
    """With all of the requests whose answer never came."""

    @property
    def holds(self) -> bool:
        return self.least <= self.found <= self.most


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
    quarantined: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By environment; all of it is redriven in the end, and has to be delivered then."""
    sent_with_key: defaultdict[str, deque[tuple[list[dict[str, Any]], str, dict[int, str]]]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=_LATEST))
    )
    """By environment, the latest batches that had a key, with it and the ids that their events got."""
    named: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By event, the revisions that answers named."""
    found_under: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By event, the revisions under which it stands in the log or in quarantine."""
    canaries: Counter[str] = field(default_factory=Counter)
    """By how they ended."""
    canaries_left: int = 0
    """That still stand in the list of those that run."""
    in_quarantine: Counter[str] = field(default_factory=Counter)
    left_in_quarantine: int = 0
    redrives: Counter[str] = field(default_factory=Counter)
    """By the state in which they ended."""
    trials: Counter[str] = field(default_factory=Counter)
    """By the state in which they ended."""
    tried: int = 0
    """Events that trials have looked at."""
    trials_differ: bool = False
    """Whether trials found something else of the same objects because calls failed."""
    environments: dict[str, int] = field(default_factory=dict)
    """Every environment that was ever made, with the most streams that it ever had."""
    passed: dict[str, Place] = field(default_factory=dict)
    """Those that were made and deleted while events came: what they accepted has to be delivered all the same."""
    passing: str | None = None
    """The one that was made last, to be deleted by the next change."""
    unsettled: list[str] = field(default_factory=list)
    """Environments without what they need, or with what they need no more."""
    taps: list[str] = field(default_factory=list)
    """Every tap that was started; each ends while events come."""
    tapped: int = 0
    """Events that taps have kept."""
    plans_told: bool = False
    """Whether ingest learned that a plan was used up, and that it was not any more."""
    usage: dict[Measure, Counted] = field(default_factory=dict)
    told: Sums = field(default_factory=Counter)
    """By answers that tell of events."""
    untold: Sums = field(default_factory=Counter)
    """Of requests whose answer never came: each may be counted, or not."""
    lost: Sums = field(default_factory=Counter)
    again: Sums = field(default_factory=Counter)
    ledger_missing: int | None = None
    ledger_surplus: int | None = None
    waited: Counter[str] = field(default_factory=Counter)
    """Messages by queue that did not get through while calls failed: they came in vain again and again."""
    left_in_queues: Counter[str] = field(default_factory=Counter)
    """Messages by queue, once none failed any more."""
    unexpected: Counter[str] = field(default_factory=Counter)
    """Errors that no function may raise, by name."""
    calls: Counter[str] = field(default_factory=Counter)
    failed: Counter[tuple[str, Kind]] = field(default_factory=Counter)

    def numbered_places(self) -> dict[str, tuple[int, Place]]:
        """Return all environments that events were sent to, each with its number."""
        numbered = [*enumerate(self.places.items(), 1), *enumerate(self.passed.items(), FIRST_PASSING + 1)]
        return {environment_id: (number, place) for number, (environment_id, place) in numbered}

    @property
    def accepted(self) -> int:
        return sum(len(place.accepted) for place in self.every_place)

    @property
    def every_place(self) -> list[Place]:
        return [*self.places.values(), *self.passed.values()]

    def place_of(self, environment_id: str) -> Place:
        return self.places.get(environment_id) or self.passed[environment_id]

    @property
    def missing(self) -> int:
        lost = set().union(*self.quarantined.values()) - self.in_quarantine.keys()
        return sum(len(place.missing) for place in self.every_place) + len(lost)

    @property
    def misnamed(self) -> int:
        """Events that stand nowhere under a revision that an answer named."""
        return sum(not revisions <= self.found_under[event_id] for event_id, revisions in self.named.items())

    @property
    def spared(self) -> list[str]:
        """Functions that were never called, or of whose calls none failed: their promises were not tried."""
        called = {name.partition(".")[0] for name in self.calls}
        failed = {name.partition(".")[0] for name, _ in self.failed}
        return [name for name in FUNCTIONS if name not in called or name not in failed]

    @property
    def holds(self) -> bool:
        """Whether every promise was kept."""
        return (
            self.missing == 0
            and self.accepted > 0
            and not self.unexpected
            and not self.waited
            and not self.left_in_queues
            and not self.spared
            and not self.unsettled
            and self.plans_told
            and self.left_in_quarantine == 0
            and self.redrives.keys() == {"done"}
            and self.trials.keys() == {"done"}
            and self.tried > 0
            and not self.trials_differ
            and self.ledger_missing == 0
            and all(counted.holds for counted in self.usage.values())
            and self.changed_ids == 0
            and self.misnamed == 0
            and self.canaries_left == 0
            and "running" not in self.canaries
            and self.statuses.keys() <= {200, 400, 503}
            and all(place.contradictions == 0 for place in self.every_place)
            and all(place.doubled == 0 for place in self.every_place if place.kind in ONCE)
            and all(place.counts_hold for place in self.every_place)
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
    lines += ["of them by function:", *(f"  {_happened(account, name)}" for name in FUNCTIONS)]
    lines.append(f"{'':18}" + "".join(f"{title:>22}" for title in _COLUMNS))
    lines += [_row(place.kind, _figures(place)) for place in account.places.values()]
    passed = zip(*map(_figures, account.passed.values()), strict=True)
    lines.append(_row("made and deleted", [sum(figures) for figures in passed]))
    quarantined = set().union(*account.quarantined.values())
    redrives = ", ".join(f"{count} {state}" for state, count in account.redrives.items())
    trials = ", ".join(f"{count} {state}" for state, count in account.trials.items())
    trials_found = "OTHER FINDINGS where calls failed" if account.trials_differ else "the same found whatever failed"
    found, left = len(account.in_quarantine), account.left_in_quarantine
    lines += [
        f"quarantined: {len(quarantined):,} answered, {found:,} found, {left} left after redrives ({redrives})",
        f"trials: {account.tried:,} events looked at ({trials}), {trials_found}",
        f"canaries: {dict(account.canaries)}, {account.canaries_left} left",
        f"events under another revision than their answer named: {account.misnamed}",
        f"environments: {len(account.environments)} made, {len(account.unsettled)} not as they have to be",
        f"plans: ingest {'was told' if account.plans_told else 'WAS NOT TOLD'} of a limit and of its end",
        *(_usage(account, measure, counted) for measure, counted in account.usage.items()),
        f"ledger: {account.ledger_missing} missing, {account.ledger_surplus} beyond what was counted as accepted",
        f"functions that nothing happened to: {', '.join(account.spared) or 'none'}",
        f"messages that did not get through while calls failed: {dict(account.waited) or 'none'}",
        f"messages left in queues: {dict(account.left_in_queues) or 'none'}",
        f"other ids at a second try: {account.changed_ids}",
        f"errors that no function may raise: {dict(account.unexpected) or 'none'}",
        f"missing {account.missing}: {'every promise was kept' if account.holds else 'A PROMISE WAS BROKEN'}",
    ]
    return "\n".join(lines)


def _happened(account: Account, function: str) -> str:
    """Return how often a function called something, how many of these calls failed, and how often it was killed."""
    calls = sum(count for name, count in account.calls.items() if name.startswith(f"{function}."))
    failed = dict.fromkeys(Kind, 0)
    for (name, kind), count in account.failed.items():
        if name.startswith(f"{function}."):
            failed[kind] += count
    kills = failed[Kind.KILL_BEFORE] + failed[Kind.KILL_AFTER]
    return f"{function:34} {calls:8,}   {sum(failed.values()):,} failed, {kills:,} kills among them"


FUNCTIONS = (
    "ingest",
    "redeliver",
    "quarantine_writer",
    "redrive",
    "trial",
    "tap_writer",
    "delivered",
    "bigquery_writer",
    "provisioner",
    "outbox",
    "metering",
    "ledger",
    "lake_upkeep",
)
"""Those through which events and what they need go."""

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


def _usage(account: Account, measure: Measure, counted: Counted) -> str:
    bounds = f"has to be {counted.least:,} to {counted.most:,}"
    corrections = f"{account.lost[measure]:,} lost with processes, {account.again[measure]:,} counted again"
    return f"usage: {counted.found:,} {measure}, {bounds}; {corrections}"


def _row(name: str, figures: list[int]) -> str:
    return f"{name:18}" + "".join(f"{figure:22,}" for figure in figures)
