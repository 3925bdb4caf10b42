"""The console shows values as they were sent and stored, whatever they are."""

import json
import random
import re

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.browsing import TIMEOUT_MS
from tests.waiting import wait_until

pytestmark = pytest.mark.browser
expect.set_options(timeout=TIMEOUT_MS)

LARGEST = "9223372036854775807"
ODD = "9007199254740993"
LONG = "12345678901234567890123"
NAMES = [{"key": "name", "type": "STRING"}]
WRITTEN = [ODD, LONG, "1.10", "-0", "1E+2"]


def send(address, body):
    headers = {"Content-Type": "application/json"}
    return httpx.post(address, content=body, headers=headers, trust_env=False, timeout=30)


def quarantined(api, made, count):
    path = f"/v1/environments/{made.environment_id}/quarantine"
    wait_until(lambda: api.call("GET", path)["events"] == count, seconds=60)


def show(page, made, part):
    page.goto(f"/endpoints/{made.endpoint_id}/environments/{made.environment_id}/{part}")


@pytest.mark.slow
def test_a_quarantined_event_is_shown_as_it_was_sent_repeated_keys_too(signed_in, api):
    made = api.make_environment("Exact", NAMES)
    body = '{"name": 1, "id": 9007199254740993, "n": [12345678901234567890123, 1.10, -0, 1E+2], "id": "\\u202e"}'
    assert send(made.address, body).status_code == 400
    quarantined(api, made, 1)
    page = signed_in
    show(page, made, "quarantine")
    event = page.get_by_role("region", name=re.compile("^Event "))
    expect(event).to_contain_text(f'"id": {ODD},')
    for number in WRITTEN:
        expect(event).to_contain_text(number)
    expect(event).to_contain_text('"id": "\\u202e"')
    expect(event.locator("mark")).to_have_text('"name": 1,')


@pytest.mark.slow
def test_an_event_of_24_kilobytes_of_brackets_is_one_sample_among_others(signed_in, api):
    made = api.make_environment("Deep", NAMES)
    assert send(made.address, '{"name": 5}').status_code == 400
    assert send(made.address, "[" * 12_000 + "]" * 12_000).status_code == 400
    assert send(made.address, '{"a":' * 4_000 + "1" + "}" * 4_000).status_code == 400
    quarantined(api, made, 3)
    page = signed_in
    show(page, made, "quarantine")
    expect(page.get_by_role("region", name=re.compile("^Event "))).to_have_count(3)
    expect(page.get_by_text("This page has failed")).to_have_count(0)


def odd_raws(chance):
    """Texts that hold what browsers, parsers and layouts have broken on."""
    pieces = ["\u0000", "\u001b[31m", "\ud800", "\udfff", "\ufeff", "\u202e", "\u2028", "\u200b", "\u0301" * 50, "😀"]
    pieces += [
        '"',
        "\\",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "null",
        "1e999",
        "\n",
        "\t",
        "</script>",
        "<!--",
        "%s",
        "__proto__",
    ]
    yield from ("", " ", "\ufeff{}", "\ufeff", "null", '"\ud800"', "[" * 100_000, "x" * 1_000_000, "\n" * 200_000)
    for levels in (64, 65, 12_000, 100_000):
        yield "[" * levels + "]" * levels
        yield '{"a":' * levels + "1" + "}" * levels
    yield "[" + "0," * 400_000 + "0]"
    yield json.dumps({"__proto__": {"a": 1}, "constructor": None, "": [[], {}], "a/b~c": {"": 1}})
    yield json.dumps("".join(pieces) * 3_000)
    for _ in range(60):
        yield "".join(chance.choice(pieces) for _ in range(chance.randrange(200)))


