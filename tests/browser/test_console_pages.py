"""Every page of the console: readable by everybody, on a phone, and by itself."""

import gzip
import json
import re

import pytest
from playwright.sync_api import expect

from benchmarks.local_run import ROOT
from tests.browser.browsing import settle, sign_in
from tests.browser.pages import ENDPOINT, ENVIRONMENT, PAGES, STAGING, Page, path_of
from tests.browser.seed import seed

pytestmark = pytest.mark.browser

SCREENS = {"at a desk": {"width": 1280, "height": 900}, "on a phone": {"width": 390, "height": 844}}
LIGHTS = ("light", "dark")
AXE = ROOT / "console" / "node_modules" / "axe-core" / "axe.min.js"
BY_COLOUR = ["color-contrast", "link-in-text-block"]
"""The rules that a page can keep in one light and break in the other."""

_FINDINGS = """async (rules) => {
    // A colour that is on its way from one light to the other has the contrast of neither.
    const moving = document.getAnimations().filter(({effect}) => Number.isFinite(effect.getComputedTiming().endTime));
    await Promise.allSettled(moving.map(({finished}) => finished));
    const {violations} = await axe.run(document, {resultTypes: ["violations"], ...(rules && {runOnly: rules})});
    return violations.filter(({impact}) => IMPACTS.includes(impact)).flatMap(
        ({id, nodes}) => nodes.map(({html, failureSummary}) => `${id}: ${html.slice(0, 200)} ${failureSummary}`));
}"""
FINDINGS = _FINDINGS.replace("IMPACTS", '["serious", "critical"]')
ALL_FINDINGS = _FINDINGS.replace("IMPACTS", '["minor", "moderate", "serious", "critical"]')


@pytest.fixture(scope="module")
def seeded(api, run):
    return seed(api, run.state_dir)


