"""Environments in the console: made, deployed and rolled back, their domains, and what was refused there."""

import re
import shutil
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.browsing import TIMEOUT_MS, sign_in
from tests.browser.seed import add_unknown_keys
from tests.certificates import issue
from tests.waiting import wait_until
from tests.web_target import target_answering

pytestmark = pytest.mark.browser
expect.set_options(timeout=TIMEOUT_MS)

EXPIRES = "2030-01-01T00:00:00Z"
ROLE = "arn:aws:iam::123456789012:role/ingest"
NAMES = [{"key": "name", "type": "STRING"}]
PRICED = [*NAMES, {"key": "price", "type": "FLOAT", "presence": "optional"}]


def send(address, body):
    return httpx.post(address, content=body, headers={"Content-Type": "application/json"}, trust_env=False, timeout=30)


def show(page, made, part):
    page.goto(f"/endpoints/{made.endpoint_id}/environments/{made.environment_id}/{part}")


@contextmanager
def reader(chromium, api, run):
    """A page of somebody whose role is viewer."""
    token = api.call("POST", "/v1/tokens", {"name": "Reader", "role": "viewer", "expires_at": EXPIRES})
    context = chromium.new_context(base_url=run.address, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(TIMEOUT_MS)
    yield sign_in(context, token["token"])
    context.close()


def test_an_environment_is_made_in_a_drawer_and_takes_the_event_that_its_snippet_sends(signed_in, api):
    endpoint = api.call("POST", "/v1/endpoints", {"name": "Made in a drawer"})["id"]
    page = signed_in
    page.goto(f"/endpoints/{endpoint}/environments?open=new")
    expect(page.get_by_text("There is no finalised revision yet")).to_be_visible()
    api.make_revision(endpoint, NAMES)
    page.reload()
    page.get_by_role("textbox", name="Name").fill("Live")
    page.get_by_role("textbox", name="Origins").fill("https://shop.example\nhttps://shop.example/path")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_text(re.compile("Must be an origin"))).to_be_visible()
    page.get_by_role("textbox", name="Origins").fill("")
    page.get_by_role("button", name="Create", exact=True).click()
    row = page.get_by_role("row").filter(has_text="Live")
    expect(row.get_by_text("active")).to_be_visible()
    expect(row).to_contain_text("S3, managed")

    row.get_by_role("link", name="Live").click()
    expect(page.get_by_role("heading", level=1, name="Live")).to_be_visible()
    page.get_by_role("navigation", name="Environment").get_by_role("link", name="Install").click()
    expect(page.get_by_text("Waiting for your first event …")).to_be_visible()
    page.get_by_role("textbox", name="name").fill('O\'Hara & "Söhne" $& #1')
    expect(page.get_by_role("region", name="cURL snippet")).to_contain_text("$&")
    (environment,) = api.call("GET", f"/v1/endpoints/{endpoint}/environments")["items"]
    assert send(environment["address"], '{"name": "x"}').status_code == 200
    expect(page.get_by_text("Your first event has arrived")).to_be_visible(timeout=60_000)


LEAVE_WHILE_THE_DRAWER_FADES = """() => {
    const leave = () => document.querySelector("nav a[href='/']").click();
    const waiting = setInterval(() => {
        if (location.search.includes("open=new")) return;
        clearInterval(waiting);
        requestAnimationFrame(() => requestAnimationFrame(leave));
    }, 5);
}"""


def test_a_link_is_followed_while_a_drawer_that_has_done_its_work_closes(signed_in, api):
    made = api.make_environment("Left at once", NAMES)
    page = signed_in
    page.goto(f"/endpoints/{made.endpoint_id}/environments?open=new")
    page.get_by_role("textbox", name="Name").fill("Second")
    page.evaluate(LEAVE_WHILE_THE_DRAWER_FADES)
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page).to_have_url(re.compile(r":[0-9]+/$"))


