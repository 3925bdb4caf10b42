"""What happens when Lambda ends a process: a real one, that gets a real signal."""

import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from adapters.lambda_lifecycle import flush_at_shutdown
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]

PROGRAM = """
import sys, zlib
from pathlib import Path
from adapters.lambda_lifecycle import flush_at_shutdown

folder, ending = Path(sys.argv[1]), sys.argv[2]

def flush():
    with (folder / "flushed").open("a") as file:
        file.write("once\\n")
    if ending == "fails":
        raise ValueError("secret text")

flush_at_shutdown(flush)
(folder / "ready").touch()
print("unflushed output")
while True:
    # One long call of C after the other, in which Python's own handlers of signals don't run.
    "a".join(["b"] * 50_000_000)
"""


class ExtensionsApi:
    """Lambda's own address for extensions."""

    def __init__(self, register_status=200):
        self.calls = []
        self.ending = threading.Event()
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                api.calls.append((self.path, self.headers["lambda-extension-name"], body))
                self.send_response(register_status)
                self.send_header("Lambda-Extension-Identifier", "ext-1")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def do_GET(self):
                api.calls.append((self.path, self.headers["lambda-extension-identifier"], b""))
                api.ending.wait(60)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.ending.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def start(tmp_path):
    started = []

    def start(runtime_api=None, ending="well"):
        variables = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
        if runtime_api:
            variables["AWS_LAMBDA_RUNTIME_API"] = runtime_api
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path), ending],
            cwd=ROOT,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        wait_until(lambda: (tmp_path / "ready").exists() or process.poll() is not None, seconds=30)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=30)


def flushed(tmp_path):
    path = tmp_path / "flushed"
    return path.read_text() if path.exists() else ""


def test_an_extension_is_registered_and_waits_for_an_event_that_never_comes(start, tmp_path):
    api = ExtensionsApi()
    process = start(api.address)
    wait_until(lambda: len(api.calls) == 2)
    assert api.calls == [
        ("/2020-01-01/extension/register", "flush-at-shutdown", b'{"events":[]}'),
        ("/2020-01-01/extension/event/next", "ext-1", b""),
    ]
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (0, "unflushed output\n", "")
    assert flushed(tmp_path) == "once\n"
    api.close()


@pytest.mark.parametrize("status", [403, 404, 500])
def test_without_extensions_a_signal_is_enough(start, tmp_path, status):
    api = ExtensionsApi(status)
    process = start(api.address)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert flushed(tmp_path) == "once\n"
    assert len(api.calls) == 1
    api.close()


@pytest.mark.parametrize("runtime_api", [None, "127.0.0.1:1", "localhost", "localhost:none"])
def test_outside_of_lambda_a_signal_is_enough(start, tmp_path, runtime_api):
    process = start(runtime_api)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert flushed(tmp_path) == "once\n"


def test_in_a_thread_that_signals_do_not_reach_nothing_is_awaited():
    calls = []
    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=flush_at_shutdown, args=(calls.append, {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1"}))
    thread.start()
    thread.join(30)
    assert signal.getsignal(signal.SIGTERM) is before
    assert {one.name for one in threading.enumerate()} & {"flush-at-shutdown", "extension"} == set()


def test_a_flush_that_fails_ends_the_process_all_the_same(start, tmp_path):
    process = start(ending="fails")
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert flushed(tmp_path) == "once\n"
