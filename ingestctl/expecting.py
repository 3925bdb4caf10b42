"""What a test expects of live events, and whether it has come."""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingestctl.problems import Misused

Event = Mapping[str, Any]
Page = Mapping[str, Any]
Read = Callable[[int], Page]
"""Returns the next page of a tap's events, waiting for up to so many seconds where there is none yet."""

WAIT_SECONDS = 10
_INVALID = ("quarantined", "rejected")
_UNITS = {"s": 1, "m": 60}


@dataclass(frozen=True, slots=True)
class Condition:
    """A value that an event holds at a place."""

    path: Sequence[str]
    value: str

    def holds(self, event: Event) -> bool:
        """Say whether an event has the value, as it is stored or as it was sent; a number as JSON writes it."""
        return any(self._is_in(source) for source in (event["stored"], _parsed(event["raw"])))

    def _is_in(self, value: Any) -> bool:
        try:
            for part in self.path:
                value = value[int(part)] if isinstance(value, list) else value[part]
        except (ValueError, KeyError, IndexError, TypeError):
            return False
        return (value if isinstance(value, str) else json.dumps(value)) == self.value


@dataclass(frozen=True, slots=True)
class Expected:
    """How many events are to come, None for any number."""

    accepted: int | None
    invalid: int | None


@dataclass(slots=True)
class Came:
    """The events that match the conditions, and those that don't."""

    matching: list[Event] = field(default_factory=list)
    others: list[Event] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        return sum(1 for event in self.matching if event["outcome"] == "accepted")

    @property
    def invalid(self) -> int:
        return sum(1 for event in self.matching if event["outcome"] in _INVALID)

    def meets(self, expected: Expected) -> bool:
        """Say whether exactly what is expected has come."""
        return expected.accepted in {None, self.accepted} and expected.invalid in {None, self.invalid}

    def reaches(self, expected: Expected) -> bool:
        """Say whether there is nothing left to wait for; where no event is expected, all the time is waited for."""
        accepted, invalid = expected.accepted or 0, expected.invalid or 0
        return accepted + invalid > 0 and self.accepted >= accepted and self.invalid >= invalid


def condition_from(text: str) -> Condition:
    """Return what `KEY=VALUE` means; a key that starts with `/` is a JSON Pointer.

    Raises:
        Misused: it is neither.
    """
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise Misused("--where takes KEY=VALUE, such as event=purchase or /items/0/id=7.")
    parts = key[1:].split("/") if key.startswith("/") else [key]
    return Condition([part.replace("~1", "/").replace("~0", "~") for part in parts], value)


def seconds_from(text: str) -> float:
    """Return how long `10s`, `0.5s` or `1m` is.

    Raises:
        Misused: it is none of these.
    """
    found = re.fullmatch(r"([0-9]{1,4}(?:\.[0-9]{1,3})?)([sm])", text, re.ASCII)
    if found is None:
        raise Misused("--within takes a number of seconds or minutes, such as 10s or 1m.")
    return float(found[1]) * _UNITS[found[2]]


def wait_for(
    read: Read,
    conditions: Sequence[Condition],
    expected: Expected,
    within_seconds: float,
    now: Callable[[], float] = time.monotonic,
) -> Came:
    """Return what came once that is what is expected, or when the time is over."""
    came = Came()
    deadline = now() + within_seconds
    while True:
        left = 0.0 if came.reaches(expected) else max(0.0, deadline - now())
        page = read(min(WAIT_SECONDS, int(left + 0.999)))
        for event in page["items"]:
            fits = all(condition.holds(event) for condition in conditions)
            (came.matching if fits else came.others).append(event)
        if not page["items"] and (came.reaches(expected) or now() >= deadline):
            return came


def _parsed(text: str | None) -> Any:
    try:
        return json.loads(text or "")
    except ValueError:
        return None
