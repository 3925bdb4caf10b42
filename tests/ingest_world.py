"""The ingest function as it ships, on a catalog, streams and queues in memory, and on a clock that tests drive."""

import base64
import json
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from domain.delivery.messages import QuarantinedEvent, quarantined_event_from_message, spilled_record_from_message
from domain.delivery.ports import PutFailure, PutResults, QueueSink, StreamSink
from domain.derived_keys import DeploymentSecret
from domain.errors import Undelivered
from domain.hook_secrets import HookSecrets, text_of_keys
from domain.intake.directory import Directory
from domain.intake.keeping import Keeper
from domain.intake.service import Intake
from domain.intake.trusted_front import FrontSecret, TrustedFront
from domain.intake.unknown_sample import UnknownKeySample
from domain.live.tapper import Tapper
from domain.metering.counters import UsageCounters
from domain.metering.ports import UsageSums
from domain.metering.rates import RateLedger, RateLimits
from domain.records.ports import Item
from functions.ingest.handler import make_handler
from schemas.items import ItemKey, host_key, pointer_key, revision_document_key
from tests.front_doors import http_api_event
from tests.memory_unknown_keys import MemoryUnknownKeys

START_NS = 1_793_614_272_345_678_901  # 2026-11-02T10:11:12.345678901Z
THROTTLED = PutFailure("slow down", retryable=True)
GONE = PutFailure("no such stream", retryable=False)

NAME_AND_COUNT = [
    {"key": "name", "type": "STRING", "presence": "required"},
    {"key": "count", "type": "INT", "presence": "optional"},
]

Call = Exception | Callable[[Sequence[Any]], PutResults]
"""How one call of a sink ends: it raises, or answers for what it was given."""


class DrivenClock:
    """Wall clock and monotonic clock in one; only tests and pauses move it."""

    def __init__(self) -> None:
        self.ns = START_NS
        self.slept: list[float] = []

    def __call__(self) -> int:
        return self.ns

    def monotonic(self) -> float:
        return self.ns / 1e9

    def forward(self, seconds: float) -> None:
        self.ns += round(seconds * 1e9)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.forward(seconds)


class MemoryCatalog:
    """What ingest reads; keeps a list of the readings."""

    def __init__(self) -> None:
        self.items: dict[ItemKey, str] = {}
        self.reads: list[ItemKey] = []
        self.unreachable = False

    def get(self, key: ItemKey) -> Item | None:
        self.reads.append(key)
        if self.unreachable:
            raise Undelivered("the catalog can't be reached")
        text = self.items.get(key)
        return None if text is None else Item(key, 1, json.loads(text))

    def put(self, key: ItemKey, data: Mapping[str, Any]) -> None:
        self.items[key] = json.dumps(data)


class MemorySink:
    """Streams or a queue. `script` says how the next calls end, `always` how each call does; else all is taken."""

    def __init__(self, name: str, journal: list[str]) -> None:
        self._name = name
        self._journal = journal
        self.script: deque[Call] = deque()
        self.always: Call | None = None
        self.calls: list[tuple[str, list[Any]]] = []
        self.taken: list[tuple[str, Any]] = []

    def put_records(self, stream: str, records: Sequence[bytes]) -> PutResults:
        return self._call(stream, records)

    def send(self, bodies: Sequence[str]) -> PutResults:
        return self._call(self._name, bodies)

    def _call(self, target: str, given: Sequence[Any]) -> PutResults:
        self.calls.append((target, list(given)))
        self._journal.append(target)
        end = self.script.popleft() if self.script else self.always
        if isinstance(end, Exception):
            raise end
        results: PutResults = end(given) if end else [None] * len(given)
        self.taken += [(target, one) for one, failure in zip(given, results, strict=True) if failure is None]
        return results


def refusing(failure: PutFailure = THROTTLED, *places: int) -> Call:
    """Refuse what stands at these places of a call; everything, if none is named."""
    return lambda given: [failure if not places or place in places else None for place in range(len(given))]


class MemoryUsage:
    def __init__(self) -> None:
        self.calls: list[list[UsageSums]] = []
        self.error: Exception | None = None

    def add(self, sums: Sequence[UsageSums]) -> None:
        if self.error is not None:
            raise self.error
        self.calls.append(list(sums))


