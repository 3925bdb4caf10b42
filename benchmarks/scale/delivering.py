"""What streams deliver: the objects, and what counts them, all of them alike in a tick."""

import math
from collections.abc import Mapping

from adapters.dynamodb.usage import DynamoDeliveredSink
from benchmarks.scale import declared
from benchmarks.scale.counting import Table
from benchmarks.scale.handlers import COUNTERS, Kind
from benchmarks.scale.quotas import ASSUMED
from benchmarks.scale.services import Services
from domain.metering.ports import UsageSums
from schemas.limits import DEFAULT_BUFFER_SECONDS

_MINUTES = 2
"""That the events of an object arrived in, with streams that gather for a minute."""


class Delivering:
    """The data bucket, its messages, and the function that counts the events of each object."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._spec = declared.function("delivered")
        table = Table()
        rows = [UsageSums("env_1", "rev_1", 60 * minute, delivered=1) for minute in range(_MINUTES)]
        DynamoDeliveredSink(table, COUNTERS, shard=0).add_delivered("object", rows)
        self._units = table.write_units
        self.handlers = 0.0
        """That were busy with it, at most."""

    def work(self, seconds: float, rates: Mapping[Kind, float]) -> None:
        """Deliver what came in some seconds; `rates` are the requests per second of one environment of each kind."""
        objects = sum(
            kind.count
            * kind.streams
            / DEFAULT_BUFFER_SECONDS
            * -math.expm1(-rate / kind.streams * DEFAULT_BUFFER_SECONDS)
            for kind, rate in rates.items()
        )
        events = sum(kind.count * rate for kind, rate in rates.items())
        calls = objects / self._spec["batch_size"]
        waits = ASSUMED.object_seconds + ASSUMED.transaction_seconds
        handlers = objects * waits + events * ASSUMED.delivered_event_seconds
        self.handlers = max(self.handlers, handlers)
        meters = self._services.meters
        meters.use("objects", objects * seconds)
        # One tells of it, one receives and one deletes ten at a time.
        meters.use("queue_calls", (objects + 2 * calls) * seconds)
        meters.use("delivered_calls", calls * seconds)
        meters.use("delivered_seconds", handlers * seconds)
        meters.use("write_units", objects * self._units * seconds)
        meters.tables.hold(f"writes {COUNTERS}", objects * self._units)
