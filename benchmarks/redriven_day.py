"""A day of refused events: grouped, fixed by a cloned revision, redriven through a kill -9, and accounted for.

`python -m benchmarks.redriven_day --events 50000` starts a local run of its own, and ends with status 1 if an event is
missing, stands in quarantine still, or was delivered under two ids.
"""

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from adapters.sqlite.database import Database
from adapters.sqlite.usage import SqliteUsage
from benchmarks.local_run import LocalRun
from local.api_client import ManagementClient
from local.delivered import delivered_events

BATCH_EVENTS = 500
WAIT_SECONDS = 240.0
NUMBER = {"key": "price", "type": "FLOAT"}
TEXT = {"key": "price", "type": "STRING"}


@dataclass(slots=True)
class RedrivenDay:
    """What became of the day."""

    events: int
    grouped: int
    objects: int
    sent_at_the_kill: int
    sent: int
    left: int
    missing: int
    delivered: int
    """Lines in delivered objects; more than distinct events where the kill had some sent twice under one id."""
    accepted: int
    counted_delivered: int
    redrive_seconds: float

    @property
    def holds(self) -> bool:
        return (
            self.grouped == self.sent == self.accepted == self.events
            and not self.left
            and not self.missing
            and self.delivered == self.counted_delivered
        )


def redriven_day(events: int, folder: Path) -> RedrivenDay:
    """Go through one such day on a local run in a folder."""
    with LocalRun(folder / "state") as run:
        with run.client() as api:
            made = api.make_environment("Redriven day", [NUMBER])
            sent_ids = _send_refused(made.address, events)
            quarantine = f"/v1/environments/{made.environment_id}/quarantine"
            _wait(lambda: api.call("GET", f"{quarantine}?samples=0")["events"] >= events)
            grouped = _count(api, quarantine)
            clone = api.call("POST", f"/v1/endpoints/{made.endpoint_id}/revisions", {"clone_of": made.revision_id})
            path = f"/v1/revisions/{clone['id']}"
            version = {"If-Match": f'"{clone["version"]}"'}
            api.call("PUT", f"{path}/fields", {"fields": [TEXT]}, headers=version)
            api.call("POST", f"{path}/finalise")
            began = time.monotonic()
            body = {"revision_id": clone["id"], "filter": {"code": "type_float", "pointer": "/price"}}
            redrive = api.call("POST", f"/v1/environments/{made.environment_id}/redrives", body)["id"]
            half = _wait(lambda: _at_half(api.call("GET", f"/v1/redrives/{redrive}")))
        run.kill()
        run.start()
        with run.client() as api:
            done = _wait(lambda: _ended(api.call("GET", f"/v1/redrives/{redrive}")))
            seconds = time.monotonic() - began
            left = api.call("GET", f"{quarantine}?samples=1")
        run.terminate()  # which delivers, and counts, all that is still on its way
        database = Database(run.state_dir / "state.db")
        totals = SqliteUsage(database).totals(made.environment_id)
        database.close()
        delivered = Counter(event["_event_id"] for event in delivered_events(run.state_dir, made.environment_id))
    return RedrivenDay(
        events,
        grouped,
        done["objects_total"],
        half["sent"],
        done["sent"],
        left["events"] + len(left["samples"]),
        len(sent_ids - delivered.keys()) + len(delivered.keys() - sent_ids),
        delivered.total(),
        totals.accepted,
        totals.delivered,
        seconds,
    )


def _send_refused(address: str, events: int) -> set[str]:
    ids: set[str] = set()
    with httpx.Client(timeout=30, trust_env=False) as client:
        for start in range(0, events, BATCH_EVENTS):
            batch = [{"price": f"{number / 100:.2f}"} for number in range(start, min(events, start + BATCH_EVENTS))]
            answer = client.post(address, content=json.dumps(batch), headers={"Content-Type": "application/json"})
            rows = answer.json()["results"]
            assert {row["outcome"] for row in rows} == {"quarantined"}
            ids.update(row["event_id"] for row in rows)
    return ids


def _count(api: ManagementClient, path: str) -> int:
    (group,) = api.call("GET", f"{path}?samples=0")["items"]
    assert (group["code"], group["pointer"]) == ("type_float", "/price")
    count: int = group["count"]
    return count


def _at_half(redrive: Mapping[str, Any]) -> Mapping[str, Any] | None:
    total = redrive["objects_total"]
    return redrive if total and redrive["objects_done"] * 2 >= total else None


def _ended(redrive: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return redrive if redrive["state"] not in {"queued", "running"} else None


def _wait(probe: Any) -> Any:
    deadline = time.monotonic() + WAIT_SECONDS
    while not (value := probe()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing came of it within {WAIT_SECONDS} s")
        time.sleep(0.05)
    return value


def report(day: RedrivenDay) -> str:
    """Return the account as lines for people."""
    rows = {
        "refused and grouped": f"{day.events:,} events, {day.grouped:,} in their group, {day.objects:,} objects",
        "sent when it was killed": f"{day.sent_at_the_kill:,}",
        "sent in the end": f"{day.sent:,}, in {day.redrive_seconds:.1f} s with the kill and the start",
        "left in quarantine": f"{day.left:,}",
        "missing": f"{day.missing:,}",
        "delivered lines": f"{day.delivered:,}, {day.delivered - day.events:,} of them a second time under their id",
        "ledger": f"{day.accepted:,} accepted, {day.counted_delivered:,} delivered",
    }
    return "\n".join(f"{name:<28}{value}" for name, value in rows.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=50_000)
    events = parser.parse_args().events
    with tempfile.TemporaryDirectory(prefix="redriven-") as folder:
        day = redriven_day(events, Path(folder))
    print(report(day))
    if not day.holds:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
