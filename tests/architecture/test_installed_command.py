"""The command line that is installed as a tool of its own needs no more than it declares."""

import ast
import re
import sys
import tomllib
from pathlib import Path

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
