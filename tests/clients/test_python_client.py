"""What the Python client does besides: in forks, at the end of a process, in a loop, as a log handler."""

import asyncio
import logging
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from inspect import Parameter, signature
from json import dumps, loads

import pytest

from benchmarks.local_run import ROOT
from ingest_endpoints import AsyncClient, Client, IngestHandler
from tests.waiting import wait_until

SECONDS = 60
FORKS = """
import os, sys
from ingest_endpoints import Client
client = Client(sys.argv[1], max_wait=0.2)
client.track({"who": "parent", "n": 0})
child = os.fork()
if not child:
    client.track({"who": "child", "n": 0})
    assert client.close()
    os._exit(0)
assert client.send({"who": "parent", "n": 1}).outcome == "accepted"
assert os.waitpid(child, 0)[1] == 0
"""
CHILD = """
import multiprocessing, sys
from ingest_endpoints import Client
client = Client(sys.argv[1], max_wait=60)
def work(number):
    client.track({"who": "child", "n": number})
if __name__ == "__main__":
    client.track({"who": "parent", "n": 0})
    for number in (1, 2):
        child = multiprocessing.get_context("fork").Process(target=work, args=(number,))
        child.start()
        child.join()
        assert child.exitcode == 0
"""
ENDS = """
import sys
from ingest_endpoints import Client
client = Client(sys.argv[1], max_wait=60)
for n in range(70):
    client.track({"n": n})
"""


