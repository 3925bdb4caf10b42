"""The outbox function: sends what a crash or a refusing queue kept from being sent right after its change.

Run every minute or so; most runs find nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any

from domain.catalog.outbox import send_waiting
from domain.catalog.ports import Table
from domain.delivery.ports import QueueSink

MAX_LETTERS = 100
"""That a run sends; the next one goes on."""

Handler = Callable[[Mapping[str, Any], object], dict[str, Any]]


def make_handler(table: Table, provision_queue: QueueSink) -> Handler:
    """Return the handler of scheduled events; it answers how many letters were sent."""

    def handle(_event: Mapping[str, Any], _context: object) -> dict[str, Any]:
        return {"sent": send_waiting(table, provision_queue, MAX_LETTERS)}

    return handle
