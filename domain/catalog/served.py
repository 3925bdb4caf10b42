"""When each revision of an environment took requests: a repeat of an event may stand in the table of any that did.

The environment's item has the times of what ran, and of canaries. What runs now has run since it was deployed.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from domain.records.change import Resource

SERVED = "served"
"""The field of an environment's item."""
_MOST = 20
"""That are kept of an environment. Objects may land late, and be delivered later still."""
_IN_FORCE_SECONDS = 5
"""Until every handler knows of a deployment."""
_NS = 1_000_000_000


class Served(NamedTuple):
    """A revision and the time in which it took requests, UTC, without its end."""

    revision_id: str
    start: datetime
    end: datetime


def served_of(environment: Mapping[str, Any]) -> Iterator[Served]:
    """Yield what is known of an environment: some revisions several times, the one that runs among them."""
    for row in environment.get(SERVED, ()):
        yield Served(row["revision_id"], _moment(row["start"]), _moment(row["end"]))
    yield Served(
        environment["revision_id"],
        datetime.fromisoformat(environment["deployed_at"]),
        datetime.max.replace(tzinfo=UTC),
    )


def with_replaced(environment: Mapping[str, Any], now_ns: int) -> list[Resource]:
    """Return the rows of an environment whose running revision is replaced now."""
    start = int(datetime.fromisoformat(environment["deployed_at"]).timestamp())
    return _with(environment, {"revision_id": environment["revision_id"], "start": start, "end": _in_force(now_ns)})


def with_canary(environment: Mapping[str, Any], revision_id: str, now_ns: int, until_seconds: int) -> list[Resource]:
    """Return the rows of an environment whose canary begins now; it is the last until its end."""
    return _with(environment, {"revision_id": revision_id, "start": now_ns // _NS, "end": until_seconds})


def with_canary_ended(environment: Mapping[str, Any], now_ns: int) -> list[Resource]:
    """Return the rows of an environment once its canary has ended."""
    *others, last = environment[SERVED]
    return [*others, {**last, "end": min(last["end"], _in_force(now_ns))}]


def _with(environment: Mapping[str, Any], row: Resource) -> list[Resource]:
    rows: Sequence[Resource] = environment.get(SERVED, ())
    return [*rows, row][-_MOST:]


def _in_force(now_ns: int) -> int:
    return now_ns // _NS + _IN_FORCE_SECONDS


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