class MemoryRates:
    """A ledger of rates; what several worlds share makes them handlers of one deployment."""

    def __init__(self) -> None:
        self.windows: Counter[tuple[str, int]] = Counter()
        self.calls: list[dict[int, int]] = []
        self.error: Exception | None = None

    def exchange(self, environment_id: str, offered: Mapping[int, int]) -> Mapping[int, int]:
        if self.error is not None:
            raise self.error
        self.calls.append(dict(offered))
        self.windows.update({(environment_id, window): events for window, events in offered.items()})
        return {window: self.windows[environment_id, window] for window in offered}


class MemorySecrets:
    """Secrets by their names."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.unreachable = False

    def get(self, name: str) -> str | None:
        if self.unreachable:
            raise Undelivered("the secrets can't be read")
        return self.texts.get(name)


class Answer:
    """What a front door would send; header names in lower case."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        headers = {name: [value] for name, value in raw["headers"].items()} if "headers" in raw else {}
        headers |= raw.get("multiValueHeaders", {})
        self.raw = raw
        self.status: int = raw["statusCode"]
        self.headers: dict[str, str] = {name.lower(): ", ".join(values) for name, values in headers.items()}
        self.body = body_of(raw)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str | None:
        """The problem's code, of whatever form the answer is."""
        if self.headers.get("content-type") == "application/problem+json":
            return self.json["code"]
        return self.headers["x-ingest-outcome"] if self.status >= 400 else None


def body_of(raw: Mapping[str, Any]) -> bytes:
    return base64.b64decode(raw["body"], validate=True) if raw["isBase64Encoded"] else raw["body"].encode()


