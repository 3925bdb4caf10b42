"""The fixtures for pytest and Playwright, as a web team uses them: installed packages, a site, a real browser."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.browser import BROWSERS
from benchmarks.local_run import ROOT, free_port

SECONDS = 180
SCHEMA = ROOT / "clients" / "javascript" / "example" / "orders.yaml"
TESTS = """
import json
from urllib.request import Request, urlopen

import pytest
from ingest_endpoints.testing import Unexpected


def send(address, *events):
    body = json.dumps(events).encode()
    urlopen(Request(address, body, {"Content-Type": "application/json"}), timeout=10).close()


def test_what_came_is_returned(ingest):
    assert ingest.name == "Orders"
    send(ingest.address, {"event": "purchase", "price": 9.5}, {"event": "view"})
    (purchase,) = ingest.expect(accepted=1, invalid=0, where={"event": "purchase"})
    assert purchase["stored"]["price"] == 9.5
    ingest.expect(accepted=2, invalid=0)
    assert [event["stored"]["event"] for event in ingest.events()] == ["purchase", "view"]


def test_each_test_counts_from_its_own_start(ingest):
    assert ingest.events() == []
    send(ingest.address, {"event": "view"}, {"event": "purchase", "price": "9"})
    with pytest.raises(Unexpected) as caught:
        ingest.expect(accepted=2, within=1)
    assert str(caught.value).split("\\n") == [
        "other events than expected",
        "! accepted: 1, expected 2",
        '+ accepted {"event": "view"}',
        '+ quarantined {"event": "purchase", "price": "9"} (/price type_float)',
    ]
    ingest.expect(invalid=1)
    with pytest.raises(ValueError, match="accepted=…, invalid=…"):
        ingest.expect()
"""


def called(command, cwd, **variables):
    """Run a command of a package's user; return it, with what it said."""
    environment = {**os.environ, "INGESTCTL": str(ROOT / "bin" / "ingestctl"), **variables}
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "ADMIN_TOKEN"):
        environment.pop(name, None)
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder that the Python package is installed in, as pip makes it of the checkout."""
    source = tmp_path_factory.mktemp("source") / "python"
    shutil.copytree(ROOT / "clients" / "python", source, ignore=shutil.ignore_patterns("build", "*.egg-info"))
    folder = tmp_path_factory.mktemp("installed")
    options = ("--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    done = called([sys.executable, "-m", "pip", "install", *options, "--target", str(folder), str(source)], source)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def project(tmp_path):
    (tmp_path / "test_tracking.py").write_text(TESTS)
    shutil.copy(SCHEMA, tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\ningest_schemas = orders.yaml\n")
    return tmp_path


def run_pytest(project, installed):
    return called([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], project, PYTHONPATH=str(installed))


def test_a_project_tests_its_tracking_with_pytest(project, installed):
    done = run_pytest(project, installed)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


@pytest.mark.slow
def test_a_missing_schema_and_one_with_faults_are_told(project, installed):
    (project / "pytest.ini").write_text("[pytest]\n")
    assert "ingest_schemas = orders.yaml" in run_pytest(project, installed).stdout
    (project / "pytest.ini").write_text("[pytest]\ningest_schemas = orders.yaml\n")
    (project / "orders.yaml").write_text("fields: [{key: event, type: TEXT}]\n")
    said = run_pytest(project, installed)
    assert "NotStarted" in said.stdout
    assert "/fields/0/type" in said.stdout + said.stderr


def test_without_ingestctl_its_name_is_said(project, installed):
    done = called(
        [sys.executable, "-m", "pytest", "-q"], project, PYTHONPATH=str(installed), INGESTCTL="no-such-command"
    )
    assert "no-such-command" in done.stdout


@pytest.fixture(scope="module")
def javascript():
    """The folder of the JavaScript package, with what it is built with installed."""
    folder = ROOT / "clients" / "javascript"
    assert (folder / "dist" / "playwright.js").exists(), "make clients"
    return folder


def test_the_javascript_helper_counts_as_all_do(javascript):
    done = called(["npm", "test", "--silent"], javascript)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.browser
def test_the_example_tests_a_site_with_playwright(javascript):
    chromium = next(filter(None, map(shutil.which, BROWSERS)))
    variables = {"CHROMIUM": chromium, "PORT": str(free_port()), "FORCE_COLOR": "0", "CI": "true"}
    done = called(["npm", "run", "example", "--silent", "--", "--workers", "1"], javascript, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_the_packages_hold_what_they_need_and_no_more(javascript, installed):
    done = called(["npm", "pack", "--dry-run", "--json", "--silent"], javascript)
    names = [Path(row["path"]) for row in json.loads(done.stdout)[0]["files"]]
    assert {str(name) for name in names if name.suffix != ".ts" and name.parts[0] != "dist"} == {
        "CHANGELOG.md",
        "README.md",
        "package.json",
    }
    assert {path.suffix for path in (installed / "ingest_endpoints").rglob("*") if path.is_file()} <= {
        ".py",
        ".pyc",
        ".typed",
    }
