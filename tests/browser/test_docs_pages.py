"""The docs in a browser: readable in both lights, on a phone, under their own policy; search and the API reference."""

import re

import pytest
from playwright.sync_api import expect

from local.pages import DOCS
from tests.browser.browsing import TIMEOUT_MS
from tests.browser.test_console_pages import ALL_FINDINGS, AXE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (DOCS / "index.html").exists(), reason="the docs are not built: make docs"),
]

MISSING = "/docs/erorrs"
PAGES = ("/docs/", "/docs/errors", "/docs/api", MISSING)


@pytest.fixture
def visitor(chromium, run):
    """A page on a phone that notes what it asked of other origins, and what it complained about."""
    context = chromium.new_context(
        base_url=run.address, reduced_motion="reduce", viewport={"width": 390, "height": 844}, color_scheme="light"
    )
    page = context.new_page()
    page.foreign, page.complaints = [], []
    own = (f"{run.address}/", "data:", "blob:")
    page.on("request", lambda seen: None if seen.url.startswith(own) else page.foreign.append(seen.url))
    page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    yield page
    context.close()


def test_pages_are_accessible_in_both_lights_fit_a_phone_and_ask_nobody_else(visitor):
    for address in PAGES:
        visitor.goto(address, wait_until="networkidle")  # the page's own script takes over what was sent as HTML
        expect(visitor.get_by_role("heading", level=1)).to_have_count(1)
        if address == "/docs/api":
            expect(visitor.locator(".opblock-tag").first).to_be_visible(timeout=TIMEOUT_MS)
        assert visitor.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        visitor.evaluate(AXE.read_text("utf-8"))
        for light in ("light", "dark"):
            visitor.emulate_media(color_scheme=light)
            visitor.wait_for_function(
                "light => document.documentElement.matches('.dark') === (light === 'dark')", arg=light
            )
            assert visitor.evaluate(ALL_FINDINGS, None) == [], (address, light)
    assert visitor.foreign == []
    assert [said for said in visitor.complaints if "status of 404" not in said] == []


def test_a_mistyped_address_has_a_page_that_says_so(visitor):
    assert visitor.goto(MISSING, wait_until="networkidle").status == 404
    expect(visitor.get_by_role("heading", level=1)).to_have_text("There is no such page")
    visitor.get_by_role("main").get_by_role("link", name="the overview").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text(re.compile("Documentation"))


@pytest.mark.slow
def test_an_operation_shows_a_command_to_copy(visitor):
    visitor.goto("/docs/api")
    visitor.locator("#operations-tag-endpoints").click()
    visitor.locator(".opblock-post .opblock-summary-control").first.click()
    command = visitor.locator(".curl-example")
    expect(command).to_contain_text('curl -s -X POST "$ADDRESS/v1/endpoints')
    expect(command).to_contain_text("Authorization: Bearer $TOKEN")
    expect(command.get_by_role("button")).to_be_visible()


@pytest.mark.slow
def test_opened_operations_are_accessible_in_both_lights(visitor):
    visitor.goto("/docs/api")
    visitor.locator("#operations-tag-organisation").click()
    for method in ("get", "post", "patch", "delete"):
        visitor.locator(f".opblock-{method} .opblock-summary-control").first.click()
    visitor.locator(".opblock-patch .model-example").get_by_role("tab", name="Schema").first.click()
    visitor.locator(".opblock-post").get_by_role("button", name="Try it out").click()
    expect(visitor.locator(".curl-example pre")).to_have_count(4, timeout=TIMEOUT_MS)
    visitor.evaluate(AXE.read_text("utf-8"))
    for light in ("light", "dark"):
        visitor.emulate_media(color_scheme=light)
        expect(visitor.locator("html.dark-mode")).to_have_count(1 if light == "dark" else 0)
        assert visitor.evaluate(ALL_FINDINGS, None) == [], light
    visitor.locator(".scheme-container").get_by_role("button", name="Authorize").click()
    expect(visitor.get_by_role("button", name="Close").first).to_be_visible()
    assert visitor.evaluate(ALL_FINDINGS, None) == []


def test_the_api_reference_shows_no_document_that_an_address_names(visitor):
    asked = []
    visitor.on("request", lambda seen: asked.append(seen.url.split("?")[0]))
    other = "https://example.com/openapi.json"
    visitor.goto(
        f"/docs/api?url={other}&configUrl={other}&urls.primaryName={other}&spec=%7B%7D#/?url=/docs/assets/other.json"
    )
    expect(visitor.locator("#operations-tag-endpoints")).to_be_visible(timeout=TIMEOUT_MS)
    assert [url for url in asked if "openapi" in url and "/docs/assets/" not in url] == []
    assert [url for url in asked if "other" in url] == []
    assert visitor.foreign == []
    assert visitor.complaints == []


def test_search_leads_to_the_row_of_a_code(visitor):
    visitor.goto("/docs/")
    visitor.get_by_role("button", name="Search").click()
    visitor.get_by_role("searchbox").fill("rate_limited")
    visitor.locator(".VPLocalSearchBox .result").first.click()
    expect(visitor).to_have_url(re.compile(r"/docs/errors#rate_limited$"))
