"""What journeys, checks and pictures do with a browser alike."""

import json
import shutil

from playwright.sync_api import expect

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SESSION = "ingest-endpoints.session"
TIMEOUT_MS = 20_000


def launch(playwright, *flags):
    """Start the machine's Chromium, with further flags of its command line.

    Raises:
        FileNotFoundError: there is none.
    """
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        raise FileNotFoundError("There is no Chromium for the browser tests: install it with `make browser`.")
    return playwright.chromium.launch(executable_path=path, args=[*FLAGS, *flags])


def sign_in(context, token):
    """Return a page of the context's, signed in as the console itself keeps it."""
    kept = json.dumps({"token": token})
    context.add_init_script(
        f"sessionStorage.getItem({SESSION!r}) ?? sessionStorage.setItem({SESSION!r}, {json.dumps(kept)})"
    )
    page = context.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    page.goto("/")
    return page


def settle(page, shown):
    """Wait until a text is there and nothing is on its way any more."""
    expect(page.get_by_text(shown).first).to_be_visible(timeout=TIMEOUT_MS)
    expect(page.locator("[aria-busy=true], .mantine-Skeleton-root")).to_have_count(0, timeout=TIMEOUT_MS)
    page.wait_for_load_state("networkidle")
