"""Targets over HTTP, in memory, with faults around every request.

It keeps what it is sent literally, also what comes again, and lists the events that its `refuses` names as refused.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from adapters.reaching import Unreachable
from adapters.web_client import WebAnswer
from benchmarks.chaos.faults import Faults, Killed, Kind

Event = Mapping[str, Any]


class Received:
    """What outlives a sending process: the ids of the events that each target accepted."""

    def __init__(self, refuses: Callable[[Event], bool]) -> None:
        self.refuses = refuses
        self.event_ids: defaultdict[str, list[str]] = defaultdict(list)
        """By URL, in the order of arrival."""


class Web:
    """Stands for the client of every target, as one function calls it."""

    def __init__(self, received: Received, faults: Faults, function: str) -> None:
        self._received = received
        self._faults = faults
        self._name = f"{function}.http.post"

    def post(self, url: str, _headers: Mapping[str, str], body: bytes, **_: Any) -> WebAnswer:
        kind = self._faults.roll(self._name)
        if kind is Kind.KILL_BEFORE:
            raise Killed(self._name)
        if kind is Kind.TIMEOUT_BEFORE:
            raise Unreachable("failed on purpose", "connect", took_too_long=True)
        if kind is Kind.THROTTLE:
            return WebAnswer(429, {"retry-after": "30"}, None)
        if kind is Kind.PARTIAL:
            return WebAnswer(503, {}, None)
        refused = []
        for line in body.splitlines():
            event = orjson.loads(line)
            if self._received.refuses(event):
                refused.append({"id": event["_event_id"], "reason": "refused on purpose"})
            else:
                self._received.event_ids[url].append(event["_event_id"])
        if kind is Kind.KILL_AFTER:
            raise Killed(self._name)
        if kind is Kind.TIMEOUT_AFTER:
            raise Unreachable("failed on purpose", "answer", took_too_long=True)
        return WebAnswer(207, {"content-type": "application/json"}, orjson.dumps({"refused": refused}))
