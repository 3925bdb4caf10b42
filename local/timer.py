"""Does something every few seconds, for as long as the local run lasts."""

import threading
from collections.abc import Callable

from local.failures import log_failure


class Timer:
    """One thread per timer; what its work raises is logged, and it goes on."""

    def __init__(self, name: str, seconds: float, work: Callable[[], object]) -> None:
        """Take the pause between two runs; the first run is at the start."""
        self._name = name
        self._seconds = seconds
        self._work = work
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"timer-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Return once the work that runs has ended; it runs no more."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                self._work()
            except Exception as error:  # noqa: BLE001 - the edge of the thread
                log_failure(f"doing the regular {self._name} work", error)
            if self._stopping.wait(self._seconds):
                return
