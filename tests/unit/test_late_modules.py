"""Modules that are loaded by the first use of what is in them."""

import subprocess
import sys
from pathlib import Path

import pytest

from functions.ingest.late_modules import load_late

ROOT = Path(__file__).parents[2]

LATE = """
import sys
from functions.ingest.late_modules import load_late
assert "colorsys" not in sys.modules
load_late("colorsys", ONE_SIXTH="known")
import colorsys as early
assert not hasattr(early, "__path__")
assert early.ONE_SIXTH == "known"
assert type(sys.modules["colorsys"]).__name__ == "_Late", "nothing was used yet that is not known"
"""

AFTERWARDS = """
import colorsys
assert colorsys.__file__
assert colorsys.ONE_SIXTH == 1 / 6
assert early.rgb_to_yiq(0, 0, 0) == (0, 0, 0)
"""


@pytest.mark.parametrize(
    "use",
    [
        "assert early.rgb_to_hsv(0, 0, 0) == (0, 0, 0)",
        "from colorsys import rgb_to_hsv",
        "assert not hasattr(early, 'no_such_name')",
    ],
)
def test_the_first_use_loads_a_module_for_all(use):
    script = f"{LATE}\n{use}\n{AFTERWARDS}"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_a_module_that_is_loaded_stays_what_it_is():
    load_late("json", dumps=None)
    assert sys.modules["json"].dumps([1]) == "[1]"
