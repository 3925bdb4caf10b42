"""The ids of events in other collectors' protocols."""

from collections.abc import Sequence
from hashlib import sha256

from domain.ids import derived_event_ids, event_ids_from_digests, new_event_ids
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
    named = [made for made in events if made.own_id]
    if not named:
        return _without_senders(environment_id, events, idempotency_key, received_ns)
    ids = _of_senders(environment_id, protocol, named)
    if len(named) == len(events):
        return ids
    unnamed = [made for made in events if not made.own_id]
    of_senders, others = iter(ids), iter(_without_senders(environment_id, unnamed, idempotency_key, received_ns))
    return [next(of_senders if made.own_id else others) for made in events]


def _of_senders(environment_id: str, protocol: str, events: Sequence[Made]) -> list[str]:
    """Return the ids that events always have whose sender gave them one, as UUIDv8.

    Another content under the same id has another: what a sender gives to two events by mistake loses neither, and no
    sender can take the place of another's event.
    """
    start = f"{environment_id}\0{protocol}\0".encode()
    try:
        digests = [sha256(start + encode(made.own_id) + made.of_sender).digest() for made in events]
    except UnicodeEncodeError:  # half a character in an id
        digests = [sha256(start + _written(made.own_id) + made.of_sender).digest() for made in events]
    return event_ids_from_digests(digests)


def _written(own_id: bytes | str | None) -> bytes:
    return dumps(own_id) if type(own_id) is str else encode(own_id)


def _without_senders(
    environment_id: str, events: Sequence[Made], idempotency_key: str | None, received_ns: int
) -> list[str]:
    if idempotency_key:
        return derived_event_ids(environment_id, idempotency_key, [made.of_sender for made in events])
    now_ms = received_ns // _NS_PER_MS
    ids = new_event_ids(min(_MOST_IDS, len(events)), now_ms)
    while len(ids) < len(events):
        ids += new_event_ids(min(_MOST_IDS, len(events) - len(ids)), now_ms)
    return ids
