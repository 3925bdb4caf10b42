"""Counts, states and faults in the console are those of now, at the place that they belong to."""

import json
import re
import shutil
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from playwright.sync_api import expect

from benchmarks.browser import BROWSERS, FLAGS
from tests.browser.browsing import TIMEOUT_MS, settle, sign_in
from tests.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=TIMEOUT_MS)

NAMES = [{"key": "name", "type": "STRING"}]
PRICED = [*NAMES, {"key": "price", "type": "FLOAT", "presence": "optional"}]
WIDE = {"width": 1280, "height": 900}


def send(address, body):
    headers = {"Content-Type": "application/json"}
    return httpx.post(address, content=body, headers=headers, trust_env=False, timeout=30)


def quarantined(api, made, count):
    path = f"/v1/environments/{made.environment_id}/quarantine"
    wait_until(lambda: api.call("GET", path)["events"] == count, seconds=60)


def show(page, made, part):
    page.goto(f"/endpoints/{made.endpoint_id}/environments/{made.environment_id}/{part}")


def name_of(api, made, revision_id):
    rows = api.call("GET", f"/v1/endpoints/{made.endpoint_id}/revisions")["items"]
    return next(row["name"] for row in rows if row["id"] == revision_id)


@pytest.fixture
def with_scroll_bars(chromium, run):
    """A page in a window whose scroll bars take room, as on Windows and Linux."""
    path = next(filter(None, map(shutil.which, BROWSERS)))
    browser = chromium.browser_type.launch(
        executable_path=path, args=[*FLAGS], ignore_default_args=["--hide-scrollbars"]
    )
    context = browser.new_context(base_url=run.address, viewport=WIDE, reduced_motion="reduce")
    context.set_default_timeout(TIMEOUT_MS)
    yield sign_in(context, run.token)
    browser.close()


def test_counts_and_the_button_are_those_of_now_once_a_redrive_has_ended(signed_in, api):
    made = api.make_environment("Redriven", PRICED)
    assert (
        send(made.address, '[{"name": "x", "price": "1"}, {"name": "y", "price": "2"}, {"name": 3}]').status_code == 400
    )
    quarantined(api, made, 3)
    looser = api.make_revision(made.endpoint_id, [*NAMES, {"key": "price", "type": "STRING", "presence": "optional"}])
    page = signed_in
    show(page, made, f"quarantine?under={looser}")
    expect(page.get_by_text("3 events in quarantine.")).to_be_visible()
    page.get_by_role("button", name="Dry run", exact=True).click()
    page.get_by_role("button", name="Redrive 2 events").click(timeout=60_000)
    expect(page.get_by_text("fitted, 2 of them sent")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("1 event in quarantine. 2 events sent since.")).to_be_visible()
    expect(page.get_by_role("button", name="Redrive", exact=True)).to_be_disabled()
    expect(page.get_by_role("button", name=re.compile("^Redrive 2"))).to_have_count(0)
    group = page.get_by_role("list", name="Groups").get_by_role("listitem").filter(has_text="/price")
    expect(group).to_contain_text("0 events")
    expect(group).to_contain_text("2 events sent since.")
    expect(group.get_by_role("button", name="Redrive /price")).to_be_disabled()


def test_more_samples_are_offered_where_there_are_more_and_counts_say_what_they_count(signed_in, api):
    made = api.make_environment("Counted", PRICED)
    events = [{"name": 1}] * 3 + [{"name": "x", "price": "1"}] * 8
    assert send(made.address, json.dumps(events)).status_code == 400
    quarantined(api, made, 11)
    page = signed_in
    show(page, made, "quarantine")
    expect(page.get_by_text("11 events in quarantine.")).to_be_visible()
    expect(page.get_by_role("button", name="Show more")).to_be_visible()
    refresh = page.get_by_role("button", name="Refresh")
    before = refresh.bounding_box()
    page.get_by_role("button", name="View /name").click()
    expect(page.get_by_text("3 of 11 quarantined events match these filters.")).to_be_visible()
    expect(page.get_by_role("region", name=re.compile("^Event "))).to_have_count(3)
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)
    expect(page.get_by_role("button", name="Show everything")).to_be_visible()
    assert refresh.bounding_box() == before


def test_after_a_roll_back_one_row_runs_and_nothing_undone_is_offered(signed_in, api):
    made = api.make_environment("Back", NAMES)
    newer = api.make_revision(made.endpoint_id, PRICED)
    first, second = name_of(api, made, made.revision_id), name_of(api, made, newer)
    page = signed_in
    show(page, made, f"deployments?revision={newer}")
    page.get_by_role("button", name=f"Deploy {second}", exact=True).click()
    expect(page).to_have_url(re.compile("/deployments$"))
    history = page.get_by_role("table", name="Deployments")
    expect(history.get_by_role("row")).to_have_count(3)
    page.goto(f"{page.url}?revision={made.revision_id}")
    history.get_by_role("button", name=f"Roll back to {first}…").click()
    page.get_by_role("button", name=f"Roll back to {first}", exact=True).click()
    expect(history.get_by_role("row")).to_have_count(4)
    expect(page).to_have_url(re.compile("/deployments$"))
    expect(page.get_by_role("combobox", name="Revision to deploy")).to_have_value("")
    expect(history.get_by_text("Running")).to_have_count(1)
    expect(history.get_by_role("row").nth(1)).to_contain_text("Running")
    expect(history.get_by_role("button", name=f"Deploy {second} again…")).to_have_count(1)
    expect(history.get_by_role("button", name=re.compile("^Roll back"))).to_have_count(0)


