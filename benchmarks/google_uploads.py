"""A server that takes uploads of load jobs as BigQuery does, and forgets them: `python -m benchmarks.google_uploads`.

A process of its own, so that what it takes counts for nobody who measures. It prints its port, and ends with its input.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_READ_BYTES = 64 * 1024
_JOB = {
    "jobReference": {"projectId": "p", "jobId": "j", "location": "EU"},
    "configuration": {"load": {}},
    "status": {"state": "DONE"},
}


@contextmanager
def running() -> Iterator[str]:
    """Yield the host and port of one that runs."""
    arguments = [sys.executable, "-m", "benchmarks.google_uploads"]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdin is not None
        assert process.stdout is not None
        yield f"127.0.0.1:{int(process.stdout.readline())}"
        process.stdin.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self._pass_over()
        self._answer(200, {"Location": f"http://{self.headers['Host']}/upload"}, b"")

    def do_PUT(self) -> None:
        self._pass_over()
        span = self.headers["Content-Range"]  # bytes 0-4194303/*
        if span.endswith("/*"):
            self._answer(308, {"Range": f"bytes=0-{span.partition('-')[2].partition('/')[0]}"}, b"")
        else:
            self._answer(200, {"Content-Type": "application/json"}, json.dumps(_JOB).encode())

    def _pass_over(self) -> None:
        left = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read(min(left, _READ_BYTES)))

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
    server.shutdown()
