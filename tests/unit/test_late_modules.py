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
    ran(f"{LATE}\n{use}\n{AFTERWARDS}")


def test_a_module_that_is_loaded_stays_what_it_is():
    load_late("json", dumps=None)
    assert sys.modules["json"].dumps([1]) == "[1]"


def test_what_lasts_is_in_the_module_that_is_loaded_and_known_before_without_it():
    ran("""
import sys
from functions.ingest.late_modules import load_late
mark = object()
load_late("colorsys", lasting={"ONE_SIXTH": mark})
import colorsys as early
assert early.ONE_SIXTH is mark and type(sys.modules["colorsys"]).__name__ == "_Late"
early.rgb_to_hsv
import colorsys
assert colorsys is not early and colorsys.ONE_SIXTH is mark
""")


def test_a_module_that_is_left_out_is_itself_afterwards():
    ran("""
import sys
from functions.ingest.late_modules import left_out
try:
    with left_out("colorsys", ONE_SIXTH="known"):
        from colorsys import ONE_SIXTH
        import colorsys as early
        assert ONE_SIXTH == "known" and not hasattr(early, "rgb_to_hsv")
        raise LookupError
except LookupError:
    assert "colorsys" not in sys.modules
import colorsys
assert colorsys.ONE_SIXTH == 1 / 6
with left_out("colorsys", ONE_SIXTH="known"):
    from colorsys import ONE_SIXTH
    assert ONE_SIXTH == 1 / 6
""")


def ran(script):
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
