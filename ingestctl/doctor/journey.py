"""The way of an event through a deployment, from nothing to an address that is gone, over HTTPS alone.

What it makes carries a name of its own and is deleted at the end, also when something fails on the way.
"""

import gzip
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import uuid4

import httpx

from ingestctl.client import Api, path_of
from ingestctl.doctor.answers import document_of, kind_of, sums_of
from ingestctl.doctor.doors import Door, Sender
from ingestctl.doctor.examination import Check, CheckFailed, CheckSkipped, Examination
from ingestctl.doctor.tried import FRESH_SECONDS, Sent, Tried
from ingestctl.output import counted

NAME_PREFIX = "Verification "
SETTLE_SECONDS = 180.0
ARRIVE_SECONDS = 300.0
COUNT_SECONDS = 120.0
MANAGED: Mapping[str, Any] = {"type": "s3", "managed": True}
JSON = {"Content-Type": "application/json"}
_MAPS: Sequence[Mapping[str, Any]] = (
    {"key": "event", "type": "STRING", "rules": [{"rule": "one_of", "value": ["view", "purchase"]}]},
    {"key": "step", "type": "STRING"},
)


class Journey:
    """Goes the way step by step; `checks` gives the steps, `clean_up` takes away what they made."""

    def __init__(self, api: Api, sender: Sender, examination: Examination, tried: Tried) -> None:
        """Take the API as someone who may create and delete endpoints, and a sender for the ingest addresses."""
        self.api = api
        self.sender = sender
        self.examination = examination
        self._tried = tried
        self._endpoint_name = NAME_PREFIX + time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
        self._endpoint: dict[str, Any] | None = None
        self._environment: dict[str, Any] = {}
        self._revisions: list[str] = []
        self._doors: list[Door] = []
        self.sent = Sent()

    @property
    def environment_id(self) -> str:
        """The environment that events are sent to; known once it was made."""
        found: str = self._environment["id"]
        return found

    def checks(self) -> list[Check]:
        """Return the steps that lead an event in and to its store."""
        made = ("environment",)
        return [
            Check("api", "The management API answers and knows the token.", self._ask_api),
            Check("unauthenticated", "Without a token `/v1` answers 401.", self._ask_without_token, ("api",)),
            Check("revision", "An endpoint and two finalised revisions are made.", self._make_revisions, ("api",)),
            Check("environment", "An environment is provisioned.", self._make_environment, ("revision",)),
            Check("post", "A JSON event is accepted by every front door.", self._post, made),
            Check("pixel", "A GET with an event answers with a picture, and is accepted.", self._pixel, made),
            Check("batch", "A batch tells the outcome of each event, in order.", self._batch, made),
            Check("lines", "NDJSON is accepted.", self._lines, made),
            Check("gzip-json", "JSON with `Content-Encoding: gzip` gets through every front door.", self._gzip, made),
            Check("large", "A body of 900 KB gets through every front door.", self._large, made),
            Check("preflight", "A preflight is answered with what a page may send.", self._preflight, made),
            Check("repeated", "One Idempotency-Key: the same event keeps its id.", self._repeat, made),
            Check("doubled", "A parameter that must stand once and stands twice is refused.", self._double, made),
            Check("freshness", "A deployment and a roll-back are in force within 5 s.", self._deploy, made),
            Check("quarantine", "An invalid event is kept, with its faults.", self._quarantine, ("batch",)),
            Check("redrive", "A quarantined event is sent again under a revision that it fits.", self._redrive,
                  ("quarantine", "freshness")),
            Check("delivered", "Every event that was accepted is counted as delivered.", self._arrive, ("post",)),
            Check("usage", "What was answered is counted.", self._count, ("post",)),
            Check("ledger", "Accepted is delivered, repeated, in flight or set aside.", self._balance, ("usage",)),
        ]  # fmt: skip

    def clean_up(self) -> list[Check]:
        """Return the steps that take away what was made, and see that it is gone."""
        return [Check("deleted", "A deleted endpoint's address answers 410; nothing is left.", self._delete)]

    # ---- what the steps do

    def _ask_api(self) -> str:
        me = self.api.get("/v1/me")
        role = me["role"]
        if role not in {"admin", "owner"}:
            raise CheckFailed(f"The token's role is {role}.", "Use a token of an admin: it deletes what it made.")
        return f"{self.api.address} knows a token with the role {role}."

    def _ask_without_token(self) -> str:
        door = Door("management", self.api.address)
        answer = self.sender.send(door, "GET", "/v1/me")
        if answer.status_code != httpx.codes.UNAUTHORIZED:
            raise CheckFailed(f"It answered {answer.status_code}.", "Look at the authorizer's log.")
        return "401, as it should be."

    def _make_revisions(self) -> str:
        self._endpoint = self.api.post("/v1/endpoints", {"name": self._endpoint_name})
        path = path_of("endpoints", self._endpoint["id"], "revisions")
        for name, price in (("Price as text", "STRING"), ("Price as number", "FLOAT")):
            made = self.api.post(path, {"name": name})
            maps = [*_MAPS, {"key": "price", "type": price, "presence": "optional"}]
            found = path_of("revisions", made["id"])
            self.api.put(f"{found}/fields", {"fields": maps}, version=made["version"])
            self.api.post(f"{found}/finalise")
            self._revisions.append(made["id"])
        return f"{self._endpoint_name} has revisions of its own."

    def _make_environment(self) -> str:
        started = self.examination.clock.now()
        self._environment = self.new_environment("Verified", MANAGED)
        seconds = self.examination.clock.now() - started
        address: str = self._environment["address"]
        base = address.removesuffix(f"/e/{self.environment_id}")
        self._doors = [Door("address", base), *self._tried.doors]
        return f"Active after {seconds:.0f} s at {address}."

    def new_environment(self, name: str, destination: Mapping[str, Any]) -> dict[str, Any]:
        """Make an environment that runs the first revision, and return it once it is active."""
        assert self._endpoint is not None
        body = {"name": name, "revision_id": self._revisions[0], "destination": destination, "buffer_seconds": 5}
        made = self.api.post(path_of("endpoints", self._endpoint["id"], "environments"), body)
        path = path_of("environments", made["id"])
        settled = self._wait(lambda: _settled(self.api.get(path)), SETTLE_SECONDS)
        if settled is None:
            raise CheckFailed(f"It is still being provisioned after {SETTLE_SECONDS:.0f} s.", _PROVISIONER)
        if settled["status"] != "active":
            raise CheckFailed(f"It failed: {settled['status_reason']}", _PROVISIONER)
        found: dict[str, Any] = settled
        return found

    def _post(self) -> str:
        for door in self._doors:
            answer = self._first_answer(door)
            self.accept(answer, door, 1)
            if "X-Revision-Id" not in answer.headers or "X-Request-Id" not in answer.headers:
                raise CheckFailed(f"{door.name}: X-Revision-Id and X-Request-Id are missing.")
        return f"Accepted by {', '.join(door.name for door in self._doors)}."

    def _first_answer(self, door: Door) -> httpx.Response:
        """Send an event; again for some seconds while the environment is not known to every handler yet."""
        event = event_of("post")

        def ask() -> httpx.Response | None:
            answer = self._send(door, "POST", content=event, headers=JSON)
            return None if answer.status_code in {404, 503} else answer

        found: httpx.Response | None = self._wait(ask, 2 * FRESH_SECONDS)
        return found or self._send(door, "POST", content=event, headers=JSON)

    def _pixel(self) -> str:
        for door in self._doors:
            text = urlsafe_b64encode(event_of("pixel")).rstrip(b"=").decode()
            answer = self._send(door, "GET", query=[("d", text)], headers={"Accept": "image/*"})
            told = answer.headers.get("X-Ingest-Outcome")
            if answer.status_code != 200 or told != "accepted" or not answer.content.startswith(b"GIF89a"):
                raise CheckFailed(f"{door.name}: {answer.status_code}, X-Ingest-Outcome {told}, {kind_of(answer)}.")
            self.sent.accepted.append("")  # a picture tells no id
        return "A GIF of 43 bytes, and the outcome in X-Ingest-Outcome."

    def _batch(self) -> str:
        wrong = {"event": "purchase", "step": "batch", "price": 9.5}
        events = [json.loads(event_of("batch")), wrong, {"event": "none-such", "step": "batch"}]
        answer = self._send(self._doors[0], "POST", content=json.dumps(events).encode(), headers=JSON)
        rows = document_of(answer).get("results", [])
        outcomes = [row["outcome"] for row in rows]
        if answer.status_code != 200 or outcomes != ["accepted", "quarantined", "quarantined"]:
            raise CheckFailed(f"{answer.status_code}, outcomes {outcomes}.")
        self.sent.accepted.append(rows[0]["event_id"])
        self.sent.quarantined += [rows[1]["event_id"], rows[2]["event_id"]]
        pointers = [row["errors"][0]["pointer"] for row in rows[1:]]
        if pointers != ["/price", "/event"]:
            raise CheckFailed(f"The faults stand at {pointers}.")
        return "Accepted, quarantined, quarantined; each fault at its pointer."

    def _lines(self) -> str:
        content = event_of("lines") + b"\n\n" + event_of("lines") + b"\n"
        answer = self._send(self._doors[0], "POST", content=content, headers={"Content-Type": "application/x-ndjson"})
        self.accept(answer, self._doors[0], 2)
        return "Two lines, two events."

    def _gzip(self) -> str:
        if not self._tried.gzip_json:
            raise CheckSkipped("The emulated HTTP API does not hand on compressed JSON as it came.")
        headers = {**JSON, "Content-Encoding": "gzip"}
        for door in self._doors:
            answer = self._send(door, "POST", content=gzip.compress(event_of("gzip")), headers=headers)
            self.accept(
                answer, door, 1, "The front door hands the body on as text: report this, it is the first of its kind."
            )
        return f"Through {', '.join(door.name for door in self._doors)}."

    def _large(self) -> str:
        events = [json.loads(event_of("large")) | {"padding": "x" * 8_900}] * 100
        content = json.dumps(events, separators=(",", ":")).encode()
        for door in self._doors:
            self.accept(self._send(door, "POST", content=content, headers=JSON), door, 100)
        return f"{len(content):,} bytes in each request."

    def _preflight(self) -> str:
        headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
        for door in self._doors:
            answer = self._send(door, "OPTIONS", headers=headers)
            if answer.status_code != 204 or answer.headers.get("Access-Control-Allow-Origin") != "*":
                if answer.status_code == 403 and not self._tried.gzip_json:
                    raise CheckSkipped("The emulated HTTP API keeps preflights from the function.")
                raise CheckFailed(f"{door.name}: {answer.status_code} without an allowed origin.")
        return "204 with the allowed origin, methods and headers."

    def _repeat(self) -> str:
        headers = {**JSON, "Idempotency-Key": uuid4().hex}
        first, other = event_of("repeat"), event_of("another")
        ids = []
        for content in (first, first, other):
            answer = self._send(self._doors[0], "POST", content=content, headers=headers)
            ids += self.accept(answer, self._doors[0], 1)
        if ids[0] != ids[1]:
            raise CheckFailed("The same event under the same key got another id.")
        if ids[0] == ids[2]:
            raise CheckFailed("Another event under the same key got the same id: it would be dropped as a copy.")
        return "The same event has the same id; another event under the key has another."

    def _double(self) -> str:
        text = event_of("double").decode()
        looked = []
        for door in self._doors:
            answer = self._send(door, "GET", query=[("d", text), ("d", text)], headers={"Accept": "application/json"})
            if answer.status_code != httpx.codes.BAD_REQUEST:
                self.sent.accepted += document_of(answer).get("event_ids", [])
                raise CheckFailed(f"{door.name} answered {answer.status_code}: one of two events was dropped silently.")
            looked.append(f"{door.name}: {document_of(answer).get('code')}")
        return "400; " + ", ".join(looked)

    def _deploy(self) -> str:
        slowest = 0.0
        for revision in (self._revisions[1], self._revisions[0], self._revisions[1]):
            slowest = max(slowest, self._seconds_until_in_force(revision))
        return f"Three deployments, the last answer of the one before after {slowest:.1f} s at the most."

    def _seconds_until_in_force(self, revision: str) -> float:
        """Deploy; return how long after it a request was still answered under what ran before."""
        clock = self.examination.clock
        self.api.post(path_of("environments", self.environment_id, "deployments"), {"revision_id": revision})
        done = clock.now()
        late, new = 0.0, 0
        while clock.now() - done < self._tried.watch_seconds or not new:  # ends: what is not new for 5 s has failed
            for door in self._doors:
                asked = clock.now() - done
                answer = self._send(door, "POST", content=event_of("deploy"), headers=JSON)
                self.accept(answer, door, 1)
                if answer.headers.get("X-Revision-Id") == revision:
                    new += 1
                else:
                    late = max(late, asked)
                if late > FRESH_SECONDS:
                    raise CheckFailed(f"{door.name} answered under the earlier revision after {late:.1f} s.")
            clock.sleep(0.2)
        return late

    def _quarantine(self) -> str:
        path = path_of("environments", self.environment_id, "quarantine")

        def look() -> dict[str, Any] | None:
            found = self.api.get(path)
            return found if found["events"] >= len(self.sent.quarantined) and found["samples"] else None

        found = self._wait(look, ARRIVE_SECONDS)
        if found is None:
            raise CheckFailed(
                f"Not there after {ARRIVE_SECONDS:.0f} s.", "Look at the queue `quarantine` and its writer's log."
            )
        kept = {sample["event_id"] for sample in found["samples"]}
        if not set(self.sent.quarantined) <= kept:
            raise CheckFailed("An event that was said to be quarantined is not among the samples.")
        return f"{counted(found['events'], 'event')} in {counted(len(found['items']), 'group')}."

    def _redrive(self) -> str:
        path = path_of("environments", self.environment_id, "redrives")
        made = self.api.post(path, {"revision_id": self._revisions[1]})

        def look() -> dict[str, Any] | None:
            found = self.api.get(path_of("redrives", made["id"]))
            return found if found["state"] not in {"queued", "running"} else None

        ended = self._wait(look, ARRIVE_SECONDS)
        if ended is None or ended["state"] != "done":
            state = "still running" if ended is None else ended["state"]
            raise CheckFailed(f"It is {state}.", "Look at the state machine `…-redrives` and its last execution.")
        if (ended["sent"], ended["invalid"]) != (1, 1):
            raise CheckFailed(f"{ended['sent']} sent, {ended['invalid']} still invalid; expected one of each.")
        self.sent.accepted.append(self.sent.quarantined[0])
        return "One of two fits now and was sent; the other stays."

    def _arrive(self) -> str:
        wanted = len(self.sent.accepted)
        found = self._wait(lambda: self.totals()["delivered"] >= wanted, ARRIVE_SECONDS, 2.0)
        delivered = self.totals()["delivered"]
        if not found or delivered > wanted:
            raise CheckFailed(
                f"{delivered:,} of {counted(wanted, 'event')} counted as delivered.",
                "Look at the delivery stream's metrics, at failed/ of the data bucket, and at the queue `delivered`.",
            )
        return f"{delivered} of {wanted}."

    def _count(self) -> str:
        """Send one more event now and then: a handler writes its counts down with a request that comes later."""
        wanted = len(self.sent.accepted)
        quarantined = len(self.sent.quarantined)

        def look() -> bool:
            self.accept(self._send(self._doors[0], "POST", content=event_of("count"), headers=JSON), self._doors[0], 1)
            totals = self.totals()
            return bool(totals["accepted"] >= wanted and totals["quarantined"] >= quarantined)

        if not self._wait(look, COUNT_SECONDS, 3.0):
            totals = self.totals()
            raise CheckFailed(
                f"{totals['accepted']} of {wanted} accepted and {totals['quarantined']} of {quarantined} quarantined "
                f"events are counted after {COUNT_SECONDS:.0f} s.",
                "Counts of a handler that does not end are written down with its next request.",
            )
        return f"{wanted} accepted, {quarantined} quarantined."

    def _balance(self) -> str:
        totals = self.totals()
        if totals["set_aside"]:
            raise CheckFailed(f"The destination set aside {counted(totals['set_aside'], 'event')}.")
        repeats = totals.get("repeats", 0)
        if totals["accepted"] != totals["delivered"] + repeats + totals["in_flight"] + totals["set_aside"]:
            raise CheckFailed(f"The sums do not balance: {sums_of(totals)}.")
        return sums_of(totals)

    def _delete(self) -> str:
        if self._endpoint is None:
            raise CheckSkipped("Nothing was made.")
        self.api.delete(path_of("endpoints", self._endpoint["id"]), confirm=self._endpoint_name)
        if not self._doors:
            return "The endpoint is gone; it had no address."
        door = self._doors[0]
        gone = self._wait(
            lambda: self._send(door, "POST", content=event_of("deleted"), headers=JSON).status_code == httpx.codes.GONE,
            2 * FRESH_SECONDS,
        )
        if not gone:
            raise CheckFailed(
                "The address still accepts events.", f"Delete the endpoint {self._endpoint_name} by hand."
            )
        return "410."

    # ---- what they have in common

    def _send(self, door: Door, method: str, **sent: Any) -> httpx.Response:
        return self.sender.send(door, method, f"/e/{self.environment_id}", **sent)

    def accept(self, answer: httpx.Response, door: Door, events: int, remedy: str = "") -> list[str]:
        """Note the ids of a request of which every event was accepted; return them."""
        document = document_of(answer)
        ids: list[str] = document.get("event_ids") or []
        if answer.status_code != 200 or len(ids) != events:
            said = document.get("code") or document.get("results") or kind_of(answer)
            raise CheckFailed(f"{door.name} answered {answer.status_code}: {said}", remedy)
        self.sent.accepted += ids
        return ids

    def totals(self) -> dict[str, Any]:
        """Return what is counted of the environment so far."""
        totals: dict[str, Any] = self.api.get("/v1/usage", {"environment": self.environment_id})["totals"]
        return totals

    def _wait(self, look: Callable[[], Any], seconds: float, pause_seconds: float = 0.5) -> Any:
        return self.examination.wait_until(look, seconds, pause_seconds)


_PROVISIONER = "Look at the provisioner's log, and at the queue `provision`."


def event_of(step: str) -> bytes:
    """Return the text of an event that every revision of a journey accepts."""
    return json.dumps({"event": "view", "step": step}).encode()


def _settled(environment: dict[str, Any]) -> dict[str, Any] | None:
    return environment if environment["status"] != "provisioning" else None