class World:
    """One handler and everything around it; wrap a sink to let calls fail at random."""

    def __init__(
        self,
        *,
        wrap_streams: Callable[[StreamSink], StreamSink] = lambda sink: sink,
        wrap_spill: Callable[[QueueSink], QueueSink] = lambda sink: sink,
        wrap_quarantine: Callable[[QueueSink], QueueSink] = lambda sink: sink,
        wrap_taps: Callable[[QueueSink], QueueSink] = lambda sink: sink,
        rates: RateLedger | None = None,
        deployment_secret: DeploymentSecret = lambda: b"secret of the deployment",
        front_secret: FrontSecret | None = None,
        front_is_ours: bool = False,
    ) -> None:
        self.clock = DrivenClock()
        self.catalog = MemoryCatalog()
        self.journal: list[str] = []
        """The stream or queue of each call, in order."""
        self.streams = MemorySink("streams", self.journal)
        self.spill = MemorySink("spill", self.journal)
        self.quarantine = MemorySink("quarantine", self.journal)
        self.taps = MemorySink("taps", self.journal)
        self.chance = 0.5
        self.usage = MemoryUsage()
        self.unknown_keys = MemoryUnknownKeys()
        sample = UnknownKeySample(self.unknown_keys, self.clock)
        self.counters = UsageCounters(self.usage, self.clock, sample)
        self.directory = Directory(self.catalog, self.clock.monotonic)
        keeper = Keeper(
            wrap_streams(self.streams),
            wrap_spill(self.spill),
            wrap_quarantine(self.quarantine),
            monotonic=self.clock.monotonic,
            sleep=self.clock.sleep,
            random=lambda: 0.5,
        )
        self.rates = RateLimits(rates or MemoryRates(), self.clock)
        self.secrets = MemorySecrets()
        self._hook_keys: dict[str, dict[str, list[bytes]]] = {}
        front = TrustedFront(front_secret, is_ours=front_is_ours) if front_secret else None
        intake = Intake(
            self.directory,
            keeper,
            self.counters,
            self.clock,
            deployment_secret,
            self.rates,
            front,
            sample,
            HookSecrets(self.secrets, self.clock.monotonic),
            Tapper(wrap_taps(self.taps), lambda: self.chance),
        )
        self.handler = make_handler(intake, self.counters, self.rates)
        self._made = 0

    def add_revision(self, fields: Sequence[Mapping[str, Any]], additional_keys: str = "drop", **document: Any) -> str:
        self._made += 1
        revision_id = f"rev_{self._made:026d}"
        if additional_keys == "keep":
            document.setdefault("edition", 2)
        document |= {"revision_id": revision_id, "additional_keys": additional_keys, "fields": list(fields)}
        self.catalog.put(revision_document_key(revision_id), document)
        return revision_id

    def add_environment(
        self, fields: Sequence[Mapping[str, Any]] = NAME_AND_COUNT, additional_keys: str = "drop", **pointer: Any
    ) -> str:
        """Make an environment with a revision of its own; `pointer` sets what differs from the defaults."""
        revision_id = self.add_revision(fields, additional_keys)
        environment_id = f"env_{self._made:026d}"
        defaults = {
            "environment_id": environment_id,
            "endpoint_id": f"ep_{self._made:026d}",
            "organisation_id": f"org_{self._made:026d}",
            "revision_id": revision_id,
            "state": "active",
            "on_invalid": "quarantine",
            "allowed_origins": [],
            "streams": [f"stream-of-{self._made}"],
            "plan_exhausted": False,
            "store_addresses": False,
        }
        self.catalog.put(pointer_key(environment_id), defaults | pointer)
        return environment_id

    def add_webhook(self, environment_id: str, name: str, scheme: str, *secrets: bytes) -> None:
        hooks = self.pointer(environment_id).get("webhooks", [])
        self.change(environment_id, webhooks=[*hooks, {"name": name, "scheme": scheme}])
        self.set_hook_secrets(environment_id, name, *secrets)

    def set_hook_secrets(self, environment_id: str, name: str, *secrets: bytes) -> None:
        """Keep other secrets of a webhook, as a change of the environment does."""
        keys = self._hook_keys.setdefault(environment_id, {})
        keys[name] = list(secrets)
        self._made += 1
        self.secrets.texts[f"hooks_{self._made}"] = text_of_keys(keys)
        self.change(environment_id, hook_secrets=f"hooks_{self._made}")

    def pointer(self, environment_id: str) -> dict[str, Any]:
        return json.loads(self.catalog.items[pointer_key(environment_id)])

    def change(self, environment_id: str, **pointer: Any) -> None:
        """Change the pointer in the catalog, as a deploy or a delete does."""
        self.catalog.put(pointer_key(environment_id), self.pointer(environment_id) | pointer)

    def add_host(self, host: str, environment_id: str) -> None:
        self.catalog.put(host_key(host), {"environment_id": environment_id})

    def send(self, event: Mapping[str, Any]) -> Answer:
        return Answer(self.handler(event, None))

    def post(
        self, environment_id: str, body: Any, content_type: str | None = "application/json", **more: Any
    ) -> Answer:
        """POST bytes or text as they are, anything else as JSON; further arguments as for `http_api_event`."""
        headers = {"content-type": content_type} if content_type is not None else {}
        if not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        headers |= more.pop("headers", {})
        return self.send(http_api_event("POST", f"/e/{environment_id}", body=body, headers=headers, **more))

    def get(self, environment_id: str, d: Any = None, **more: Any) -> Answer:
        query = [] if d is None else [("d", d if isinstance(d, str) else json.dumps(d))]
        query += more.pop("query", [])
        return self.send(http_api_event("GET", f"/e/{environment_id}", query=query, **more))

    def request(self, method: str, environment_id: str, **more: Any) -> Answer:
        return self.send(http_api_event(method, f"/e/{environment_id}", **more))

    def records(self) -> list[bytes]:
        """Every record that is durable: in a stream, or spilled on its way to one."""
        spilled = [spilled_record_from_message(body).record for _, body in self.spill.taken]
        return [record for _, record in self.streams.taken] + spilled

    def events(self) -> list[dict[str, Any]]:
        """Every durable event."""
        return [json.loads(line) for record in self.records() for line in record.splitlines()]

    def quarantined(self) -> list[QuarantinedEvent]:
        return [quarantined_event_from_message(body) for _, body in self.quarantine.taken]

    def counted(self) -> dict[str, int]:
        """Flush, and return all counts so far as one sum, codes among them; what is 0 is left out."""
        self.counters.flush()
        total: Counter[str] = Counter()
        for row in (row for call in self.usage.calls for row in call):
            total.update(
                {name: getattr(row, name) for name in ("requests", "accepted", "quarantined", "rejected", "limited")}
            )
            total.update({"bytes_accepted": row.bytes_accepted, "bytes_received": row.bytes_received})
            total.update(row.codes)
        return {name: count for name, count in total.items() if count}
