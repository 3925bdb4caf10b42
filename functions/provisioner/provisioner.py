"""Bring an environment's part of the world to what the catalog says, as often as it takes.

Nothing here believes a message: it says which environment to look at, and the catalog says what has to be. So a
message that comes twice, late, or while another is worked on does no harm, and no environment is brought back that
was deleted meanwhile.

What a destination needs is made before the streams that lead there, and removed after them.
"""

from collections.abc import Mapping, Sequence

from domain.catalog.provisioning import pointer_from
from domain.clock import Clock
from domain.records.change import time_text
from domain.records.keys import environment_key
from domain.records.ports import Conflict, Item, Put, Table
from functions.provisioner.steps import NotYet, Step
from functions.provisioner.streams import Streams, needed_streams, surplus_streams
from schemas.items import pointer_key

_TRIES = 20
_NS = 1_000_000_000


class Provisioner:
    """Makes and removes what environments need; safe to run in several processes at once."""

    def __init__(self, table: Table, streams: Streams, steps: Sequence[Step], clock: Clock) -> None:
        """Take the steps besides the streams, in the order in which they are made."""
        self._table = table
        self._streams = streams
        self._steps = steps
        self._clock = clock

    def settle(self, environment_id: str) -> None:
        """Make what an environment needs, remove what it does not, and tell ingest.

        Raises:
            NotYet: something does not work yet, or others keep changing the environment.
            StillInUse: something can't be removed yet.
        """
        for _ in range(_TRIES):
            pointer = self._table.get(pointer_key(environment_id))
            if pointer is None:
                return
            if pointer.data["state"] == "deleted":
                self._streams.remove(pointer.data["streams"], self._seconds_since(pointer))
                for step in reversed(self._steps):
                    step.remove(environment_id)
                return
            environment = self._table.get(environment_key(pointer.data["endpoint_id"], environment_id))
            if environment is not None and self._settle_once(environment, pointer):
                return
        raise NotYet("Others keep changing the environment.")

    def mark_failed(self, environment_id: str, reason: str) -> bool:
        """Record why something could not be made; an environment that was active stays so with the streams it has.

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
        every_step: tuple[Step | Streams, ...] = (*self._steps, self._streams)
        for step in every_step:
            step.make(data)
        reason = next(filter(None, (step.waits_for(data) for step in every_step)), None)
        if reason is not None:
            if not self._is_unchanged(environment):
                return False
            raise NotYet(reason)
        changed = {"status": "active", "status_reason": None, "active_streams": needed_streams(data)}
        if not self._write(environment, pointer, changed):
            return False
        settled, told = self._table.get(environment.key), self._table.get(pointer.key)
        if told is not None:
            self._streams.remove(surplus_streams(data), self._seconds_since(told))
        # Had more streams been asked for meanwhile, one that was just removed might be among them.
        return settled is not None and settled.data["streams"] == data["streams"] and self._is_unchanged(settled)

    def _write(self, environment: Item, pointer: Item, changed: Mapping[str, object]) -> bool:
        """Write both or neither; return whether it was possible."""
        if all(environment.data[name] == value for name, value in changed.items()):
            return True
        # The version stays: it counts what people declare, and an ETag must not go stale without a change of theirs.
        data = {**environment.data, **changed, "updated_at": time_text(self._clock())}
        pointed = pointer_from(data, self._clock(), before=pointer.data)
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

    def _seconds_since(self, pointer: Item) -> float:
        """Return for how long ingest could have known a pointer."""
        return self._clock() / _NS - float(pointer.data["written_at"])

    def _is_unchanged(self, environment: Item) -> bool:
        now = self._table.get(environment.key)
        return now is not None and now.version == environment.version
