"""How much computing one request may set off.

Work whose size the caller decides asks between its steps: compiling patterns, importing, comparing, finding examples.
A step in itself has to be bounded by other limits.
"""

from collections.abc import Callable
from math import inf

from domain.errors import Rejected
from schemas.codes import Problem

MAX_MATCH_STEPS = 20_000_000
"""Instructions times characters of one match: a quarter of a second where the engine falls back to its slowest way."""

TOO_COMPLEX = "This takes more computing than one request may: simplify what the pointer names, or split it."


class Budget:
    """CPU seconds for one request, at the place that is being worked on."""

    __slots__ = ("_deadline", "_pointer", "_spent_seconds")

    def __init__(self, seconds: float, spent_seconds: Callable[[], float]) -> None:
        """Begin now.

        Args:
            seconds: of CPU.
            spent_seconds: the CPU seconds that the caller's thread has spent so far, such as `time.thread_time`.
        """
        self._spent_seconds = spent_seconds
        self._deadline = seconds + spent_seconds()
        self._pointer = ""

    def at(self, pointer: str) -> "Budget":
        """Return the same budget, for a place within."""
        other = Budget.__new__(Budget)
        other._spent_seconds, other._deadline, other._pointer = self._spent_seconds, self._deadline, pointer  # noqa: SLF001
        return other

    def check(self) -> None:
        """Go on while there is something left.

        Raises:
            Rejected: too_complex, with the place.
        """
        if self._spent_seconds() > self._deadline:
            raise too_complex(self._pointer)

    def check_match(self, pattern_size: int, chars: int) -> None:
        """Go on to match a text with a pattern of so many instructions: one step that can't be interrupted.

        Raises:
            Rejected: as `check`, or if that step alone may be too long.
        """
        self.check()
        if self._deadline < inf and pattern_size * chars > MAX_MATCH_STEPS:
            raise too_complex(self._pointer, "A text as long as this can't be tried on a pattern as big as this.")


def too_complex(pointer: str, message: str = TOO_COMPLEX) -> Rejected:
    """Return the refusal of work that is too much for one request; `pointer` names its place."""
    return Rejected(
        Problem.TOO_COMPLEX, message, errors=[{"pointer": pointer, "code": Problem.TOO_COMPLEX, "message": message}]
    )


UNLIMITED = Budget(inf, lambda: 0.0)
"""For work whose size we decide ourselves."""
