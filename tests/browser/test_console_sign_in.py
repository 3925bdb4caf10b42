"""Signing in to the console, and being asked again in the middle of work."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_token_lets_in_and_leads_to_the_page_that_was_asked_for(console_context, run):
    page = console_context.new_page()
    page.goto("/organisation")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to ingest-endpoints")
    page.get_by_label("Token", exact=True).fill("iet_wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This token is not taken")).to_be_visible()
    page.get_by_label("Token", exact=True).fill(f" {run.token}\n")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/organisation$"))
    page.reload()
    expect(page.get_by_role("link", name="Organisation")).to_be_visible()


def test_nothing_is_asked_of_another_origin_and_no_policy_is_broken(console_context, run, console):
    page = console_context.new_page()
    requests, complaints = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto("/sign-in")
    page.get_by_label("Token", exact=True).fill(run.token)
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    assert requests
    assert [url for url in requests if not url.startswith((f"{console}/", "data:"))] == []
    assert complaints == []


def test_signing_out_forgets_the_token(signed_in):
    signed_in.get_by_role("button", name="Account").click()
    signed_in.get_by_role("menuitem", name="Sign out").click()
    expect(signed_in.get_by_role("heading", level=1)).to_have_text("Sign in to ingest-endpoints")
    assert signed_in.evaluate("localStorage.getItem('ingest-endpoints.session')") is None
