"""The snippets for web pages, pasted into one and loaded in a real browser."""

import json
from urllib.parse import quote

import pytest

from local.delivered import delivered_events
from schemas.stamps import STAMP_KEYS
from tests.nasty_event import NASTY_EVENT, NASTY_FIELDS
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("snippet_id", ["pixel", "fetch", "beacon", "script"])
def test_a_page_with_the_snippet_sends_the_example_whatever_characters_it_holds(run, api, page, snippet_id):
    made = api.make_environment(f"Snippet {snippet_id}", NASTY_FIELDS)
    example = quote(json.dumps(NASTY_EVENT, ensure_ascii=False), safe="")
    items = api.call("GET", f"/v1/environments/{made.environment_id}/snippets?example={example}")["items"]
    (item,) = [item for item in items if item["id"] == snippet_id]
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    code = item["code"] if item["language"] == "html" else f"<script>\n{item['code']}</script>"
    page.set_content(f"<!doctype html><html><body><p>before</p>{code}<p>after</p></body></html>")
    row, *more = wait_until(lambda: delivered_events(run.state_dir, made.environment_id))
    assert {name: value for name, value in row.items() if name not in STAMP_KEYS} == NASTY_EVENT
    assert more == []
    assert errors == []
    assert page.inner_text("body").split() == ["before", "after"]
