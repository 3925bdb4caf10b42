"""`ingestctl doctor` against a local run, which keeps every promise; where an answer breaks one, it is found."""

import json
import os
import subprocess

import httpx
import pytest

from benchmarks.local_run import ROOT
from ingestctl.client import Api
from ingestctl.doctor.doors import Sender
from ingestctl.doctor.examination import Examination
from ingestctl.doctor.journey import NAME_PREFIX, Journey
from ingestctl.doctor.tried import Tried
from ingestctl.settings import Account


def test_a_local_run_keeps_every_promise(run, tmp_path):
    report = tmp_path / "report.md"
    called = subprocess.run(
        [ROOT / "bin" / "ingestctl", "doctor", "--report", str(report), "--json"],
        env={**os.environ, "INGEST_ADDRESS": run.address, "INGEST_TOKEN": run.token},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert called.returncode == 0, called.stdout + called.stderr
    said = json.loads(called.stdout)
    states = {check["name"]: check["state"] for check in said["checks"]}
    assert (said["failed"], {name for name, state in states.items() if state == "skipped"}) == (
        0,
        {"domain", "bigquery"},
    )
    assert run.token not in report.read_text()
    assert "| pass | freshness |" in report.read_text()
    with run.client() as client:
        names = [item["name"] for item in client.call("GET", "/v1/endpoints")["items"]]
    assert not [name for name in names if name.startswith(NAME_PREFIX)]


class Tampering(httpx.BaseTransport):
    """Hands requests on, and changes what comes back."""

    def __init__(self, change):
        self._change = change
        self._transport = httpx.HTTPTransport()

    def handle_request(self, request):
        answer = self._transport.handle_request(request)
        answer.read()
        return self._change(request, answer) or answer

    def close(self):
        self._transport.close()


def document(answer, **changes):
    return httpx.Response(answer.status_code, headers=plain(answer), json=answer.json() | changes)


def plain(answer):
    return {name: value for name, value in answer.headers.items() if name not in {"content-length", "content-encoding"}}


def one_id_for_all(request, answer):
    return document(answer, event_ids=["evt_1"]) if "idempotency-key" in request.headers else None


def an_id_for_each(_request, answer):
    return document(answer, event_ids=[os.urandom(8).hex()]) if b'"ok":true' in answer.content else None


def no_revision(_request, answer):
    return httpx.Response(answer.status_code, json=answer.json()) if answer.status_code == 200 else None


def the_first_revision(first=None):
    def change(_request, answer):
        nonlocal first
        first = first or answer.headers.get("X-Revision-Id")
        if "X-Revision-Id" in answer.headers:
            answer.headers["X-Revision-Id"] = first

    return change


def everything_is_fine(request, answer):
    if answer.status_code == 400:
        return httpx.Response(200, headers=plain(answer), json={"ok": True, "accepted": 1, "event_ids": ["evt_2"]})
    return None


def a_picture_is_text(request, _answer):
    return httpx.Response(200, text="hello") if request.method == "GET" else None


def outcomes_in_another_order(_request, answer):
    found = answer.json() if b'"results"' in answer.content else {}
    return document(answer, results=found["results"][::-1]) if found else None


def never_gone(_request, answer):
    return httpx.Response(200, json={}) if answer.status_code == 410 else None


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("repeated", one_id_for_all),
        ("repeated", an_id_for_each),
        ("post", no_revision),
        ("doubled", everything_is_fine),
        ("pixel", a_picture_is_text),
        ("batch", outcomes_in_another_order),
        ("freshness", the_first_revision()),
        ("deleted", never_gone),
    ],
)
def test_a_broken_promise_is_found_and_what_was_made_is_deleted_all_the_same(run, name, change):
    examination = Examination()
    with Api(Account(run.address, run.token)) as api:
        sender = Sender(Tampering(change))
        journey = Journey(api, sender, examination, Tried(watch_seconds=0.5))
        wanted = {"api", "revision", "environment", name}
        examination.run([check for check in journey.checks() if check.name in wanted])
        examination.run(journey.clean_up())
        sender.close()
        names = [item["name"] for item in api.pages("/v1/endpoints")]
    assert [result.name for result in examination.results if result.state == "failed"] == [name]
    assert not [found for found in names if found.startswith(NAME_PREFIX)]
