"""Load a local run, kill a worker of it, kill it whole, start it again, end it, and account for all it acknowledged.

Every sender remembers the ids that its answers called accepted or quarantined. At the end each of them must stand in
the delivered objects, and none twice. With `--hostile N` a further process sends N events of hostile shapes, in turns.
The honest senders go on until the last of them is answered; what they notice is the ratio of their latencies in hostile
turns and between them.
"""

import argparse
import contextlib
import http.client
import json
import os
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.attacker import Attacker, Told, is_hostile, is_quiet
from benchmarks.local_run import LocalRun
from local.delivered import object_files, quarantine_files, stored_rows

SENDERS = 8
WORKERS = 2
BATCH_EVENTS = 20
RECONNECT_SECONDS = 0.05
SHARES = (0.5, 0.99)
LONGEST = 10  # a course ends after so many times its seconds, whatever hostile events are left

SCHEMA: list[dict[str, Any]] = [
    {"key": "sender", "type": "INT"},
    {"key": "number", "type": "INT", "rules": [{"rule": "min_value", "value": 0}]},
    {"key": "text", "type": "STRING", "presence": "optional"},
    {"key": "price", "type": "FLOAT", "presence": "default", "default": 1.5},
]


@dataclass(slots=True)
class Account:
    """What the soak saw; ids of events by what the answers, and then the objects, said of them."""

    accepted: list[str] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    requests: int = 0
    broken: int = 0
    unexpected: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    """Latencies of honest requests in turns of the attack; `latencies` has the others."""
    load_seconds: float = 0.0
    down_seconds: float = 0.0
    stop_seconds: float = 0.0
    stop_status: int | None = None
    delivered: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    hostile_events: int = 0
    hostile_answers: Counter[int] = field(default_factory=Counter)
    hostile_broken: int = 0
    hostile_seconds: float = 0.0

    @property
    def acknowledged(self) -> int:
        return len(self.accepted) + len(self.quarantined)

    @property
    def missing(self) -> int:
        return len(set(self.accepted) - self.delivered.keys()) + len(set(self.quarantined) - self.kept.keys())

    @property
    def duplicates(self) -> int:
        """Accepted events that were delivered again; quarantine may repeat one after a crash, under its own id."""
        return sum(count - 1 for count in self.delivered.values())

    @property
    def holds(self) -> bool:
        """Whether every promise was kept, and something was there to keep."""
        return (
            self.missing == 0
            and self.duplicates == 0
            and not self.unexpected
            and not any(status >= 500 for status in self.hostile_answers)
            and self.stop_status == 0
            and bool(self.accepted)
            and bool(self.quarantined)
        )


def soak(seconds: float, folder: Path, *, attacker: Attacker | None = None, hostile: int = 0) -> Account:
    """Run the whole course with its state in `folder`, and with so many hostile events; return the account."""
    account = Account()
    with LocalRun(folder / "state", buffer_seconds=1, workers=WORKERS) as run:
        with run.client() as management:
            made = management.make_environment("Soak", SCHEMA)
        until = time.monotonic() + seconds
        started = time.monotonic()
        accounts = [Account() for _ in range(SENDERS)]
        attack: Future[Told] | None = None
        if attacker is not None:
            attack = attacker.attack(made.address, hostile, started, seconds, seconds * LONGEST)

        def goes_on() -> bool:
            return time.monotonic() < until or (attack is not None and not attack.done())

        def note_latency(account: Account, began: float) -> None:
            if attack is None or is_quiet(began - started):
                account.latencies.append(time.monotonic() - began)
            elif is_hostile(began - started):
                account.beside.append(time.monotonic() - began)

        senders = [
            threading.Thread(target=_send, args=(made.address, number, goes_on, note_latency, accounts[number]))
            for number in range(SENDERS)
        ]
        for sender in senders:
            sender.start()
        time.sleep(seconds / 4)
        os.kill(run.worker_ids[0], signal.SIGKILL)
        time.sleep(seconds / 4)
        killed = time.monotonic()
        run.kill()
        run.start()
        account.down_seconds = time.monotonic() - killed
        for sender in senders:
            sender.join()
        account.load_seconds = time.monotonic() - started
        stopped = time.monotonic()
        account.stop_status = run.terminate()
        account.stop_seconds = time.monotonic() - stopped
        for part in accounts:
            _add(account, part)
        if attack is not None:
            _add_told(account, attack.result())
        account.delivered.update(
            row["_event_id"] for row in stored_rows(object_files(run.state_dir, made.environment_id))
        )
        account.kept.update(
            row["event_id"] for row in stored_rows(quarantine_files(run.state_dir, made.environment_id))
        )
    return account


