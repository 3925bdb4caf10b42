"""A receiver of webhooks on loopback: keeps what it gets, and answers as a test says."""

import socket
import ssl
import threading
from contextlib import contextmanager, suppress

OK = b"HTTP/1.1 204 No Content\r\n\r\n"


class Receiver:
    """Answers one request per connection with `answers`, the last of them again and again; None: it says nothing."""

    def __init__(self, context: ssl.SSLContext | None = None, *answers: bytes | None) -> None:
        self.requests: list[bytes] = []
        self.answers = list(answers) or [OK]
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/alerts?a=b"

    def close(self) -> None:
        self._ended.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with suppress(OSError), connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        if self._context is not None:
            connection = self._context.wrap_socket(connection, server_side=True)
        with connection:
            request = b""
            while b"\r\n\r\n" not in request:
                request += connection.recv(65_536)
            head, _, body = request.partition(b"\r\n\r\n")
            length = next(
                int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
            )
            while len(body) < length:
                body += connection.recv(65_536)
            self.requests.append(head + b"\r\n\r\n" + body)
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if answer is None:
                self._ended.wait(5)
            else:
                connection.sendall(answer)


@contextmanager
def receiving(*answers: bytes | None, context: ssl.SSLContext | None = None):
    receiver = Receiver(context, *answers)
    try:
        yield receiver
    finally:
        receiver.close()
