"""SDKs of other collectors for browsers, in a page of another origin: nothing but the address is changed."""

import subprocess
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from benchmarks.local_run import ROOT
from tests.browser.browsing import launch
from tests.browser.shop_pages import served_shop
from tests.sdks.arrivals import Arrivals, check_each_is_there, mark_of
from tests.sdks.cases import BROWSER_SDKS
from tests.sdks.faulty_proxy import Fault, FaultyProxy
from tests.waiting import wait_until

pytestmark = pytest.mark.sdks

SENDERS = Path(__file__).parent / "senders"
BUNDLER = ROOT / "console" / "node_modules" / ".bin" / "rolldown"
KEY = "wk_shop"


def cases(sdks):
    return [pytest.param(sdk, id=sdk.name) for sdk in sdks]


ALL = cases(BROWSER_SDKS)
REPEATING = cases([sdk for sdk in BROWSER_SDKS if sdk.repeats])
REPEATING_LOST = cases([sdk for sdk in BROWSER_SDKS if sdk.repeats and sdk.repeats_lost])


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def shop():
    """The origin of a web shop's pages."""
    with served_shop() as origin:
        yield origin


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """Make one script of a sender and its SDK, once."""
    folder = tmp_path_factory.mktemp("bundles")

    def bundle(sdk):
        made = folder / f"{sdk.name}.js"
        if not made.exists():
            options = ["--format", "iife", "--platform", "browser", "-o", str(made)]
            subprocess.run([BUNDLER, SENDERS / sdk.sender, *options], check=True, capture_output=True, timeout=120)
        return made

    return bundle


@pytest.fixture
def send(run, api, request, chromium, shop, bundle):
    """Let a page send calls; return what arrived, and the statuses of the answers."""
    context = chromium.new_context()
    proxies = []

    def send(sdk, fault=Fault.NONE, *more_calls):
        environment = api.make_environment(
            request.node.name, sdk.schema, additional_keys="keep", settings={"write_keys": [KEY]}
        )
        proxy = FaultyProxy(run.port, fault, sdk.protocol).__enter__()
        proxies.append(proxy)
        page = context.new_page()
        page.goto(f"{shop}/checkout")
        page.add_script_tag(path=bundle(sdk))
        address = f"http://127.0.0.1:{proxy.port}/e/{environment.environment_id}"
        page.evaluate(
            "order => window.send(order)", {"address": address, "key": KEY, "calls": [*sdk.calls, *more_calls]}
        )
        return Arrivals(run, environment.environment_id), proxy.statuses

    yield send
    context.close()
    for proxy in proxies:
        proxy.__exit__()


@pytest.mark.parametrize("sdk", ALL)
def test_every_call_of_a_page_arrives_once_with_its_fields(send, sdk):
    arrivals, statuses = send(sdk)
    rows = arrivals.delivered(sdk.calls)
    assert Counter(map(mark_of, rows)) == Counter(map(mark_of, sdk.calls))
    assert set(statuses) == {200}
    check_each_is_there(sdk, rows)


@pytest.mark.parametrize("sdk", REPEATING)
def test_a_503_is_repeated_by_a_page_and_nothing_is_lost(send, sdk):
    arrivals, statuses = send(sdk, Fault.UNAVAILABLE)
    rows = arrivals.delivered(sdk.calls)
    assert Counter(map(mark_of, rows)) == Counter(map(mark_of, sdk.calls))
    assert 503 in statuses
    check_each_is_there(sdk, rows)


@pytest.mark.parametrize("sdk", REPEATING_LOST)
def test_what_a_page_sends_again_after_a_lost_answer_has_the_id_that_it_had(send, sdk):
    arrivals, statuses = send(sdk, Fault.LOST)
    # An SDK waits longer after each failure.
    wait_until(lambda: None in statuses and statuses[-1] == 200, seconds=60)
    rows = arrivals.delivered(sdk.calls)
    assert Counter(mark for mark, _ in {(mark_of(row), row["_event_id"]) for row in rows}) == Counter(
        map(mark_of, sdk.calls)
    )


@pytest.mark.parametrize("sdk", ALL)
def test_an_invalid_event_of_a_page_holds_up_no_other(send, sdk):
    arrivals, statuses = send(sdk, Fault.NONE, sdk.invalid)
    rows = arrivals.delivered(sdk.calls)
    (refused,) = arrivals.quarantined()
    assert mark_of(refused) == mark_of(sdk.invalid)
    assert Counter(map(mark_of, rows)) == Counter(map(mark_of, sdk.calls))
    assert set(statuses) == {200}
