"""Snippets over `/v1`."""

import json
import re
from base64 import urlsafe_b64decode
from html import unescape
from urllib.parse import quote

import pytest

from domain.records.caller import Role
from tests.nasty_event import NASTY_EVENT


@pytest.fixture
def environment(api):
    return api.environment(api.endpoint())


def snippets(api, environment, example=None, **options):
    query = "" if example is None else f"?example={quote(example, safe='')}"
    return api.call("GET", f"/v1/environments/{environment['id']}/snippets{query}", **options)


def code_of(answer, snippet_id):
    (code,) = [item["code"] for item in answer.json["items"] if item["id"] == snippet_id]
    return code


def sent_by_the_pixel(answer):
    query = re.search(r"\?d=([\w-]+)\"", code_of(answer, "pixel"))[1]
    return json.loads(urlsafe_b64decode(query + "=" * (-len(query) % 4)))


def test_there_is_a_snippet_for_every_way_with_the_address_of_the_environment(api, environment):
    answer = snippets(api, environment, '{"price": 5}')
    assert (answer.status, answer.json["next"]) == (200, None)
    assert len(answer.json["items"]) == 14
    assert all(environment["address"] in item["code"] for item in answer.json["items"])
    assert answer.json["items"][1] == {
        "id": "curl",
        "label": "cURL",
        "language": "sh",
        "code": f"curl -sS '{environment['address']}' \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        "  --data-raw '{\"price\": 5}'\n",
    }


def test_code_for_an_environment_with_write_keys_carries_the_first_of_them(api):
    environment = api.environment(api.endpoint(), write_keys=["shop&web", "app"])
    answer = snippets(api, environment, '{"price": 5}')
    address = f"{environment['address']}?writeKey=shop%26web"
    assert len(answer.json["items"]) == 14
    assert all(address in item["code"] for item in answer.json["items"])
    (source,) = re.findall('src="(.*?)"', code_of(answer, "pixel"))
    assert unescape(source).startswith(f"{address}&d=")


def test_the_example_arrives_whatever_characters_it_holds(api, environment):
    example = {**NASTY_EVENT, "texts": NASTY_EVENT["texts"][:15]}
    assert sent_by_the_pixel(snippets(api, environment, json.dumps(example, ensure_ascii=False))) == example


def test_without_an_example_one_is_made_that_the_revision_accepts(api, environment):
    event = sent_by_the_pixel(snippets(api, environment))
    path = f"/v1/revisions/{environment['revision_id']}/validate"
    (row,) = api.call("POST", path, event).json["results"]
    assert row["outcome"] == "accepted"


@pytest.mark.parametrize("example", ["", "{", "[]", "1", '{"a": NaN}'])
def test_what_is_no_json_object_is_refused_at_the_parameter(api, environment, example):
    answer = snippets(api, environment, example)
    assert (answer.status, answer.code, answer.pointers) == (422, "invalid_request", ["/example"])


def test_a_field_chooses_among_made_examples_alone(api, environment):
    path = f"/v1/environments/{environment['id']}/snippets?example=%7B%22price%22%3A1%7D&when=price"
    answer = api.call("GET", path)
    assert (answer.status, answer.pointers) == (422, ["/when"])
    assert answer.json["errors"][0]["code"] == "not_allowed"


def test_an_example_of_over_8000_characters_is_refused(api, environment):
    answer = snippets(api, environment, json.dumps({"a": "x" * 8_000}))
    assert (answer.status, answer.pointers) == (422, ["/example"])


def test_an_example_in_the_body_gives_the_same_code_and_may_be_as_long_as_code_can_hold(api, environment):
    path = f"/v1/environments/{environment['id']}/snippets"
    example = '{"id": 9007199254740993, "price": 1.10, "price": 2}'
    posted = api.call("POST", path, {"example": example})
    assert posted.status == 200
    assert posted.json == snippets(api, environment, example).json
    assert example in code_of(posted, "curl")
    most = '{"a":"' + "x" * (60_000 - 8) + '"}'
    assert [item["id"] for item in api.call("POST", path, {"example": most}).json["items"]].count("curl") == 1
    refused = api.call("POST", path, {"example": most + " "})
    assert (refused.status, refused.pointers) == (422, ["/example"])


@pytest.mark.parametrize("body", [{}, {"example": {"a": 1}}, {"example": "[]"}, {"example": "{"}])
def test_an_example_in_the_body_is_the_text_of_a_json_object(api, environment, body):
    refused = api.call("POST", f"/v1/environments/{environment['id']}/snippets", body)
    assert (refused.status, refused.pointers) == (422, ["/example"])


def test_snippets_of_another_organisation_are_not_found(api, environment):
    api.add_member(Role.OWNER, token="iet_other", organisation="org_other")
    assert snippets(api, environment, token="iet_other").status == 404
    assert snippets(api, {"id": "env_none"}).status == 404


def test_a_viewer_may_see_snippets(api, environment):
    api.add_member(Role.VIEWER, token="iet_viewer")
    assert snippets(api, environment, token="iet_viewer").status == 200
    assert snippets(api, environment, token=None).status == 401
