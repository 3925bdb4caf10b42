"""Compiled files are as Lambda takes them, made by the very version that runs them."""

import importlib.util
import sys

import pytest

from infra.bundles.bundle import Target
from infra.bundles.compiling import compile_tree, interpreter_of

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
UNCHECKED_HASH = 0b01
"""Flags of a compiled file: https://peps.python.org/pep-0552/."""


@pytest.fixture
def folder(tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "module.py").write_text("def where():\n    raise ValueError\n")
    (package / "template.py").write_text("this is {{ no }} Python\n")
    return tmp_path


def flags_of(compiled):
    text = compiled.read_bytes()
    assert text[:4] == importlib.util.MAGIC_NUMBER
    return int.from_bytes(text[4:8], "little")


def test_ours_are_compiled_beside_their_sources_and_never_checked_against_them(folder):
    compile_tree(folder, HERE, keep_sources=True)
    (compiled,) = folder.rglob("module.*.pyc")
    assert compiled.parent.name == "__pycache__"
    assert flags_of(compiled) == UNCHECKED_HASH
    assert (folder / "package" / "module.py").exists()
    assert b"/var/task/package/module.py" in compiled.read_bytes()


def test_packages_are_compiled_in_the_place_of_their_sources_unless_they_are_no_python(folder):
    compile_tree(folder, HERE, keep_sources=False)
    assert {path.name for path in folder.rglob("*.py*")} == {"__init__.pyc", "module.pyc", "template.py"}
    assert flags_of(folder / "package" / "module.pyc") == UNCHECKED_HASH


def test_for_a_python_that_this_machine_has_not_sources_stay_and_a_line_says_what_follows(folder, capsys):
    interpreter_of.cache_clear()
    compile_tree(folder, "3.99", keep_sources=False)
    assert {path.name for path in folder.rglob("*.py*")} == {"__init__.py", "module.py", "template.py"}
    said = capsys.readouterr().err
    assert "cold start" in said
    assert "uv python install 3.99" in said
    compile_tree(folder, "3.99", keep_sources=True)
    assert capsys.readouterr().err == "", "said once"


def test_bundles_of_sources_are_other_ones_than_compiled_bundles():
    missing, present = Target("3.99", "arm64"), Target(HERE, "arm64")
    assert missing.recipe.endswith("sources")
    assert present.recipe.endswith("compiled")
