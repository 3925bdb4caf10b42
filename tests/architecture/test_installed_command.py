"""The command line that is installed as a tool of its own needs no more than it declares."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = {"pyyaml": "yaml"}


def imported():
    """Return the top-level names of what the command line imports, without its own and the standard library's."""
    names = set()
    for path in (ROOT / "ingestctl").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - {"ingestctl"}


def test_the_package_declares_what_the_command_line_imports_and_nothing_else():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {re.match(r"[a-z0-9-]+", text)[0] for text in project["dependencies"]}
    assert {MODULES.get(name, name) for name in declared} == imported()


def test_the_package_holds_the_command_line_alone():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["flit"]["module"]["name"] == "ingestctl"
    assert project["project"]["scripts"] == {"ingestctl": "ingestctl.__main__:main"}


def said(*command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.slow
@pytest.mark.parametrize("installer", [("uv", "tool", "install"), ("uvx", "pipx", "install")])
def test_it_installs_as_a_tool_of_its_own_and_brings_no_server(installer, tmp_path):
    program, *words = installer
    folders = {name: str(tmp_path / name) for name in ("UV_TOOL_DIR", "UV_TOOL_BIN_DIR", "PIPX_HOME", "PIPX_BIN_DIR")}
    tool = Path(sys.executable).with_name(program)
    done = subprocess.run(
        [tool, *words, "."], cwd=ROOT, env={**os.environ, **folders}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (command,) = tmp_path.glob("*_BIN_DIR/ingestctl")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert said(command, "--version", folder=tmp_path) == f"ingestctl {version}"
    look = "import importlib.util as finder; print(finder.find_spec('local'))"
    assert said(command.resolve().with_name("python"), "-c", look, folder=tmp_path) == "None"
