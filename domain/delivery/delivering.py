"""Makes the records of one request durable: in one of the environment's streams, or else in the spill queue.

Only failed records are sent again: to another stream first, where the environment has one, then to the same after a
jittered pause; three tries, and none begun beyond two seconds. After a pause without success, requests to the same
environment don't pause for a few seconds: each would hold a handler for nothing. A put that timed out
may have had its effect, so a record may arrive twice, with the same event ids; the lines of the second are marked
(`marks`).
"""

from collections import deque
from collections.abc import Callable, Sequence

from domain.delivery.marks import marked
from domain.delivery.packing import calls_of, pack
from domain.delivery.ports import PutFailure, PutResults, QueueSink, StreamSink
from domain.errors import Undelivered
from schemas.limits import MAX_EVENTS_PER_REQUEST, MAX_RECORD_BYTES, PUT_SECONDS, PUT_TRIES

BACKOFF_SECONDS = 0.1
"""The middle of the pause before a second try, where that has to wait; before a third it is four times as long."""

SPILL_TRIES = 2

PACKED_BYTES = MAX_RECORD_BYTES - MAX_EVENTS_PER_REQUEST
"""What a record is packed to: each of its lines may have to be marked."""

_IMPATIENT_SECONDS = 5.0
_MAX_IMPATIENT = 1_000

_OUT_OF_TIME = PutFailure("there was no time left for a try", retryable=True)


class Pauses:
    """Knows for which environments a handler has paused without success lately; shared by the threads of a process."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._until: dict[str, float] = {}

    def may_help(self, stream: str) -> bool:
        """Say whether a request may pause for an environment, which is known by its first stream."""
        return self._monotonic() >= self._until.get(stream, 0.0)

    def have_not_helped(self, stream: str) -> None:
        if len(self._until) >= _MAX_IMPATIENT:
            self._until.clear()
        self._until[stream] = self._monotonic() + _IMPATIENT_SECONDS


def deliver(
    records: Sequence[bytes],
    streams: Sequence[str],
    sink: StreamSink,
    spill: QueueSink,
    *,
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
    random: Callable[[], float],
    pauses: Pauses | None = None,
) -> list[bool]:
    """Return, per record and in order, whether it is durable now.

    Args:
        records: newline-terminated lines, packed; at most `MAX_RECORD_BYTES` each.
        streams: the environment's, at least one; requests spread over them.
        sink: where the streams are.
        spill: takes what no stream takes.
        monotonic: seconds.
        sleep: pauses for seconds.
        random: gives a number in [0, 1).
        pauses: of the handler; without it, every request pauses.
    """
    first = int(random() * len(streams)) if len(streams) > 1 else 0
    deadline = monotonic() + PUT_SECONDS
    results = _put(sink, streams[first], records, deadline, monotonic)
    durable = [True] * len(records)
    if not any(results):
        return durable

    records = list(records)
    candidates = deque([*streams[first:], *streams[:first]])
    pending = list(range(len(records)))
    refused: list[int] = []
    has_paused = False
    for tries in range(1, PUT_TRIES + 1):
        failed = [(index, failure) for index, failure in zip(pending, results, strict=True) if failure is not None]
        if len(failed) == len(pending) and not any(failure.retryable for _, failure in failed):
            # The stream itself refuses, as one that was removed does: another may still take them.
            candidates.popleft()
        else:
            candidates.rotate(-1)
            for index, failure in failed:
                if failure.uncertain:
                    records[index] = marked(records[index])
            refused += [index for index, failure in failed if not failure.retryable]
            pending = [index for index, failure in failed if failure.retryable]
        if not pending or not candidates or tries == PUT_TRIES:
            break
        pause = 0.0 if tries < len(streams) else BACKOFF_SECONDS * 4 ** (tries - 1) * (0.5 + random())
        if monotonic() + pause >= deadline:
            break
        if pause:
            if pauses is not None and not pauses.may_help(streams[0]):
                break
            sleep(pause)
            has_paused = True
        results = _put(sink, candidates[0], [records[index] for index in pending], deadline, monotonic)

    if has_paused and pending and pauses is not None:
        pauses.have_not_helped(streams[0])
    for index in (*pending, *refused):
        durable[index] = False
    _spill(records, durable, candidates[0] if candidates else streams[first], spill)
    return durable


def make_line_delivery(
    sink: StreamSink,
    spill: QueueSink,
    *,
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
    random: Callable[[], float],
) -> Callable[[Sequence[str], Sequence[bytes]], list[bool]]:
    """Return a function that packs the lines of one request, delivers them, and says of each whether it is durable."""
    pauses = Pauses(monotonic)

    def deliver_lines(streams: Sequence[str], lines: Sequence[bytes]) -> list[bool]:
        records, counts = pack(lines, PACKED_BYTES)
        durable = deliver(records, streams, sink, spill, monotonic=monotonic, sleep=sleep, random=random, pauses=pauses)
        if len(records) == len(lines):
            return durable
        if len(records) == 1:
            return durable * len(lines)
        return [is_durable for is_durable, count in zip(durable, counts, strict=True) for _ in range(count)]

    return deliver_lines


def _put(
    sink: StreamSink, stream: str, records: Sequence[bytes], deadline: float, monotonic: Callable[[], float]
) -> PutResults:
    if len(records) == 1:
        return _put_call(sink, stream, records)
    results: PutResults = []
    for call in calls_of(records):
        part = records[call]
        if results and monotonic() >= deadline:
            results += [_OUT_OF_TIME] * len(part)
        else:
            results += _put_call(sink, stream, part)
    return results


def _put_call(sink: StreamSink, stream: str, records: Sequence[bytes]) -> PutResults:
    try:
        return sink.put_records(stream, records)
    except Undelivered as error:
        return [PutFailure(str(error), error.retryable, uncertain=True)] * len(records)


def _spill(records: Sequence[bytes], durable: list[bool], stream: str, spill: QueueSink) -> None:
    """Send what is not durable to the spill queue, and mark what it took whole."""
    from domain.delivery.messages import spill_messages  # noqa: PLC0415 - streams take nearly everything

    messages: list[tuple[int, str]] = []
    for index, record in enumerate(records):
        if not durable[index]:
            bodies = spill_messages(stream, record)
            durable[index] = bool(bodies)
            messages += [(index, body) for body in bodies]
    for _ in range(SPILL_TRIES):
        if not messages:
            return
        results = _send_call(spill, [body for _, body in messages])
        failed = [(message, result) for message, result in zip(messages, results, strict=True) if result is not None]
        for (index, _), failure in failed:
            if not failure.retryable:
                durable[index] = False
        messages = [message for message, failure in failed if failure.retryable]
    for index, _ in messages:
        durable[index] = False


def _send_call(spill: QueueSink, bodies: Sequence[str]) -> PutResults:
    try:
        return spill.send(bodies)
    except Undelivered as error:
        return [PutFailure(str(error), error.retryable)] * len(bodies)
