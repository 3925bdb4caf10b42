"""From an event over HTTPS to a row of a query: the deployed functions against an emulated BigQuery."""

import json

import pytest
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud.bigquery import Client, SchemaField, Table

from local.bigquery_emulator import PROJECT
from tests.e2e_aws.deployment import eventually

pytestmark = pytest.mark.emulator

KEY = {
    "type": "service_account",
    "private_key_id": "1",
    "private_key": "a key that the emulator does not ask for",
    "client_email": "writer@local-project.iam.gserviceaccount.com",
}


@pytest.fixture
def google(bigquery):
    if bigquery is None:
        pytest.skip("NO BIGQUERY EMULATOR: it needs a Python 3.13; then run `make local-bigquery`.")
    options = ClientOptions(api_endpoint=f"http://{bigquery.address}")
    with Client(project=PROJECT, credentials=AnonymousCredentials(), client_options=options) as client:
        yield client


@pytest.mark.parametrize("mode", ["load", "stream"])
def test_an_event_over_https_is_a_row_of_a_query(deployment, google, mode):
    endpoint = deployment.make_endpoint(f"Rows by {mode}")
    revision = deployment.make_revision(endpoint, "FLOAT")
    destination = {"type": "bigquery", "project": PROJECT, "dataset": "events", "location": "EU", "table": mode}
    environment = deployment.make_environment(endpoint, revision, {**destination, "mode": mode, "credentials": KEY})
    sent = deployment.send(environment, [{"event": "purchase", "price": 9.5}, {"event": "x"}]).json()
    assert [row["outcome"] for row in sent["results"]] == ["accepted", "quarantined"]
    query = f"SELECT * FROM `{PROJECT}.events.{mode}` WHERE event = 'purchase'"

    (row,) = eventually(lambda: list(google.query(query, location="EU").result()))
    assert (row["_event_id"], row["_revision_id"]) == (sent["results"][0]["event_id"], revision)
    assert row["price"] == 9.5

    def counted():
        deployment.send(environment, {"event": "view"})
        totals = deployment.v1("GET", f"/v1/usage?environment={environment}")["totals"]
        return totals["accepted"] >= 2 and totals["delivered"] >= 2 and totals["set_aside"] == 0

    eventually(counted)
    deployment.v1("DELETE", f"/v1/environments/{environment}?confirm=Production")
    eventually(lambda: deployment.send(environment, {"event": "view"}).status_code == 410)
    assert list(google.query(query, location="EU").result()) == [row]


def test_what_a_broken_table_refused_is_sent_again_by_the_operator_to_one_row(deployment, google):
    endpoint = deployment.make_endpoint("Set aside")
    revision = deployment.make_revision(endpoint, "FLOAT")
    destination = {"type": "bigquery", "project": PROJECT, "dataset": "events", "location": "EU", "table": "mended"}
    environment = deployment.make_environment(endpoint, revision, {**destination, "mode": "load", "credentials": KEY})
    query = f"SELECT * FROM `{PROJECT}.events.mended`"
    eventually(lambda: list(google.query(query, location="EU").result()))
    (whole,) = [
        google.get_table(found)
        for found in google.list_tables(f"{PROJECT}.events")
        if found.table_id.startswith("mended") and found.table_type == "TABLE"
    ]
    changed = SchemaField("event", "INTEGER", mode="REQUIRED")
    broken = Table(whole.reference, [changed if row.name == "event" else row for row in whole.schema])
    broken.labels = whole.labels
    google.delete_table(whole)
    google.create_table(broken)
    (event_id,) = deployment.send(environment, {"event": "purchase", "price": 9.5}).json()["event_ids"]
    path, of = "/v1/operations/set-aside", {"environment_id": environment}
    (item,) = eventually(lambda: deployment.v1("GET", f"{path}?environment_id={environment}")["items"])
    (line,) = deployment.v1("GET", f"{path}/{item['id']}")["lines"]
    assert json.loads(line)["event_id"] == event_id

    google.delete_table(broken)
    google.create_table(whole)
    eventually(lambda: set_aside(deployment, environment) == 1)
    assert deployment.v1("POST", f"{path}/redrive", {**of, "dry_run": True})["events"] == 1
    told = deployment.v1("POST", f"{path}/redrive", of)
    assert (told["events"], told["skipped"]) == (1, [])
    eventually(lambda: set_aside(deployment, environment) == 0)
    (row,) = google.query(f"{query} WHERE event = 'purchase'", location="EU").result()
    assert (row["_event_id"], row["price"]) == (event_id, 9.5)
    assert deployment.v1("GET", f"{path}?environment_id={environment}")["items"] == []


def set_aside(deployment, environment):
    """Return how many are, once a request has written down what those before it counted."""
    deployment.send(environment, {"event": "view"})
    return deployment.v1("GET", f"/v1/usage?environment={environment}")["totals"]["set_aside"]