def _send(
    address: str,
    sender: int,
    goes_on: Callable[[], bool],
    note_latency: Callable[[Account, float], None],
    account: Account,
) -> None:
    """Send single events and batches one after the other as long as that goes on."""
    parts = urlsplit(address)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    number = 0
    while goes_on():
        number += 1
        body = json.dumps(_payload(sender, number))
        began = time.monotonic()
        try:
            connection.request("POST", parts.path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            status, text = answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            # The answer was lost: its events may be delivered or not, and nobody was promised anything.
            connection.close()
            account.broken += 1
            time.sleep(RECONNECT_SECONDS)
            continue
        note_latency(account, began)
        account.requests += 1
        _note(status, json.loads(text), account)
    connection.close()


def _payload(sender: int, number: int) -> object:
    if number % 4:
        return _event(sender, number)
    return [_event(sender, number * BATCH_EVENTS + index) for index in range(BATCH_EVENTS)]


def _event(sender: int, number: int) -> dict[str, Any]:
    wrong = number % 50 == 0
    return {"sender": sender, "number": -1 if wrong else number, "text": "x" * (number % 300)}


def _note(status: int, document: dict[str, Any], account: Account) -> None:
    if status not in {200, 400}:
        account.unexpected[status] += 1
        return
    for row in document.get("results", ()):
        if row["outcome"] == "accepted":
            account.accepted.append(row["event_id"])
        elif row["outcome"] == "quarantined":
            account.quarantined.append(row["event_id"])
        else:
            account.unexpected[status] += 1
    if "results" not in document:
        account.accepted += document.get("event_ids", ())


def _add(account: Account, part: Account) -> None:
    account.accepted += part.accepted
    account.quarantined += part.quarantined
    account.requests += part.requests
    account.broken += part.broken
    account.unexpected += part.unexpected
    account.latencies += part.latencies
    account.beside += part.beside


def _add_told(account: Account, told: Told) -> None:
    account.accepted += told.accepted
    account.quarantined += told.quarantined
    account.hostile_events += told.events
    account.hostile_answers += told.answers
    account.hostile_seconds = told.seconds
    account.hostile_broken = told.broken


def _latency(latencies: list[float], share: float) -> float:
    """Return the latency in seconds that this share of the requests kept below."""
    ordered = sorted(latencies) or [0.0]
    return ordered[int((len(ordered) - 1) * share)]


def _in_words(latencies: list[float]) -> str:
    return " / ".join(f"{_latency(latencies, share) * 1000:.1f} ms" for share in SHARES)


def report(account: Account) -> str:
    """Return the account as lines for people."""
    rows = {
        "requests answered": f"{account.requests:,}",
        "requests per second": f"{account.requests / max(0.001, account.load_seconds - account.down_seconds):,.0f}",
        "latency p50 / p99": _in_words(account.latencies),
        "connections broken by the kills": f"{account.broken:,}",
        "down after the kill": f"{account.down_seconds:.1f} s",
        "SIGTERM to the end": f"{account.stop_seconds:.1f} s, status {account.stop_status}",
        "acknowledged events": f"{account.acknowledged:,} ({len(account.quarantined):,} of them quarantined)",
        "delivered events": f"{account.delivered.total():,}, and {account.kept.total():,} in quarantine",
        "missing": f"{account.missing:,}",
        "duplicates": f"{account.duplicates:,}",
    }
    if account.hostile_events:
        rows["beside hostile events"] = _in_words(account.beside)
        rows["beside them, to without"] = " / ".join(
            f"{_latency(account.beside, share) / max(1e-9, _latency(account.latencies, share)):.2f}" for share in SHARES
        )
        rows["hostile events"] = f"{account.hostile_events:,} in turns of {account.hostile_seconds:.0f} s together"
        rows["answers to them"] = ", ".join(
            f"{count:,} x {status}" for status, count in sorted(account.hostile_answers.items())
        )
        rows["without an answer"] = f"{account.hostile_broken:,}"
    if account.unexpected:
        rows["unexpected answers"] = ", ".join(f"{count} x {status}" for status, count in account.unexpected.items())
    return "\n".join(f"{name:<32}{value}" for name, value in rows.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the load lasts")
    parser.add_argument("--hostile", type=int, default=0, help="so many events of hostile shapes beside it, in turns")
    arguments = parser.parse_args()
    with contextlib.ExitStack() as held:
        attacker = held.enter_context(Attacker()) if arguments.hostile else None
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        beside = f", beside {arguments.hostile:,} hostile events" if attacker else ""
        print(
            f"Loading a local run for {arguments.seconds:.0f} s{beside}, with a kill -9 of a worker and of all ...",
            flush=True,
        )
        account = soak(arguments.seconds, folder, attacker=attacker, hostile=arguments.hostile)
    print(report(account))
    if not account.holds:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
