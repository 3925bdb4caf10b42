import json
import os
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.local_run import LocalRun
from local.bigquery_emulator import ENVIRONMENT, is_installed
from local.delivered import stored_rows
from tests.shell_blocks import GUIDE, pasted

ROOT = Path(__file__).parents[2]
SESSION_SECONDS = 240
ASK_DUCKDB = """
import duckdb, json, sys
database = duckdb.connect()
queries = [query for query in sys.argv[1].split(";") if query.strip()]
print(json.dumps([database.execute(query).fetchall() for query in queries], default=str))
"""


def documents_in(text):
    """Every JSON object that stands on a line of its own."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def paste(run, folder, *pages):
    """Run the shell blocks of pages, one after the other in one shell, as a reader would."""
    blocks = [block for page in pages for block in pasted(page)]
    assert blocks
    environment = {
        **{name: value for name, value in os.environ.items() if name != "ADMIN_TOKEN"},
        "PORT": str(run.port),
        "STATE_DIR": str(run.state_dir),
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SESSION_SECONDS,
        check=False,
    )


def play(run, folder, *pages):
    """Return the JSON objects that the blocks of pages print; none of their commands fails."""
    done = paste(run, folder, *pages)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return documents_in(done.stdout)


def queried(run, page):
    """Return the rows of a page's queries for DuckDB on what a run has delivered; the emulator brings a DuckDB."""
    section = (ROOT / page).read_text("utf-8").split("\n## DuckDB\n")[1].split("\n## ")[0]
    queries = re.findall(r"^```sql\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    asked = "\n".join(query for query in queries if "INSTALL" not in query).replace(".local/", f"{run.state_dir}/")
    done = subprocess.run(
        [ENVIRONMENT / "bin" / "python", "-c", ASK_DUCKDB, asked],
        env={**os.environ, "HOME": str(ENVIRONMENT / "home")},
        capture_output=True,
        text=True,
        timeout=SESSION_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def delivered(documents):
    return [document for document in documents if "_event_id" in document]


def problem_codes(documents):
    return [document["code"] for document in documents if "/errors#" in str(document.get("type", ""))]


@pytest.fixture
def fresh_run(tmp_path):
    with LocalRun(tmp_path / "state") as run:
        yield run


def test_the_session_of_the_readme_ends_in_a_delivered_event(fresh_run, tmp_path):
    documents = play(fresh_run, tmp_path, "README.md")
    assert problem_codes(documents) == []
    (answer,) = [document for document in documents if "results" in document]
    assert [row["outcome"] for row in answer["results"]] == ["accepted", "quarantined"]
    (row,) = delivered(documents)
    assert row["_event_id"] == answer["results"][0]["event_id"]
    assert (row["event"], row["price"]) == ("purchase", 9.5)
    (kept,) = [document for document in documents if "raw" in document]
    assert kept["event_id"] == answer["results"][1]["event_id"]
    assert kept["errors"][0]["code"] == "type_float"

    again = paste(fresh_run, tmp_path, "README.md")
    assert again.returncode == 1
    assert (again.stdout, again.stderr) == (
        "",
        "Another endpoint has this name; upper and lower case count as the same.\n",
    )


def test_the_session_of_the_readme_says_in_a_line_that_nothing_runs(tmp_path):
    (tmp_path / "admin-token").write_text("iet_x")
    nothing = SimpleNamespace(port=1, state_dir=tmp_path)  # no program listens at port 1 of loopback
    done = paste(nothing, tmp_path, "README.md")
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("curl: (7) Failed to connect")


def test_the_guide_can_be_pasted_from_its_first_page_to_its_last(fresh_run, tmp_path):
    documents = play(fresh_run, tmp_path, *GUIDE)
    assert problem_codes(documents) == [
        "invalid_event",  # the quickstart's roll-back
        "invalid_request",  # the management page's typo
        "version_conflict",  # its stale ETag
        "confirmation_mismatch",  # its deletion without the name
    ]
    assert len(delivered(documents)) == 6
    assert [document["raw"] for document in documents if "raw" in document] == ['{"event": "Purchase"}']

    if is_installed():
        fresh_run.terminate()  # delivers what is on its way
        objects = sorted((fresh_run.state_dir / "objects" / "data").glob("environment=*/**/*.gz"))
        lines = [row["_event_id"] for row in stored_rows(objects)]
        _, events, faults = queried(fresh_run, "docs/reading.md")
        assert len(set(lines)) < len(lines)  # the ingest page sends one event twice under its key
        assert sum(count for _, _, count in events) == len(set(lines))
        assert ["one_of", "/event"] in [fault[:2] for fault in faults]


@pytest.mark.parametrize("page", ["README.md", *GUIDE])
def test_a_page_shows_no_address_or_token_that_the_settings_do_not_reach(page):
    script = "\n".join(pasted(page))
    assert "8000" not in script.replace("${PORT:-8000}", "")
    assert ".local" not in script.replace("${STATE_DIR:-.local}", "")
    assert "iet_" not in script
