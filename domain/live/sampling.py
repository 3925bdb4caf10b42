"""How many of a request's events one handler keeps for a tap: its share of them, and never more than the tap's rate.

The share comes with the lease, so that nothing has to be asked. The bucket beside it bounds what one handler keeps
while the share is still too large, as just after a rush begins. While events arrive, the writer confirms the share
every few seconds. A share that is not confirmed doubles again and again: a rush that is over would otherwise leave so
small a share that nothing is kept, and so nothing adjusts it.
"""

import threading
from collections.abc import Callable
from typing import NamedTuple

from domain.live.leases import rate_of
from schemas.items import TapLease

_NS_PER_SECOND = 1_000_000_000
_MAX_USES = 1_000
UNCONFIRMED_SECONDS = 15
_DOUBLING_SECONDS = 5


class Taken(NamedTuple):
    """How many events of a request are kept, and for how many of all events of the environment those of it stand."""

    events: int
    stand_for: float


NOTHING = Taken(0, 0.0)


def share_now(lease: TapLease, now_ns: int) -> float:
    """Return the share of a lease as it is now, grown if nobody has confirmed it."""
    share = lease["share"]
    if share >= 1.0:
        return 1.0
    late_ns = now_ns - (lease["told_at"] + UNCONFIRMED_SECONDS) * _NS_PER_SECOND
    if late_ns <= 0:
        return share
    grown: float = share * 2.0 ** min(late_ns / (_DOUBLING_SECONDS * _NS_PER_SECOND), 30)
    return min(1.0, grown)


class TapSampling:
    """What one handler has kept and left out for each tap; all methods may be called from any thread."""

    def __init__(self, random: Callable[[], float]) -> None:
        """Take chance: `random` gives a number in [0, 1)."""
        self._random = random
        self._lock = threading.Lock()
        self._uses: dict[str, _Use] = {}

    def take(self, lease: TapLease, events: int, now_ns: int) -> Taken:
        """Return how many of so many events are kept; the others count as left out."""
        share = lease["share"]
        if share < 1.0 and now_ns > (lease["told_at"] + UNCONFIRMED_SECONDS) * _NS_PER_SECOND:
            share = share_now(lease, now_ns)
        is_chosen = share >= 1.0 or self._random() < share
        with self._lock:
            use = self._uses.get(lease["id"])
            if use is None:
                use = self._begin(lease, now_ns)
            if not is_chosen:  # nearly every request, which is to cost next to nothing
                use.left_out += events
                return NOTHING
            use.fill(rate_of(lease), now_ns)
            taken = min(events, int(use.tokens))
            use.tokens -= taken
            use.left_out += events - taken
            return Taken(taken, events / share) if taken else NOTHING

    def told(self, tap_id: str) -> int:
        """Return how many events were left out since the last time; they are about to be told."""
        with self._lock:
            use = self._uses.get(tap_id)
            if use is None:
                return 0
            left_out, use.left_out = use.left_out, 0
            return left_out

    def leave_out(self, tap_id: str, events: int) -> None:
        """Count events that were to be kept, or told, and were not."""
        with self._lock:
            use = self._uses.get(tap_id)
            if use is not None:
                use.left_out += events

    def _begin(self, lease: TapLease, now_ns: int) -> "_Use":
        if len(self._uses) >= _MAX_USES:
            self._forget_ended(now_ns)
        use = self._uses[lease["id"]] = _Use(lease["until"], float(rate_of(lease)), now_ns)
        return use

    def _forget_ended(self, now_ns: int) -> None:
        self._uses = {tap_id: use for tap_id, use in self._uses.items() if use.until * _NS_PER_SECOND > now_ns}
        while len(self._uses) >= _MAX_USES:
            del self._uses[next(iter(self._uses))]


class _Use:
    __slots__ = ("filled_ns", "left_out", "tokens", "until")

    def __init__(self, until: int, tokens: float, now_ns: int) -> None:
        self.until = until
        self.tokens = tokens
        self.filled_ns = now_ns
        self.left_out = 0

    def fill(self, rate: int, now_ns: int) -> None:
        elapsed_ns = now_ns - self.filled_ns
        if elapsed_ns > 0:
            self.tokens = min(float(rate), self.tokens + elapsed_ns * rate / _NS_PER_SECOND)
            self.filled_ns = now_ns
