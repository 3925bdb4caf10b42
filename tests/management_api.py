"""The management function as its callers see it: events in, answers out, each answer held to the OpenAPI document."""

import json
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator

from domain.access.access import authenticate, token_hash
from domain.access.addresses import email_key
from domain.access.first_organisation import bootstrap
from domain.access.token_items import hash_data, list_data, token_data
from domain.alerts.sending import Ways
from domain.delivery.ports import PutFailure
from domain.errors import Undelivered
from domain.intake.dry_run import dry_run
from domain.live.reading import Patience
from domain.operations.set_aside import SetAside
from domain.quarantine.reading import Quarantine
from domain.records.caller import Role
from domain.records.change import time_text
from domain.records.keys import (
    member_key,
    member_tokens_key,
    organisation_key,
    token_hash_key,
    token_key,
)
from domain.records.ports import Put
from domain.warehouses.engine import OwnBucket
from functions.management.application import describe_routes
from functions.management.handler import Management, ManagementSettings, make_handler
from functions.management.openapi import openapi_document
from tests.destinations import FakeConnectors, MemorySecrets
from tests.memory_alert_ways import MemoryMail, MemoryPoster
from tests.memory_certificates import MemoryCertificates
from tests.memory_dead_letters import MemoryDeadLetters
from tests.memory_objects import MemoryObjects
from tests.memory_quarantine import MemoryQuarantine
from tests.memory_table import MemoryTable
from tests.memory_taps import MemoryTaps
from tests.memory_unknown_keys import MemoryUnknownKeys
from tests.memory_usage import MemoryUsage

START_NS = 1_795_420_800_000_000_000
OWNER_TOKEN = "iet_owner"
OWN_BUCKET = OwnBucket("events-data", "eu-west-1", "arn:aws:kms:eu-west-1:111122223333:key/1")
MANAGED_S3 = {"type": "s3", "managed": True}
PRICE = {"key": "price", "type": "FLOAT", "presence": "required"}


class Clock:
    """Stands, but for the milliseconds that make ids come in order."""

    def __init__(self) -> None:
        self.now_ns = START_NS

    def __call__(self) -> int:
        self.now_ns += 1_000_000
        return self.now_ns


class ProvisionQueue:
    """A queue that keeps what it took, or takes nothing while `refuses` or `unreachable`."""

    def __init__(self) -> None:
        self.messages: list[dict[str, str]] = []
        self.refuses = False
        self.unreachable = False

    def send(self, bodies):
        if self.unreachable:
            raise Undelivered("The queue can't be reached.")
        if self.refuses:
            return [PutFailure("throttled", retryable=True) for _ in bodies]
        self.messages += map(json.loads, bodies)
        return [None] * len(bodies)


