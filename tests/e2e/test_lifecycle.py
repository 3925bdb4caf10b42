"""Starting, ending and being killed."""

import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading

import httpx
import pytest

from adapters.sqlite.database import Database
from adapters.sqlite.usage import SqliteUsage
from benchmarks.local_run import ROOT, LocalRun
from local.delivered import delivered_events
from tests.waiting import wait_until

SCHEMA = [{"key": "number", "type": "INT"}]
NEVER = 900  # seconds: no buffer is delivered for its age


def start_again(run, **changes):
    """Run `python -m local` beside a run until it ends; return the finished process."""
    environment = {**os.environ, "PORT": str(run.port), "STATE_DIR": str(run.state_dir), **changes}
    return subprocess.run(
        [sys.executable, "-m", "local"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def post(address, body):
    return httpx.post(address, content=body, headers={"Content-Type": "application/json"}, trust_env=False)


def usage_of(run, made):
    database = Database(run.state_dir / "state.db")
    try:
        return SqliteUsage(database).totals(made.environment_id)
    finally:
        database.close()


def test_a_sigterm_delivers_what_is_buffered_and_ends_with_status_0(tmp_path):
    with LocalRun(tmp_path / "state", buffer_seconds=NEVER) as run:
        with run.client() as api:
            made = api.make_environment("Drained", SCHEMA)
        answer = post(made.address, json.dumps([{"number": number} for number in range(500)]))
        assert delivered_events(run.state_dir, made.environment_id) == []
        assert run.terminate() == 0
        delivered = delivered_events(run.state_dir, made.environment_id)
        assert [row["_event_id"] for row in delivered] == answer.json()["event_ids"]
        assert run.log.read_text() == ""
        usage = usage_of(run, made)
        assert (usage.requests, usage.accepted) == (1, 500)


def test_two_signals_end_it_as_one_does(tmp_path):
    with LocalRun(tmp_path / "state", buffer_seconds=NEVER) as run:
        with run.client() as api:
            made = api.make_environment("Twice", SCHEMA)
        post(made.address, '{"number": 1}')
        run.process.send_signal(signal.SIGINT)
        run.process.send_signal(signal.SIGINT)
        assert run.terminate() == 0
        assert len(delivered_events(run.state_dir, made.environment_id)) == 1


def test_a_stop_under_load_loses_nothing_that_was_acknowledged(tmp_path):
    with LocalRun(tmp_path / "state", buffer_seconds=NEVER) as run:
        with run.client() as api:
            made = api.make_environment("Busy", SCHEMA)
        acknowledged = []
        enough = threading.Event()

        def send():
            connection = http.client.HTTPConnection("127.0.0.1", run.port, timeout=10)
            while True:
                try:
                    connection.request(
                        "POST", f"/e/{made.environment_id}", '{"number": 1}', {"Content-Type": "application/json"}
                    )
                    answer = json.loads(connection.getresponse().read())
                except (OSError, http.client.HTTPException):
                    connection.close()
                    return
                acknowledged.append(answer["event_ids"][0])
                if len(acknowledged) > 100:
                    enough.set()

        senders = [threading.Thread(target=send) for _ in range(4)]
        for sender in senders:
            sender.start()
        assert enough.wait(20)
        assert run.terminate() == 0
        for sender in senders:
            sender.join(20)
            assert not sender.is_alive()
        delivered = [row["_event_id"] for row in delivered_events(run.state_dir, made.environment_id)]
        assert len(delivered) == len(set(delivered))
        assert set(acknowledged) <= set(delivered)


def test_a_kill_loses_nothing_and_the_next_start_delivers_it_once(tmp_path):
    run = LocalRun(tmp_path / "state", buffer_seconds=NEVER)
    with run:
        with run.client() as api:
            made = api.make_environment("Killed", SCHEMA)
        answers = [post(made.address, json.dumps([{"number": 1}] * 10)).json() for _ in range(20)]
        acknowledged = [event_id for answer in answers for event_id in answer["event_ids"]]
        token = run.token
        run.kill()
        run.start()
        assert run.token == token
        again = wait_until(lambda: delivered_events(run.state_dir, made.environment_id) or None)
        assert sorted(row["_event_id"] for row in again) == sorted(acknowledged)
        more = post(made.address, '{"number": 2}')
        assert more.status_code == 200
        assert run.terminate() == 0
        delivered = [row["_event_id"] for row in delivered_events(run.state_dir, made.environment_id)]
        assert sorted(delivered) == sorted(acknowledged + more.json()["event_ids"])


def test_state_survives_a_restart(tmp_path):
    with LocalRun(tmp_path / "state") as run:
        with run.client() as api:
            made = api.make_environment("Kept", SCHEMA)
        assert run.terminate() == 0
        run.start()
        with run.client() as api:
            assert api.call("GET", f"/v1/environments/{made.environment_id}")["status"] == "active"
        assert post(made.address, '{"number": 1}').status_code == 200


def test_a_second_run_on_the_same_state_folder_is_refused(run):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    refused = start_again(run, PORT=str(free))
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr.count("\n") == 1
    assert f"process {run.process.pid}" in refused.stderr
    assert str(run.state_dir) in refused.stderr


def test_a_port_in_use_is_named(run, tmp_path):
    refused = start_again(run, STATE_DIR=str(tmp_path / "other"))
    assert refused.returncode == 1
    assert (
        refused.stderr == f"Port {run.port} is in use on 127.0.0.1. Stop what listens there, or set PORT to another.\n"
    )


def test_a_state_folder_that_can_not_be_written_is_named(run, tmp_path):
    (tmp_path / "file").write_text("")
    refused = start_again(run, STATE_DIR=str(tmp_path / "file" / "state"))
    assert refused.returncode == 1
    assert refused.stderr.startswith("STATE_DIR ")
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "http"), ("BUFFER_SECONDS", "-1"), ("ADMIN_TOKEN", "letmein letmein")]
)
def test_a_setting_that_can_not_work_is_one_sentence_that_names_it(run, name, value):
    refused = start_again(run, **{name: value})
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"{name} must be ")
    assert refused.stderr.count("\n") == 1
    assert "letmein" not in refused.stderr


def test_a_given_token_is_the_one_that_counts_and_is_not_written_down(tmp_path):
    token = "iet_given-by-the-operator-0123456789"
    with LocalRun(tmp_path / "state", environment={"ADMIN_TOKEN": token}) as run:
        assert run.token == token
        with run.client() as api:
            assert api.call("GET", "/v1/me")["role"] == "owner"
        files = [path for path in run.state_dir.rglob("*") if path.is_file()]
        assert not [path for path in files if token.encode() in path.read_bytes()]


def test_a_made_token_can_be_read_by_its_owner_only(run):
    path = run.state_dir / "admin-token"
    assert path.read_text().strip() == run.token
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