@pytest.fixture
def server():
    """An address that accepts every event, and keeps them in `events`; `answers` are bodies that are answered first."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            events = loads(self.rfile.read(int(self.headers["Content-Length"])).decode())
            server.requests += 1
            body = dumps({"ok": True, "accepted": len(events), "event_ids": [f"evt_{n}" for n in range(len(events))]})
            if server.answers:
                body = server.answers.pop(0)
            else:
                server.events += events
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.events, server.requests, server.answers = [], 0, []
    server.address = f"http://127.0.0.1:{server.server_address[1]}/e/env_1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def in_a_process(code, address):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, address],
        env={"PYTHONPATH": str(ROOT / "clients" / "python" / "src")},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_what_waits_at_a_fork_is_sent_once_and_a_child_sends_its_own(server):
    in_a_process(FORKS, server.address)
    assert sorted((event["who"], event["n"]) for event in server.events) == [("child", 0), ("parent", 0), ("parent", 1)]


def test_what_waits_at_the_end_of_a_process_of_multiprocessing_is_sent(server):
    in_a_process(CHILD, server.address)
    assert sorted((event["who"], event["n"]) for event in server.events) == [("child", 1), ("child", 2), ("parent", 0)]


def test_what_waits_at_the_end_of_a_process_is_sent(server):
    in_a_process(ENDS, server.address)
    assert sorted(event["n"] for event in server.events) == list(range(70))


def test_in_a_loop_many_events_wait_together(server):
    async def run():
        async with AsyncClient(server.address) as client:
            client.track({"n": -1})
            results = await asyncio.gather(*[client.send({"n": n}) for n in range(40)])
            assert await client.flush()
            return results

    results = asyncio.run(run())
    assert {result.outcome for result in results} == {"accepted"}
    assert sorted(event["n"] for event in server.events) == list(range(-1, 40))
    assert server.requests < 40


def test_a_task_that_is_cancelled_cancels_no_event(server, caplog):
    async def run():
        async with AsyncClient(server.address) as client:
            task = asyncio.create_task(client.send({"n": 1}))
            await asyncio.sleep(0)
            task.cancel()
            assert await client.flush()
            assert client.counters["accepted"] == 1

    asyncio.run(run())
    assert server.events == [{"n": 1}]
    assert caplog.text == ""


def test_a_log_record_is_an_event_and_the_clients_own_are_none(server):
    logger = logging.getLogger("shop")
    with Client(server.address) as client:
        handler = IngestHandler(client)
        logger.addHandler(handler)
        logging.getLogger("ingest_endpoints").addHandler(handler)
        try:
            logger.error("no stock of %s", "a-1")
            try:
                raise ValueError("x")  # noqa: TRY301
            except ValueError:
                logger.exception("failed")
            logging.getLogger("ingest_endpoints").error("own")
        finally:
            logger.removeHandler(handler)
            logging.getLogger("ingest_endpoints").removeHandler(handler)
    assert [(event["level"], event["logger"], event["message"]) for event in server.events] == [
        ("ERROR", "shop", "no stock of a-1"),
        ("ERROR", "shop", "failed"),
    ]
    assert "ValueError: x" in server.events[1]["exception"]


def test_a_listener_may_use_the_client_and_may_fail(server, caplog):
    def listen(result):
        if result.event["n"] == 0:
            client.track({"n": 1})
            raise RuntimeError("a listener's own")

    client = Client(server.address, max_wait=0.05, on_result=listen)
    client.track({"n": 0})
    wait_until(lambda: client.counters["accepted"] == 2)
    assert client.close()
    assert "a listener's own" in caplog.text


def test_what_json_can_not_hold_is_told_at_once_and_a_closed_client_refuses(server):
    client = Client(server.address)
    for event in ({"a": {1, 2}}, {"a": float("nan")}):
        with pytest.raises((TypeError, ValueError)):
            client.track(event)
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.track({})
    assert client.counters["waiting"] == 0


@pytest.mark.parametrize(
    "answer",
    [
        '{"results": [7]}',
        '{"results": [{"outcome": "accepted"}]}',
        '{"results": [{"outcome": [], "event_id": null, "errors": []}]}',
        '{"results": [{"outcome": "rejected", "event_id": "evt_1", "errors": 7}, 1]}',
        "[" * 20_000,
    ],
)
def test_an_answer_that_is_not_of_an_ingest_address_ends_nothing(server, answer):
    server.answers = [answer]
    with Client(server.address) as client:
        assert client.submit({"n": 1}).result(20).outcome == "accepted"
    assert server.events == [{"n": 1}]


def test_half_a_character_spoils_no_other_event(server):
    with Client(server.address, max_wait=60) as client:
        client.track({"a": "\ud83d", "b": "ä"})
        client.track({"a": "x"})
        assert client.flush()
    assert server.requests == 1
    assert server.events == [{"a": "\ud83d", "b": "ä"}, {"a": "x"}]


@pytest.mark.parametrize("address", ["", "in.example.com/e/env_1", "ftp://in.example.com/e/env_1"])
def test_what_is_no_address_is_told(address):
    with pytest.raises(ValueError, match="address"):
        Client(address)


@pytest.mark.parametrize(
    "options", [{"max_events": 0}, {"max_events": 1_001}, {"max_bytes": 5_000_000}, {"max_queued": 0}]
)
def test_a_bound_that_ingest_would_refuse_is_told(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        Client("http://127.0.0.1/e/env_1", **options)


def defaults_told(language):
    """Return what the table of options of a client's README says, as text, by option."""
    text = (ROOT / "clients" / language / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` +\| +(\S*) *\|", text, re.MULTILINE)
    return {option: value.strip("`").replace(",", "") for option, value in rows if value}


def test_the_readmes_tell_the_defaults_of_the_code():
    made = {name: parameter.default for name, parameter in signature(Client).parameters.items()}
    made = {name: default for name, default in made.items() if default not in {None, Parameter.empty}}
    told = {name: "True" if default is True else f"{default:g}" for name, default in made.items()}
    assert defaults_told("python") == told
    code = (ROOT / "clients" / "javascript" / "src" / "sending" / "client.ts").read_text("utf-8")
    found = re.findall(r"(?:^    |options\.)(\w+) (?:=|\?\?) ([\d_]+|true),", code, re.MULTILINE)
    assert defaults_told("javascript") == {name: value.replace("_", "") for name, value in found}