@pytest.fixture(scope="module", params=["at a desk", pytest.param("on a phone", marks=pytest.mark.slow)])
def visitor(request, chromium, run):
    """A page that stays open, in the light, with what it asked of other origins and complained about."""
    # The policy would refuse axe itself: it is no part of the site. That the site keeps to it is seen in every journey.
    # Nothing moves: what is halfway faded in has another contrast than a moment later.
    context = chromium.new_context(
        base_url=run.address,
        bypass_csp=True,
        reduced_motion="reduce",
        color_scheme=LIGHTS[0],
        viewport=SCREENS[request.param],
    )
    page = sign_in(context, run.token)
    page.foreign, page.complaints = [], []
    page.on("request", lambda seen: page.foreign.append(seen.url) if not is_own(seen.url, run) else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    yield page
    context.close()


def is_own(url, run):
    return url.startswith((f"{run.address}/", "data:", "blob:"))


@pytest.mark.parametrize("shown", PAGES, ids=lambda page: page.name)
def test_a_page_is_accessible_fits_and_asks_nobody_else(visitor, seeded, shown):
    visitor.goto(path_of(shown, seeded))
    settle(visitor, shown.shown)
    assert_accessible(visitor)
    for size in (SCREENS["on a phone"], visitor.viewport_size):
        visitor.set_viewport_size(size)
        visitor.wait_for_function("document.documentElement.scrollWidth <= innerWidth")  # once charts have another size
    expect(visitor.get_by_role("heading", level=1)).to_have_count(1)
    assert visitor.title().endswith("ingest-endpoints")
    assert visitor.foreign == []
    assert visitor.complaints == []


KEYS = STAGING + "/keys-and-webhooks"
OPENED = [
    ("/", "Account"),
    ("/", "Search"),
    ("/", "New endpoint"),
    ("/", "Rename Web shop"),
    ("/", "Delete Web shop"),
    (ENDPOINT, "Look into them"),
    (ENDPOINT + "/environments", "New environment"),
    (ENDPOINT + "/environments", "Actions of Production"),
    (ENVIRONMENT + "/settings", "Delete…"),
    (ENVIRONMENT + "/deployments", "Deploy Revision 1 to another"),
    (KEYS, "Add write key"),
    (KEYS, "Remove shop-web"),
    (KEYS, "Add webhook"),
    (KEYS, "Replace the secret of github"),
    (KEYS, "Remove the older secret of github"),
    (KEYS, "Remove till"),
    (ENVIRONMENT + "/alerts", "Add alert"),
    (ENVIRONMENT + "/alerts", "Edit The shop is silent"),
    (ENVIRONMENT + "/alerts", "Delete The shop is silent"),
    (ENVIRONMENT + "/alerts", "Add target"),
    (STAGING + "/install?sender=webhook-stripe", "Add another webhook"),
    (ENDPOINT + "/revisions", "New revision"),
    (ENDPOINT + "/revisions", "Rename Revision 1"),
    (ENDPOINT + "/revisions", "Clone Revision 1"),
    (ENDPOINT + "/revisions", "Show an example of Revision 1"),
    (ENDPOINT + "/revisions", "Finalise With vouchers"),
    (ENDPOINT + "/revisions", "Delete With vouchers"),
    (ENDPOINT + "/revisions/{draft_id}", "More for event"),
    (ENDPOINT + "/revisions/{draft_id}?at=event", "Add a rule"),
    (ENDPOINT + "/revisions/{draft_id}", "Try it"),
    (ENDPOINT + "/revisions/{draft_id}", "Try on traffic"),
    (ENDPOINT + "/revisions/{draft_id}", "Export"),
    (ENDPOINT + "/revisions/{draft_id}", "Finalise"),
    (ENDPOINT + "/revisions/{draft_id}", "Add a field"),  # which is not saved, and stays in the tab
    ("/organisation", "Change plan"),
    ("/organisation/members", "Invite member"),
    ("/organisation/members", "Change the role of grace@example.com"),
    ("/organisation/members", "Remove grace@example.com"),
    ("/organisation/tokens", "New token"),
    ("/organisation/tokens", "Delete CI"),
    ("/organisation/audit", "Before and after of"),
    ("/operations", "New organisation"),
    ("/operations/queues/spill", "Open "),
    ("/operations/queues/spill", "Send all again"),
    ("/operations/set-aside", "Open env_"),
]
"""What opens over a page: the page, and how the name of the button begins that opens it."""


@pytest.mark.slow
@pytest.mark.parametrize(("path", "button"), OPENED, ids=[button for _, button in OPENED])
def test_what_opens_over_a_page_is_as_accessible_as_the_page_below_it(visitor, seeded, path, button):
    visitor.goto(path_of(Page("", path, ""), seeded))
    visitor.get_by_role("button", name=re.compile(f"^{re.escape(button)}")).first.click()
    expect(visitor.locator("[role=dialog], [role=menu]").first).to_be_visible()
    assert_accessible(visitor)


def test_the_question_about_unsaved_work_is_accessible(visitor, seeded):
    visitor.goto(path_of(Page("", ENDPOINT + "/revisions/{draft_id}", ""), seeded))
    visitor.get_by_role("button", name="Add a field").click()
    visitor.get_by_label("Key", exact=True).fill("unsaved")
    visitor.get_by_role("button", name="Done").click()
    visitor.get_by_role("navigation", name="Main").get_by_role("link", name="Endpoints").click()
    expect(visitor.get_by_role("dialog", name="Leave without saving?")).to_be_visible()
    assert_accessible(visitor)
    visitor.get_by_role("button", name="Leave without saving").click()


def test_the_choice_between_two_that_were_saved_is_accessible(visitor, api, seeded):
    address = f"/v1/revisions/{seeded.draft_id}"
    visitor.goto(path_of(Page("", ENDPOINT + "/revisions/{draft_id}", ""), seeded))
    visitor.get_by_role("button", name="Add a field").click()
    visitor.get_by_label("Key", exact=True).fill("mine")
    visitor.get_by_role("button", name="Done").click()
    theirs = api.call("GET", address)
    api.call(
        "PUT",
        f"{address}/fields",
        {"fields": theirs["fields"]},
        headers={"If-Match": f'"{theirs["version"]}"'},
    )
    visitor.get_by_role("button", name="Save", exact=True).click()
    expect(visitor.get_by_role("button", name="Put both together")).to_be_visible()
    assert_accessible(visitor)
    visitor.get_by_role("button", name="Take theirs").click()


def test_what_came_of_trying_a_destination_is_accessible(visitor, seeded):
    visitor.goto(path_of(Page("", ENVIRONMENT + "/destination", ""), seeded))
    reason = "The role may not write."
    steps = [
        {"name": "role", "reason": "Not tested here.", "state": "not_tested"},
        {"name": "write", "reason": reason, "state": "failed"},
    ]
    answer = {"ok": False, "reason": reason, "checks": steps}
    visitor.route("**/destination/check", lambda route: route.fulfill(json=answer))
    visitor.get_by_role("button", name="Try it now").click()
    expect(visitor.get_by_role("list", name="Steps")).to_contain_text(reason)
    assert_accessible(visitor)
    visitor.unroute("**/destination/check")


def test_a_form_for_another_certificate_is_accessible(visitor, seeded):
    visitor.goto(path_of(Page("", ENDPOINT + "/environments/{staging_id}/domain", ""), seeded))
    visitor.get_by_role("button", name="Replace the certificate").click()
    expect(visitor.get_by_label("Private key")).to_be_visible()
    assert_accessible(visitor)


def test_the_question_for_another_token_is_accessible(visitor, seeded):
    problem = {"status": 401, "code": "unauthenticated", "title": "Sign in", "detail": "The token has ended."}
    visitor.route("**/v1/**", lambda route: route.fulfill(status=401, json=problem))
    visitor.goto("/organisation")
    expect(visitor.get_by_role("dialog", name="Sign in again")).to_be_visible()
    assert_accessible(visitor)
    visitor.unroute("**/v1/**")


def assert_accessible(visitor):
    """Assert that what is shown is accessible in either light; the page is left in the first."""
    visitor.add_script_tag(path=AXE)
    for light in reversed(LIGHTS):
        visitor.emulate_media(color_scheme=light)
        expect(visitor.locator("html")).to_have_attribute("data-mantine-color-scheme", light)
        assert visitor.evaluate(FINDINGS, None if light == LIGHTS[0] else BY_COLOUR) == [], light


def test_what_can_not_be_read_would_be_found(visitor):
    visitor.goto("/")
    expect(visitor.get_by_role("heading", level=1)).to_be_visible()
    visitor.evaluate("document.querySelector('h1').style.cssText = 'color: #ccc; background: #fff'")
    visitor.add_script_tag(path=AXE)
    (finding,) = visitor.evaluate(FINDINGS)
    assert finding.startswith("color-contrast")


def test_the_first_load_is_small(built_console):
    """At most 300 KB of gzipped JavaScript until the home page is there."""
    manifest = json.loads((built_console / ".vite" / "manifest.json").read_text())
    wanted, loaded = ["index.html", "src/pages/endpoints/Endpoints.tsx"], set()
    while wanted:
        chunk = manifest[wanted.pop()]
        if chunk["file"] not in loaded:
            loaded.add(chunk["file"])
            wanted += chunk.get("imports", [])
    sizes = {
        name: len(gzip.compress((built_console / name).read_bytes(), 9)) for name in loaded if name.endswith(".js")
    }
    assert len(sizes) > 1
    assert sum(sizes.values()) <= 300_000, sizes
    assert not any("PeriodChart" in name or "uPlot" in name for name in sizes)
