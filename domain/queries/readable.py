"""What an engine reads of an environment, and what it has to be told first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from domain.queries.dialects import Dialect


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
