"""Signing in to the console, and being asked again in the middle of work."""

import base64
import hashlib
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.browsing import sign_in

pytestmark = pytest.mark.browser


def test_a_token_lets_in_and_leads_to_the_page_that_was_asked_for(console_context, run):
    page = console_context.new_page()
    page.goto("/organisation")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to ingest-endpoints")
    page.get_by_label("Token", exact=True).fill("iet_wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This token is not accepted")).to_be_visible()
    page.get_by_label("Token", exact=True).fill(f" {run.token}\n")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/organisation$"))
    page.reload()
    expect(page.get_by_role("link", name="Organisation")).to_be_visible()


def test_the_link_that_a_local_run_prints_signs_in_and_leaves_no_token_in_the_address(console_context, run):
    page = console_context.new_page()
    page.goto(f"/organisation#token={run.token}")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    expect(page).to_have_url(re.compile("/organisation$"))
    page.reload()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()


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


def tab_of(context, token):
    """A tab in which a token was typed: `sign_in` would put it into every tab of the browser."""
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("Token", exact=True).fill(token)
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    return page


def sign_out(page):
    page.get_by_role("button", name="Account").click()
    page.get_by_role("menuitem", name="Sign out").click()


def expect_signed_out(page):
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to ingest-endpoints")


@pytest.mark.slow
def test_a_new_tab_of_the_browser_is_signed_in_and_signing_out_ends_both(console_context, run):
    first = tab_of(console_context, run.token)
    other = console_context.new_page()
    other.goto("/organisation")
    expect(other.get_by_role("navigation", name="Main")).to_be_visible()
    assert other.evaluate("Object.keys(localStorage).filter((key) => key.includes('session'))") == []
    sign_out(other)
    for page in (other, first):
        expect_signed_out(page)
    first.reload()
    expect_signed_out(first)


@pytest.mark.slow
def test_a_tab_that_was_signed_out_takes_no_session_of_another_one(console_context, api, run):
    made = api.call("POST", "/v1/tokens", {"name": "Of another tab", "role": "viewer"})
    first = tab_of(console_context, run.token)
    other = tab_of(console_context, made["token"])
    sign_out(first)
    expect_signed_out(first)
    first.goto("/organisation")
    expect_signed_out(first)
    expect(other.get_by_role("navigation", name="Main")).to_be_visible()
    api.call("DELETE", f"/v1/tokens/{made['id']}")


POOL = "https://pool.example"


