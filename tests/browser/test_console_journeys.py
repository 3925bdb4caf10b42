"""What people come to the console for, from the first sample to an endpoint's end."""

import csv
import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from playwright.sync_api import expect

from benchmarks.console import month_of_minutes
from tests.browser.browsing import sign_in
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

EVERY_PAGE_LOADED = "performance.getEntriesByName('every page loaded').length"
SAMPLE = '{"event": "purchase", "total": 59.9, "items": [{"sku": "mug", "quantity": 2}]}'


@pytest.fixture
def desk(chromium, run):
    """A window at a desk that nobody has signed in with."""
    context = chromium.new_context(base_url=run.address, viewport={"width": 1280, "height": 900}, accept_downloads=True)
    yield context
    context.close()


@pytest.fixture
def page(desk, run):
    return sign_in(desk, run.token)


def toast(page, text):
    return page.get_by_role("alert").filter(has_text=text)


def test_a_newcomer_is_led_from_a_sample_to_the_first_event_in_the_chart(page):
    expect(page.get_by_role("heading", name="Create your first endpoint")).to_be_visible()
    page.get_by_role("link", name="Start with a sample event").click()
    page.get_by_label("Name of the endpoint").fill("Led shop")
    page.get_by_label("An event, as you would send it").fill('{"event": ')
    page.get_by_role("button", name="Infer the schema").click()
    expect(page.get_by_text("This is not JSON")).to_be_visible()
    page.get_by_label("An event, as you would send it").fill(SAMPLE)
    page.get_by_role("button", name="Infer the schema").click()

    inferred = page.get_by_role("table", name="Fields")
    expect(inferred.get_by_role("row").filter(has_text="total")).to_contain_text("FLOAT")
    expect(inferred.get_by_role("row").filter(has_text="sku")).to_contain_text("STRING")
    page.reload()  # why each guess was made is still there
    expect(page.get_by_text("from 1 sample, of which the schema accepts 1")).to_be_visible()
    page.get_by_role("button", name="Finalise").click()
    page.get_by_role("button", name="Create", exact=True).click()

    expect(page.get_by_text("Waiting for your first event")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Waiting for your first event")).to_be_visible()
    code = page.get_by_role("region", name="cURL snippet").inner_text()
    address = re.search(r"http://[\w.:]+/e/\w+", code).group()
    assert httpx.post(address, content=SAMPLE, trust_env=False).status_code == 200
    expect(page.get_by_text("Your first event has arrived")).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="See it in the chart").click()
    expect(page).to_have_url(re.compile("period=realtime"))
    expect(page.get_by_role("img", name=re.compile(r"^Events by minute, .*: 1 in all"))).to_be_visible(timeout=30_000)


def test_a_token_that_ends_in_the_middle_of_a_form_loses_nothing_of_it(desk, api, run):
    made = api.call("POST", "/v1/tokens", {"name": "Short", "role": "owner"})
    page = sign_in(desk, made["token"])
    page.get_by_role("button", name="New endpoint").click()
    page.get_by_role("textbox", name="Name").fill("Typed before")
    api.call("DELETE", f"/v1/tokens/{made['id']}")
    page.get_by_role("button", name="Create", exact=True).click()
    again = page.get_by_role("dialog", name="Sign in again")
    expect(again).to_be_visible()
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Typed before")
    again.get_by_label("Token", exact=True).fill(run.token)
    again.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1, name="Typed before")).to_be_visible()
    names = [row["name"] for row in api.call("GET", "/v1/endpoints")["items"]]
    assert names.count("Typed before") == 1


@pytest.mark.slow
def test_a_page_says_that_the_api_is_gone_and_goes_on_when_it_is_back(page, run, api):
    api.call("POST", "/v1/endpoints", {"name": "Made before"})
    page.goto("/organisation")
    expect(page.get_by_text("Beyond a monthly limit")).to_be_visible()
    # The page's code is fetched once there is nothing else to do: only its content is asked of the API later.
    expect(page.get_by_role("link", name="Members")).to_be_visible()
    wait_until(lambda: page.evaluate(EVERY_PAGE_LOADED))
    run.kill()
    try:
        page.get_by_role("link", name="Members").click()
        gone = page.get_by_text(re.compile("^The API can.t be reached$"))
        expect(gone).to_be_visible()
    finally:
        run.start()
    expect(gone).to_have_count(0)
    expect(page.get_by_role("table", name="Members")).to_contain_text("owner")
    page.get_by_role("link", name="Endpoints", exact=True).click()
    expect(page.get_by_role("link", name="Made before", exact=True)).to_be_visible()


