"""Which events the files of Parquet of an environment hold, by the hour of their arrival: no file has to be opened.

An hour has parts. All but its last are full and never change, so a process remembers them. One worker at a time writes
for an environment, and adds the ids of an object once that is done: what a part names is there.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import count

import pyarrow as pa
import pyarrow.compute as pc

from connectors.lake.catalogs import translated
from connectors.lake.place import Place
from domain.delivery.connectors import Budget
from domain.delivery.repeats import Suspects
from domain.errors import Undelivered
from schemas.stamps import EVENT_ID, RECEIVED_AT

PART_IDS = 131_072
REMEMBERED_BYTES = 32 * 1024 * 1024
_ID_BYTES = 16
_ENTRY_BYTES = _ID_BYTES + 1
"""What stands for an id, and the minute of its hour. A part has all of its ids first, then all minutes."""
_PREFIX_CHARS = len("evt_")
_ID_CHARS = _PREFIX_CHARS + 2 * _ID_BYTES
_HOUR = "%Y-%m-%dT%H"


class Entries:
    """Ids in the short form in which parts have them, each with its minute."""

    def __init__(self, content: bytes = b"") -> None:
        ids = len(content) // _ENTRY_BYTES
        self.ids = bytearray(content[: ids * _ID_BYTES])
        self.minutes = bytearray(content[ids * _ID_BYTES :])

    def __len__(self) -> int:
        return len(self.minutes)

    def add(self, rows: pa.Table) -> None:
        """Add the events of a table of one hour."""
        self.ids += _short(rows[EVENT_ID].to_pylist())
        self.minutes += bytes(pc.minute(rows[RECEIVED_AT]).to_pylist())  # there are 60: each is a byte

    def extend(self, others: "Entries") -> None:
        self.ids += others.ids
        self.minutes += others.minutes

    def part(self, number: int) -> bytes:
        start, end = number * PART_IDS, (number + 1) * PART_IDS
        return bytes(self.ids[start * _ID_BYTES : end * _ID_BYTES] + self.minutes[start:end])


class Remembered:
    """Parts that never change; safe to use from several threads."""

    def __init__(self, most_bytes: int = REMEMBERED_BYTES) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._parts: OrderedDict[tuple[str, ...], bytes] = OrderedDict()
        self._bytes = 0

    def get(self, name: tuple[str, ...]) -> bytes | None:
        with self._lock:
            content = self._parts.get(name)
            if content is not None:
                self._parts.move_to_end(name)
            return content

    def keep(self, name: tuple[str, ...], content: bytes) -> None:
        with self._lock:
            if name not in self._parts:
                self._parts[name] = content
                self._bytes += len(content)
            while self._bytes > self._most_bytes:
                self._bytes -= len(self._parts.popitem(last=False)[1])


class HourIds:
    """Those of one environment, while one worker writes for it."""

    def __init__(self, place: Place, remembered: Remembered) -> None:
        self._place = place
        self._remembered = remembered
        self._last: dict[str, bytes | None] = {}
        """By path, parts that are not full, as they are now; None for one that is not there."""

    def held(self, hours: Iterable[datetime], suspects: Suspects, budget: Budget) -> frozenset[str]:
        """Return which events arrived in these hours, of those that are looked for and in the time of their copies."""
        event_ids = list(suspects.event_ids)
        wanted = dict(zip(_each(_short(event_ids)), event_ids, strict=True))
        found: set[str] = set()
        if not wanted or suspects.start is None or suspects.end is None:
            return frozenset()
        wanted_ids = pa.array(list(wanted), pa.binary(_ID_BYTES))
        for hour in sorted(hours):
            for part in self._parts(hour.strftime(_HOUR)):
                found.update(wanted[one] for one in _in_time(part, hour, wanted_ids, suspects.start, suspects.end))
                if budget.seconds_left() <= 0:
                    raise Undelivered("There was no time left to look for repeats.")
        return frozenset(found)

    def add(self, hour: str, entries: Entries) -> None:
        """Add the events of an hour (`YYYY-MM-DDTHH`); those that are there already do no harm."""
        number, together = 0, Entries()
        for place, part in enumerate(self._parts(hour)):
            number, together = (place + 1, Entries()) if _is_full(part) else (place, Entries(part))
        together.extend(entries)
        for further in range(-(-len(together) // PART_IDS)):
            path, content = self._path(hour, number + further), together.part(further)
            self._last.pop(path, None)
            with translated("keep which events were added"):
                self._place.write(path, lambda stream, content=content: stream.write(content))  # type: ignore[misc]
            self._last[path] = content

    def _parts(self, hour: str) -> Iterator[bytes]:
        for number in count():
            part = self._part(self._path(hour, number))
            if part is None:
                return
            yield part
            if not _is_full(part):
                return

    def _part(self, path: str) -> bytes | None:
        if path in self._last:
            return self._last[path]
        destination = self._place.target.destination
        name = (destination.get("bucket", ""), destination.get("prefix", ""), path)
        part = self._remembered.get(name)
        if part is not None:
            return part
        with translated("look for repeats"):
            part = self._place.files.read(path)
        if part is not None and (len(part) > PART_IDS * _ENTRY_BYTES or len(part) % _ENTRY_BYTES):
            raise Undelivered("A file of the lake's ledger holds no ids of events. Remove it from the bucket.")
        if part is not None and _is_full(part):
            self._remembered.keep(name, part)
        else:
            self._last[path] = part
        return part

    def _path(self, hour: str, number: int) -> str:
        return f"{self._place.table_ledger}/ids/{hour}-{number}"


def _is_full(part: bytes) -> bool:
    return len(part) == PART_IDS * _ENTRY_BYTES


def _short(event_ids: Sequence[str]) -> bytes:
    """Return the short forms of ids, one after the other."""
    with suppress(ValueError):  # nearly always all of them are UUIDs
        together = bytes.fromhex("".join([event_id[_PREFIX_CHARS:] for event_id in event_ids]))
        if len(together) == len(event_ids) * _ID_BYTES and set(map(len, event_ids)) <= {_ID_CHARS}:
            return together
    return b"".join(map(_short_of_one, event_ids))


def _short_of_one(event_id: str) -> bytes:
    """Return the bytes of the UUID that an id is, or as many of the hash of another text."""
    with suppress(ValueError):
        short = bytes.fromhex(event_id[_PREFIX_CHARS:])
        if len(short) == _ID_BYTES and len(event_id) == _ID_CHARS:
            return short
    return blake2b(event_id.encode(), digest_size=_ID_BYTES).digest()


def _each(ids: bytes) -> Iterator[bytes]:
    return (ids[start : start + _ID_BYTES] for start in range(0, len(ids), _ID_BYTES))


def _in_time(part: bytes, hour: datetime, wanted: pa.Array, start: datetime, end: datetime) -> Iterator[bytes]:
    """Yield those of the ids in a part of an hour that are wanted, and arrived between two moments."""
    ids = len(part) // _ENTRY_BYTES
    array = pa.Array.from_buffers(pa.binary(_ID_BYTES), ids, [None, pa.py_buffer(part)])
    for place in pc.indices_nonzero(pc.is_in(array, value_set=wanted)).to_pylist():
        if start <= hour.replace(minute=part[ids * _ID_BYTES + place]) < end:
            yield part[place * _ID_BYTES : (place + 1) * _ID_BYTES]


def start_of(hour: str) -> datetime:
    """Return when an hour begins (`YYYY-MM-DDTHH`)."""
    return datetime.strptime(hour, _HOUR).replace(tzinfo=UTC)
