"""A bundle's modules out of one file: the same modules, with their places, and their own files where there is none."""

import json
import subprocess
import sys

import pytest

from functions.ingest.joined_modules import joined_file
from infra.bundles.bundle import ROOT
from infra.bundles.compiling import compile_tree
from infra.bundles.joining import READER, join_modules

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
TAG = sys.implementation.cache_tag

SOURCES = {
    "domain/__init__.py": "from domain.one import ONE",
    "domain/one.py": "ONE = 1\n\n\ndef fails():\n    raise LookupError  # here\n",
    "domain/two.py": "import no_such_module",
}
CHANGED = {"domain/__init__.py": "ONE = 0", "domain/one.py": "\n\n\n\n    raise LookupError  # here\n"}
USE = """
import json, sys, traceback
from functions.ingest.joined_modules import use_joined_modules
use_joined_modules()
import domain
"""
LOOK = """
import domain.one
try:
    domain.one.fails()
except LookupError:
    told = traceback.format_exc()
try:
    import domain.two
except ModuleNotFoundError as error:
    missing = error.name
assert "domain.two" not in sys.modules
places = domain.__path__, domain.__file__, domain.one.__file__, domain.one.__package__
print(json.dumps([domain.ONE, *places, missing, told]))
"""


@pytest.fixture
def folder(tmp_path):
    for path in (READER, *SOURCES, "functions/__init__.py", "functions/ingest/__init__.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(SOURCES.get(str(path)) or (ROOT / path).read_text())
    compile_tree(tmp_path, HERE, keep_sources=True)
    return tmp_path


@pytest.fixture
def joined(folder):
    join_modules(folder, files(folder), HERE)
    return folder


def files(folder):
    return [path.relative_to(folder) for path in folder.rglob("*.py")]


def test_modules_come_out_of_the_file_with_their_places_and_the_lines_of_their_sources(joined):
    for path, text in CHANGED.items():
        (joined / path).write_text(text)
    one, where, init, file, package, missing, told = json.loads(ran(USE + LOOK, joined))
    assert one == 1
    assert where == [str(joined / "domain")]
    assert (init, file) == (str(joined / "domain/__init__.py"), str(joined / "domain/one.py"))
    assert package == "domain"
    assert missing == "no_such_module"
    assert 'File "/var/task/domain/one.py", line 5, in fails' in told


def test_each_is_compiled_once(joined):
    compiled = {path.name.partition(".")[0] for path in joined.rglob("*.pyc")}
    assert compiled == {"__init__", "joined_modules"}
    assert not list(joined.glob("domain/**/*.pyc"))


@pytest.mark.parametrize("change", ["no file", "the file of another version", "another kind of code"])
def test_without_a_file_that_this_python_reads_modules_are_their_own(joined, change):
    file = joined / joined_file(TAG)
    if change == "another kind of code":
        file.write_bytes(b"\0\0\r\n" + file.read_bytes()[4:])
    elif change == "no file":
        file.unlink()
    else:
        file.rename(joined / joined_file("cpython-399"))
    look = "print(json.dumps(type(domain.__spec__.loader).__name__))"
    assert json.loads(ran(USE + look, joined)) == "SourceFileLoader"


def test_what_is_not_compiled_or_has_no_reader_is_not_joined(folder):
    before = sorted(folder.rglob("*"))
    join_modules(folder, [path for path in files(folder) if path != READER], HERE)
    join_modules(folder, files(folder), "3.99")
    assert sorted(folder.rglob("*")) == before


def test_a_module_that_was_taken_away_comes_out_of_its_own_file_again(joined):
    (joined / "domain" / "one.py").write_text("ONE = 'anew'")
    again = "import domain.one\ndel sys.modules['domain.one']\nimport domain.one\nprint(json.dumps(domain.one.ONE))"
    assert json.loads(ran(USE + again, joined)) == "anew"


def ran(script, folder):
    run = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout
