"""Nothing that a caller can meet is without its words: every code and every limit stands in the docs."""

import ast
import re
from pathlib import Path

import pytest

from domain.problems import TITLES, problem_document
from functions.management import problems
from schemas import limits
from schemas.codes import PROBLEM_STATUS, Fault, Outcome, Problem
from schemas.save_codes import CustomDomainFault, FieldFault

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CODES = [*Fault, *Problem, *Outcome, *FieldFault, *CustomDomainFault]
LIMITS = {name: value for name, value in vars(limits).items() if name.isupper() and not name.startswith("_")}

_ROW = re.compile(r"^\| `([^`]+)` \| (.*)$", re.MULTILINE)


def rows_of(page):
    """Return the rows of a page's tables whose first cell is one word of code: (word, rest)."""
    return _ROW.findall((DOCS / page).read_text())


def sections_of(page):
    """Return a page's text by the titles of its sections."""
    parts = re.split(r"^## (.+)$", (DOCS / page).read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize(
    ("section", "codes"),
    [
        ("Problems", Problem),
        ("Outcomes", Outcome),
        ("Faults of an event", Fault),
        ("Faults of a field", FieldFault),
        ("Faults of a custom domain", CustomDomainFault),
    ],
)
def test_every_code_is_explained_once_in_its_section_and_no_other_is(section, codes):
    explained = [code for code, _ in _ROW.findall(sections_of("errors.md")[section])]
    assert sorted(explained) == sorted(code.value for code in codes)


def codes_of_faults():
    """Return the codes that the sources give to faults of requests to the management API: beside a pointer."""

    def text_of(node):
        if isinstance(node, ast.Constant):
            return node.value
        return "/" if isinstance(node, ast.JoinedStr) else None

    def codes_in(node):
        if isinstance(node, ast.Dict):
            entries = {text_of(key): text_of(value) for key, value in zip(node.keys, node.values, strict=True)}
            return [entries["code"]] if {"code", "pointer"} <= entries.keys() else []
        if not isinstance(node, ast.Call) or getattr(node.func, "attr", "") == "note":
            return []
        arguments = [text_of(argument) for argument in node.args]
        if getattr(node.func, "id", "") == "PydanticCustomError":
            return arguments[:1]
        is_fault = len(arguments) > 2 and isinstance(arguments[0], str) and arguments[0][:1] in {"", "/"}
        return arguments[1:2] if is_fault else []

    sources = [path for part in ("domain", "functions/management", "schemas") for path in (ROOT / part).rglob("*.py")]
    nodes = (node for path in sources if "examples" not in path.parts for node in ast.walk(ast.parse(path.read_text())))
    found = {code for node in nodes for code in codes_in(node) if isinstance(code, str)}
    by_models = {code for code, _ in problems._FAULTS.values()} | problems._OWN_FAULTS | {"pattern", "invalid"}
    return {code for code in found if re.fullmatch(r"[a-z_]+", code)} | by_models


def test_every_fault_of_another_request_is_explained():
    explained = set(re.findall(r"`([a-z_]+)`", sections_of("errors.md")["Faults of other requests"]))
    apart = {code.value for code in (*Fault, *FieldFault, *CustomDomainFault)}
    found = codes_of_faults()
    assert {"not_allowed", "unknown_parameter", "cursor", "duplicate", "required"} <= found
    assert found - explained - apart == set()


@pytest.mark.parametrize("code", Problem)
def test_every_problem_has_a_status_a_title_and_both_in_the_docs(code):
    status = PROBLEM_STATUS[code]
    document = problem_document(code, "One sentence.", "req_1")
    assert document["title"] == TITLES[status]
    assert document["status"] == status
    (rest,) = [rest for word, rest in _ROW.findall(sections_of("errors.md")["Problems"]) if word == code]
    assert rest.startswith(f"{status} | ")


def test_no_title_is_without_a_problem():
    assert set(TITLES) == set(PROBLEM_STATUS.values())
    assert set(PROBLEM_STATUS) == set(Problem)


def test_codes_are_lower_case_words():
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", code) for code in CODES)


@pytest.mark.parametrize("name", LIMITS)
def test_every_limit_stands_in_the_docs_with_its_value(name):
    (rest,) = [rest for word, rest in rows_of("limits.md") if word == name]
    written = re.match(r"`([-0-9,.]+)` \| ", rest)
    assert written, f"{name} has no value"
    number = written[1].replace(",", "")
    assert (float(number) if "." in number else int(number)) == LIMITS[name]


def test_no_limit_of_the_docs_is_unknown():
    assert {word for word, _ in rows_of("limits.md") if word.isupper()} == set(LIMITS)


def test_every_decision_has_its_own_number_in_its_name_its_title_and_the_list():
    names = sorted(path.name for path in (DOCS / "decisions").glob("*.md"))
    titled = [int(re.match(r"# (\d+)\. ", (DOCS / "decisions" / name).read_text("utf-8"))[1]) for name in names]
    assert titled == [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    listed = re.findall(
        r"^(\d+)\. \[[^]]+\]\(decisions/([^)]+)\)", (DOCS / "README.md").read_text("utf-8"), re.MULTILINE
    )
    assert listed == [(str(int(name[:4])), name) for name in names]


def test_every_output_of_a_stack_that_the_docs_name_is_there():
    docs = "".join(page.read_text("utf-8") for page in DOCS.glob("*.md"))
    named = set(re.findall(r"`([A-Z][A-Za-z]+(?:Name|Arn|Id|Url|Address))`", docs))
    assert len(named) > 10
    stacks = "".join(path.read_text("utf-8") for path in (DOCS.parent / "infra" / "stacks").glob("*.py"))
    assert named <= set(re.findall(r'"([A-Z][A-Za-z]+)"', stacks))
