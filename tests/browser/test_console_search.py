"""The search of the whole console, by keyboard alone."""

import re

import httpx
import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def made(api):
    made = api.make_environment("Searched shop", [{"key": "event", "type": "STRING"}])
    api.call("PATCH", f"/v1/environments/{made.environment_id}", {"name": "Production"})
    api.call("POST", "/v1/endpoints", {"name": "Other events"})
    return made


def opened(page, keys="Control+k"):
    page.get_by_role("heading", level=1).wait_for()
    page.keyboard.press(keys)
    dialog = page.get_by_role("dialog", name="Search")
    expect(dialog.get_by_role("combobox")).to_be_focused()
    return dialog


def test_an_environment_is_found_by_words_and_opened_by_keyboard(signed_in, made):
    page = signed_in
    dialog = opened(page, "/")
    box = dialog.get_by_role("combobox")
    page.keyboard.type("prod searched")
    options = dialog.get_by_role("option")
    expect(options).to_have_count(1)
    expect(options).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", options.get_attribute("id"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/environments/{made.environment_id}$"))
    expect(dialog).to_have_count(0)


def test_endpoints_revisions_and_ids_are_found_and_arrows_choose(signed_in, made):
    page = signed_in
    dialog = opened(page)
    expect(dialog.get_by_role("group", name="Endpoints")).to_contain_text("Searched shop")
    page.keyboard.type("searched")
    expect(dialog.get_by_role("option")).to_have_count(3)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/revisions/{made.revision_id}$"))
    expect(dialog).to_have_count(0)  # while it closes, the keys open no other
    dialog = opened(page)
    page.keyboard.type(made.environment_id)
    expect(dialog.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_nothing_found_says_so_and_a_slash_in_a_field_is_a_slash(signed_in, made):
    page = signed_in
    dialog = opened(page)
    page.keyboard.type("nothing such")
    expect(dialog.get_by_text("Nothing found.")).to_be_visible()
    page.keyboard.press("Escape")
    field = page.get_by_label("Search endpoints")
    field.fill("")
    field.press("/")
    expect(field).to_have_value("/")
    expect(dialog).to_have_count(0)


def test_an_event_is_looked_for_by_its_id_in_quarantine(signed_in, made):
    page = signed_in
    answer = httpx.post(made.address, content='{"event": 5}', trust_env=False).json()
    event_id = answer["results"][0]["event_id"]
    page.goto(f"/endpoints/{made.endpoint_id}/environments/{made.environment_id}/settings")
    dialog = opened(page)
    page.keyboard.type(event_id)
    expect(dialog.get_by_role("option")).to_have_count(2)
    page.keyboard.press("Enter")
    shown = page.get_by_role("region", name="The event that you look for")
    expect(shown.get_by_role("region", name=f"Event {event_id}")).to_contain_text('"event": 5', timeout=30_000)
    shown.get_by_role("button", name="Show all").click()
    expect(shown).to_have_count(0)
    other = event_id[:-1] + ("0" if event_id[-1] != "0" else "1")
    page.goto(f"/endpoints/{made.endpoint_id}/environments/{made.environment_id}/quarantine?event={other}")
    expect(page.get_by_role("heading", name="It is not in this quarantine")).to_be_visible()
