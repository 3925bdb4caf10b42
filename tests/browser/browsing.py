"""What journeys, checks and pictures do with a browser alike."""

import pytest
from playwright.sync_api import expect

from benchmarks.browser import SESSION, TIMEOUT_MS, launch, sign_in

__all__ = ["SESSION", "TIMEOUT_MS", "focus_by_tab", "launch", "settle", "sign_in"]


def settle(page, shown):
    """Wait until a text is there and nothing is on its way any more."""
    expect(page.get_by_text(shown).first).to_be_visible(timeout=TIMEOUT_MS)
    expect(page.locator("[aria-busy=true], .mantine-Skeleton-root")).to_have_count(0, timeout=TIMEOUT_MS)
    page.wait_for_load_state("networkidle")


def focus_by_tab(page, control):
    """Press Tab until a control has the focus, and fail where that never happens."""
    expect(control).to_be_visible(timeout=TIMEOUT_MS)
    for _ in range(120):
        if control.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{control} can't be reached by Tab")
