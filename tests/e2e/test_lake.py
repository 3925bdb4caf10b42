"""From a POST to a table of a lake, in a local run that ends in between: each event is one row, and books balance."""

import duckdb
import pytest

from benchmarks.local_run import LocalRun
from connectors.lake.catalogs import LocalLakes
from tests.e2e.test_http_destination import FIELDS, books, send
from tests.waiting import wait_until

EVENTS = 500
DESTINATION = {"type": "lake", "managed": True}


FILES = {**DESTINATION, "table_format": "parquet"}
THEIRS = {
    "type": "lake",
    "bucket": "my-lake",
    "prefix": "events/",
    "region": "eu-west-1",
    "role_arn": "arn:aws:iam::123456789012:role/ingest-lake",
    "table_format": "parquet",
}


def rows(run):
    ((lake, name, _),) = LocalLakes(run.state_dir / "lake", run.state_dir / "objects", "data").tables()
    return lake.catalog.load_table(name).scan().to_arrow()


def test_events_become_rows_of_one_table_for_all_revisions(tmp_path):
    with LocalRun(tmp_path / "state") as run:
        with run.client() as api:
            made = api.make_environment("Shop", FIELDS, settings={"destination": DESTINATION})
            ids = send(made.address, range(EVENTS))
            found = api.call("GET", f"/v1/environments/{made.environment_id}")
            text = [{"key": "number", "type": "STRING"}]
            second = api.make_revision(found["endpoint_id"], text)
            path = f"/v1/environments/{made.environment_id}/deployments"
            deployed = api.call("POST", path, {"revision_id": second})
        assert deployed["columns_apart"] == [{"field": "number", "column": "number__string"}]
        run.terminate()  # the stream gathers for a minute, and lets go of what it has at the end
        run.start()
        with run.client() as api:
            balanced = {"accepted": EVENTS, "delivered": EVENTS, "repeats": 0, "set_aside": 0, "in_flight": 0}
            wait_until(lambda: books(api, made) == balanced, seconds=60.0)
    table = rows(run)
    assert sorted(table["_event_id"].to_pylist()) == sorted(ids)
    assert sorted(table["number"].to_pylist()) == list(range(EVENTS))
    assert table["number__string"].to_pylist() == [None] * EVENTS


@pytest.mark.slow
@pytest.mark.parametrize("destination", [FILES, THEIRS])
def test_events_become_files_of_parquet_and_duckdb_reads_them_by_the_view_that_the_api_writes(tmp_path, destination):
    with LocalRun(tmp_path / "state") as run:
        with run.client() as api:
            made = api.make_environment("Shop", FIELDS, settings={"destination": destination})
            ids = send(made.address, range(EVENTS))
            queries = api.call("GET", f"/v1/environments/{made.environment_id}/sql")
        with duckdb.connect() as connection:
            connection.execute(queries["set_up"][0]["text"])
            view = f'SELECT _event_id, number FROM "{queries["table"]}"'
            assert connection.execute(view).fetchall() == []
            run.terminate()  # the stream gathers for a minute, and lets go of what it has at the end
            run.start()
            with run.client() as api:
                balanced = {"accepted": EVENTS, "delivered": EVENTS, "repeats": 0, "set_aside": 0, "in_flight": 0}
                wait_until(lambda: books(api, made) == balanced, seconds=60.0)
            found = connection.execute(view).fetchall()
    assert sorted(event_id for event_id, _ in found) == sorted(ids)
    assert sorted(number for _, number in found) == list(range(EVENTS))
