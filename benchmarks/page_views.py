"""100,000 page views, one by one and by the clients, and what each costs: `python -m benchmarks.page_views`.

The same events go through the ingest handler in this process: each as a request of its own, and as the clients send
them over HTTP, in processes of theirs. Requests and the records of the delivery stream are counted; dollars are those
of `benchmarks.cost` for an HTTP API and the destination S3, with the counted events per request and bytes per event.
"""

import json
import subprocess
import threading
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, NamedTuple

from benchmarks.clients import COMMANDS, SECONDS, served, variables
from benchmarks.cost import parts
from benchmarks.intake import Shelf, http_api_event, make_whole_handler
from benchmarks.monthly import MILLION
from benchmarks.traffic import KB, Traffic
from domain.delivery.ports import PutResults
from schemas.items import ItemKey

EVENTS = 100_000
FIELDS: list[dict[str, Any]] = [
    {"key": "event", "type": "STRING", "presence": "required"},
    {"key": "n", "type": "INT", "presence": "required"},
    {"key": "page", "type": "STRING", "presence": "required"},
    {"key": "title", "type": "STRING", "presence": "optional"},
    {"key": "referrer", "type": "STRING", "presence": "optional"},
    {"key": "language", "type": "STRING", "presence": "optional"},
]
MORE = {
    "page": "/catalogue/shoes/winter-boots-4711",
    "title": "Winter boots, lined",
    "referrer": "https://www.example.com/search?q=winter+boots",
    "language": "en-GB",
}
"""What each page view has beside its number."""


class Counted(NamedTuple):
    """What a way of sending comes to."""

    requests: int
    sent_bytes: int
    records: int
    record_bytes: int
    billed_bytes: int


class Stream(Shelf):
    """Counts what is put into the delivery stream."""

    def __init__(self, items: Mapping[ItemKey, dict[str, Any]]) -> None:
        super().__init__(items)
        self.sizes: list[int] = []

    def put_records(self, stream: str, records: Sequence[bytes]) -> PutResults:
        self.sizes += map(len, records)
        return super().put_records(stream, records)


class Ingest:
    """The ingest handler, and what reached it."""

    def __init__(self) -> None:
        self._streams: list[Stream] = []
        self._handler = make_whole_handler(make_shelf=self._make_stream, fields=FIELDS)
        self._sent: list[int] = []
        self._lock = threading.Lock()

    def answer(self, text: str, sent_bytes: int, headers: Mapping[str, str]) -> bytes:
        """Answer a request whose body is this text, and came as so many bytes.

        Raises:
            RuntimeError: not every event is accepted.
        """
        event = http_api_event(text)
        event["headers"].update(headers)
        with self._lock:
            answer = self._handler(event, None)
            self._sent.append(sent_bytes)
        if answer["statusCode"] != 200 or not json.loads(answer["body"])["ok"]:
            raise RuntimeError(answer["body"])
        return str(answer["body"]).encode()

    def counted(self) -> Counted:
        sizes = self._streams[0].sizes
        billed = sum(ceil(size / (5 * KB)) * 5 * KB for size in sizes)
        return Counted(len(self._sent), sum(self._sent), len(sizes), sum(sizes), billed)

    def _make_stream(self, items: Mapping[ItemKey, dict[str, Any]]) -> Stream:
        self._streams.append(Stream(items))
        return self._streams[0]


def one_by_one() -> Counted:
    ingest = Ingest()
    for number in range(EVENTS):
        text = json.dumps({"event": "view", "n": number, **MORE}, separators=(",", ":"))
        ingest.answer(text, len(text), {})
    return ingest.counted()


def by_client(language: str) -> Counted:
    ingest = Ingest()
    server = served(lambda text, sent_bytes, key: ingest.answer(text, sent_bytes, {"idempotency-key": key}))
    asked = {
        "address": f"http://127.0.0.1:{server.server_address[1]}/e/env_1",
        "events": EVENTS,
        "more": MORE,
        "withinMs": SECONDS * 1_000,
        "options": {"on_result": False},
    }
    done = subprocess.run(  # noqa: S603 - a command of ours
        [*COMMANDS[language], json.dumps(asked)],
        env=variables(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    server.shutdown()
    said = json.loads(done.stdout.splitlines()[-1])["counters"]
    if said["accepted"] != EVENTS or said["retries"]:
        raise RuntimeError(f"not every event was accepted at once: {said}")
    return ingest.counted()


def row(way: str, counted: Counted) -> str:
    """Return a row of the table in docs/benchmarks.md."""
    traffic = Traffic(round(counted.record_bytes / EVENTS), round(EVENTS / counted.requests))
    costs = {name: dollars * EVENTS / MILLION for name, dollars in parts("HTTP API", traffic).items()}
    requests = costs["front door"] + costs["function"] + costs["answers out"]
    sizes = " | ".join(f"{size / 1e6:.1f}" for size in (counted.sent_bytes, counted.record_bytes, counted.billed_bytes))
    return (
        f"| {way} | {counted.requests:,} | {counted.records:,} | {sizes} | {requests:.4f} | {costs['stream']:.4f} "
        f"| {sum(costs.values()):.4f} |"
    )


def main() -> None:
    print("| way | requests | records | MB sent | MB of records | MB billed | $ requests | $ stream | $ together |")
    print("|---|---|---|---|---|---|---|---|---|")
    print(row("one by one", one_by_one()), flush=True)
    for language in COMMANDS:
        print(row(f"{language}'s client", by_client(language)), flush=True)


if __name__ == "__main__":
    main()
