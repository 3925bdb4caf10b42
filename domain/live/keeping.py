"""Keeps the events that handlers send for taps, within each tap's bounds, and tells handlers their share of them.

Handlers know nothing of each other. What one sends says by which share it was chosen, and so for how many events it
stands. From that comes how many arrive per second, and from that the share that all handlers are told by the
environment's pointer. Whatever they send, no more is kept than the tap's rate.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from domain.clock import Clock
from domain.errors import Undelivered
from domain.fault_log import place_of_fault
from domain.items import Conflict
from domain.live.leases import put_leases, rate_of
from domain.live.messages import TapMessage, tap_message_from
from domain.live.packing import packed_lines
from domain.live.ports import Chunk, Expiry, TapStore
from domain.live.shares import is_worth_telling, share_of
from domain.live.state import TapState
from domain.records.ports import Put, Table
from schemas.items import TapLease, pointer_key
from schemas.limits import TAP_KEPT_SECONDS

CHUNK_BYTES = 300_000
"""Of JSON: compressed, or not compressible at all, it fits into an item of DynamoDB, which has at most 400 KB."""
_MESSAGES_AT_ONCE = 50
"""One of 6 KB may expand to 1.3 MB of events."""
_TRIES = 20
_CONFIRMED_SECONDS = 9
"""Sooner than handlers let a share grow that nobody confirms, the time included in which they read it."""
_MARGIN_SECONDS = 60
_NS = 1_000_000_000

_log = logging.getLogger(__name__)


class _Sent(NamedTuple):
    """What a message brings for one tap."""

    message_id: str
    at_ms: int
    left_out: int
    stand_for: float
    lines: Sequence[bytes]


class TapKeeper:
    """Works off messages of `domain.live.messages`."""

    def __init__(self, table: Table, store: TapStore, clock: Clock) -> None:
        """Take the catalog, of which it reads and writes pointers alone, and the store of events."""
        self._table = table
        self._store = store
        self._clock = clock

    def keep(self, messages: Mapping[str, str]) -> list[str]:
        """Keep the events of messages, given by their ids; return the ids of those that have to come again.

        Events of a tap that was deleted, or whose environment was, are dropped.
        """
        waiting = list(messages.items())
        failed: set[str] = set()
        for first in range(0, len(waiting), _MESSAGES_AT_ONCE):
            failed |= self._keep_some(waiting[first : first + _MESSAGES_AT_ONCE])
        return [message_id for message_id in messages if message_id in failed]

    def _keep_some(self, messages: Sequence[tuple[str, str]]) -> set[str]:
        failed: set[str] = set()
        environments: dict[str, dict[str, list[_Sent]]] = {}
        for message_id, body in messages:
            try:
                message = tap_message_from(body)
            except ValueError as error:
                _log.error("message %s of the taps' queue can't be read: %s", message_id, place_of_fault(error))
                failed.add(message_id)
            else:
                _sort(environments.setdefault(message.environment_id, {}), message_id, message)
        for environment_id, taps in environments.items():
            try:
                leases = self._leases(environment_id)
                for tap_id, sent in taps.items():
                    if tap_id in leases:
                        self._keep_for(environment_id, leases[tap_id], sent)
            except Undelivered as error:
                _log.warning("events of taps can't be kept yet: %s", error)
                failed |= {one.message_id for sent in taps.values() for one in sent}
        return failed

    def _leases(self, environment_id: str) -> dict[str, TapLease]:
        pointer = self._table.get(pointer_key(environment_id))
        return {} if pointer is None else {lease["id"]: lease for lease in pointer.data.get("taps", ())}

    def _keep_for(self, environment_id: str, lease: TapLease, sent: Sequence[_Sent]) -> None:
        tap_id, rate = lease["id"], rate_of(lease)
        chunks: list[list[bytes]] | None = None
        per_second = None
        for _ in range(_TRIES):
            version, stored = self._store.state(tap_id)
            state = TapState(stored)
            if chunks is None:
                lines, per_second = _sift(state, sent, rate)
                if lines is None:
                    return
                left = list(_chunks(lines))
            else:
                left = chunks
            try:
                while left:
                    self._append(lease, version, state, left[0])
                    version += 1
                    chunks = left = left[1:]
            except Conflict:
                continue
            if per_second is not None:
                self._tell(environment_id, lease, share_of(rate, per_second))
            return
        raise Undelivered("a tap is being written by too many at once")

    def _append(self, lease: TapLease, version: int, state: TapState, lines: list[bytes]) -> None:
        now = self._clock() // _NS
        number = state.add_chunk(len(lines), sum(map(len, lines)))
        chunk = Chunk(number, now, packed_lines(lines))
        kept_until = now + TAP_KEPT_SECONDS + _MARGIN_SECONDS
        expiry = Expiry(kept_until, max(kept_until, lease["until"] + TAP_KEPT_SECONDS))
        self._store.append(lease["id"], version, state.stored(), chunk, state.first, expiry)

    def _tell(self, environment_id: str, lease: TapLease, share: float) -> None:
        """Write a share into the pointer, if it has changed or was written long ago; another change goes first."""
        now = self._clock() // _NS
        is_old = share < 1.0 and now - lease["told_at"] >= _CONFIRMED_SECONDS
        if not (is_old or is_worth_telling(lease["share"], share)):
            return
        pointer = self._table.get(pointer_key(environment_id))
        if pointer is None or not any(one["id"] == lease["id"] for one in pointer.data.get("taps", ())):
            return
        data = dict(pointer.data)
        told = [{**one, "share": share, "told_at": now} if one["id"] == lease["id"] else one for one in data["taps"]]
        put_leases(data, told)  # type: ignore[arg-type]
        try:
            self._table.transact([Put(pointer.key, data, pointer.version)])
        except Conflict:
            return  # the next window tells it


def _sort(taps: dict[str, list[_Sent]], message_id: str, message: TapMessage) -> None:
    for tap_id, (left_out, stand_for) in message.taps.items():
        sent = _Sent(message_id, message.at_ms, left_out, stand_for, message.events.get(tap_id, ()))
        taps.setdefault(tap_id, []).append(sent)


def _sift(state: TapState, sent: Sequence[_Sent], rate: int) -> tuple[list[bytes] | None, float | None]:
    """Return the events that there is room for, and how many come per second if that is known anew.

    None where all messages were worked on before.
    """
    fresh = state.unknown([one.message_id for one in sent])
    if not fresh:
        return None, None
    lines: list[bytes] = []
    per_second: float | None = None
    for one in sorted((one for one in sent if one.message_id in fresh), key=lambda one: one.at_ms):
        per_second = state.see(one.stand_for, one.at_ms) or per_second
        allowed = state.allow(len(one.lines), rate, one.at_ms)
        lines += one.lines[:allowed]
        state.left_out += one.left_out + len(one.lines) - allowed
    return lines, per_second


def _chunks(lines: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Yield the lines in chunks, at least one, which may be empty."""
    chunk: list[bytes] = []
    size = 0
    for line in lines:
        if chunk and size + len(line) > CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(line)
        size += len(line)
    yield chunk
