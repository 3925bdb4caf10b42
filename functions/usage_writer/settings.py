"""Settings of the usage writer on AWS."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UsageWriterSettings:
    """Where counts come from, and go."""

    counters_table: str
    usage_queue_url: str
    """The queue that it takes tallies from; it reminds itself through it."""