@pytest.mark.slow
def test_an_sdk_that_you_already_have_is_found_by_its_name_and_shown_with_what_to_set(signed_in, api):
    made = api.make_environment("Has an SDK", NAMES)
    page = signed_in
    show(page, made, "install")
    page.get_by_text("SDK or service", exact=True).click()
    sender = page.get_by_role("combobox", name="Sender")
    sender.fill("posthog")
    expect(page.get_by_role("option").filter(has_text="Segment")).to_have_count(0)
    page.get_by_role("option", name="PostHog: posthog-js").click()
    expect(page).to_have_url(re.compile("sender=posthog-js$"))
    page.reload()
    expect(page.get_by_role("region", name="Setting of posthog-js")).to_contain_text(f'api_host: "{made.address}"')
    expect(page.get_by_text(made.environment_id, exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="What arrives from PostHog")).to_be_visible()
    sender.fill("tinybird")
    page.get_by_role("option", name="Tinybird: @tinybirdco/sdk").click()
    expect(page.get_by_role("link", name="Set a domain")).to_be_visible()
    expect(page.get_by_role("region", name="Setting of @tinybirdco/sdk")).to_have_count(0)
    page.get_by_text("Code", exact=True).click()
    expect(page.get_by_role("region", name="cURL snippet")).to_contain_text(made.address)
    expect(page).not_to_have_url(re.compile("sender="))


def test_a_schema_change_is_rolled_out_and_back_with_its_difference_in_sight(signed_in, api):
    made = api.make_environment("Rolled out", NAMES)
    stricter = api.make_revision(made.endpoint_id, [*NAMES, {"key": "age", "type": "INT"}])
    page = signed_in
    show(page, made, f"deployments?revision={stricter}")
    expect(page.get_by_text("This breaks something")).to_be_visible()
    expect(page.get_by_role("list", name="Changes")).to_contain_text("age")
    page.get_by_role("textbox", name="Note").fill("Ages are known now")
    page.get_by_role("button", name=re.compile("^Deploy .*[^…]$")).click()
    history = page.get_by_role("table", name="Deployments")
    expect(history.get_by_text("Ages are known now")).to_be_visible()
    wait_until(lambda: send(made.address, '{"name": "x"}').status_code == 400, seconds=20)

    history.get_by_role("button", name=re.compile("^Roll back to ")).click()
    expect(page.get_by_role("list", name="Changes")).to_contain_text("age")
    page.get_by_role("button", name=re.compile("^Roll back to .*[^…]$")).click()
    wait_until(lambda: send(made.address, '{"name": "x"}').status_code == 200, seconds=20)
    deployments = api.call("GET", f"/v1/environments/{made.environment_id}/deployments")["items"]
    assert [row["revision_id"] for row in deployments] == [made.revision_id, stricter, made.revision_id]


@pytest.mark.slow
def test_a_deployment_by_a_difference_that_is_none_any_more_is_told_so(signed_in, api):
    made = api.make_environment("Deployed by two", NAMES)
    mine = api.make_revision(made.endpoint_id, PRICED)
    theirs = api.make_revision(made.endpoint_id, [*NAMES, {"key": "size", "type": "INT", "presence": "optional"}])
    page = signed_in
    show(page, made, f"deployments?revision={mine}")
    button = page.get_by_role("button", name=re.compile("^(Deploy|Roll back to) .*[^…]$"))  # theirs is newer
    expect(page.get_by_role("list", name="Changes")).to_contain_text("price")
    page.get_by_label("Note").fill("Prices at last")
    api.call("POST", f"/v1/environments/{made.environment_id}/deployments", {"revision_id": theirs})
    button.click()
    expect(page.get_by_role("alert").filter(has_text="This was changed since you read it")).to_be_visible()
    expect(page.get_by_role("list", name="Changes")).to_contain_text("size")
    assert api.call("GET", f"/v1/environments/{made.environment_id}")["revision_id"] == theirs
    button.click()
    expect(page.get_by_role("alert").filter(has_text="within five seconds")).to_be_visible()
    assert api.call("GET", f"/v1/environments/{made.environment_id}")["revision_id"] == mine
    expect(page.get_by_role("table", name="Deployments")).to_contain_text("Prices at last")


