"""AWS's endpoints in a process of their own, over TLS: every put is taken at once, every item read from a file.

`python -m benchmarks.aws_stub FOLDER` reads `certificate.pem`, `key.pem`, `items.json` (attributes by partition key)
and `secrets.json` (texts by how names end) of the folder and prints the port on which it serves. It costs its callers
what AWS costs them: a TLS round trip and an answer with the headers that AWS sends.
"""

import json
import socket
import ssl
import sys
import threading
from pathlib import Path
from typing import Any

import orjson

_HEADERS = (
    "x-amzn-RequestId: f8f1a9a4-5d4d-4e5c-9a59-0a3f1f3c9f5b\r\n"
    "x-amz-id-2: 0wYHWkd0nDVl1WbYn5o3nQyqJq0u6p0m2mC1l2Rr0m1zq0aZ7w4gRzvVJpMZq1Yd8T2m\r\n"
    "Date: Wed, 25 Nov 2026 03:00:00 GMT\r\n"
    "Content-Type: application/x-amz-json-1.1\r\n"
)
_RECORD_ID = "PutRecordIdThatIsAsLongAsFirehoseWritesThem" * 4


class Stub:
    """Answers on as many connections as are opened."""

    def __init__(self, items: dict[str, Any], secrets: dict[str, str]) -> None:
        self._items = items
        self._secrets = secrets

    def serve(self, connection: ssl.SSLSocket) -> None:
        received = b""
        while True:
            while (end := received.find(b"\r\n\r\n")) < 0:
                more = connection.recv(65_536)
                if not more:
                    return
                received += more
            lines = received[:end].decode("latin-1").split("\r\n")[1:]
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            if "expect" in headers:
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            length = end + 4 + int(headers["content-length"])
            while len(received) < length:
                received += connection.recv(65_536)
            body, received = received[end + 4 : length], received[length:]
            answer = orjson.dumps(self._answer(headers["x-amz-target"].rpartition(".")[2], body))
            connection.sendall(f"HTTP/1.1 200 OK\r\n{_HEADERS}Content-Length: {len(answer)}\r\n\r\n".encode() + answer)

    def _answer(self, operation: str, body: bytes) -> dict[str, Any]:
        fields = orjson.loads(body)
        if operation == "PutRecordBatch":
            rows = [{"RecordId": _RECORD_ID} for _ in fields["Records"]]
            return {"Encrypted": False, "FailedPutCount": 0, "RequestResponses": rows}
        if operation == "PutRecord":
            return {"Encrypted": False, "RecordId": _RECORD_ID}
        if operation == "GetItem":
            item = self._items.get(fields["Key"]["pk"]["S"])
            return {} if item is None else {"Item": item}
        if operation == "GetSecretValue":
            found = (text for name, text in self._secrets.items() if fields["SecretId"].endswith(name))
            return {"SecretString": next(found, "s" * 32)}
        return {"Items": [], "Attributes": {}}


def main() -> None:
    folder = Path(sys.argv[1])
    stub = Stub(*(json.loads((folder / name).read_text()) for name in ("items.json", "secrets.json")))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            plain, _ = listener.accept()
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_serve, args=(stub, context, plain), daemon=True).start()


def _serve(stub: Stub, context: ssl.SSLContext, plain: socket.socket) -> None:
    with context.wrap_socket(plain, server_side=True) as connection:
        stub.serve(connection)


if __name__ == "__main__":
    main()
