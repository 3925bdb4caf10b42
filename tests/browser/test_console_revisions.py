"""Revisions in the console: designed, tried, compared, and kept from getting lost."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.browsing import TIMEOUT_MS

pytestmark = pytest.mark.browser
expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture
def draft(api, endpoint):
    """A draft with two fields."""
    return make_draft(api, endpoint, [{"key": "name", "type": "STRING"}, {"key": "age", "type": "INT"}])


def make_draft(api, endpoint, fields):
    draft = api.call("POST", f"/v1/endpoints/{endpoint}/revisions", {"name": "Drafted"})
    put(api, draft["id"], fields)
    return draft["id"]


def put(api, revision, fields):
    version = api.call("GET", f"/v1/revisions/{revision}")["version"]
    return api.call("PUT", f"/v1/revisions/{revision}/fields", {"fields": fields}, headers={"If-Match": f'"{version}"'})


def stored(api, revision):
    return api.call("GET", f"/v1/revisions/{revision}")["fields"]


def show(page, endpoint, revision):
    page.goto(f"/endpoints/{endpoint}/revisions/{revision}")
    expect(page.get_by_role("radiogroup", name="Unknown fields")).to_be_visible()


def row(page, key):
    return page.get_by_role("button", name=re.compile(f"^(Edit|Show) {re.escape(key)}$"))


def describe(page, key, text):
    row(page, key).click()
    page.get_by_role("textbox", name="Description").fill(text)
    page.get_by_role("button", name="Done").click()


def saved(page):
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(re.compile("saved\\.$")).first).to_be_visible()


def test_a_revision_is_designed_tried_and_finalised_with_the_keyboard_alone(signed_in, api, endpoint):
    page = signed_in
    page.goto(f"/endpoints/{endpoint}/revisions?new=true")
    page.get_by_label("Name", exact=True).fill("By keyboard")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Add a field").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Key", exact=True)).to_be_focused()
    page.wait_for_timeout(400)  # until the dialog has given the focus
    expect(page.get_by_text("A field needs a key.")).to_have_count(0)  # nobody has typed one yet
    page.keyboard.press("Tab")
    expect(page.get_by_text("A field needs a key.")).to_be_visible()
    page.get_by_label("Key", exact=True).focus()
    page.keyboard.type("Event")
    expect(page.get_by_text(re.compile("^Lower-case letters"))).to_be_visible()
    page.keyboard.press("Control+A")
    page.keyboard.type("event")
    expect(page.get_by_text(re.compile("^Lower-case letters"))).to_have_count(0)
    page.get_by_role("button", name="Add a rule").focus()
    page.keyboard.press("Enter")
    rule = page.get_by_role("menuitem", name=re.compile("^one_of"))
    expect(rule).to_be_visible()
    for _ in range(page.get_by_role("menuitem").count()):
        page.keyboard.press("ArrowDown")
        if rule.evaluate("element => element === document.activeElement"):
            break
    expect(rule).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_label("one_of", exact=True).focus()
    page.keyboard.type("view\npurchase")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+S")
    expect(page.get_by_text("Revision “By keyboard” saved.")).to_be_visible()

    page.get_by_role("button", name="Try it").focus()
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Event", exact=True).fill('[{"event": "view", "more": 1}, {"event": "refund"}]')
    page.get_by_role("button", name="Try", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("accepted", exact=True)).to_be_visible()
    expect(page.get_by_text("rejected", exact=True)).to_be_visible()
    expect(page.get_by_role("dialog").get_by_text("/event", exact=True)).to_be_visible()
    expect(page.get_by_text("Dropped: /more")).to_be_visible()
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Finalise").focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Finalise", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Clone to change it")).to_be_visible()
    expect(page.get_by_text("No key names the event in usage and filters.")).to_be_visible()
    made = next(
        item
        for item in api.call("GET", f"/v1/endpoints/{endpoint}/revisions")["items"]
        if item["name"] == "By keyboard"
    )
    assert made["state"] == "finalised"
    (field,) = stored(api, made["id"])
    assert field["rules"] == [{"rule": "one_of", "value": ["view", "purchase"]}]


def test_what_was_not_saved_survives_a_reload_and_an_undo(signed_in, api, endpoint, draft):
    page = signed_in
    show(page, endpoint, draft)
    describe(page, "name", "Of a person")
    expect(page.get_by_text("unsaved changes")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())  # the browser asks before it leaves
    page.reload()
    expect(page.get_by_text("Your unsaved changes are back")).to_be_visible()
    saved(page)
    assert stored(api, draft)[0]["description"] == "Of a person"
    describe(page, "age", "In years")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("unsaved changes")).to_have_count(0)


def test_leaving_with_unsaved_work_is_asked_about(signed_in, endpoint, draft):
    page = signed_in
    show(page, endpoint, draft)
    describe(page, "name", "Of a person")
    page.get_by_role("link", name="Overview").click()
    dialog = page.get_by_role("dialog", name="Leave without saving?")
    dialog.get_by_role("button", name="Stay").click()
    expect(page.get_by_text("unsaved changes")).to_be_visible()


def test_the_second_of_two_who_save_is_told_and_nothing_is_lost(signed_in, api, endpoint, draft):
    page = signed_in
    show(page, endpoint, draft)
    describe(page, "name", "Mine")
    put(api, draft, [{"key": "name", "type": "STRING"}, {"key": "age", "type": "INT", "description": "Theirs"}])
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog", name="Someone else has saved this draft")
    expect(dialog.get_by_text("They changed:")).to_be_visible()
    dialog.get_by_role("button", name="Put both together").click()
    saved(page)
    assert [field.get("description") for field in stored(api, draft)] == ["Mine", "Theirs"]


def test_a_token_that_ends_in_the_middle_of_a_save_costs_nothing(console_context, run, api, endpoint, draft):
    made = api.call("POST", "/v1/tokens", {"name": "Short", "role": "editor"})
    page = console_context.new_page()
    page.goto("/sign-in")
    page.get_by_label("Token", exact=True).fill(made["token"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    show(page, endpoint, draft)
    describe(page, "name", "Still here")
    api.call("DELETE", f"/v1/tokens/{made['id']}?confirm=Short")
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog", name="Sign in again")
    dialog.get_by_label("Token", exact=True).fill(run.token)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Revision “Drafted” saved.")).to_be_visible()
    assert stored(api, draft)[0]["description"] == "Still here"


@pytest.mark.slow
def test_what_the_api_refuses_stands_at_its_field(signed_in, api, endpoint):
    regex = {"key": "name", "type": "STRING", "rules": [{"rule": "regex", "value": "[a-z]+"}]}
    draft = make_draft(api, endpoint, [regex])
    page = signed_in
    show(page, endpoint, draft)
    row(page, "name").click()
    page.get_by_label("regex", exact=True).fill("[a-z")
    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("img", name=re.compile("^Fault: "))).to_be_visible()
    assert stored(api, draft)[0]["rules"][0]["value"] == "[a-z]+"


@pytest.mark.slow
def test_2000_fields_are_rows_only_where_they_are_seen(signed_in, api, endpoint):
    many = [{"key": f"key_{number:04}", "type": "STRING"} for number in range(2000)]
    draft = make_draft(api, endpoint, many)
    page = signed_in
    show(page, endpoint, draft)
    expect(row(page, "key_0000")).to_be_visible()
    assert page.get_by_role("row").count() < 80
    page.keyboard.press("End")
    expect(row(page, "key_1999")).to_be_visible()
    describe(page, "key_1999", "The last")
    saved(page)
    assert stored(api, draft)[1999]["description"] == "The last"
    page.get_by_role("button", name="Add a field").click()
    page.get_by_label("Key", exact=True).fill("one_more")
    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text(re.compile("at most 2,000 fields"))).to_be_visible()


@pytest.mark.slow
def test_many_fields_are_added_in_a_row_with_enter(signed_in, api, endpoint):
    draft = make_draft(api, endpoint, [{"key": "name", "type": "STRING"}])
    page = signed_in
    show(page, endpoint, draft)
    page.get_by_role("button", name="Add a field").click()
    for number, key in enumerate(("age", "city", "country")):
        expect(page.get_by_role("dialog", name="New field").get_by_label("Key", exact=True)).to_be_focused()
        page.keyboard.type(key)
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog", name="New field")).to_be_visible()
        expect(row(page, ("age", "city", "country")[number])).to_have_count(1)
    page.keyboard.press("Escape")
    saved(page)
    assert [field["key"] for field in stored(api, draft)] == ["name", "age", "city", "country"]


@pytest.mark.slow
def test_a_key_that_a_sibling_has_is_told_at_the_key_and_the_page_goes_on(signed_in, api, endpoint):
    draft = make_draft(api, endpoint, [{"key": "name", "type": "STRING"}])
    page = signed_in
    show(page, endpoint, draft)
    page.get_by_role("button", name="Add a field").click()
    key = page.get_by_label("Key", exact=True)
    key.fill("name")
    expect(page.get_by_role("dialog", name="name").get_by_text("has this key already")).to_be_visible()
    key.fill("other")
    page.get_by_role("button", name="Done").click()
    page.get_by_role("combobox", name="Event name").click()
    expect(page.get_by_role("option")).to_have_text(["/name", "/other"])


@pytest.mark.slow
def test_fields_of_some_events_stand_below_what_every_event_has(signed_in, api, endpoint):
    fields = [
        {"key": "page", "type": "JSON", "from": "properties", "when": {"/type": ["page"]}},
        {"key": "message_id", "type": "STRING", "from": "messageId", "protect": "hash"},
    ]
    draft = make_draft(api, endpoint, fields)
    page = signed_in
    show(page, endpoint, draft)
    rows = page.get_by_role("treegrid", name="Fields").get_by_role("row")
    expect(rows).to_have_count(4)
    expect(rows.nth(0)).to_contain_text("Every event")
    expect(rows.nth(1)).to_contain_text(re.compile("message_id *← messageId"))
    expect(rows.nth(1).get_by_role("img", name="Protected: hash")).to_be_visible()
    expect(rows.nth(2)).to_contain_text("/type is page")
    expect(rows.nth(3)).to_contain_text(re.compile("page *← properties"))
    page.get_by_role("button", name="Edit message_id").click()
    page.get_by_role("textbox", name="Sent as").fill("/context/id")
    page.get_by_role("button", name="Done").click()
    saved(page)
    assert [field.get("from") for field in stored(api, draft)] == ["properties", "/context/id"]


@pytest.mark.slow
def test_an_event_that_is_pasted_into_an_empty_draft_becomes_fields(signed_in, api, endpoint):
    draft = api.call("POST", f"/v1/endpoints/{endpoint}/revisions", {"name": "Empty"})["id"]
    page = signed_in
    show(page, endpoint, draft)
    page.get_by_role("textbox", name="An event, as you would send it").fill('{"event": "view", "total": 59.9}')
    page.get_by_role("button", name="Infer the fields").click()
    expect(row(page, "total")).to_be_visible()
    saved(page)
    assert [field["key"] for field in stored(api, draft)] == ["event", "total"]
    expect(page.get_by_role("radio", name="Keep")).to_be_checked()
    assert api.call("GET", f"/v1/revisions/{draft}")["additional_keys"] == "keep"
    names = [item["name"] for item in api.call("GET", f"/v1/endpoints/{endpoint}/revisions")["items"]]
    assert sorted(names) == ["Empty", "Revision 1"]


@pytest.mark.slow
def test_a_revision_from_a_json_schema_says_what_had_no_counterpart(signed_in, endpoint):
    page = signed_in
    page.goto(f"/endpoints/{endpoint}/revisions?new=true")
    page.get_by_text("JSON Schema", exact=True).click()
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "either": {"not": {"type": "string"}}},
        "required": ["name"],
    }
    page.get_by_role("textbox", name="JSON Schema").fill(json.dumps(schema))
    page.get_by_role("button", name="Create", exact=True).click()
    expect(
        page.get_by_role("table", name="What was not taken over").get_by_text("/properties/either").first
    ).to_be_visible()
    page.get_by_role("button", name="Open the designer").click()
    expect(row(page, "name")).to_be_visible()


@pytest.mark.slow
def test_a_revision_from_samples_says_how_sure_it_is(signed_in, endpoint):
    page = signed_in
    page.goto(f"/endpoints/{endpoint}/revisions?new=true")
    page.get_by_text("Samples", exact=True).click()
    page.get_by_label("Sample events").fill('{"event": "view", "price": 1}\n{"event": "view"}')
    page.get_by_role("button", name="Create", exact=True).click()
    guesses = page.get_by_role("table", name="What was inferred")
    expect(guesses.get_by_text("price", exact=True)).to_be_visible()
    expect(guesses.get_by_text("optional")).to_be_visible()


@pytest.mark.slow
def test_an_import_says_whether_it_is_complete_and_exact_and_why_not(signed_in, endpoint):
    page = signed_in
    page.goto(f"/endpoints/{endpoint}/revisions?new=true")
    page.get_by_text("JSON Schema", exact=True).click()
    schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"n": {"type": "integer"}, "either": {"not": {"type": "null"}}},
    }
    page.get_by_role("textbox", name="JSON Schema").fill(json.dumps(schema))
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_text("Complete: yes")).to_be_visible()
    expect(page.get_by_text("Exact: no")).to_be_visible()
    expect(page.get_by_role("table", name="What was not taken over")).to_contain_text("/properties/either")


KINDS = [
    *({"type": "page", "url": f"/{n}", "title": f"Page {n}"} for n in range(12)),
    *({"type": "order", "total": n, "currency": "EUR"} for n in range(12)),
]


@pytest.mark.slow
def test_kinds_of_events_that_samples_propose_are_told_apart(signed_in, api, endpoint):
    page = signed_in
    page.goto(f"/endpoints/{endpoint}/revisions?new=true")
    page.get_by_text("Samples", exact=True).click()
    page.get_by_label("Sample events").fill("\n".join(map(json.dumps, KINDS)))
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="The samples are of several kinds")).to_contain_text(
        "/type explains 100 % of which keys an event has"
    )
    before = {row["id"] for row in api.call("GET", f"/v1/endpoints/{endpoint}/revisions")["items"]}
    page.get_by_role("button", name="Tell the kinds apart").click()
    guesses = page.get_by_role("table", name="What was inferred")
    expect(guesses.get_by_text("/type is page").first).to_be_visible()
    page.get_by_role("button", name="Open the designer").click()
    expect(page.get_by_role("button", name="Close /type is order")).to_be_visible()
    after = {row["id"] for row in api.call("GET", f"/v1/endpoints/{endpoint}/revisions")["items"]}
    assert (len(before - after), len(after - before)) == (1, 1)  # the draft before it is gone


@pytest.mark.slow
def test_the_keys_that_tell_kinds_apart_can_be_named(signed_in, endpoint):
    page = signed_in
    page.goto(f"/endpoints/{endpoint}/revisions?new=true")
    page.get_by_text("Samples", exact=True).click()
    page.get_by_label("Sample events").fill("\n".join(map(json.dumps, KINDS)))
    by = page.get_by_role("combobox", name="Kinds of events")
    by.fill("type")
    by.press("Enter")
    expect(page.get_by_text("A pointer starts with /")).to_be_visible()
    by.press("Backspace")
    by.fill("/type")
    by.press("Enter")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("table", name="What was inferred").get_by_text("/type is order").first).to_be_visible()


def test_a_comparison_says_in_words_where_when_and_how_a_value_is_kept(signed_in, api, endpoint):
    at = {"key": "at", "type": "TIMESTAMP"}
    mail = {"key": "mail", "type": "STRING"}
    total = {"key": "total", "type": "FLOAT"}
    order = {"key": "order", "type": "OBJECT", "from": "properties", "when": {"/type": ["order"]}, "fields": [total]}
    older = api.make_revision(endpoint, [at, mail, order])
    newer = api.call("POST", f"/v1/endpoints/{endpoint}/revisions", {"clone_of": older})["id"]
    changed = order | {"when": {"/type": ["order", "refund"]}, "fields": [total | {"from": "value"}]}
    put(api, newer, [at | {"format": "rfc3339"}, mail | {"protect": "hash"}, changed])
    page = signed_in
    page.goto(f"/endpoints/{endpoint}/compare/{older}/{newer}")
    changes = page.get_by_role("list", name="Changes").get_by_role("listitem")
    for sentence in (
        "Before: sent as Unix seconds. Now: sent as text with a time zone (RFC 3339).",
        "Before: the value is stored as it is. Now: the value is stored as a hash.",
        "Before: in force in events where /type is order. Now: in force in events where /type is order or refund.",
        "Before: read from total. Now: read from value.",
    ):
        expect(changes.filter(has_text=sentence)).to_have_count(1)
    nested = changes.filter(has_text="order.total")
    expect(nested).to_contain_text("in events where /type is order or refund")


@pytest.mark.slow
def test_two_that_are_ticked_are_compared_with_what_breaks_first(signed_in, api, endpoint):
    older = api.make_revision(endpoint, [{"key": "name", "type": "STRING"}, {"key": "age", "type": "INT"}])
    newer = api.call("POST", f"/v1/endpoints/{endpoint}/revisions", {"name": "Newer", "clone_of": older})["id"]
    put(
        api,
        newer,
        [{"key": "name", "type": "STRING", "description": "Of a person"}, {"key": "age", "type": "STRING"}],
    )
    page = signed_in
    page.goto(f"/endpoints/{endpoint}/revisions")
    names = {item["id"]: item["name"] for item in api.call("GET", f"/v1/endpoints/{endpoint}/revisions")["items"]}
    for revision in (older, newer):
        page.get_by_label(f"Tick {names[revision]} to compare it").check()
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page).to_have_url(re.compile(f"/compare/{older}/{newer}$"))
    changes = page.get_by_role("list", name="Changes").get_by_role("listitem")
    expect(changes).to_have_count(2)
    expect(changes.nth(0)).to_contain_text("breaking")
    expect(changes.nth(0)).to_contain_text("age")
    expect(changes.nth(1)).to_contain_text("cosmetic")


@pytest.mark.slow
def test_a_long_comparison_is_shown_in_parts(signed_in, api, endpoint):
    fields = [{"key": f"key_{number:02}", "type": "STRING", "presence": "optional"} for number in range(70)]
    older = api.make_revision(endpoint, fields[:1])
    newer = api.make_revision(endpoint, fields)
    page = signed_in
    page.goto(f"/endpoints/{endpoint}/compare/{older}/{newer}")
    changes = page.get_by_role("list", name="Changes").get_by_role("listitem")
    expect(changes).to_have_count(50)
    page.get_by_role("button", name="Show 19 of 19 more").click()
    expect(changes).to_have_count(69)
    expect(page.get_by_role("button", name="more")).to_have_count(0)


@pytest.mark.slow
def test_the_fields_of_a_draft_are_edited_as_json_in_one_step(signed_in, api, endpoint, draft):
    page = signed_in
    show(page, endpoint, draft)
    page.get_by_text("JSON", exact=True).click()
    text = page.get_by_role("textbox", name="Fields as JSON")
    assert json.loads(text.input_value()) == {"event_name": [], "fields": stored(api, draft)}
    apply = page.get_by_role("button", name="Apply", exact=True)
    text.fill('{\n"fields": [\n{"key": "name", "type": "TEXT"}\n]}')
    expect(page.get_by_text(re.compile("Line 3: “type” must be one of STRING"))).to_be_visible()
    expect(apply).to_be_disabled()
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()

    regex = '{"rule": "regex", "value": "[a-z"}'
    text.fill(
        f"""{{"event_name": ["/name"], "fields": [
{{"key": "name", "type": "STRING", "rules": [{regex}]}},
{{"key": "id", "type": "INT", "presence": "default", "default": 9007199254740993}}]}}"""
    )
    apply.click()
    expect(page.get_by_text("The JSON is applied. Save to keep it.")).to_be_visible()
    assert api.call("GET", f"/v1/revisions/{draft}")["event_name"] == ["/name"]
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status", name="Faults").get_by_role("button", name=re.compile("^Line "))).to_have_count(1)
    page.get_by_role("status", name="Faults").get_by_role("button").click()
    marked = text.evaluate("area => area.value.slice(area.selectionStart, area.selectionEnd)")
    assert "[a-z" in marked
    text.fill(text.input_value().replace("[a-z", "[a-z]+"))
    apply.click()
    saved(page)
    assert [field["key"] for field in stored(api, draft)] == ["name", "id"]
    assert stored(api, draft)[1]["default"] == 9007199254740993

    page.get_by_text("Tree", exact=True).click()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "age")).to_be_visible()
    expect(row(page, "id")).to_have_count(0)


@pytest.mark.slow
def test_the_fields_of_a_draft_are_edited_as_yaml_too(signed_in, api, endpoint, draft):
    page = signed_in
    show(page, endpoint, draft)
    page.get_by_text("YAML", exact=True).click()
    text = page.get_by_role("textbox", name="Fields as YAML")
    expect(text).to_have_value(re.compile(r"^event_name: \[\]\nfields:\n  - key: "))
    text.fill("fields:\n  - key: name\n    type: TEXT\n")
    expect(page.get_by_text(re.compile("Line 3: “type” must be one of STRING"))).to_be_visible()
    expect(page.get_by_role("radio", name="JSON")).to_be_disabled()

    text.fill(
        "# One field\nfields:\n"
        "  - {key: id, from: messageId, type: INT, presence: default, default: 9007199254740993}\n"
    )
    page.get_by_role("button", name="Apply", exact=True).click()
    expect(page.get_by_text("The YAML is applied. Save to keep it.")).to_be_visible()
    expect(text).to_have_value(re.compile("  - key: id\n"))
    saved(page)
    (field,) = stored(api, draft)
    assert (field["key"], field["from"], field["default"]) == ("id", "messageId", 9007199254740993)
