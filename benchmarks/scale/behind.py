"""What works behind the answers: redeliver, the writer and the taps, as they ship, fed as their queues feed them."""

import math
import random
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from adapters.firehose.records import FirehoseRecords
from benchmarks.scale import declared
from benchmarks.scale.clock import Clock
from benchmarks.scale.handlers import Kind
from benchmarks.scale.quotas import ASSUMED, BATCH_BYTES, QUOTAS
from benchmarks.scale.services import Services
from domain.delivery.landed import Outcomes
from domain.delivery.writer import make_handler as make_writer
from domain.delivery.writer import notification
from domain.errors import Undelivered
from domain.items import Item
from domain.live.keeping import TapKeeper
from domain.live.leases import put_leases, rate_of
from domain.live.packing import message_from
from domain.live.ports import Chunk, Expiry
from domain.live.sampling import share_now
from domain.records.keys import environment_key
from domain.records.ports import Put, Write
from functions.redeliver.handler import make_handler as make_redeliver
from schemas.items import ItemKey, TapLease, pointer_key
from schemas.limits import POINTER_MAX_AGE_SECONDS

_MERGED_SECONDS = 15
_CPU_SECONDS_PER_MESSAGE = 0.00003


class Table:
    """A catalog in memory, for what reads and writes a few items."""

    def __init__(self) -> None:
        self.items: dict[ItemKey, Item] = {}

    def get(self, key: ItemKey) -> Item | None:
        return self.items.get(key)

    def transact(self, writes: Sequence[Write]) -> None:
        for write in writes:
            if isinstance(write, Put):
                self.items[write.key] = Item(write.key, write.expect + 1, dict(write.data))


class Message:
    """A message that stands for `weight` of one environment."""

    __slots__ = ("body", "name", "receives", "sent", "visible", "weight")

    def __init__(self, name: str, body: str, weight: float, now: float) -> None:
        self.name = name
        self.body = body
        self.weight = weight
        self.sent = self.visible = now
        self.receives = 0


