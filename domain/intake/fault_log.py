"""How a fault of ours is logged: one line, with where it happened and none of a request's values."""

import logging
import traceback

_log = logging.getLogger("ingest")


def log_fault(error: Exception) -> None:
    """Log where an unexpected error was raised; its message is left out, since it may hold an event's value."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    _log.error("internal fault: %s\n%s", type(error).__name__, frames)
