"""For how long the streams of an environment gather an object where it does not say so itself."""

from collections.abc import Mapping
from typing import Any

from schemas.limits import MAX_BUFFER_SECONDS

LAKE_SECONDS = 60
"""The least for a lake, each of whose objects is a commit of its table; more where streams share the table."""


def is_loaded(destination: Mapping[str, Any]) -> bool:
    """Say whether each object is a load job or a commit, of which a table takes few."""
    return destination.get("mode") == "load" or destination.get("type") == "lake"


def own_seconds(environment: Mapping[str, Any]) -> int | None:
    """Return how long an environment's streams gather by what it says itself; None if the deployment decides."""
    own: int | None = environment.get("buffer_seconds")
    if environment["destination"].get("type") != "lake":
        return own
    if own is None and environment["destination"].get("table_format") == "parquet":
        return MAX_BUFFER_SECONDS  # each object is at least one file, and nothing merges them
    least = min(LAKE_SECONDS * int(environment["streams"]), MAX_BUFFER_SECONDS)
    return max(least, own or 0)


def default_times(environment: Mapping[str, Any]) -> int:
    """Return how many times as long as a single stream each of an environment's streams gathers.

    Each object is a load job or a commit where rows are loaded, and a table takes one a minute of them, however many
    streams there are. Everywhere else streams have nothing in common.
    """
    return int(environment["streams"]) if is_loaded(environment["destination"]) else 1


def buffer_seconds_of(environment: Mapping[str, Any], default: float) -> float:
    """Return for how long its streams gather; `default` is what a single stream does in this deployment."""
    own = own_seconds(environment)
    return min(default * default_times(environment), MAX_BUFFER_SECONDS) if own is None else float(own)
