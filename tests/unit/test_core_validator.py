"""The validator is that of its package, whether this was imported before, is imported afterwards, or is not found."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

CHECKS = """
import sys
schema = {"type": "int", "strict": True}
assert "pydantic_core" in sys.modules or "pydantic_core._pydantic_core" not in sys.modules, "none was made yet"
validator = make_validator(schema)
assert validator.validate_json(b"7") == 7
assert not validator.isinstance_python("7"), "text is no number"
import pydantic_core
assert type(validator) is pydantic_core.SchemaValidator
import pydantic
assert pydantic.TypeAdapter(int).validate_json("7") == 7
"""
OURS = "from domain.validation.core_validator import make_validator\n"


@pytest.mark.parametrize(
    "before",
    [
        "import sys\n" + OURS + "assert 'pydantic_core' not in sys.modules",
        "import pydantic_core\n" + OURS,
        "import importlib.machinery as machinery\n"
        "machinery.PathFinder = type('PathFinder', (), {'find_spec': lambda *_: None})\n" + OURS,
    ],
    ids=["alone", "after its package", "where it is not found"],
)
def test_it_is_the_validator_of_its_package(before):
    script = f"{before}\n{CHECKS}"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
