"""What the helpers of tests count alike, whether in a shell, in Python or in JavaScript (the latter: `npm test`)."""

import json

import pytest

from benchmarks.local_run import ROOT
from ingest_endpoints.testing import expecting as in_python
from ingestctl import expecting as in_a_shell

CASES = json.loads((ROOT / "clients" / "expecting_cases.json").read_text())


class Coming:
    """Events that are there at once; a read that waits moves the clock."""

    def __init__(self, events):
        self.events = events
        self.now = 0.0

    def read(self, wait_seconds):
        found, self.events = self.events, []
        self.now += 0 if found else wait_seconds
        return found


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_python_helper_counts_as_all_do(case):
    expected = in_python.Expected(case["expected"].get("accepted"), case["expected"].get("invalid"))
    coming = Coming(case["events"])
    came = in_python.wait_for(coming.read, case["where"], expected, 10.0, lambda: coming.now)
    assert came.meets(expected) is case["meets"]
    assert came.report(expected).split("\n") == case["report"]


# A command line has texts only, and compares numbers as they are written.
TYPED = {"a whole number as text is no number", "1.0 is 1"}


@pytest.mark.parametrize("case", [case for case in CASES if case["name"] not in TYPED], ids=lambda case: case["name"])
def test_ingestctl_counts_as_all_do(case):
    expected = in_a_shell.Expected(case["expected"].get("accepted"), case["expected"].get("invalid"))
    texts = [f"{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in case["where"].items()]
    coming = Coming(case["events"])

    def read(wait_seconds):
        return {"items": coming.read(wait_seconds)}

    conditions = [in_a_shell.condition_from(text) for text in texts]
    came = in_a_shell.wait_for(read, conditions, expected, 10.0, lambda: coming.now)
    assert came.meets(expected) is case["meets"]


class Later:
    """An event that comes after two seconds."""

    def __init__(self):
        self.now = 0.0
        self.coming = [(2.0, {"outcome": "accepted", "raw": "{}", "stored": {}, "errors": []})]

    def read(self, wait_seconds):
        if wait_seconds:
            self.now = min([self.now + wait_seconds, *(at for at, _ in self.coming)])
        found = [event for at, event in self.coming if at <= self.now]
        self.coming = [(at, event) for at, event in self.coming if at > self.now]
        return found


@pytest.mark.parametrize(("accepted", "invalid", "end"), [(1, None, 2.0), (None, 0, 10.0)])
def test_it_ends_once_everything_has_come_and_waits_for_all_of_the_time_for_nothing(accepted, invalid, end):
    later, expected = Later(), in_python.Expected(accepted, invalid)
    assert in_python.wait_for(later.read, {}, expected, 10.0, lambda: later.now).meets(expected)
    assert later.now == end