def test_no_event_breaks_the_page_it_is_shown_on(signed_in, api):
    """Raws that can't be sent through a request, or only one at a time, stand in the API's answer for this."""
    made = api.make_environment("Odd", NAMES)
    chance = random.Random(5)
    raws = list(odd_raws(chance))
    pointers = ["", "/", "/0/0/0", "/a/a", "/a~1b~0c/", "/__proto__/a", "/\u202e", "/" * 3_000, "no pointer"]
    samples = []
    for number, raw in enumerate(raws):
        as_bytes = number % 7 == 6
        errors = [{"pointer": chance.choice(pointers), "code": "depth", "message": "Odd."} for _ in range(3)]
        errors = list({error["pointer"]: error for error in errors}.values())
        samples.append(
            {
                "event_id": f"evt_{number}",
                "received_at": "2026-11-28T12:00:00Z",
                "revision_id": made.revision_id,
                "raw": None if as_bytes else raw,
                "raw_base64": "/w==" * 20_000 if as_bytes else None,
                "truncated": False,
                "raw_bytes": len(raw),
                "errors": errors,
                "more": False,
                "object": "object",
                "index": number,
            }
        )
    samples[3]["errors"] = None  # no answer of the API: only that event can't be shown
    group = {"code": "depth", "pointer": "/\u202ea", "revision_id": made.revision_id, "count": len(samples)}
    group |= {"trend": [1], "redriven": 0, "first_seen": "2026-11-28T12:00:00Z", "last_seen": "2026-11-28T12:00:00Z"}

    def answer(route):
        body = {"events": len(samples), "redriven": 0, "from": "2026-10-29T00:00:00Z", "to": "2026-11-28T12:00:00Z"}
        body |= {
            "trend_slice": "day",
            "trend_from": "2026-11-28T00:00:00Z",
            "items": [group],
            "samples": samples,
            "next": None,
        }
        route.fulfill(body=json.dumps(body), content_type="application/json")

    page = signed_in
    failures = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.route(
        re.compile(r"/quarantine(\?|$)"),
        lambda route: answer(route) if "/v1/" in route.request.url else route.continue_(),
    )
    show(page, made, "quarantine")
    expect(page.get_by_role("region", name=re.compile("^Event evt_"))).to_have_count(len(raws) - 1, timeout=60_000)
    expect(page.get_by_text(re.compile("This event can.t be shown"))).to_have_count(1)
    expect(page.get_by_role("list", name="Groups")).to_contain_text("/\\u202ea")
    shown = page.get_by_role("region", name="Samples").inner_text()
    assert not re.search("[\u0000\u001b\ufeff\u202e\u2028\u200b]", shown)
    assert page.evaluate("document.querySelectorAll('*').length") < 60_000
    page.get_by_role("button", name="Refresh").click()
    expect(page.get_by_role("button", name="Refresh")).to_be_enabled()
    assert failures == []


def test_bounds_of_64_bits_are_designed_saved_compared_and_exported_to_the_last_digit(signed_in, api, tmp_path):
    endpoint = api.call("POST", "/v1/endpoints", {"name": "Wide"})["id"]
    rules = [{"rule": "max_value", "value": int(LARGEST)}, {"rule": "one_of", "value": [int(ODD), int(LARGEST)]}]
    maps = [{"key": "id", "type": "INT", "presence": "default", "default": int(ODD), "rules": rules}]
    made = api.call("POST", f"/v1/endpoints/{endpoint}/revisions", {"name": "Wide"})
    path = f"/v1/revisions/{made['id']}"
    api.call("PUT", f"{path}/fields", {"fields": maps}, headers={"If-Match": f'"{made["version"]}"'})
    page = signed_in
    page.goto(f"/endpoints/{endpoint}/revisions/{made['id']}?at=id")
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("textbox", name="Default")).to_have_value(ODD)
    expect(drawer.get_by_role("textbox", name="max_value")).to_have_value(LARGEST)
    expect(drawer.get_by_role("textbox", name="one_of")).to_have_value(f"{ODD}\n{LARGEST}")
    drawer.get_by_role("textbox", name="Default").fill("9007199254740995")
    expect(drawer.get_by_text("It breaks the rule one_of.")).to_be_visible()
    drawer.get_by_role("textbox", name="Default").fill("9223372036854775808")
    expect(drawer.get_by_text("Beyond 64 bits.")).to_be_visible()
    drawer.get_by_role("textbox", name="Default").fill(LARGEST)
    drawer.get_by_role("textbox", name="Description").fill("Wide")
    drawer.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Revision “Wide” saved.")).to_be_visible()
    expect(page.get_by_text("unsaved changes")).to_have_count(0)
    assert api.call("GET", path)["fields"] == [{**maps[0], "default": int(LARGEST), "description": "Wide"}]

    page.get_by_role("button", name="Export").click()
    drawer = page.get_by_role("dialog", name="Wide")
    expect(drawer.get_by_role("region")).to_contain_text(f'"maximum": {LARGEST}')
    with page.expect_download() as waiting:
        drawer.get_by_text("Download").click()
    saved = tmp_path / "schema.json"
    waiting.value.save_as(saved)
    assert json.loads(saved.read_text()) == api.call("GET", f"{path}/json-schema")
    drawer.get_by_role("tab", name="Example").click()
    expect(drawer.get_by_role("region")).to_contain_text(re.compile(f"{ODD}|{LARGEST}"))
    drawer.get_by_role("tab", name="Types").click()
    expect(drawer.get_by_role("region", name="The types")).to_contain_text("export interface Event {")
    drawer.get_by_text("Python", exact=True).click()
    expect(drawer.get_by_role("region", name="The types")).to_contain_text("class Event(TypedDict):")
    with page.expect_download() as waiting:
        drawer.get_by_text("Download").click()
    assert waiting.value.suggested_filename == "events.py"

    clone = api.call("POST", f"/v1/endpoints/{endpoint}/revisions", {"clone_of": made["id"], "name": "Narrower"})
    maps[0]["rules"][0]["value"] -= 1
    api.call(
        "PUT",
        f"/v1/revisions/{clone['id']}/fields",
        {"fields": [{**maps[0], "rules": rules[:1]}]},
        headers={"If-Match": f'"{clone["version"]}"'},
    )
    page.goto(f"/endpoints/{endpoint}/compare/{made['id']}/{clone['id']}")
    changes = page.get_by_role("list", name="Changes")
    expect(changes).to_contain_text(LARGEST)
    expect(changes).to_contain_text("9223372036854775806")

    page.goto(f"/organisation/audit?subject={made['id']}")
    page.get_by_role("button", name=re.compile("Before and after of revision.(fields|replace)")).first.click()
    expect(page.get_by_role("region", name="After")).to_contain_text(LARGEST)


