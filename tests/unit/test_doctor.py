"""How an examination goes on, and what its report tells."""

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestctl.commands.doctor import destination_from, front_door_from
from ingestctl.doctor.doors import Door, Sender
from ingestctl.doctor.examination import Check, CheckFailed, CheckSkipped, Examination, Result
from ingestctl.doctor.report import MAX_DETAIL_CHARS, as_document, as_markdown, without_secrets
from ingestctl.problems import Misused, Refused


class Clock:
    """Goes as it is slept."""

    def __init__(self):
        self.seconds = 0.0

    def now(self):
        return self.seconds

    def sleep(self, seconds):
        self.seconds += seconds


def raising(error):
    def look():
        raise error

    return look


def examined(*checks):
    examination = Examination(clock=Clock())
    examination.run(checks)
    return examination.results


def test_a_check_that_fails_stops_those_that_need_it_and_no_other():
    results = examined(
        Check("first", "It works.", raising(CheckFailed("It does not.", "Switch it on."))),
        Check("second", "It works, too.", lambda: "seen", needs=("first",)),
        Check("third", "It works alone.", lambda: "seen"),
        Check("fourth", "It needs what was skipped.", lambda: "seen", needs=("second", "third")),
    )
    assert [result.state for result in results] == ["failed", "skipped", "passed", "skipped"]
    assert (results[0].detail, results[0].remedy) == ("It does not.", "Switch it on.")
    assert results[1].detail == "It needs first, which did not pass."
    assert results[3].detail == "It needs second, which did not pass."


@pytest.mark.parametrize(
    ("error", "state", "detail"),
    [
        (CheckSkipped("No domain was given."), "skipped", "No domain was given."),
        (
            Refused("forbidden", "A role.", errors=[{"pointer": "/name", "message": "Taken."}]),
            "failed",
            "The API answered forbidden: A role. /name: Taken.",
        ),
        (httpx.ConnectTimeout("too slow"), "failed", "No answer: ConnectTimeout: too slow"),
        (KeyError("items"), "failed", "The check itself failed: KeyError: 'items'"),
    ],
)
def test_whatever_ends_a_check_is_a_result(error, state, detail):
    (result,) = examined(Check("one", "It works.", raising(error)))
    assert (result.state, result.detail) == (state, detail)


def test_waiting_has_an_end():
    clock = Clock()
    assert Examination(clock=clock).wait_until(lambda: None, 10.0, 1.0) is None
    assert clock.seconds == 10.0
    assert Examination(clock=Clock()).wait_until(lambda: "found", 10.0) == "found"


SECRETS = ["iet_abcDEF123_-x", "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "eyJhbGciOiJSUzI1NiJ9.eyJz.sig-_x"]


@given(st.sampled_from([*SECRETS, "123456789012"]), st.text(max_size=20), st.text(max_size=20))
def test_a_report_holds_no_token_no_key_and_no_account(secret, before, after):
    detail = f"{before} {secret} {after}"
    results = [Result("one", "It works.", "failed", detail, f"See {secret}.")]
    document = as_document({"Account": secret, "Address": f"arn:{secret}:x"}, results)
    assert secret not in json.dumps(document)
    assert secret not in as_markdown({"Account": secret}, results)


def test_a_report_is_bounded_whatever_an_answer_holds():
    assert len(without_secrets("x" * 100_000)) <= MAX_DETAIL_CHARS + 2


def test_a_report_says_first_what_failed_and_what_to_do():
    results = [
        Result("a", "Promise a.", "passed", "seen | here", seconds=0.25),
        Result("b", "Promise b.", "failed", "broken", "Fix it."),
        Result("c", "Promise c.", "skipped", "not asked for"),
    ]
    page = as_markdown({"Stage": "prod"}, results)
    assert "**1 passed, 1 failed, 1 skipped.**" in page
    assert "- **b**: Promise b. broken\n  What to do: Fix it.\n" in page
    assert "| pass | a | Promise a. | seen \\| here | 0.2 |" in page


def test_a_door_is_asked_for_its_own_host():
    asked = []
    transport = httpx.MockTransport(lambda request: asked.append(request) or httpx.Response(200))
    Sender(transport).send(Door("balancer", "https://lb.example", host="in.example.com"), "GET", "/health")
    (request,) = asked
    assert (request.url.host, request.headers["Host"]) == ("lb.example", "in.example.com")
    assert request.extensions["sni_hostname"] == "in.example.com"


def test_what_is_no_address_and_no_destination_is_said():
    assert front_door_from("in.example.com=https://lb.example/").host == "in.example.com"
    assert front_door_from("https://in.example.com").host is None
    assert destination_from('{"type": "bigquery"}') == {"type": "bigquery"}
    for wrong in ("in.example.com", "=", "x=y", "ftp://a"):
        with pytest.raises(Misused):
            front_door_from(wrong)
    for wrong in ("[]", "nope", "@/none/such"):
        with pytest.raises(Misused):
            destination_from(wrong)
