"""From an event over HTTPS to a row: the deployed functions against a PostgreSQL server on this machine, over TLS."""

import pytest

from tests.e2e_aws.deployment import eventually

pytestmark = pytest.mark.emulator


def test_events_over_https_are_rows_over_a_deployment_and_a_refused_one_is_set_aside(deployment, postgres):
    endpoint = deployment.make_endpoint("Rows of PostgreSQL")
    schema = postgres.new_schema()
    destination = {
        "type": "postgres",
        "dsn": postgres.dsn(schema, host="localhost", sslmode="verify-full"),
        "ca_certificates": postgres.ca_certificates,
        "schema": schema,
        "table": "shop",
    }
    environment = deployment.make_environment(endpoint, deployment.make_revision(endpoint, "INT"), destination)
    checked = deployment.v1("POST", f"/v1/environments/{environment}/destination/check")
    assert [step["state"] for step in checked["checks"]] == ["passed"] * 5

    postgres.run(f"ALTER TABLE {schema}.shop ADD CHECK (price < 100)")
    first = deployment.send(environment, [{"event": "view", "price": 9}, {"event": "view", "price": 100}]).json()
    revision = deployment.make_revision(endpoint, "FLOAT")
    deployed = deployment.v1("POST", f"/v1/environments/{environment}/deployments", {"revision_id": revision})
    apart = deployed["columns_apart"]
    assert [column["field"] for column in apart] == ["price"]

    def rows():
        deployment.send(environment, {"event": "purchase", "price": 9.5})
        column = apart[0]["column"]
        return dict(postgres.run(f"SELECT _event_id, coalesce(price::float8, {column}) FROM {schema}.shop"))

    def both():
        found = rows()
        return found if {9.0, 9.5} <= set(found.values()) else None

    found = eventually(both)
    assert found[first["event_ids"][0]] == 9.0
    assert first["event_ids"][1] not in found
    eventually(lambda: deployment.v1("GET", f"/v1/usage?environment={environment}")["totals"]["set_aside"] == 1)