@pytest.mark.slow
def test_a_thousand_endpoints_are_searched_sorted_and_paged_by_the_address(page, run):
    with httpx.Client(
        base_url=run.address, headers={"Authorization": f"Bearer {run.token}"}, timeout=60, trust_env=False
    ) as http:
        mine = http.get("/v1/organisation").json()["id"]
        http.patch(f"/v1/organisations/{mine}", json={"bounds": {"endpoints": 1_100}}).raise_for_status()

        def make(number):
            http.post("/v1/endpoints", json={"name": f"Bulk {number}"}).raise_for_status()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(make, range(1, 1001)))
    page.goto("/?q=bulk")
    rows = page.get_by_role("table", name="Endpoints").get_by_role("row")
    expect(page.get_by_text("of 1,000 endpoints")).to_be_visible()
    expect(rows).to_have_count(26)
    expect(rows.nth(2)).to_contain_text("Bulk 2")  # as people count, not as computers sort
    page.get_by_role("button", name="Page 40").click()
    expect(page).to_have_url(re.compile("page=40"))
    expect(rows.last).to_contain_text("Bulk 1000")
    page.reload()
    expect(rows.last).to_contain_text("Bulk 1000")
    page.get_by_role("button", name="Created").click()
    expect(page).to_have_url(re.compile("sort=created"))
    page.get_by_label("Search endpoints").fill("bulk 60")
    expect(rows).to_have_count(12)
    page.get_by_label("Search endpoints").fill("nothing such")
    expect(page.get_by_role("heading", name="No endpoint has “nothing such” in its name")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(rows).to_have_count(26)


@pytest.mark.slow
def test_a_month_of_minutes_is_drawn_in_every_period(page, run, api):
    made = api.make_environment("Every minute", [{"key": "event", "type": "STRING"}])
    month_of_minutes(run, made, api.call("GET", "/v1/me")["organisation"]["id"])
    page.goto(f"/endpoints/{made.endpoint_id}")
    periods = page.get_by_role("radiogroup", name="Period")
    for period, slice_name in (("30 days", "day"), ("7 days", "hour"), ("Realtime", "minute"), ("12 months", "month")):
        periods.get_by_text(period, exact=True).click()
        chart = page.get_by_role("img", name=re.compile(f"^Events by {slice_name}, .*: [1-9][0-9,]+ in all"))
        expect(chart).to_be_visible()
    page.get_by_text("Table", exact=True).click()
    expect(page.get_by_role("table", name="Usage by slice").get_by_role("row")).to_have_count(13)


@pytest.mark.slow
def test_the_overview_is_filtered_by_its_address_and_saved_as_it_is_shown(page, api, tmp_path):
    made = api.make_environment("Measured", [{"key": "price", "type": "FLOAT"}])
    body = '[{"price": 1}, {"price": 2}, {"price": "3"}]'
    httpx.post(made.address, content=body, trust_env=False).raise_for_status()
    page.goto(f"/endpoints/{made.endpoint_id}?period=realtime&view=table")
    table = page.get_by_role("table", name="Usage by slice")
    counted = table.get_by_role("row").filter(has_text=re.compile(r"21[02]$"))  # accepted, refused, delivered
    expect(counted).to_have_count(1, timeout=30_000)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV").click()
    saved = tmp_path / "usage.csv"
    waiting.value.save_as(saved)
    with saved.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert (sum(int(row["accepted"]) for row in rows), sum(int(row["rejected"]) for row in rows)) == (2, 1)

    page.get_by_role("link", name="Look into them").first.click()
    expect(page).to_have_url(re.compile(f"environments/{made.environment_id}/quarantine.*code=type_float"))
    page.go_back()
    page.get_by_role("radiogroup", name="Period").get_by_text("12 months").click()
    expect(page).to_have_url(re.compile("period=12m"))


def test_a_token_is_shown_once_and_its_role_is_what_it_can(page, api):
    api.call("POST", "/v1/endpoints", {"name": "To be read"})
    page.goto("/organisation/tokens")
    page.get_by_role("button", name="New token").click()
    page.get_by_role("textbox", name="Name").fill("Reader")
    page.get_by_role("button", name="Create", exact=True).click()
    token = page.locator("[data-secret]").inner_text()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("table", name="Tokens")).to_contain_text("Reader")
    assert token not in page.content()

    page.get_by_role("button", name="Account").click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.get_by_label("Token", exact=True).fill(token)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="New endpoint")).to_be_disabled()
    delete = page.get_by_role("button", name=re.compile("^Delete ")).first
    delete.hover()
    expect(page.get_by_role("tooltip", name="This needs the role admin; yours is viewer.")).to_be_visible()
    delete.click(force=True)
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.slow
def test_the_audit_log_is_narrowed_to_what_somebody_looks_for(page, api):
    endpoint = api.call("POST", "/v1/endpoints", {"name": "Audited"})
    api.call("PATCH", f"/v1/endpoints/{endpoint['id']}", {"name": "Audited well"})
    page.goto("/organisation/audit")
    page.get_by_label("Id of what was changed").fill(endpoint["id"])
    rows = page.get_by_role("table", name="Audit log").get_by_role("row")
    expect(rows).to_have_count(3)
    expect(page).to_have_url(re.compile(f"subject={endpoint['id']}"))
    page.get_by_role("button", name=re.compile(f"Before and after of .*{endpoint['id']}")).first.click()
    after = page.get_by_role("region", name="After")
    expect(after).to_contain_text("Audited well")


