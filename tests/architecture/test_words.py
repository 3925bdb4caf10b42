"""Texts, docstrings and comments are plain: no word stands in them for which there is one that everyone uses.

The console's texts are held to the same words by `console/src/text/words.test.ts`.
"""

import ast
import io
import json
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BETTER = json.loads((ROOT / "tests" / "data" / "plain_words.json").read_text())
FOUND = re.compile(rf"\b({'|'.join(map(re.escape, BETTER))})\b", re.IGNORECASE)
CODE = ("schemas", "domain", "adapters", "connectors", "functions", "ingestctl", "local", "infra", "clients")
PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/**/*.md", "clients/*/*.md", "console/*.md")
SCRIPTS = ("console/src", "clients/javascript/src")
_REMARK = re.compile(r"(?:^|\s)(?://|/\*|\*).*")
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


def remarks_of(source):
    """Return the docstrings and comments of a module, with their lines, without the code that they name."""
    texts = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Expr)]
    docs = [(node.lineno, node.value) for node in texts if isinstance(node, ast.Constant) and type(node.value) is str]
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]
    return [(line, _CODE_SPAN.sub("`…`", text)) for line, text in docs + comments]


def remarks_of_script(source):
    """Return the comments of a module in TypeScript, with their lines, without the code that they name."""
    found = ((line, _REMARK.search(text)) for line, text in enumerate(source.splitlines(), 1))
    return [(line, _CODE_SPAN.sub("`…`", remark[0])) for line, remark in found if remark]


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


def test_docstrings_and_comments_are_plain():
    faults = []
    for path in modules(*CODE):
        source = path.read_text()
        if not FOUND.search(source):
            continue  # most are done with at once
        for line, text in remarks_of(source):
            faults += told(f"{path.relative_to(ROOT)}:{line}", text)
    assert faults == []


def test_comments_of_scripts_are_plain():
    paths = [path for folder in SCRIPTS for path in (ROOT / folder).rglob("*.ts*") if path.name != "schema.d.ts"]
    assert len(paths) > 100
    faults = []
    for path in paths:
        for line, text in remarks_of_script(path.read_text()):
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


def test_a_docstring_and_a_comment_are_looked_at_and_the_code_that_they_name_is_not():
    source = '"""Whoever reads `judge`."""\nnumber = 1  # judged\n'
    assert [len(told("here", text)) for _, text in remarks_of(source)] == [1, 1]
    script = "const judge = 1; // mended\n/** For somebody, by `judge`. */\n"
    assert [len(told("here", text)) for _, text in remarks_of_script(script)] == [1, 1]
