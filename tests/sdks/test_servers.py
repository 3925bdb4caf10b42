"""SDKs of other collectors for servers, as their makers publish them: nothing but the address is changed."""

import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from local.delivered import delivered_events, quarantine_files, stored_rows
from tests.sdks.cases import KEY, SDKS
from tests.sdks.faulty_proxy import Fault, FaultyProxy
from tests.waiting import wait_until

pytestmark = pytest.mark.sdks

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".cache" / "sdks" / "bin" / "python"
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
SEND_SECONDS = 60
DELIVERY_SECONDS = 20


def cases(sdks):
    return [pytest.param(sdk, id=sdk.name) for sdk in sdks]


ALL = cases(SDKS)
REPEATING = cases([sdk for sdk in SDKS if sdk.repeats])
REPEATING_LOST = cases([sdk for sdk in SDKS if sdk.repeats and sdk.repeats_lost])


def mark_of(value):
    """Return the text that tells a call and its event from all others."""
    text = json.dumps(value)
    start = text.index("mark-")
    return text[start : start + len("mark-0")]


class Sending:
    """What an SDK did for its calls at an environment of its own, and what arrived there."""

    def __init__(self, run, environment_id, sdk, fault, calls):
        self._rows = lambda files_of: list(files_of(run.state_dir, environment_id))
        with FaultyProxy(run.port, fault, sdk.protocol) as proxy:
            order = {"address": f"http://127.0.0.1:{proxy.port}/e/{environment_id}", "key": KEY, "calls": calls}
            done = subprocess.run(
                [str(PYTHON) if sdk.sender.endswith(".py") else "node", str(HERE / "senders" / sdk.sender)],
                input=json.dumps(order),
                env={**ENVIRONMENT, **sdk.mode},
                capture_output=True,
                text=True,
                timeout=SEND_SECONDS,
                check=False,
            )
        assert done.returncode == 0, done.stdout + done.stderr
        self.statuses = proxy.statuses
        self.failures = json.loads(done.stdout.splitlines()[-1])["failures"]

    def delivered(self, calls):
        """Return all lines of delivered objects, once there is one for each of the calls."""
        marks = {mark_of(call) for call in calls}
        return wait_until(lambda: self._delivered_if(marks), seconds=DELIVERY_SECONDS)

    def quarantined(self):
        return wait_until(lambda: self._rows(lambda *where: stored_rows(quarantine_files(*where))))

    def _delivered_if(self, marks):
        rows = self._rows(delivered_events)
        return rows if {mark_of(row) for row in rows} >= marks else None


@pytest.fixture
def send(run, api, request):
    def send(sdk, fault=Fault.NONE, *more_calls):
        environment = api.make_environment(request.node.name, sdk.schema, additional_keys="keep")
        return Sending(run, environment.environment_id, sdk, fault, [*sdk.calls, *more_calls])

    return send


def check_each_is_there(sdk, rows):
    by_mark = {mark_of(row): row for row in rows}
    for call in sdk.calls:
        row, expected = by_mark[mark_of(call)], sdk.expected(call)
        assert {name: row.get(name) for name in expected} == expected


@pytest.mark.parametrize("sdk", ALL)
def test_every_call_arrives_once_with_its_fields(send, sdk):
    sent = send(sdk)
    rows = sent.delivered(sdk.calls)
    assert sent.failures == []
    assert Counter(map(mark_of, rows)) == Counter(map(mark_of, sdk.calls))
    check_each_is_there(sdk, rows)


@pytest.mark.parametrize("sdk", REPEATING)
def test_a_503_is_repeated_and_nothing_is_lost(send, sdk):
    sent = send(sdk, Fault.UNAVAILABLE)
    rows = sent.delivered(sdk.calls)
    assert sent.failures == []
    assert 503 in sent.statuses
    assert Counter(map(mark_of, rows)) == Counter(map(mark_of, sdk.calls))
    check_each_is_there(sdk, rows)


@pytest.mark.parametrize("sdk", REPEATING_LOST)
def test_what_is_sent_again_after_a_lost_answer_has_the_id_that_it_had(send, sdk):
    sent = send(sdk, Fault.LOST)
    rows = sent.delivered(sdk.calls)
    assert sent.failures == []
    assert None in sent.statuses
    assert len(sent.statuses) > 1
    events = Counter(mark for mark, _ in {(mark_of(row), row["_event_id"]) for row in rows})
    assert set(events) == set(map(mark_of, sdk.calls))
    assert set(events.values()) == {1} or not sdk.has_ids
    check_each_is_there(sdk, rows)


@pytest.mark.parametrize("sdk", ALL)
def test_an_invalid_event_holds_up_no_other_and_is_no_failure(send, sdk):
    sent = send(sdk, Fault.NONE, sdk.invalid)
    rows = sent.delivered(sdk.calls)
    (refused,) = sent.quarantined()
    assert sent.failures == []
    assert mark_of(refused) == mark_of(sdk.invalid)
    assert Counter(map(mark_of, rows)) == Counter(map(mark_of, sdk.calls))
