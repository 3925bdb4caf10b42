"""Stands between an SDK and the local run, and does once what networks and servers do."""

import http.client
import json
import ssl
import threading
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from domain.problems import problem_document
from domain.protocols.shared.loading import protocol_named
from domain.protocols.shared.shape import Ending, Reply, Result
from schemas.codes import Problem

_OF_THE_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}
_UPSTREAM_SECONDS = 20.0


class Fault(Enum):
    """What happens to the first request that carries events."""

    NONE = "passes on"
    UNAVAILABLE = "503 once"
    LOST = "answer lost once"


class FaultyProxy:
    """Listens on a port of loopback; every request goes to the run, but for the one fault.

    `statuses` are those of requests with events, in order, as the sender saw them; None for a lost answer. `protocol`
    is the one that a 503 is said in.
    `domain` takes the place of the Host. With `tls` it speaks HTTPS to the sender.
    """

    def __init__(
        self,
        upstream_port: int,
        fault: Fault,
        protocol: str,
        domain: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.statuses: list[int | None] = []
        self._upstream_port = upstream_port
        self._fault = fault
        self._protocol = protocol_named(protocol)
        self._domain = domain
        self._lock = threading.Lock()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                proxy._pass_on(self)

            do_GET = do_HEAD = do_OPTIONS = do_POST  # noqa: N815 - the server's names

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_args: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        body = _body(handler)
        carries_events = _carries_events(handler.command, handler.path)
        fault = self._due() if carries_events else Fault.NONE
        if fault is Fault.UNAVAILABLE:
            self.statuses.append(503)
            reply = self._unavailable(handler.path)
            body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            headers = [("Content-Type", reply.content_type or "application/json"), ("Retry-After", "1")]
            _answer(handler, reply.status, [*headers, *_cors(handler.headers.get("Origin"))], body)
            return
        upstream = http.client.HTTPConnection("127.0.0.1", self._upstream_port, timeout=_UPSTREAM_SECONDS)
        try:
            headers = {name: value for name, value in handler.headers.items() if name.lower() not in _OF_THE_HOP}
            if self._domain is not None:
                headers = {name: value for name, value in headers.items() if name.lower() != "host"}
                headers["Host"] = self._domain
            upstream.request(handler.command, handler.path, body=body or None, headers=headers)
            answer = upstream.getresponse()
            answered = answer.read()
        finally:
            upstream.close()
        if fault is Fault.LOST:
            self.statuses.append(None)
            handler.close_connection = True
            return
        if carries_events:
            self.statuses.append(answer.status)
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in _OF_THE_HOP]
        _answer(handler, answer.status, kept, answered)

    def _unavailable(self, path: str) -> Reply:
        """Return what ingest answers where nothing of a request is durable."""
        native = problem_document(Problem.UNDELIVERABLE, "Nothing was taken. Send the request again.", "req_1")
        query = dict(parse_qsl(urlsplit(path).query))
        route = urlsplit(path).path.rstrip("/")
        result = Result(
            Ending.NOT_DURABLE, 503, Problem.UNDELIVERABLE, native, (), None, None, 0, "req_1", query, route
        )
        return self._protocol.answer(result)

    def _due(self) -> Fault:
        with self._lock:
            fault, self._fault = self._fault, Fault.NONE
        return fault


def _carries_events(method: str, path: str) -> bool:
    """Say whether a request is none of those by which SDKs ask for their configuration."""
    if method == "POST":
        return not path.partition("?")[0].endswith(("/flags", "/flags/", "/decide", "/decide/"))
    return method == "GET" and ("data=" in path or "/i?" in path)


def _cors(origin: str | None) -> list[tuple[str, str]]:
    if origin is None:
        return []
    return [("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true")]


def _answer(handler: BaseHTTPRequestHandler, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    handler.send_response(status)
    for name, value in headers:
        handler.send_header(name, value)
    if status != 204:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)


def _body(handler: BaseHTTPRequestHandler) -> bytes:
    if "chunked" not in handler.headers.get("Transfer-Encoding", "").lower():
        return handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
    parts = []
    while size := int(handler.rfile.readline().partition(b";")[0], 16):
        parts.append(handler.rfile.read(size))
        handler.rfile.readline()
    while handler.rfile.readline().strip():
        pass
    return b"".join(parts)
