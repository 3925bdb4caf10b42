"""Events in the console while they arrive."""

import json
import re

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.browsing import TIMEOUT_MS
from tests.waiting import wait_until

pytestmark = pytest.mark.browser
expect.set_options(timeout=TIMEOUT_MS)

FIELDS = [
    {"key": "event", "type": "STRING"},
    {"key": "price", "type": "FLOAT", "presence": "optional"},
    {"key": "currency", "type": "STRING", "presence": "default", "default": "EUR"},
    {"key": "browser", "type": "STRING", "presence": "macro", "macro": "browser_name"},
]


def send(address, body):
    headers = {"Content-Type": "application/json"}
    return httpx.post(address, content=body, headers=headers, trust_env=False, timeout=30).json()


def test_events_roll_in_with_what_is_stored_beside_what_was_sent(signed_in, api):
    made = api.make_environment("Watched", FIELDS)
    draft = api.call(
        "POST", f"/v1/endpoints/{made.endpoint_id}/revisions", {"clone_of": made.revision_id, "name": "Next"}
    )
    page = signed_in
    page.goto(f"/endpoints/{made.endpoint_id}/environments/{made.environment_id}")
    expect(page.get_by_text("a copy of each event in the sample is kept for an hour")).to_be_visible()
    page.get_by_role("button", name="Start live events").click()
    expect(page.get_by_text("Waiting for events …")).to_be_visible()

    rows = page.get_by_role("list", name="Events").get_by_role("listitem")

    def has_arrived():
        page.get_by_role("button", name="Send test event").click()
        page.wait_for_timeout(500)
        return rows.count() > 0

    wait_until(has_arrived, seconds=30)
    assert send(made.address, '{"event": "purchase", "price": 9007199254740993.5, "colour": "red"}')["ok"]
    (invalid,) = send(made.address, '{"event": "view", "price": "x"}')["results"]
    expect(rows.first).to_contain_text("/price type_float")

    page.get_by_role("combobox", name="Outcome").click()
    page.get_by_role("option", name="quarantined").click()
    expect(rows).to_have_count(1)
    rows.first.get_by_role("button").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.locator("pre [data-mark=fault]")).to_contain_text('"price": "x"')
    expect(drawer).to_contain_text(invalid["event_id"])
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Show all").click()
    page.get_by_role("textbox", name="Text").fill("PURCHASE")
    expect(rows).to_have_count(1)
    rows.first.get_by_role("button").click()
    expect(drawer.get_by_role("region", name="As sent")).to_contain_text("9007199254740993.5")
    expect(drawer.locator("pre [data-mark=dropped]")).to_contain_text("colour")
    expect(drawer.locator("pre [data-mark=defaulted]")).to_contain_text("EUR")
    expect(drawer.get_by_text("Nothing to fill in, so not stored: /browser.")).to_be_visible()
    expect(drawer.locator("pre [data-mark=filled]")).to_have_count(0)
    (unknown,) = drawer.get_by_role("list", name="Unknown fields").get_by_role("listitem").all()
    expect(unknown).to_contain_text("/colour string")
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Make a draft from these…").click()
    samples = page.get_by_role("textbox", name="Sample events").input_value()
    assert [event["event"] for event in json.loads(samples)] == ["purchase"]
    page.get_by_role("button", name="Cancel").click()

    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Live events have ended.")).to_be_visible()
    expect(rows).to_have_count(1)
    assert api.call("GET", f"/v1/environments/{made.environment_id}/taps")["items"] == []

    rows.first.get_by_role("button").click()
    drawer.get_by_role("button", name="Add as a field: /colour").click()
    page.get_by_role("menuitem", name="Next").click()
    field = page.get_by_role("dialog", name="colour")
    expect(field.get_by_role("textbox", name="Key")).to_have_value("colour")
    expect(page).to_have_url(re.compile(f"/revisions/{draft['id']}"))
