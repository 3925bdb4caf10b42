"""From an event over HTTPS to a row of a lake: the deployed functions, a table in Glue, and its files in S3."""

import pytest

from adapters.glue import GlueTables
from adapters.s3.objects import S3Objects
from adapters.s3.table_files import TableFiles
from tests.e2e_aws.deployment import LAKE, STAGE, eventually
from tests.engines import rows_of

pytestmark = pytest.mark.emulator


class Reader:
    """Reads the table as someone does who has the account's catalog and its buckets."""

    def __init__(self, deployment, folder):
        client = deployment.emulator.client
        self.s3, self.bucket, self.folder = client("s3"), deployment.outputs["DataBucketName"], folder
        self.catalog = GlueTables(client("glue"), TableFiles(S3Objects(self.s3)))
        organisation = deployment.v1("GET", "/v1/me")["organisation"]["id"]
        self.name = (f"ingest_{STAGE}_{organisation}", LAKE["table"])

    def rows(self):
        return self.catalog.load_table(self.name).scan().to_arrow().to_pylist()

    def by_duckdb(self, select):
        """Return the rows of a query over `{table}`, from copies of the files that the metadata names."""
        table = self.catalog.load_table(self.name)
        prefix = f"s3://{self.bucket}/"
        folder = table.location().removeprefix(prefix)
        for entry in self.s3.list_objects_v2(Bucket=self.bucket, Prefix=folder)["Contents"]:
            path = self.folder / entry["Key"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.s3.get_object(Bucket=self.bucket, Key=entry["Key"])["Body"].read())
        version = table.metadata_location.rpartition("/")[2].removesuffix(".metadata.json")
        scan = f"iceberg_scan('{self.folder / folder}', allow_moved_paths = true, version = '{version}')"
        return rows_of("duckdb", ["LOAD iceberg", select.format(table=scan)])[-1]


def test_events_over_https_are_rows_of_a_lake_over_a_deployment_that_adds_a_column(deployment, lake, tmp_path):
    reader = Reader(deployment, tmp_path)
    checked = deployment.v1("POST", f"/v1/environments/{lake}/destination/check")
    assert [(step["name"], step["state"]) for step in checked["checks"]] == [
        ("catalog", "passed"),
        ("write", "passed"),
        ("table", "passed"),
    ]

    sent = deployment.send(lake, [{"event": "view", "price": 9}, {"event": "view"}]).json()["event_ids"]
    endpoint = deployment.v1("GET", f"/v1/environments/{lake}")["endpoint_id"]
    revision = deployment.make_revision(endpoint, "FLOAT")
    deployed = deployment.v1("POST", f"/v1/environments/{lake}/deployments", {"revision_id": revision})
    assert [(apart["field"], apart["column"]) for apart in deployed["columns_apart"]] == [("price", "price__float")]

    def price_by_id():
        """Return what each event has in both columns, once a row has the new one; send until then."""
        sent.extend(deployment.send(lake, {"event": "purchase", "price": 9.5}).json().get("event_ids", []))
        rows = reader.rows()
        found = {row["_event_id"]: (row["price"], row["price__float"]) for row in rows}
        assert len(found) == len(rows)
        return found if (None, 9.5) in found.values() and found.keys() >= set(sent[:2]) else None

    by_id = eventually(price_by_id)
    assert [by_id[one] for one in sent[:2]] == [(9, None), (None, None)]

    eventually(lambda: set(sent) <= {row["_event_id"] for row in reader.rows()})
    rows = {row["_event_id"]: (row["price"], row["price__float"]) for row in reader.rows()}
    told = reader.by_duckdb("SELECT _event_id, price, price__float FROM {table}")
    assert len(told) == len(rows)
    assert {event_id: tuple(prices) for event_id, *prices in told} == rows
