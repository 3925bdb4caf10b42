"""Bring an environment's delivery streams to what the catalog says, as often as it takes.

Nothing here believes a message: it says which environment to look at, and the catalog says what has to be. So a
message that comes twice, late, or while another is worked on does no harm, and no environment is brought back that
was deleted meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.catalog.change import time_text
from domain.catalog.keys import environment_key
from domain.catalog.ports import Conflict, Item, Put, Table
from domain.catalog.provisioning import pointer_from, stream_names
from domain.clock import Clock
from domain.delivery.ports import StreamAdmin, StreamSettings
from schemas.items import pointer_key
from schemas.limits import POINTER_GRACE_SECONDS

_TRIES = 20
_NS = 1_000_000_000


class NotYet(Exception):  # noqa: N818
    """The work is under way and has to be looked at again."""


class StillInUse(Exception):  # noqa: N818
    """Streams have to go that a handler may still be using: the work has to be looked at again, however often."""


@dataclass(frozen=True, slots=True)
class ProvisionerSettings:
    """Settings of the provisioner."""

    data_bucket: str
    buffer_seconds: float = 60.0
    buffer_bytes: int = 64 * 1024 * 1024
    give_up_after_receives: int = 5
    """An environment is marked failed when its message came this often; the queue has to allow one more."""


class Provisioner:
    """Makes and removes streams."""

    def __init__(self, table: Table, stream_admin: StreamAdmin, settings: ProvisionerSettings, clock: Clock) -> None:
        self._table = table
        self._streams = stream_admin
        self._settings = settings
        self._clock = clock

    def settle(self, environment_id: str) -> None:
        """Make the streams that an environment needs, remove those it does not, and tell ingest.

        Raises:
            NotYet: a stream is not active yet, or others keep changing the environment.
            StillInUse: a stream can't be removed yet.
        """
        for _ in range(_TRIES):
            pointer = self._table.get(pointer_key(environment_id))
            if pointer is None:
                return
            if pointer.data["state"] == "deleted":
                self._wait_for_handlers(environment_id)
                for stream in pointer.data["streams"]:
                    self._streams.delete(stream)
                return
            environment = self._table.get(environment_key(pointer.data["endpoint_id"], environment_id))
            if environment is not None and self._settle_once(environment, pointer):
                return
        raise NotYet("Others keep changing the environment.")

    def mark_failed(self, environment_id: str, reason: str) -> bool:
        """Record why streams could not be made; an environment that was active stays so with those it has.

        Returns whether that is recorded: not of an environment that is gone, whose streams still have to go.
        """
        for _ in range(_TRIES):
            pointer = self._table.get(pointer_key(environment_id))
            if pointer is None or pointer.data["state"] == "deleted":
                return False
            environment = self._table.get(environment_key(pointer.data["endpoint_id"], environment_id))
            if environment is None:
                continue
            status = "active" if environment.data["status"] == "active" else "failed"
            changed = {"status": status, "status_reason": reason}
            if self._write(environment, pointer, changed):
                return True
        return False

    def _settle_once(self, environment: Item, pointer: Item) -> bool:
        """Return whether what was done is still what has to be."""
        data = environment.data
        every_stream = stream_names(data["stream_prefix"], data["id"], data["most_streams"])
        needed, surplus = every_stream[: data["streams"]], every_stream[data["streams"] :]
        for stream in needed:
            self._streams.create(stream, self._stream_settings(data["id"]))
        waiting = [stream for stream in needed if not self._streams.is_active(stream)]
        if waiting:
            if not self._is_unchanged(environment):
                return False
            raise NotYet(f"{len(waiting)} of {len(needed)} delivery streams did not become active in time.")
        changed = {"status": "active", "status_reason": None, "active_streams": needed}
        if not self._write(environment, pointer, changed):
            return False
        settled = self._table.get(environment.key)
        if any(self._streams.is_active(stream) for stream in surplus):
            self._wait_for_handlers(environment.data["id"])
        for stream in surplus:
            self._streams.delete(stream)
        # Had more streams been asked for meanwhile, one that was just removed might be among them.
        return settled is not None and settled.data["streams"] == data["streams"] and self._is_unchanged(settled)

    def _write(self, environment: Item, pointer: Item, changed: Mapping[str, object]) -> bool:
        """Write both or neither; return whether it was possible."""
        if all(environment.data[name] == value for name, value in changed.items()):
            return True
        # The version stays: it counts what people declare, and an ETag must not go stale by itself.
        data = {**environment.data, **changed, "updated_at": time_text(self._clock())}
        pointed = pointer_from(data, self._clock(), plan_exhausted=pointer.data["plan_exhausted"])
        try:
            self._table.transact(
                [
                    Put(environment.key, data, environment.version),
                    Put(pointer.key, pointed, pointer.version),
                ]
            )
        except Conflict:
            return False
        return True

    def _wait_for_handlers(self, environment_id: str) -> None:
        """Let nothing be removed that a handler may still be using by an earlier pointer."""
        pointer = self._table.get(pointer_key(environment_id))
        if pointer is not None and self._clock() // _NS < pointer.data["written_at"] + POINTER_GRACE_SECONDS:
            raise StillInUse

    def _is_unchanged(self, environment: Item) -> bool:
        now = self._table.get(environment.key)
        return now is not None and now.version == environment.version

    def _stream_settings(self, environment_id: str) -> StreamSettings:
        return StreamSettings(
            bucket=self._settings.data_bucket,
            prefix=f"environment={environment_id}/dt=!{{timestamp:yyyy-MM-dd}}/hour=!{{timestamp:HH}}/",
            buffer_seconds=self._settings.buffer_seconds,
            buffer_bytes=self._settings.buffer_bytes,
        )
