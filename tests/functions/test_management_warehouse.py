"""Scripts for warehouses over `/v1`."""

import pytest

from domain.records.caller import Role
from domain.warehouses.scripts import ENGINES
from tests.management_api import PRICE

BUCKET = {"type": "s3", "bucket": "my-events", "prefix": "raw/", "region": "eu-west-1"}


@pytest.fixture
def environment(api):
    return api.environment(api.endpoint())


def warehouse(api, environment, query="", **options):
    return api.call("GET", f"/v1/environments/{environment['id']}/warehouse?{query}", **options)


@pytest.mark.parametrize("engine", ENGINES)
def test_there_is_a_script_for_every_engine_for_a_bucket_of_yours(api, engine):
    role = {"role_arn": "arn:aws:iam::123456789012:role/ingest"}
    environment = api.environment(api.endpoint(), destination={**BUCKET, **role})
    answer = warehouse(api, environment, f"engine={engine}")
    assert answer.status == 200, answer.json
    assert (answer.json["engine"], answer.json["title"]) == (engine, ENGINES[engine].title)
    assert answer.json["revision_id"] == environment["revision_id"]
    assert answer.json["from_revision_id"] is None
    assert answer.json["notes"]
    text = answer.json["script"]
    assert f"my-events/raw/environment={environment['id']}/" in text
    assert role["role_arn"] not in text
    policy = answer.json["grants"][0]["document"]["Statement"][0]
    assert policy["Resource"] == f"arn:aws:s3:::my-events/raw/environment={environment['id']}/*"
    assert answer.json["table"] in answer.json["check"]


def test_without_an_engine_it_is_duckdbs_on_the_deployments_own_bucket(api, environment):
    answer = warehouse(api, environment)
    assert answer.json["engine"] == "duckdb"
    assert f"s3://events-data/environment={environment['id']}/" in answer.json["script"]
    assert {grant["kind"] for grant in answer.json["grants"]} == {"policy", "bucket_policy", "key_policy"}


def test_from_one_revision_to_another_the_script_changes_the_table(api):
    endpoint = api.endpoint()
    environment = api.environment(endpoint)
    later = api.draft(endpoint, PRICE, {"key": "colour", "type": "STRING"})
    query = f"engine=clickhouse&from={environment['revision_id']}&to={later['id']}"
    answer = warehouse(api, environment, query)
    assert (answer.json["from_revision_id"], answer.json["revision_id"]) == (environment["revision_id"], later["id"])
    assert "ADD COLUMN IF NOT EXISTS `colour`" in answer.json["script"]
    assert "CREATE TABLE" not in answer.json["script"]
    assert answer.json["grants"] == []


def test_a_revision_of_another_endpoint_is_refused_where_it_was_given(api, environment):
    other = api.finalised(api.endpoint("Blog"))
    for name in ("from", "to"):
        answer = warehouse(api, environment, f"{name}={other['id']}")
        assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, f"/{name}")
        assert answer.json["errors"][0]["code"] == "unknown_revision"


@pytest.mark.parametrize("name", ["from", "to"])
def test_an_empty_id_of_a_revision_is_none(api, environment, name):
    assert warehouse(api, environment, f"{name}=").status in {404, 422}


def test_an_environment_with_another_destination_has_no_script_and_says_why(api):
    destination = {"type": "http", "url": "https://example.com/events"}
    environment = api.environment(api.endpoint(), destination=destination)
    answer = warehouse(api, environment)
    assert (answer.status, answer.json["code"]) == (422, "invalid_request")
    assert "type s3" in answer.json["detail"]


def test_redshift_and_an_unknown_engine_are_refused_with_a_reason(api, environment):
    own = warehouse(api, environment, "engine=redshift")
    assert (own.status, "bucket of yours" in own.json["detail"]) == (422, True)
    unknown = warehouse(api, environment, "engine=oracle")
    assert (unknown.status, unknown.json["errors"][0]["pointer"]) == (422, "/engine")


def test_viewers_may_read_scripts_and_other_organisations_may_not(api, environment):
    api.add_member(Role.VIEWER, token="iet_viewer")
    assert warehouse(api, environment, token="iet_viewer").status == 200
    api.add_member(Role.OWNER, token="iet_other", organisation="org_other")
    assert warehouse(api, environment, token="iet_other").status == 404
