"""What an engine reads of an environment, and what it has to be told first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from domain.queries.dialects import Dialect
from domain.warehouses.columns import Column
from domain.warehouses.engine import OwnBucket, Source


class Step(NamedTuple):
    """Something to do before the first query; `kind` is `sql` or `command`, which is for a shell."""

    kind: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Readable:
    """Rows that an engine reads.

    `relation` is where they are, as the engine writes it; `typed` is where those of the running revision are, if that
    is elsewhere. `names` says what columns are called whose names are not their fields' keys. `partition` is a
    condition that leaves out what arrived more than `{}` days ago, as far as that saves reading. With `has_copies`
    an event may be in several rows.
    """

    dialect: Dialect
    table: str
    relation: str
    typed: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    partition: str | None = None
    has_copies: bool = False
    set_up: Sequence[Step] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a query is asked of.

    `environment` is as it is stored, `columns` are those of its running revision, `apart` says by field which of them
    have another name in a table of all revisions, and `table` is what its rows are called if nothing else names them.
    """

    environment: Mapping[str, Any]
    columns: Sequence[Column]
    apart: Mapping[str, str]
    table: str
    own_bucket: OwnBucket
    source: Source | None
    """Where the objects are, for a destination that has some."""
    revisions: Mapping[str, Sequence[Column]] = field(default_factory=dict)
    """Of a lake whose revisions have files of their own: their columns, the newest last."""

    @property
    def destination(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.environment["destination"]
        return found


Read = Callable[[Asked], Readable]
