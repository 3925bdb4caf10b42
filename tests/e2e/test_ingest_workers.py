"""Ingest workers: what dies is started again, and nothing of what they promised goes with them."""

import http.client
import json
import os
import signal
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from adapters.sqlite.database import Database
from adapters.sqlite.usage import SqliteUsage
from benchmarks.local_run import LocalRun
from local.delivered import delivered_events
from tests.waiting import wait_until

SCHEMA = [{"key": "number", "type": "INT"}]
STRICT = [*SCHEMA, {"key": "name", "type": "STRING"}]
JSON = {"Content-Type": "application/json"}
NEVER = 900


@pytest.fixture
def run(tmp_path):
    with LocalRun(tmp_path / "state", buffer_seconds=NEVER, workers=2) as run:
        yield run


def is_there(process_id):
    try:
        return b"ingest_worker" in Path(f"/proc/{process_id}/cmdline").read_bytes()
    except OSError:
        return False


def ask(connection, made, body="", headers=JSON):
    is_chunked = "Transfer-Encoding" in headers
    connection.request("POST", f"/e/{made.environment_id}", body, headers, encode_chunked=is_chunked)
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), json.loads(answer.read())


def connections(run, count):
    return [http.client.HTTPConnection("127.0.0.1", run.port, timeout=10) for _ in range(count)]


class Sender(threading.Thread):
    """Sends one event after the other, opens its connection again when it breaks, and keeps what was acknowledged."""

    def __init__(self, run, made):
        super().__init__()
        self._run, self._made = run, made
        self.acknowledged = []
        self.broken = 0
        self.goes_on = True

    def run(self):
        (connection,) = connections(self._run, 1)
        while self.goes_on:
            try:
                status, _, answer = ask(connection, self._made, '{"number": 1}')
            except (OSError, http.client.HTTPException):
                connection.close()
                self.broken += 1
                continue
            assert status == 200
            self.acknowledged += answer["event_ids"]
        connection.close()


def test_a_killed_worker_is_started_again_and_nothing_is_missing_or_doubled(run):
    with run.client() as api:
        made = api.make_environment("Killed worker", SCHEMA)
    before = run.worker_ids
    assert len(before) == 2
    senders = [Sender(run, made) for _ in range(4)]
    for sender in senders:
        sender.start()
    for victim in before:
        told = [len(sender.acknowledged) for sender in senders]
        wait_until(lambda told=told: all(len(s.acknowledged) > n for s, n in zip(senders, told, strict=True)))
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda victim=victim: len(run.worker_ids) == 2 and victim not in run.worker_ids, seconds=20)
    told = [len(sender.acknowledged) for sender in senders]
    wait_until(lambda: all(len(s.acknowledged) > n for s, n in zip(senders, told, strict=True)), seconds=20)
    for sender in senders:
        sender.goes_on = False
    for sender in senders:
        sender.join(20)
    assert sum(sender.broken for sender in senders) > 0
    assert not set(before) & set(run.worker_ids)
    assert run.terminate() == 0
    delivered = [row["_event_id"] for row in delivered_events(run.state_dir, made.environment_id)]
    assert len(delivered) == len(set(delivered))
    assert {event_id for sender in senders for event_id in sender.acknowledged} <= set(delivered)
    assert run.log.read_text().count("is started again") == 2


def test_workers_end_with_the_main_process_however_it_ends(run):
    workers = run.worker_ids
    assert all(map(is_there, workers))
    run.kill()
    wait_until(lambda: not any(map(is_there, workers)))
    run.start()
    workers = run.worker_ids
    assert run.terminate() == 0
    assert not any(map(is_there, workers))


def test_a_roll_back_reaches_every_worker_and_all_count_together(run):
    with run.client() as api:
        made = api.make_environment("Every worker", SCHEMA)
        strict = api.make_revision(made.endpoint_id, STRICT)
        opened = connections(run, 8)
        assert {ask(connection, made, '{"number": 1}')[0] for connection in opened} == {200}
        api.call("POST", f"/v1/environments/{made.environment_id}/deployments", {"revision_id": strict})
        for connection in opened:
            wait_until(
                lambda connection=connection: ask(connection, made, '{"number": 1}')[1]["x-revision-id"] == strict,
                seconds=20,
            )
        assert {ask(connection, made, '{"number": 1}')[0] for connection in opened} == {400}
        for connection in opened:
            connection.close()
    assert run.terminate() == 0
    with closing(Database(run.state_dir / "state.db")) as database:
        usage = SqliteUsage(database).totals(made.environment_id)
    assert usage.accepted == len(delivered_events(run.state_dir, made.environment_id))
    assert usage.requests == usage.accepted + usage.quarantined
    assert usage.quarantined >= len(opened)


def test_a_rate_limit_is_one_for_all_workers(run):
    with run.client() as api:
        made = api.make_environment("Limited", SCHEMA, settings={"rate_limit": 1})
    opened = connections(run, 8)
    began = time.monotonic()
    statuses = [ask(connection, made, '{"number": 1}')[0] for _ in range(4) for connection in opened]
    elapsed = time.monotonic() - began
    assert 10 <= statuses.count(200) <= 10 + elapsed + 1  # those of ten seconds; two limits would let 20 through
    assert set(statuses) == {200, 429}
    for connection in opened:
        connection.close()


def test_a_worker_answers_as_the_main_process_does(run):
    """A request that comes in chunks is none of the plain kind: the main process answers it."""
    with run.client() as api:
        made = api.make_environment("The same", SCHEMA, settings={"on_invalid": "reject"})
    here, there = connections(run, 2)
    with closing(here), closing(there):
        # The last two may cost much: one turns out not to, of the other a worker leaves the faults to a lane.
        valid = [{"number": 1}] * 400
        many = (json.dumps(valid).encode(), json.dumps([*valid, {"number": "1"}]).encode())
        for body in (b'{"number": 1}', b'{"number": "1"}', b'[{"number": 1}, {}]', b"", b"no json", *many):
            first = ask(here, made, body)
            second = ask(there, made, iter([body] if body else []), {**JSON, "Transfer-Encoding": "chunked"})
            assert first[0] == second[0]
            assert [*first[1]] == [*second[1]]
            assert first[2].keys() == second[2].keys()
            assert first[2].get("accepted") == second[2].get("accepted")


@pytest.mark.slow
def test_a_worker_that_hangs_holds_up_no_stop(run):
    hanging, other = run.worker_ids
    os.kill(hanging, signal.SIGSTOP)
    assert run.terminate() == 0
    assert not is_there(hanging)
    assert not is_there(other)
