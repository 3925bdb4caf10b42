"""From a POST to rows of PostgreSQL, over a deployment that changes a type, and what the command line says of both."""

import httpx

from tests.e2e.test_http_destination import WAIT_SECONDS, books
from tests.ingestctl_shell import Shell
from tests.waiting import wait_until


def test_events_of_two_revisions_are_rows_of_one_table_and_a_refused_one_is_set_aside(api, run, tmp_path, postgres):
    schema = postgres.new_schema()
    destination = {"type": "postgres", "dsn": postgres.dsn(schema), "schema": schema, "table": "shop"}
    fields = [{"key": "name", "type": "STRING"}, {"key": "price", "type": "INT", "presence": "optional"}]
    made = api.make_environment("Tables", fields, settings={"destination": destination}, timeout_seconds=WAIT_SECONDS)
    shown = api.call("GET", f"/v1/environments/{made.environment_id}")["destination"]
    assert (shown["user"], shown["port"], "dsn" in shown) == (schema, postgres.port, False)

    def send(*events):
        answered = httpx.post(made.address, json=list(events), trust_env=False, timeout=30)
        assert answered.json()["accepted"] == len(events), answered.text

    send(*({"name": f"number {number}", "price": number} for number in range(50)), {"name": "cut\x00here"})
    later = api.make_revision(made.endpoint_id, [fields[0], {**fields[1], "type": "FLOAT"}])
    shell = Shell(run, tmp_path)
    deployed = shell.json("deploy", made.environment_id, later, "--endpoint", made.endpoint_id, "--wait")
    assert deployed["columns_apart"] == [{"field": "price", "column": "price__float"}]
    send({"name": "half", "price": 0.5})
    balanced = {"accepted": 52, "delivered": 51, "repeats": 0, "set_aside": 1, "in_flight": 0}
    wait_until(lambda: books(api, made) == balanced, seconds=WAIT_SECONDS)
    counted = f"SELECT count(*), sum(price)::int, sum(price__float) FROM {schema}.shop"
    assert postgres.run(counted) == [[51, sum(range(50)), 0.5]]
    command = ("environments", "check", made.environment_id, "--endpoint", made.endpoint_id)
    assert [row["state"] for row in shell.json(*command)["checks"]] == ["passed"] * 5
