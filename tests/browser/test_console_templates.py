"""Templates and typed plans in the console: chosen, led on from, and extended by event types."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.browsing import TIMEOUT_MS

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture
def planned(api, endpoint):
    """A draft from a template whose events have names."""
    body = {"name": "Planned", "template": "segment"}
    return api.call("POST", f"/v1/endpoints/{endpoint}/revisions", body)["id"]


def choose(page, search, title):
    select = page.get_by_role("combobox", name="Template")
    select.click()
    select.fill(search)
    page.get_by_role("option", name=title).click()


def adding(page, endpoint, revision):
    page.goto(f"/endpoints/{endpoint}/revisions/{revision}")
    page.get_by_role("button", name="Add an event type").click()
    return page.get_by_role("dialog", name="Add an event type")


def saved(page, api, revision):
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(re.compile("saved\\.$")).first).to_be_visible()
    return api.call("GET", f"/v1/revisions/{revision}")["fields"]


def names(api, endpoint):
    return sorted(item["name"] for item in api.call("GET", f"/v1/endpoints/{endpoint}/revisions")["items"])


def test_every_template_can_be_found_by_its_sender_and_leads_on_to_its_draft(signed_in, api):
    page = signed_in
    page.get_by_role("button", name="New endpoint").click()
    page.get_by_role("textbox", name="Name").fill("Tracked shop")
    page.get_by_role("combobox", name="Template").click()
    listed = [row["title"] for row in api.call("GET", "/v1/templates")["items"]]
    for title in listed:
        expect(page.get_by_role("option", name=title)).to_have_count(1)
    choose(page, "jitsu", "Segment, RudderStack, Jitsu")
    page.get_by_role("button", name="Create", exact=True).click()
    said = page.get_by_role("alert").filter(has_text="Made from the template “Segment, RudderStack, Jitsu”")
    expect(said).to_contain_text("track, identify, page")
    expect(said.get_by_role("link", name="Read the docs")).to_have_attribute("href", "/docs/protocols/segment")
    expect(page.get_by_role("radio", name="Keep")).to_be_checked()
    expect(page.get_by_text("/event", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Edit message_id")).to_be_visible()
    said.get_by_role("button", name="Close").click()
    expect(said).to_have_count(0)


def test_a_newcomer_is_led_from_a_template_to_the_setting_of_its_sdk_and_to_code(signed_in):
    page = signed_in
    page.goto("/start")
    page.get_by_label("Name of the endpoint").fill("Led by a template")
    page.get_by_text("A template", exact=True).click()
    expect(page.get_by_label("Name of the endpoint")).to_have_value("Led by a template")
    choose(page, "amplitude", "Amplitude")
    page.get_by_role("button", name="Use this template").click()
    said = page.get_by_role("alert").filter(has_text="Made from the template “Amplitude”")
    expect(said.get_by_role("link", name="Read the docs")).to_have_attribute("href", "/docs/protocols/amplitude")
    fields = page.get_by_role("table", name="Fields")
    expect(fields.get_by_role("row").filter(has_text="event_type")).to_contain_text("required")
    page.get_by_role("button", name="Finalise").click()
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_text("What to set: server_url")).to_be_visible()
    page.get_by_role("combobox", name="Sender").click()
    offered = page.get_by_role("option").all_inner_texts()
    assert len(offered) > 1
    assert all(sender.startswith("Amplitude: ") for sender in offered)
    page.get_by_role("option", name="@amplitude/analytics-node").click()
    expect(page.get_by_role("region", name="Setting of @amplitude/analytics-node")).to_contain_text("/e/env_")
    page.get_by_role("button", name="cURL").click()
    expect(page.get_by_role("region", name="cURL snippet")).to_contain_text("event_type")


def test_an_event_type_is_made_of_samples_and_shown_before_it_is_added(signed_in, api, endpoint, planned):
    page = signed_in
    dialog = adding(page, endpoint, planned)
    expect(dialog.get_by_label("Where its fields stand")).to_have_value("properties")
    dialog.get_by_label("Name of the event").fill("Order Completed")
    whole = {"type": "track", "event": "Order Completed", "properties": {"orderId": "o-1", "total": 5, "note": None}}
    dialog.get_by_role("textbox", name="Samples").fill(json.dumps(whole))
    dialog.get_by_role("button", name="Show the fields").click()
    expect(dialog.get_by_text("/event is Order Completed")).to_be_visible()
    rows = dialog.get_by_role("table", name="Fields to add").get_by_role("row")
    expect(rows).to_have_count(4)
    expect(rows.nth(1)).to_contain_text(re.compile("order_completed *← properties"))
    expect(rows.nth(2)).to_contain_text(re.compile("order_id *← orderId"))
    expect(dialog.get_by_role("alert").filter(has_text="1 key left out")).to_contain_text("note")
    dialog.get_by_role("button", name="Back").click()
    expect(dialog.get_by_label("Name of the event")).to_have_value("Order Completed")
    dialog.get_by_role("button", name="Show the fields").click()
    dialog.get_by_role("button", name="Add to the draft").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Close /event is Order Completed")).to_be_visible()
    field = saved(page, api, planned)[-1]
    assert (field["key"], field["from"], field["when"], field["presence"]) == (
        "order_completed",
        "properties",
        {"/event": ["Order Completed"]},
        "required",
    )
    assert [(child["key"], child["type"]) for child in field["fields"]] == [("order_id", "STRING"), ("total", "INT")]
    assert names(api, endpoint) == ["Planned", "Revision 1"]  # nothing is left of how the fields were made


def test_faults_of_an_event_type_stand_at_their_fields(signed_in, api, endpoint, planned):
    page = signed_in
    dialog = adding(page, endpoint, planned)
    dialog.get_by_label("Name of the event").fill("A/B shown")
    dialog.get_by_text("JSON Schema", exact=True).click()
    schema = dialog.get_by_role("textbox", name="JSON Schema")
    show = dialog.get_by_role("button", name="Show the fields")
    for text, fault in (("[]", "Must be a JSON object."), ('{"type": "string"}', "has to describe an object")):
        schema.fill(text)
        show.click()
        expect(schema).to_have_attribute("aria-invalid", "true")
        expect(dialog.get_by_text(fault)).to_be_visible()
    place = dialog.get_by_label("Where its fields stand")
    place.fill("/a~b")
    expect(place).to_have_attribute("aria-invalid", "true")
    place.fill("properties")
    dialog.get_by_text("By hand", exact=True).click()
    show.click()
    expect(dialog.get_by_text("A field needs a key.")).to_be_visible()
    dialog.get_by_label("Key of field 1").fill("variantId")
    dialog.get_by_label("Field 1 is required").check()
    show.click()
    dialog.get_by_role("button", name="Add to the draft").click()
    expect(page.get_by_role("button", name="Edit a_b_shown")).to_be_visible()
    assert saved(page, api, planned)[-1]["fields"] == [
        {"key": "variant_id", "from": "variantId", "type": "STRING", "presence": "required"}
    ]
    page.get_by_role("button", name="Add an event type").click()
    dialog.get_by_label("Name of the event").fill("A/B shown")
    expect(dialog.get_by_text("This draft has fields for this event already.")).to_be_visible()


def test_events_of_ones_own_have_their_fields_beside_their_name(signed_in, api, endpoint):
    draft = api.call("POST", f"/v1/endpoints/{endpoint}/revisions", {"name": "Own"})
    body = {"event_name": ["/event"], "fields": [{"key": "event", "type": "STRING"}]}
    api.call("PUT", f"/v1/revisions/{draft['id']}/fields", body, headers={"If-Match": f'"{draft["version"]}"'})
    page = signed_in
    dialog = adding(page, endpoint, draft["id"])
    expect(dialog.get_by_label("Where its fields stand")).to_have_value("")
    dialog.get_by_label("Name of the event").fill("view")
    dialog.get_by_role("textbox", name="Samples").fill('{"event": "view", "page": "/", "width": 1280}')
    dialog.get_by_role("button", name="Show the fields").click()
    expect(dialog.get_by_text("1 key left out, because a field reads it in every event: event")).to_be_visible()
    dialog.get_by_role("button", name="Add to the draft").click()
    when = {"/event": ["view"]}
    assert saved(page, api, draft["id"])[1:] == [
        {"key": "page", "type": "STRING", "presence": "required", "when": when},
        {"key": "width", "type": "INT", "presence": "required", "when": when},
    ]


def test_a_draft_whose_events_have_no_names_has_no_event_types(signed_in, api, endpoint):
    draft = api.call("POST", f"/v1/endpoints/{endpoint}/revisions", {"name": "Tracked", "template": "user_tracking"})
    page = signed_in
    page.goto(f"/endpoints/{endpoint}/revisions/{draft['id']}")
    expect(page.get_by_role("button", name="Add a field")).to_be_visible()
    expect(page.get_by_role("button", name="Add an event type")).to_have_count(0)


def test_a_whole_plan_becomes_a_draft_and_its_event_types_are_listed(signed_in, api, endpoint):
    page = signed_in
    page.goto(f"/endpoints/{endpoint}/revisions?new=true")
    page.get_by_text("Template", exact=True).click()
    choose(page, "logpush", "Cloudflare Logpush")
    expect(page.get_by_label("Typed plan (optional)")).to_have_count(0)
    choose(page, "posthog", "PostHog")
    plan = page.get_by_label("Typed plan (optional)")
    create = page.get_by_role("button", name="Create", exact=True)
    plan.fill('{"signed up": [], "seen": [{"page": "/"}]}')
    create.click()
    expect(page.get_by_text("signed up: Must be 1 to 1,000 samples.")).to_be_visible()
    shape = {"type": "object", "properties": {"plan": {"type": "string"}, "age": {"not": {"type": "string"}}}}
    page.locator("input[type=file]").set_input_files(
        {
            "name": "plan.json",
            "mimeType": "application/json",
            "buffer": json.dumps({"signed up": shape, "seen": [{"page": "/"}]}).encode(),
        }
    )
    create.click()
    types = page.get_by_role("table", name="Event types").get_by_role("row")
    expect(types.nth(1)).to_contain_text("signed_up")
    expect(types.nth(1)).to_contain_text("1 part")
    expect(types.nth(2)).to_contain_text("1 sample")
    expect(types.nth(2)).to_contain_text("nothing")
    expect(page.get_by_role("region", name="signed up")).to_contain_text("/properties/age")
    page.get_by_role("button", name="Open the designer").click()
    expect(page.get_by_text("Made from the template “PostHog”")).to_be_visible()
    expect(page.get_by_role("button", name="Close /event is seen")).to_have_count(1)
