"""What journeys, checks and pictures do with a browser alike."""

from playwright.sync_api import expect

from benchmarks.browser import SESSION, TIMEOUT_MS, launch, sign_in

__all__ = ["SESSION", "TIMEOUT_MS", "launch", "settle", "sign_in"]


def settle(page, shown):
    """Wait until a text is there and nothing is on its way any more."""
    expect(page.get_by_text(shown).first).to_be_visible(timeout=TIMEOUT_MS)
    expect(page.locator("[aria-busy=true], .mantine-Skeleton-root")).to_have_count(0, timeout=TIMEOUT_MS)
    page.wait_for_load_state("networkidle")
