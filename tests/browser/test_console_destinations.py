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
    page.keyboard.type(kind)  # a search, in the place of what is chosen
    page.get_by_role("option", name=re.compile(f"^{re.escape(kind)}")).click()  # its sentence belongs to its name
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


def test_a_table_in_postgresql_is_tested_made_and_changed_without_its_connection_string(signed_in, api, postgres):
    made = api.make_environment("With a table", NAMES)
    schema = postgres.new_schema()
    page = signed_in
    drawer = choose_destination(page, made, "A PostgreSQL database of yours")
    string, steps = drawer.get_by_label("Connection string"), drawer.get_by_role("list", name="Steps")
    test = drawer.get_by_role("button", name="Test", exact=True)
    string.fill("mysql://u:p@h/d")
    drawer.get_by_role("textbox", name="Schema").fill("nowhere")
    test.click()
    expect(string).to_have_attribute("aria-invalid", "true")
    string.fill(postgres.dsn(schema))
    test.click()
    expect(steps.get_by_role("listitem")).to_contain_text(["It can be reached: works", "The schema is there: failed"])
    expect(steps).to_contain_text("There is no schema nowhere")
    drawer.get_by_role("textbox", name="Schema").fill(schema)
    drawer.get_by_role("textbox", name="Connections").fill("3")
    drawer.get_by_role("button", name="Statements for a role").click()
    expect(drawer.get_by_role("region", name="Statements for a role")).to_contain_text(f'ON SCHEMA "{schema}" TO')
    test.click()
    expect(drawer.get_by_text("Everything that delivery needs works.")).to_be_visible()
    drawer.get_by_role("textbox", name="Name").fill("Tables")
    drawer.get_by_role("button", name="Create").click()
    expect(page.get_by_text("Environment “Tables” created.")).to_be_visible()

    (environment,) = [
        one
        for one in api.call("GET", f"/v1/endpoints/{made.endpoint_id}/environments")["items"]
        if one["name"] == "Tables"
    ]
    assert environment["destination"]["max_connections"] == 3
    page.goto(f"/endpoints/{made.endpoint_id}/environments/{environment['id']}/destination")
    string = page.get_by_label("Connection string")
    expect(string).to_have_value("")
    expect(page.get_by_text(f"Leave empty to keep {schema}@127.0.0.1:{postgres.port}/postgres")).to_be_visible()
    page.get_by_role("textbox", name="Connections").fill("4")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name="Try it now")).to_be_enabled()
    page.get_by_role("button", name="Try it now").click()
    expect(page.get_by_text("Everything that delivery needs works.")).to_be_visible()
    shown = api.call("GET", f"/v1/environments/{environment['id']}")["destination"]
    assert (shown["max_connections"], shown["schema"]) == (4, schema)
