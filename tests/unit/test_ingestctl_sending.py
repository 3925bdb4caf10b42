"""`ingestctl send`: what is repeated, what is not, and what the rows say."""

import httpx
import pytest

from benchmarks.local_run import ROOT
from ingestctl import __version__
from ingestctl.client import Payload
from ingestctl.commands.sending import TRIES, _sent
from ingestctl.problems import Refused

ADDRESS = "https://in.example.com/e/env_1"
PAYLOAD = Payload(b'[{"a":1},{"a":2}]', {"Content-Type": "application/json"})
ROWS = [
    {"index": 0, "outcome": "accepted", "event_id": "evt_1", "errors": []},
    {"index": 1, "outcome": "accepted", "event_id": "evt_2", "errors": []},
]


def sent(*answers):
    """Send to what gives one answer after the other; return the rows, the keys, and the pauses."""
    left, keys, pauses = list(answers), [], []

    def answer(request):
        keys.append(request.headers["Idempotency-Key"])
        found = left.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        rows = _sent(http, ADDRESS, PAYLOAD, pauses.append)
    return rows, keys, pauses


def accepted():
    return httpx.Response(200, json={"ok": True, "event_ids": ["evt_1", "evt_2"]})


def test_each_event_has_a_row():
    assert sent(accepted())[0] == ROWS
    mixed = [{**ROWS[0]}, {"index": 1, "outcome": "quarantined", "event_id": "evt_2", "errors": [{"pointer": "/a"}]}]
    assert sent(httpx.Response(200, json={"ok": False, "results": mixed}))[0] == mixed
    assert sent(httpx.Response(400, json={"code": "invalid_event", "results": mixed[1:]}))[0] == mixed[1:]


def test_what_may_help_is_tried_again_under_the_same_key():
    rows, keys, pauses = sent(httpx.Response(503, headers={"Retry-After": "3"}), httpx.ConnectError("x"), accepted())
    assert rows == ROWS
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert pauses == [3.0, 1.0]


def test_what_was_refused_is_told_and_not_tried_again():
    with pytest.raises(Refused) as caught:
        sent(httpx.Response(403, json={"code": "origin_not_allowed", "message": "No."}))
    assert caught.value.code == "origin_not_allowed"
    with pytest.raises(Refused) as caught:
        sent(*[httpx.Response(502)] * TRIES)
    assert caught.value.code == "not_ingest"
    with pytest.raises(Refused) as caught:
        sent(*[httpx.ConnectError("x")] * TRIES)
    assert caught.value.code == "unreachable"


@pytest.mark.parametrize("answer", [["a page"], "a page", None, 7])
def test_an_answer_that_is_not_an_ingest_addresss_is_told(answer):
    with pytest.raises(Refused) as caught:
        sent(httpx.Response(200, json=answer))
    assert caught.value.code == "not_ingest"


def test_the_version_is_the_projects():
    assert f'\nversion = "{__version__}"\n' in (ROOT / "pyproject.toml").read_text()
