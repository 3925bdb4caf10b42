"""What the overview and the usage of an organisation answer."""

import json
import re

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.browsing import TIMEOUT_MS

pytestmark = pytest.mark.browser

FIELDS = [{"key": "event", "type": "STRING"}, {"key": "age", "type": "INT", "presence": "optional"}]
COUNTED_WITHIN_MS = 30_000
"""Counts are written down every ten seconds."""


def send(made, *events):
    httpx.post(made.address, content=json.dumps(events), trust_env=False)


@pytest.fixture(scope="module")
def made(api):
    """An endpoint with two environments, one of which has refused an event."""
    made = api.make_environment("Asked about", FIELDS)
    api.call("PATCH", f"/v1/environments/{made.environment_id}", {"name": "Production"})
    api.call(
        "POST",
        f"/v1/endpoints/{made.endpoint_id}/environments",
        {"name": "Staging", "revision_id": made.revision_id, "destination": {"type": "s3", "managed": True}},
    )
    send(made, {"event": "view"}, {"event": "view", "age": 3}, {"event": "view", "age": "three"})
    return made


def until_counted(page, text):
    """Look again until the counts are there."""
    for _ in range(COUNTED_WITHIN_MS // 2_000):
        try:
            expect(page.get_by_text(text).first).to_be_visible(timeout=2_000)
        except AssertionError:
            page.reload()
        else:
            return
    expect(page.get_by_text(text).first).to_be_visible(timeout=TIMEOUT_MS)


def test_the_overview_says_why_where_and_since_which_deployment(signed_in, made):
    page = signed_in
    page.goto(f"/endpoints/{made.endpoint_id}")
    until_counted(page, "33 % of all")
    chart = page.get_by_role("img", name=re.compile("^Events by day"))
    expect(chart).to_be_visible()
    marks = page.get_by_role("region", name="Deployments")
    expect(marks.get_by_role("link")).to_have_count(2)
    reasons = page.get_by_role("list", name="Reasons by field")
    expect(reasons).to_contain_text("/age is not a whole number.")
    expect(page.get_by_text("Events by protocol")).to_be_hidden()
    table = page.get_by_role("table", name="Usage by environment")
    expect(table.get_by_role("row", name=re.compile("^Production"))).to_contain_text("33 %")
    table.get_by_role("link", name="Production").click()
    expect(page).to_have_url(re.compile(f"environment={made.environment_id}"))
    expect(marks.get_by_role("link")).to_have_count(1)
    reasons.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"quarantine\?.*pointer=%2Fage"))


@pytest.mark.slow
def test_the_overview_says_in_which_protocols_events_came(signed_in, api):
    made = api.make_environment("Sent by SDKs", FIELDS)
    call = {"type": "track", "event": "Order", "userId": "u"}
    answer = httpx.post(f"{made.address}/v1/batch", json={"batch": [call, {"type": "page"}]}, trust_env=False)
    assert answer.status_code == 200
    send(made, {"event": "view"})
    page = signed_in
    page.goto(f"/endpoints/{made.endpoint_id}")
    until_counted(page, "Events by protocol")
    rows = page.get_by_role("table", name="Events by protocol").get_by_role("row")
    expect(rows.nth(1).get_by_role("cell")).to_have_text(["Segment", "1", "1", "1"])
    expect(rows.nth(2).get_by_role("cell")).to_have_text(["none, native", "1", "0", "0"])


@pytest.mark.slow
def test_an_environments_cost_is_estimated_with_what_would_change_it(signed_in, made):
    page = signed_in
    page.goto(f"/endpoints/{made.endpoint_id}?environment={made.environment_id}")
    until_counted(page, "a million events")
    expect(page.get_by_text("With 3 events per request")).to_be_visible()
    changes = page.get_by_role("table", name="What would change the cost")
    for what in ("10 events per request", "A function URL as the front door", "BigQuery by streaming"):
        expect(changes.get_by_role("row", name=re.compile(what))).to_contain_text("$")


@pytest.mark.slow
def test_the_organisations_usage_is_told_by_endpoint(signed_in, made):
    page = signed_in
    page.goto("/organisation")
    until_counted(page, "By endpoint this month")
    row = page.get_by_role("table", name="Usage by endpoint").get_by_role("row", name=re.compile("^Asked about"))
    expect(row).to_contain_text("%")
    row.get_by_role("link", name="Asked about").click()
    expect(page).to_have_url(re.compile(rf"{made.endpoint_id}\?period=this-month"))
