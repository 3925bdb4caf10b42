"""The local run answers as its OpenAPI document says, whatever is sent: schemathesis finds it out.

New operations are in by themselves. What is sent is the same in every run of the same document.
"""

import copy
import json
import os
import subprocess
import sys

import pytest

from benchmarks.local_run import ROOT, LocalRun, free_port

EXAMPLES = 6
SECONDS = 300  # on a loaded machine; a minute, when nothing else runs
REQUEST_SECONDS = (
    30  # what API Gateway allows; a check of a destination that is not there goes on trying for most of it
)
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
PRICE = {"key": "price", "type": "FLOAT"}


def things(api, name):
    """Make one of each resource; return their ids by the names of path parameters, and their own names."""
    endpoint = api.call("POST", "/v1/endpoints", {"name": name})
    draft = api.call("POST", f"/v1/endpoints/{endpoint['id']}/revisions", {"name": f"{name} draft"})
    final = api.call("POST", f"/v1/endpoints/{endpoint['id']}/revisions", {"samples": [{"price": 9.5}]})
    final = api.call("POST", f"/v1/revisions/{final['id']}/finalise")
    destination = {"type": "s3", "managed": True}
    body = {"name": name, "revision_id": final["id"], "destination": destination}
    environment = api.call("POST", f"/v1/endpoints/{endpoint['id']}/environments", body)
    redrive = api.call(
        "POST", f"/v1/environments/{environment['id']}/redrives", {"revision_id": final["id"], "dry_run": True}
    )
    tap = api.call("POST", f"/v1/environments/{environment['id']}/taps", {"seconds": 3_600, "sample": 10})
    trial = {"environment_id": environment["id"], "source": "delivered", "sample": 10}
    trial = api.call("POST", f"/v1/revisions/{final['id']}/trials", trial)
    (deployment,) = api.call("GET", f"/v1/environments/{environment['id']}/deployments")["items"]
    target = api.call("POST", "/v1/alert-targets", {"name": name, "kind": "email", "email": f"{name}@example.com"})
    alert = {"kind": "silence", "targets": [target["id"]]}
    alert = api.call("POST", f"/v1/environments/{environment['id']}/alerts", alert)
    member = api.call("POST", "/v1/organisation/members", {"email": f"{name}@example.com", "role": "viewer"})
    token = api.call("POST", "/v1/tokens", {"name": name, "role": "viewer"})
    return {
        "endpoint_id": endpoint["id"],
        "revision_id": draft["id"],
        "other_id": final["id"],
        "environment_id": environment["id"],
        "redrive_id": redrive["id"],
        "tap_id": tap["id"],
        "trial_id": trial["id"],
        "deployment_id": deployment["id"],
        "target_id": target["id"],
        "alert_id": alert["id"],
        "member_id": member["id"],
        "token_id": token["id"],
    }


def with_ids(document, kept, to_delete):
    """Return the document with ids that there are in place of any: what is deleted is not what the others need."""
    document = copy.deepcopy(document)
    for operations in document["paths"].values():
        for method, operation in operations.items():
            ids = to_delete if method == "delete" else kept
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path" and parameter["name"] in ids:
                    parameter["schema"] = {"type": "string", "enum": [ids[parameter["name"]]]}
                if parameter["name"] == "confirm":
                    parameter["schema"] = {"type": "string", "enum": ["Doomed", "Other"]}
    return document


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A local run that asks a BigQuery which is not there, and never the real one."""
    nowhere = {"BIGQUERY_EMULATOR_HOST": f"127.0.0.1:{free_port()}"}
    with LocalRun(tmp_path_factory.mktemp("local") / "state", environment=nowhere) as run:
        yield run


def test_every_operation_answers_as_its_document_says(run, tmp_path):
    with run.client() as api:
        described = api.call("GET", "/v1/openapi.json")
        document = with_ids(described, things(api, "Kept"), things(api, "Doomed"))
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    report = tmp_path / "report.json"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", "openapi.json", "--url", run.address),
            *("-H", f"Authorization: Bearer {run.token}", "--checks", ",".join(CHECKS)),
            *("--phases", "examples,coverage,fuzzing", "-n", str(EXAMPLES), "--seed", "1", "--no-shrink"),
            *("--continue-on-failure", "--warnings", "off", "--suppress-health-check", "all"),
            *("--request-timeout", str(REQUEST_SECONDS)),
            *("--report", "json", "--report-json-path", str(report)),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": "tests.fuzzing_hooks"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    said = done.stdout[-6_000:] + done.stderr[-2_000:]
    assert done.returncode == 0, said
    found = json.loads(report.read_text())
    assert (found["failures"], found["errors"]) == ([], []), said
    operations = sum(len(methods) for methods in described["paths"].values())
    assert found["operations"]["tested"] == operations, said
    assert "Traceback" not in run.log.read_text()
