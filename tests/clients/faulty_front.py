"""Stands between a client and a local run, and goes wrong as networks and servers do, by a plan."""

import http.client
import json
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

UPSTREAM_SECONDS = 20.0
_PASSED_ON = ("Content-Type", "Content-Encoding", "Idempotency-Key")


class FaultyFront:
    """Answers the n-th request as `plan(n)` says; None passes it on.

    A plan returns `lost` (passed on, the answer is not), `slow` (passed on, answered late), `cut` (not passed on), a
    number (that status, as a problem), or a function from what the run answered to what is answered instead. `keys` are
    those of the requests, in order.
    """

    def __init__(self, port, plan, slow_seconds=1.5):
        self.plan = plan
        self.keys = []
        self._upstream_port = port
        self._slow_seconds = slow_seconds
        front = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                front.answer(self)

            def log_message(self, *_args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_args):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, handler):
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        self.keys.append(handler.headers["Idempotency-Key"])
        fault = self.plan(len(self.keys) - 1)
        if fault == "cut":
            handler.close_connection = True
            return
        if isinstance(fault, int):
            said = {"type": "about:blank", "code": "tried", "message": "As planned.", "status": fault}
            self._say(handler, fault, json.dumps(said).encode())
            return
        try:
            status, answered = self._passed_on(handler, body)
        except OSError:
            handler.close_connection = True  # the run is down
            return
        if fault == "lost":
            handler.close_connection = True
            return
        if fault == "slow":
            time.sleep(self._slow_seconds)
        elif fault is not None:
            status, answered = fault(status, answered)
        self._say(handler, status, answered)

    def _passed_on(self, handler, body):
        upstream = http.client.HTTPConnection("127.0.0.1", self._upstream_port, timeout=UPSTREAM_SECONDS)
        headers = {name: handler.headers[name] for name in _PASSED_ON if name in handler.headers}
        try:
            upstream.request("POST", handler.path, body, headers)
            answer = upstream.getresponse()
            return answer.status, answer.read()
        finally:
            upstream.close()

    @staticmethod
    def _say(handler, status, body):
        with suppress(BrokenPipeError, ConnectionResetError):  # a client that waits no longer
            handler.send_response(status)
            handler.send_header("Content-Type", "application/json")
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
