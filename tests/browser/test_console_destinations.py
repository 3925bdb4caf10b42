"""Destinations in the console: what has to be set up for one, and that it works before an environment has it."""

import json
import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

NAMES = [{"key": "event", "type": "STRING"}]
ROLE = "arn:aws:iam::123456789012:role/ingest"


def choose_destination(page, made, kind):
    page.goto(f"/endpoints/{made.endpoint_id}/environments?open=new")
    page.get_by_role("dialog").get_by_role("combobox", name="Destination").click()
    page.get_by_role("option", name=kind).click()
    return page.get_by_role("dialog")


def test_a_bucket_is_tested_before_anything_is_made(signed_in, api):
    made = api.make_environment("Tested first", NAMES)
    page = signed_in
    drawer = choose_destination(page, made, "An S3 bucket of yours")
    drawer.get_by_role("textbox", name="Bucket").fill("my-events")
    drawer.get_by_role("textbox", name="Region").fill("Frankfurt")
    drawer.get_by_role("textbox", name="Role").fill(ROLE)
    drawer.get_by_role("button", name="Test", exact=True).click()
    expect(drawer.get_by_role("textbox", name="Region")).to_have_attribute("aria-invalid", "true")
    expect(drawer.get_by_role("list", name="Steps")).to_have_count(0)
    drawer.get_by_role("textbox", name="Region").fill("eu-west-1")
    drawer.get_by_role("button", name="Test", exact=True).click()
    expect(drawer.get_by_role("list", name="Steps")).to_contain_text("The role can be assumed")
    drawer.get_by_role("textbox", name="Prefix").fill("raw/")
    expect(drawer.get_by_role("list", name="Steps")).to_have_count(0)  # of other settings
    assert len(api.call("GET", f"/v1/endpoints/{made.endpoint_id}/environments")["items"]) == 1


@pytest.mark.slow
def test_policies_are_filled_in_with_what_is_written(signed_in, api):
    made = api.make_environment("With policies", NAMES)
    me = api.call("GET", "/v1/me")
    account = "210987654321"
    page = signed_in
    page.route("**/v1/me", lambda route: route.fulfill(json={**me, "deployment_account": account}))
    drawer = choose_destination(page, made, "An S3 bucket of yours")
    drawer.get_by_role("textbox", name="Bucket").fill("my-events")
    drawer.get_by_role("textbox", name="Prefix").fill("raw/")
    drawer.get_by_role("button", name="Policies for the role").click()
    trust = json.loads(drawer.get_by_role("region", name="Trust policy").inner_text())
    assert trust["Statement"][0]["Principal"] == {"AWS": f"arn:aws:iam::{account}:root"}
    assert trust["Statement"][0]["Condition"] == {"StringEquals": {"sts:ExternalId": me["organisation"]["id"]}}
    rights = json.loads(drawer.get_by_role("region", name="Permissions").inner_text())
    assert rights["Statement"][0]["Resource"] == "arn:aws:s3:::my-events/raw/*"
    page.unroute("**/v1/me")


@pytest.mark.slow
def test_faults_stand_at_their_field_and_rare_settings_open_for_theirs(signed_in, api):
    made = api.make_environment("With faults", NAMES)
    api.call("PATCH", f"/v1/environments/{made.environment_id}", {"name": "Production"})
    page = signed_in
    drawer = choose_destination(page, made, "Google BigQuery")
    expect(drawer.get_by_role("textbox", name="Rate limit")).not_to_be_visible()
    drawer.get_by_role("textbox", name="Name").fill("Production")
    drawer.get_by_role("textbox", name="Project").fill("my-project")
    drawer.get_by_role("textbox", name="Data set").fill("events")
    drawer.get_by_role("textbox", name="Credentials").fill('{"type": "service_account"}')
    drawer.get_by_role("button", name="Create").click()
    credentials = drawer.get_by_role("textbox", name="Credentials")
    expect(credentials).to_have_attribute("aria-invalid", "true")
    expect(drawer.get_by_text("private_key: ")).to_be_visible()
    expect(drawer.get_by_role("region", name="Commands for a service account")).not_to_be_visible()
    drawer.get_by_role("combobox", name="Destination").click()
    page.get_by_role("option", name=re.compile("own S3 bucket")).click()
    drawer.get_by_role("button", name="More settings").click()
    expect(drawer.get_by_role("textbox", name="Rate limit")).to_be_visible()
    drawer.get_by_role("button", name="Create").click()
    expect(drawer.get_by_role("textbox", name="Name")).to_have_attribute("aria-invalid", "true")
