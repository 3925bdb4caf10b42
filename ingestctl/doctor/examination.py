"""Runs checks in order, each with an end in time, and keeps what came of each."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import httpx

from ingestctl.problems import Refused

State = Literal["passed", "failed", "skipped"]
Look = Callable[[], Any]


class CheckFailed(Exception):  # noqa: N818 - what was found, not a mishap
    """A promise was not kept: `message` says what was seen, `remedy` what to do about it."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class CheckSkipped(Exception):  # noqa: N818 - likewise
    """The check can't be made here; the message says why, and what would make it possible."""


@dataclass(frozen=True, slots=True)
class Check:
    """One promise and how it is tried.

    `look` returns one sentence of what was seen, or raises `CheckFailed` or `CheckSkipped`. Where a check of `needs`
    did not pass, it is skipped.
    """

    name: str
    promise: str
    look: Callable[[], str]
    needs: tuple[str, ...] = ()
    remedy: str = ""
    """What to do where the check fails and does not say itself."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a check; `seconds` is how long it took."""

    name: str
    promise: str
    state: State
    detail: str
    remedy: str = ""
    seconds: float = 0.0


class Clock(Protocol):
    """Time as checks need it; a test's goes at once."""

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class RealClock:
    """The machine's own."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(slots=True)
class Examination:
    """The results so far; `tell` hears of each as it comes."""

    clock: Clock = field(default_factory=RealClock)
    tell: Callable[[Result], None] = lambda _result: None
    results: list[Result] = field(default_factory=list)

    def run(self, checks: Sequence[Check]) -> None:
        """Make checks in order; none stops those after it that do not need it."""
        for check in checks:
            started = self.clock.now()
            state, detail, remedy = self._made(check)
            seconds = self.clock.now() - started
            result = Result(check.name, check.promise, state, detail, remedy, round(seconds, 1))
            self.results.append(result)
            self.tell(result)

    def _made(self, check: Check) -> tuple[State, str, str]:
        passed = {result.name for result in self.results if result.state == "passed"}
        missing = [name for name in check.needs if name not in passed]
        if missing:
            return "skipped", f"It needs {', '.join(missing)}, which did not pass.", ""
        try:
            return "passed", check.look(), ""
        except CheckSkipped as skipped:
            return "skipped", str(skipped), ""
        except CheckFailed as failed:
            return "failed", failed.message, failed.remedy or check.remedy
        except Refused as refused:
            said = "; ".join(f"{error.get('pointer')}: {error.get('message')}" for error in refused.errors[:5])
            detail = f"The API answered {refused.code}: {refused.message} {said}".strip()
            return "failed", detail, check.remedy
        except httpx.HTTPError as error:
            return "failed", f"No answer: {type(error).__name__}: {error}", check.remedy
        except Exception as error:  # noqa: BLE001 - a check that breaks must not take the others along
            return "failed", f"The check itself failed: {type(error).__name__}: {error}", "Report this as a bug."

    def wait_until(self, look: Look, seconds: float, pause_seconds: float = 0.5) -> Any:
        """Return what `look` finds once it finds something, or None after `seconds`."""
        deadline = self.clock.now() + seconds
        while True:
            found = look()
            if found:
                return found
            if self.clock.now() >= deadline:
                return None
            self.clock.sleep(pause_seconds)
