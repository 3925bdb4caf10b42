"""The console as `make deploy` publishes it, opened in a browser from CloudFront with the headers of its stack."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from infra.publishing import publish
from tests.browser.browsing import sign_in
from tests.e2e_aws.chromium import running_browser
from tests.e2e_aws.deployment import DOMAIN, WAIT_SECONDS

pytestmark = pytest.mark.emulator

TIMEOUT_MS = WAIT_SECONDS * 1_000


@pytest.fixture(scope="module")
def console(deployment):
    """The address of the published console, and a browser that finds it."""
    client = deployment.emulator.client
    publish(client("s3"), client("cloudfront"), deployment.outputs)
    url = deployment.outputs["ConsoleUrl"]
    with running_browser(deployment.emulator, urlsplit(url).netloc) as browser:
        context = browser.new_context(base_url=url)
        context.set_default_timeout(TIMEOUT_MS)
        yield context
        context.close()


def ask_v1(deployment, route):
    """Answer as the deployed `/v1` does: the emulated CloudFront does not reach the API behind it."""
    request = route.request
    path = request.url.removeprefix(deployment.outputs["ConsoleUrl"])
    headers = {name: value for name, value in request.headers.items() if name == "authorization"}
    answer = deployment.ask("ManagementUrl", request.method, path, headers=headers)
    route.fulfill(status=answer.status_code, content_type=answer.headers["content-type"], body=answer.content)


def test_the_published_console_shows_what_is_deployed_under_its_own_policy(deployment, shop, console):
    console.route("**/v1/**", lambda route: ask_v1(deployment, route))
    page = sign_in(console, deployment.token)
    page.set_default_timeout(TIMEOUT_MS)
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console", lambda message: faults.append(message.text) if "Content Security Policy" in message.text else None
    )
    expect(page.get_by_text("Shop with a domain").first).to_be_visible(timeout=TIMEOUT_MS)
    endpoint = deployment.v1("GET", f"/v1/environments/{shop}")["endpoint_id"]
    answer = page.goto(f"/endpoints/{endpoint}/environments/{shop}/domain")
    expect(page.get_by_text(DOMAIN).first).to_be_visible(timeout=TIMEOUT_MS)
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"
    assert faults == []


def test_a_mistyped_address_of_the_docs_gets_their_page_and_is_not_found(console):
    page = console.new_page()
    answer = page.goto("/docs/erorrs")
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such page")
    assert page.goto("/docs/errors").status == 200
    page.close()


def test_who_is_not_signed_in_is_sent_to_the_page_of_the_deployed_pool(deployment, console):
    page = console.browser.new_page(base_url=deployment.outputs["ConsoleUrl"])
    page.set_default_timeout(TIMEOUT_MS)
    hosted = f"{deployment.outputs['SignInPage']}/**"
    page.route(hosted, lambda route: route.fulfill(body="the hosted page"))
    page.goto("/")
    with page.expect_request(hosted) as expected:
        page.get_by_role("button", name="Sign in").click()
    asked = expected.value.url
    assert f"client_id={deployment.outputs['SignInClientId']}" in asked
    assert "code_challenge_method=S256" in asked