class Spill:
    """The spill queue and redeliver, which it feeds."""

    def __init__(self, services: Services, kinds: Sequence[Kind]) -> None:
        self._services = services
        self._spec = declared.function("redeliver")
        self._queue = declared.queue("spill")
        self._count_of = {stream: float(kind.count) for kind in kinds for stream in kind.stream_names}
        self._messages: list[Message] = []
        self._latest: dict[str, Message] = {}
        self._fed = 0.0
        self._handler = make_redeliver(FirehoseRecords(services.client("firehose", 10.0)))  # type: ignore[arg-type]
        self.dead = 0.0
        self.delivered = 0.0

    def take(self, body: str, weight: float) -> None:
        now = self._services.clock.second
        stream = orjson.loads(body)["stream"]
        self._services.meters.phase.spilled += weight * self._count_of[stream]
        latest = self._latest.get(stream)
        if latest is not None and latest.receives == 0 and now - latest.sent < _MERGED_SECONDS:
            latest.weight += weight
            return
        self._latest[stream] = message = Message(stream, body, weight, now)
        self._messages.append(message)

    @property
    def waiting(self) -> float:
        return self._waiting(self._messages)

    def hidden(self, now: float) -> float:
        """Return how many messages were taken in vain, and are not visible again yet."""
        return self._waiting(message for message in self._messages if message.visible > now)

    def _waiting(self, messages: Iterable[Message]) -> float:
        return sum(message.weight * self._count_of[message.name] for message in messages)

    def oldest(self, now: float) -> float:
        """Return the age of the oldest message in seconds."""
        return now - min((message.sent for message in self._messages), default=now)

    def work(self, now: float, seconds: float) -> None:
        """Let the queue feed redeliver for some seconds."""
        visible = sorted(
            (message for message in self._messages if message.visible <= now), key=lambda message: message.visible
        )
        if not visible:
            self._fed = QUOTAS.queue_handlers.value
            return
        most = self._spec["max_concurrency"]
        self._fed = min(most, self._fed + QUOTAS.queue_steps.value * seconds)
        batch = min(self._spec["batch_size"], BATCH_BYTES / len(visible[0].body))
        waiting = self._waiting(visible)
        batch = max(1.0, min(batch, waiting / self._fed))
        streams = sum(self._count_of[name] for name in {message.name for message in visible})
        calls = streams * -math.expm1(-batch / streams)
        took = ASSUMED.poll_seconds + calls * ASSUMED.put_seconds + batch * _CPU_SECONDS_PER_MESSAGE
        took += self._spec["batch_seconds"] if batch < self._spec["batch_size"] else 0.0
        left = self._fed * batch / took * seconds
        meters, standing = self._services.meters, self._services.standing
        hidden = self.hidden(now)
        work = deque(visible)
        while work and left > 0:
            # What failed stays in flight until it comes again; what was delivered makes room at once.
            room = QUOTAS.queue_in_flight.value - hidden
            if room < 1:
                meters.meet("queue_in_flight", min(left, self._waiting(work)), now)
                break
            message = work.popleft()
            count = self._count_of[message.name]
            taken = min(message.weight, left / count, room / count)
            left -= taken * count
            if taken < message.weight:
                rest = Message(message.name, message.body, message.weight - taken, message.sent)
                rest.visible, rest.receives, message.weight = message.visible, message.receives, taken
                self._messages.append(rest)
                work.appendleft(rest)
            meters.use("queue_calls", 2 * math.ceil(taken / min(batch, 10)) * count)
            meters.use("redeliver_calls", taken * count / batch)
            meters.use("redeliver_seconds", taken * count / batch * took)
            standing.requests, standing.environments, standing.stream_calls = taken, count, calls / batch
            self._services.clock.second = now
            event = {"Records": [{"messageId": "1", "body": message.body}]}
            failed = self._handler(event, None)["batchItemFailures"]
            standing.stream_calls = 1.0
            message.receives += 1
            if not failed:
                self.delivered += taken * count
                message.weight = 0.0
            elif message.receives >= self._queue["max_receives"]:
                self.dead += taken * count
                message.weight = 0.0
            else:
                message.visible = now + self._queue["hidden_seconds"]
                hidden += taken * count
        self._messages = [message for message in self._messages if message.weight > 0]


class _Connector:
    def __init__(self) -> None:
        self.is_dead = False

    def deliver(self, *_: Any) -> Outcomes:
        if self.is_dead:
            raise Undelivered("The target does not answer.")
        return Outcomes()


class _Nothing:
    """Takes whatever it is given."""

    def __getattr__(self, _name: str) -> Any:
        return lambda *_args, **_more: None


