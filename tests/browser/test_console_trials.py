"""A revision tried on the last day's traffic, before it is finalised, before it is deployed, and on its own page."""

import json
import re

import httpx
import pytest
from playwright.sync_api import expect

from local.delivered import delivered_events
from tests.browser.browsing import TIMEOUT_MS
from tests.waiting import wait_until

pytestmark = pytest.mark.browser
expect.set_options(timeout=TIMEOUT_MS)

FIELDS = [
    {"key": "event", "type": "STRING"},
    {"key": "price", "type": "FLOAT", "presence": "optional"},
]
WHOLE = [FIELDS[0], {**FIELDS[1], "type": "INT"}]


@pytest.fixture
def shop_on_traffic(api, run, request):
    """An environment with three delivered events and one in quarantine, and a draft that is stricter."""
    made = api.make_environment(request.node.name[:90], FIELDS)
    lines = [{"event": "buy", "price": 9.5}, {"event": "buy", "price": 1.25, "colour": "red"}, {"event": "look"}]
    body = "\n".join(json.dumps(line) for line in [*lines, {"event": 7}])
    headers = {"Content-Type": "application/x-ndjson"}
    httpx.post(made.address, content=body, headers=headers, trust_env=False, timeout=30)
    wait_until(lambda: len(delivered_events(run.state_dir, made.environment_id)) == 3, seconds=30)
    draft = api.call("POST", f"/v1/endpoints/{made.endpoint_id}/revisions", {"name": "Stricter"})
    path = f"/v1/revisions/{draft['id']}/fields"
    api.call("PUT", path, {"fields": WHOLE}, headers={"If-Match": f'"{draft["version"]}"'})
    return made, draft["id"]


def try_in(place):
    place.get_by_role("button", name=re.compile("^Try on the last day")).click()
    expect(place.get_by_role("region", name="Result of the trial")).to_be_visible()
    return place.get_by_role("region", name="Result of the trial")


def test_a_draft_is_tried_before_it_is_finalised_and_leads_to_its_field(signed_in, shop_on_traffic):
    made, draft = shop_on_traffic
    page = signed_in
    page.goto(f"/endpoints/{made.endpoint_id}/revisions/{draft}")
    page.get_by_role("button", name="Finalise").click()
    dialog = page.get_by_role("dialog")
    result = try_in(dialog)
    expect(result).to_contain_text("2 of 3 events that are accepted now would be rejected, 100 % because /price is not")
    expect(result).to_contain_text("Keys that were dropped are not in what was delivered")
    reasons = result.get_by_role("list", name="Reasons").get_by_role("listitem")
    expect(reasons).to_have_count(1)
    expect(reasons).to_contain_text("accepted now")
    columns = result.get_by_role("table", name="Columns")
    expect(columns.get_by_role("row", name=re.compile("price"))).to_contain_text("number 2")
    reasons.get_by_role("link", name="Field").click()
    expect(page.get_by_role("dialog", name="price").get_by_role("textbox", name="Key")).to_have_value("price")


@pytest.mark.slow
def test_it_is_tried_before_it_is_deployed_and_its_trials_are_on_its_page(signed_in, shop_on_traffic, api):
    made, draft = shop_on_traffic
    api.call("POST", f"/v1/revisions/{draft}/finalise", {})
    page = signed_in
    page.goto(f"/endpoints/{made.endpoint_id}/environments/{made.environment_id}/deployments?revision={draft}")
    result = try_in(page.get_by_role("main"))
    expect(result).to_contain_text("would be rejected, 100 % because /price is not a whole number.")

    page.goto(f"/endpoints/{made.endpoint_id}/revisions/{draft}")
    page.get_by_role("button", name="Try on traffic").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("button", name=re.compile("2 newly invalid of 3"))).to_be_visible()
    drawer.get_by_role("combobox", name="Which events").click()
    page.get_by_role("option", name="Events in quarantine").click()
    result = try_in(drawer)
    expect(result).to_contain_text("None of 1 event is accepted now.")
    reason = result.get_by_role("list", name="Reasons").get_by_role("listitem")
    expect(reason).to_contain_text("rejected now, too")
    reason.get_by_role("link", name="In quarantine").click()
    expect(page).to_have_url(re.compile("/quarantine.*type_string"))


@pytest.mark.slow
def test_a_trial_under_way_is_cancelled_and_shows_what_it_had_found(signed_in, shop_on_traffic):
    made, draft = shop_on_traffic
    page = signed_in
    asked = []

    def slow_down(route):
        """Show a trial as under way until it is cancelled: with so few events, none is caught at it."""
        if route.request.method == "POST":
            asked.append(route.request.url)
        answer = route.fetch()
        state = "cancelled" if asked else "running"
        route.fulfill(response=answer, json={**answer.json(), "state": state})

    page.route("**/v1/trials/**", slow_down)
    page.goto(f"/endpoints/{made.endpoint_id}/revisions/{draft}")
    page.get_by_role("button", name="Try on traffic").click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("button", name=re.compile("^Try on the last day")).click()
    drawer.get_by_role("button", name="Cancel trial").click()
    expect(drawer.get_by_role("region", name="Result of the trial")).to_contain_text("Cancelled after 3 events.")
    assert [url.endswith("/cancel") for url in asked] == [True]
