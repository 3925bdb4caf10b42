"""The queues of the local run, each with one that takes what was given up."""

from collections.abc import Callable

from adapters.sqlite.database import Database
from adapters.sqlite.dead_letters import SqliteDeadLetters
from adapters.sqlite.parted_queue import PartedQueue
from adapters.sqlite.queue import SqliteQueue
from domain.clock import Clock

# With pauses of up to 30 s between tries, some three quarters of an hour: longer than most that is temporary.
MAX_RECEIVES = {
    **dict.fromkeys(("spill", "quarantine", "provision", "redrive", "landing"), 100),
    "taps": 10,
    "trial": 20,
}
"""After how many tries a message of a queue becomes a dead letter."""


def make_queue(database: Database, name: str, clock: Clock) -> SqliteQueue:
    return SqliteQueue(database, name, clock, dead_letters=_dead(name), max_receives=MAX_RECEIVES[name])


def make_parted_queue(
    database: Database, name: str, clock: Clock, *, part_of: Callable[[str], str], share: int
) -> PartedQueue:
    dead, most = _dead(name), MAX_RECEIVES[name]
    return PartedQueue(database, name, clock, part_of=part_of, share=share, dead_letters=dead, max_receives=most)


def make_dead_letters(database: Database, clock: Clock) -> SqliteDeadLetters:
    """Return the dead letters of all queues."""
    return SqliteDeadLetters(database, {name: _dead(name) for name in MAX_RECEIVES}, clock)


def _dead(name: str) -> str:
    return f"{name}-dead"
