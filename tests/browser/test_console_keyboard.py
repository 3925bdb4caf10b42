"""What people come to the console for, with no hand on a mouse: everything is reached by Tab and done by a key."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.browsing import TIMEOUT_MS, focus_by_tab
from tests.waiting import wait_until

pytestmark = pytest.mark.browser
expect.set_options(timeout=TIMEOUT_MS)

NAMES = [{"key": "name", "type": "STRING"}]
SAMPLE = '{"event": "purchase", "total": 59.9}'


def press(page, role, name, within=None):
    """Go to a control by Tab and press Enter on it."""
    focus_by_tab(page, (within or page).get_by_role(role, name=name, exact=isinstance(name, str)))
    page.keyboard.press("Enter")


def write(page, label, text):
    focus_by_tab(page, page.get_by_role("textbox", name=label))
    page.keyboard.type(text)


def toast(page, text):
    return page.get_by_role("alert").filter(has_text=text)


def send(made, body):
    return httpx.post(made.address, content=body, trust_env=False, timeout=30).status_code


def test_from_a_sample_to_the_first_event_in_the_chart(signed_in):
    page = signed_in
    press(page, "link", "Start with a sample event")
    write(page, "Name of the endpoint", "By keys")
    write(page, "An event, as you would send it", SAMPLE)
    press(page, "button", "Infer the schema")
    press(page, "button", re.compile("^Finalise"))
    press(page, "button", "Create")
    expect(page.get_by_text("Waiting for your first event")).to_be_visible()
    code = page.get_by_role("region", name="cURL snippet")
    focus_by_tab(page, code)
    address = re.search(r"http://[\w.:]+/e/\w+", code.inner_text()).group()
    assert httpx.post(address, content=SAMPLE, trust_env=False).status_code == 200
    press(page, "link", "See it in the chart")
    chart = page.get_by_role("img", name=re.compile(r"^Events by minute, .*: 1 in all"))
    expect(chart).to_be_visible(timeout=30_000)


@pytest.mark.slow
def test_a_schema_change_is_rolled_out_and_back(signed_in, api):
    made = api.make_environment("Rolled by keys", NAMES)
    stricter = api.make_revision(made.endpoint_id, [*NAMES, {"key": "age", "type": "INT"}])
    page = signed_in
    page.goto(f"/endpoints/{made.endpoint_id}/environments")
    press(page, "button", re.compile("^Actions of "))
    expect(page.get_by_role("menuitem", name="Install")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Deploy")).to_be_focused()
    page.keyboard.press("Enter")
    focus_by_tab(page, page.get_by_role("combobox", name="Revision to deploy"))
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(page.locator("[role=option][data-combobox-selected]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("list", name="Changes")).to_contain_text("age")
    write(page, "Note", "Ages are known now")
    press(page, "button", re.compile("^Deploy .*[^…]$"))
    wait_until(lambda: send(made, '{"name": "x"}') == 400, seconds=20)
    press(page, "button", re.compile("^Roll back to .*…$"))
    press(page, "button", re.compile("^Roll back to .*[^…]$"))
    wait_until(lambda: send(made, '{"name": "x"}') == 200, seconds=20)
    deployments = api.call("GET", f"/v1/environments/{made.environment_id}/deployments")["items"]
    assert [row["revision_id"] for row in deployments] == [made.revision_id, stricter, made.revision_id]


@pytest.mark.slow
def test_a_quarantined_event_is_sent_again(signed_in, api):
    made = api.make_environment("Refused by keys", [*NAMES, {"key": "age", "type": "INT"}])
    api.make_revision(made.endpoint_id, [*NAMES, {"key": "age", "type": "INT", "presence": "optional"}])
    assert send(made, '{"name": "x"}') == 400
    page = signed_in
    page.goto(f"/endpoints/{made.endpoint_id}/environments")
    press(page, "link", "Refused by keys")
    press(page, "link", re.compile("^Quarantine"))
    group = page.get_by_role("button", name="View /age")

    def is_listed():
        press(page, "button", "Refresh")
        page.wait_for_timeout(500)
        return group.count() > 0

    wait_until(is_listed, seconds=60)
    press(page, "button", "Redrive /age")
    expect(page).to_have_url(re.compile("code=required"))
    expect(page.get_by_role("region", name="Redrive")).to_be_focused()
    focus_by_tab(page, page.get_by_role("combobox", name="Under the revision"))
    expect(page.get_by_role("option")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    expect(page.locator("[role=option][data-combobox-selected]")).to_have_count(1)
    page.keyboard.press("Enter")
    press(page, "button", "Dry run")
    press(page, "button", "Redrive 1 event")
    expect(page.get_by_text("fitted, 1 of them sent")).to_be_visible(timeout=60_000)


def test_an_endpoint_lives_and_ends(signed_in):
    page = signed_in
    press(page, "button", "New endpoint")
    expect(page.get_by_role("dialog").get_by_label("Name")).to_be_focused()
    page.keyboard.type("Keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Keyboard")).to_be_visible()

    page.goto("/")
    press(page, "button", "Rename Keyboard")
    expect(page.get_by_role("dialog").get_by_label("Name")).to_be_focused()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("Keys")
    page.keyboard.press("Enter")
    expect(toast(page, "Endpoint renamed to “Keys”.")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)

    press(page, "button", "Delete Keys")
    expect(page.get_by_role("dialog").get_by_role("textbox")).to_be_focused()
    page.keyboard.type("keys")
    page.keyboard.press("Enter")  # the name is another
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("Keys")
    page.keyboard.press("Enter")
    expect(toast(page, "Endpoint “Keys” deleted.")).to_be_visible()
    expect(page.get_by_role("link", name="Keys", exact=True)).to_have_count(0)
