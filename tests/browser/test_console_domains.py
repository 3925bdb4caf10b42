"""A domain's page where domains have to be proven: what to set, how far it is, and what goes when it is removed."""

import re

import pytest
from playwright.sync_api import expect

from benchmarks.local_run import LocalRun
from tests.browser.browsing import TIMEOUT_MS

pytestmark = pytest.mark.browser
expect.set_options(timeout=TIMEOUT_MS)

DOMAIN = "events.proven.example"


@pytest.fixture(scope="module")
def run(tmp_path_factory, built_console):
    with LocalRun(tmp_path_factory.mktemp("local") / "state", environment={"DOMAIN_PROOF": "dns"}) as run:
        yield run


def test_a_domain_shows_the_record_that_proves_it_and_serves_nothing_before(signed_in, api):
    made = api.make_environment("Proven", [{"key": "name", "type": "STRING"}])
    path = f"/v1/environments/{made.environment_id}/custom-domain"
    page = signed_in
    page.goto(f"/endpoints/{made.endpoint_id}/environments/{made.environment_id}/domain")
    expect(page.get_by_text("you first prove that it is yours by a TXT record")).to_be_visible()
    page.get_by_role("textbox", name="Domain").fill(DOMAIN)
    page.get_by_role("button", name="Set the domain").click()
    expect(page.get_by_text("pending proof", exact=True)).to_be_visible()
    expect(page.get_by_text("Waits for the TXT record")).to_be_visible()
    (record,) = api.call("GET", path)["dns_records"]
    for head in ("Type", "Name", "Value", "Purpose"):
        expect(page.get_by_role("columnheader", name=head, exact=True)).to_be_visible()
    row = page.get_by_role("row", name=re.compile("^TXT"))
    expect(row).to_contain_text(f"_ingest-challenge.{DOMAIN}")
    expect(row).to_contain_text(record["value"])
    expect(row).to_contain_text("Proves that the domain is yours")

    with page.expect_request(lambda request: request.url.endswith("/custom-domain/check")):
        page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("Last checked")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("pending proof", exact=True)).to_be_visible()
    assert api.call("GET", path)["proof"] == "pending"

    def be_active(route):
        """Show it as it is once the record was seen: no name server can be told so here."""
        answer = route.fetch()
        if answer.status != 200:
            route.fulfill(response=answer)
            return
        routing = {"type": "A", "name": DOMAIN, "value": "127.0.0.1", "purpose": "routing", "automatic": False}
        seen = {"status": "active", "proof": "record", "status_reason": None, "dns_records": [routing]}
        route.fulfill(response=answer, json={**answer.json(), **seen})

    page.route("**/custom-domain", be_active)
    page.reload()
    expect(page.get_by_text("TXT record seen")).to_be_visible()
    expect(page.get_by_text("Serves events")).to_be_visible()
    expect(page.get_by_role("button", name="Check now")).to_have_count(0)
    page.get_by_role("button", name="Remove the domain").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("First remove these records")
    expect(dialog.get_by_role("listitem")).to_have_text([f"A {DOMAIN}"])
    page.unroute("**/custom-domain", be_active)
    dialog.get_by_role("textbox", name=re.compile("to confirm")).fill(DOMAIN)
    dialog.get_by_role("button", name="Remove domain").click()
    expect(page.get_by_role("button", name="Set the domain")).to_be_visible(timeout=60_000)
