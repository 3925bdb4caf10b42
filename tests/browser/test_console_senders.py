"""Senders in the console: write keys, webhooks and their secrets, and what an environment is told to accept."""

import hashlib
import hmac
import re

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.browsing import TIMEOUT_MS, sign_in
from tests.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=TIMEOUT_MS)

EXPIRES = "2030-01-01T00:00:00Z"
FIELDS = [{"key": "hook", "type": "STRING"}, {"key": "name", "type": "STRING", "presence": "optional"}]


def show(page, made, part="keys-and-webhooks"):
    page.goto(f"/endpoints/{made.endpoint_id}/environments/{made.environment_id}/{part}")


def post(address, body=b'{"hook": "by hand"}', **headers):
    headers = {"Content-Type": "application/json", **headers}
    return httpx.post(address, content=body, headers=headers, trust_env=False, timeout=30)


def deliver(address, secret, body=b"{}"):
    """Post as GitHub does."""
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return post(address, body, **{"X-Hub-Signature-256": f"sha256={signature}", "X-GitHub-Event": "ping"})


def shown(api, made):
    return api.call("GET", f"/v1/environments/{made.environment_id}")


def confirm(page, title, name):
    """Answer the question for a name; return what it says."""
    dialog = page.get_by_role("dialog", name=title)
    dialog.get_by_role("textbox", name=re.compile("to confirm")).fill(name)
    said = dialog.inner_text()
    dialog.get_by_role("button", name=title).click()
    expect(dialog).to_have_count(0)
    return said


def test_a_write_key_is_added_with_its_faults_at_the_field_and_removed_with_what_stops(signed_in, api):
    made = api.make_environment("Has keys", FIELDS)
    page = signed_in
    page.goto(f"/endpoints/{made.endpoint_id}/environments/{made.environment_id}")
    page.get_by_role("navigation", name="Environment").get_by_role("link", name="Keys").click()
    expect(page.get_by_text("No key is needed")).to_be_visible()
    page.get_by_role("button", name="Add write key").click()
    dialog = page.get_by_role("dialog", name="Add write key")
    expect(dialog.get_by_text("Every request needs a write key from then on")).to_be_visible()
    key = dialog.get_by_role("textbox", name="Key")
    key.fill("shop web")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(key).to_have_attribute("aria-invalid", "true")
    expect(dialog.get_by_text("without spaces and colons")).to_be_visible()
    key.fill("shop-web")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog).to_have_count(0)
    table = page.get_by_role("table", name="Write keys")
    expect(table).to_contain_text("shop-web")
    wait_until(lambda: post(made.address).status_code == 401)
    assert post(made.address, **{"X-Write-Key": "shop-web"}).status_code == 200

    page.get_by_role("button", name="Add write key").click()
    page.get_by_role("button", name="Generate key").click()
    expect(dialog.get_by_text("Every request needs")).to_have_count(0)
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(table.get_by_role("row")).to_have_count(3)
    page.get_by_role("button", name="Remove shop-web").click()
    assert "answered 401" in confirm(page, "Remove write key", "shop-web")
    (left,) = shown(api, made)["write_keys"]
    page.get_by_role("button", name=f"Remove {left}").click()
    assert "with or without a key" in confirm(page, "Remove write key", left)
    expect(table).to_have_count(0)
    wait_until(lambda: post(made.address).status_code == 200)


def test_what_another_person_changed_meanwhile_is_kept(signed_in, api):
    made = api.make_environment("Keys of two", FIELDS)
    page = signed_in
    show(page, made)
    page.get_by_role("button", name="Add write key").click()
    dialog = page.get_by_role("dialog", name="Add write key")
    dialog.get_by_role("textbox", name="Key").fill("mine")
    api.call("PATCH", f"/v1/environments/{made.environment_id}", {"write_keys": ["theirs"]})
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog.get_by_role("alert").filter(has_text="This was changed since you read it")).to_be_visible()
    expect(page.get_by_role("table", name="Write keys")).to_contain_text("theirs")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog).to_have_count(0)
    assert shown(api, made)["write_keys"] == ["theirs", "mine"]


