"""The machine's own Chromium, and a page of the console that somebody has signed in to."""

import json
import shutil

from playwright.sync_api import Browser, BrowserContext, Page, Playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
SESSION = "ingest-endpoints.session"
TIMEOUT_MS = 20_000


def launch(playwright: Playwright, *flags: str) -> Browser:
    """Start the machine's Chromium, with further flags of its command line.

    Raises:
        FileNotFoundError: there is none.
    """
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        raise FileNotFoundError("There is no Chromium for the browser tests: install it with `make browser`.")
    return playwright.chromium.launch(executable_path=path, args=[*FLAGS, *flags])


def sign_in(context: BrowserContext, token: str) -> Page:
    """Return a page of the context's, signed in as the console itself keeps it."""
    kept = json.dumps({"token": token})
    context.add_init_script(
        f"sessionStorage.getItem({SESSION!r}) ?? sessionStorage.setItem({SESSION!r}, {json.dumps(kept)})"
    )
    page = context.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    page.goto("/")
    return page