def test_a_quarantined_event_is_seen_marked_fixed_by_a_clone_and_redriven(signed_in, api):
    made = api.make_environment("Refused", PRICED)
    assert send(made.address, '{"name": "x", "price": "9.50"}').status_code == 400
    page = signed_in
    show(page, made, "quarantine")
    group = page.get_by_role("button", name="View /price")

    def is_listed():
        page.get_by_role("button", name="Refresh").click()
        page.wait_for_timeout(500)
        return group.count() > 0

    wait_until(is_listed, seconds=60)
    group.click()
    expect(page).to_have_url(re.compile("code=type_float"))
    expect(page.locator("mark")).to_contain_text('"price": "9.50"')
    back = page.url
    page.get_by_role("button", name="Fix in a new revision: /price").click()
    page.get_by_role("dialog").get_by_role("button", name="Clone").click()
    expect(page).to_have_url(re.compile("/revisions/rev_.*at=price"))
    expect(page.get_by_role("dialog").get_by_role("textbox", name="Key")).to_have_value("price")
    page.goto(back)

    looser = api.make_revision(made.endpoint_id, [*NAMES, {"key": "price", "type": "STRING"}])
    name = next(
        row["name"]
        for row in api.call("GET", f"/v1/endpoints/{made.endpoint_id}/revisions")["items"]
        if row["id"] == looser
    )
    page.reload()
    page.get_by_role("button", name="Dry run", exact=True).click()
    nothing_fits = page.get_by_role("note").filter(has_text="None of these events fits “Revision 1”. Add a repair, or")
    expect(nothing_fits).to_be_visible(timeout=60_000)
    page.get_by_role("combobox", name="Under the revision").click()
    page.get_by_role("option", name=name).click()
    expect(nothing_fits).to_have_count(0)
    page.get_by_role("button", name="Dry run", exact=True).click()
    expect(page.get_by_text("1 event matched: 1 would fit", exact=False)).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Redrive 1 event").click()
    expect(page.get_by_text("fitted, 1 of them sent")).to_be_visible(timeout=60_000)
    wait_until(lambda: api.call("GET", f"/v1/environments/{made.environment_id}/quarantine")["events"] == 0, seconds=60)
    asked = page.get_by_role("alert").filter(has_text="Deploy this revision as well?")
    asked.get_by_role("button", name=f"Deploy {name}").click()
    expect(asked).to_have_count(0)
    assert api.call("GET", f"/v1/environments/{made.environment_id}")["revision_id"] == looser


