"""Queries of what was delivered over `/v1`."""

import pytest

from domain.delivery.connectors import ColumnApart
from domain.records.caller import Role
from domain.warehouses.engine import OwnBucket
from tests.destinations import BIGQUERY, CREDENTIALS, POSTGRES

LAKE = {"type": "lake", "managed": True}


@pytest.fixture
def local_api(api):
    """A deployment on one machine: its buckets are folders."""
    own = OwnBucket("data", folder="/srv/objects", lake_catalog="/srv/lake/catalog.db")
    api.handler = api.serve(own_bucket=own)
    return api


def queries(api, environment, query="", **options):
    return api.call("GET", f"/v1/environments/{environment['id']}/sql?{query}", **options)


def test_without_an_engine_it_is_the_first_that_reads_the_destination(api):
    for destination, engine in (
        (None, "duckdb"),
        ({**BIGQUERY, "credentials": CREDENTIALS}, "bigquery"),
        (POSTGRES, "postgres"),
    ):
        options = {} if destination is None else {"destination": destination}
        environment = api.environment(api.endpoint(engine), **options)
        answer = queries(api, environment)
        assert answer.status == 200, answer.json
        assert answer.json["engine"] == engine == answer.json["engines"][0]["engine"]
        assert answer.json["revision_id"] == environment["revision_id"]
        assert '"price"' in answer.json["queries"][0]["sql"].replace("`", '"')


def test_every_engine_that_is_named_can_be_asked_for(api):
    role = "arn:aws:iam::123456789012:role/ingest"
    bucket = {"type": "s3", "bucket": "my-events", "prefix": "", "region": "eu-west-1", "role_arn": role}
    environment = api.environment(api.endpoint(), destination=bucket)
    named = [one["engine"] for one in queries(api, environment).json["engines"]]
    assert len(named) == 7
    for engine in named:
        answer = queries(api, environment, f"engine={engine}").json
        assert answer["engine"] == engine
        assert len(answer["queries"]) == 3
        assert f"environment={environment['id']}" in answer["set_up"][0]["text"]


def test_a_lake_s_queries_name_the_columns_that_the_deployment_set_apart(local_api):
    api = local_api
    endpoint = api.endpoint()
    environment = api.environment(endpoint, destination=LAKE)
    second = api.finalised(endpoint, name="Second")
    api.connectors.lake.apart = [ColumnApart("price", "price__float")]
    deploy = f"/v1/environments/{environment['id']}/deployments"
    assert '"price__float"' not in queries(api, environment).json["queries"][0]["sql"]
    assert api.call("POST", deploy, {"revision_id": second["id"]}).status == 201
    answer = queries(api, environment, "engine=spark").json
    assert "`price__float` AS `price`" in answer["queries"][0]["sql"]
    assert [step["kind"] for step in answer["set_up"]] == ["command"]


def test_a_field_that_is_called_as_the_partition_is_read_from_its_column_apart_from_the_first_deployment_on(local_api):
    api = local_api
    endpoint = api.endpoint()
    made = api.draft(endpoint, {"key": "_received_at_day", "type": "DATE"})
    revision = api.call("POST", f"/v1/revisions/{made['id']}/finalise").json
    environment = api.environment(endpoint, destination=LAKE, revision_id=revision["id"])
    assert '"_received_at_day__date" AS "_received_at_day"' in queries(api, environment).json["queries"][0]["sql"]


def test_a_lake_of_files_is_read_by_a_view_over_the_revisions_that_the_environment_has_run(local_api):
    api = local_api
    endpoint = api.endpoint()
    environment = api.environment(endpoint, destination={**LAKE, "table_format": "parquet"})
    second = api.finalised(endpoint, name="Second")
    api.call("POST", f"/v1/environments/{environment['id']}/deployments", {"revision_id": second["id"]})
    answer = queries(api, environment).json
    assert [one["engine"] for one in answer["engines"]] == ["duckdb"]
    (step,) = answer["set_up"]
    for revision_id in (environment["revision_id"], second["id"]):
        assert f"revision={revision_id}/environment={environment['id']}/" in step["text"]
    api.handler = api.serve(own_bucket=OwnBucket("data", "eu-west-1", lake_databases="ingest_test_"))
    for engine in ("athena", "duckdb", "spark", "trino"):
        answer = queries(api, environment, f"engine={engine}").json
        assert [one["engine"] for one in answer["engines"]] == ["athena", "duckdb", "spark", "trino"]
        told = "".join(step["text"] for step in answer["set_up"])
        for revision_id in (environment["revision_id"], second["id"]):
            assert (revision_id in told) == (engine in {"duckdb", "spark"})
        assert ("shop_live_all" in answer["queries"][0]["sql"]) == (engine in {"athena", "trino"})


def test_a_lake_on_aws_is_read_by_every_engine_that_the_catalog_lists_it_for(api):
    api.handler = api.serve(own_bucket=OwnBucket("data", "eu-west-1", lake_databases="ingest_test_"))
    environment = api.environment(api.endpoint(), destination=LAKE)
    named = [one["engine"] for one in queries(api, environment).json["engines"]]
    assert named == ["athena", "bigquery", "duckdb", "snowflake", "spark", "trino"]
    for engine in named:
        answer = queries(api, environment, f"engine={engine}")
        assert answer.status == 200, answer.json
        assert "ingest_test_org" in str(answer.json)


def test_a_destination_that_an_engine_or_none_reads_says_what_could(api):
    environment = api.environment(api.endpoint(), destination=POSTGRES)
    answer = queries(api, environment, "engine=duckdb")
    assert (answer.status, answer.pointers) == (422, ["/engine"])
    assert answer.json["detail"].endswith("has the type postgres. Queries of it are for: PostgreSQL.")
    sent = {"type": "http", "url": "https://example.com/events"}
    answer = queries(api, api.environment(api.endpoint("Sent"), destination=sent))
    assert answer.json["detail"].endswith("What it was sent can't be queried there.")


def test_viewers_may_read_queries_and_other_organisations_may_not(api):
    environment = api.environment(api.endpoint())
    api.add_member(Role.VIEWER, token="iet_viewer")
    assert queries(api, environment, token="iet_viewer").status == 200
    api.add_member(Role.OWNER, token="iet_other", organisation="org_other")
    assert queries(api, environment, token="iet_other").status == 404