def test_the_audit_log_tells_changes_in_sentences_and_saves_them(page, api):
    endpoint = api.call("POST", "/v1/endpoints", {"name": "Told"})
    api.call("PATCH", f"/v1/endpoints/{endpoint['id']}", {"name": "Told well"})
    page.goto(f"/organisation/audit?subject={endpoint['id']}")
    rows = page.get_by_role("table", name="Audit log").get_by_role("row")
    expect(rows.nth(1)).to_contain_text("renamed endpoint Told to Told well")
    expect(rows.nth(2)).to_contain_text("created endpoint Told")
    page.get_by_role("combobox", name="What").click()
    page.get_by_role("option", name="Endpoint created").click()
    expect(page).to_have_url(re.compile("action=endpoint.create"))
    expect(rows).to_have_count(2)
    with page.expect_download() as saved:
        page.get_by_role("button", name="CSV").click()
    lines = saved.value.path().read_text().splitlines()
    assert len(lines) == 2
    assert f"created endpoint Told,endpoint.create,endpoint,{endpoint['id']}" in lines[1]
    rows.nth(1).get_by_role("link", name="Told").click()
    expect(page.get_by_role("heading", name="Told well")).to_be_visible()


@pytest.mark.slow
def test_a_member_is_invited_given_another_role_and_removed(page):
    page.goto("/organisation/members")
    page.get_by_role("button", name="Invite member").click()
    page.get_by_label("E-mail").fill("not an address")
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_role("button", name="Invite", exact=True).click()
    page.get_by_role("button", name="Done").click()
    row = page.get_by_role("row").filter(has_text="ada@example.com")
    expect(row).to_contain_text("editor")
    page.get_by_role("button", name="Change the role of ada@example.com").click()
    page.get_by_label("Admin").check()
    page.get_by_role("button", name="Change", exact=True).click()
    expect(row).to_contain_text("admin")
    page.get_by_role("button", name="Remove ada@example.com").click()
    page.get_by_label("Type ada@example.com to confirm").fill("ada@example.com")
    page.get_by_role("button", name="Remove member").click()
    expect(row).to_have_count(0)


@pytest.mark.slow
def test_an_address_of_nothing_says_so(page):
    page.goto("/endpoints/ep_nothing")
    expect(page.get_by_role("heading", name="There is no such endpoint")).to_be_visible()
    page.goto("/nowhere/at/all")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Organisation").click()
    expect(page.get_by_role("heading", name="Organisation", level=1)).to_be_visible()


@pytest.mark.slow
def test_what_a_list_shows_stands_in_its_address_and_comes_back_with_it(page, api):
    made = api.make_environment("Linked", [{"key": "price", "type": "FLOAT"}])
    names = {row["id"]: row["name"] for row in api.call("GET", f"/v1/endpoints/{made.endpoint_id}/revisions")["items"]}
    first = names[made.revision_id]
    second = api.call("POST", f"/v1/endpoints/{made.endpoint_id}/revisions", {"name": "A second"})["name"]

    def ticked(name):
        return page.get_by_role("checkbox", name=f"Tick {name} to compare it")

    page.goto(f"/endpoints/{made.endpoint_id}/revisions")
    heading = page.get_by_role("columnheader", name="Name")
    heading.get_by_role("button").click()
    heading.get_by_role("button").click()
    ticked(first).check()
    ticked(second).check()
    rows = page.get_by_role("table", name="Revisions").get_by_role("row")
    shown = [heading.get_attribute("aria-sort"), *rows.all_inner_texts()]
    page.goto(page.url)
    expect(ticked(first)).to_be_checked()
    expect(ticked(second)).to_be_checked()
    assert [heading.get_attribute("aria-sort"), *rows.all_inner_texts()] == shown

    page.goto(f"/endpoints/{made.endpoint_id}/environments")
    heading = page.get_by_role("columnheader", name="Name")
    heading.get_by_role("button").click()
    shown = heading.get_attribute("aria-sort")
    assert shown in {"ascending", "descending"}
    page.goto(page.url)
    expect(heading).to_have_attribute("aria-sort", shown)

    page.goto(f"/endpoints/{made.endpoint_id}")
    page.get_by_role("radiogroup", name="Period").get_by_text("Custom", exact=True).click()
    page.get_by_label("First day").fill("2026-10-05")
    page.get_by_label("Last day").fill("2026-10-11")
    chart = page.get_by_role("img", name=re.compile("^Events by hour, 5 Oct.* to 11 Oct"))
    expect(chart).to_be_visible()
    page.goto(page.url)
    expect(page.get_by_label("First day")).to_have_value("2026-10-05")
    expect(chart).to_be_visible()

    page.goto(f"/endpoints/{made.endpoint_id}/revisions/{made.revision_id}")
    page.get_by_role("button", name="Show price").click()
    expect(page).to_have_url(re.compile("at=price"))
    page.goto(page.url)
    expect(page.get_by_role("dialog")).to_contain_text("price")
