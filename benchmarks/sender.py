"""A process that sends one request over and over on kept connections, as cheaply as Python can.

`python -m benchmarks.sender PORT CONNECTIONS SECONDS PATH BODY_FILE` prints what it saw as JSON. On each connection one
request is under way at a time.
"""

import json
import selectors
import socket
import sys
import time
from pathlib import Path

_PART = 64 * 1024
WARM_SECONDS = 0.5
"""What is sent first is not counted."""


def send(port: int, connections: int, seconds: float, request: bytes) -> dict[str, object]:
    """Send for so many seconds; return how many answers came, how many were not 200, and what was timed."""
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        opened = socket.create_connection(("127.0.0.1", port))
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.setblocking(True)
        selector.register(opened, selectors.EVENT_READ, [opened, 0.0, b""])
    clock = time.perf_counter
    started = clock() + WARM_SECONDS
    until = started + seconds
    latencies: list[float] = []
    refused = answers = 0
    for key in selector.get_map().values():
        key.data[1] = clock()
        key.data[0].sendall(request)
    now = clock()
    while now < until:
        for key, _ in selector.select(1.0):
            connection, sent_at, before = data = key.data
            received = before + connection.recv(_PART)
            if not _is_whole(received):
                data[2] = received
                continue
            now = clock()
            answers += 1
            if sent_at >= started:
                latencies.append(now - sent_at)
                refused += not received.startswith(b"HTTP/1.1 200")
            data[1], data[2] = now, b""
            connection.sendall(request)
        now = clock()
    return {"seconds": seconds, "refused": refused, "answers": answers, "latencies": latencies}


def _is_whole(received: bytes) -> bool:
    end = received.find(b"\r\n\r\n")
    if end < 0:
        if not received:
            raise ConnectionError("the server closed a connection")
        return False
    head = received[:end].lower()
    at = head.find(b"\r\ncontent-length:")
    length = 0 if at < 0 else int(head[at + 17 :].partition(b"\r\n")[0])
    return len(received) >= end + 4 + length


def main() -> None:
    port, connections, seconds, path, body_file = sys.argv[1:]
    body = Path(body_file).read_bytes()
    head = f"Host: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    request = f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body
    if not body:
        request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    json.dump(send(int(port), int(connections), float(seconds), request), sys.stdout)


if __name__ == "__main__":
    main()
