"""The bounded sample of events in which ingest looks for keys that no field names.

At most one event of a second is looked at for each environment, and no large one: what is found is held in memory and
written now and then, as counts are. Whatever goes wrong with it, no request fails for it.

All handlers write to one item of an environment, whole. So each takes from the item's version how many others have
written since it wrote itself, and waits longer the more they are: thousands together write it every few seconds.
"""

import threading

from domain.clock import Clock
from domain.errors import Undelivered
from domain.intake.payload import EventTexts
from domain.json_kinds import spelled
from domain.late_log import LateLog
from domain.metering.unknown_keys import Stored, UnknownKeys, add_to
from domain.validation.extra import parsed_event
from domain.validation.json_text import is_nested_too_deep
from domain.validation.revision import CompiledRevision
from schemas.limits import (
    MAX_SAMPLED_BYTES,
    MAX_UNKNOWN_KEYS,
    UNKNOWN_KEYS_FLUSH_SECONDS,
    UNKNOWN_KEYS_MAX_FLUSH_SECONDS,
    UNKNOWN_KEYS_SAMPLE_SECONDS,
    UNKNOWN_KEYS_TURN_SECONDS,
)

_NS_PER_SECOND = 1_000_000_000
_SAMPLE_NS = int(UNKNOWN_KEYS_SAMPLE_SECONDS * _NS_PER_SECOND)
_FLUSH_NS = int(UNKNOWN_KEYS_FLUSH_SECONDS * _NS_PER_SECOND)
_MOST_FLUSH_NS = int(UNKNOWN_KEYS_MAX_FLUSH_SECONDS * _NS_PER_SECOND)
_TURN_NS = int(UNKNOWN_KEYS_TURN_SECONDS * _NS_PER_SECOND)
_LOOK_NS = _NS_PER_SECOND
_WRITTEN_AT_ONCE = 20
"""After one request, which waits for it; the others come after one that is a second later."""
_MAX_ENVIRONMENTS = 1_000
MAX_HELD_KEYS = 5_000
"""Pointers held of all environments together: with hostile keys in its shape, one takes 16 KB."""

_log = LateLog(__name__)


class _Turn:
    """When a handler writes what it saw of an environment, and how long it waits from one time to the next."""

    __slots__ = ("due_ns", "every_ns", "version", "wrote_ns")

    def __init__(self, now: int) -> None:
        self.due_ns = now
        self.every_ns = _FLUSH_NS
        self.wrote_ns = now
        self.version: int | None = None
        """That it wrote last."""

    def wrote(self, version: int | None, now: int) -> None:
        """Wait until the turn comes again; None: others were faster."""
        if version is None:
            self.every_ns *= 2
        elif self.version is not None:
            # It may have had nothing to write for longer than it waits: then others have written more than once each.
            passed_ns = max(now - self.wrote_ns, self.every_ns)
            self.every_ns = (version - self.version) * _TURN_NS * self.every_ns // passed_ns
        self.version = version
        self.wrote_ns = now
        self.every_ns = min(max(self.every_ns, _FLUSH_NS), _MOST_FLUSH_NS)
        self.due_ns = now + self.every_ns


