"""Lakes on moto's Glue and S3, which keep what moto leaves out: versions of tables, and what looks after them."""

import io
import json
import re
from collections import defaultdict
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace

import boto3
import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from adapters.glue import GlueTables, make_client
from adapters.s3.objects import S3Objects
from adapters.s3.table_files import TableFiles
from connectors.lake.connector import LakeConnector
from connectors.lake.file_tables import Clients, FilesOnAws
from connectors.lake.on_aws import AwsLakes, OwnLake
from connectors.lake.parquet import ParquetConnector
from domain.delivery.connectors import Target
from domain.delivery.leases import Leases
from tests.aws_stub import REGION
from tests.lakes import FIRST, Rows
from tests.memory_table import MemoryTable
from tests.users_services import ACCOUNT, ROLE_ARN

DATA = "data"
THEIRS = "their-events"
DATABASE_PREFIX = "ingest_test_"
OPTIMIZER = f"arn:aws:iam::{ACCOUNT}:role/ingest-test-lake-optimizer"
MANAGED = {"type": "lake", "managed": True, "table_format": "iceberg", "table": "shop_live"}
OWN_BUCKET = {
    "type": "lake",
    "bucket": THEIRS,
    "prefix": "lake/",
    "region": REGION,
    "role_arn": ROLE_ARN,
    "database": "ingest",
    "table_format": "iceberg",
    "table": "shop_live",
}
OPTIMIZERS = {"compaction", "orphan_file_deletion", "retention"}


class Calls:
    """Stands between clients and moto; `before` is told of each call, `after` of each that took effect."""

    def __init__(self):
        self.made = []
        self.optimizers = defaultdict(dict)
        """By table: its optimizers and their configurations."""
        self.before = self.after = lambda _service, _operation: None

    def watch(self, client):
        events = client.meta.events
        events.register("before-call.*.*", self._started)
        events.register("after-call.*.*", self._ended)
        return client

    def _started(self, model, params, **_):
        operation = (model.service_model.service_name, model.name)
        self.made.append(operation)
        refused = self.before(*operation)
        if refused is not None:
            return answer(refused)
        if operation == ("glue", "UpdateTable"):
            return self._stale(params["body"])
        if operation[1] in {"CreateTableOptimizer", "DeleteTableOptimizer"}:
            return self._optimize(operation[1], params["body"])
        return None

    def _ended(self, model, **_):
        self.after(model.service_model.service_name, model.name)

    def _stale(self, body):
        """Refuse a change of another version than the current one, as Glue does; moto takes any."""
        told = json.loads(body)
        glue = boto3.client("glue", region_name=REGION)
        now = glue.get_table(DatabaseName=told["DatabaseName"], Name=told["TableInput"]["Name"])["Table"]
        return None if told["VersionId"] == now["VersionId"] else answer("ConcurrentModificationException")

    def _optimize(self, operation, body):
        told = json.loads(body)
        held = self.optimizers[told["DatabaseName"], told["TableName"]]
        if operation == "DeleteTableOptimizer":
            return answer() if held.pop(told["Type"], None) else answer("EntityNotFoundException")
        if told["Type"] in held:
            return answer("AlreadyExistsException")
        held[told["Type"]] = told["TableOptimizerConfiguration"]
        return answer()


def answer(code=None):
    """Return what botocore takes for the answer of a call."""
    parsed = {"ResponseMetadata": {"HTTPStatusCode": 400 if code else 200}}
    if code:
        parsed["Error"] = {"Code": code, "Message": "secret text"}
    return SimpleNamespace(status_code=400 if code else 200), parsed


class Roles:
    """Stands for `UsersRoles`: every role reaches the same account."""

    def __init__(self, tables):
        self.tables = tables
        self.taken = []

    def client(self, role):
        self.taken.append(role)
        return self.tables


def make_buckets():
    """Make the buckets that are not there, and return a client."""
    s3 = boto3.client("s3", region_name=REGION)
    for bucket in (DATA, THEIRS):
        if bucket not in [found["Name"] for found in s3.list_buckets()["Buckets"]]:
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    return s3


