"""What the API says of usage is what became of events, and a rate limit holds on the running service."""

import httpx
import pytest

from tests.waiting import wait_until

NAMES = [{"key": "name", "type": "STRING"}]


@pytest.fixture
def post():
    with httpx.Client(timeout=10, trust_env=False) as client:
        yield lambda address, body='{"name": "x"}': client.post(
            address, content=body, headers={"Content-Type": "application/json"}
        )


def test_usage_tells_what_was_accepted_refused_and_delivered(api, post):
    made = api.make_environment("Usage", NAMES)
    for _ in range(5):
        assert post(made.address, '[{"name": "x"}, {"name": "y"}, {"name": 1}]').status_code == 200
    path = f"/v1/usage?environment={made.environment_id}&slice=minute"

    def settled():
        totals = api.call("GET", path)["totals"]
        return totals["requests"] == 5 and totals["delivered"] == totals["accepted"]

    wait_until(settled, seconds=20)
    shown = api.call("GET", path)
    assert {name: count for name, count in shown["totals"].items() if name != "bytes"} == {
        "requests": 5,
        "accepted": 10,
        "rejected": 5,
        "quarantined": 5,
        "limited": 0,
        "delivered": 10,
        "repeats": 0,
        "set_aside": 0,
        "redriven": 0,
        "in_flight": 0,
    }
    # Delivered events stand in the minute in which they arrived, beside the accepted ones.
    assert all(row["delivered"] == row["accepted"] for row in shown["series"])
    codes = api.call("GET", f"/v1/usage/codes?environment={made.environment_id}")["codes"]
    assert codes == [{"code": "type_string", "count": 5}]


def test_what_is_over_the_rate_limit_is_refused_and_counted(api, post):
    made = api.make_environment("Rate limit", NAMES)
    assert post(made.address).status_code == 200
    api.call("PATCH", f"/v1/environments/{made.environment_id}", {"rate_limit": 2})
    refused = []

    def is_refused():
        answer = post(made.address, '[{"name": "x"}, {"name": "y"}]')
        if answer.status_code == 429:
            refused.append(answer)
        return bool(refused)

    wait_until(is_refused, seconds=20)
    assert refused[0].json()["code"] == "rate_limited"
    assert 1 <= int(refused[0].headers["retry-after"]) <= 600
    wait_until(
        lambda: api.call("GET", f"/v1/usage?environment={made.environment_id}")["totals"]["limited"] == 1, seconds=20
    )


def test_a_plan_that_is_used_up_is_answered_402_until_it_is_raised(api, post):
    made = api.make_environment("Plan", NAMES)
    try:
        api.call("PATCH", "/v1/organisation", {"plan": {"requests_per_month": 1, "over_limit": "reject"}})
        wait_until(lambda: post(made.address).status_code == 402, seconds=60)
        assert post(made.address).json()["code"] == "plan_exhausted"
    finally:
        api.call("PATCH", "/v1/organisation", {"plan": {"requests_per_month": None}})
    wait_until(lambda: post(made.address).status_code == 200, seconds=60)
