"""A target of `http` destinations and of alerts on loopback, which fails in every way that a test asks for."""

import socket
import threading
from contextlib import contextmanager, suppress
from typing import NamedTuple

OK = b"HTTP/1.1 204 No Content\r\n\r\n"


def answer(status, body=b"", *headers):
    """Return an answer as bytes; `headers` as lines."""
    head = "".join(f"{line}\r\n" for line in (f"Content-Length: {len(body)}", *headers))
    return f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + body


def listing(body, status=207):
    return answer(status, body, "Content-Type: application/json")


class Request(NamedTuple):
    target: str
    headers: dict
    body: bytes


class WebTarget:
    """Answers one request per connection with `answers`, the last of them again and again.

    An answer is bytes, None (it says nothing), a list of bytes that are sent with pauses, or a function of the request
    that returns one of these.
    """

    def __init__(self, *answers, context=None):
        self.requests = []
        self.answers = list(answers) or [OK]
        self._context = context
        self._ended = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/events?a=b"

    def close(self):
        self._ended.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve_one, args=(connection,), daemon=True).start()

    def _serve_one(self, connection):
        with suppress(OSError, ValueError), connection:
            connection.settimeout(10)
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection:
                self._answer(connection)

    def _answer(self, connection):
        stream = connection.makefile("rb")
        first = stream.readline().decode()
        headers = {}
        while line := stream.readline().strip().decode():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        request = Request(first.split(" ")[1], headers, stream.read(int(headers["content-length"])))
        self.requests.append(request)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        found = found(request) if callable(found) else found
        if found is None:
            self._ended.wait(10)
        for part in [found] if isinstance(found, bytes) else found or ():
            connection.sendall(part)
            if not isinstance(found, bytes) and self._ended.wait(0.05):
                return


@contextmanager
def target_answering(*answers, context=None):
    target = WebTarget(*answers, context=context)
    try:
        yield target
    finally:
        target.close()
