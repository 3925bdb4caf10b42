"""What delivery needs of a kind of destination: the port that every folder of `connectors/` fills.

A connector keeps nothing: what it has to know of an environment comes along in a `Target`. All its methods may be
repeated without harm. They raise `Undelivered` with the destination's own reason in one sentence, which never repeats
a value of an event or of credentials; `retryable` says whether time may help.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from domain.delivery.landed import LandedObject, Outcomes
from domain.errors import Undelivered


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a kind of destination can do, as data."""

    has_tables: bool
    """Whether a revision needs a table, which is made when it is deployed."""
    needs_identity: bool
    """Whether credentials, or a workload identity, have to be given."""
    needs_writer: bool
    """Whether its streams write to the landing bucket, from which a writer takes what it delivers."""
    shares_table: bool = False
    """Whether all revisions of an environment have one table, so that no view is needed."""
    max_columns: int | None = None
    """The most columns that a table has, those of all revisions that share it included."""
    own_columns: int = 0
    """Columns that every table has beside the stamps and those of fields."""


@dataclass(frozen=True, slots=True)
class Target:
    """One environment's destination. `environment_id` is empty while the environment is only being planned."""

    organisation_id: str
    environment_id: str
    destination: Mapping[str, Any]
    """As it is stored: without credentials."""
    secret: str | None = field(default=None, repr=False)
    """The credentials, as JSON."""


StepState = Literal["passed", "failed", "not_tested"]


class CheckStep(NamedTuple):
    """One thing that a live check tried. `reason`: why it failed or proves nothing; None if it passed."""

    name: str
    reason: str | None = None
    state: StepState = "passed"


def failed_step(name: str, reason: str) -> CheckStep:
    """Return a step that failed for a reason of the destination."""
    return CheckStep(name, reason, "failed")


class TableBeside(NamedTuple):
    """The table of another revision, and when that took requests: a repeat of an event may have gone there."""

    name: str
    revision_id: str
    start: datetime
    end: datetime
    """UTC, without it."""
    of_all: bool = False
    """Whether any event may stand there too, and not only one that its sender sent twice."""


@dataclass(frozen=True, slots=True)
class RevisionTable:
    """The table of a revision: what it is called, and the revision's stored tree."""

    name: str
    revision_id: str
    revision_name: str
    fields: Sequence[Mapping[str, Any]]
    additional_keys: str = "drop"
    edition: int = 1
    """Of the schema language that the revision is written in."""
    event_name: Sequence[str] = ()
    """The revision's pointers to what names an event."""
    beside: Sequence[TableBeside] = ()
    """In which an event of this table may stand as well, if its sender sent it twice."""


class ColumnApart(NamedTuple):
    """A field whose values have a column of another name, since that of its own holds another type, or is too long.

    Both are paths, such as `address.city` and `address.city__int`.
    """

    field: str
    column: str


class Budget(Protocol):
    """The time that one environment's delivery may take."""

    def seconds_left(self) -> float: ...

    def wait(self, seconds: float, after: Undelivered | None = None) -> None:
        """Wait before the next try; if there is no time for it, raise what the last one failed for."""
        ...


TableOf = Callable[[str], RevisionTable | None]
"""Finds the table of a revision by the revision's id; None for a revision that is not the endpoint's."""


class Connector(Protocol):
    """A kind of destination."""

    @property
    def capabilities(self) -> Capabilities: ...

    def check(self, target: Target) -> list[CheckStep]:
        """Try everything that delivery will need, live, and leave nothing behind; the first step that fails ends it."""
        ...

    def make_tables(self, target: Target, tables: Sequence[RevisionTable]) -> list[ColumnApart]:
        """Make the tables that are not there yet, and bring those that are up to date.

        Returns which fields of these revisions have a column apart; none where each revision has a table of its own.
        """
        ...

    def make_views(self, target: Target, tables: Sequence[RevisionTable]) -> None:
        """Make, or make again, the views over the tables of an environment; the newest comes last."""
        ...

    def view_takes(self, target: Target, newest_first: Iterable[RevisionTable]) -> list[str] | None:
        """Return the revisions of these tables that the view over all takes: the newest, as many as it can hold.

        None if there is no such view. Asks for no more tables than it takes to know.
        """
        ...

    def left_out_by_kind(self, target: Target, tables: Sequence[RevisionTable]) -> dict[str, list[str]]:
        """Return which revisions each view of one kind of events has no room for, by the kind's key.

        The newest table comes last. Views that leave out none are not named.
        """
        ...

    def deliver(self, target: Target, landed: LandedObject, tables: TableOf, budget: Budget) -> Outcomes:
        """Deliver all events of an object, and return what became of them.

        What is refused for good is in the outcomes, alone. Raises `Undelivered` when it could not be finished: a
        second call goes over all of it again and delivers nothing twice that the destination can tell apart by id.
        """
        ...


Connectors = Callable[[str], Connector | None]
"""Finds a connector by the type of a destination; None for one that a deployment does not have."""
