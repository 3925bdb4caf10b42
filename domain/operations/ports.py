"""What the operator of a deployment sees of its queues: how much waits, and what was given up."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class QueueState(NamedTuple):
    """How many messages wait to be worked on, and how many were given up; on AWS both are approximate."""

    name: str
    waiting: int
    dead_letters: int


class DeadLetter(NamedTuple):
    """A message that kept failing; `sent_ns` is when it was first sent."""

    id: str
    sent_ns: int
    body: str


class DeadLetters(Protocol):
    """The dead letters of a deployment's queues. Raises `Undelivered` when they can't be reached.

    `queue` is one of the names that `queues` tells; `KeyError` for any other.
    """

    def queues(self) -> list[QueueState]:
        """Return every queue, in order of names."""
        ...

    def letters(self, queue: str, limit: int) -> list[DeadLetter]:
        """Return up to `limit` letters; on AWS any of them, in any order."""
        ...

    def find(self, queue: str, letter_id: str) -> DeadLetter | None:
        """Return one letter, None if it is not there or not found among many."""
        ...

    def send_again(self, queue: str, letter_ids: Sequence[str] | None, limit: int) -> int:
        """Move letters back to their queue, those of these ids or any, at most `limit`; return how many.

        A letter may be sent twice if the call fails in the middle, and is never lost.
        """
        ...


class NoQueues:
    """The `DeadLetters` of a deployment that shows none."""

    def queues(self) -> list[QueueState]:
        return []

    def letters(self, queue: str, _limit: int) -> list[DeadLetter]:
        raise KeyError(queue)

    def find(self, queue: str, _letter_id: str) -> DeadLetter | None:
        raise KeyError(queue)

    def send_again(self, queue: str, _letter_ids: Sequence[str] | None, _limit: int) -> int:
        raise KeyError(queue)
