"""An environment of a run that keeps all events, and what arrived there."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

from ingest_endpoints.testing.expecting import Event, Expected, Unexpected, Where, fits, wait_for

WAIT_SECONDS = 10
TIMEOUT_SECONDS = 30.0
PAGE_EVENTS = 200
_opener = build_opener(ProxyHandler({}))


class Environment:
    """Where events are sent to, at `address`, and what became of them.

    Counts from the moment on at which `restart` was called last, at first from the beginning.
    """

    def __init__(self, run_address: str, token: str, environment_id: str, *, name: str, address: str) -> None:
        self.id = environment_id
        self.name = name
        self.address = address
        self._run_address = run_address
        self._token = token
        self._tap_id: str | None = None
        self._cursor: str | None = None
        self._events: list[Event] = []

    def restart(self) -> None:
        """Forget what has arrived so far."""
        while self._read(0):
            pass
        self._events.clear()

    def expect(
        self,
        *,
        accepted: int | None = None,
        invalid: int | None = None,
        where: Where | None = None,
        within: float = 10.0,
    ) -> list[Event]:
        """Wait until this many events have come, and return those that match.

        Args:
            accepted: how many are accepted, exactly; any number if it is left out.
            invalid: how many are quarantined or rejected, exactly; any number if it is left out.
            where: count only events that hold these values, as they are stored or as they were sent.
            within: seconds. Where no event is expected at all, all of them are waited for.

        Raises:
            Unexpected: others came; the message shows them.
            ValueError: neither number is given.
        """
        if accepted is None and invalid is None:
            raise ValueError("Say what you expect: accepted=…, invalid=…, or both.")
        expected = Expected(accepted, invalid)
        known = list(self._events)

        def read(wait_seconds: float) -> list[Event]:
            nonlocal known
            found, known = known, []
            return found or self._read(wait_seconds)

        came = wait_for(read, where or {}, expected, within)
        if not came.meets(expected):
            raise Unexpected(f"other events than expected\n{came.report(expected)}")
        return came.matching

    def events(self, *, where: Where | None = None) -> list[Event]:
        """Return what has arrived so far, oldest first, without waiting."""
        while self._read(0):
            pass
        return [event for event in self._events if fits(event, where or {})]

    def _read(self, wait_seconds: float) -> list[Event]:
        query = {"limit": str(PAGE_EVENTS), "wait": str(min(WAIT_SECONDS, int(wait_seconds + 0.999)))}
        if self._cursor is not None:
            query["after"] = self._cursor
        page = self._get(f"/v1/taps/{quote(self._tap(), safe='')}/events?{urlencode(query)}")
        self._cursor = page["cursor"]
        self._events += page["items"]
        found: list[Event] = page["items"]
        return found

    def _tap(self) -> str:
        if self._tap_id is None:
            taps = self._get(f"/v1/environments/{quote(self.id, safe='')}/taps")["items"]
            whole = [tap["id"] for tap in taps if tap["sample"] == "all" and not any(tap["only"].values())]
            if not whole:
                raise LookupError(f"No tap of {self.name} keeps every event: start the local run with TAPS=all.")
            self._tap_id = whole[0]
        return self._tap_id

    def _get(self, path: str) -> dict[str, Any]:
        request = Request(f"{self._run_address}{path}", headers={"Authorization": f"Bearer {self._token}"})  # noqa: S310
        try:
            with _opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                document: dict[str, Any] = json.load(answer)
        except HTTPError as error:
            with error:
                text = error.read(65_536).decode("utf-8", "replace")
            raise LookupError(f"{path.partition('?')[0]} was answered {error.code}: {text}") from None
        return document