def test_tabs_have_no_scroll_bar_and_a_drawers_title_covers_what_scrolls_below_it(with_scroll_bars, api):
    made = api.make_environment("Long name of an environment in production", NAMES)
    page = with_scroll_bars
    for address, shown in [(f"/{made.environment_id}/settings", "Delete…"), ("?open=new", "Invalid events")]:
        page.goto(f"/endpoints/{made.endpoint_id}/environments{address}")
        settle(page, shown)
        for strip in page.locator("nav").all():
            assert strip.evaluate("e => [e.offsetWidth - e.clientWidth, e.scrollHeight - e.clientHeight]") == [0, 0]
    above = """() => {
        const content = document.querySelector('.mantine-Drawer-content');
        content.scrollTop = 200;
        const { left, width, top } = content.getBoundingClientRect();
        const header = document.querySelector('.mantine-Drawer-header');
        return [3, 10, 20].map((y) => header.contains(document.elementFromPoint(left + width / 3, top + y)));
    }"""
    assert page.evaluate(above) == [True, True, True]


def test_a_state_is_readable_beside_a_long_name(signed_in, api):
    made = api.make_environment("Long", NAMES)
    name = "The production environment of the web shop in Scandinavia"
    api.call("PATCH", f"/v1/environments/{made.environment_id}", {"name": name})
    page = signed_in
    page.goto(f"/endpoints/{made.endpoint_id}/environments")
    label = page.locator(".mantine-Badge-label").filter(has_text="active")
    expect(label).to_be_visible()
    assert label.evaluate("e => e.scrollWidth <= e.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_phone_shows_presence_and_rules(chromium, run, api):
    endpoint = api.call("POST", "/v1/endpoints", {"name": "Small"})["id"]
    rules = [{"rule": "min_value", "value": 7}]
    revision = api.make_revision(endpoint, [{"key": "age", "type": "INT", "presence": "optional", "rules": rules}])
    context = chromium.new_context(base_url=run.address, viewport={"width": 390, "height": 844})
    page = sign_in(context, run.token)
    page.goto(f"/endpoints/{endpoint}/revisions/{revision}")
    expect(page.get_by_text("optional · ≥ 7")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_faults_stand_at_the_nearest_field_and_the_first_has_the_focus(signed_in, api):
    made = api.make_environment("Faults", NAMES)
    taken = api.call("GET", f"/v1/environments/{made.environment_id}")["name"]
    page = signed_in
    page.goto(f"/endpoints/{made.endpoint_id}/environments?open=new")
    page.get_by_role("textbox", name="Name").fill("Warehouse")
    page.get_by_role("combobox", name="Destination").click()
    page.get_by_role("option", name="Google BigQuery").click()
    page.get_by_role("textbox", name="Project").fill("my-project")
    page.get_by_role("textbox", name="Data set").fill("events")
    credentials = page.get_by_role("textbox", name="Credentials")
    key = {"type": "service_account", "private_key": "x", "client_email": "a@b.iam.gserviceaccount.com"}
    credentials.fill(json.dumps(key))
    create = page.get_by_role("button", name="Create", exact=True)
    create.click()
    expect(page.get_by_text("private_key_id: This field is required.")).to_be_visible()
    expect(credentials).to_be_focused()
    expect(credentials).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("see errors")).to_have_count(0)

    page.get_by_role("combobox", name="Destination").click()
    page.get_by_role("option", name="own S3 bucket").click()
    page.get_by_role("textbox", name="Name").fill(taken)
    create.click()
    expect(page.get_by_role("textbox", name="Name")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("textbox", name="Name")).to_be_focused()

    page.goto("/")
    page.get_by_role("button", name="New endpoint").first.click()
    page.get_by_role("textbox", name="Name").fill(api.call("GET", f"/v1/endpoints/{made.endpoint_id}")["name"])
    create.click()
    expect(page.get_by_role("textbox", name="Name")).to_have_attribute("aria-invalid", "true")


def test_the_sign_in_dialog_is_on_top_of_what_opens_after_it(chromium, run, api):
    made = api.call("POST", "/v1/tokens", {"name": "Short", "role": "owner"})
    context = chromium.new_context(base_url=run.address, viewport=WIDE)
    context.set_default_timeout(TIMEOUT_MS)
    page = sign_in(context, made["token"])
    endpoint = page.get_by_role("button", name="New endpoint").first
    expect(endpoint).to_be_visible()
    api.call("DELETE", f"/v1/tokens/{made['id']}")
    # Not by the mouse: the dialog may lie over the link already, where the page has asked for something by then.
    page.locator("nav a").filter(has_text="Operations").evaluate("link => link.click()")
    again = page.get_by_role("dialog", name="Sign in again")
    expect(again).to_be_visible()
    page.go_back()
    opener = page.locator("button").filter(has_text="New endpoint").first
    opener.evaluate("button => button.click()")  # as a shortcut or an answer that comes late opens it
    form = page.locator("form").filter(has=page.locator("[data-path=name]"))
    expect(form).to_be_visible()
    token = page.get_by_label("Token", exact=True)
    expect(token).to_be_focused()
    button = page.locator("button").filter(has_text=re.compile("^Sign in$"))
    on_top = """button => {
        const { left, top, width, height } = button.getBoundingClientRect();
        return button.contains(document.elementFromPoint(left + width / 2, top + height / 2));
    }"""
    assert button.evaluate(on_top)
    token.fill(run.token)
    button.click()
    expect(token).to_have_count(0)
    form.locator("[data-path=name]").fill("Typed after")
    expect(form.locator("[data-path=name]")).to_have_value("Typed after")
    context.close()


def test_the_home_page_asks_little_however_many_endpoints_there_are(signed_in, api):
    for number in range(100):
        api.call("POST", "/v1/endpoints", {"name": f"Many {number:03}"})
    signed_in.goto("about:blank")
    asked = []
    signed_in.on("request", lambda request: asked.append(request.url) if "/v1/" in request.url else None)
    signed_in.goto("/?q=Many")
    row = signed_in.get_by_role("row", name=re.compile("Many 024"))
    expect(row.get_by_role("img", name="Requests, 30 days: 0")).to_be_visible()
    assert len(asked) <= 4, asked


def test_the_list_of_environments_says_how_each_does_and_asks_for_all_at_once(signed_in, api):
    made = api.make_environment("Busy", NAMES)
    send(made.address, '{"name": "x"}')
    send(made.address, "{}")
    path = f"/v1/endpoints/{made.endpoint_id}/environments"
    idle = {"revision_id": made.revision_id, "destination": {"type": "s3", "managed": True}}
    for number in range(10):
        api.call("POST", path, {"name": f"Idle {number}", **idle})
    usage = f"/v1/usage?environment={made.environment_id}&metrics=delivered,rejected"
    wait_until(lambda: api.call("GET", usage)["totals"] == {"delivered": 1, "rejected": 1}, seconds=60)
    asked = []
    signed_in.on("request", lambda request: asked.append(request.url) if "/v1/usage" in request.url else None)
    signed_in.goto(f"/endpoints/{made.endpoint_id}/environments")
    busy = signed_in.get_by_role("row", name=re.compile("Busy"))
    expect(busy).to_contain_text("2 events, 50 % refused")
    expect(busy).to_contain_text(re.compile(r"last event .+delivered up to"))
    expect(signed_in.get_by_text("No events", exact=True)).to_have_count(10)
    expect(busy.get_by_role("img", name=re.compile("Requests, 30 days: [1-9]"))).to_be_visible()
    assert len(asked) == 3, asked  # by the minute, by the hour, and by the day


def test_a_full_list_of_environments_shows_the_figures_of_each(signed_in, api):
    made = api.make_environment("Full", NAMES)
    (one,) = api.call("GET", f"/v1/endpoints/{made.endpoint_id}/environments")["items"]
    many = [{**one, "id": f"env_{number:026}", "name": f"Region {number}"} for number in range(40)]

    def list_all(route):
        route.fulfill(json={"items": many, "next": None})

    def count_alike(route):
        asked = dict(parse_qsl(urlsplit(route.request.url).query))
        answer = api.call("GET", f"/v1/usage?{urlencode({**asked, 'ids': made.environment_id})}")
        (group,) = answer["groups"]
        route.fulfill(json={**answer, "groups": [{**group, "id": each} for each in asked["ids"].split(",")]})

    errors = []
    signed_in.on("pageerror", lambda error: errors.append(error.message))
    signed_in.route(f"**/v1/endpoints/{made.endpoint_id}/environments?*", list_all)
    signed_in.route("**/v1/usage?*", count_alike)
    signed_in.goto(f"/endpoints/{made.endpoint_id}/environments")
    table = signed_in.get_by_role("table", name="Environments")
    expect(table.get_by_role("img", name="Bytes, 30 days: 0 bytes")).to_have_count(40)
    expect(table.get_by_role("img", name="Requests, 30 days: 0", exact=True)).to_have_count(40)
    expect(table.get_by_text("No events", exact=True)).to_have_count(40)
    assert errors == []
