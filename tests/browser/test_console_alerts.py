"""Alerts in the console: made, tried, told to a receiver on this machine, and shown where people look."""

import json
import re

import httpx
import pytest
from playwright.sync_api import expect
from standardwebhooks import Webhook

from tests.browser.browsing import TIMEOUT_MS
from tests.waiting import wait_until
from tests.web_target import target_answering

pytestmark = pytest.mark.browser
expect.set_options(timeout=TIMEOUT_MS)

FIELDS = [{"key": "price", "type": "FLOAT"}]
LOOKED_AT_SECONDS = 60  # counts are handed over every ten seconds, and looked at every five


def test_an_alert_is_made_tried_and_told_to_a_signed_webhook(signed_in, api):
    made = api.make_environment("Alerted", FIELDS)
    page = signed_in
    with target_answering() as receiver:
        page.goto(f"/endpoints/{made.endpoint_id}/environments/{made.environment_id}")
        page.get_by_role("link", name="Alerts", exact=True).click()
        expect(page.get_by_text("Add one to be told when")).to_be_visible()

        page.get_by_role("button", name="Add target").click()
        dialog = page.get_by_role("dialog", name="Add target")
        dialog.get_by_role("combobox", name="Kind").click()
        page.get_by_role("option", name="Signed webhook").click()
        dialog.get_by_role("textbox", name="Name").fill("On call")
        dialog.get_by_role("textbox", name="URL").fill("http://hooks.example.com/")
        dialog.get_by_role("button", name="Add", exact=True).click()
        expect(dialog.get_by_text("Must begin with https://.")).to_be_visible()
        dialog.get_by_role("textbox", name="URL").fill(receiver.url)
        dialog.get_by_role("button", name="Add", exact=True).click()
        secret = dialog.locator("[data-secret]").inner_text()
        dialog.get_by_role("button", name="Copy", exact=True).click()
        dialog.get_by_role("button", name="Done").click()
        targets = page.get_by_role("table", name="Targets")
        expect(targets).to_contain_text(f"http://127.0.0.1:{receiver.port}/events")
        expect(dialog).to_be_hidden()
        assert secret not in page.content()

        page.get_by_role("button", name="Send a test to On call").click()
        expect(page.get_by_role("status").get_by_text("On call: sent")).to_be_visible()
        test = receiver.requests[-1]
        Webhook(secret).verify(test.body, test.headers)
        assert json.loads(test.body)["type"] == "alert.test.v1"

        page.get_by_role("button", name="Add alert").click()
        dialog = page.get_by_role("dialog", name="Add alert")
        expect(dialog.get_by_text("Tell me when more than 5 % are rejected for 10 minutes")).to_be_visible()
        dialog.get_by_role("combobox", name="Kind").click()
        page.get_by_role("option", name="New error code or unknown key").click()
        dialog.get_by_role("combobox", name="Targets").click()
        page.get_by_role("option", name="On call").click()
        page.keyboard.press("Tab")
        dialog.get_by_role("button", name="Add", exact=True).click()
        alerts = page.get_by_role("table", name="Alerts")
        expect(alerts).to_contain_text("OK")

        sent = httpx.post(made.address, json={"price": "the value"}, trust_env=False, timeout=30).json()
        assert sent["results"][0]["outcome"] == "quarantined"
        wait_until(lambda: len(receiver.requests) > 1, seconds=LOOKED_AT_SECONDS)
        message = receiver.requests[-1]
        Webhook(secret).verify(message.body, message.headers)
        told = json.loads(message.body)
        assert told["type"] == "alert.firing.v1"
        assert told["data"]["text"] == "For the first time: error code type_float."
        assert b"the value" not in message.body
        page.reload()
        expect(alerts).to_contain_text("firing")
        expect(alerts).to_contain_text("told that it fires")
        expect(page.get_by_text("1 alert fires")).to_be_visible()
        page.goto(f"/endpoints/{made.endpoint_id}/environments")
        expect(page.get_by_text("1 alert", exact=True)).to_be_visible()
        assert len(receiver.requests) == 2, "told once"


@pytest.mark.slow
def test_a_target_that_can_not_be_reached_is_seen(signed_in, api):
    made = api.make_environment("Unreachable", FIELDS)
    page = signed_in
    with target_answering(b"HTTP/1.1 503 Sorry\r\n\r\n") as receiver:
        target = api.call("POST", "/v1/alert-targets", {"name": "Broken", "kind": "slack", "url": receiver.url})
        body = {"kind": "silence", "targets": [target["id"]]}
        api.call("POST", f"/v1/environments/{made.environment_id}/alerts", body)
        page.goto(f"/endpoints/{made.endpoint_id}/environments/{made.environment_id}/alerts")
        page.get_by_role("button", name="Send a test of No events").click()
        expect(page.get_by_text("The test did not reach every target")).to_be_visible()
        for name in ("Alerts", "Targets"):
            expect(page.get_by_role("table", name=name)).to_contain_text("The receiver answered 503.")
        assert re.match("Test: No events", json.loads(receiver.requests[-1].body)["text"])


@pytest.mark.slow
def test_an_alert_is_edited_and_deleted_and_a_mail_says_that_it_goes_to_the_log(signed_in, api, run):
    made = api.make_environment("Edited", FIELDS)
    page = signed_in
    page.goto(f"/endpoints/{made.endpoint_id}/environments/{made.environment_id}/alerts")
    page.get_by_role("button", name="Add target").click()
    dialog = page.get_by_role("dialog", name="Add target")
    dialog.get_by_role("textbox", name="Name").fill("Mail")
    dialog.get_by_role("textbox", name="Address").fill("ops@example.com")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("written to the log on this machine")).to_be_visible()
    page.get_by_role("button", name="Send a test to Mail").click()
    expect(page.get_by_text("Mail: sent")).to_be_visible()
    assert "This is a test." in run.log.read_text()

    page.get_by_role("button", name="Add alert").click()
    page.get_by_role("dialog").get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Edit Rejected events").click()
    dialog = page.get_by_role("dialog", name="Edit alert")
    dialog.get_by_role("textbox", name="Limit").fill("2.5")
    dialog.get_by_role("textbox", name="Name").fill("Too many")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("table", name="Alerts")).to_contain_text("more than 2.5 %")
    page.get_by_role("button", name="Delete Too many").click()
    dialog = page.get_by_role("dialog", name="Delete alert")
    dialog.get_by_role("textbox").fill("Too many")
    dialog.get_by_role("button", name="Delete alert").click()
    expect(page.get_by_text("No alerts")).to_be_visible()
