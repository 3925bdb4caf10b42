"""Settings of the redeliver function on AWS."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RedeliverSettings:
    """None: every message of the spill queue names the stream that it is for."""
