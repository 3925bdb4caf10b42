"""The first steps: from nothing to the first event, and back."""

import re
import time

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SAMPLE = '{"event": "purchase", "total": 59.9}'
FIRST_EVENT_WITHIN_SECONDS = 15


def infer(page, name, sample=SAMPLE):
    """Go through the first step."""
    page.goto("/start")
    page.get_by_label("Name of the endpoint").fill(name)
    page.get_by_label("An event, as you would send it").fill(sample)
    page.get_by_role("button", name="Infer the schema").click()
    expect(page.get_by_role("table", name="Fields")).to_be_visible()


def step(page, name):
    return page.get_by_role("button", name=re.compile(name))


def revisions_of(api, name):
    """The drafts and revisions of the only endpoint of that name."""
    (endpoint,) = [row for row in api.call("GET", "/v1/endpoints")["items"] if row["name"] == name]
    return api.call("GET", f"/v1/endpoints/{endpoint['id']}/revisions")["items"]


def test_the_first_event_is_seen_by_clicking_alone_within_seconds(signed_in):
    page = signed_in
    page.get_by_role("link", name="Start with a sample event").wait_for()
    began = time.monotonic()
    page.get_by_role("link", name="Start with a sample event").click()
    page.get_by_role("button", name="Use this example").click()
    expect(page.get_by_role("button", name="Infer the schema")).to_be_enabled()
    expect(page.get_by_label("Name of the endpoint")).to_have_value("Web shop")
    page.get_by_label("Name of the endpoint").fill("Clicked shop")
    page.get_by_role("button", name="Infer the schema").click()
    page.get_by_role("button", name="Finalise").click()
    page.get_by_role("button", name="Create", exact=True).click()
    page.get_by_role("button", name="Send test event").click()
    expect(page.get_by_text("Your first event has arrived")).to_be_visible()
    # The promise is one of seconds, so this is one of the few tests with a clock of their own.
    assert time.monotonic() - began < FIRST_EVENT_WITHIN_SECONDS
    expect(page.get_by_role("region", name="As sent")).to_contain_text('"order_id": "A-1042"')
    expect(page.get_by_role("region", name="As stored")).to_contain_text('"order_id": "A-1042"')
    page.get_by_role("link", name="See it in the chart").click()
    expect(page).to_have_url(re.compile("period=realtime"))


@pytest.mark.slow
def test_the_first_step_can_be_gone_back_to_and_leaves_one_draft(signed_in, api):
    page = signed_in
    infer(page, "Gone back")
    assert [row["name"] for row in revisions_of(api, "Gone back")] == ["Revision 1"]
    step(page, "Start").click()
    expect(page.get_by_label("Name of the endpoint")).to_have_value("Gone back")
    expect(page.get_by_label("An event, as you would send it")).to_have_value(SAMPLE)
    expect(page.get_by_role("note")).to_contain_text("Making it again replaces it")
    step(page, "Schema").click()
    expect(page.get_by_role("table", name="Fields")).to_contain_text("total")
    page.get_by_role("button", name="Back", exact=True).click()
    page.get_by_label("Name of the endpoint").fill("Gone back and on")
    page.get_by_label("An event, as you would send it").fill('{"event": "view", "page": "/home"}')
    page.get_by_role("button", name="Infer the schema").click()
    expect(page.get_by_role("table", name="Fields")).to_contain_text("page")
    (draft,) = revisions_of(api, "Gone back and on")
    assert (draft["name"], draft["field_count"]) == ("Revision 1", 2)


@pytest.mark.slow
def test_samples_that_are_refused_leave_no_second_endpoint(signed_in, api):
    page = signed_in
    page.goto("/start")
    page.get_by_label("Name of the endpoint").fill("Refused at first")
    page.get_by_label("An event, as you would send it").fill("{}")
    page.get_by_role("button", name="Infer the schema").click()
    expect(page.get_by_label("An event, as you would send it")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("An event, as you would send it").fill(SAMPLE)
    page.get_by_role("button", name="Infer the schema").click()
    expect(page.get_by_role("table", name="Fields")).to_be_visible()
    assert len(revisions_of(api, "Refused at first")) == 1


@pytest.mark.slow
def test_the_designer_leads_back_to_the_first_steps(signed_in, api):
    page = signed_in
    infer(page, "Designed between")
    page.get_by_role("button", name="Change it in the designer").click()
    expect(page.get_by_text("Your first steps wait for this")).to_be_visible()
    page.get_by_role("link", name="Back to the first steps").click()
    page.get_by_role("button", name="Finalise").click()
    page.get_by_role("button", name="Back", exact=True).click()
    expect(page.get_by_text("This revision is finalised")).to_be_visible()
    page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("region", name="cURL snippet")).to_contain_text("purchase")
    assert len(revisions_of(api, "Designed between")) == 1


@pytest.mark.slow
def test_a_name_goes_along_from_the_dialog_to_the_first_steps(signed_in, api):
    page = signed_in
    api.call("POST", "/v1/endpoints", {"name": "There already"})
    page.goto("/")
    page.get_by_role("button", name="New endpoint").click()
    page.get_by_role("textbox", name="Name").fill("Typed already")
    page.get_by_role("link", name="Start with a sample").click()
    expect(page.get_by_label("Name of the endpoint")).to_have_value("Typed already")
