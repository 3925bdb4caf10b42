"""Synthesizing again changes nothing: a deployment of the same commit has nothing to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.conftest import FULL

ROOT = Path(__file__).parents[2]
SYNTHESIZE = """
import sys
from infra.deployment import make_app
from tests.infra.conftest import FULL
make_app({"aws:cdk:bundling-stacks": []}, FULL, outdir=sys.argv[1]).synth()
"""


def templates_in(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.template.json")}


@pytest.mark.slow
def test_the_same_settings_give_the_same_templates_and_hashes_of_bundles_byte_for_byte(synthesize, tmp_path):
    # In a process of its own, whose sets have another order.
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    subprocess.run(
        [sys.executable, "-c", SYNTHESIZE, tmp_path], cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, check=True
    )
    first = templates_in(tmp_path)
    assert len(first) == 3
    assert first == templates_in(synthesize(FULL).folder)
