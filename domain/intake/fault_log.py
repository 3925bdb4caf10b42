"""How a fault of ours is logged: one line, with where it happened and none of a request's values."""

from domain.fault_log import place_of_fault
from domain.late_log import LateLog

_log = LateLog("ingest")


def log_fault(error: Exception) -> None:
    """Log where an unexpected error was raised."""
    _log.error("internal fault: %s", place_of_fault(error))