class GlueWorld(Rows):
    """A connector to a lake on AWS, and what its table holds; moto has to be there."""

    def __init__(self, *revisions, destination=MANAGED, optimizer=OPTIMIZER):
        self.calls = Calls()
        self.s3 = make_buckets()
        self.glue = boto3.client("glue", region_name=REGION)
        tables = GlueTables(
            self.calls.watch(make_client()),
            TableFiles(S3Objects(self.calls.watch(boto3.client("s3", region_name=REGION)))),
        )
        self.roles = Roles(tables)
        self.lakes = AwsLakes(OwnLake(DATA, DATABASE_PREFIX, optimizer), self.roles, {DATA, "landing"})
        self.lakes._catalog = tables
        self.connector = LakeConnector(self.lakes.open)
        self.target = Target("org_1", "env_1", destination)
        self.revisions = {one.revision_id: one for one in revisions or (FIRST,)}

    def keys(self, bucket=DATA):
        return [found["Key"] for found in self.s3.list_objects_v2(Bucket=bucket).get("Contents", ())]


class GlueFilesWorld:
    """A connector to a lake of files of Parquet on AWS, and what its tables list; moto has to be there."""

    make, deliver = Rows.make, Rows.deliver

    def __init__(self, *revisions, table=None, now=None, destination=MANAGED):
        self.calls = Calls()
        self.s3 = make_buckets()
        self.bucket = destination.get("bucket", DATA)
        self.database = destination.get("database", f"{DATABASE_PREFIX}org_1")
        self.glue = boto3.client("glue", region_name=REGION)
        self.now = now or Clock()
        self.catalog = table or MemoryTable(self.now.ns)
        objects = S3Objects(self.calls.watch(boto3.client("s3", region_name=REGION)), page_keys=3)
        clients = Clients(self.calls.watch(make_client()), objects)
        self.roles = Roles(clients)
        files = FilesOnAws(OwnLake(DATA, DATABASE_PREFIX, None), clients, self.roles, {DATA, "landing"}, self.now.ns)
        self.connector = ParquetConnector(files.open, Leases(self.catalog, self.now.ns).hold, files, self.now.ns)
        self.target = Target("org_1", "env_1", {**destination, "table_format": "parquet"})
        self.revisions = {one.revision_id: one for one in revisions or (FIRST,)}

    def keys(self):
        return GlueWorld.keys(self, self.bucket)

    def other(self):
        """Return another function's connector to the same lake."""
        return GlueFilesWorld(
            *self.revisions.values(), table=self.catalog, now=self.now, destination=self.target.destination
        )

    def tables(self):
        found = self.glue.get_tables(DatabaseName=self.database)["TableList"]
        prefix = f"{self.target.destination['table']}__"
        return {one["Name"]: one for one in found if one["Name"].startswith(prefix)}

    def view(self):
        """Return what the catalog has of the view over all revisions."""
        name = f"{self.target.destination['table']}_all"
        found = self.glue.get_table(DatabaseName=self.database, Name=name)["Table"]
        return {key: value for key, value in found.items() if key not in {"CreateTime", "UpdateTime", "VersionId"}}

    def rows(self):
        """Return the rows of all tables, of files alone that stand where a table says that there may be some."""
        return [row for table in self.tables().values() for row in self._rows_of(table)]

    def event_ids(self):
        return sorted(row["_event_id"] for row in self.rows())

    def _rows_of(self, table):
        told = table["Parameters"]
        first = told["projection._partition_date.range"].partition(",")[0]
        template = told["storage.location.template"].removeprefix(f"s3://{self.bucket}/")
        where = re.escape(template).replace(re.escape("${_partition_date}"), r"(?P<day>\d{4}-\d\d-\d\d)")
        where = re.compile(where.replace(re.escape("${_partition_hour}"), r"(?P<hour>[01]\d|2[0-3])") + r"[^/_][^/]*")
        for found in filter(None, map(where.fullmatch, self.keys())):
            if found["day"] >= first:
                body = self.s3.get_object(Bucket=self.bucket, Key=found[0])["Body"].read()
                for row in pq.ParquetFile(io.BytesIO(body)).read().to_pylist():
                    assert f"{row['_received_at']:%Y-%m-%d %H}" == f"{found['day']} {found['hour']}"
                    yield row


class Clock:
    """A clock that a test moves on."""

    def __init__(self):
        self.seconds = int(datetime(2026, 11, 2, 12, tzinfo=UTC).timestamp())

    def ns(self):
        return self.seconds * 10**9


@contextmanager
def on_aws(monkeypatch):
    """Have moto's AWS in the place of AWS."""
    for name, value in (("AWS_DEFAULT_REGION", REGION), ("AWS_REGION", REGION)):
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield


@pytest.fixture
def aws(monkeypatch):
    with on_aws(monkeypatch):
        yield
