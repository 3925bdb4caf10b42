"""A catalog table in memory whose transactions a test can get ahead of."""

import json
import threading
import time
from collections.abc import Callable, Sequence

from domain.errors import Undelivered
from domain.records.ports import MAX_WRITES_PER_TRANSACTION, Check, Conflict, Delete, Item, Put, Write
from schemas.items import ItemKey


class MemoryTable:
    """Implements `Table`. `before_transact` runs once, before the next transaction, as somebody who is faster would."""

    def __init__(self, clock: Callable[[], int] = time.time_ns) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._items: dict[ItemKey, tuple[int, str, int | None]] = {}
        self.before_transact: Callable[[], object] | None = None
        self.unreachable = False
        self.largest_transaction = 0
        self.written: list[ItemKey] = []
        """The keys of all that was put or deleted, in order."""

    def get(self, key: ItemKey) -> Item | None:
        self._reach()
        with self._lock:
            return self._live(key)

    def get_all(self, keys: Sequence[ItemKey]) -> list[Item]:
        self._reach()
        with self._lock:
            return [item for key in dict.fromkeys(keys) if (item := self._live(key)) is not None]

    def query(
        self, pk: str, *, prefix: str = "", after: str | None = None, limit: int = 50, descending: bool = False
    ) -> list[Item]:
        self._reach()
        with self._lock:
            keys = sorted(
                (key for key in self._items if key.pk == pk and key.sk.startswith(prefix)), reverse=descending
            )
            if after is not None:
                keys = [key for key in keys if (key.sk < after if descending else key.sk > after)]
            return [item for item in map(self._live, keys) if item is not None][:limit]

    def transact(self, writes: Sequence[Write]) -> None:
        self._reach()
        hook, self.before_transact = self.before_transact, None
        if hook:
            hook()
        if len(writes) > MAX_WRITES_PER_TRANSACTION:
            raise ValueError(f"more than {MAX_WRITES_PER_TRANSACTION} writes")
        if len({write.key for write in writes}) < len(writes):
            raise ValueError("two writes on one item")
        texts = {write.key: json.dumps(write.data, allow_nan=False) for write in writes if isinstance(write, Put)}
        with self._lock:
            self.largest_transaction = max(self.largest_transaction, len(writes))
            failed = [index for index, write in enumerate(writes) if self._version(write.key) != write.expect]
            if failed:
                raise Conflict(failed)
            self.written += [write.key for write in writes if isinstance(write, Put | Delete)]
            for write in writes:
                if isinstance(write, Put):
                    self._items[write.key] = (write.expect + 1, texts[write.key], write.expires_at)
                elif isinstance(write, Delete):
                    del self._items[write.key]
                else:
                    assert isinstance(write, Check)

    def data(self) -> dict[ItemKey, dict]:
        """Return all there is, for looking for what should not be there."""
        with self._lock:
            return {key: json.loads(text) for key, (_, text, _) in self._items.items()}

    def _reach(self) -> None:
        if self.unreachable:
            raise Undelivered("The table can't be reached.")

    def _live(self, key: ItemKey) -> Item | None:
        stored = self._items.get(key)
        if stored is None or (stored[2] is not None and stored[2] <= self._clock() // 1_000_000_000):
            return None
        return Item(key, stored[0], json.loads(stored[1]))

    def _version(self, key: ItemKey) -> int:
        item = self._live(key)
        return item.version if item else 0
