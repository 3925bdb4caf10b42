"""`ingestctl` as a process for each call, forked from one that has loaded it: half a second less for each."""

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from benchmarks.local_run import ROOT

PROGRAM = """
import json, os, signal, sys, traceback
from ingestctl.__main__ import app

def run(arguments, folder, environment):
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = open(name_of(name), "w" if number else "r", encoding="utf-8", newline="" if number else None)
        os.dup2(stream.fileno(), number)
        setattr(sys, name, stream)
    sys.argv = ["ingestctl", *arguments]
    app(prog_name="ingestctl")

def name_of(stream):
    return os.path.join(streams, stream)

for line in sys.stdin:
    streams, *call = json.loads(line)
    if not (child := os.fork()):
        status = 1
        signal.alarm(180)
        try:
            run(*call)
            status = 0
        except SystemExit as error:
            status = error.code or 0
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@cache
def _loaded() -> subprocess.Popen[str]:
    command = [sys.executable, "-P", "-c", PROGRAM]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def end() -> None:
        with process:
            process.stdin.close()

    atexit.register(end)
    return process


def call(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], given: str
) -> subprocess.CompletedProcess[str]:
    """Call `ingestctl` in a folder, `given` as its standard input; return its status and what it wrote."""
    process = _loaded()
    with tempfile.TemporaryDirectory() as streams:
        Path(streams, "stdin").write_text(given, "utf-8")
        print(json.dumps([streams, list(arguments), str(folder), dict(environment)]), file=process.stdin, flush=True)
        status = int(process.stdout.readline())
        stdout, stderr = (Path(streams, name).read_bytes().decode() for name in ("stdout", "stderr"))
    return subprocess.CompletedProcess(["ingestctl", *arguments], status, stdout, stderr)
