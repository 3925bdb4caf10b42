"""Texts for people are plain: no word stands in them for which there is one that everyone uses.

The console's texts are held to the same words by `console/src/text/words.test.ts`.
"""

import ast
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BETTER = json.loads((ROOT / "tests" / "data" / "plain_words.json").read_text())
FOUND = re.compile(rf"\b({'|'.join(map(re.escape, BETTER))})\b", re.IGNORECASE)
CODE = ("schemas", "domain", "adapters", "connectors", "functions", "ingestctl", "local", "infra", "clients")
PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/**/*.md", "clients/*/*.md", "console/*.md")
_CODE_SPAN = re.compile(r"`[^`]*`")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def told(place, text):
    return [f"{place}: {found[0]!r}; say: {BETTER[found[0].lower()]}" for found in FOUND.finditer(text)]


def texts_of(source):
    """Return the strings of a module, with their lines: all but docstrings."""
    tree = ast.parse(source)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]


def help_of(source):
    """Return the docstrings of commands: they are their help."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return [(node.lineno, ast.get_docstring(node) or "") for node in functions if not node.name.startswith("_")]


def modules(*folders):
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts]
    assert len(found) > 10
    return found


def test_what_the_code_says_is_plain():
    faults = []
    for path in modules(*CODE):
        for line, text in texts_of(path.read_text()):
            faults += told(f"{path.relative_to(ROOT)}:{line}", text)
    assert faults == []


def test_the_help_of_commands_is_plain():
    faults = []
    for path in modules("ingestctl/commands"):
        for line, text in help_of(path.read_text()):
            faults += told(f"{path.relative_to(ROOT)}:{line}", text)
    assert faults == []


def test_the_description_of_the_api_is_plain():
    texts = []

    def walk(node, place):
        if isinstance(node, dict):
            for key, value in node.items():
                walk(value, f"{place}/{key}")
        elif isinstance(node, list):
            for index, value in enumerate(node):
                walk(value, f"{place}/{index}")
        elif isinstance(node, str):
            texts.append((place, node))

    walk(json.loads((ROOT / "docs" / "openapi.json").read_text()), "")
    assert len(texts) > 1_000
    assert [fault for place, text in texts for fault in told(place, text)] == []


def test_pages_are_plain():
    faults, pages = [], [path for pattern in PAGES for path in sorted(ROOT.glob(pattern))]
    assert len(pages) > 40
    for path in pages:
        text = _FENCE.sub(lambda fence: "\n" * fence[0].count("\n"), path.read_text())
        for number, line in enumerate(text.splitlines(), 1):
            faults += told(f"{path.relative_to(ROOT)}:{number}", _CODE_SPAN.sub("`…`", line))
    assert faults == []


@pytest.mark.parametrize("text", ["Whoever knows it.", "It is MENDED.", "It ends by itself.", "in nobody's way"])
def test_what_is_looked_for_would_be_found(text):
    assert told("here", text)


def test_a_word_within_another_is_no_fault():
    assert told("here", "Recommended; summoned; dependence; amend; thence.") == []
