"""`make verify` against the deployed stage: the program that gives a verdict on a real account."""

import pytest

from infra.verifying.__main__ import main
from tests.e2e_aws.deployment import eventually

pytestmark = pytest.mark.emulator

# What this emulator can't do, each for a reason that the report gives.
BEYOND_THE_EMULATOR = {"gzip-json", "preflight", "console", "domain", "bigquery"}


def test_every_promise_of_a_deployed_stage_is_kept(deployment, tmp_path, monkeypatch):
    for name, value in deployment.emulator.variables.items():
        monkeypatch.setenv(name, value)
    report = tmp_path / "report.md"
    results = main(["--stage", "e2e", "--report", str(report), "--flush"], deployment.settings)
    states = {result.name: result.state for result in results}
    assert {name for name, state in states.items() if state == "failed"} == set(), report.read_text()
    skipped = {name for name, state in states.items() if state == "skipped"}
    assert skipped <= BEYOND_THE_EMULATOR | {"alarms", "alarm-queries", "roles", "logs"}, report.read_text()
    assert {"objects", "freshness", "redrive", "ledger", "flush", "deleted"} <= states.keys() - skipped
    assert deployment.token not in report.read_text()

    def gone():
        names = [item["name"] for item in deployment.v1("GET", "/v1/endpoints")["items"]]
        return not [name for name in names if name.startswith("Verification ")]

    eventually(gone)
