"""The outbox function: sends what a crash or a refusing queue kept from being sent right after its change.

Run every minute or so; most runs find nothing. Each emits how many letters it could not send, zero too, so that an
alarm can tell an outbox that is empty from one that nobody looks into.
"""

from collections.abc import Callable, Mapping
from typing import Any

from domain.delivery.ports import QueueSink
from domain.metering.ports import MetricSink
from domain.records.outbox import send_waiting
from domain.records.ports import Table
from schemas.watched import OUTBOX_WAITING

MAX_LETTERS = 100
"""That a run sends; the next one goes on."""

Handler = Callable[[Mapping[str, Any], object], dict[str, Any]]


def make_handler(table: Table, provision_queue: QueueSink, metrics: MetricSink) -> Handler:
    """Return the handler of scheduled events; it answers how many letters were sent, and how many it could not send."""

    def handle(_event: Mapping[str, Any], _context: object) -> dict[str, Any]:
        sent = send_waiting(table, provision_queue, MAX_LETTERS)
        metrics.emit({OUTBOX_WAITING: sent.refused})
        return {"sent": sent.taken, "waiting": sent.refused}

    return handle
