"""A domain of one's own on the local run: set, sent to, renewed, removed; and its key nowhere on the disk."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from benchmarks.local_run import LocalRun
from tests.certificates import issue, key_of
from tests.waiting import wait_until

DOMAIN = "events.shop.example"
FRESH_SECONDS = 8


@pytest.fixture(scope="module")
def certificate():
    return issue((DOMAIN,), key=key_of("rsa2048"), starts=datetime.now(UTC) - timedelta(days=1))


def send(run, domain=DOMAIN):
    headers = {"Host": f"{domain}:{run.port}", "Content-Type": "application/json"}
    return httpx.post(f"http://127.0.0.1:{run.port}/", content='{"n": 1}', headers=headers, trust_env=False)


def test_a_domain_leads_to_its_environment_until_it_is_removed(run, api, certificate):
    made = api.make_environment("Domains", [{"key": "n", "type": "INT"}])
    path = f"/v1/environments/{made.environment_id}/custom-domain"
    assert send(run).status_code == 404
    put = api.request("PUT", path, {"domain": DOMAIN, "certificate": certificate.body()})
    assert put.status_code == 200, put.text
    shown = api.request("GET", path).json()
    assert shown["status"] == "active"
    assert shown["address"] == f"http://{DOMAIN}:{run.port}/"
    assert [(row["type"], row["name"], row["value"]) for row in shown["dns_records"]] == [("A", DOMAIN, "127.0.0.1")]
    wait_until(lambda: send(run).status_code == 200, seconds=FRESH_SECONDS)
    assert send(run).json()["accepted"] == 1
    assert api.request("DELETE", f"{path}?confirm={DOMAIN}").status_code == 204
    assert api.request("GET", path).status_code == 404
    wait_until(lambda: send(run).status_code == 404, seconds=FRESH_SECONDS)
    managed = api.request("PUT", path, {"domain": DOMAIN, "certificate": "managed"})
    assert managed.status_code == 200
    shown = api.request("GET", path).json()
    assert (shown["status"], shown["certificate"]["kind"]) == ("active", "managed")
    assert shown["certificate"]["sans"] == [DOMAIN]
    wait_until(lambda: send(run).status_code == 200, seconds=FRESH_SECONDS)


def test_no_file_and_no_line_of_a_run_holds_a_key(tmp_path, certificate):
    lines = [line for line in certificate.private_key.splitlines() if not line.startswith("-----")]
    with LocalRun(tmp_path / "state") as run:
        with run.client() as api:
            made = api.make_environment("Secret", [{"key": "n", "type": "INT"}])
            path = f"/v1/environments/{made.environment_id}/custom-domain"
            for domain in (DOMAIN, DOMAIN, "other.example.com"):
                api.request("PUT", path, {"domain": domain, "certificate": certificate.body()})
            assert api.request("GET", path).json()["certificate"]["sans"] == [DOMAIN]
        assert run.terminate() == 0
        files = [path.read_bytes() for path in run.state_dir.rglob("*") if path.is_file()]
    assert any(DOMAIN.encode() in content for content in files)
    for line in lines:
        assert not any(line.encode() in content for content in files)
