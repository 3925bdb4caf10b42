"""What is typed into forms: asked about before it is lost, sent once, and never over what somebody else has saved."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.browsing import TIMEOUT_MS

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=TIMEOUT_MS)


def names_of(api):
    return [row["name"] for row in api.call("GET", "/v1/endpoints")["items"]]


def test_what_was_done_without_an_answer_is_done_once_when_it_is_asked_for_again(signed_in, api):
    page, lost = signed_in, []

    def lose_the_first_answer(route):
        if route.request.method != "POST" or lost:
            route.continue_()
        else:
            lost.append(route.fetch().status)
            route.abort()

    page.route("**/v1/endpoints", lose_the_first_answer)
    page.get_by_role("button", name="New endpoint").click()
    page.get_by_role("textbox", name="Name").fill("Answer lost")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="can't be reached")).to_be_visible()
    assert (lost, names_of(api)) == ([201], ["Answer lost"])
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Answer lost")).to_be_visible()
    expect(page).to_have_url(re.compile("/revisions/rev_"))  # its draft, to be designed
    assert names_of(api) == ["Answer lost"]


def question(page):
    return page.get_by_role("dialog", name="Leave without saving?")


def test_escape_and_the_cross_ask_before_they_lose_what_was_typed(signed_in, api):
    page = signed_in
    page.get_by_role("button", name="New endpoint").click()
    dialog = page.get_by_role("dialog", name="New endpoint")
    name = dialog.get_by_role("textbox", name="Name")
    page.keyboard.press("Escape")  # nothing was typed
    expect(dialog).to_have_count(0)

    page.get_by_role("button", name="New endpoint").click()
    name.fill("Half typed")
    page.keyboard.press("Escape")
    expect(question(page)).to_be_visible()
    page.keyboard.press("Escape")  # answers the question alone
    expect(question(page)).to_have_count(0)
    expect(name).to_have_value("Half typed")
    dialog.get_by_role("button", name="Close").click()
    question(page).get_by_role("button", name="Leave without saving").click()
    expect(page.locator("[role=dialog]")).to_have_count(0)
    assert "Half typed" not in names_of(api)

    page.get_by_role("button", name="New endpoint").click()
    expect(name).to_have_value("")


def test_an_environment_in_the_making_is_not_lost_by_escape(signed_in, api):
    made = api.make_environment("Drawer", [{"key": "price", "type": "FLOAT"}])
    page = signed_in
    page.goto(f"/endpoints/{made.endpoint_id}/environments?open=new")
    drawer = page.get_by_role("dialog", name="New environment")
    drawer.get_by_label("Name").fill("Half made")
    page.keyboard.press("Escape")
    question(page).get_by_role("button", name="Stay").click()
    expect(drawer.get_by_label("Name")).to_have_value("Half made")
    drawer.get_by_role("button", name="Create", exact=True).click()
    expect(drawer).to_have_count(0)
    expect(page.get_by_role("table", name="Environments")).to_contain_text("Half made")


def test_a_token_is_not_closed_before_somebody_has_it(signed_in):
    page = signed_in
    page.goto("/organisation/tokens")
    page.get_by_role("button", name="New token").click()
    page.get_by_role("textbox", name="Name").fill("Precious")
    page.get_by_role("button", name="Create", exact=True).click()
    token = page.locator("[data-secret]")
    expect(token).to_be_visible()
    page.keyboard.press("Escape")
    asked = page.get_by_role("dialog", name="Close without copying it?")
    asked.get_by_role("button", name="Stay").click()
    expect(asked).to_have_count(0)
    page.get_by_role("button", name="Copy", exact=True).click()
    page.keyboard.press("Escape")
    expect(token).to_have_count(0)


def come_back_later(page, path):
    """Have the page read again what it shows, as it does when somebody comes back to the window after a while."""
    page.clock.fast_forward(60_000)
    with page.expect_response(lambda answer: answer.url.split("?")[0].endswith(path)):
        page.evaluate("window.dispatchEvent(new Event('visibilitychange'))")


def test_an_environment_that_somebody_else_changed_meanwhile_is_not_written_over(signed_in, api):
    made = api.make_environment("Two at once", [{"key": "price", "type": "FLOAT"}])
    page = signed_in
    page.clock.install()
    page.goto(f"/endpoints/{made.endpoint_id}/environments/{made.environment_id}/settings")
    page.get_by_label("Origins").fill("https://mine.example")
    api.call("PATCH", f"/v1/environments/{made.environment_id}", {"rate_limit": 7})
    come_back_later(page, made.environment_id)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="This was changed since you read it")).to_be_visible()
    expect(page.get_by_label("Origins")).to_have_value("https://mine.example")
    shown = api.call("GET", f"/v1/environments/{made.environment_id}")
    assert (shown["rate_limit"], shown["allowed_origins"]) == (7, [])

    page.get_by_role("button", name="Save", exact=True).click()  # who has been told saves what they changed, no more
    expect(page.get_by_role("alert").filter(has_text="changed.")).to_be_visible()
    shown = api.call("GET", f"/v1/environments/{made.environment_id}")
    assert (shown["rate_limit"], shown["allowed_origins"]) == (7, ["https://mine.example"])


def test_a_plan_that_is_being_changed_stays_as_it_was_typed(signed_in, api):
    page = signed_in
    page.clock.install()
    page.goto("/organisation")
    page.get_by_role("button", name="Change plan").click()
    page.get_by_label("Endpoints", exact=True).fill("500")
    api.call("PATCH", "/v1/organisation", {"plan": {"requests_per_month": 4_000_000}})
    come_back_later(page, "/v1/organisation")
    expect(page.get_by_label("Endpoints", exact=True)).to_have_value("500")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="This was changed since you read it")).to_be_visible()
    assert api.call("GET", "/v1/organisation")["plan"]["requests_per_month"] == 4_000_000


def test_a_setting_of_a_draft_does_not_hide_that_somebody_else_has_saved_it(signed_in, api):
    endpoint = api.call("POST", "/v1/endpoints", {"name": "Settings of a draft"})["id"]
    draft = api.call("POST", f"/v1/endpoints/{endpoint}/revisions", {"name": "Shared"})["id"]
    page = signed_in
    page.goto(f"/endpoints/{endpoint}/revisions/{draft}")
    page.get_by_role("button", name="Add a field").click()
    page.get_by_label("Key", exact=True).fill("mine")
    page.get_by_role("button", name="Done").click()
    version = api.call("GET", f"/v1/revisions/{draft}")["version"]
    theirs = [{"key": "theirs", "type": "STRING"}]
    header = {"If-Match": f'"{version}"'}
    api.call("PUT", f"/v1/revisions/{draft}/fields", {"fields": theirs}, headers=header)
    page.get_by_text("Reject the event", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="This was changed since you read it")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Put both together").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("saved.").first).to_be_visible()
    kept = [row["key"] for row in api.call("GET", f"/v1/revisions/{draft}")["fields"]]
    assert sorted(kept) == ["mine", "theirs"]


REACHED_FIRST = """
new MutationObserver(() => {
  const field = [...document.querySelectorAll("label")].find((label) => label.textContent === "Origins")?.control;
  if (field && !window.reached) { window.reached = field; field.focus(); }
}).observe(document, {childList: true, subtree: true});
"""


def test_a_drawer_that_opens_leaves_the_focus_in_the_field_that_somebody_reached_first(signed_in, api):
    made = api.make_environment("Quick fingers", [{"key": "price", "type": "FLOAT"}])
    page = signed_in
    page.add_init_script(REACHED_FIRST)  # before the drawer has given the focus to a field of its own
    page.goto(f"/endpoints/{made.endpoint_id}/environments?open=new")
    drawer = page.get_by_role("dialog", name="New environment")
    expect(drawer.get_by_role("button", name="Create", exact=True)).to_be_visible()
    page.wait_for_function(
        "document.querySelector('[data-first-focus]') && !document.querySelector('[aria-busy=true]')"
    )
    page.evaluate("new Promise((done) => setTimeout(() => requestAnimationFrame(() => setTimeout(done, 300)), 0))")
    page.keyboard.type("https://mine.example")
    expect(drawer.get_by_label("Origins")).to_have_value("https://mine.example")
    expect(drawer.get_by_label("Name")).to_have_value("")


def test_what_is_typed_into_a_search_is_not_overtaken_by_the_address(signed_in):
    page = signed_in
    page.goto("/organisation/audit")
    field = page.get_by_label("Id of what was changed")
    field.focus()
    slow = page.context.new_cdp_session(page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 12})
    page.keyboard.type("env_0123456789abcdefghij")
    expect(field).to_have_value("env_0123456789abcdefghij")
    expect(page).to_have_url(re.compile("subject=env_0123456789abcdefghij$"))
    page.get_by_role("button", name="Show all").click()
    expect(field).to_have_value("")


def test_settings_that_are_typed_stay_when_another_person_deletes_the_environment(signed_in, api):
    made = api.make_environment("Goes away", [{"key": "price", "type": "FLOAT"}])
    page = signed_in
    page.clock.install()
    page.goto(f"/endpoints/{made.endpoint_id}/environments/{made.environment_id}/settings")
    page.get_by_label("Origins").fill("https://mine.example")
    api.call("DELETE", f"/v1/environments/{made.environment_id}?confirm=Goes%20away")
    come_back_later(page, made.environment_id)
    expect(page.get_by_role("alert").filter(has_text="This was deleted meanwhile")).to_be_visible()
    expect(page.get_by_label("Origins")).to_have_value("https://mine.example")


def test_example_values_stay_when_somebody_else_deploys_meanwhile(signed_in, api):
    made = api.make_environment("Deployed meanwhile", [{"key": "page", "type": "STRING"}])
    other = api.make_revision(made.endpoint_id, [{"key": "page", "type": "STRING"}, {"key": "more", "type": "INT"}])
    page = signed_in
    page.clock.install()
    page.goto(f"/endpoints/{made.endpoint_id}/environments/{made.environment_id}/install")
    page.get_by_label("page").fill("/typed")
    api.call("POST", f"/v1/environments/{made.environment_id}/deployments", {"revision_id": other})
    come_back_later(page, made.environment_id)
    expect(page.get_by_text("Another revision was deployed")).to_be_visible()
    expect(page.get_by_label("page")).to_have_value("/typed")
    page.get_by_role("button", name="Show the running one").click()
    expect(page.get_by_label("more")).to_be_visible()


def test_what_is_typed_into_a_draft_stays_when_somebody_else_finalises_it(signed_in, api):
    endpoint = api.call("POST", "/v1/endpoints", {"name": "Finalised meanwhile"})["id"]
    body = {"name": "Ours", "samples": [{"theirs": 1}]}
    draft = api.call("POST", f"/v1/endpoints/{endpoint}/revisions", body)["id"]
    page = signed_in
    page.goto(f"/endpoints/{endpoint}/revisions/{draft}")
    page.get_by_role("button", name="Add a field").click()
    page.get_by_label("Key", exact=True).fill("mine")
    page.get_by_role("button", name="Done").click()
    api.call("POST", f"/v1/revisions/{draft}/finalise")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="This revision was finalised meanwhile")).to_be_visible()
    expect(page.locator("[role=dialog]")).to_have_count(0)
    page.get_by_text("JSON", exact=True).click()
    expect(page.get_by_label("Fields as JSON")).to_have_value(re.compile('"mine"'))


def test_a_domain_that_is_being_typed_stays_while_the_api_fails(signed_in, api):
    made = api.make_environment("Domain to come", [{"key": "price", "type": "FLOAT"}])
    page = signed_in
    page.clock.install()
    page.goto(f"/endpoints/{made.endpoint_id}/environments/{made.environment_id}/domain")
    page.get_by_role("textbox", name="Domain").fill("events.example.com")
    fault = '{"type": "about:blank", "title": "Internal", "status": 500, "code": "internal"}'
    headers = {"content-type": "application/problem+json"}
    page.route("**/custom-domain", lambda route: route.fulfill(status=500, headers=headers, body=fault))
    come_back_later(page, "/custom-domain")
    page.clock.fast_forward(5_000)
    expect(page.get_by_role("textbox", name="Domain")).to_have_value("events.example.com")
