"""A function as Lambda runs it: a process of its own, that is given events one after the other."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]

_PROGRAM = """
import importlib, json, sys
handler = importlib.import_module(sys.argv[1]).handler
for line in sys.stdin:
    print(json.dumps(handler(json.loads(line), None)), flush=True)
"""


class LambdaProcess:
    """Runs the `handler` of a module such as `functions.ingest.aws`, with nothing but these environment variables."""

    def __init__(self, module: str, variables: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, module],
            cwd=ROOT,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        self.process.stdin.write(json.dumps(event) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, self.process.communicate(timeout=30)[1]
        return json.loads(line)

    def end(self) -> str:
        """Kill the process if it runs; return what it wrote to its error stream."""
        self.process.kill()
        return self.process.communicate(timeout=30)[1]
