"""What every file of the repository is held to."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ["schemas", "domain", "adapters", "connectors", "functions", "infra", "local", "benchmarks", "ingestctl"]
MAX_LINES = 400

# Written so that they do not find themselves.
UNDONE = re.compile(r"\b([T]ODO|[F]IXME)\b")
MACHINE_PATH = re.compile(r"(?<![\w./-])/((home|Users)/(?!you/)[\w.-]+/|(root|work|workspace)/\w)")
REGISTRY = re.compile(r"https?://[\w.@:-]*(registry|pypi|pythonhosted|npmjs|artifactory|nexus)|index-url[ =]+http")


@pytest.fixture(scope="module")
def texts():
    """The text of every tracked file by its path; files that are no text are left out."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: there is no list of tracked files")
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    found = {}
    for name in listing.split("\0"):
        path = ROOT / name
        if name and path.is_file():
            try:
                found[name] = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
    assert len(found) > 100
    return found


def lines_with(pattern, texts):
    return [
        f"{name}:{number}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_nothing_is_left_to_do(texts):
    assert lines_with(UNDONE, texts) == []


def test_no_file_names_a_path_of_somebodys_machine(texts):
    assert lines_with(MACHINE_PATH, texts) == []
    assert lines_with(re.compile(re.escape(f"{ROOT}/")), texts) == []


def test_no_file_names_a_package_registry(texts):
    assert lines_with(REGISTRY, texts) == []


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        (UNDONE, ("# TO", "DO: later")),
        (MACHINE_PATH, ('path = "/ho', 'me/ada/project/x"')),
        (MACHINE_PATH, ("cd /ro", "ot/x")),
        (REGISTRY, ("https://", "registry.example.com/simple")),
        (REGISTRY, ("--index", "-url https://x.example")),
    ],
)
def test_what_is_looked_for_would_be_found(pattern, parts):
    assert pattern.search("".join(parts))


def test_no_module_outgrows_a_reader(texts):
    python = {name: text for name, text in texts.items() if name.endswith(".py") and name.split("/")[0] in PACKAGES}
    assert len(python) > 50
    assert {name for name, text in python.items() if len(text.splitlines()) > MAX_LINES} == set()
