"""Callers that arrive while a commit runs share the next one.

A durable write costs one flush to the disk however much it carries. So one caller at a time leads: it commits for
everyone who waits, wakes them with their outcomes, and hands the lead to the first of those that came meanwhile.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Work = TypeVar("Work")
Result = TypeVar("Result")


class Failed:
    """The outcome of a work that failed alone, beside others that were committed."""

    __slots__ = ("error",)

    def __init__(self, error: Exception) -> None:
        self.error = error


class _Entry(Generic[Work, Result]):
    __slots__ = ("outcome", "turn", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.outcome: tuple[Result | Failed] | None = None
        self.turn = threading.Lock()
        """Free once the entry has its outcome, or has to lead."""
        self.turn.acquire()


class GroupCommit(Generic[Work, Result]):
    """Serialises commits and gathers what waits for one."""

    def __init__(self, commit: Callable[[Sequence[Work]], Sequence[Result | Failed]], *, max_works: int = 256) -> None:
        """Take the function that commits up to `max_works` works at once.

        It answers one outcome per work, in order. If it raises, every work of that commit failed with the same error.
        """
        self._commit = commit
        self._max_works = max_works
        self._waiting: deque[_Entry[Work, Result]] = deque()
        self._is_led = False
        self._waiting_lock = threading.Lock()
        self.lock = threading.RLock()
        """Held during each commit; a caller that holds it keeps commits out."""

    def submit(self, work: Work) -> Result:
        """Return the work's result once the commit that carried it is done; raise what it failed with."""
        entry: _Entry[Work, Result] = _Entry(work)
        with self._waiting_lock:
            self._waiting.append(entry)
            leads = not self._is_led
            self._is_led = True
        if not leads:
            entry.turn.acquire()
        if entry.outcome is None:
            self._lead()
        assert entry.outcome is not None  # who leads is the first of its own batch
        outcome = entry.outcome[0]
        if isinstance(outcome, Failed):
            raise outcome.error
        return outcome

    def _lead(self) -> None:
        batch: list[_Entry[Work, Result]] = []
        try:
            with self.lock:
                with self._waiting_lock:
                    batch += [self._waiting.popleft() for _ in range(min(len(self._waiting), self._max_works))]
                self._commit_batch(batch)
        finally:
            for entry in batch:
                entry.turn.release()
            with self._waiting_lock:
                self._is_led = bool(self._waiting)
                if self._waiting:
                    self._waiting[0].turn.release()

    def _commit_batch(self, batch: Sequence[_Entry[Work, Result]]) -> None:
        try:
            outcomes = self._commit([entry.work for entry in batch])
        except Exception as error:  # noqa: BLE001 - each caller raises it in its own thread
            outcomes = [Failed(error)] * len(batch)
        except BaseException as error:
            # The leader is being stopped: the others must not wait for what nobody will commit again.
            for entry in batch:
                entry.outcome = (Failed(RuntimeError(f"the commit was interrupted by {type(error).__name__}")),)
            raise
        for entry, outcome in zip(batch, outcomes, strict=True):
            entry.outcome = (outcome,)
