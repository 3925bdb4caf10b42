"""How a fault of ours is logged: one line, with where it happened and none of a request's values."""

import logging

from domain.fault_log import place_of_fault

_log = logging.getLogger("ingest")


def log_fault(error: Exception) -> None:
    """Log where an unexpected error was raised."""
    _log.error("internal fault: %s", place_of_fault(error))