def test_a_webhooks_secret_is_made_shown_once_replaced_by_another_and_removed(signed_in, api):
    made = api.make_environment("Has a webhook", FIELDS)
    page = signed_in
    show(page, made)
    page.get_by_role("button", name="Add webhook").click()
    dialog = page.get_by_role("dialog", name="Add webhook")
    expect(dialog.get_by_text(f"{made.address}/hooks/github", exact=True)).to_be_visible()
    dialog.get_by_role("button", name="Generate secret").click()
    dialog.get_by_role("button", name="Add", exact=True).click()
    first = page.locator("[data-secret]").inner_text()
    page.keyboard.press("Escape")
    page.get_by_role("dialog", name="Close without copying it?").get_by_role("button", name="Stay").click()
    page.get_by_role("button", name="Copy", exact=True).click()
    page.get_by_role("button", name="Done").click()
    expect(page.locator("[data-secret]")).to_have_count(0)
    row = page.get_by_role("row").filter(has_text="github")
    expect(row).to_contain_text("GitHub")
    address = f"{made.address}/hooks/github"
    wait_until(lambda: deliver(address, first).status_code == 200)
    assert first not in page.content()

    page.get_by_role("button", name="Replace the secret of github").click()
    dialog = page.get_by_role("dialog", name="Replace the secret of github")
    dialog.get_by_label("New secret").fill("a-newer-secret")
    dialog.get_by_role("button", name="Replace").click()
    expect(dialog).to_have_count(0)
    expect(row).to_contain_text("a newer and an older one")
    wait_until(lambda: deliver(address, "a-newer-secret").status_code == 200)
    assert deliver(address, first).status_code == 200

    page.get_by_role("button", name="Remove the older secret of github").click()
    assert "answered 401" in confirm(page, "Remove the older secret", "github")
    expect(page.get_by_role("button", name="Remove the older secret of github")).to_have_count(0)
    wait_until(lambda: deliver(address, first).status_code == 401)
    assert deliver(address, "a-newer-secret").status_code == 200

    page.get_by_role("button", name="Remove github").click()
    assert "answered 404" in confirm(page, "Remove webhook", "github")
    wait_until(lambda: deliver(address, "a-newer-secret").status_code == 404)
    assert shown(api, made)["webhooks"] == []


def test_a_webhooks_faults_stand_at_its_fields_and_leave_the_others_as_they_are(signed_in, api):
    made = api.make_environment("Has webhooks", FIELDS)
    kept = {"name": "github", "scheme": "github", "secrets": ["a-secret-of-github"]}
    api.call("PATCH", f"/v1/environments/{made.environment_id}", {"webhooks": [kept], "write_keys": ["till&1"]})
    page = signed_in
    show(page, made)
    page.get_by_role("button", name="Add webhook").click()
    dialog = page.get_by_role("dialog", name="Add webhook")
    name = dialog.get_by_role("textbox", name="Name")
    expect(name).to_have_value("github-2")
    sender = dialog.get_by_role("combobox", name="Sender")
    sender.click()
    page.get_by_role("option", name="Standard Webhooks (Svix)").click()
    expect(name).to_have_value("svix")
    name.fill("github")
    secret = dialog.get_by_label(re.compile("^Secret"))
    secret.fill("whsec_not base64")
    expect(secret).to_have_attribute("type", "password")
    expect(dialog.get_by_role("button", name="Generate secret")).to_have_count(0)
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog.get_by_text("Another webhook of this environment has this name.")).to_be_visible()
    name.fill("payments")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(secret).to_have_attribute("aria-invalid", "true")
    expect(dialog.get_by_text("as Standard Webhooks have it")).to_be_visible()
    sender.click()
    page.get_by_role("option", name="Any other, not signed").click()
    expect(name).to_have_value("payments")
    expect(secret).to_have_count(0)
    expect(dialog.get_by_text("Anyone who knows the address can send")).to_be_visible()
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog).to_have_count(0)
    row = page.get_by_role("row").filter(has_text="payments")
    expect(row).to_contain_text("not signed")
    expect(row).to_contain_text("/hooks/payments?writeKey=till%261")
    assert [(hook["name"], hook["secrets_set"]) for hook in shown(api, made)["webhooks"]] == [
        ("github", 1),
        ("payments", 0),
    ]
    address = f"{made.address}/hooks/payments"
    wait_until(lambda: post(f"{address}?writeKey=till%261").status_code == 200)
    assert post(address).status_code == 401


def test_a_webhook_is_installed_from_its_sender_to_its_first_event(signed_in, api):
    made = api.make_environment("Waits for a webhook", FIELDS)
    page = signed_in
    show(page, made, "install?way=sender")
    page.get_by_role("combobox", name="Sender").fill("github")
    page.get_by_role("option", name="Webhooks: GitHub").click()
    setting = page.get_by_role("region", name="Setting of GitHub")
    expect(page.get_by_text("This sender needs a webhook")).to_be_visible()
    expect(page.get_by_text("401 means that it signs with another secret")).to_be_visible()
    expect(setting).to_have_count(0)
    page.get_by_role("button", name="Add webhook").click()
    dialog = page.get_by_role("dialog", name="Add webhook")
    expect(dialog.get_by_role("combobox", name="Sender")).to_have_value("GitHub")
    dialog.get_by_role("button", name="Generate secret").click()
    dialog.get_by_role("button", name="Add", exact=True).click()
    secret = page.locator("[data-secret]").inner_text()
    dialog.get_by_role("button", name="Copy", exact=True).click()
    dialog.get_by_role("button", name="Done").click()
    address = f"{made.address}/hooks/github"
    expect(setting).to_have_text(address)
    expect(page.get_by_text("Waiting for your first event …")).to_be_visible()
    wait_until(lambda: deliver(address, secret).status_code == 200)
    expect(page.get_by_text("Your first event has arrived")).to_be_visible(timeout=60_000)
    page.reload()
    expect(page.get_by_text("None of them since you opened this page")).to_be_visible()


