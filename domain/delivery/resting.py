"""Which destinations are left alone for a while, since they did not answer lately; per process."""

import threading
from collections.abc import Callable

from domain.errors import Undelivered
from schemas.limits import WRITER_RESTS_SECONDS

_FIRST_REST_SECONDS = 2.0


class AskedToWait(Undelivered):
    """A destination that asks to be left alone for so many seconds."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class Resting:
    """Remembers failures; safe to use from several threads.

    After a rest, one caller may try; the others find the destination resting until it has.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._rests: dict[str, tuple[float, float]] = {}

    def is_resting(self, name: str) -> bool:
        with self._lock:
            if name not in self._rests:
                return False
            until, seconds = self._rests[name]
            now = self._monotonic()
            if now < until:
                return True
            self._rests[name] = (now + seconds, seconds)
            return False

    def failed(self, name: str, at_least: float = 0.0) -> None:
        """Begin a rest, twice as long as the one before; longer if the destination asks for it (seconds)."""
        with self._lock:
            _, seconds = self._rests.get(name, (0.0, _FIRST_REST_SECONDS / 2))
            seconds = min(2 * seconds, WRITER_RESTS_SECONDS)
            self._rests[name] = (self._monotonic() + max(seconds, at_least), seconds)

    def succeeded(self, name: str) -> None:
        with self._lock:
            self._rests.pop(name, None)
