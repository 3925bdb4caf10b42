"""What of a deployment is tried, and what came of it so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingestctl.doctor.doors import Door

FRESH_SECONDS = 5.0
"""How long a change takes to be in force everywhere, as the documentation promises."""


@dataclass(slots=True)
class Tried:
    """Where a deployment is tried, and what of it a run shall try beside the common way."""

    doors: Sequence[Door] = ()
    """Further front doors; the address that the API gives is always tried."""
    domain: str | None = None
    """A domain of yours, whose DNS records you can set."""
    bigquery: Mapping[str, Any] | None = None
    """A destination, as the API takes it."""
    watch_seconds: float = FRESH_SECONDS + 1
    """How long requests go on after a deployment, to find one that is answered under what ran before."""
    gzip_json: bool = True
    """False where a body that is compressed JSON is known not to get through, as in an emulator."""


@dataclass(slots=True)
class Sent:
    """What the ingest address answered so far."""

    accepted: list[str] = field(default_factory=list)
    """Ids of the events that a 200 vouched for, and of those that a redrive sent; "" where the answer told none."""
    quarantined: list[str] = field(default_factory=list)
