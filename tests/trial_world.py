"""An environment whose events a trial can look at, wherever they are: delivered, in quarantine, kept by taps."""

import gzip
import json
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from domain.completion.request_facts import RequestFacts
from domain.http import HttpRequest
from domain.ids import new_event_ids
from domain.intake.payload import EventTexts
from domain.intake.stamping import arrival_at, stamp
from domain.live.packing import packed_lines
from domain.live.ports import Chunk, Expiry
from domain.live.state import TapState
from domain.trials.running import TrialBuckets, TrialWorker
from domain.validation.revision import CompiledRevision
from functions.trial.handler import make_queue_handler, queue_starter
from schemas.items import revision_document_key
from tests.killed import Killed
from tests.management_api import START_NS
from tests.quarantine_world import HOUR_NS, QuarantineWorld, Queue

__all__ = ["Killed", "TrialWorld"]


class TrialWorld(QuarantineWorld):
    """`QuarantineWorld` with delivered events, taps, and what works on trials; time stands still unless told."""

    def __init__(self, *fields: dict[str, Any], **environment: Any) -> None:
        self.trials_queue = Queue()
        super().__init__(*fields)
        self.api.trials = queue_starter(self.trials_queue)  # type: ignore[assignment]
        self.api.handler = self.api.serve()
        self.seconds = 0.0
        self.seconds_per_look = 0.0
        """By how much time goes on with every look at it."""
        self._objects_made = 0
        if environment:
            self.change(**environment)

    def change(self, **fields: Any) -> None:
        shown = self.api.call("GET", f"/v1/environments/{self.environment_id}").json
        path = f"/v1/environments/{self.environment_id}"
        answer = self.api.call("PATCH", path, fields, if_match=f'"{shown["version"]}"')
        assert answer.status == 200, answer.text

    def draft(self, *fields: dict[str, Any], additional_keys: str = "drop", event_name: Sequence[str] = ()) -> str:
        draft = self.api.draft(self.endpoint, *fields)
        changes: dict[str, Any] = {}
        if additional_keys != "drop":
            changes["additional_keys"] = additional_keys
        if event_name:
            changes["event_name"] = list(event_name)
        if changes:
            answer = self.api.call("PATCH", f"/v1/revisions/{draft['id']}", changes)
            assert answer.status == 200, answer.text
        return str(draft["id"])

    def stored(self, sent: Iterable[Any], *, hours_ago: int = 0, revision_id: str | None = None) -> list[bytes]:
        """Return the lines that events become, by the code that takes them in."""
        revision_id = revision_id or self.revision_id
        compiled = CompiledRevision(self.api.table.get(revision_document_key(revision_id)).data)
        received_ns = START_NS - hours_ago * HOUR_NS
        lines = []
        for event in sent:
            text = event if isinstance(event, bytes) else json.dumps(event).encode()
            verdicts: list[Any] = [compiled.read_event(text)]
            assert isinstance(verdicts[0], bytes), verdicts[0].errors()
            ids = new_event_ids(1, received_ns // 1_000_000)
            headers = {"user-agent": "curl/8", "referer": "https://shop.example/page"}
            request = HttpRequest("POST", "/", "", headers, {}, b"", "203.0.113.9", "")
            own = (self.api.organisation_id, self.endpoint["id"], self.environment_id, revision_id)
            at = arrival_at(received_ns)[0]
            facts = RequestFacts(request, received_ns, at, *own, lambda: b"secret" * 6)
            lines += stamp(compiled, EventTexts("one", text), verdicts, ids, at, facts)
        return lines

    def deliver_object(self, lines: Iterable[bytes], *, hours_ago: int = 0, bucket: str = "data") -> str:
        self._objects_made += 1
        at = arrival_at(START_NS - hours_ago * HOUR_NS)[0]
        key = f"environment={self.environment_id}/dt={at[:10]}/hour={at[11:13]}/stream-1-{self._objects_made:04d}.gz"
        self.quarantine.objects.put(bucket, key, gzip.compress(b"".join(lines)))
        return key

    def delivered(self, *sent: Any, hours_ago: int = 0, bucket: str = "data", revision_id: str | None = None) -> str:
        """Put events into an object as if they had been delivered."""
        lines = self.stored(sent, hours_ago=hours_ago, revision_id=revision_id)
        return self.deliver_object(lines, hours_ago=hours_ago, bucket=bucket)

    def tap(self) -> str:
        body = {"seconds": 600, "sample": "all"}
        answer = self.api.call("POST", f"/v1/environments/{self.environment_id}/taps", body)
        assert answer.status == 201, answer.text
        return str(answer.json["id"])

    def tapped(self, tap_id: str, *rows: dict[str, Any]) -> None:
        """Let a tap keep events."""
        lines = [orjson.dumps(self.tap_event(**row)) for row in rows]
        version, stored = self.api.taps.state(tap_id)
        state = TapState(stored)
        number = state.add_chunk(len(lines), sum(map(len, lines)))
        chunk = Chunk(number, START_NS // 1_000_000_000, packed_lines(lines))
        self.api.taps.append(tap_id, version, state.stored(), chunk, state.first, Expiry(2**40, 2**40))

    def tap_event(self, raw: bytes, event_id: str = "", **fields: Any) -> dict[str, Any]:
        return {
            "at": arrival_at(START_NS)[0],
            "event_id": event_id or new_event_ids(1, START_NS // 1_000_000)[0],
            "revision_id": self.revision_id,
            "raw": raw.decode(),
            "raw_base64": None,
            "raw_bytes": len(raw),
            "truncated": False,
            "protected": [],
            "redacted": False,
            "request": {"content_type": "application/json", "user_agent": "curl/8"},
            "source_ip": None,
            **fields,
        }

    def trial_worker(self, step_seconds: float = 1e9) -> TrialWorker:
        """Return what works on trials in a process that has just started."""
        return TrialWorker(
            self.life.guarded(self.api.table, "transact"),
            self.quarantine,
            self.api.taps,
            TrialBuckets("data", "landing"),
            self.api.clock,
            self._now,
            step_seconds,
        )

    def begin(self, revision_id: str, source: str = "delivered", sample: int = 1_000, **asked: Any) -> dict[str, Any]:
        body = {"environment_id": self.environment_id, "source": source, "sample": sample, **asked}
        answer = self.api.call("POST", f"/v1/revisions/{revision_id}/trials", body)
        assert answer.status == 201, answer.text
        return dict(answer.json)

    def go_on(self, step_seconds: float = 1e9, rounds: int = 10_000) -> None:
        """Work off the queue of trials."""
        handle = make_queue_handler(self.trial_worker(step_seconds), self.trials_queue)
        for _ in range(rounds):
            if not self.trials_queue.waiting:
                return
            message_id, body = next(iter(self.trials_queue.waiting.items()))
            answer = handle({"Records": [{"messageId": message_id, "body": body}]}, None)
            if not answer["batchItemFailures"]:
                del self.trials_queue.waiting[message_id]

    def trial(self, trial_id: str) -> dict[str, Any]:
        answer = self.api.call("GET", f"/v1/trials/{trial_id}")
        assert answer.status == 200, answer.text
        return dict(answer.json)

    def tried(self, revision_id: str, source: str = "delivered", sample: int = 1_000, **asked: Any) -> dict[str, Any]:
        """Try a revision from the beginning to the end."""
        made = self.begin(revision_id, source, sample, **asked)
        self.go_on()
        return self.trial(made["id"])

    def _now(self) -> float:
        self.seconds += self.seconds_per_look
        return self.seconds