def test_a_number_that_came_as_text_is_repaired_on_samples_first_and_then_delivered(signed_in, api):
    made = api.make_environment("Repaired", PRICED)
    assert send(made.address, '{"name": "x", "price": "9.50"}').status_code == 400
    path = f"/v1/environments/{made.environment_id}/quarantine"
    wait_until(lambda: api.call("GET", path)["events"] == 1, seconds=60)
    page = signed_in
    show(page, made, "quarantine")
    page.get_by_role("button", name="Redrive /price").click()
    page.get_by_role("button", name="Number from text at /price").click()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("1 of 1 sample would fit.")).to_be_visible()
    expect(page.get_by_role("region", name="Before: evt_").locator("mark")).to_have_text('"price": "9.50"')
    expect(page.get_by_role("region", name="After: evt_").locator("mark")).to_have_text('"price": 9.50')
    page.get_by_role("button", name="Dry run", exact=True).click()
    expect(page.get_by_text("Number from text /price: 1 changed, 0 left as they were.")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Redrive 1 event").click()
    expect(page.get_by_text("fitted, 1 of them sent")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("1 of 1 sample would fit.")).to_have_count(0)
    expect(page.get_by_text("Deploy this revision as well?")).to_have_count(0)  # it is the one that runs
    usage = f"/v1/usage?environment={made.environment_id}&metrics=delivered"
    wait_until(lambda: api.call("GET", usage)["totals"]["delivered"] == 1, seconds=60)


@pytest.mark.slow
def test_the_quarantine_takes_no_harm_from_its_address_and_asks_for_whole_days(signed_in, api):
    made = api.make_environment("By day", NAMES)
    page = signed_in
    show(page, made, "quarantine?code=type_fl&from=2026-02-31&to=yesterday&revision=No%20id")
    expect(page.get_by_role("heading", name="Nothing in quarantine")).to_be_visible()
    with page.expect_request("**/quarantine?*from=*") as asked:
        page.get_by_label("First day").fill("2026-11-01")
    assert "from=2026-11-01T00%3A00%3A00Z" in asked.value.url
    expect(page).to_have_url(re.compile("from=2026-11-01"))
    page.get_by_label("Last day").fill("2026-10-01")
    expect(page.get_by_text("Is before the first.", exact=True)).to_be_visible()
    page.get_by_label("Last day").fill("")
    page.get_by_label("First day").fill("2999-01-01")
    expect(page.get_by_role("heading", name="No days")).to_be_visible()
    page.get_by_role("button", name="Show everything").click()

    code = page.get_by_role("combobox", name="Code")
    code.fill("type_fl")
    page.get_by_role("option", name="type_float").click()
    expect(page).to_have_url(re.compile("code=type_float"))
    page.get_by_role("textbox", name="Field").press_sequentially("/price")
    expect(page).to_have_url(re.compile("pointer="))
    expect(page.get_by_role("heading", name="Nothing like that")).to_be_visible()
    expect(page.get_by_role("textbox", name="Field")).to_have_value("/price")
    page.get_by_role("button", name="Show everything").click()
    expect(page.get_by_role("textbox", name="Field")).to_have_value("")


@pytest.mark.slow
def test_every_event_in_quarantine_can_be_seen_and_none_twice(signed_in, api):
    made = api.make_environment("Many", NAMES)
    batch = "[" + ",".join(f'{{"name": {number}}}' for number in range(30)) + "]"
    assert send(made.address, batch).status_code == 400
    path = f"/v1/environments/{made.environment_id}/quarantine"
    wait_until(lambda: api.call("GET", path)["events"] == 30, seconds=60)
    page = signed_in
    show(page, made, "quarantine")
    events = page.get_by_role("region", name=re.compile("^Event "))
    expect(events).to_have_count(5)
    more = page.get_by_role("button", name="Show more")
    more.click()
    expect(events.nth(19)).to_be_visible()
    more.click()
    expect(events).to_have_count(30)
    expect(more).to_have_count(0)


@pytest.mark.slow
def test_a_domain_is_set_shown_and_removed(signed_in, api):
    made = api.make_environment("Own domain", NAMES)
    page = signed_in
    show(page, made, "domain")
    page.get_by_role("textbox", name="Domain").fill("events.console.example")
    page.get_by_role("button", name="Set the domain").click()
    expect(page.get_by_text("issued for you")).to_be_visible()
    domain = page.get_by_role("region", name="Domain")
    expect(domain.get_by_text("active", exact=True)).to_be_visible(timeout=60_000)
    expect(page.get_by_text("asked for no proof")).to_be_visible()
    pair = issue(("events.console.example",), starts=datetime.now(UTC) - timedelta(days=1))
    certificate = {"pem": pair.pem, "private_key": pair.private_key}
    body = {"domain": "events.console.example", "certificate": certificate}
    api.call("PUT", f"/v1/environments/{made.environment_id}/custom-domain", body)
    page.reload()
    page.get_by_role("button", name="Replace the certificate").click()
    expect(page.get_by_role("radio", name="Import one")).to_be_checked()
    page.get_by_role("textbox", name="Domain").fill("other.console.example")
    expect(page.get_by_text("which stops at once")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Remove the domain").click()
    page.get_by_role("textbox", name=re.compile("to confirm")).fill("events.console.example")
    page.get_by_role("dialog").get_by_role("button", name="Remove domain").click()
    expect(page.get_by_role("button", name="Set the domain")).to_be_visible(timeout=60_000)


@pytest.mark.slow
def test_a_saved_destination_is_tried_step_by_step(signed_in, api, run):
    bucket = {"type": "s3", "bucket": "my-events", "region": "eu-west-1", "role_arn": ROLE}
    made = api.make_environment("Tried again", NAMES, settings={"destination": bucket})
    folder = run.state_dir / "objects" / "my-events"
    page = signed_in
    show(page, made, "destination")
    try_it = page.get_by_role("button", name="Try it now")
    try_it.click()
    steps = page.get_by_role("list", name="Steps")
    expect(page.get_by_text("The destination itself was not tested.")).to_be_visible()
    expect(page.get_by_text("Everything that delivery needs works.")).to_have_count(0)
    expect(steps.get_by_role("listitem")).to_contain_text(["The role can be assumed: not tested", "to: not tested"])
    expect(steps).to_contain_text("this bucket is a folder of the state directory; the role was not tested")

    shutil.rmtree(folder)
    folder.write_text("no folder any more")
    try_it.click()
    expect(page.get_by_text(re.compile("be delivered there now"))).to_be_visible()
    expect(steps.get_by_role("listitem")).to_contain_text(["The role can be assumed: not tested", "written to: failed"])
    (_, reason) = api.call("POST", f"/v1/environments/{made.environment_id}/destination/check")["checks"]
    expect(steps).to_contain_text(reason["reason"])

    page.get_by_role("textbox", name="Bucket").fill("others")
    expect(try_it).to_be_disabled()
    expect(page.get_by_text("Save first")).to_be_visible()


@pytest.mark.slow
def test_a_warehouse_is_chosen_by_search_and_its_script_is_there_to_copy(signed_in, api):
    made = api.make_environment("Warehouse", NAMES)
    page = signed_in
    show(page, made, "destination")
    page.get_by_role("combobox", name="Warehouse").fill("snow")
    page.get_by_role("option", name="Snowflake").click()
    expect(page.get_by_role("region", name="Script")).to_contain_text("CREATE OR REPLACE DYNAMIC TABLE")
    expect(page.get_by_role("region", name="Check")).to_contain_text("SELECT COUNT(*)")
    expect(page.get_by_role("region", name=re.compile("^Permissions of the role"))).to_contain_text("s3:GetObject")
    expect(page.get_by_role("button", name="Copy: Script")).to_be_visible()

    later = api.make_revision(made.endpoint_id, PRICED)
    page.reload()
    page.get_by_role("combobox", name="Warehouse").fill("click")
    page.get_by_role("option", name="ClickHouse").click()
    expect(page.get_by_role("region", name="Script")).to_contain_text("CREATE TABLE IF NOT EXISTS")
    names = {one["id"]: one["name"] for one in api.call("GET", f"/v1/endpoints/{made.endpoint_id}/revisions")["items"]}
    for label, revision in (("Table of the revision", made.revision_id), ("To the revision", later)):
        page.get_by_role("combobox", name=label).click()
        page.get_by_role("option", name=names[revision], exact=True).click()
    expect(page.get_by_role("region", name="Script")).to_contain_text("ADD COLUMN IF NOT EXISTS `price`")

    page.get_by_role("combobox", name="Warehouse").fill("redshift")
    page.get_by_role("option", name="Amazon Redshift").click()
    expect(page.get_by_text(re.compile("Deliver to a bucket of yours"))).to_be_visible()


@pytest.mark.slow
def test_queries_of_what_is_delivered_are_there_to_copy(signed_in, api):
    made = api.make_environment("Queried", NAMES)
    page = signed_in
    show(page, made, "destination")
    expect(page.get_by_role("combobox", name="Engine")).to_have_value("DuckDB")
    expect(page.get_by_role("region", name="Make the views, once")).to_contain_text("read_ndjson_objects")
    expect(page.get_by_role("region", name="The most frequent values of name")).to_contain_text('"name" AS "value"')
    expect(page.get_by_role("button", name="Copy: Events of each day")).to_be_visible()


@pytest.mark.slow
def test_a_target_over_http_is_chosen_by_search_signed_and_its_secret_shown_once(signed_in, api):
    page = signed_in
    made = api.make_environment("Sent", NAMES)
    with target_answering() as target:
        page.goto(f"/endpoints/{made.endpoint_id}/environments?open=new")
        page.get_by_role("textbox", name="Name").fill("Target")
        destination = page.get_by_role("combobox", name="Destination")
        destination.fill("https")
        expect(page.get_by_role("option")).to_have_count(1)
        page.get_by_role("option", name="A URL of yours, over HTTPS").click()
        page.get_by_role("textbox", name="URL").fill(target.url)
        page.get_by_role("textbox", name="Headers").fill("X A: 1")
        create = page.get_by_role("button", name="Create", exact=True)
        create.click()
        expect(page.get_by_role("textbox", name="Headers")).to_have_attribute("aria-invalid", "true")
        page.get_by_role("textbox", name="Headers").fill("Authorization: Bearer t")
        create.click()
        expect(page.get_by_text("The signing secret is shown this once.", exact=False)).to_be_visible()
        first = page.locator("[data-secret]").text_content()
        page.get_by_role("button", name="Copy", exact=True).click()
        page.get_by_role("button", name="Done").click()
        row = page.get_by_role("row").filter(has_text="Target")
        expect(row.get_by_text("active")).to_be_visible()
        row.get_by_role("link", name="Target").click()
        page.get_by_role("link", name="Destination", exact=True).click()
        expect(page.get_by_text("Leave empty to keep Authorization.", exact=False)).to_be_visible()
        page.get_by_role("button", name="Try it now").click()
        steps = page.get_by_role("list", name="Steps").get_by_role("listitem")
        expect(steps).to_have_count(3)
        page.get_by_role("checkbox", name="Make a new signing secret").check()
        page.get_by_role("button", name="Save").click()
        second = page.locator("[data-secret]")
        expect(second).to_be_visible()
        assert second.text_content() != first
        page.get_by_role("button", name="Copy", exact=True).click()
        page.get_by_role("button", name="Done").click()
        expect(page.get_by_role("checkbox", name="Make a new signing secret")).not_to_be_checked()
    assert {request.headers["authorization"] for request in target.requests} == {"Bearer t"}
    text = page.content()
    assert first not in text


@pytest.mark.slow
def test_the_buffer_time_is_kept_and_taken_away(signed_in, api):
    made = api.make_environment("Gathers", NAMES)
    page = signed_in

    def change(text):
        show(page, made, "settings")
        page.get_by_role("textbox", name="Buffer time").fill(text)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("alert").filter(has_text="changed.")).to_be_visible()
        expect(page.get_by_role("button", name="Discard changes")).to_be_disabled()
        return api.call("GET", f"/v1/environments/{made.environment_id}")["buffer_seconds"]

    assert change("0") == 0
    assert change("") is None


@pytest.mark.slow
def test_a_failed_environment_says_why_and_is_set_up_again_by_those_who_may(signed_in, api, chromium, run):
    made = api.make_environment("Broken", NAMES)

    def break_it(route):
        if route.request.method != "GET":
            route.continue_()
            return
        answer = route.fetch()
        failed = {"status": "failed", "status_reason": "The stream is gone."}
        route.fulfill(response=answer, json={**answer.json(), **failed})

    def look(page):
        page.route(f"**/v1/environments/{made.environment_id}", break_it)
        show(page, made, "settings")
        return page

    page = look(signed_in)
    alert = page.get_by_role("alert").filter(has_text="It could not be set up")
    expect(alert).to_contain_text("The stream is gone.")
    alert.get_by_role("link", name="Check the destination").click()
    page.get_by_role("button", name="Try it now").click()
    expect(page.get_by_text("nothing had to be tried")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("is set up again")).to_be_visible()

    with reader(chromium, api, run) as page:
        again = look(page).get_by_role("button", name="Try again")
        expect(again).to_be_disabled()
        again.hover()
        expect(page.get_by_role("tooltip", name="This needs the role editor; yours is viewer.")).to_be_visible()
        page.get_by_role("link", name="Environments").click()
        page.get_by_role("button", name=re.compile("^Actions of ")).click()
        delete = page.get_by_role("menuitem", name="Delete…")
        expect(delete).to_contain_text("This needs the role admin; yours is viewer.")
        delete.click(force=True)
        expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.slow
def test_an_environment_has_its_parts_in_tabs_and_its_figures_above_them(signed_in, api):
    made = api.make_environment("In tabs", PRICED)
    assert send(made.address, '[{"name": "x"}, {"name": 3}]').status_code == 200
    path = f"/v1/environments/{made.environment_id}/quarantine"
    wait_until(lambda: api.call("GET", path)["events"] == 1, seconds=60)
    page = signed_in
    show(page, made, "")
    tabs = page.get_by_role("navigation", name="Environment")
    expect(tabs.get_by_role("link", name=re.compile("^Quarantine"))).to_contain_text("1")
    expect(page.get_by_text("50 %")).to_be_visible(timeout=60_000)
    expect(page.get_by_text(made.address, exact=True)).to_be_visible()
    for tab in ("Install", "Deployments", "Destination", "Domain", "Keys", "Settings", "Live"):
        tabs.get_by_role("link", name=tab).click()
        expect(tabs.locator("[aria-current=page]")).to_have_text(tab)
        expect(page).to_have_title(re.compile("^(Keys and webhooks|" + tab + "): "))
    page.get_by_role("link", name="Environments").click()
    listed = page.get_by_role("table", name="Environments")
    expect(listed).to_contain_text("50 % refused")
    expect(listed).to_contain_text("S3, managed")
    expect(listed.get_by_role("img", name="Requests, 30 days: 1")).to_be_visible()
    expect(listed.get_by_role("img", name=re.compile("^Bytes, 30 days: [1-9]"))).to_be_visible()


@pytest.mark.slow
def test_a_revision_goes_on_to_another_environment_from_where_it_runs_and_from_the_designer(signed_in, api):
    made = api.make_environment("Promoted", NAMES)
    newer = api.make_revision(made.endpoint_id, PRICED)
    settings = {"name": "Next", "revision_id": newer, "destination": {"type": "s3", "managed": True}}
    other = api.call("POST", f"/v1/endpoints/{made.endpoint_id}/environments", settings)["id"]
    page = signed_in
    page.goto(f"/endpoints/{made.endpoint_id}/environments/{other}/deployments")
    page.get_by_role("button", name=re.compile("to another environment…$")).click()
    drawer = page.get_by_role("dialog", name=re.compile("^Deploy "))
    expect(drawer.get_by_role("list", name="Changes")).to_contain_text("price")
    drawer.get_by_role("button", name=re.compile("^Deploy ")).click()
    expect(page.get_by_role("alert").filter(has_text="within five seconds")).to_be_visible()
    assert api.call("GET", f"/v1/environments/{made.environment_id}")["revision_id"] == newer

    page.goto(f"/endpoints/{made.endpoint_id}/revisions/{made.revision_id}")
    page.get_by_role("button", name="Deploy…").click()
    drawer.get_by_role("combobox", name="Environment").click()
    page.get_by_role("option", name="Next").click()
    drawer.get_by_role("button", name=re.compile("^Roll back to ")).click()
    expect(drawer).to_have_count(0)
    assert api.call("GET", f"/v1/environments/{other}")["revision_id"] == made.revision_id


def test_an_environment_is_deleted_with_its_name_typed(signed_in, api):
    made = api.make_environment("To go", NAMES)
    name = api.call("GET", f"/v1/environments/{made.environment_id}")["name"]
    page = signed_in
    page.goto(f"/endpoints/{made.endpoint_id}/environments")
    page.get_by_role("button", name=f"Actions of {name}").click()
    page.get_by_role("menuitem", name="Delete…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Delete environment")).to_be_disabled()
    dialog.get_by_role("textbox").fill(name)
    dialog.get_by_role("button", name="Delete environment").click()
    expect(page.get_by_role("heading", name="No environments")).to_be_visible()
    wait_until(lambda: send(made.address, "{}").status_code == 410, seconds=20)


