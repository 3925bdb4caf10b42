"""Targets over HTTP as destinations: what is shown of them, what is kept secret, and the secret that is shown once."""

import json

import pytest

from schemas.limits import MAX_HTTP_EVENTS, MAX_HTTP_HEADER_CHARS, MAX_HTTP_HEADERS, SIGNING_OVERLAP_SECONDS
from tests.destinations import HTTP
from tests.functions.test_management_destinations import change, create, everything_kept, item

SHOWN = {**HTTP, "header_names": [], "format": "ndjson", "max_events": 500, "sign": True, "signing_secret": None}
HEADERS = {"X-Team": "web", "Authorization": "Bearer the-token"}


def kept(api):
    """Return the only secret that is kept."""
    (secret,) = api.secrets.secrets.values()
    return json.loads(secret)


def keys(api):
    return ["whsec_" + row["key"] for row in kept(api)["keys"]]


def test_a_target_is_shown_with_its_defaults_and_its_signing_secret_once(api, endpoint):
    made = create(api, endpoint, HTTP).json
    secret = made["destination"]["signing_secret"]
    assert secret.startswith("whsec_")
    assert made["destination"] == {**SHOWN, "signing_secret": secret}
    assert api.call("GET", f"/v1/environments/{made['id']}").json["destination"] == SHOWN
    assert keys(api) == [secret]
    assert secret.removeprefix("whsec_") not in everything_kept(api)


def test_an_answer_that_is_repeated_has_no_secret(api, endpoint):
    body = {"name": "Live", "revision_id": api.finalised(endpoint)["id"], "destination": HTTP}
    path = f"/v1/endpoints/{endpoint['id']}/environments"
    first, second = (api.call("POST", path, body, idempotency_key="once").json for _ in range(2))
    assert first["destination"].pop("signing_secret") is not None
    assert second["destination"].pop("signing_secret") is None
    assert first == second
    assert len(api.secrets.secrets) == 1


def test_values_of_headers_stand_in_the_secret_store_and_nowhere_else(api, endpoint):
    answer = create(api, endpoint, {**HTTP, "headers": HEADERS})
    assert answer.json["destination"]["header_names"] == ["Authorization", "X-Team"]
    assert kept(api)["headers"] == HEADERS
    assert "the-token" not in everything_kept(api) + answer.text
    (target,) = api.connectors.http.checked
    assert "the-token" in target.secret
    assert "the-token" not in repr(target)


def test_a_target_without_headers_that_is_not_signed_keeps_no_secret(api, endpoint):
    made = create(api, endpoint, {**HTTP, "sign": False}).json
    assert made["destination"] == {**SHOWN, "sign": False}
    assert api.secrets.secrets == {}


def test_what_a_change_leaves_out_stays_with_its_secrets(api, endpoint):
    made = create(api, endpoint, {**HTTP, "headers": HEADERS}).json
    before = kept(api)
    changed = change(api, made, {"type": "http", "max_events": 10, "format": "json"}).json
    assert changed["destination"] == {
        **SHOWN,
        "header_names": ["Authorization", "X-Team"],
        "max_events": 10,
        "format": "json",
    }
    assert kept(api) == before
    assert "stale_secrets" not in item(api, made)


def test_headers_that_are_given_replace_all_and_leave_the_signing_secret(api, endpoint):
    made = create(api, endpoint, {**HTTP, "headers": HEADERS}).json
    old = item(api, made)["secret"]
    before = kept(api)["keys"]
    changed = change(api, made, {"type": "http", "headers": {"X-Key": "k"}}).json
    assert changed["destination"] == {**SHOWN, "header_names": ["X-Key"]}
    assert item(api, made)["stale_secrets"] == [old]
    new = json.loads(api.secrets.secrets[item(api, made)["secret"]])
    assert new == {"headers": {"X-Key": "k"}, "keys": before}


def test_a_new_signing_secret_is_shown_once_and_the_one_before_signs_for_a_day(api, endpoint):
    made = create(api, endpoint, HTTP).json
    first = made["destination"]["signing_secret"]
    second = change(api, made, {"type": "http", "new_signing_secret": True}).json["destination"]["signing_secret"]
    third = change(api, made, {"type": "http", "new_signing_secret": True}).json["destination"]["signing_secret"]
    assert len({first, second, third}) == 3
    new, old = json.loads(api.secrets.secrets[item(api, made)["secret"]])["keys"]
    assert ("whsec_" + new["key"], "whsec_" + old["key"]) == (third, second)
    assert old["until"] == api.clock() // 1_000_000_000 + SIGNING_OVERLAP_SECONDS
    assert "until" not in new


def test_a_target_that_is_to_be_signed_gets_a_secret_and_one_that_is_not_loses_it(api, endpoint):
    made = create(api, endpoint, {**HTTP, "sign": False}).json
    signed = change(api, made, {"type": "http", "sign": True}).json["destination"]
    assert signed["signing_secret"].startswith("whsec_")
    unsigned = change(api, made, {"type": "http", "sign": False}).json["destination"]
    assert unsigned == {**SHOWN, "sign": False}
    assert item(api, made)["secret"] is None


