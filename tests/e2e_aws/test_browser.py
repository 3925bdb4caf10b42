"""A real browser loads a page with the code that the API hands out, and sends its event to a custom domain over TLS."""

import json
from urllib.parse import quote

import pytest

from tests.browser.shop_pages import served_shop
from tests.e2e_aws.chromium import running_browser
from tests.e2e_aws.deployment import DOMAIN, WAIT_SECONDS, eventually

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def page(deployment):
    """A page of a shop."""
    with served_shop() as origin, running_browser(deployment.emulator, DOMAIN) as browser:
        page = browser.new_page()
        page.set_default_timeout(WAIT_SECONDS * 1_000)
        page.goto(f"{origin}/checkout")
        yield page


# The code with `fetch` asks by OPTIONS first, which the emulator keeps from the function.
@pytest.mark.parametrize(("snippet_id", "price"), [("pixel", 101.5), ("beacon", 102.5)])
def test_a_page_with_the_snippet_sends_its_event_to_the_custom_domain(deployment, shop, page, snippet_id, price):
    example = quote(json.dumps({"event": "purchase", "price": price}), safe="")
    items = deployment.v1("GET", f"/v1/environments/{shop}/snippets?example={example}")["items"]
    (item,) = [item for item in items if item["id"] == snippet_id]
    address = deployment.v1("GET", f"/v1/environments/{shop}")["address"]
    domain = deployment.v1("GET", f"/v1/environments/{shop}/custom-domain")["address"]
    assert address in item["code"]
    code = item["code"].replace(address, domain)
    page.set_content(code if item["language"] == "html" else f"<script>\n{code}</script>")

    def delivered():
        # What a browser keeps of the connection is told to it by its own loop, which runs in this call.
        page.wait_for_timeout(100)
        return [line for line in deployment.delivered(shop) if line.get("price") == price]

    (line,) = eventually(delivered)
    assert line["event"] == "purchase"


def test_the_browser_speaks_tls_with_the_certificate_of_the_run(deployment, shop, page):
    pixel = f"https://{DOMAIN}/?d={quote(json.dumps({'event': 'view'}))}"
    with page.expect_response(pixel) as expected:
        page.evaluate("(address) => { new Image().src = address; }", pixel)
    response = expected.value
    assert response.ok
    assert response.security_details()["issuer"] == "Authority of one test run"
    assert response.headers["content-type"] == "image/gif"