@pytest.mark.slow
def test_an_event_is_tried_and_stored_to_the_last_digit(signed_in, api):
    endpoint = api.call("POST", "/v1/endpoints", {"name": "Tried"})["id"]
    revision = api.make_revision(endpoint, [{"key": "id", "type": "INT"}, {"key": "ids", "type": "ARRAY_INT"}])
    page = signed_in
    page.goto(f"/endpoints/{endpoint}/revisions/{revision}")
    page.get_by_role("button", name="Try it").click()
    page.get_by_role("textbox", name="Event").fill(f'{{"id": {ODD}, "ids": [{LARGEST}]}}')
    page.get_by_role("button", name="Try", exact=True).click()
    stored = page.get_by_role("region", name="The stored event")
    expect(stored).to_contain_text(f'"id": {ODD}')
    expect(stored).to_contain_text(LARGEST)


@pytest.mark.slow
def test_a_sample_is_inferred_and_sent_as_it_was_pasted(signed_in):
    page = signed_in
    page.goto("/start")
    page.get_by_label("Name of the endpoint").fill("Pasted")
    sample = f'{{"id": {ODD}, "price": 2.00, "price": 3.0}}'  # of a double's notation, so no INT
    page.get_by_label("An event, as you would send it").fill(sample)
    page.get_by_role("button", name="Infer the schema").click()
    expect(page.get_by_role("table", name="Fields").get_by_role("row").filter(has_text="price")).to_contain_text(
        "FLOAT"
    )
    page.get_by_role("button", name="Finalise").click()
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("region", name="cURL snippet")).to_contain_text(sample)


@pytest.mark.slow
def test_example_values_go_into_code_as_they_are_typed_and_into_no_address(signed_in, api):
    maps = [{"key": "id", "type": "INT"}, {"key": "price", "type": "FLOAT"}, {"key": "ids", "type": "ARRAY_INT"}]
    made = api.make_environment("Typed", maps)
    page = signed_in
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    show(page, made, "install")
    page.get_by_role("textbox", name="id", exact=True).fill(LARGEST)
    page.get_by_role("textbox", name="price").fill("1.10")
    page.get_by_role("textbox", name="ids").fill(f"[{ODD}]")
    code = page.get_by_role("region", name="cURL snippet")
    expect(code).to_contain_text(f'"id":{LARGEST},"price":1.10,"ids":[{ODD}]')
    page.get_by_role("textbox", name="id", exact=True).fill("1.5")
    expect(page.get_by_text("Must be a whole number.")).to_be_visible()
    assert not [url for url in asked if "example=" in url]


@pytest.mark.slow
def test_an_example_value_goes_to_where_its_field_reads_it_for_one_kind_of_event(signed_in, api):
    fields = [
        {"key": "type", "type": "STRING"},
        {"key": "message_id", "from": "messageId", "type": "STRING", "presence": "optional"},
        {"key": "page_url", "from": "/context/page/url", "type": "STRING", "presence": "optional"},
        {"key": "sent_at", "from": "sentAt", "type": "TIMESTAMP", "format": "rfc3339"},
        {
            "key": "order",
            "from": "properties",
            "type": "OBJECT",
            "when": {"/type": ["order"]},
            "fields": [{"key": "total", "type": "FLOAT"}],
        },
    ]
    made = api.make_environment("Read elsewhere", fields)
    page = signed_in
    show(page, made, "install?way=curl")
    code = page.get_by_role("region", name="cURL snippet")
    expect(page.get_by_label("sent_at")).to_have_value(re.compile(r"^\d{4}-\d\d-\d\dT"))
    expect(page.get_by_text("Must be a number.")).to_have_count(0)
    page.get_by_label("message_id").fill("m-1")
    page.get_by_label("page_url").fill("https://shop.example/")
    expect(code).to_contain_text("messageId")
    expect(code).to_contain_text("m-1")
    expect(code).to_contain_text("https://shop.example/")
    expect(code).not_to_contain_text("message_id")
    expect(page.get_by_role("textbox", name="order")).to_have_count(0)
    page.get_by_role("combobox", name="Kind of event").click()
    page.get_by_role("option", name="order", exact=True).click()
    expect(page.get_by_role("textbox", name="order")).to_have_value(re.compile("total"))
    expect(code).to_contain_text("properties")