@pytest.mark.parametrize("url", ["https://other.example.com/", "https://events.example.com/another/path"])
def test_values_of_headers_go_to_no_other_url_than_they_were_given_for(api, endpoint, url):
    made = create(api, endpoint, {**HTTP, "headers": HEADERS}).json
    refused = change(api, made, {"type": "http", "url": url})
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/destination/headers")
    assert all(target.destination["url"] == HTTP["url"] for target in api.connectors.http.checked)
    same = change(api, made, {"type": "http", "url": HTTP["url"], "max_events": 10})
    assert same.status == 200
    moved = change(api, same.json, {"type": "http", "url": url, "headers": {"X-New": "v"}})
    assert (moved.json["destination"]["url"], moved.json["destination"]["header_names"]) == (url, ["X-New"])


def test_a_target_without_headers_goes_to_another_url(api, endpoint):
    made = create(api, endpoint, HTTP).json
    moved = change(api, made, {"type": "http", "url": "https://other.example.com/"})
    assert moved.json["destination"]["url"] == "https://other.example.com/"


def test_headers_whose_values_are_gone_have_to_be_given_again(api, endpoint):
    made = create(api, endpoint, {**HTTP, "headers": HEADERS}).json
    api.secrets.secrets.clear()
    answer = change(api, made, {"type": "http", "max_events": 10})
    assert (answer.status, answer.pointers) == (422, ["/destination/headers"])
    assert change(api, made, {"type": "http", "headers": HEADERS}).status == 200


def test_a_change_made_of_secrets_that_others_have_replaced_is_a_conflict(api, endpoint):
    made = create(api, endpoint, {**HTTP, "headers": HEADERS}).json
    change_of_others = []

    def check(_target):
        if not change_of_others:
            change_of_others.append(True)
            assert change(api, made, {"type": "http", "headers": {"X-Key": "k"}}).status == 200
        return []

    api.connectors.http.check = check
    answer = change(api, made, {"type": "http", "headers": {"X-Other": "o"}})
    assert (answer.status, answer.code) == (409, "conflict")
    shown = api.call("GET", f"/v1/environments/{made['id']}").json
    assert shown["destination"]["header_names"] == ["X-Key"]


def test_a_target_that_refuses_is_not_saved_and_no_secret_stays(api, endpoint):
    api.connectors.http.reason = "The target answered 401."
    answer = create(api, endpoint, HTTP)
    assert (answer.status, answer.code) == (422, "destination_refused")
    assert "The target answered 401." in answer.text
    assert api.secrets.secrets == {}


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"url": "http://events.example.com/"}, "/url", "pattern"),
        ({"url": "ftp://events.example.com/"}, "/url", "pattern"),
        ({"url": "https://events example.com/"}, "/url", "pattern"),
        ({"url": "http://localhost.example.com/"}, "/url", "pattern"),
        ({"url": f"https://events.example.com/{'a' * 2_000}"}, "/url", "max_length"),
        ({"url": None}, "/url", "type"),
        ({"headers": {"Host": "h"}}, "/headers", "destination"),
        ({"headers": {"content-TYPE": "h"}}, "/headers", "destination"),
        ({"headers": {"Webhook-Id": "h"}}, "/headers", "destination"),
        ({"headers": {"Transfer-Encoding": "chunked"}}, "/headers", "destination"),
        ({"headers": {"X-A": "1", "x-a": "2"}}, "/headers", "duplicate"),
        ({"headers": {"X A": "1"}}, "/headers/X A", "pattern"),
        ({"headers": {"X-A": "1\r\nX-B: 2"}}, "/headers/X-A", "pattern"),
        ({"headers": {"X-A": " padded"}}, "/headers/X-A", "pattern"),
        ({"headers": {"X-A": "a" * (MAX_HTTP_HEADER_CHARS + 1)}}, "/headers/X-A", "max_length"),
        ({"headers": {"X-A": 1}}, "/headers/X-A", "type"),
        ({"headers": {f"X-{n}": "1" for n in range(MAX_HTTP_HEADERS + 1)}}, "/headers", "max_items"),
        ({"format": "csv"}, "/format", "one_of"),
        ({"max_events": 0}, "/max_events", "min_value"),
        ({"max_events": MAX_HTTP_EVENTS + 1}, "/max_events", "max_value"),
        ({"sign": "yes"}, "/sign", "type"),
        ({"new_signing_secret": True}, "/new_signing_secret", "unknown_field"),
        ({"signing_secret": "whsec_abc"}, "/signing_secret", "unknown_field"),
    ],
)
def test_a_target_that_can_not_be_is_refused_at_the_field_that_is_wrong(api, endpoint, fields, pointer, code):
    answer = create(api, endpoint, {**HTTP, **fields})
    assert (answer.status, answer.code) == (422, "invalid_request")
    assert (answer.json["errors"][0]["pointer"], answer.json["errors"][0]["code"]) == (f"/destination{pointer}", code)
    assert api.secrets.secrets == {}


def test_the_largest_headers_fit_into_a_secret(api, endpoint):
    headers = {f"X-{n:062}": "a" * MAX_HTTP_HEADER_CHARS for n in range(MAX_HTTP_HEADERS)}
    assert create(api, endpoint, {**HTTP, "headers": headers}).status == 201
    (secret,) = api.secrets.secrets.values()
    assert len(secret) < 65_536


def test_a_target_is_tried_before_an_environment_has_it_and_leaves_no_secret(api):
    answer = api.call("POST", "/v1/destinations/check", {"destination": {**HTTP, "headers": HEADERS}})
    assert (answer.status, answer.json["ok"]) == (200, True)
    (target,) = api.connectors.http.checked
    assert target.destination["header_names"] == ["Authorization", "X-Team"]
    assert json.loads(target.secret)["keys"]
    assert api.secrets.secrets == {}
