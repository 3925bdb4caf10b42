"""Lakes on moto's Glue and S3, which keep what moto leaves out: versions of tables, and what looks after them."""

import json
from collections import defaultdict
from contextlib import contextmanager
from types import SimpleNamespace

import boto3
import pytest
from moto import mock_aws

from adapters.glue import GlueTables, make_client
from adapters.s3.objects import S3Objects
from adapters.s3.table_files import TableFiles
from connectors.lake.connector import LakeConnector
from connectors.lake.on_aws import AwsLakes, OwnLake
from domain.delivery.connectors import Target
from tests.aws_stub import REGION
from tests.lakes import FIRST, Rows
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


class GlueWorld(Rows):
    """A connector to a lake on AWS, and what its table holds; moto has to be there."""

    def __init__(self, *revisions, destination=MANAGED, optimizer=OPTIMIZER):
        self.calls = Calls()
        self.s3 = boto3.client("s3", region_name=REGION)
        for bucket in (DATA, THEIRS):
            if bucket not in [found["Name"] for found in self.s3.list_buckets()["Buckets"]]:
                self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
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
