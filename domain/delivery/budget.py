"""The time that a piece of work may take, its waits between tries included."""

from collections.abc import Callable

from domain.errors import Undelivered


class TimeBudget:
    """Implements `Budget` on a clock that only goes forward (seconds)."""

    def __init__(self, seconds: float, monotonic: Callable[[], float], sleep: Callable[[float], None]) -> None:
        """Begin now."""
        self._monotonic = monotonic
        self._sleep = sleep
        self._deadline = monotonic() + seconds

    def seconds_left(self) -> float:
        return max(0.0, self._deadline - self._monotonic())

    def wait(self, seconds: float, after: Undelivered | None = None) -> None:
        if seconds >= self.seconds_left():
            raise after or Undelivered("There was no time left for another try.")
        self._sleep(seconds)