class Landing:
    """The landing queue and the writer, for one environment whose destination dies."""

    def __init__(self, clock: Clock, kind: Kind) -> None:
        self._clock = clock
        self._kind = kind
        self._queue = declared.queue("landing")
        self._spec = declared.function("bigquery_writer")
        table = Table()
        ids = {"endpoint_id": f"ep_{kind.token}", "organisation_id": f"org_{kind.token}"}
        pointer = pointer_key(kind.environment_id)
        environment = environment_key(ids["endpoint_id"], kind.environment_id)
        table.items[pointer] = Item(pointer, 1, {"state": "active", **ids})
        data = {"id": kind.environment_id, "destination": {"type": "http"}, **ids}
        table.items[environment] = Item(environment, 1, data)
        self.connector = _Connector()
        self._handler = make_writer(
            table,  # type: ignore[arg-type]
            lambda _: self.connector,  # type: ignore[arg-type, return-value]
            _Nothing(),  # type: ignore[arg-type]
            _Nothing(),  # type: ignore[arg-type]
            _Nothing(),  # type: ignore[arg-type]
            clock=clock,
            monotonic=clock.monotonic,
            sleep=clock.forward,
        )
        self._messages: list[Message] = []
        self._landed = 0
        self.objects = 0
        self.dead = 0
        self.calls = 0

    def land(self, now: float, objects: int) -> None:
        for _ in range(objects):
            self._landed += 1
            hour = f"{int(now) // 3_600:02}"
            key = f"environment={self._kind.environment_id}/dt=2026-11-02/hour={hour}/object-{self._landed}.gz"
            self._messages.append(Message("landing", notification("landing", [key]), 1.0, now))
        self.objects += objects

    @property
    def waiting(self) -> int:
        return len(self._messages)

    def oldest(self, now: float) -> float:
        return now - min((message.sent for message in self._messages), default=now)

    def work(self, now: float) -> None:
        """Let the writer take what it is fed, a batch for each of the handlers that there may be."""
        size = self._spec["batch_size"]
        visible = [message for message in self._messages if message.visible <= now]
        for first in range(0, min(len(visible), size * self._spec["max_concurrency"]), size):
            batch = visible[first : first + size]
            self.calls += 1
            self._clock.second = now
            records = [{"messageId": str(place), "body": message.body} for place, message in enumerate(batch)]
            again = {
                int(row["itemIdentifier"]) for row in self._handler({"Records": records}, None)["batchItemFailures"]
            }
            for place, message in enumerate(batch):
                message.receives += 1
                if place not in again:
                    message.weight = 0.0
                elif message.receives >= self._queue["max_receives"]:
                    self.dead += 1
                    message.weight = 0.0
                else:
                    message.visible = now + self._queue["hidden_seconds"]
        self._messages = [message for message in self._messages if message.weight]


class _TapStore:
    def __init__(self) -> None:
        self._state: tuple[int, bytes] = (0, b"")

    def state(self, _tap_id: str) -> tuple[int, bytes]:
        return self._state

    def append(self, _tap_id: str, version: int, state: bytes, _chunk: Chunk, _first: int, _expiry: Expiry) -> None:
        self._state = (version + 1, state)


class Tap:
    """A tap of ten events per second on an environment, and what keeps its events and its share."""

    RATE = 10

    def __init__(self, clock: Clock, kind: Kind, rng: random.Random, start: int, end: int) -> None:
        self._clock = clock
        self._rng = rng
        self._table = Table()
        self._key = pointer_key(kind.environment_id)
        self._kind = kind
        self._end = end
        clock.second = start
        now = clock.ns // 10**9
        self._lease = TapLease(id="tap_1", until=now + end - start, sample=self.RATE, only={}, share=1.0, told_at=now)
        data: dict[str, Any] = {"environment_id": kind.environment_id}
        put_leases(data, [self._lease])  # type: ignore[arg-type]
        self._table.items[self._key] = Item(self._key, 1, data)
        self._keeper = TapKeeper(self._table, _TapStore(), clock)  # type: ignore[arg-type]
        self._read_at = float(start)
        self._sent = 0
        self.messages = 0.0
        self.peak = 0.0

    def work(self, now: float, seconds: float, requests: float, handlers: float) -> None:
        """Let handlers send for some seconds in which there were so many requests, and the writer keep that."""
        if now - self._read_at >= POINTER_MAX_AGE_SECONDS:
            self._lease, self._read_at = self._table.items[self._key].data["taps"][0], now
        self._clock.second = now
        share = share_now(self._lease, self._clock.ns)
        sent = min(requests * share, max(1.0, handlers) * rate_of(self._lease) * seconds)
        self.messages += sent
        self.peak = max(self.peak, sent / seconds)
        whole = int(sent) + (self._rng.random() < sent % 1)
        if not whole:
            return
        self._sent += 1
        # One message tells of all of them: how many they stand for is what the share is set by.
        event = {"taps": [0]}
        document = {
            "environment_id": self._kind.environment_id,
            "at_ms": self._clock.ns // 1_000_000,
            "taps": {self._lease["id"]: [0, whole / share]},
            "common": {},
            "events": [event] * min(whole, 100),
        }
        self._keeper.keep({str(self._sent): message_from(document)})
