"""A real browser loads a page with the code that the API hands out, and sends its event to a custom domain over TLS."""

import json
from base64 import b64encode
from hashlib import sha256
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate
from playwright.sync_api import sync_playwright

from tests.browser.browsing import launch
from tests.browser.shop_pages import served_shop
from tests.e2e_aws.deployment import DOMAIN, eventually

pytestmark = pytest.mark.emulator


def fingerprint(certificate):
    """Return how Chromium names a certificate's key."""
    key = load_pem_x509_certificate(certificate.read_bytes()).public_key()
    return b64encode(sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()).decode()


@pytest.fixture(scope="module")
def page(deployment):
    """A page of a shop, in a browser that finds the domain here and takes this run's certificate for it."""
    emulator = deployment.emulator
    flags = [
        f"--host-resolver-rules=MAP {DOMAIN}:443 127.0.0.1:{emulator.port}",
        f"--ignore-certificate-errors-spki-list={fingerprint(emulator.certificate)}",
    ]
    with served_shop() as origin, sync_playwright() as playwright:
        browser = launch(playwright, *flags)
        page = browser.new_page()
        page.goto(f"{origin}/checkout")
        yield page
        browser.close()


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
