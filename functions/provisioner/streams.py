"""The delivery streams of an environment: as many as it says, each writing where its destination says."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from domain.catalog.provisioning import stream_names
from domain.delivery.ports import StreamAdmin
from domain.delivery.stream_settings import StreamSettings
from functions.provisioner.steps import StillInUse
from schemas.limits import LEAVING_SECONDS

SettingsOf = Callable[[Mapping[str, Any]], StreamSettings]
"""Returns how the streams of an environment buffer and where they write."""


class Streams:
    """Makes and removes streams; every method may be called again, after any part of it was done."""

    def __init__(self, stream_admin: StreamAdmin, settings_of: SettingsOf) -> None:
        self._admin = stream_admin
        self._settings_of = settings_of

    def make(self, environment: Mapping[str, Any]) -> None:
        settings = self._settings_of(environment)
        for stream in needed_streams(environment):
            self._admin.create(stream, settings)

    def waits_for(self, environment: Mapping[str, Any]) -> str | None:
        needed = needed_streams(environment)
        waiting = sum(not self._admin.is_active(stream) for stream in needed)
        if not waiting:
            return None
        return f"{waiting} of {len(needed)} delivery streams did not become active in time."

    def remove(self, streams: Sequence[str], unused_seconds: float) -> None:
        """Remove streams that ingest was told not to use any more `unused_seconds` ago.

        Raises:
            StillInUse: a handler may still go by what it was told before, events for a stream wait in the spill
                queue, or it still holds what it took.
        """
        there = next((stream for stream in streams if self._admin.is_active(stream)), None)
        if there is not None:  # all of an environment have the same settings
            wait = LEAVING_SECONDS + self._admin.holds_for_seconds(there)
            if unused_seconds < wait:
                raise StillInUse(wait - unused_seconds)
        for stream in streams:
            self._admin.delete(stream)


def needed_streams(environment: Mapping[str, Any]) -> list[str]:
    """Return the names of the streams that an environment's item asks for."""
    return stream_names(environment["stream_prefix"], environment["id"], environment["streams"])


def surplus_streams(environment: Mapping[str, Any]) -> list[str]:
    """Return the names of those that it had asked for earlier and does not any more."""
    every_stream = stream_names(environment["stream_prefix"], environment["id"], environment["most_streams"])
    return every_stream[environment["streams"] :]
