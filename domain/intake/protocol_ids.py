"""The ids of events in other collectors' protocols."""

from collections.abc import Callable, Sequence

from domain.ids import derived_event_ids, new_event_ids, sender_event_ids
from domain.msgspec_core import encode
from domain.protocols.shared.shape import Made
from domain.protocols.shared.writing import dumps

_NS_PER_MS = 1_000_000
_MOST_IDS = 1_000  # that are made at once


def ids_of_events(
    environment_id: str, protocol: str, events: Sequence[Made], idempotency_key: str | None, received_ns: int
) -> list[str]:
    """Return the ids of a request's events, in order: by the sender's own, else by an `Idempotency-Key`, else by time.

    Args:
        environment_id: where the events were sent.
        protocol: whose ids the senders' are.
        events: as they were translated.
        idempotency_key: of the request, if it has one.
        received_ns: when it came.
    """
    try:
        named = _named(events, encode)
    except UnicodeEncodeError:  # half a character in an id
        named = _named(events, dumps)
    ids = sender_event_ids(environment_id, protocol, named)
    if len(ids) == len(events):
        return ids
    without = _without_senders(environment_id, events, idempotency_key, received_ns)
    if not ids:
        return without
    of_senders, others = iter(ids), iter(without)
    return [next(of_senders if made.own_id else others) for made in events]


def _named(events: Sequence[Made], write: Callable[[str], bytes]) -> list[tuple[bytes, bytes]]:
    """Return of each event that has an id of its sender's that, as JSON text, and its content."""
    return [
        (write(own_id) if type(own_id) is str else own_id, made.of_sender)  # type: ignore[misc]
        for made in events
        if (own_id := made.own_id)
    ]


def _without_senders(
    environment_id: str, events: Sequence[Made], idempotency_key: str | None, received_ns: int
) -> list[str]:
    if idempotency_key:
        contents = [made.of_sender for made in events if not made.own_id]
        return derived_event_ids(environment_id, idempotency_key, contents)
    now_ms = received_ns // _NS_PER_MS
    without = sum(1 for made in events if not made.own_id)
    counts = [min(_MOST_IDS, without - start) for start in range(0, without, _MOST_IDS)]
    return [event_id for count in counts for event_id in new_event_ids(count, now_ms)]
