"""Events by their names in the console: usage, quarantine, and what quarantine keeps of protected values."""

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.browsing import TIMEOUT_MS
from tests.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=TIMEOUT_MS)

FIELDS = [{"key": "event", "type": "STRING"}, {"key": "price", "type": "INT"}]
EVENTS = [{"event": "view", "price": 1}, {"event": "view", "price": "x"}, {"event": "buy", "price": "x"}]


@pytest.fixture
def made(api, request):
    """An environment whose events are named by `event`, with one accepted and two in quarantine."""
    endpoint = api.call("POST", "/v1/endpoints", {"name": request.node.name[:90]})["id"]
    draft = api.call("POST", f"/v1/endpoints/{endpoint}/revisions", {"name": "Named"})
    path = f"/v1/revisions/{draft['id']}"
    body = {"event_name": ["/event"], "fields": FIELDS}
    api.call("PUT", f"{path}/fields", body, headers={"If-Match": f'"{draft["version"]}"'})
    api.call("POST", f"{path}/finalise")
    settings = {"name": "Live", "revision_id": draft["id"], "destination": {"type": "s3", "managed": True}}
    environment = api.call("POST", f"/v1/endpoints/{endpoint}/environments", settings)
    shown = f"/v1/environments/{environment['id']}"
    wait_until(lambda: api.call("GET", shown)["status"] == "active")
    httpx.post(api.call("GET", shown)["address"], json=EVENTS).raise_for_status()
    wait_until(lambda: api.call("GET", f"{shown}/quarantine")["events"] == 2)
    return endpoint, environment["id"]


def test_events_are_counted_by_name_and_each_name_leads_to_its_events_in_quarantine(signed_in, api, made):
    endpoint, environment = made
    usage = f"/v1/usage?environment={environment}&by=event_name"
    wait_until(lambda: len(api.call("GET", usage)["names"]) == 2)
    page = signed_in
    page.goto(f"/endpoints/{endpoint}")
    names = page.get_by_role("table", name="Events by name")
    view = names.get_by_role("row").filter(has_text="view")
    expect(view.get_by_role("cell")).to_have_text(["view", "1", "1", "1"])
    view.get_by_role("link").click()
    expect(page.get_by_label("Event name")).to_have_value("view")
    expect(page.get_by_text("1 event in quarantine.")).to_be_visible()
    page.get_by_label("Event name").fill("nothing")
    expect(page.get_by_text("Nothing like that")).to_be_visible()
    page.get_by_role("button", name="Show everything").click()
    expect(page.get_by_text("2 events in quarantine.")).to_be_visible()


def test_an_environment_is_told_to_protect_values_in_quarantine(signed_in, api, made):
    endpoint, environment = made
    page = signed_in
    page.goto(f"/endpoints/{endpoint}/environments/{environment}/settings")
    page.get_by_label("Protect values in quarantine").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="changed.")).to_be_visible()
    assert api.call("GET", f"/v1/environments/{environment}")["quarantine_protected"] is True
