"""The first page of every list of a large catalog on SQLite: 1,000 endpoints, 20 revisions and 5 environments each.

One endpoint is made as the API makes it; its items, with ids of their own, then stand for all the others.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, time_ns
from typing import Any

from adapters.files.objects import FolderObjects
from adapters.files.secrets import FolderSecrets
from adapters.sqlite.database import Database
from adapters.sqlite.table import SqliteTable
from adapters.sqlite.usage import SqliteUsage
from benchmarks.measuring import medians
from benchmarks.samples import MEDIUM_MAPS
from connectors.registry import connectors_from
from connectors.s3.connector import S3Connector
from domain.catalog import deployments, endpoints, environments, revisions
from domain.delivery.ports import PutResults
from domain.ids import new_id
from domain.records.caller import Call, Principal, Role
from domain.records.change import Catalog
from domain.records.ports import MAX_WRITES_PER_TRANSACTION, Delete, Item, Put, Write
from schemas.items import ItemKey
from schemas.limits import DEFAULT_PAGE_ITEMS
from schemas.models.environment import EnvironmentCreate

ENDPOINTS = 1_000
REVISIONS = 20
ENVIRONMENTS = 5
GOAL_SECONDS = 0.05

_ID = re.compile(r"\b(?:ep|rev|env|dep|aud|msg)_[0-9a-z]+")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Recorder(SqliteTable):
    """Remembers the last state of what was written."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, time_ns)
        self.items: dict[ItemKey, Item] = {}

    def transact(self, writes: Sequence[Write]) -> None:
        super().transact(writes)
        for write in writes:
            if isinstance(write, Put):
                self.items[write.key] = Item(write.key, write.expect + 1, dict(write.data))
            elif isinstance(write, Delete):
                self.items.pop(write.key, None)

    def of_endpoints(self) -> list[Item]:
        """Return the items that belong to an endpoint or its children, and not to the organisation alone."""
        return [item for key, item in self.items.items() if _ID.search(f"{key.pk} {key.sk}")]


class NoQueue:
    """Takes every message and forgets it."""

    def send(self, bodies: Sequence[str]) -> PutResults:
        return [None] * len(bodies)


def make_endpoint(catalog: Catalog, call: Call) -> str:
    """Make an endpoint with its revisions and environments; return its id."""
    endpoint_id: str = endpoints.create_endpoint(catalog, call, "Endpoint", None)["id"]
    for _ in range(REVISIONS - 1):
        revision = revisions.create_revision(catalog, call, endpoint_id)
        revisions.replace_fields(catalog, call, revision["id"], MEDIUM_MAPS)
        revisions.finalise_revision(catalog, call, revision["id"])
    for number in range(ENVIRONMENTS):
        settings = {
            "name": f"Environment {number}",
            "revision_id": revision["id"],
            "destination": {"type": "s3", "managed": True},
            "allowed_origins": ["https://shop.example.com"],
        }
        wanted = EnvironmentCreate.model_validate(settings).model_dump()
        environment = environments.create_environment(catalog, call, endpoint_id, wanted)
        deployments.deploy(catalog, call, environment["id"], revision["id"], "Again")
    return endpoint_id


def copies(items: list[Item], number: int) -> Iterator[Put]:
    """Yield the items of the `number`th endpoint: the same, under ids and digests that only it has."""
    now_ms = time_ns() // 1_000_000 + number
    text = json.dumps([[item.key.pk, item.key.sk, item.data] for item in items])
    renamed = {old: new_id(old.partition("_")[0], now_ms) for old in sorted(set(_ID.findall(text)))}
    text = _ID.sub(lambda found: renamed[found[0]], text)
    text = _DIGEST.sub(lambda found: sha256(f"{number}{found[0]}".encode()).hexdigest(), text)
    for pk, sk, data in json.loads(text):
        yield Put(ItemKey(pk, sk), data, 0)


def fill(table: SqliteTable, items: list[Item], count: int) -> int:
    """Write `count` copies of an endpoint's items; return how many items that were."""
    written = 0
    for number in range(count):
        puts = list(copies(items, number))
        for start in range(0, len(puts), MAX_WRITES_PER_TRANSACTION):
            table.transact(puts[start : start + MAX_WRITES_PER_TRANSACTION])
        written += len(puts)
    return written


def main() -> None:
    """Print the median of each list's first page."""
    with TemporaryDirectory() as folder:
        database = Database(Path(folder) / "state.db")
        table = Recorder(database)
        organisation_id = new_id("org", time_ns() // 1_000_000)
        principal = Principal(organisation_id, "Benchmark", "mem_1", "owner@example.com", None, Role.OWNER)
        objects = FolderObjects(Path(folder) / "objects")
        connectors = connectors_from({"s3": lambda: S3Connector(lambda _: objects, ())})
        secrets = FolderSecrets(Path(folder) / "secrets")
        catalog = Catalog(table, NoQueue(), time_ns, new_id, "https://in.example.com", "ingest-", connectors, secrets)
        call = Call(principal, "203.0.113.7")
        usage = SqliteUsage(database)
        endpoint_id = make_endpoint(catalog, call)
        environment_id = environments.list_environments(catalog, call, endpoint_id, 1, None)["items"][0]["id"]
        revision_id = revisions.list_revisions(catalog, call, endpoint_id, 1, None)["items"][0]["id"]

        start = perf_counter()
        written = fill(SqliteTable(database, time_ns), table.of_endpoints(), ENDPOINTS - 1)
        print(f"{ENDPOINTS} endpoints, {written} items, written in {perf_counter() - start:.1f} s")

        limit = DEFAULT_PAGE_ITEMS
        lists: dict[str, Callable[[], Any]] = {
            "endpoints": lambda: endpoints.list_endpoints(catalog, call, limit, None),
            "revisions": lambda: revisions.list_revisions(catalog, call, endpoint_id, limit, None),
            "environments": lambda: environments.list_environments(catalog, call, endpoint_id, limit, None),
            "deployments": lambda: deployments.list_deployments(catalog, usage, call, environment_id, limit, None),
            "one revision": lambda: revisions.get_revision(catalog, call, revision_id),
        }
        for name, seconds in medians(lists).items():
            print(f"{name:13} {seconds * 1_000:7.2f} ms  (goal {GOAL_SECONDS * 1_000:.0f} ms)")
        database.close()


if __name__ == "__main__":
    main()