class Starter:
    """Notes which redrives or trials were started, or can't be reached while `unreachable`."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.unreachable = False

    def start(self, work_id: str) -> None:
        if self.unreachable:
            raise Undelivered("The work can't be started.")
        self.started.append(work_id)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        return self.json["code"]

    @property
    def pointers(self) -> list[str]:
        return [error["pointer"] for error in self.json["errors"]]


@dataclass
class Api:
    """A deployment's management function, with a token of its owner."""

    clock: Clock = field(default_factory=Clock)
    queue: ProvisionQueue = field(default_factory=ProvisionQueue)
    usage: MemoryUsage = field(default_factory=MemoryUsage)
    unknown_keys: MemoryUnknownKeys = field(default_factory=MemoryUnknownKeys)
    connectors: FakeConnectors = field(default_factory=FakeConnectors)
    secrets: MemorySecrets = field(default_factory=MemorySecrets)
    quarantine: Quarantine = field(default_factory=lambda: Quarantine(MemoryObjects(), "data", MemoryQuarantine()))
    redrives: Starter = field(default_factory=Starter)
    trials: Starter = field(default_factory=Starter)
    certificates: MemoryCertificates = field(default_factory=MemoryCertificates)
    dead_letters: MemoryDeadLetters = field(default_factory=MemoryDeadLetters)
    landing: MemoryObjects = field(default_factory=MemoryObjects)
    taps: MemoryTaps = field(default_factory=MemoryTaps)
    poster: MemoryPoster = field(default_factory=MemoryPoster)
    mail: MemoryMail = field(default_factory=MemoryMail)

    def __post_init__(self) -> None:
        self.table = MemoryTable(self.clock)
        self.organisation_id = bootstrap(self.table, token_hash(OWNER_TOKEN), self.clock)
        # Used today already: the next transaction is then that of the request at hand.
        authenticate(self.table, token_hash(OWNER_TOKEN), self.clock())
        self.handler = self.serve()

    def serve(
        self,
        *,
        owner_email: str | None = None,
        table: Any = None,
        dry_runner: Any = None,
        domain_secret: Any = None,
        domain_zone_name: str | None = None,
        patience: Patience | None = None,
        own_bucket: OwnBucket = OWN_BUCKET,
        **more: Any,
    ) -> Management:
        """Return a management function on what this deployment has, on another table if one is given."""
        return make_handler(
            table=table or self.table,
            provision_queue=self.queue,
            usage=self.usage,
            unknown_keys=self.unknown_keys,
            dry_run=dry_runner or partial(dry_run, deployment_secret=lambda: b"secret"),
            connectors=self.connectors,
            secrets=self.secrets,
            quarantine=self.quarantine,
            redrives=self.redrives,
            trials=self.trials,
            certificates=self.certificates,
            domain_secret=domain_secret,
            dead_letters=self.dead_letters,
            set_aside=SetAside(self.landing, "landing"),
            taps=self.taps,
            patience=patience or Patience(),
            alert_ways=self.alert_ways,
            clock=self.clock,
            settings=ManagementSettings(
                "https://in.example.com/",
                owner_email=owner_email,
                domain_zone_name=domain_zone_name,
                own_bucket=own_bucket,
            ),
            **more,
        )

    @property
    def alert_ways(self) -> Ways:
        """How messages of alerts get out of this deployment."""
        return Ways(self.poster, self.mail, self.secrets, self.clock)

    def call(
        self,
        method: str,
        target: str,
        body: Any = None,
        *,
        token: str | None = OWNER_TOKEN,
        raw: str | None = None,
        **headers: str,
    ) -> Answer:
        """Send a request; `body` as JSON, or `raw` as it is; `if_match` and its like name headers."""
        path, _, query = target.partition("?")
        sent = {"host": "api.example.com", **{name.replace("_", "-"): value for name, value in headers.items()}}
        if body is not None:
            sent.setdefault("content-type", "application/json")
            raw = json.dumps(body)
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": query,
            "queryStringParameters": dict(parse_qsl(query, keep_blank_values=True)),
            "headers": sent,
            "requestContext": {"http": {"method": method, "sourceIp": "203.0.113.7"}, "requestId": "req-1"},
            "body": raw,
            "isBase64Encoded": False,
        }
        return self.send(event)

    def send(self, event: dict) -> Answer:
        raw = self.handler(event, None)
        answer = Answer(raw["statusCode"], raw["headers"], raw["body"])
        http = event["requestContext"]["http"]
        check_against_document(http["method"], event["rawPath"], answer)
        return answer

    def endpoint(self, name: str = "Shop", **fields: str) -> dict:
        return self.call("POST", "/v1/endpoints", {"name": name, **fields}).json

    def draft(self, endpoint: dict, *fields: dict, **more: str) -> dict:
        """Make a draft of an endpoint that holds `fields`."""
        made = self.call("POST", f"/v1/endpoints/{endpoint['id']}/revisions", more).json
        if not fields:
            return made
        path = f"/v1/revisions/{made['id']}/fields"
        return self.call("PUT", path, {"fields": list(fields)}, if_match='"1"').json

    def finalised(self, endpoint: dict, **fields: str) -> dict:
        made = self.draft(endpoint, PRICE, **fields)
        return self.call("POST", f"/v1/revisions/{made['id']}/finalise").json

    def environment(self, endpoint: dict, name: str = "Live", **settings: Any) -> dict:
        if "revision_id" not in settings:
            settings["revision_id"] = self.finalised(endpoint)["id"]
        body = {"name": name, "destination": MANAGED_S3, **settings}
        answer = self.call("POST", f"/v1/endpoints/{endpoint['id']}/environments", body)
        assert answer.status == 201, answer.text
        return answer.json

    def add_member(
        self,
        role: Role,
        *,
        token: str,
        organisation: str | None = None,
        token_role: Role | None = None,
        expires_at: str | None = None,
    ) -> None:
        """Put a member with a token into an organisation, a new one if `organisation` names no existing one."""
        organisation = organisation or self.organisation_id
        now = time_text(self.clock())
        times = {"created_at": now, "updated_at": now}
        writes = []
        if self.table.get(organisation_key(organisation)) is None:
            writes.append(Put(organisation_key(organisation), {"id": organisation, "name": "Other", **times}, 0))
        member_id, token_id, email = f"mem_{token}", f"tok_{token}", f"{token}@example.com"
        member = {"id": member_id, "email": email, "role": role.value, **times}
        stored = token_data(token_id, member_id, "Token", token_role or role, token_hash(token), expires_at, now)
        writes += [
            Put(member_key(organisation, member_id), member, 0),
            Put(email_key(email, organisation), {"member_id": member_id}, 0),
            Put(member_tokens_key(organisation, member_id), list_data([token_id]), 0),
            Put(token_key(organisation, token_id), {**stored, "last_used_on": now[:10]}, 0),
            Put(token_hash_key(token_hash(token)), hash_data(organisation, token_id), 0),
        ]
        self.table.transact(writes)

    def audit(self) -> list[dict]:
        """Return the audit entries, oldest first."""
        return [item.data for item in self.table.query(f"AUDIT#{self.organisation_id}", limit=1_000)]


@cache
def document() -> dict:
    return openapi_document(describe_routes())


@cache
def _validator(method: str, template: str, status: int) -> Draft202012Validator | None:
    answer = document()["paths"][template][method]["responses"][str(status)]
    content = answer.get("content")
    if content is None:
        return None
    (media,) = content.values()
    return Draft202012Validator({**media["schema"], "components": document()["components"]})


def check_against_document(method: str, path: str, answer: Answer) -> None:
    """Fail if the OpenAPI document does not tell of such an answer."""
    method = method.lower()
    for template, operations in document()["paths"].items():
        parts, wanted = path.split("/"), template.split("/")
        fits = len(parts) == len(wanted) and all(
            a == b or b.startswith("{") for a, b in zip(parts, wanted, strict=True)
        )
        if fits and method in operations:
            assert str(answer.status) in operations[method]["responses"], f"{method} {path}: {answer.text}"
            validator = _validator(method, template, answer.status)
            if validator is None:
                assert answer.text == ""
            else:
                validator.validate(answer.json)
                assert answer.headers["Content-Type"] in operations[method]["responses"][str(answer.status)]["content"]
