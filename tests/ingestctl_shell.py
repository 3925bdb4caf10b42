"""`ingestctl` as people and jobs call it against a local run, from a folder of their own."""

import json
import os
import subprocess

from benchmarks.local_run import ROOT
from tests import warm_ingestctl

SECONDS = 180
SCHEMA = """\
name: First
fields:
  - key: event
    type: STRING
    rules:
      - rule: one_of
        value: [view, purchase]
  - key: price
    type: FLOAT
    presence: optional
"""


def environment_of(run, folder, **changes):
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("INGEST_") and name != "ADMIN_TOKEN"
    }
    return {
        **kept,
        "PATH": f"{ROOT / 'bin'}:{os.environ['PATH']}",
        "XDG_CONFIG_HOME": str(folder / "config"),
        "INGEST_ADDRESS": run.address,
        "INGEST_TOKEN": run.token,
        **changes,
    }


class Shell:
    """Calls `ingestctl` in a folder."""

    def __init__(self, run, folder):
        self.folder = folder
        self.environment = environment_of(run, folder)

    def call(self, *arguments, given="", **changes):
        return warm_ingestctl.call(arguments, self.folder, {**self.environment, **changes}, given)

    def start(self, *arguments, encoding="utf-8", stdout=subprocess.PIPE, **changes):
        """Call `ingestctl` as a shell does, with an interpreter of its own."""
        return subprocess.run(
            ["ingestctl", *arguments],
            cwd=self.folder,
            env={**self.environment, **changes},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            encoding=encoding,
            timeout=SECONDS,
            check=False,
        )

    def done(self, *arguments, **changes):
        """Return what a command says that must succeed."""
        called = self.call(*arguments, **changes)
        assert (called.returncode, called.stderr) == (0, ""), called.stdout + called.stderr
        return called.stdout

    def json(self, *arguments, **changes):
        return json.loads(self.done(*arguments, "--json", **changes))

    def refused(self, *arguments, status=1, **changes):
        """Return the problem of a command that must be refused."""
        called = self.call(*arguments, "--json", **changes)
        assert (called.returncode, called.stdout) == (status, ""), called.stdout + called.stderr
        return json.loads(called.stderr)

    def file(self, name, text):
        (self.folder / name).write_text(text, "utf-8")
        return name
