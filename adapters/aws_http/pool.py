"""Connections to one endpoint, kept open between requests: a new one costs more than a call."""

import time
from collections import deque
from collections.abc import Callable

from adapters.aws_http.connection import Answer, ClosedEarly, Connection
from adapters.aws_http.endpoint import Endpoint
from adapters.aws_http.trust import Trust

MAX_IDLE_SECONDS = 60.0
"""After which a connection is not trusted: whatever stands between may have forgotten it without a word."""


class Pool:
    """Lends each request a connection of its own; safe to use from several threads, not across a fork."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._trust = Trust(endpoint.ca_bundle)
        self._idle: deque[tuple[Connection, float]] = deque()

    def exchange(
        self, head: bytes, body: bytes, seconds: float, again: Callable[[], tuple[bytes, bytes]] | None = None
    ) -> Answer:
        """Send a request that may arrive twice, and return its answer.

        On a connection that was kept, the other side may close it just as the request comes: then it goes once more,
        on a new one, as `again` makes it if that is given.

        Raises:
            OSError: no answer came, or not within `seconds`.
        """
        deadline = time.monotonic() + seconds
        connection = self._kept()
        if connection is not None:
            try:
                return self._exchange(connection, head, body, deadline)
            except ClosedEarly:
                if again is not None:
                    head, body = again()
        return self._exchange(Connection(self.endpoint, deadline, self._trust), head, body, deadline)

    def prepare(self) -> None:
        """Load what the first secure connection would load.

        Raises:
            Misconfigured: the CA bundle can't be read.
        """
        if self.endpoint.is_secure:
            self._trust.prepare()

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.pop()[0].close()

    def _kept(self) -> Connection | None:
        # The wall clock: while Lambda has a process frozen, the monotonic one may stand still.
        now = time.time()
        while True:
            try:
                connection, since = self._idle.pop()  # the one used last is the likeliest to be open
            except IndexError:
                return None
            if 0 <= now - since < MAX_IDLE_SECONDS and not connection.is_stale():
                return connection
            connection.close()

    def _exchange(self, connection: Connection, head: bytes, body: bytes, deadline: float) -> Answer:
        try:
            answer = connection.exchange(head, body, deadline)
        except BaseException:
            connection.close()
            raise
        if answer.can_go_on:
            self._idle.append((connection, time.time()))
        else:
            connection.close()
        return answer
