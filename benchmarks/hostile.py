"""Requests as an attacker or a broken client makes them: small on the wire, large or strange behind it."""

import gzip
import json
import random
from collections.abc import Callable
from typing import NamedTuple

MAX_WIRE_BYTES = 64 * 1024
MAX_DECODED_BYTES = 16 * 1024 * 1024
_JSON = "application/json"
_LINES = "application/x-ndjson"


class HostileRequest(NamedTuple):
    """A POST: its headers and body, how many events it means to carry, and the name of its shape."""

    headers: dict[str, str]
    body: bytes
    events: int
    shape: str


def hostile_request(chance: random.Random, *, most_events: int = 100) -> HostileRequest:
    """Return a request of at most 64 KiB on the wire, and at most 16 MiB behind it."""
    shape = chance.choice([*_SHAPES])
    make = _SHAPES[shape]
    packed = chance.random() < 0.5
    size = chance.choice([200, 2_000, 20_000] if not packed else [2_000, 200_000, 2_000_000, MAX_DECODED_BYTES])
    events = chance.choice([1, 1, most_events])
    each = max(20, size // events)
    way = chance.choice(["array", "lines"]) if events > 1 else "one"
    texts = [make(each, chance) for _ in range(min(events, 3))]
    chosen = [texts[index % len(texts)] for index in range(events)]
    body = b"[" + b",".join(chosen) + b"]" if way == "array" else b"\n".join(chosen)
    body = body[:MAX_DECODED_BYTES]
    headers = {"Content-Type": _LINES if way == "lines" else _JSON}
    if packed:
        body = gzip.compress(body, 6)
        headers["Content-Encoding"] = "gzip"
    if len(body) > MAX_WIRE_BYTES:
        body = body[:MAX_WIRE_BYTES]  # broken off, as by a connection that ended
    return HostileRequest(headers, body, events, f"{shape} {way}")


def prepared_requests(count: int) -> list[HostileRequest]:
    """Return the same hostile requests at every call; making a thousand takes half a minute of CPU."""
    chance = random.Random(1)
    return [hostile_request(chance) for _ in range(count)]


def _repeated(text: bytes, size: int) -> bytes:
    return text * max(1, size // len(text))


def _list_of(element: bytes) -> Callable[[int, random.Random], bytes]:
    def make(size: int, _chance: random.Random) -> bytes:
        return b'{"text":[' + b",".join([element] * max(1, size // (len(element) + 1))) + b"]}"

    return make


def _many_keys(size: int, chance: random.Random) -> bytes:
    count = max(1, size // 12)
    return json.dumps({f"k{chance.getrandbits(24)}": index for index in range(min(count, 200_000))}).encode()


def _same_key(size: int, _chance: random.Random) -> bytes:
    return b"{" + b",".join([b'"text":1'] * max(1, size // 9)) + b"}"


def _cut_off(size: int, chance: random.Random) -> bytes:
    whole = json.dumps({"sender": 1, "number": 2, "text": "x" * size}).encode()
    return whole[: chance.randint(1, len(whole) - 1)]


def _bytes(size: int, chance: random.Random) -> bytes:
    return chance.randbytes(min(size, 100_000))


_SHAPES: dict[str, Callable[[int, random.Random], bytes]] = {
    "nested arrays": lambda size, _: b"[" * (size // 2) + b"]" * (size // 2),
    "nested objects": lambda size, _: _repeated(b'{"text":', size) + b"1" + b"}" * max(1, size // 8),
    "empty objects": _list_of(b"{}"),
    "objects with an empty key": _list_of(b'{"":0}'),
    "numbers beyond all": _list_of(b"1e400"),
    "long numbers": lambda size, _: b'{"number":' + _repeated(b"9", size) + b"}",
    "NaN": _list_of(b"NaN"),
    "NUL": lambda size, _: b"\0" * size,
    "escaped controls": lambda size, _: b'{"text":"' + _repeated(b"\\u0000", size) + b'"}',
    "halves of characters": lambda size, _: b'{"text":"' + _repeated(b"\\ud800", size) + b'"}',
    "no UTF-8": lambda size, _: b'{"text":"' + b"\xff" * size + b'"}',
    "one long string": lambda size, _: b'{"sender":1,"number":2,"text":"' + b"x" * size + b'"}',
    "many keys": _many_keys,
    "the same key": _same_key,
    "commas": lambda size, _: b"[" + b"," * size + b"]",
    "spaces": lambda size, _: b" " * size + b"{}",
    "cut off": _cut_off,
    "bytes": _bytes,
}
