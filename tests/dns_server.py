"""A name server on the loopback, as a resolver that follows aliases: what it answers, a test decides."""

import socketserver
import struct
import threading
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

TTL = 60
_MOST_ALIASES = 20


class Records:
    """What the server knows: texts and aliases by name; names that fail, are silent, or answer with rubbish."""

    def __init__(self):
        self.texts: dict[str, list[list[bytes]]] = {}
        self.aliases: dict[str, str] = {}
        self.failing: set[str] = set()
        self.silent: set[str] = set()
        self.rubbish: set[str] = set()
        self.by_tcp: list[str] = []

    def answer(self, wire: bytes, *, tcp: bool) -> bytes | None:
        query = dns.message.from_wire(wire)
        name = query.question[0].name.to_text().lower().rstrip(".")
        if tcp:
            self.by_tcp.append(name)
        if name in self.silent:
            return None
        if name in self.rubbish:
            return wire[:2] + b"\xff" * 9
        answer = dns.message.make_response(query, recursion_available=True)
        if name in self.failing:
            answer.set_rcode(dns.rcode.SERVFAIL)
            return answer.to_wire()
        for _ in range(_MOST_ALIASES):
            if name not in self.aliases:
                break
            target = self.aliases[name]
            answer.answer.append(dns.rrset.from_text(f"{name}.", TTL, "IN", "CNAME", f"{target}."))
            name = target
        if name in self.texts:
            quoted = [" ".join(f'"{_escaped(part)}"' for part in strings) for strings in self.texts[name]]
            if quoted:
                answer.answer.append(dns.rrset.from_text_list(f"{name}.", TTL, "IN", "TXT", quoted))
        elif name not in self.aliases:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        found = answer.to_wire(max_size=65_535)
        if not tcp and len(found) > max(512, query.payload):
            short = dns.message.make_response(query, recursion_available=True)
            short.flags |= dns.flags.TC
            found = short.to_wire()
        return found


def _escaped(part: bytes) -> str:
    return "".join(f"\\{byte:03d}" for byte in part)


@contextmanager
def dns_server():
    """Give what the server knows, and its port, for UDP and TCP alike."""
    records = Records()

    class Datagrams(socketserver.BaseRequestHandler):
        def handle(self):
            data, sock = self.request
            answer = records.answer(data, tcp=False)
            if answer is not None:
                sock.sendto(answer, self.client_address)

    class Streams(socketserver.StreamRequestHandler):
        def handle(self):
            (length,) = struct.unpack("!H", self.rfile.read(2))
            answer = records.answer(self.rfile.read(length), tcp=True)
            if answer is not None:
                self.wfile.write(struct.pack("!H", len(answer)) + answer)

    class Threads(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    streams = Threads(("127.0.0.1", 0), Streams)
    port = streams.server_address[1]
    datagrams = socketserver.ThreadingUDPServer(("127.0.0.1", port), Datagrams)
    for server in (streams, datagrams):
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield records, port
    finally:
        for server in (streams, datagrams):
            server.shutdown()
            server.server_close()
