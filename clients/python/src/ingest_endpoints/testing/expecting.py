"""What a test expects of events, and what it is told if others came. `ingestctl expect` goes by the same rules."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, Callable, NamedTuple

Event = dict[str, Any]
"""As `GET /v1/taps/{id}/events` gives it: `outcome`, `errors`, `raw`, `stored`, `request` and more."""
Where = Mapping[str, Any]
"""Values by key, or by JSON Pointer if it starts with `/`, such as `{"event": "purchase", "/items/0/id": 7}`."""
Read = Callable[[float], list[Event]]
"""Returns the next events, waiting for up to so many seconds where there are none yet."""

SHOWN = 20
_INVALID = ("quarantined", "rejected")


class Unexpected(AssertionError):  # noqa: N818 - what a test reads first
    """Other events came than expected, or not enough."""


class Expected(NamedTuple):
    """How many events are to come, None for any number."""

    accepted: int | None
    invalid: int | None


class Came:
    """The events that match, and those that don't."""

    def __init__(self) -> None:
        self.matching: list[Event] = []
        self.others: list[Event] = []

    def add(self, events: Sequence[Event], where: Where) -> None:
        for event in events:
            (self.matching if fits(event, where) else self.others).append(event)

    @property
    def accepted(self) -> int:
        return sum(event["outcome"] == "accepted" for event in self.matching)

    @property
    def invalid(self) -> int:
        return sum(event["outcome"] in _INVALID for event in self.matching)

    def meets(self, expected: Expected) -> bool:
        """Say whether exactly what is expected has come."""
        return expected.accepted in (None, self.accepted) and expected.invalid in (None, self.invalid)

    def reaches(self, expected: Expected) -> bool:
        """Say whether there is nothing left to wait for; where no event is expected, all the time is waited for."""
        accepted, invalid = expected.accepted or 0, expected.invalid or 0
        return accepted + invalid > 0 and self.accepted >= accepted and self.invalid >= invalid

    def report(self, expected: Expected) -> str:
        """Return the numbers, and what came: `+` matches, `?` does not."""
        lines = []
        for kind, number, wanted in (
            ("accepted", self.accepted, expected.accepted),
            ("invalid", self.invalid, expected.invalid),
        ):
            if wanted is not None:
                lines.append(f"{' ' if number == wanted else '!'} {kind}: {number}, expected {wanted}")
        for mark, events in (("+", self.matching), ("?", self.others)):
            lines += [f"{mark} {_line_of(event)}" for event in events[:SHOWN]]
            if len(events) > SHOWN:
                lines.append(f"{mark} and {len(events) - SHOWN} more")
        if self.others:
            lines.append("Events marked ? do not match `where`.")
        return "\n".join(lines)


def fits(event: Event, where: Where) -> bool:
    """Say whether an event holds every value, as it is stored or as it was sent."""
    sources = (event["stored"], _parsed(event["raw"]))
    return all(any(_holds(source, path, value) for source in sources) for path, value in where.items())


def wait_for(
    read: Read,
    where: Where,
    expected: Expected,
    within_seconds: float,
    now: Callable[[], float] = time.monotonic,
) -> Came:
    """Return what came once that is what is expected, or when the time is over."""
    came = Came()
    deadline = now() + within_seconds
    while True:
        is_reached = came.reaches(expected)
        events = read(0.0 if is_reached else max(0.0, deadline - now()))
        came.add(events, where)
        if not events and (is_reached or now() >= deadline):
            return came


def _holds(source: Any, path: str, wanted: Any) -> bool:
    parts = path[1:].split("/") if path.startswith("/") else [path]
    value = source
    for part in parts:
        name = part.replace("~1", "/").replace("~0", "~") if path.startswith("/") else part
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isascii() and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return False
    return _is_same(value, wanted)


def _is_same(value: Any, wanted: Any) -> bool:
    """Compare as JSON does: 1 is 1.0, and true is no number."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    if isinstance(value, list) and isinstance(wanted, list):
        return len(value) == len(wanted) and all(map(_is_same, value, wanted))
    if isinstance(value, dict) and isinstance(wanted, dict):
        return value.keys() == wanted.keys() and all(_is_same(value[key], wanted[key]) for key in wanted)
    return bool(value == wanted)


def _parsed(text: str | None) -> Any:
    try:
        return json.loads(text or "")
    except ValueError:
        return None


def _line_of(event: Event) -> str:
    faults = ", ".join(f"{error['pointer'] or '/'} {error['code']}" for error in event["errors"])
    return " ".join([event["outcome"], event["raw"] or "(no text)", *([f"({faults})"] if faults else [])])
