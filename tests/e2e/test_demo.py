import json
import os
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

from benchmarks.local_run import ROOT, free_port


def demo(port, state_dir, *arguments):
    environment = {**os.environ, "PORT": str(port), "STATE_DIR": str(state_dir), "COLUMNS": "160", "TERM": "dumb"}
    environment.pop("ADMIN_TOKEN", None)
    return subprocess.run(
        [sys.executable, "-m", "local", "demo", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_demo_sends_events_and_accounts_for_each(run):
    for name in ("Demo shop", "Demo shop 2"):  # and it can be shown again
        done = demo(run.port, run.state_dir, "--events", "300")
        assert done.returncode == 0, done.stderr
        assert f"Made the endpoint {name};" in done.stdout
        (totals,) = re.findall(r"^. all .*$", done.stdout, re.MULTILINE)
        *outcomes, events = map(int, re.findall(r"\d+", totals))
        assert sum(outcomes) == events == 300
        assert re.search(
            rf"^See it in the console: {run.address}/endpoints/ep_\w+#token={run.token}$", done.stdout, re.MULTILINE
        )
        accepted = re.search(r"^(\d+) of (\d+) accepted events are delivered", done.stdout, re.MULTILINE)
        assert accepted[1] == accepted[2] != "0"


def test_the_line_that_it_ends_with_shows_an_event(run):
    output = demo(run.port, run.state_dir, "--events", "100").stdout
    (command,) = re.findall(r"^ +(zcat .* \| head -1)$", output, re.MULTILINE)
    shown = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True, timeout=10)
    assert json.loads(shown.stdout)["_event_id"].startswith("evt_")


def test_without_a_run_it_says_how_to_start_one(tmp_path):
    done = demo(free_port(), tmp_path)
    assert done.returncode == 1
    assert "make run" in done.stderr
    assert "Traceback" not in done.stderr


class Leaving(BaseHTTPRequestHandler):
    """A run that is healthy, and gone at the next request."""

    def do_GET(self):
        if self.path == "/health":
            self.send_response(200)
            self.end_headers()
        self.close_connection = True

    def do_POST(self):
        self.close_connection = True

    def log_message(self, *arguments):
        pass


def test_a_run_that_ends_meanwhile_is_no_traceback(tmp_path):
    (tmp_path / "admin-token").write_text("iet_x")
    with HTTPServer(("127.0.0.1", 0), Leaving) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        done = demo(server.server_port, tmp_path)
        server.shutdown()
    assert done.returncode == 1
    assert f"http://127.0.0.1:{server.server_port} stopped answering" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_token_it_says_which_settings_it_needs(run, tmp_path):
    done = demo(run.port, tmp_path)
    assert done.returncode == 1
    assert "ADMIN_TOKEN" in done.stderr
