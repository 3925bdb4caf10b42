"""A revision deployed to a share of the requests first, as the console starts, shows and ends it."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.browsing import TIMEOUT_MS
from tests.waiting import wait_until

pytestmark = pytest.mark.browser
expect.set_options(timeout=TIMEOUT_MS)

NAMES = [{"key": "name", "type": "STRING"}]
STRICT = [*NAMES, {"key": "age", "type": "INT"}]
SHARE = 50


@pytest.fixture
def made(api, request):
    return api.make_environment(request.node.name[:90], NAMES)


def send(made, events):
    """Send so many events, each in a request of its own; return the revisions of the answers."""
    with httpx.Client(trust_env=False, timeout=30) as client:
        answers = [client.post(made.address, json={"name": "x"}) for _ in range(events)]
    return {answer.headers["x-revision-id"] for answer in answers}


def show(page, made, part="deployments"):
    page.goto(f"/endpoints/{made.endpoint_id}/environments/{made.environment_id}/{part}")


def begin(page, api, made, fields):
    """Start a canary of half of the requests as a person does; return its revision."""
    revision = api.make_revision(made.endpoint_id, fields)
    show(page, made, f"deployments?revision={revision}")
    page.get_by_role("switch", name="Deploy to a share first").click()
    page.get_by_role("combobox", name="Share").click()
    page.get_by_role("option", name=f"{SHARE} %").click()
    page.get_by_role("combobox", name="For").click()
    page.get_by_role("option", name="10 minutes").click()
    page.get_by_role("button", name=re.compile(f"^Deploy .* to {SHARE} %$")).click()
    expect(page.get_by_role("region", name="Canary", exact=True)).to_be_visible()
    return revision


def deployments(api, made):
    return api.call("GET", f"/v1/environments/{made.environment_id}/deployments")["items"]


def test_a_canary_is_started_compared_and_promoted(signed_in, api, made):
    page = signed_in
    revision = begin(page, api, made, NAMES)
    canary = page.get_by_role("region", name="Canary", exact=True)
    expect(canary).to_contain_text("No events yet")
    expect(page.get_by_text(f"canary {SHARE} %").first).to_be_visible()
    (newest, oldest) = deployments(api, made)
    assert (newest["canary"]["share"], newest["canary"]["seconds"]) == (SHARE, 600)
    wait_until(lambda: send(made, 20) == {made.revision_id, revision}, seconds=20)
    expect(canary.get_by_text(re.compile(r"^0 % refused$"))).to_have_count(2, timeout=60_000)
    expect(page.get_by_role("combobox", name="Revision to deploy")).to_have_count(0)

    page.goto(f"/endpoints/{made.endpoint_id}/environments")
    expect(page.get_by_role("row").filter(has_text="active")).to_contain_text(f"canary {SHARE} %")
    show(page, made)
    page.get_by_role("button", name=re.compile("^Promote ")).click()
    expect(page.get_by_role("combobox", name="Revision to deploy")).to_be_visible()
    history = page.get_by_role("table", name="Deployments")
    expect(history).to_contain_text(f"Canary {SHARE} %, promoted, by")
    wait_until(lambda: send(made, 20) == {revision}, seconds=20)
    assert oldest["canary"] is None
    assert api.call("GET", f"/v1/environments/{made.environment_id}")["revision_id"] == revision
    expect(history.get_by_role("button", name=re.compile("^Roll back to "))).to_be_visible()


@pytest.mark.slow
def test_a_canary_is_aborted_and_can_be_deployed_again(signed_in, api, made):
    page = signed_in
    begin(page, api, made, STRICT)
    page.get_by_role("button", name="Abort canary").click()
    history = page.get_by_role("table", name="Deployments")
    expect(history).to_contain_text(f"Canary {SHARE} %, aborted, by")
    expect(page.get_by_text(f"canary {SHARE} %", exact=True)).to_have_count(0)
    expect(history.get_by_role("button", name=re.compile("^Deploy .* again…$"))).to_be_visible()
    wait_until(lambda: send(made, 20) == {made.revision_id}, seconds=20)


@pytest.mark.slow
def test_a_canary_that_refuses_too_much_is_aborted_automatically_and_the_page_says_why(signed_in, api, made):
    page = signed_in
    revision = begin(page, api, made, STRICT)
    wait_until(lambda: send(made, 20) == {made.revision_id, revision}, seconds=20)
    send(made, 260)
    alert = page.get_by_role("alert").filter(has_text="was aborted automatically")
    expect(alert).to_contain_text("refused share 100.0 % against 0.0 %", timeout=60_000)
    expect(page.get_by_role("table", name="Deployments")).to_contain_text("aborted automatically: refused share")
    page.goto("/organisation/audit?action=environment")
    expect(page.get_by_role("table", name="Audit log")).to_contain_text(re.compile("aborted the canary"))
    expect(page.get_by_role("table", name="Audit log")).to_contain_text(re.compile("as a canary to"))
    assert api.call("GET", f"/v1/environments/{made.environment_id}")["canary"] is None
