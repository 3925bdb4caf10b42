"""Write every page of the console to `screenshots/`: light and dark, at a desk and on a phone.

`make screenshots`; a page's name as an argument takes that page alone. The pages that the documentation shows are
written to `docs/images/`, too, as a window at a desk shows them.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.local_run import ROOT, LocalRun
from tests.browser.browsing import launch, settle, sign_in
from tests.browser.pages import PAGES, Page, path_of
from tests.browser.seed import seed

LOOKS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}, "device_scale_factor": 2},
    "phone-dark": {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}, "device_scale_factor": 2},
}
DOCUMENTED = {"endpoints", "overview", "designer", "quarantine"}


def main(wanted):
    """Take the pictures of the pages that are wanted; of all without any."""
    folder = ROOT / "screenshots"
    folder.mkdir(exist_ok=True)
    pages = [page for page in PAGES if not wanted or page.name in wanted]
    with (
        tempfile.TemporaryDirectory() as state,
        LocalRun(Path(state) / "state") as run,
        run.client() as api,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        if not wanted:
            _take(browser, run, [Page("sign-in", "/sign-in", "Sign in")], folder, None, signed_in=False)
            _take(browser, run, [Page("endpoints-empty", "/", "Create your first endpoint")], folder, None)
        _take(browser, run, pages, folder, seed(api, run.state_dir))
        browser.close()
    print(f"Written to {folder}")


def _take(browser, run, pages, folder, seeded, *, signed_in=True):
    for look, settings in LOOKS.items():
        context = browser.new_context(base_url=run.address, reduced_motion="reduce", **settings)
        page = sign_in(context, run.token) if signed_in else context.new_page()
        for wanted in pages:
            page.goto(wanted.path if seeded is None else path_of(wanted, seeded))
            settle(page, wanted.shown)
            # A dialog is as high as the window: below it, a whole page would show what it covers.
            whole = page.get_by_role("dialog").count() == 0
            page.screenshot(path=folder / f"{wanted.name}-{look}.png", full_page=whole)
            if look == "light" and wanted.name in DOCUMENTED:
                page.screenshot(path=ROOT / "docs" / "images" / f"console-{wanted.name}.png")
        context.close()


if __name__ == "__main__":
    main(sys.argv[1:])
