"""What a web page of another origin can do, in a real browser: everything here passed its CORS and beacon rules."""

import json
import re

import pytest

from local.delivered import delivered_events
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

SCHEMA = [
    {"key": "way", "type": "STRING"},
    {"key": "price", "type": "FLOAT", "presence": "optional"},
    {"key": "agent", "type": "STRING", "presence": "macro", "macro": "browser_name"},
    {"key": "page", "type": "STRING", "presence": "macro", "macro": "page_url"},
    {"key": "source", "type": "STRING", "presence": "macro", "macro": "utm_source"},
]


@pytest.fixture(scope="module")
def made(api):
    return api.make_environment("Web pages", SCHEMA)


@pytest.fixture
def delivered(run, made):
    """A function that waits for the events that were sent in one way."""

    def find(way, count=1):
        def probe():
            rows = [row for row in delivered_events(run.state_dir, made.environment_id) if row["way"] == way]
            return rows if len(rows) >= count else None

        rows = wait_until(probe)
        assert len(rows) == count
        return rows

    return find


FETCH = """async ([address, options]) => {
    try {
        const response = await fetch(address, options);
        return {
            status: response.status,
            document: await response.json(),
            requestId: response.headers.get("X-Request-Id"),
            revisionId: response.headers.get("X-Revision-Id"),
            outcome: response.headers.get("X-Ingest-Outcome"),
        };
    } catch (error) {
        return {failed: error.name};
    }
}"""


def fetch(page, address, body, **headers):
    """Return what a script of the page saw of the answer to a POST."""
    options = {
        "method": "POST",
        "body": body,
        "headers": {name.replace("_", "-"): value for name, value in headers.items()},
    }
    return page.evaluate(FETCH, [address, options])


def preflights(page):
    """Return the list that the browser's preflights, and only those, are noted in."""
    noted = []
    session = page.context.new_cdp_session(page)
    session.on(
        "Network.requestWillBeSent",
        lambda event: noted.append(event["request"]["url"]) if event["initiator"]["type"] == "preflight" else None,
    )
    session.send("Network.enable")
    return noted


def test_an_image_is_a_pixel_that_loads_and_delivers(page, made, delivered):
    width = page.evaluate(
        """(address) => new Promise((resolve, reject) => {
            const image = new Image();
            image.onload = () => resolve(image.naturalWidth);
            image.onerror = () => reject(new Error("the pixel did not load"));
            image.src = address + "?d=" + encodeURIComponent(JSON.stringify({way: "image", price: 5}));
        })""",
        made.address,
    )
    assert width == 1
    (row,) = delivered("image")
    assert row["price"] == 5
    assert "Chrom" in row["agent"]


def test_a_pixel_in_the_markup_carries_base64url(page, made, delivered):
    page.evaluate(
        r"""(address) => {
            const text = btoa(JSON.stringify({way: "markup"}))
                .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
            document.body.innerHTML = `<img src="${address}?d=${text}&utm_source=mail" width="1" height="1" alt="">`;
        }""",
        made.address,
    )
    (row,) = delivered("markup")
    assert row["source"] == "mail"


@pytest.mark.parametrize("kind", ["string", "blob", "blob with a type"])
def test_a_beacon_is_taken_without_a_preflight(page, made, delivered, kind):
    noted = preflights(page)
    queued = page.evaluate(
        """([address, kind]) => {
            const text = JSON.stringify({way: "beacon " + kind});
            const data = {
                "string": text,
                "blob": new Blob([text]),
                "blob with a type": new Blob([text], {type: "text/plain"}),
            }[kind];
            return navigator.sendBeacon(address, data);
        }""",
        [made.address, kind],
    )
    assert queued is True
    delivered(f"beacon {kind}")
    assert noted == []


def test_a_beacon_of_a_page_that_is_left_arrives(page, made, delivered, shop):
    page.evaluate(
        """(address) => addEventListener("pagehide", () => {
            navigator.sendBeacon(address, JSON.stringify({way: "last beacon"}));
        })""",
        made.address,
    )
    page.goto(f"{shop}/elsewhere")
    delivered("last beacon")


def test_a_fetch_of_plain_text_needs_no_preflight_and_reads_the_exposed_headers(page, made, delivered):
    noted = preflights(page)
    seen = fetch(page, made.address, json.dumps({"way": "text"}), Content_Type="text/plain")
    assert seen["status"] == 200
    assert seen["document"]["ok"] is True
    assert seen["requestId"] == seen["document"]["request_id"]
    assert seen["revisionId"] == made.revision_id
    assert noted == []
    (row,) = delivered("text")
    assert row["_event_id"] == seen["document"]["event_ids"][0]


