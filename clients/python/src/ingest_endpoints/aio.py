"""The same client for code that runs in an event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Generic

from ingest_endpoints.client import EXIT_SECONDS, Client
from ingest_endpoints.events import EventT

if TYPE_CHECKING:
    from types import TracebackType

    from ingest_endpoints.results import Result


class AsyncClient(Generic[EventT]):
    """A `Client` whose waiting blocks no loop; made of the same options, and best used by `async with`."""

    def __init__(self, address: str, **options: Any) -> None:
        self._client: Client[EventT] = Client(address, **options)

    def track(self, event: EventT) -> None:
        """Queue an event, like `Client.track`."""
        self._client.track(event)

    async def send(self, event: EventT) -> Result:
        """Send an event soon, and wait for what becomes of it."""
        return await asyncio.wrap_future(self._client.submit(event))

    async def flush(self, within: float = 30.0) -> bool:
        """Send what waits; return whether all of it is settled within so many seconds."""
        return await asyncio.to_thread(self._client.flush, within)

    async def close(self, within: float = EXIT_SECONDS) -> bool:
        """Flush, and refuse what comes later."""
        return await asyncio.to_thread(self._client.close, within)

    @property
    def counters(self) -> dict[str, int]:
        """As `Client.counters`."""
        return self._client.counters

    async def __aenter__(self) -> AsyncClient[EventT]:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
