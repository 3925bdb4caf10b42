"""Log records as events."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from ingest_endpoints.client import Client


def event_of_record(record: logging.LogRecord) -> dict[str, Any]:
    """Return a record as an event: `level`, `logger`, `message`, `time`, and `exception` where there is one."""
    event = {
        "level": record.levelname,
        "logger": record.name,
        "message": record.getMessage(),
        "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(),
    }
    if record.exc_info:
        event["exception"] = logging.Formatter().formatException(record.exc_info)
    return event


class IngestHandler(logging.Handler):
    """Tracks each record with a client; the client's own records are left out."""

    def __init__(
        self, client: Client, make: Callable[[logging.LogRecord], dict[str, Any]] | None = None, level: int = 0
    ) -> None:
        super().__init__(level)
        self._client = client
        self._make = make or event_of_record

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] == "ingest_endpoints":
            return
        try:
            self._client.track(self._make(record))
        except Exception:  # noqa: BLE001 - logging tells of it, as its settings say
            self.handleError(record)
