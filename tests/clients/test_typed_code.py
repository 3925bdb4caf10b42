"""Typed code as compilers see it: `tsc --strict` and mypy accept right events and refuse wrong ones, as ingest does."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.local_run import ROOT
from domain.errors import Rejected
from domain.language.examples import example_of
from domain.language.typed_code import Language, typed_code_of
from domain.validation.faults import Refusal
from domain.validation.revision import CompiledRevision
from tests.strategies import field_trees, with_presences
from tests.typed_revisions import TYPED_REVISIONS

SECONDS = 180
CLIENT = ROOT / "clients" / "javascript"
TSC = CLIENT / "node_modules" / "typescript" / "bin" / "tsc"
DRAWN = 12
NASTY = """*/ export const x: number = "a"; /*
@ts-expect-error
@ts-nocheck
type: ignore
mypy: ignore-errors
\u2028*/\u2029"'`${\\\u202e */"""


class Project:
    """Files of one language, with the lines that a compiler has to refuse."""

    def __init__(self, folder: Path, language: Language, ending: str) -> None:
        self.folder, self.language, self.ending = folder, language, ending
        self.wrong: dict[tuple[str, int], str] = {}
        self.files: list[str] = []

    def add(self, name, fields, additional_keys, right=(), wrong=None):
        """Write the types of a revision, and a file that sends its events."""
        code = typed_code_of(self.language, name, fields, additional_keys=additional_keys).code
        self._write(f"{name}_events", code)
        head = self._head(name, has_others="OtherEvent" in code and not wrong)
        lines = [*head, *map(self._sent, right)]
        for what, event in (wrong or {}).items():
            lines.append(self._sent(event))
            self.wrong[f"{name}_sends{self.ending}", len(lines)] = f"{name}: {what}"
        self._write(f"{name}_sends", "\n".join(lines) + "\n")

    def _write(self, name, text):
        (self.folder / f"{name}{self.ending}").write_text(text, "utf-8")
        self.files.append(f"{name}{self.ending}")

    def _head(self, name, *, has_others):
        names = "Event, OtherEvent" if has_others else "Event"
        if self.language is Language.PYTHON:
            event = "Union[Event, OtherEvent]" if has_others else "Event"
            uses = ["from typing import Union"] if has_others else []
            imports = ["from ingest_endpoints import Client", f"from {name}_events import {names}"]
            return [*uses, *imports, f'client = Client[{event}]("http://127.0.0.1/e/env_1")']
        return [
            f"import {{ createClient }} from {json.dumps(str(CLIENT / 'src' / 'index.js'))};",
            f'import type {{ {names} }} from "./{name}_events.js";',
            f'const client = createClient<{names.replace(", ", " | ")}>({{ address: "http://127.0.0.1/e/env_1" }});',
        ]

    def _sent(self, event):
        if self.language is Language.PYTHON:
            return f"client.track({event!r})"
        return f"client.track({json.dumps(event)});"

    def refused(self, command, pattern):
        """Run a compiler once over all files; return what it refuses, by the words of who wrote it."""
        done = subprocess.run(
            [*command, *self.files],
            cwd=self.folder,
            env={"PATH": "/usr/bin:/bin", "MYPYPATH": str(ROOT / "clients" / "python" / "src")},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        places = {(file, int(line)): text for file, line, text in re.findall(pattern, done.stdout, re.MULTILINE)}
        assert done.returncode == (1 if places else 0) or places, done.stdout + done.stderr
        return {self.wrong.get(place, f"{place}: {text}") for place, text in places.items()}


def refused_by_ingest(fields, additional_keys, event):
    """Say whether ingest refuses an event, or loses a part of it."""
    revision = CompiledRevision(
        {"revision_id": "rev_1", "edition": 2, "additional_keys": additional_keys, "fields": fields}
    )
    return isinstance(revision.read_event(json.dumps(event).encode()), Refusal)


def drawn_revisions() -> list[tuple[list, str]]:
    """Return some revisions of all that there can be, always the same."""
    found = []

    @settings(
        max_examples=DRAWN, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(field_trees(2).map(with_presences), st.sampled_from(["drop", "keep", "reject"]))
    def draw(tree, additional_keys):
        found.append((tree, additional_keys))

    draw()
    return found


def examples_of(fields) -> Iterator[dict]:
    for when in [None, *(field["key"] for field in fields if "when" in field)]:
        try:
            yield example_of(fields, when=when)
        except Rejected:  # it has none
            continue


def nasty_fields():
    text = {"type": "STRING", "presence": "required", "description": NASTY}
    keys = ['"', "\\", "日本", "__proto__", "constructor", "class", "new", "__a", "str", "Event", "é", "a b", "*/", "#"]
    fields = [{**text, "key": f"k{number}", "from": key} for number, key in enumerate(keys)]
    listed = [
        {"rule": "one_of", "value": [NASTY, "", '"', "\\", "\n", "</script>"]},
        {"rule": "regex", "value": ".*/.*"},
    ]
    return [*fields, {**text, "key": "listed", "rules": listed[:1]}, {**text, "key": "default", "rules": listed[1:]}]


def nasty_event():
    return {field.get("from", field["key"]): NASTY if field["key"] == "listed" else "/" for field in nasty_fields()}


def filled(project):
    for name, revision in TYPED_REVISIONS.items():
        project.add(name, revision.fields, revision.additional_keys, revision.right, revision.wrong)
    project.add("nasty", nasty_fields(), "reject", [nasty_event()], {"more": {**nasty_event(), "more": 1}})
    for number, (fields, additional_keys) in enumerate(drawn_revisions()):
        right = [one for one in examples_of(fields) if not refused_by_ingest(fields, additional_keys, one)]
        project.add(f"drawn{number}", fields, additional_keys, right)
    return project


def test_tsc_accepts_right_events_and_refuses_wrong_ones(tmp_path):
    project = filled(Project(tmp_path, Language.TYPESCRIPT, ".ts"))
    options = ["--strict", "--exactOptionalPropertyTypes", "--noEmit", "--pretty", "false", "--skipLibCheck"]
    options += ["--target", "es2022", "--module", "nodenext", "--moduleResolution", "nodenext"]
    found = project.refused(["node", str(TSC), *options], r"^(\w+\.ts)\((\d+),\d+\): error (.*)$")
    assert found == set(project.wrong.values())


def test_mypy_accepts_right_events_and_refuses_wrong_ones(tmp_path):
    project = filled(Project(tmp_path, Language.PYTHON, ".py"))
    options = ["--strict", "--config-file=", f"--cache-dir={tmp_path / 'cache'}", "--no-pretty"]
    found = project.refused([sys.executable, "-m", "mypy", *options], r"^(\w+\.py):(\d+): error: (.*)$")
    assert found == set(project.wrong.values())


@pytest.mark.parametrize("name", TYPED_REVISIONS)
def test_ingest_accepts_and_refuses_the_same_events(name):
    fields, additional_keys, right, wrong = TYPED_REVISIONS[name]
    assert [event for event in right if refused_by_ingest(fields, additional_keys, event)] == []
    assert [what for what, event in wrong.items() if not refused_by_ingest(fields, additional_keys, event)] == []
    assert len(wrong) == 5


def test_ingest_accepts_the_nasty_event_too():
    assert not refused_by_ingest(nasty_fields(), "reject", nasty_event())
