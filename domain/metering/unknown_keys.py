"""Which keys arrived that no field names: by environment, from a sample of events, for 30 days.

Only where a value stood, of which kind it was and what shape it had are kept, never the value. What senders make up is
bounded: of many siblings, further ones are one entry with `*` in the place of the key.
"""

import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import orjson

from domain.items import Conflict
from domain.json_kinds import JsonKind, kind_of
from schemas.limits import (
    MAX_GROUP_POINTER_CHARS,
    MAX_UNKNOWN_KEYS,
    MAX_UNKNOWN_SIBLINGS,
    UNKNOWN_KEYS_KEPT_DAYS,
)

DAY_SECONDS = 86_400
MERGE_TRIES = 3

_ANY = "*"
_MAX_STORED_BYTES = 300_000  # an item of DynamoDB has at most 400 KB; beyond this, shapes go first
_SHAPE_LEVELS = 3
_SHAPE_KEYS = 10
_SHAPE_KEY_CHARS = 64


class Stored(Protocol):
    """Where the unknown keys of environments are kept, as bytes. Raises `Undelivered` when it can't be reached."""

    def get(self, environment_id: str) -> tuple[int, bytes]:
        """Return the version and what is kept; version 0 and nothing where nothing is."""
        ...

    def put(self, environment_id: str, version: int, kept: bytes, expires_at: int) -> None:
        """Replace a version.

        Args:
            environment_id: whose it is.
            version: the one that is replaced; what is put gets the next one.
            kept: what to keep.
            expires_at: Unix seconds from which on it may go.

        Raises:
            Conflict: another version is there.
        """
        ...


class UnknownKey:
    """What is known of a pointer: how often by day (days since 1970), which kinds, from when to when, and a shape."""

    __slots__ = ("first_seen", "kinds", "last_seen", "on_day", "shape")

    def __init__(
        self, on_day: dict[int, int], kinds: list[JsonKind], first_seen: int, last_seen: int, shape: Any = None
    ) -> None:
        self.on_day = on_day
        self.kinds = kinds
        self.first_seen = first_seen
        """Unix seconds."""
        self.last_seen = last_seen
        self.shape = shape

    @property
    def count(self) -> int:
        return sum(self.on_day.values())

    def add(self, other: "UnknownKey") -> None:
        """Add what else is known of the same pointer."""
        _add_days(self.on_day, other.on_day)
        self.kinds += [kind for kind in other.kinds if kind not in self.kinds]
        self.first_seen = min(self.first_seen, other.first_seen)
        if other.last_seen >= self.last_seen:
            self.last_seen = other.last_seen
            self.shape = other.shape if other.shape is not None else self.shape


class UnknownKeys:
    """The unknown keys of one environment, by pointer with `*` for the indexes of arrays."""

    __slots__ = ("_siblings", "keys", "on_day")

    def __init__(self) -> None:
        self.on_day: dict[int, int] = {}
        """How many events were looked at, by day."""
        self.keys: dict[str, UnknownKey] = {}
        self._siblings: dict[str, int] = {}

    @property
    def looked_at(self) -> int:
        return sum(self.on_day.values())

    def look(self, found: Iterable[tuple[str, Any]], at: int) -> None:
        """Add what is unknown in one event: pairs of a pointer and the value there; `at` is in Unix seconds."""
        day = at // DAY_SECONDS
        _add_days(self.on_day, {day: 1})
        seen: dict[str, UnknownKey] = {}
        for pointer, value in found:
            kind = kind_of(value)
            key = seen.setdefault(pointer, UnknownKey({day: 1}, [kind], at, at, shape_of(value)))
            if kind not in key.kinds:
                key.kinds.append(kind)
        for pointer, key in seen.items():
            self._add(pointer, key)

    def merge(self, other: "UnknownKeys") -> None:
        """Add what was seen elsewhere."""
        _add_days(self.on_day, other.on_day)
        for pointer, key in other.keys.items():
            self._add(pointer, UnknownKey(dict(key.on_day), list(key.kinds), key.first_seen, key.last_seen, key.shape))

    def forget(self, now: int) -> None:
        """Remove what was seen too long before `now` (Unix seconds)."""
        first_day = now // DAY_SECONDS - UNKNOWN_KEYS_KEPT_DAYS + 1
        self.on_day = {day: count for day, count in self.on_day.items() if day >= first_day}
        for pointer, key in list(self.keys.items()):
            key.on_day = {day: count for day, count in key.on_day.items() if day >= first_day}
            if not key.on_day:
                del self.keys[pointer]
                parent = _parent(pointer)
                self._siblings[parent] -= 1

    def _add(self, pointer: str, key: UnknownKey) -> None:
        pointer = self._place_for(pointer)
        known = self.keys.get(pointer)
        if known is None:
            self.keys[pointer] = key
            parent = _parent(pointer)
            self._siblings[parent] = self._siblings.get(parent, 0) + 1
        else:
            known.add(key)

    def _place_for(self, pointer: str) -> str:
        """Return under which pointer to keep something: its own, or that of its further siblings."""
        while pointer not in self.keys:
            parent = _parent(pointer)
            is_last = pointer == f"/{_ANY}"
            has_room = len(self.keys) < MAX_UNKNOWN_KEYS and len(pointer) <= MAX_GROUP_POINTER_CHARS
            if is_last or (has_room and self._siblings.get(parent, 0) < MAX_UNKNOWN_SIBLINGS):
                break
            further = f"{parent}/{_ANY}"
            if pointer == further:  # no room for one more of these: further siblings of its parent
                pointer = f"{_parent(parent)}/{_ANY}"
                continue
            if has_room or further in self.keys:
                return further
            pointer = further
        return pointer


