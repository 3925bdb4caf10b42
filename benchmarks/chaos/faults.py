"""Faults around every call that a function makes: of any port, by name, at given rates."""

from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum
from random import Random
from typing import Any

from domain.delivery.ports import PutFailure
from domain.errors import Undelivered

_THROTTLED = PutFailure("throttled on purpose", retryable=True)
_SINKS = frozenset({"put_records", "send"})
"""Methods that answer for each of what they are given."""


class Kind(StrEnum):
    """How a call fails."""

    THROTTLE = "throttle"
    PARTIAL = "partial"
    """A part is taken and the rest refused; where a call is one thing, it is refused."""
    TIMEOUT_BEFORE = "timeout before"
    TIMEOUT_AFTER = "timeout after"
    KILL_BEFORE = "kill before"
    KILL_AFTER = "kill after"


class Killed(BaseException):
    """The process is gone, with all that it had in memory; nothing of ours may catch this."""


class Faults:
    """Decides what happens to each call, and counts it by the call's name."""

    def __init__(self, random: Random, rate: float) -> None:
        """Take the share of calls that fail in each of the ways."""
        self._random = random
        self.rate = rate
        self.calls: Counter[str] = Counter()
        self.failed: Counter[tuple[str, Kind]] = Counter()
        self.down: str | None = None
        """What refuses every call, if anything does."""
        self.kills = 0
        """How often something was killed so far."""

    def roll(self, name: str, *, can_kill: bool = True) -> Kind | None:
        """Return how the next call of this name fails, None if it does not."""
        self.calls[name] += 1
        if self.down is not None and name.startswith(self.down):
            self.failed[name, Kind.THROTTLE] += 1
            return Kind.THROTTLE
        kinds = [kind for kind in Kind if can_kill or kind not in {Kind.KILL_BEFORE, Kind.KILL_AFTER}]
        place = self._random.random() / self.rate if self.rate else len(kinds)
        if place >= len(kinds):
            return None
        kind = kinds[int(place)]
        self.failed[name, kind] += 1
        self.kills += kind in {Kind.KILL_BEFORE, Kind.KILL_AFTER}
        return kind

    def around(self, port: Any, name: str, *, can_kill: bool = True) -> Any:
        """Return a port whose every call may fail; `name` is the function's and the port's."""
        return _Faulty(self, port, name, can_kill=can_kill)

    def some_of(self, count: int) -> list[int]:
        """Return the places, at least one, of those that a partial failure refuses."""
        return sorted(self._random.sample(range(count), self._random.randint(1, count)))


class _Faulty:
    def __init__(self, faults: Faults, port: Any, name: str, *, can_kill: bool) -> None:
        self._faults = faults
        self._port = port
        self._name = name
        self._can_kill = can_kill

    def __getattr__(self, method: str) -> Any:
        target = getattr(self._port, method)
        return self._call(target, method) if callable(target) else target

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self._call(self._port, "call")(*given, **named)

    def _call(self, target: Callable[..., Any], method: str) -> Callable[..., Any]:
        name = f"{self._name}.{method}"

        def call(*given: Any, **named: Any) -> Any:
            kind = self._faults.roll(name, can_kill=self._can_kill)
            if kind is Kind.KILL_BEFORE:
                raise Killed(name)
            if kind is Kind.TIMEOUT_BEFORE:
                raise Undelivered("timed out on purpose, before anything was done")
            if kind in {Kind.THROTTLE, Kind.PARTIAL}:
                if method not in _SINKS:
                    raise Undelivered("refused on purpose")
                return _partly(self._faults, target, given, all_refused=kind is Kind.THROTTLE)
            answer = target(*given, **named)
            if kind is not None and hasattr(answer, "close"):
                answer.close()  # as the kernel does for a process that is gone
            if kind is Kind.KILL_AFTER:
                raise Killed(name)
            if kind is Kind.TIMEOUT_AFTER:
                raise Undelivered("timed out on purpose, when all was done")
            return answer

        return call


def _partly(faults: Faults, target: Callable[..., Any], given: Sequence[Any], *, all_refused: bool) -> Any:
    *first, entries = given
    if all_refused or not entries:
        return [_THROTTLED] * len(entries)
    refused = set(faults.some_of(len(entries)))
    taken = [place for place in range(len(entries)) if place not in refused]
    results: list[Any] = [_THROTTLED] * len(entries)
    if taken:
        answers = target(*first, [entries[place] for place in taken])
        for place, answer in zip(taken, answers, strict=True):
            results[place] = answer
    return results