class UnknownKeySample:
    """What one handler has seen; all methods may be called from any thread."""

    def __init__(self, stored: Stored, clock: Clock) -> None:
        self._stored = stored
        self._clock = clock
        self._lock = threading.Lock()
        self._looks_ns: dict[str, int] = {}
        """From when on an event of an environment is looked at again."""
        self._seen: dict[str, UnknownKeys] = {}
        self._turns: dict[str, _Turn] = {}
        self._held_keys = 0
        self._due_ns = clock() + _FLUSH_NS

    def is_due(self, environment_id: str, received_ns: int) -> bool:
        """Say whether an event that arrived then (Unix time) is to be looked at."""
        return received_ns >= self._looks_ns.get(environment_id, 0)

    def look(self, environment_id: str, revision: CompiledRevision, texts: EventTexts, received_ns: int) -> None:
        """Look at one of a request's events; it never raises."""
        try:
            self._look(environment_id, revision, texts, received_ns)
        except Exception:  # noqa: BLE001 - logged with its traceback; a request must not fail for the sample
            _log.exception("an event could not be looked at for unknown keys")

    def _look(self, environment_id: str, revision: CompiledRevision, texts: EventTexts, received_ns: int) -> None:
        with self._lock:
            if not self.is_due(environment_id, received_ns):  # another thread was first
                return
            if len(self._looks_ns) >= _MAX_ENVIRONMENTS:
                self._looks_ns.clear()
            self._looks_ns[environment_id] = received_ns + _SAMPLE_NS
        if texts.size > MAX_SAMPLED_BYTES:
            return
        found_texts = texts.all_or_whole()
        text = found_texts[received_ns // 1_000 % len(found_texts)]  # of a batch, any one
        if is_nested_too_deep(text):
            return
        try:
            event = parsed_event(text)
        except ValueError:  # no JSON
            return
        if type(event) is not dict:
            return
        found = revision.unnamed.of(event, MAX_UNKNOWN_KEYS, any_index=True).found
        pairs = [(spelled(pointer), value) for pointer, value in found]
        with self._lock:
            seen = self._seen.get(environment_id)
            if seen is None:
                if len(self._seen) >= _MAX_ENVIRONMENTS:
                    return
                seen = self._seen[environment_id] = UnknownKeys()
            if self._held_keys >= MAX_HELD_KEYS:
                self._due_ns = 0
                return
            known = len(seen.keys)
            seen.look(pairs, received_ns // _NS_PER_SECOND)
            self._held_keys += len(seen.keys) - known

    def flush_if_due(self) -> None:
        """Write what is due, if the last time was a minute ago; cheap otherwise, and it never raises."""
        if self._clock() < self._due_ns:
            return
        self._write(_WRITTEN_AT_ONCE)

    def flush(self) -> None:
        """Write what was seen now, as at shutdown; what can't be written is lost: it is a sample."""
        self._write(None)

    def _write(self, most: int | None) -> None:
        """Write what is due, of so many environments at the most, or all that there is."""
        with self._lock:
            now = self._clock()
            seen = self._due(now, most)
        try:
            for environment_id, (keys, turn) in seen.items():
                version = add_to(self._stored, environment_id, keys, now // _NS_PER_SECOND)
                if version is None:
                    self._take_back(environment_id, keys)
                turn.wrote(version, now)
        except Undelivered as error:
            _log.warning("a sample of unknown keys is lost: %s", error)
        except Exception:  # noqa: BLE001 - as above
            _log.exception("a sample of unknown keys is lost")

    def _due(self, now: int, most: int | None) -> dict[str, tuple[UnknownKeys, _Turn]]:
        """Return what is to be written, and say when to look again; the lock is held."""
        is_all = most is None or self._held_keys >= MAX_HELD_KEYS
        due = [name for name in self._seen if is_all or self._turn(name, now).due_ns <= now]
        taken = {name: (self._seen[name], self._turn(name, now)) for name in due[:most]}
        for name, (keys, _) in taken.items():
            del self._seen[name]
            self._held_keys -= len(keys.keys)
        self._due_ns = now + (_FLUSH_NS if len(taken) == len(due) else _LOOK_NS)
        return taken

    def _turn(self, environment_id: str, now: int) -> _Turn:
        turn = self._turns.get(environment_id)
        if turn is None:
            if len(self._turns) >= _MAX_ENVIRONMENTS:
                self._turns = {name: turn for name, turn in self._turns.items() if name in self._seen}
            turn = self._turns[environment_id] = _Turn(now)
        return turn

    def _take_back(self, environment_id: str, keys: UnknownKeys) -> None:
        with self._lock:
            newer = self._seen.get(environment_id)
            if newer is not None:
                self._held_keys -= len(newer.keys)
                keys.merge(newer)
            self._held_keys += len(keys.keys)
            self._seen[environment_id] = keys
