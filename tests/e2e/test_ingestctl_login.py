"""`ingestctl login` as a person meets it: a terminal asks, and what is typed as a token is not shown."""

import json
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time

import pytest

from benchmarks.local_run import ROOT

SECONDS = 60
TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    """A pseudo-terminal with a command in it, whose controlling terminal it is."""

    def __init__(self, *command, environment):
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", TAKE_TERMINAL, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)
        self.shown = ""

    def read_until(self, pattern):
        """Read until what is shown matches; fail if it does not in time."""
        deadline = time.monotonic() + SECONDS
        while not re.search(pattern, self.shown):
            assert self._read(deadline), f"{pattern} is not shown: {self.shown!r}"

    def wait_until_typing_is_hidden(self):
        """Wait until the terminal does not echo: what was typed before would be thrown away."""
        deadline = time.monotonic() + SECONDS
        while termios.tcgetattr(self._master)[3] & termios.ECHO:
            assert time.monotonic() < deadline, "the terminal still shows what is typed"
            time.sleep(0.02)

    def type(self, text):
        os.write(self._master, text.encode())

    def end(self):
        """Read to the end; return the exit status."""
        deadline = time.monotonic() + SECONDS
        while self._read(deadline):
            pass
        return self.process.wait(SECONDS)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._master)

    def _read(self, deadline):
        ready, _, _ = select.select([self._master], [], [], max(0, deadline - time.monotonic()))
        try:
            text = os.read(self._master, 4_096) if ready else b""
        except OSError:  # the other side is closed
            text = b""
        self.shown += text.decode("utf-8", "replace")
        return bool(text)


@pytest.fixture
def terminal(tmp_path):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INGEST_")}
    environment = {
        **kept,
        "PATH": f"{ROOT / 'bin'}:{os.environ['PATH']}",
        "XDG_CONFIG_HOME": str(tmp_path),
        "TERM": "dumb",
    }
    opened = Terminal("ingestctl", "login", environment=environment)
    yield opened
    opened.close()


def stored(folder):
    path = folder / "ingestctl" / "account.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def log_in(terminal, address, token):
    terminal.read_until("Address: ")
    terminal.type(f"{address}\n")
    terminal.read_until("Token: ")
    terminal.wait_until_typing_is_hidden()
    terminal.type(f"{token}\n")
    return terminal.end()


def test_a_person_is_asked_for_address_and_token_and_the_token_is_not_shown(run, terminal, tmp_path):
    assert log_in(terminal, run.address, run.token) == 0, terminal.shown
    assert "Logged in to My organisation as owner@localhost (owner)." in terminal.shown
    assert run.token not in terminal.shown
    assert stored(tmp_path) == {"address": run.address, "token": run.token}


def test_a_wrong_token_is_refused_and_neither_shown_nor_stored(run, terminal, tmp_path):
    assert log_in(terminal, run.address, "iet_wrong") == 1
    assert "unauthenticated (401)" in terminal.shown
    assert "iet_wrong" not in terminal.shown
    assert stored(tmp_path) is None