def test_a_hosted_page_lets_in_by_a_code_that_only_this_tab_can_use(chromium, run):
    # The pool's origin stands in the policy of a deployment that has one; that of a local run has none.
    context = chromium.new_context(base_url=run.address, bypass_csp=True)
    page = context.new_page()
    config = {"sign_in": {"kind": "hosted_page", "page": POOL, "client_id": "console-1"}}
    asked, exchanged = {}, {}

    def authorize(route):
        asked.update(parse_qsl(urlsplit(route.request.url).query))
        answer = urlencode({"code": "code-1", "state": asked["state"]})
        route.fulfill(status=302, headers={"Location": f"{asked['redirect_uri']}?{answer}"})

    def token(route):
        exchanged.update(parse_qsl(route.request.post_data))
        route.fulfill(json={"access_token": run.token}, headers={"Access-Control-Allow-Origin": "*"})

    page.route("**/config.json", lambda route: route.fulfill(json=config))
    page.route(f"{POOL}/oauth2/authorize?*", authorize)
    page.route(f"{POOL}/oauth2/token", token)
    page.goto("/organisation/members")
    page.get_by_role("button", name="Go on to sign in").click()
    expect(page).to_have_url(re.compile("/organisation/members$"))
    expect(page.get_by_role("table", name="Members")).to_be_visible()

    assert asked["client_id"] == exchanged["client_id"] == "console-1"
    assert asked["redirect_uri"] == exchanged["redirect_uri"] == f"{run.address}/signed-in"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    digest = hashlib.sha256(exchanged["code_verifier"].encode()).digest()
    assert asked["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    page.goto(f"/signed-in?code=stolen&state={asked['state']}")
    expect(page.get_by_text("This sign-in was not begun here")).to_be_visible()
    context.close()


@pytest.fixture
def pool(chromium, run):
    """A context whose deployment has a hosted page, and what its token endpoint is asked and answers."""
    context = chromium.new_context(base_url=run.address, bypass_csp=True)
    context.asked, context.answers = [], {"authorization_code": None, "refresh_token": None}
    config = {"sign_in": {"kind": "hosted_page", "page": POOL, "client_id": "console-1"}}

    def authorize(route):
        query = dict(parse_qsl(urlsplit(route.request.url).query))
        answer = urlencode({"code": "code-1", "state": query["state"]})
        route.fulfill(status=302, headers={"Location": f"{query['redirect_uri']}?{answer}"})

    def token(route):
        form = dict(parse_qsl(route.request.post_data))
        context.asked.append(form)
        answer = context.answers[form["grant_type"]]
        headers = {"Access-Control-Allow-Origin": "*"}
        route.fulfill(status=400 if answer is None else 200, json=answer or {"error": "invalid_grant"}, headers=headers)

    context.route("**/config.json", lambda route: route.fulfill(json=config))
    context.route(f"{POOL}/oauth2/authorize?*", authorize)
    context.route(f"{POOL}/oauth2/token", token)
    yield context
    context.close()


def type_and_lose_the_token(context, api, run, name):
    """Sign in at the hosted page, begin to fill in a form, and have the token end."""
    made = api.call("POST", "/v1/tokens", {"name": name, "role": "owner"})
    context.answers["authorization_code"] = {"access_token": made["token"], "refresh_token": "refresh-1"}
    page = context.new_page()
    page.goto("/")
    page.get_by_role("button", name="Go on to sign in").click()
    page.get_by_role("button", name="New endpoint").click()
    page.get_by_role("textbox", name="Name").fill(name)
    page.wait_for_load_state("networkidle")  # the form is what notices first
    api.call("DELETE", f"/v1/tokens/{made['id']}")
    return page


@pytest.mark.slow
def test_a_token_that_ended_is_renewed_at_the_pool_without_a_word(pool, api, run):
    page = type_and_lose_the_token(pool, api, run, "Renewed in silence")
    pool.answers["refresh_token"] = {"access_token": run.token}
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Renewed in silence")).to_be_visible()
    assert pool.asked[-1] == {"grant_type": "refresh_token", "client_id": "console-1", "refresh_token": "refresh-1"}
    names = [row["name"] for row in api.call("GET", "/v1/endpoints")["items"]]
    assert names.count("Renewed in silence") == 1


@pytest.mark.slow
def test_where_the_pool_renews_nothing_another_window_signs_in_and_the_form_goes_on(pool, api, run):
    page = type_and_lose_the_token(pool, api, run, "Signed in beside it")
    page.get_by_role("button", name="Create", exact=True).click()
    again = page.get_by_role("dialog", name="Sign in again")
    expect(again).to_be_visible()
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Signed in beside it")
    pool.answers["authorization_code"] = {"access_token": run.token, "refresh_token": "refresh-2"}
    with page.expect_popup() as opened:
        again.get_by_role("button", name="Sign in in a new window").click()
    expect(page.get_by_role("heading", level=1, name="Signed in beside it")).to_be_visible()
    assert [form["grant_type"] for form in pool.asked] == ["authorization_code", "refresh_token", "authorization_code"]
    verifiers = {form["code_verifier"] for form in pool.asked if "code_verifier" in form}
    assert len(verifiers) == 2
    assert opened.value.is_closed() or opened.value.get_by_text("Close this window").is_visible()


@pytest.mark.slow
def test_a_member_of_several_organisations_changes_between_them(console_context, api, run):
    """Of a token there is one organisation; what signs people in to several is stood in for, `/v1` itself is not."""
    branch = api.call("POST", "/v1/organisations", {"name": "Branch", "owner_email": "owner@localhost"})
    first = api.call("GET", "/v1/me")
    tokens = {None: run.token, first["organisation"]["id"]: run.token, branch["id"]: branch["token"]}
    memberships = [{**first["organisation"], "role": "owner"}, {"id": branch["id"], "name": "Branch", "role": "owner"}]
    gone = []
    invitations = [
        {
            "id": "mem_1",
            "organisation": {"id": branch["id"], "name": "Branch"},
            "role": "owner",
            "invited_by": "ann@example.com",
            "invited_at": "2026-11-23T08:00:00.000Z",
        }
    ]

    def as_the_chosen_one(route):
        chosen, url = route.request.headers.get("x-organisation-id"), route.request.url
        if url.endswith("/v1/memberships"):
            left = [row for row in memberships if row["id"] not in gone]
            route.fulfill(json={"items": left, "next": None})
            return
        if url.endswith("/v1/invitations"):
            route.fulfill(json={"items": invitations, "next": None})
            return
        if url.endswith("/v1/invitations/mem_1/accept"):
            invitations.clear()
            route.fulfill(json=memberships[1])
            return
        if chosen is None:
            problem = {"status": 409, "code": "choose_organisation", "message": "Choose.", "request_id": "1"}
            route.fulfill(status=409, json=problem, content_type="application/problem+json")
            return
        if chosen in gone:
            problem = {"status": 403, "code": "forbidden", "message": "You are no member of it.", "request_id": "1"}
            route.fulfill(status=403, json=problem, content_type="application/problem+json")
            return
        headers = {**route.request.headers, "authorization": f"Bearer {tokens[chosen]}"}
        if not route.request.url.endswith("/v1/me"):
            route.continue_(headers=headers)
            return
        answer = route.fetch(headers=headers)
        route.fulfill(
            response=answer, json={**answer.json(), "organisations": memberships, "invitations": len(invitations)}
        )

    api.call("POST", "/v1/endpoints", {"name": "Of the first"})
    page = sign_in(console_context, run.token)
    page.route("**/v1/**", as_the_chosen_one)
    page.reload()
    expect(page.get_by_role("heading", name="Choose an organisation")).to_be_visible()
    page.get_by_role("button", name=f"{first['organisation']['name']} (owner)").click()
    expect(page.get_by_role("link", name="Of the first", exact=True)).to_be_visible()
    asked = page.get_by_role("region", name="Invitations")
    expect(asked.get_by_text("ann@example.com invites you to Branch")).to_be_visible()
    asked.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("heading", name="Create your first endpoint")).to_be_visible()
    expect(asked).to_be_hidden()
    for name in (first["organisation"]["name"], "Branch"):
        page.get_by_role("button", name="Account").click()
        page.get_by_role("menuitem", name=name).click()
    expect(page.get_by_role("heading", name="Create your first endpoint")).to_be_visible()
    page.get_by_role("link", name="Organisation").click()
    expect(page.get_by_role("heading", level=1, name="Branch")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", level=1, name="Branch")).to_be_visible()

    gone.append(branch["id"])
    page.reload()
    expect(page.get_by_role("heading", name="You are no member here")).to_be_visible()
    page.get_by_role("button", name=f"{first['organisation']['name']} (owner)").click()
    expect(page.get_by_role("link", name="Of the first", exact=True)).to_be_visible()
