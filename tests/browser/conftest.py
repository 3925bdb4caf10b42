import fcntl
import os
import subprocess

import pytest
from playwright.sync_api import sync_playwright

from benchmarks.local_run import ROOT, LocalRun
from tests.browser.browsing import TIMEOUT_MS, launch, sign_in
from tests.browser.shop_pages import served_shop


@pytest.fixture(scope="module")
def chromium():
    """A browser for a module's tests: no longer, since Playwright's event loop lets no other run in its thread."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def shop():
    """The origin of a web shop's pages."""
    with served_shop() as origin:
        yield origin


@pytest.fixture
def page(chromium, shop):
    """A page of the shop, open in a browser of its own."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{shop}/checkout?utm_source=letter")
    yield page
    context.close()


@pytest.fixture(scope="session")
def built_console():
    """The folder of the console as these sources make it, built once by the first worker that needs it."""
    with (ROOT / "console" / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        subprocess.run(["make", "-s", "console"], cwd=ROOT, env=clean, check=True, timeout=300)
    return ROOT / "console" / "dist"


@pytest.fixture(scope="module")
def run(tmp_path_factory, built_console):
    with LocalRun(tmp_path_factory.mktemp("local") / "state") as run:
        yield run


@pytest.fixture(scope="module")
def api(run):
    with run.client() as client:
        yield client


@pytest.fixture
def endpoint(api, request):
    """An endpoint that is called like the test."""
    return api.call("POST", "/v1/endpoints", {"name": request.node.name[:90]})["id"]


@pytest.fixture(scope="module")
def console(run):
    """The address of a local run that serves the console."""
    return run.address


@pytest.fixture
def console_context(chromium, console):
    """A browser that somebody with the admin token has signed in with."""
    context = chromium.new_context(base_url=console, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(TIMEOUT_MS)
    yield context
    context.close()


@pytest.fixture
def signed_in(console_context, run):
    """A page of the console, signed in with the admin token."""
    return sign_in(console_context, run.token)
