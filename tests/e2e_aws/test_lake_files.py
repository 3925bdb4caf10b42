"""From an event over HTTPS to files of Parquet on AWS: in the deployment's bucket, and by a role in another account."""

import base64
import io
import json
import re

import boto3
import pyarrow.parquet as pq
import pytest

from tests.e2e_aws.deployment import LAKE, STAGE, eventually
from tests.e2e_aws.emulator import ACCOUNT, REGION
from tests.e2e_aws.test_own_bucket import THEIR_ACCOUNT, policy

pytestmark = pytest.mark.emulator

BUCKET = "lake-of-the-shop"
FILES = {**LAKE, "table": "shop_files", "table_format": "parquet"}
GLUE = f"arn:aws:glue:{REGION}:{THEIR_ACCOUNT}"
DATABASE = [f"{GLUE}:catalog", f"{GLUE}:database/shops"]
RIGHTS = [
    (["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{BUCKET}/events/*"),
    (["s3:ListBucket"], f"arn:aws:s3:::{BUCKET}"),
    (["glue:CreateDatabase", "glue:GetDatabase"], [*DATABASE, f"{GLUE}:table/shops"]),
    (["glue:CreateTable", "glue:GetTable", "glue:UpdateTable"], [*DATABASE, f"{GLUE}:table/shops/*"]),
    (["glue:DeleteTable"], [*DATABASE, f"{GLUE}:table/shops/_ingest_check_*"]),
]
"""What docs/destinations.md asks for; the emulator takes a look at a database for one at a table of its name."""


class Reader:
    """Reads what a catalog lists, where each table says that its files are."""

    def __init__(self, client, database):
        self.s3, self.glue, self.database = client("s3"), client("glue"), database

    def rows(self):
        """Return the rows by the tables of revisions, and see that each stands in the hour of its arrival."""
        found = []
        for table in self.glue.get_tables(DatabaseName=self.database)["TableList"]:
            told = table["Parameters"]
            if told.get("projection.enabled") != "true":
                continue
            bucket, _, prefix = table["StorageDescriptor"]["Location"].removeprefix("s3://").partition("/")
            assert told["storage.location.template"].startswith(f"s3://{bucket}/{prefix}dt=")
            for entry in self.s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}dt=").get("Contents", ()):
                day, hour = re.search(r"dt=([0-9-]+)/hour=(\d\d)/", entry["Key"]).groups()
                assert day >= told["projection._partition_date.range"].partition(",")[0]
                body = self.s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
                rows = pq.ParquetFile(io.BytesIO(body)).read().to_pylist()
                assert {f"{row['_received_at']:%Y-%m-%d %H}" for row in rows} == {f"{day} {hour}"}
                found += rows
        return found

    def view(self):
        """Return the tables that the view over all revisions reads, as Athena and Trino find it."""
        found = self.glue.get_table(DatabaseName=self.database, Name="shop_files_all")["Table"]
        assert found["TableType"] == "VIRTUAL_VIEW"
        assert found["Parameters"]["presto_view"] == "true"
        told = json.loads(base64.b64decode(found["ViewOriginalText"].split()[3]))
        assert told["schema"] == self.database
        return re.findall(r'FROM "(.*)"', told["originalSql"])


@pytest.fixture(scope="module")
def client(deployment):
    def of_their_account(service):
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=deployment.emulator.url,
            verify=str(deployment.emulator.authority.path),
            aws_access_key_id=THEIR_ACCOUNT,
            aws_secret_access_key="test",
        )

    of_their_account("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return of_their_account


def make_role(client, organisation_id):
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": organisation_id}},
    }
    iam = client("iam")
    arn = iam.create_role(RoleName="lake", AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    for number, (actions, resources) in enumerate(RIGHTS):
        allowed = {"Effect": "Allow", "Action": actions, "Resource": resources}
        iam.put_role_policy(RoleName="lake", PolicyName=f"right-{number}", PolicyDocument=policy(allowed))
    return arn


def test_events_over_https_are_rows_of_files_in_both_kinds_of_buckets(deployment, client):
    organisation = deployment.v1("GET", "/v1/me")["organisation"]["id"]
    endpoint = deployment.make_endpoint("Shop with files")
    revision = deployment.make_revision(endpoint, "FLOAT")
    other = deployment.make_endpoint("Shop with files of its own")
    theirs = {
        "type": "lake",
        "bucket": BUCKET,
        "prefix": "events/",
        "region": REGION,
        "role_arn": make_role(client, organisation),
        "database": "shops",
        "table": "shop_files",
        "table_format": "parquet",
    }
    readers = {
        deployment.make_environment(endpoint, revision, FILES): Reader(
            deployment.emulator.client, f"ingest_{STAGE}_{organisation}"
        ),
        deployment.make_environment(other, deployment.make_revision(other, "FLOAT"), theirs): Reader(client, "shops"),
    }
    sent = {}
    for environment, reader in readers.items():
        checked = deployment.v1("POST", f"/v1/environments/{environment}/destination/check")
        steps = (["role"] if reader.database == "shops" else []) + ["write", "table"]
        assert [(step["name"], step["state"]) for step in checked["checks"]] == [(step, "passed") for step in steps]
        sent[environment] = deployment.send(environment, [{"event": "view"}, {"event": "view", "price": 9.5}]).json()
    for environment, reader in readers.items():
        ids = set(sent[environment]["event_ids"])
        rows = eventually(lambda reader=reader, ids=ids: [row for row in reader.rows() if row["_event_id"] in ids])
        assert sorted((row["event"], row["price"]) for row in rows if row["price"]) == [("view", 9.5)]
        assert len(rows) == len(ids) == 2
        names = {table["Name"] for table in reader.glue.get_tables(DatabaseName=reader.database)["TableList"]}
        (read,) = reader.view()
        assert read in names