def test_an_sdk_is_given_the_write_key_that_is_picked_or_made_and_code_carries_one(signed_in, api):
    made = api.make_environment("Waits for an SDK", FIELDS)
    api.call("PATCH", f"/v1/environments/{made.environment_id}", {"write_keys": ["shop&web", "app"]})
    page = signed_in
    show(page, made, "install?sender=snowplow-browser")
    setting = page.get_by_role("region", name="Setting of @snowplow/browser-tracker")
    expect(setting).to_contain_text('appId: "shop&web"')
    page.get_by_role("combobox", name="Write key").click()
    page.get_by_role("option", name="app").click()
    expect(setting).to_contain_text('appId: "app"')
    page.get_by_role("button", name="Add write key").click()
    dialog = page.get_by_role("dialog", name="Add write key")
    dialog.get_by_role("textbox", name="Key").fill("till")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(setting).to_contain_text('appId: "till"')
    expect(page.get_by_text("401 means that it carries none of the write keys")).to_be_visible()
    expect(page.get_by_text("Waiting for your first event …")).to_be_visible()
    page.get_by_text("Code", exact=True).click()
    code = page.get_by_role("region", name="cURL snippet")
    expect(code).to_contain_text("?writeKey=shop%26web")
    (address,) = re.findall("'(http.*?)'", code.inner_text())
    wait_until(lambda: post(made.address).status_code == 401)
    assert post(address).status_code == 200
    expect(page.get_by_text("Your first event has arrived")).to_be_visible(timeout=60_000)


def test_a_page_that_waits_in_vain_stops_looking_until_it_is_told(signed_in, api):
    made = api.make_environment("Waits in vain", FIELDS)
    page = signed_in
    page.clock.install()
    show(page, made, "install?sender=vector")
    expect(page.get_by_text("Waiting for your first event …")).to_be_visible()
    page.clock.fast_forward(31 * 60_000)
    expect(page.get_by_text("No event has arrived yet")).to_be_visible()
    with page.expect_request("**/v1/usage?*"):
        page.get_by_role("button", name="Look again").click()
    expect(page.get_by_text("Waiting for your first event …")).to_be_visible()


def test_an_event_in_quarantine_names_its_protocol(signed_in, api):
    made = api.make_environment("Of a webhook", [{"key": "unheard_of", "type": "STRING"}])
    hook = {"name": "till", "scheme": "none"}
    api.call("PATCH", f"/v1/environments/{made.environment_id}", {"webhooks": [hook]})
    wait_until(lambda: post(f"{made.address}/hooks/till").status_code == 200)
    path = f"/v1/environments/{made.environment_id}/quarantine"
    wait_until(lambda: api.call("GET", path)["events"] == 1)
    show(signed_in, made, "quarantine")
    expect(signed_in.get_by_role("region", name="Samples").get_by_text("Webhook", exact=True)).to_be_visible()


def test_a_viewer_sees_keys_and_webhooks_and_changes_none(chromium, api, run):
    made = api.make_environment("Looked at", FIELDS)
    hook = {"name": "till", "scheme": "hmac", "secrets": ["a-secret-of-a-till"]}
    api.call("PATCH", f"/v1/environments/{made.environment_id}", {"webhooks": [hook], "write_keys": ["shop-web"]})
    token = api.call("POST", "/v1/tokens", {"name": "Reader", "role": "viewer", "expires_at": EXPIRES})
    context = chromium.new_context(base_url=run.address)
    page = sign_in(context, token["token"])
    show(page, made)
    expect(page.get_by_role("table", name="Write keys")).to_contain_text("shop-web")
    expect(page.get_by_role("table", name="Webhooks")).to_contain_text("till")
    for name in ("Add write key", "Add webhook", "Remove shop-web", "Replace the secret of till", "Remove till"):
        button = page.get_by_role("button", name=name)
        expect(button).to_have_attribute("aria-disabled", "true")
        button.click(force=True)
    expect(page.get_by_role("dialog")).to_have_count(0)
    context.close()
