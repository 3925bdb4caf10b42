"""Every page of the console: readable by everybody, on a phone, and by itself."""

import gzip
import json

import pytest
from playwright.sync_api import expect

from benchmarks.local_run import ROOT
from tests.browser.browsing import settle, sign_in
from tests.browser.pages import PAGES, path_of
from tests.browser.seed import seed

pytestmark = pytest.mark.browser

LOOKS = {
    "light at a desk": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark at a desk": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "light on a phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
    "dark on a phone": {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}},
}
AXE = ROOT / "console" / "node_modules" / "axe-core" / "axe.min.js"
FINDINGS = """async () => {
    const {violations} = await axe.run(document, {resultTypes: ["violations"]});
    return violations.filter(({impact}) => impact === "serious" || impact === "critical").flatMap(
        ({id, nodes}) => nodes.map(({html, failureSummary}) => `${id}: ${html.slice(0, 200)} ${failureSummary}`));
}"""


@pytest.fixture(scope="module")
def seeded(api, run):
    return seed(api, run.state_dir)


@pytest.fixture(scope="module", params=LOOKS)
def visitor(request, chromium, run):
    """A page that stays open, with what it asked of other origins and complained about."""
    # The policy would refuse axe itself: it is no part of the site. That the site keeps to it is seen in every journey.
    # Nothing moves: what is halfway faded in has another contrast than a moment later.
    context = chromium.new_context(
        base_url=run.address, bypass_csp=True, reduced_motion="reduce", **LOOKS[request.param]
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
    visitor.add_script_tag(path=AXE)
    assert visitor.evaluate(FINDINGS) == []
    assert visitor.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(visitor.get_by_role("heading", level=1)).to_have_count(1)
    assert visitor.title().endswith("ingest-endpoints")
    assert visitor.foreign == []
    assert visitor.complaints == []


DIALOGS = {
    "a new endpoint": ("/", "New endpoint"),
    "a new environment": ("/endpoints/{endpoint}/environments", "New environment"),
    "a new revision": ("/endpoints/{endpoint}/revisions", "New revision"),
    "a data map": ("/endpoints/{endpoint}/revisions/{draft}", "Add a data map"),
    "an invitation": ("/organisation/members", "Invite member"),
    "a new token": ("/organisation/tokens", "New token"),
}
"""What opens over a page: the page, and the button that opens it."""


@pytest.mark.parametrize("dialog", DIALOGS)
def test_what_opens_over_a_page_is_as_accessible_as_the_page_below_it(visitor, seeded, dialog):
    path, button = DIALOGS[dialog]
    visitor.goto(path.format(endpoint=seeded.shop.endpoint_id, draft=seeded.draft_id))
    visitor.get_by_role("button", name=button, exact=True).first.click()
    expect(visitor.get_by_role("dialog")).to_be_visible()
    visitor.add_script_tag(path=AXE)
    assert visitor.evaluate(FINDINGS) == []


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
