"""Snippets, pasted and run as they stand: what each language sends is what was meant."""

import json
import os
import shutil
import subprocess
from urllib.parse import quote

import pytest

from benchmarks.local_run import ROOT
from local.delivered import delivered_events
from schemas.stamps import STAMP_KEYS
from tests.nasty_event import NASTY_EVENT, NASTY_FIELDS
from tests.waiting import wait_until

RUN_SECONDS = 120  # a compiler may start for the first time

PROJECT = """<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup>
<OutputType>Exe</OutputType><TargetFramework>net{major}.0</TargetFramework>
</PropertyGroup></Project>"""

# Per run: the snippet, the program that has to be there, the file, the command.
RUNS = [
    ("curl", "curl", "send.sh", ["sh", "send.sh"]),
    ("curl", "bash", "send.sh", ["bash", "send.sh"]),
    ("node", "node", "send.js", ["node", "send.js"]),
    ("node", "node", "send.mjs", ["node", "send.mjs"]),
    ("node_client", "node", "send.mjs", ["node", "send.mjs"]),
    ("python", "python3", "send.py", ["python3", "send.py"]),
    ("python_client", "python3", "send.py", ["python3", "send.py"]),
    ("go", "go", "send.go", ["go", "run", "send.go"]),
    ("java", "javac", "SendEvent.java", ["java", "SendEvent.java"]),
    ("csharp", "dotnet", "Send.cs", ["dotnet", "run"]),
    ("php", "php", "send.php", ["php", "send.php"]),
    ("ruby", "ruby", "send.rb", ["ruby", "send.rb"]),
]


def environment_of_a_shell():
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    clients = {"PYTHONPATH": str(ROOT / "clients" / "python" / "src")}
    return {**kept, **clients, "DOTNET_CLI_TELEMETRY_OPTOUT": "1", "DOTNET_NOLOGO": "1", "GO111MODULE": "off"}


def snippet(api, environment_id, snippet_id, example=None):
    query = "" if example is None else "?example=" + quote(json.dumps(example, ensure_ascii=False), safe="")
    items = api.call("GET", f"/v1/environments/{environment_id}/snippets{query}")["items"]
    (code,) = [item["code"] for item in items if item["id"] == snippet_id]
    return code


def run_in(folder, name, code, command):
    (folder / name).write_text(code, encoding="ascii")
    if "ingest-endpoints-client" in code:
        (folder / "node_modules").mkdir()
        (folder / "node_modules" / "ingest-endpoints-client").symlink_to(ROOT / "clients" / "javascript")
    if command[0] == "dotnet":
        version = subprocess.run(["dotnet", "--version"], capture_output=True, text=True, check=True).stdout
        (folder / "send.csproj").write_text(PROJECT.format(major=version.partition(".")[0]))
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment_of_a_shell(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def fields_of(row):
    return {name: value for name, value in row.items() if name not in STAMP_KEYS}


def delivered(run, environment_id):
    row, *more = wait_until(lambda: delivered_events(run.state_dir, environment_id))
    assert more == []
    return fields_of(row)


@pytest.mark.parametrize(("snippet_id", "needed", "name", "command"), RUNS, ids=[f"{r[0]}-{r[2]}-{r[1]}" for r in RUNS])
def test_a_snippet_sends_the_example_whatever_characters_it_holds(
    run, api, tmp_path, request, snippet_id, needed, name, command
):
    if shutil.which(needed) is None:
        pytest.skip(f"this machine has no {needed}")
    made = api.make_environment(request.node.name, NASTY_FIELDS)
    output = run_in(tmp_path, name, snippet(api, made.environment_id, snippet_id, NASTY_EVENT), command)
    assert '"ok":true' in output or "accepted" in output
    assert delivered(run, made.environment_id) == NASTY_EVENT


def test_without_an_example_the_snippet_sends_one_that_is_accepted(run, api, tmp_path):
    fields = [
        {"key": "event", "type": "STRING", "rules": [{"rule": "one_of", "value": ["it's"]}]},
        {"key": "price", "type": "FLOAT", "rules": [{"rule": "min_value", "value": 2}]},
    ]
    made = api.make_environment("Made example", fields)
    run_in(tmp_path, "send.sh", snippet(api, made.environment_id, "curl"), ["sh", "send.sh"])
    assert delivered(run, made.environment_id)["event"] == "it's"
