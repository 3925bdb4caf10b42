"""Send what nobody means to a local run for a while: `/v1` and ingest, bodies of at most 64 KiB.

It counts what must not be: an answer of 5xx, none at all, one above 500 KB, and memory that grows without an end.
Bodies of `/v1` are the examples of its own description with parts exchanged, and text that is no JSON at all.
"""

import argparse
import http.client
import json
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from benchmarks.hostile import MAX_WIRE_BYTES, hostile_request
from benchmarks.local_run import ROOT, LocalRun
from benchmarks.soak import SCHEMA
from local.api_client import ManagementClient

WORKERS = 4
MAX_ANSWER_BYTES = 500_000
ANSWER_SECONDS = 60.0
MAX_GROWTH = 1.5
"""How much more memory the second half may need than the first needed at its most."""
SPARED_BYTES = 64 * 1024 * 1024
_NOT_READY = frozenset({503})
_TEXTS = (
    "",
    "a",
    "\u0000",
    "\u202e",
    "../",
    "%00",
    "é" * 500,
    "x" * 20_000,
    "2026-11-28T12:00:00Z",
    "{}",
    "iet_x",
    "*@*",
)
_NUMBERS = (0, -1, 1, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**300, 0.1, 1e308, 100_000)


@dataclass(slots=True)
class Findings:
    """What came of the requests so far."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: list[tuple[float, str]] = field(default_factory=list)
    largest: int = 0
    memory: list[int] = field(default_factory=list)
    """Resident bytes of the run, one figure a second."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def growth(self) -> float:
        """Return the most memory of the second half, in relation to the most of the first."""
        half = len(self.memory) // 2
        first, second = max(self.memory[:half], default=1), max(self.memory[half:], default=1)
        return max(0, second - SPARED_BYTES) / first

    @property
    def holds(self) -> bool:
        return not self.faults and self.growth <= MAX_GROWTH and self.requests > 0


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of `/v1` and the bodies that its description gives as examples."""

    method: str
    path: str
    bodies: tuple[Any, ...]
    parameters: tuple[str, ...]


def operations_of(document: Mapping[str, Any]) -> list[Operation]:
    """Return the operations of an OpenAPI document, with the names of their query parameters."""
    found = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            contents = operation.get("requestBody", {}).get("content", {})
            bodies = tuple(content["example"] for content in contents.values() if "example" in content)
            query = tuple(row["name"] for row in operation.get("parameters", ()) if row["in"] == "query")
            found.append(Operation(method.upper(), path, bodies, query))
    return found


def fuzz(seconds: float, folder: Path) -> Findings:
    """Send requests to a run of its own for some seconds; return what was found."""
    findings = Findings()
    document = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
    with LocalRun(folder / "state", buffer_seconds=1) as run:
        with run.client() as client:
            address = client.make_environment("Fuzz", SCHEMA).address
            ids = _things(client)
        until = time.monotonic() + seconds
        fuzzers = [
            threading.Thread(target=_fuzz, args=(run, address, ids, operations_of(document), until, number, findings))
            for number in range(WORKERS)
        ]
        for fuzzer in fuzzers:
            fuzzer.start()
        while time.monotonic() < until and run.process.poll() is None:
            findings.memory.append(_resident_bytes(run.process.pid))
            time.sleep(1)
        for fuzzer in fuzzers:
            fuzzer.join()
        if run.process.poll() is not None:
            findings.faults.append(f"the run ended with {run.process.poll()}")
    return findings


def _things(client: ManagementClient) -> dict[str, str]:
    """Make one of each resource; return ids by the names of path parameters."""
    endpoint = client.call("POST", "/v1/endpoints", {"name": "Things"})
    path = f"/v1/endpoints/{endpoint['id']}"
    draft = client.call("POST", f"{path}/revisions", {"name": "Draft"})
    final = client.call("POST", f"{path}/revisions", {"samples": [{"price": 9.5}]})
    client.call("POST", f"/v1/revisions/{final['id']}/finalise")
    body = {"name": "Things", "revision_id": final["id"], "destination": {"type": "s3", "managed": True}}
    environment = client.call("POST", f"{path}/environments", body)
    dry_run = {"revision_id": final["id"], "dry_run": True}
    redrive = client.call("POST", f"/v1/environments/{environment['id']}/redrives", dry_run)
    return {
        "endpoint_id": endpoint["id"],
        "revision_id": draft["id"],
        "other_id": final["id"],
        "environment_id": environment["id"],
        "redrive_id": redrive["id"],
        "queue": "quarantine",
    }


def _fuzz(
    run: LocalRun,
    address: str,
    ids: Mapping[str, str],
    operations: list[Operation],
    until: float,
    number: int,
    findings: Findings,
) -> None:
    chance = random.Random(number)
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=ANSWER_SECONDS)
    while time.monotonic() < until:
        if chance.random() < 0.4:
            method, path, headers, body, label = _ingest_request(parts.path, chance)
        else:
            method, path, headers, body, label = _management_request(operations, ids, chance)
            headers["Authorization"] = f"Bearer {run.token}"
        began = time.monotonic()
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            status, size = answer.status, len(answer.read())
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            # The server may end a connection whose request it can't read; it must not hang.
            if isinstance(error, TimeoutError):
                _note(findings, label, 0, 0, time.monotonic() - began)
            continue
        _note(findings, label, status, size, time.monotonic() - began)
    connection.close()


def _note(findings: Findings, label: str, status: int, size: int, seconds: float) -> None:
    with findings.lock:
        findings.requests += 1
        findings.statuses[status] += 1
        findings.largest = max(findings.largest, size)
        findings.slowest = sorted([*findings.slowest, (seconds, label)], reverse=True)[:5]
        wrong = ""
        if status == 0:
            wrong = f"no answer within {ANSWER_SECONDS:.0f} s"
        elif status >= 500 and status not in _NOT_READY:
            wrong = f"answered {status}"
        elif size > MAX_ANSWER_BYTES and label != "GET /v1/openapi.json":
            wrong = f"an answer of {size:,} bytes"
        if wrong and len(findings.faults) < 50:
            findings.faults.append(f"{label}: {wrong}")


def _ingest_request(path: str, chance: random.Random) -> tuple[str, str, dict[str, str], bytes, str]:
    if chance.random() < 0.2:
        text = hostile_request(chance).body[: chance.choice([50, 2_000, 7_000])]
        return "GET", f"{path}?d={quote(text)}", {}, b"", "GET ingest"
    hostile = hostile_request(chance, most_events=1_000)
    headers = dict(hostile.headers)
    if chance.random() < 0.1:
        headers["Content-Type"] = chance.choice(["text/plain", "application/x-www-form-urlencoded", "image/png", "a"])
    if chance.random() < 0.1:
        headers["Idempotency-Key"] = chance.choice(["", "k" * 300, "order-1"])
    if chance.random() < 0.05:
        headers["Content-Encoding"] = chance.choice(["gzip", "deflate", "br", "gzip, gzip"])
    return "POST", path, headers, hostile.body, f"POST ingest ({hostile.shape})"


def _management_request(
    operations: list[Operation], ids: Mapping[str, str], chance: random.Random
) -> tuple[str, str, dict[str, str], bytes, str]:
    operation = chance.choice(operations)
    if operation.method == "DELETE" and chance.random() < 0.9:
        operation = chance.choice(operations)
    path = operation.path
    for name in ("endpoint_id", "revision_id", "other_id", "environment_id", "redrive_id", "queue"):
        path = path.replace(f"{{{name}}}", ids[name] if chance.random() < 0.95 else chance.choice(["x", "a" * 400]))
    while "{" in path:
        before, _, rest = path.partition("{")
        path = f"{before}none{rest.partition('}')[2]}"
    query = {name: chance.choice(_TEXTS)[:3_000] for name in operation.parameters if chance.random() < 0.3}
    if operation.method == "DELETE":
        query.pop("confirm", None)  # what all others need stays
    if query:
        path += f"?{urlencode(query)}"
    headers = {"Content-Type": "application/json"}
    if operation.method in {"PUT", "PATCH"} and chance.random() < 0.9:
        headers["If-Match"] = "*"
    label = f"{operation.method} {operation.path}"
    if not operation.bodies:
        return operation.method, path, headers, b"", label
    if chance.random() < 0.15:
        return operation.method, path, headers, hostile_request(chance).body, label
    body = _changed(chance.choice(operation.bodies), chance)
    return operation.method, path, headers, json.dumps(body).encode()[:MAX_WIRE_BYTES], label


def _changed(value: Any, chance: random.Random) -> Any:
    """Return a value with some of its parts exchanged, repeated or left out."""
    if isinstance(value, dict):
        changed = {
            (chance.choice(_TEXTS)[:200] if chance.random() < 0.02 else key): _changed(part, chance)
            for key, part in value.items()
            if chance.random() > 0.05
        }
        return changed if chance.random() > 0.03 else _hostile_value(chance)
    if isinstance(value, list):
        parts = [_changed(part, chance) for part in value]
        return parts * chance.choice([1, 1, 1, 1, 2, 50, 1_000]) if chance.random() > 0.03 else _hostile_value(chance)
    return value if chance.random() > 0.15 else _hostile_value(chance)


def _hostile_value(chance: random.Random) -> Any:
    match chance.randint(0, 7):
        case 0:
            return chance.choice(_TEXTS)
        case 1:
            return chance.choice(_NUMBERS)
        case 2:
            return None
        case 3:
            return [chance.choice(_TEXTS)] * chance.choice([0, 1, 300, 5_000])
        case 4:
            return {f"k{index}": index for index in range(chance.choice([0, 1, 300, 4_000]))}
        case 5:
            nested: Any = 1
            for _ in range(chance.choice([5, 70, 400])):
                nested = [nested] if chance.random() < 0.5 else {"a": nested}
            return nested
        case 6:
            return chance.choice([r"^\p{L}{0,900}$", "(a+)+$", "[" * 900, "a{1000}{1000}", "(?=x)", ".*" * 400])
        case _:
            return chance.choice([True, False])


def _resident_bytes(process_id: int) -> int:
    """Return how much memory a process and its children hold; 0 where the system does not tell."""
    rows = [_status_rows(path) for path in Path("/proc").glob("[0-9]*/status")]
    return sum(
        int(row.get("VmRSS", "0 kB").split()[0]) * 1024
        for row in rows
        if str(process_id) in {row.get("Pid"), row.get("PPid")}
    )


def _status_rows(path: Path) -> dict[str, str]:
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:  # it has ended meanwhile
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in text.splitlines())}


def report(findings: Findings) -> str:
    """Return the findings as lines for people."""
    most = max(findings.memory, default=0) / 2**20
    rows = {
        "requests": f"{findings.requests:,}",
        "answers": ", ".join(f"{count:,} x {status}" for status, count in sorted(findings.statuses.items())),
        "largest answer": f"{findings.largest:,} bytes",
        "most memory": f"{most:,.0f} MiB, second half to first {findings.growth:.2f}",
        "slowest": "; ".join(f"{seconds:.1f} s {label}" for seconds, label in findings.slowest),
        "faults": f"{len(findings.faults)}",
    }
    lines = [f"{name:<32}{value}" for name, value in rows.items()]
    return "\n".join([*lines, *(f"  {fault}" for fault in sorted(set(findings.faults)))])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3_600.0, help="how long requests are sent")
    seconds = parser.parse_args().seconds
    print(f"Fuzzing a local run for {seconds:,.0f} s ...", flush=True)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        findings = fuzz(seconds, Path(folder))
    print(report(findings))
    if not findings.holds:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