@pytest.mark.slow
def test_an_unknown_field_that_arrives_becomes_a_field_of_a_draft(signed_in, api, run):
    made = api.make_environment("Growing", NAMES)
    page = signed_in
    show(page, made, "unknown-fields")
    expect(page.get_by_text("No events sampled yet")).to_be_visible()

    found = [(8, "/messageId", "m-1"), (5, "/items/*/colour", "blue"), (2, "/total", 2.5), (1, "/total", 2)]
    add_unknown_keys(run.state_dir, made.environment_id, found, 10)
    page.goto(f"/endpoints/{made.endpoint_id}/revisions/{made.revision_id}")
    page.get_by_role("link", name="Growing", exact=True).last.click()
    rows = page.get_by_role("table", name="Unknown fields").get_by_role("row")
    expect(rows).to_have_count(4)
    expect(rows.nth(1)).to_contain_text("/messageId")
    expect(rows.nth(1)).to_contain_text("8 of 10")
    expect(rows.nth(2)).to_contain_text("/items/*/colour")
    expect(rows.nth(2).get_by_role("button")).to_have_count(0)

    rows.nth(1).get_by_role("button", name="Add as a field").click()
    page.get_by_label("Name", exact=True).fill("Grown")
    page.get_by_role("button", name="Clone", exact=True).click()
    drawer = page.get_by_role("dialog", name="message_id")
    expect(drawer.get_by_role("textbox", name="Sent as")).to_have_value("messageId")
    drawer.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Revision “Grown” saved.")).to_be_visible()

    show(page, made, "unknown-fields")
    rows.nth(3).get_by_role("button", name="Add as a field").click()
    page.get_by_role("menuitem", name="Grown", exact=True).click()
    expect(page.get_by_role("dialog", name="total")).to_be_visible()
    expect(page).not_to_have_url(re.compile("add="))
    page.on("dialog", lambda dialog: dialog.accept())  # the browser asks before it leaves
    page.reload()
    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Revision “Grown” saved.")).to_be_visible()
    revisions = api.call("GET", f"/v1/endpoints/{made.endpoint_id}/revisions")["items"]
    grown = next(row["id"] for row in revisions if row["name"] == "Grown")
    assert api.call("GET", f"/v1/revisions/{grown}")["fields"][1:] == [
        {"key": "message_id", "type": "STRING", "from": "messageId", "presence": "optional"},
        {"key": "total", "type": "FLOAT", "presence": "optional"},
    ]


@pytest.mark.slow
def test_an_environment_says_why_its_destination_takes_no_events(signed_in, api):
    made = api.make_environment("Failing", PRICED)
    error = {
        "reason": "The target answered 503.",
        "since": "2026-11-25T09:00:00.000Z",
        "at": "2026-11-25T09:10:00.000Z",
    }
    page = signed_in

    def fail(route):
        answer = route.fetch()
        shown = answer.json()
        for row in shown.get("items", [shown]):
            row["delivery_error"] = {**error, "recovered_at": None}
        route.fulfill(response=answer, json=shown)

    page.route(re.compile(r"/v1/(environments/env_[a-z0-9]+|endpoints/ep_[a-z0-9]+/environments\?.*)$"), fail)
    page.goto(f"/endpoints/{made.endpoint_id}/environments")
    expect(page.get_by_role("row", name=re.compile("not delivering"))).to_have_count(1)
    page.goto(f"/endpoints/{made.endpoint_id}/environments/{made.environment_id}")
    expect(page.get_by_role("alert", name="The destination does not take events")).to_contain_text(error["reason"])
