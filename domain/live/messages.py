"""What a message to the tap writer says; `domain.live.tapped_events` makes it."""

from collections.abc import Mapping
from typing import NamedTuple

import orjson

from domain.live.packing import document_from
from schemas.limits import MAX_TAP_MESSAGE_BYTES


class TapMessage(NamedTuple):
    """What a message says."""

    environment_id: str
    at_ms: int
    """When the request arrived, Unix milliseconds."""
    taps: Mapping[str, tuple[int, float]]
    """By the id of each tap, how many events the handler had left out for it since its last message, and for how many
    events of all handlers those of the request stand."""
    events: Mapping[str, list[bytes]]
    """By the id of each tap, the events that it keeps, each as JSON."""


def tap_message_from(body: str) -> TapMessage:
    """Read a message of `tap_message`.

    Raises:
        ValueError: it is none.
    """
    fields = document_from(body, MAX_TAP_MESSAGE_BYTES)
    try:
        places = list(fields["taps"])
        events: dict[str, list[bytes]] = {tap_id: [] for tap_id in places}
        for event in fields["events"]:
            taps = event.pop("taps")
            # A copy: the encoder's own result keeps the room that it reserved, which is many times a text.
            line = bytes(memoryview(orjson.dumps({**fields["common"], **event})))
            for place in taps:
                events[places[place]].append(line)
        return TapMessage(
            fields["environment_id"],
            int(fields["at_ms"]),
            {tap_id: (int(number), float(stands)) for tap_id, (number, stands) in fields["taps"].items()},
            events,
        )
    except (KeyError, TypeError, AttributeError, IndexError, OverflowError) as error:
        raise ValueError(f"a message of a tap lacks a field: {type(error).__name__}") from error