def shape_of(value: Any, levels: int = _SHAPE_LEVELS) -> Any:
    """Return the kind of a value, or of what an object or array holds, without any value of it."""
    if levels > 1 and isinstance(value, dict):
        members = list(value.items())
        shape = {_shown(key): shape_of(member, levels - 1) for key, member in members[:_SHAPE_KEYS]}
        return shape | {"…": _ANY} if len(members) > _SHAPE_KEYS else shape
    if levels > 1 and isinstance(value, list):
        return [shape_of(element, levels - 1) for element in value[:1]]
    return kind_of(value)


def _shown(key: str) -> str:
    return key[:_SHAPE_KEY_CHARS].encode(errors="replace").decode()


def packed(keys: UnknownKeys) -> bytes:
    """Return an environment's unknown keys as they are kept."""
    for with_shapes in (True, False):
        rows = [
            [pointer, list(key.on_day.items()), key.kinds, key.first_seen, key.last_seen]
            + ([key.shape] if with_shapes else [])
            for pointer, key in keys.keys.items()
        ]
        kept = zlib.compress(orjson.dumps([list(keys.on_day.items()), rows]))
        if len(kept) <= _MAX_STORED_BYTES:
            break
    return kept


def unpacked(kept: bytes) -> UnknownKeys:
    """Return what `packed` made bytes of; nothing of none."""
    keys = UnknownKeys()
    if not kept:
        return keys
    days, rows = orjson.loads(zlib.decompress(kept))
    keys.on_day = dict(days)
    for pointer, on_day, *rest in rows:
        keys.keys[pointer] = UnknownKey(dict(on_day), *rest)
        parent = _parent(pointer)
        keys._siblings[parent] = keys._siblings.get(parent, 0) + 1  # noqa: SLF001 - a constructor of the same module
    return keys


def add_to(stored: Stored, environment_id: str, seen: UnknownKeys, now: int) -> int | None:
    """Add what was seen to what is kept, and return which version that is; None if others were faster each time.

    Raises:
        Undelivered: the store can't be reached.
    """
    for _ in range(MERGE_TRIES):
        version, kept = stored.get(environment_id)
        keys = unpacked(kept)
        keys.forget(now)
        keys.merge(seen)
        try:
            stored.put(environment_id, version, packed(keys), now + (UNKNOWN_KEYS_KEPT_DAYS + 1) * DAY_SECONDS)
        except Conflict:
            continue
        return version + 1
    return None


def _add_days(total: dict[int, int], more: Mapping[int, int]) -> None:
    for day, count in more.items():
        total[day] = total.get(day, 0) + count


def _parent(pointer: str) -> str:
    return pointer.rpartition("/")[0]
