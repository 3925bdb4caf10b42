"""What only the operator of a deployment sees: dead letters, set-aside events, further organisations."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser.browsing import TIMEOUT_MS, sign_in
from tests.browser.operations_seed import add_dead_letters, add_set_aside
from tests.destinations import BUCKET
from tests.waiting import wait_until

pytestmark = pytest.mark.browser
expect.set_options(timeout=TIMEOUT_MS)

NAMES = [{"key": "event", "type": "STRING"}, {"key": "price", "type": "INT"}]
NO_FIELD = 'no such field: "price".'
NO_ROOM = "the partition takes no more rows"


def operations(page):
    return page.get_by_role("navigation", name="Main").get_by_role("link", name="Operations")


def dead_letters(api, queue):
    (row,) = (row for row in api.call("GET", "/v1/operations/queues")["items"] if row["name"] == queue)
    return row["waiting"], row["dead_letters"]


def test_a_dead_letter_is_seen_read_and_sent_again_and_the_rest_after_a_question(signed_in, api, run):
    made = api.make_environment("Given up", NAMES)
    bodies = [{"action": "provision", "environment_id": made.environment_id}] * 3
    page = signed_in
    operations(page).click()
    expect(page.get_by_text("Nothing was given up")).to_be_visible()
    add_dead_letters(run.state_dir, "provision", bodies, time.time_ns())
    page.get_by_role("button", name="Refresh").click()
    expect(page.get_by_text("3 messages were given up")).to_be_visible()
    page.get_by_role("table", name="Queues").get_by_role("link", name="provision").click()
    table = page.get_by_role("table", name="Dead letters")
    expect(table.get_by_text("Given up, ")).to_have_count(3)
    expect(table.get_by_role("button", name=f"Copy the id {made.environment_id}")).to_have_count(3)

    table.get_by_role("button", name=re.compile("^Open ")).first.click()
    drawer = page.get_by_role("dialog", name="Dead letter")
    expect(drawer.get_by_text("The audit log remembers")).to_be_visible()
    assert not audited(api, "dead_letter.read")
    expect(page).to_have_url(re.compile(r"\?letter="))
    drawer.get_by_role("button", name="Show the text").click()
    expect(drawer.get_by_role("region", name="Text of the dead letter")).to_contain_text('"action": "provision"')
    page.keyboard.press("Escape")

    table.get_by_role("checkbox").first.click()
    page.get_by_role("button", name="Send again 1").click()
    expect(page.get_by_text("1 message sent again, 2 left.")).to_be_visible()
    expect(table.get_by_role("checkbox")).to_have_count(2)
    page.get_by_role("button", name="Send all again").click()
    question = page.get_by_role("dialog", name="Send all again")
    expect(question.get_by_text("Fix the cause first.")).to_be_visible()
    question.get_by_role("button", name="Send 2 messages").click()
    expect(page.get_by_text("2 messages sent again, 0 left.")).to_be_visible()
    expect(page.get_by_role("heading", name="Nothing was given up")).to_be_visible()
    wait_until(lambda: dead_letters(api, "provision") == (0, 0), seconds=60)
    assert len(audited(api, "dead_letter.read")) == 1, "a text is read when somebody asks, and not once more"


@pytest.mark.slow
def test_dead_letters_that_come_back_at_once_are_not_sent_for_ever(signed_in, api, run):
    page, calls = signed_in, []
    add_dead_letters(run.state_dir, "quarantine", [{"action": "none"}], time.time_ns())

    def half_of_them_come_back(route):
        calls.append(route.request.post_data)
        route.fulfill(json={"queue": "quarantine", "sent": 2, "left": 3})

    page.route("**/dead-letters/redrive", half_of_them_come_back)
    page.goto("/operations/queues/quarantine")
    page.get_by_role("button", name="Send all again").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Send ")).click()
    expect(page.get_by_text("6 messages sent again, 3 left.")).to_be_visible()
    assert len(calls) == 3, "five were there"


def audited(api, action):
    return [row for row in api.call("GET", "/v1/audit?limit=50")["items"] if row["action"] == action]


def test_set_aside_events_are_read_counted_by_a_dry_run_and_sent_over_many_calls_and_arrive(signed_in, api, run):
    made = api.make_environment("Refused by its table", NAMES, settings={"destination": BUCKET})
    hours = [f"2026-10-{day:02}T{hour:02}" for day in (1, 2, 3) for hour in range(18)]
    for hour in hours:
        add_set_aside(run.state_dir, made.environment_id, made.revision_id, hour, [NO_FIELD])
    add_set_aside(run.state_dir, made.environment_id, made.revision_id, "2026-10-04T00", [NO_ROOM, NO_FIELD])
    add_set_aside(run.state_dir, "env_gone", made.revision_id, "2026-10-04T00", [NO_ROOM])
    page = signed_in
    page.goto("/operations/set-aside")
    reasons = page.get_by_role("table", name="Reasons")
    expect(reasons.get_by_role("row").nth(1)).to_contain_text("no such field: ….")
    expect(reasons.get_by_role("row").nth(1)).to_contain_text("55")
    page.get_by_role("table", name="Objects").get_by_role("button", name=re.compile("^Open ")).first.click()
    drawer = page.get_by_role("dialog", name="Set-aside object")
    drawer.get_by_role("button", name="Show its first events").click()
    expect(drawer.get_by_role("region", name="Event 1")).to_contain_text('"price": 9007199254740993')
    assert len(audited(api, "set_aside.read")) == 1
    page.keyboard.press("Escape")

    reasons.get_by_role("button", name="no such field: ….").click()
    expect(page).to_have_url(re.compile(f"environment={made.environment_id}.*reason="))
    calls = []
    page.on("request", lambda seen: calls.append(seen.url) if seen.url.endswith("/set-aside/redrive") else None)
    send = page.get_by_role("button", name=re.compile("^Send .*again$"))
    expect(send).to_be_disabled()
    page.get_by_role("button", name="Dry run").click()
    expect(page.get_by_text("56 events in 55 objects would be sent.")).to_be_visible()
    send.click()
    expect(page.get_by_text("56 events in 55 objects sent.")).to_be_visible()
    assert len(calls) == 4, "a call goes through 50 objects"
    wait_until(lambda: counted_as_delivered(api, made) == 56, seconds=60)

    page.get_by_role("button", name="Show everything").click()
    expect(reasons.get_by_text("env_gone")).to_be_visible()
    page.get_by_role("button", name="Dry run").click()
    expect(page.get_by_text(re.compile("1 object can.t be sent and stays"))).to_be_visible()
    expect(page.get_by_text("Its environment is gone")).to_be_visible()
    expect(send).to_be_disabled()


def counted_as_delivered(api, made):
    """What the writer counts once an object is at its destination."""
    query = f"environment={made.environment_id}&from=2026-10-01T00:00:00Z&to=2026-10-05T00:00:00Z&slice=day"
    return api.call("GET", f"/v1/usage?{query}")["totals"]["delivered"]


@pytest.mark.slow
def test_a_further_organisation_is_made_and_its_owner_signs_in_and_operates_nothing(signed_in, chromium, console):
    page = signed_in
    page.goto("/operations")
    page.get_by_role("button", name="New organisation").click()
    dialog = page.get_by_role("dialog", name="New organisation")
    dialog.get_by_role("textbox", name="Name").fill("Branch")
    dialog.get_by_role("textbox", name="e-mail").fill("ann@example.com")
    dialog.get_by_role("button", name="Create").click()
    token = dialog.locator("[data-secret]").inner_text()
    dialog.get_by_role("button", name="Done").click()
    expect(dialog).to_have_count(0)

    theirs = chromium.new_context(base_url=console)
    owner = sign_in(theirs, token)
    asked = []
    owner.on("request", lambda seen: asked.append(seen.url))
    owner.get_by_role("button", name="Account").click()
    expect(owner.get_by_text("owner of Branch")).to_be_visible()
    expect(operations(owner)).to_have_count(0)
    owner.goto("/operations/set-aside")
    expect(owner.get_by_role("heading", name="For the operator of the deployment")).to_be_visible()
    assert not any("/v1/operations" in url for url in asked)
    theirs.close()


@pytest.mark.slow
def test_the_operator_sets_the_plan_and_bounds_of_any_organisation(signed_in, api):
    made = api.call("POST", "/v1/organisations", {"name": "Branch of plans", "owner_email": "plans@example.com"})
    path = f"/v1/organisations/{made['id']}"
    streams = made["limits"]["streams"]["limit"]
    page = signed_in
    page.goto("/operations/organisations")
    page.get_by_role("button", name="Change the plan and bounds of Branch of plans").click()
    drawer = page.get_by_role("dialog", name="Branch of plans")
    drawer.get_by_label("Requests per month").fill("5000000")
    drawer.get_by_label("Custom domains").fill("7")
    drawer.get_by_role("button", name="Save", exact=True).click()
    expect(drawer).to_have_count(0)
    row = page.get_by_role("table", name="Organisations").get_by_role("row").filter(has_text="Branch of plans")
    expect(row).to_contain_text("0 of 5")
    shown = api.call("GET", path)
    assert shown["plan"]["requests_per_month"] == 5_000_000
    assert (shown["limits"]["domains"]["limit"], shown["limits"]["streams"]["limit"]) == (7, streams)

    page.get_by_role("button", name="Change the plan and bounds of Branch of plans").click()
    drawer.get_by_label("Custom domains").fill("")  # the default again
    api.call("PATCH", path, {"plan": {"max_endpoints": 3}})
    drawer.get_by_role("button", name="Save", exact=True).click()
    expect(drawer.get_by_role("alert").filter(has_text="This was changed since you read it")).to_be_visible()
    assert api.call("GET", path)["limits"]["domains"]["limit"] == 7
