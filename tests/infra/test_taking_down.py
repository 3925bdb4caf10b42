"""`make destroy`, with what stands in the place of the CDK and of Python: which steps it takes, and how often."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STUB = """#!/bin/sh
echo "$(basename "$0") $*" >> "$NOTES"
case "$*" in
    *--name-state*) echo "$STATE";;
    *"destroy --force State"*) test "$(grep -c 'force State' "$NOTES")" -ge "$WORKS_AT";;
esac
"""


@pytest.fixture
def destroy(tmp_path):
    """Return what runs the target in a copy of the Makefile's folder; answers its exit status and the steps."""

    def run(*, state, works_at, typed="dev\n"):
        for name in ("cdk", "python"):
            stub = tmp_path / name
            stub.write_text(STUB)
            stub.chmod(0o755)
        notes = tmp_path / "notes"
        notes.write_text("")
        shutil.copy(ROOT / "Makefile", tmp_path)
        done = subprocess.run(
            ["make", "destroy", "STAGE=dev", f"CDK={tmp_path}/cdk", f"PYTHON={tmp_path}/python", "DEV=", "PAYLOADS="],
            cwd=tmp_path,
            env={**os.environ, "NOTES": str(notes), "STATE": state, "WORKS_AT": str(works_at), "MAKEFLAGS": ""},
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, [line.replace("-m infra.clearing --stage dev", "clearing") for line in _lines(notes)]

    return run


def _lines(path):
    return [line.strip() for line in path.read_text().splitlines()]


BEGIN = ["cdk destroy --force Service", "python clearing", "cdk destroy --force Front", "python clearing --name-state"]
STATE = ["python clearing --logs", "cdk destroy --force State"]


def test_the_state_goes_last_after_late_access_logs(destroy):
    assert destroy(state="State", works_at=1) == (0, BEGIN + STATE)


def test_access_logs_that_came_in_between_are_taken_and_it_is_tried_again(destroy):
    assert destroy(state="State", works_at=3) == (0, BEGIN + STATE * 3)


def test_it_fails_after_three_tries(destroy):
    status, steps = destroy(state="State", works_at=9)
    assert status != 0
    assert steps == BEGIN + STATE * 3


def test_a_stage_that_keeps_its_data_keeps_its_state(destroy):
    assert destroy(state="", works_at=1) == (0, BEGIN)


def test_nothing_happens_without_the_name_of_the_stage(destroy):
    status, steps = destroy(state="State", works_at=1, typed="prod\n")
    assert status != 0
    assert steps == []
