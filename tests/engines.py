"""Engines that read what was delivered, in an environment of their own: `make downloads` installs them."""

import json
import os
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / ".cache/engines"
SECONDS = 120


def rows_of(engine, statements):
    """Return the rows of each statement; times are texts. `engine` is duckdb, clickhouse or snowflake."""
    if not FOLDER.exists():
        pytest.skip("make downloads has not run")
    process = subprocess.run(
        [FOLDER / "bin/python", Path(__file__).parent / "engines_process.py"],
        input=json.dumps({"engine": engine, "statements": statements}),
        env={**os.environ, "HOME": str(FOLDER / "home")},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)
