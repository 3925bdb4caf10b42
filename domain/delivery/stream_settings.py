"""How delivery streams are made, which no writer needs to know."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """How a stream buffers and where its objects go.

    `prefix` is a Firehose prefix: `!{timestamp:yyyy-MM-dd}` and its like are expanded with the time (UTC) at which
    the first record of an object arrived.
    """

    bucket: str
    prefix: str
    buffer_seconds: float | None
    """None: as long as the maker of the stream does for all of them, `default_times` as long."""
    buffer_bytes: int
    tags: Mapping[str, str] = field(default_factory=dict, compare=False)
    """What the stream is labelled with where it is made; they change nothing of one that is there."""
    default_times: int = 1