def test_a_fetch_of_json_with_an_idempotency_key_passes_its_preflight(page, made, delivered):
    noted = preflights(page)
    body = json.dumps([{"way": "json"}, {"way": "json"}])
    headers = {"Content_Type": "application/json", "Idempotency_Key": "order 1"}
    first, again = (fetch(page, made.address, body, **headers) for _ in range(2))
    assert first["status"] == again["status"] == 200
    assert first["document"]["event_ids"] == again["document"]["event_ids"]
    assert noted[0] == made.address
    # The copy has the ids of the first: whoever reads the objects drops it by them.
    assert {row["_event_id"] for row in delivered("json", 4)} == set(first["document"]["event_ids"])


def test_a_body_that_the_page_compressed_is_understood(page, made, delivered):
    seen = page.evaluate(
        """async ([address, text]) => {
            const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
            const body = await new Response(stream).arrayBuffer();
            const headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"};
            const response = await fetch(address, {method: "POST", body, headers});
            return [response.status, body.byteLength, await response.json()];
        }""",
        [made.address, json.dumps([{"way": "compressed", "price": number} for number in range(200)])],
    )
    status, sent_bytes, document = seen
    assert (status, document["accepted"]) == (200, 200)
    assert sent_bytes < 2_000
    assert [row["price"] for row in delivered("compressed", 200)] == list(range(200))


def test_a_page_can_read_why_its_event_was_refused(page, made):
    seen = fetch(page, made.address, json.dumps({"price": "5"}), Content_Type="application/json")
    assert seen["status"] == 400
    assert [error["code"] for error in seen["document"]["results"][0]["errors"]] == ["required", "type_float"]
    assert re.fullmatch("[0-9a-z_-]+", seen["requestId"])


def test_the_macro_page_url_takes_the_page_that_the_browser_names(page, made, delivered, shop):
    page.evaluate(
        """(address) => fetch(address, {method: "POST", body: JSON.stringify({way: "referrer"}),
            referrerPolicy: "unsafe-url"}).then((response) => response.text())""",
        made.address,
    )
    (row,) = delivered("referrer")
    assert row["page"] == f"{shop}/checkout?utm_source=letter"
    assert row["source"] == "letter"


def test_an_environment_that_lists_its_origins_serves_their_pages_and_no_others(page, api, run, shop):
    own = api.make_environment("Own page only", SCHEMA, settings={"allowed_origins": [shop]})
    others = api.make_environment("Another page only", SCHEMA, settings={"allowed_origins": ["https://shop.example"]})
    for content_type in ("text/plain", "application/json"):
        body = json.dumps({"way": content_type})
        assert fetch(page, own.address, body, Content_Type=content_type)["status"] == 200
        assert fetch(page, others.address, body, Content_Type=content_type) == {"failed": "TypeError"}
    page.evaluate("(address) => navigator.sendBeacon(address, JSON.stringify({way: 'beacon'}))", others.address)
    page.evaluate("(address) => navigator.sendBeacon(address, JSON.stringify({way: 'beacon'}))", own.address)
    rows = wait_until(lambda: rows if len(rows := delivered_events(run.state_dir, own.environment_id)) >= 3 else None)
    assert {row["way"] for row in rows} == {"text/plain", "application/json", "beacon"}
    assert delivered_events(run.state_dir, others.environment_id) == []


IMAGE = """([address, way, policy]) => new Promise((resolve) => {
    const image = new Image();
    image.referrerPolicy = policy;
    image.onload = image.onerror = () => resolve();
    image.src = `${address}?d=${encodeURIComponent(JSON.stringify({way}))}`;
})"""


def image_status(page, address, way, policy=""):
    """Return the status that an image of the page was answered with."""
    with page.expect_response(lambda response: response.url.startswith(address)) as answered:
        page.evaluate(IMAGE, [address, way, policy])
    return answered.value.status


def test_an_image_of_a_page_that_is_not_listed_is_refused(page, api, run, shop):
    own = api.make_environment("Own images only", SCHEMA, settings={"allowed_origins": [shop]})
    others = api.make_environment("Other images only", SCHEMA, settings={"allowed_origins": ["https://shop.example"]})
    assert image_status(page, others.address, "image") == 403
    assert image_status(page, others.address, "without a referrer", "no-referrer") == 403
    assert image_status(page, own.address, "image") == 200
    assert image_status(page, own.address, "whole address", "unsafe-url") == 200
    assert image_status(page, own.address, "without a referrer", "no-referrer") == 403
    rows = wait_until(lambda: rows if len(rows := delivered_events(run.state_dir, own.environment_id)) >= 2 else None)
    assert {row["way"] for row in rows} == {"image", "whole address"}
    assert delivered_events(run.state_dir, others.environment_id) == []
