"""For how long the streams of an environment gather an object where it does not say so itself."""

from collections.abc import Mapping
from typing import Any

from schemas.limits import MAX_BUFFER_SECONDS


def default_times(environment: Mapping[str, Any]) -> int:
    """Return how many times as long as a single stream each of an environment's streams gathers.

    Each object is a load job where rows are loaded, and a table takes a job a minute of them, however many streams
    there are. Everywhere else streams have nothing in common.
    """
    return int(environment["streams"]) if environment["destination"].get("mode") == "load" else 1


def buffer_seconds_of(environment: Mapping[str, Any], default: float) -> float:
    """Return for how long its streams gather; `default` is what a single stream does in this deployment."""
    own = environment.get("buffer_seconds")
    return min(default * default_times(environment), MAX_BUFFER_SECONDS) if own is None else float(own)
