"""The client for pages, in a real browser, in pages of another origin that close, freeze and go offline."""

import pytest

from domain.client_script import HASH, INTEGRITY
from local.delivered import delivered_events
from tests.browser.browsing import TIMEOUT_MS
from tests.browser.shop_pages import ShopPage, served_shop
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

FIELDS = [
    {"key": "way", "type": "STRING"},
    {"key": "n", "type": "INT", "presence": "optional"},
    {"key": "path", "type": "STRING", "presence": "optional"},
]


@pytest.fixture(scope="module")
def made(api):
    return api.make_environment("Page client", FIELDS)


@pytest.fixture
def arrived(run, made):
    """A function that waits until the events of one way are exactly these, by their numbers or paths."""

    def find(way, expected, key="n"):
        def probe():
            rows = {row["_event_id"]: row for row in delivered_events(run.state_dir, made.environment_id)}
            found = sorted(row[key] for row in rows.values() if row["way"] == way)
            return found if len(found) >= len(expected) else None

        assert wait_until(probe) == sorted(expected)

    return find


@pytest.fixture
def shop_page(chromium, made):
    """A function that opens a page with the client, in a browser of its own unless one is given."""
    contexts, pages = [], {}

    def open_page(attributes="", context=None, policy=None):
        if context is None:
            context = chromium.new_context()
            contexts.append(context)
        source = f'src="{made.address}/js/ingest.{HASH}.js" integrity="{INTEGRITY}"'
        pages["/"] = ShopPage(
            f"<script {source} crossorigin {attributes} defer></script>",
            {"Content-Security-Policy": policy} if policy else {},
        )
        page = context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        page.goto(f"{origin}/")
        page.wait_for_function("window.ingest?.counters")
        return page

    with served_shop(pages) as origin:
        yield open_page
        for context in contexts:
            context.close()


def test_a_page_knows_what_became_of_each_event(shop_page, arrived):
    page = shop_page()
    sent = page.evaluate("Promise.all([ingest.send({way: 'send', n: 1}), ingest.send({way: 7})])")
    assert [result["outcome"] for result in sent] == ["accepted", "quarantined"]
    assert sent[1]["errors"][0]["pointer"] == "/way"
    arrived("send", [1])


def test_what_waits_is_sent_when_the_page_closes(shop_page, arrived):
    page = shop_page()
    page.evaluate("for (let n = 0; n < 120; n++) ingest.track({way: 'closed', n})")
    page.close(run_before_unload=True)
    arrived("closed", list(range(120)))


@pytest.mark.slow
def test_of_a_page_that_closes_with_more_than_64_kib_what_fits_is_sent(run, made, shop_page):
    page = shop_page()
    page.evaluate("for (let n = 0; n < 49; n++) ingest.track({way: 'large', n, path: 'x'.repeat(2000)})")
    page.close(run_before_unload=True)

    def probe():
        rows = delivered_events(run.state_dir, made.environment_id)
        found = {row["n"] for row in rows if row["way"] == "large"}
        return found if found >= set(range(27)) else None

    assert wait_until(probe)


def test_a_batch_that_is_still_being_compressed_is_sent_as_it_is_when_the_page_closes(chromium, shop_page, arrived):
    context = chromium.new_context()
    context.add_init_script(
        "globalThis.CompressionStream = class {readable = new ReadableStream(); writable = new WritableStream()}"
    )
    page = shop_page("", context)
    page.evaluate("for (let n = 0; n < 120; n++) ingest.track({way: 'compressed', n})")
    page.close(run_before_unload=True)
    arrived("compressed", list(range(120)))
    context.close()


def test_what_waits_is_sent_when_the_page_leads_elsewhere(shop_page, arrived):
    page = shop_page()
    page.evaluate("ingest.track({way: 'left', n: 1})")
    page.goto("about:blank")
    arrived("left", [1])


def test_what_waits_is_sent_before_the_tab_freezes(shop_page, arrived):
    page = shop_page()
    page.evaluate("ingest.track({way: 'frozen', n: 1})")
    page.evaluate(
        "Object.defineProperty(document, 'visibilityState', {value: 'hidden'});"
        "document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))"
    )
    page.context.new_cdp_session(page).send("Page.setWebLifecycleState", {"state": "frozen"})
    arrived("frozen", [1])


def test_a_page_that_was_offline_sends_when_it_is_back(shop_page, arrived):
    page = shop_page()
    page.context.set_offline(True)
    page.evaluate("ingest.track({way: 'back', n: 1}); ingest.flush(100)")
    page.wait_for_timeout(300)
    assert page.evaluate("ingest.counters.waiting") == 1
    page.context.set_offline(False)
    arrived("back", [1])
    page.wait_for_function("ingest.counters.accepted === 1")


def test_what_a_page_could_not_send_the_next_one_does(shop_page, arrived):
    page = shop_page("data-offline")
    context = page.context
    context.set_offline(True)
    page.evaluate("for (let n = 0; n < 30; n++) ingest.track({way: 'kept', n}); ingest.flush(50)")
    page.wait_for_timeout(300)
    page.close()
    context.set_offline(False)
    page = shop_page("data-offline", context)
    arrived("kept", list(range(30)))
    page.wait_for_function("ingest.counters.accepted === 30")
    count = "new Promise((done) => {const open = indexedDB.open('ingest %s'); open.onsuccess = () => {"
    count += "const all = open.result.transaction('batches').objectStore('batches').count();"
    count += "all.onsuccess = () => done(all.result)}})"
    wait_until(
        lambda: page.evaluate(count % page.evaluate("document.querySelector('script').src.split('/js/')[0]")) == 0
    )


def test_a_strict_policy_needs_the_address_alone(shop_page, made, arrived):
    origin = made.address.split("/e/")[0]
    page = shop_page(policy=f"default-src 'none'; script-src {origin}; connect-src {origin}")
    faults = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    assert page.evaluate("ingest.send({way: 'strict', n: 1})")["outcome"] == "accepted"
    arrived("strict", [1])
    assert faults == []
    assert page.context.cookies() == []


def test_a_visitor_who_asks_not_to_be_sold_is_left_alone_where_the_page_says_so(chromium, shop_page):
    context = chromium.new_context()
    context.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})")
    page = shop_page("data-respect-gpc", context)
    assert page.evaluate("ingest.send({way: 'gpc'})")["outcome"] == "dropped"
    page.evaluate("ingest.track({way: 'gpc'})")
    assert page.evaluate("ingest.counters.waiting") == 0
    context.close()


def test_each_address_of_a_single_page_application_is_tracked_once(shop_page, arrived):
    page = shop_page()
    page.evaluate("void (globalThis.stop = ingest.page(() => ({way: 'spa', path: location.pathname})))")
    for path in ("/a", "/b"):
        page.evaluate("(path) => history.pushState(null, '', path)", path)
        page.wait_for_timeout(700)
    page.evaluate("stop(); history.pushState(null, '', '/c')")
    page.wait_for_timeout(700)
    page.evaluate("ingest.flush()")
    arrived("spa", ["/", "/a", "/b"], key="path")


def test_what_was_queued_before_the_script_came_is_sent(chromium, shop_page, arrived):
    context = chromium.new_context()
    context.add_init_script("window.ingest ??= {queue: [{way: 'early', n: 1}]}")
    shop_page("", context).evaluate("ingest.flush()")
    arrived("early", [1])
    context.close()
