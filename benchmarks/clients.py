"""What the clients make of page views, by batches and one request for each: `python -m benchmarks.clients`.

Requests and bytes are counted at a server in this process that accepts everything; each client runs in a process of its
own. Dollars are those of `benchmarks.cost` for an HTTP API, with as many events in each request as were counted.
"""

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from benchmarks.cost import total
from benchmarks.local_run import ROOT
from benchmarks.monthly import MILLION
from benchmarks.traffic import Traffic

EVENTS = {1: 1_000, 50: 100_000}
SECONDS = 600
COMMANDS = {
    "Python": [sys.executable, str(ROOT / "tests" / "clients" / "python_driver.py")],
    "JavaScript": ["node", str(ROOT / "clients" / "javascript" / "test" / "driver.js")],
}


Answer = Callable[[str, int, str], bytes]


class _Counted:
    """Accepts everything, and counts it."""

    def __init__(self) -> None:
        self.requests = self.bytes = self.seen = 0

    def answer(self, text: str, sent_bytes: int, _key: str) -> bytes:
        events = text.count('"event":')
        self.requests += 1
        self.bytes += sent_bytes
        self.seen += events
        return json.dumps({"ok": True, "event_ids": ["evt_01a20797a22470009de16e17e1e04e65"] * events}).encode()


def served(answer: Answer) -> ThreadingHTTPServer:
    """Serve on a free port of loopback: `answer` takes a request's text, its bytes as sent, and its idempotency key."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet per answer

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            text = (gzip.decompress(body) if "Content-Encoding" in self.headers else body).decode()
            answered = answer(text, len(body), self.headers["Idempotency-Key"])
            self.send_response(200)
            self.send_header("Content-Length", str(len(answered)))
            self.end_headers()
            self.wfile.write(answered)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def variables() -> dict[str, str]:
    """Return the environment of a client's process."""
    return {**os.environ, "PYTHONPATH": str(ROOT / "clients" / "python" / "src")}


def measure(language: str, max_events: int, events: int) -> None:
    counted = _Counted()
    server = served(counted.answer)
    address = f"http://127.0.0.1:{server.server_address[1]}/e/env_1"
    asked = {
        "address": address,
        "events": events,
        "withinMs": SECONDS * 1_000,
        "options": {"max_events": max_events, "on_result": False},
    }
    before = os.times()
    done = subprocess.run(  # noqa: S603 - a command of ours
        [*COMMANDS[language], json.dumps(asked)],
        env=variables(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    after = os.times()
    server.shutdown()
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["counters"]["accepted"] == counted.seen == events, (said["counters"], counted.seen)
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    dollars = total("HTTP API", Traffic(300, round(events / counted.requests)))
    print(
        f"{language:11} {max_events:3} events per request: {counted.requests / events:5.3f} requests and"
        f" {counted.bytes / events:6.1f} bytes sent per event, {cpu / events * 1e6:6.1f} us of the client's CPU,"
        f" {said['rssMb']:4.0f} MB, {dollars:.2f} $ per {MILLION:,} events of 300 bytes",
        flush=True,
    )


def main() -> None:
    for language in COMMANDS:
        for max_events, events in EVENTS.items():
            measure(language, max_events, events)


if __name__ == "__main__":
    main()
