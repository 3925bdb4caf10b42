"""From a POST to a table of a lake, in a local run that ends in between: each event is one row, and books balance."""

from benchmarks.local_run import LocalRun
from connectors.lake.catalogs import LocalLakes
from tests.e2e.test_http_destination import FIELDS, books, send
from tests.waiting import wait_until

EVENTS = 500
DESTINATION = {"type": "lake", "managed": True}


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
