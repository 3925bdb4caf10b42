"""An environment that refused events, and what redrives them; every port may be told to die at a call."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from domain.completion.request_facts import RequestFacts
from domain.delivery.messages import QuarantinedEvent, quarantine_message
from domain.http import HttpRequest
from domain.ids import new_event_ids
from domain.intake.stamping import arrival_at
from domain.quarantine.groups import counts_of
from domain.quarantine.objects import ObjectBody, place_of
from domain.quarantine.ports import ObjectEntry
from domain.quarantine.redriving import Redriver
from domain.records.ports import Put
from domain.validation.faults import Refusal
from domain.validation.protect_text import ProtectedTexts, ProtectWork
from domain.validation.revision import CompiledRevision
from functions.quarantine_writer.handler import make_handler as make_writer
from functions.redrive.handler import make_queue_handler, queue_starter
from schemas.items import pointer_key, revision_document_key
from tests.killed import Killed
from tests.management_api import START_NS, Api

_FIELDS = ["environment_id", "event_id", "received_at", "revision_id", "index", "errors", "more", "content_type"]
HOUR_NS = 3_600_000_000_000
NUMBER = {"key": "price", "type": "FLOAT", "presence": "required"}
TEXT = {"key": "price", "type": "STRING", "presence": "required"}


class Lifeline:
    """Counts calls of ports, and kills at the one that is named: before it, or after it was done."""

    def __init__(self) -> None:
        self.calls = 0
        self.kill_at: int | None = None

    def guarded(self, port: Any, *names: str) -> Any:
        return _Guarded(port, self, names)

    def step(self) -> None:
        if self.calls == self.kill_at:
            raise Killed
        self.calls += 1


class _Guarded:
    def __init__(self, port: Any, life: Lifeline, names: Iterable[str]) -> None:
        self._port = port
        self._life = life
        self._names = names

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if name not in self._names:
            return method

        def call(*arguments: Any, **named: Any) -> Any:
            self._life.step()
            result = method(*arguments, **named)
            self._life.step()
            return result

        return call


class Queue:
    """A queue in memory whose messages come again until they are done with."""

    def __init__(self) -> None:
        self.waiting: dict[str, str] = {}
        self._made = 0

    def send(self, bodies: Iterable[str]) -> list[None]:
        sent = list(bodies)
        for body in sent:
            self._made += 1
            self.waiting[f"m{self._made}"] = body
        return [None] * len(sent)

    def depth(self) -> int:
        return len(self.waiting)


class QuarantineWorld:
    def __init__(self, *fields: dict[str, Any]) -> None:
        self.queue = Queue()
        self.api = Api(redrives=queue_starter(self.queue))
        self.quarantine = self.api.quarantine
        self.endpoint = self.api.endpoint()
        self.revision_id = self.revision(*(fields or (NUMBER,)))
        self.environment = self.api.environment(self.endpoint, revision_id=self.revision_id)
        self.environment_id = self.environment["id"]
        self.activate()
        self.life = Lifeline()
        self.sent: list[dict[str, Any]] = []
        self.streams_used: set[str] = set()
        self.refuses: set[str] = set()
        """Ids of events that no stream takes."""
        self.protects = False
        """Whether the environment has `quarantine_protected`."""
        self._messages = 0

    def revision(self, *fields: dict[str, Any], additional_keys: str = "drop") -> str:
        draft = self.api.draft(self.endpoint, *fields)
        path = f"/v1/revisions/{draft['id']}"
        if additional_keys != "drop":
            self.api.call("PATCH", path, {"additional_keys": additional_keys})
        return self.api.call("POST", f"{path}/finalise").json["id"]

    def activate(self, **fields: Any) -> None:
        """Change the pointer, as the provisioner does."""
        item = self.api.table.get(pointer_key(self.environment_id))
        data = {**item.data, "state": "active", "streams": ["stream-1"], **fields}
        self.api.table.transact([Put(item.key, data, item.version)])

    def refused(self, raw: bytes, *, hours_ago: int = 0, **fields: Any) -> QuarantinedEvent:
        """Return an event as ingest hands it over that the environment's revision refuses."""
        document = self.api.table.get(revision_document_key(self.revision_id)).data
        verdict = CompiledRevision(document).read_event(raw)
        assert isinstance(verdict, Refusal)
        received_ns = START_NS - hours_ago * HOUR_NS
        (event_id,) = new_event_ids(1, received_ns // 1_000_000)
        given = {"content_type": "application/json", "user_agent": "curl/8", **fields}
        if self.protects:
            kept = ProtectedTexts(document["fields"]).of(raw, self._facts(), ProtectWork())
            given |= {"protected": kept.pointers, "is_redacted": kept.is_redacted}
            raw = kept.text
        return QuarantinedEvent(
            self.environment_id,
            event_id,
            arrival_at(received_ns)[0],
            self.revision_id,
            0,
            verdict.errors(),
            verdict.more,
            raw=raw,
            **given,
        )

    def _facts(self) -> RequestFacts:
        request = HttpRequest("POST", "/", "", {}, {}, b"", "", "")
        ids = (self.api.organisation_id, self.endpoint["id"], self.environment_id, self.revision_id)
        return RequestFacts(request, START_NS, arrival_at(START_NS)[0], *ids, lambda: b"secret")

    def keep(self, *events: QuarantinedEvent) -> None:
        """Have the quarantine writer write a batch."""
        self._messages += 1
        records = [
            {"messageId": f"b{self._messages}-{number}", "body": quarantine_message(event)}
            for number, event in enumerate(events)
        ]
        write = make_writer(self.quarantine.objects, "data", self.quarantine.index)
        assert write({"Records": records}, None) == {"batchItemFailures": []}

    def keep_as_before(self, *events: QuarantinedEvent) -> None:
        """Write an object as the writer did when it kept all of an event, whatever that grew to."""
        body = ObjectBody(events[0].partition)
        for number, event in enumerate(events):
            fields = {name: getattr(event, name) for name in _FIELDS if getattr(event, name) is not None}
            line = json.dumps({**fields, "raw": event.raw.decode()}, separators=(",", ":"))
            body.add(f"o{number}", line.encode() + b"\n", 0)
        key, packed = body.finish()
        place = place_of(key)
        assert place
        self.quarantine.objects.put("data", key, packed)
        self.quarantine.index.add(ObjectEntry(key, *place, counts_of(events)))

    def keep_many(self, raws: Iterable[bytes], *, per_object: int = 10, hours_ago: int = 0) -> list[str]:
        events = [self.refused(raw, hours_ago=hours_ago) for raw in raws]
        for start in range(0, len(events), per_object):
            self.keep(*events[start : start + per_object])
        return [event.event_id for event in events]

    def deliver(self, streams: list[str], lines: list[bytes]) -> list[bool]:
        events = [json.loads(line) for line in lines]
        taken = [event["_event_id"] not in self.refuses for event in events]
        self.streams_used.update(streams)
        self.sent += [event for event, is_taken in zip(events, taken, strict=True) if is_taken]
        return taken

    def start(
        self, revision_id: str, *, dry_run: bool = False, repairs: Sequence[Any] = (), **wanted: Any
    ) -> dict[str, Any]:
        body = {"revision_id": revision_id, "dry_run": dry_run, "filter": wanted, "repairs": list(repairs)}
        answer = self.api.call("POST", f"/v1/environments/{self.environment_id}/redrives", body)
        assert answer.status == 201, answer.text
        return answer.json

    def process(self) -> Any:
        """Return the handler of a process that has just started."""
        guard = self.life.guarded
        quarantine = type(self.quarantine)(
            guard(self.quarantine.objects, "get", "open", "put", "list_keys"),
            "data",
            guard(self.quarantine.index, "settle", "add"),
        )
        redriver = Redriver(
            guard(self.api.table, "transact"),
            quarantine,
            guard(self, "deliver").deliver,
            guard(self.api.usage, "add_delivered"),
            self.api.clock,
            lambda: b"secret",
        )
        return make_queue_handler(redriver, guard(self.queue, "send"))

    def work(self, rounds: int = 200) -> None:
        """Handle what the queue holds, one message at a time, until nothing is left or nothing more is done."""
        handle = self.process()
        for _ in range(rounds):
            if not self.queue.waiting:
                return
            self.work_once(handle)

    def work_once(self, handle: Any = None) -> None:
        message_id, body = next(iter(self.queue.waiting.items()))
        answer = (handle or self.process())({"Records": [{"messageId": message_id, "body": body}]}, None)
        del self.queue.waiting[message_id]
        if answer["batchItemFailures"]:
            self.queue.waiting[message_id] = body

    def redrive(self, revision_id: str, **wanted: Any) -> dict[str, Any]:
        """Do a redrive from its start to its end, and return it."""
        made = self.start(revision_id, **wanted)
        self.work()
        return self.shown(made["id"])

    def shown(self, redrive_id: str) -> dict[str, Any]:
        return self.api.call("GET", f"/v1/redrives/{redrive_id}").json

    def page(self, query: str = "") -> dict[str, Any]:
        answer = self.api.call("GET", f"/v1/environments/{self.environment_id}/quarantine?{query}")
        assert answer.status == 200, answer.text
        return answer.json

    def counts(self, query: str = "") -> dict[tuple[str, str], int]:
        return {(row["code"], row["pointer"]): row["count"] for row in self.page(query)["items"]}

    def sent_ids(self) -> Counter[str]:
        return Counter(event["_event_id"] for event in self.sent)

    def counted(self, name: str) -> int:
        return sum(getattr(row, name) for row in self.api.usage.rows)
