"""Adds up in memory what requests did, and hands the sums over now and then: counting adds no call to a request.

A handler that is killed loses at most the counts of one interval; events are never at stake.
"""

import threading
from collections.abc import Mapping
from typing import Protocol

from domain.clock import Clock
from domain.errors import Undelivered
from domain.late_log import LateLog
from domain.metering.adding_up import add_counts, add_to, counts_of_name
from domain.metering.ports import UsageSink, UsageSums
from schemas.items import Pointer
from schemas.limits import COUNTER_FLUSH_SECONDS

_MINUTE_NS = 60_000_000_000
_FLUSH_NS = int(COUNTER_FLUSH_SECONDS * 1_000_000_000)

_log = LateLog(__name__)

_Sums = dict[tuple[str, str, int], UsageSums]


class Sample(Protocol):
    """What is written beside counts, on its own schedule; it never raises."""

    def flush_if_due(self) -> None: ...

    def flush(self) -> None: ...


class UsageCounters:
    """The counts of one handler; all methods may be called from any thread."""

    def __init__(self, sink: UsageSink, clock: Clock, sample: Sample | None = None) -> None:
        """Take where sums go, nanoseconds of Unix time, and what is to be written when sums are, if there is any."""
        self._sink = sink
        self._clock = clock
        self._sample = sample
        self._lock = threading.Lock()
        self._sums: _Sums = {}
        self._due_ns = clock() + _FLUSH_NS

    def count(
        self,
        pointer: Pointer,
        revision_id: str,
        received_ns: int,
        *,
        accepted: int = 0,
        quarantined: int = 0,
        rejected: int = 0,
        limited: int = 0,
        bytes_accepted: int = 0,
        bytes_received: int = 0,
        codes: Mapping[str, int] | None = None,
        names: Mapping[tuple[str, str], int] | None = None,
        protocol: str | None = None,
    ) -> None:
        """Add what one request to an environment did to the minute in which it arrived (`received_ns`: Unix time).

        `names` counts its events that have a name, by name and outcome. `protocol` is what it came in, None for a
        native one.
        """
        key = (pointer["environment_id"], revision_id, received_ns // _MINUTE_NS)
        with self._lock:
            sums = self._sums.get(key)
            if sums is None:
                sums = self._sums[key] = UsageSums(
                    key[0],
                    revision_id,
                    key[2] * 60,
                    endpoint_id=pointer["endpoint_id"],
                    organisation_id=pointer["organisation_id"],
                )
            sums.requests += 1
            sums.accepted += accepted
            sums.bytes_accepted += bytes_accepted
            sums.bytes_received += bytes_received
            if quarantined:
                sums.quarantined += quarantined
            if rejected:
                sums.rejected += rejected
            if limited:
                sums.limited += limited
            if codes:
                add_counts(sums.codes, codes)
            if names:
                _add_names(sums, names)
            if protocol is not None:
                of_protocol = sums.protocols.setdefault(protocol, {})
                if accepted:
                    of_protocol["accepted"] = of_protocol.get("accepted", 0) + accepted
                if quarantined or rejected:
                    add_counts(of_protocol, {"quarantined": quarantined, "rejected": rejected})

    def flush_if_due(self) -> None:
        """Hand the sums over if the last time was 10 seconds ago; cheap otherwise, and it never raises."""
        if self._sample is not None:
            self._sample.flush_if_due()
        if self._clock() < self._due_ns:
            return
        with self._lock:
            now = self._clock()
            if now < self._due_ns:  # another thread was first
                return
            self._due_ns = now + _FLUSH_NS
        self._hand_over()

    def flush(self) -> None:
        """Hand the sums over now, as at shutdown; what the sink does not take is kept for the next time."""
        self._hand_over()
        if self._sample is not None:  # last, since it may take longer than a process is left
            self._sample.flush()

    def _hand_over(self) -> None:
        with self._lock:
            handed, self._sums = self._sums, {}
        try:
            self._sink.add(list(handed.values()))
        except Undelivered as error:
            _log.warning("usage is kept for the next flush: %s", error)
        except Exception:  # noqa: BLE001 - logged with its traceback; a request must not fail for its count
            _log.exception("usage could not be handed over")
        else:
            return
        self._take_back(handed)

    def _take_back(self, handed: _Sums) -> None:
        with self._lock:
            for key, sums in self._sums.items():
                older = handed.get(key)
                if older is None:
                    handed[key] = sums
                    continue
                add_to(older, sums)
            self._sums = handed


def _add_names(sums: UsageSums, names: Mapping[tuple[str, str], int]) -> None:
    for (name, outcome), count in names.items():
        counted = counts_of_name(sums, name)
        counted[outcome] = counted.get(outcome, 0) + count
