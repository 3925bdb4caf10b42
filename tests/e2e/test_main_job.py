"""From a token to events in objects, over HTTP and nothing else."""

import gzip
import http.client
import json
import re
import shlex
import subprocess
import zlib
from base64 import urlsafe_b64encode
from urllib.parse import quote, urlencode

import httpx
import pytest

from local.delivered import delivered_events, object_files, quarantine_files, stored_rows
from tests.waiting import wait_until

SCHEMA = [
    {"key": "page", "type": "STRING", "rules": [{"rule": "min_length", "value": 1}]},
    {"key": "price", "type": "FLOAT", "presence": "optional", "rules": [{"rule": "min_value", "value": 0}]},
    {"key": "count", "type": "INT", "presence": "default", "default": 1},
    {"key": "seen_at", "type": "TIMESTAMP", "presence": "macro", "macro": "received_at"},
    {
        "key": "customer",
        "type": "OBJECT",
        "presence": "optional",
        "fields": [
            {"key": "name", "type": "STRING"},
            {"key": "orders", "type": "ARRAY_INT", "presence": "optional"},
        ],
    },
]
GIF = b"GIF89a"


@pytest.fixture(scope="module")
def made(api):
    return api.make_environment("Main job", SCHEMA)


@pytest.fixture(scope="module")
def http_client(run):
    with httpx.Client(timeout=10, trust_env=False) as client:
        yield client


@pytest.fixture
def post(http_client, made):
    def send(body, content_type="application/json", **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return http_client.post(made.address, content=body, headers={"Content-Type": content_type, **names})

    return send


@pytest.fixture
def delivered(run, made):
    """A function that waits for events by id and returns them in that order; each must be there exactly once."""

    def find(*event_ids):
        def probe():
            rows = [
                row for row in delivered_events(run.state_dir, made.environment_id) if row["_event_id"] in event_ids
            ]
            return rows if len(rows) >= len(event_ids) else None

        found = wait_until(probe)
        rows = {row["_event_id"]: row for row in found}
        assert len(found) == len(rows) == len(event_ids)
        return [rows[event_id] for event_id in event_ids]

    return find


def accepted_ids(response):
    assert response.status_code == 200, response.text
    document = response.json()
    assert document["ok"] is True
    assert document["accepted"] == len(document["event_ids"])
    assert response.headers["x-request-id"] == document["request_id"]
    assert response.headers["x-revision-id"] == document["revision_id"]
    return document["event_ids"]


def test_the_printed_token_says_who_calls(api):
    me = api.call("GET", "/v1/me")
    assert me["role"] == "owner"
    assert me["organisation"]["id"].startswith("org_")


def test_the_printed_curl_line_works_as_it_stands(run, tmp_path):
    (line,) = [line for line in run.ready_lines if line.startswith("Try: ")]
    command = line.removeprefix("Try: ")
    answer = subprocess.run(shlex.split(command), capture_output=True, check=True, cwd=tmp_path)
    assert json.loads(answer.stdout)["role"] == "owner"


def test_the_first_line_says_ready_and_where(run):
    assert run.ready_lines[0].startswith(f"Ready: {run.address}/")


def test_an_object_is_answered_and_delivered_in_schema_order_with_its_stamps(post, delivered, made):
    response = post('{"unknown": 1, "customer": {"orders": [3, 1.0], "name": "J\\u00fcrgen"}, "price": 5, "page": "/"}')
    (event_id,) = accepted_ids(response)
    (row,) = delivered(event_id)
    assert list(row) == ["_event_id", "_received_at", "_revision_id", "page", "price", "count", "seen_at", "customer"]
    assert row["_revision_id"] == made.revision_id == response.json()["revision_id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", row["_received_at"])
    assert (row["page"], row["price"], row["count"]) == ("/", 5, 1)
    assert isinstance(row["seen_at"], int)
    assert row["customer"] == {"name": "Jürgen", "orders": [3, 1]}


def test_objects_stand_under_their_environment_day_and_hour(run, post, delivered, made):
    delivered(*accepted_ids(post('{"page": "x"}')))
    paths = list(object_files(run.state_dir, made.environment_id))
    assert paths
    for path in paths:
        assert re.search(
            rf"/environment={made.environment_id}/dt=\d{{4}}-\d\d-\d\d/hour=\d\d/[^/]+\.gz$", path.as_posix()
        )
        assert gzip.decompress(path.read_bytes()).endswith(b"}\n")


def test_a_pixel_is_a_gif_whatever_the_outcome(http_client, made, delivered, run):
    good = http_client.get(made.address, params={"d": '{"page": "pixel"}'}, headers={"Accept": "image/*"})
    assert (good.status_code, good.headers["content-type"]) == (200, "image/gif")
    assert good.headers["x-ingest-outcome"] == "accepted"
    assert good.headers["cache-control"] == "no-store"
    assert len(good.content) == 43
    assert good.content.startswith(GIF)
    bad = http_client.get(made.address, params={"d": '{"page": 1}'})
    assert (bad.status_code, bad.content) == (400, good.content)
    assert bad.headers["x-ingest-outcome"] == "invalid_event"
    wait_until(lambda: any(row["page"] == "pixel" for row in delivered_events(run.state_dir, made.environment_id)))


def test_a_pixel_may_carry_base64url_and_answers_json_to_who_asks_for_it(http_client, made, delivered):
    payload = urlsafe_b64encode('{"page": "ü?>"}'.encode()).rstrip(b"=").decode()
    response = http_client.get(f"{made.address}?d={payload}", headers={"Accept": "application/json"})
    (row,) = delivered(*accepted_ids(response))
    assert row["page"] == "ü?>"


def test_a_batch_of_mixed_events_gets_a_row_for_each_in_order(post, delivered, run, made):
    response = post(json.dumps([{"page": "a"}, {"page": 1, "price": -1}, {"page": "c"}]))
    document = response.json()
    assert (response.status_code, document["ok"]) == (200, False)
    assert (document["accepted"], document["quarantined"]) == (2, 1)
    rows = document["results"]
    assert [(row["index"], row["outcome"]) for row in rows] == [(0, "accepted"), (1, "quarantined"), (2, "accepted")]
    assert [(error["pointer"], error["code"]) for error in rows[1]["errors"]] == [
        ("/page", "type_string"),
        ("/price", "min_value"),
    ]
    first, last = delivered(rows[0]["event_id"], rows[2]["event_id"])
    assert (first["page"], last["page"]) == ("a", "c")

    def kept():
        found = stored_rows(quarantine_files(run.state_dir, made.environment_id))
        return [row for row in found if row["event_id"] == rows[1]["event_id"]]

    (row,) = wait_until(kept)
    assert json.loads(row["raw"]) == {"page": 1, "price": -1}
    assert row["revision_id"] == made.revision_id


def test_ndjson_a_form_and_plain_text_carry_events(post, delivered):
    lines = accepted_ids(post('{"page": "1"}\r\n\n{"page": "2"}\n', "application/x-ndjson"))
    form = accepted_ids(post(urlencode({"d": '{"page": "3 & 4"}'}), "application/x-www-form-urlencoded"))
    text = accepted_ids(post('{"page": "5"}', "text/plain;charset=UTF-8"))
    assert [row["page"] for row in delivered(*lines, *form, *text)] == ["1", "2", "3 & 4", "5"]


def test_a_body_without_a_type_is_json(run, made, delivered):
    connection = http.client.HTTPConnection("127.0.0.1", run.port, timeout=10)
    connection.putrequest("POST", f"/e/{made.environment_id}")
    connection.putheader("Content-Length", "17")
    connection.endheaders(b'{"page": "plain"}')
    document = json.loads(connection.getresponse().read())
    connection.close()
    assert delivered(*document["event_ids"])[0]["page"] == "plain"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw deflate"])
def test_compressed_bodies_are_understood(post, delivered, coding):
    text = json.dumps([{"page": f"{coding} {number}"} for number in range(50)]).encode()
    compress = {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "raw deflate": lambda data: zlib.compress(data, wbits=-15),
    }
    response = post(compress[coding](text), Content_Encoding=coding.split()[-1])
    assert [row["page"] for row in delivered(*accepted_ids(response))] == [f"{coding} {number}" for number in range(50)]


def test_a_repeated_request_with_an_idempotency_key_has_the_same_ids(post):
    first = accepted_ids(post('[{"page": "a"}, {"page": "b"}]', Idempotency_Key="order 1"))
    again = accepted_ids(post('[{"page": "a"}, {"page": "b"}]', Idempotency_Key="order 1"))
    other = accepted_ids(post('[{"page": "a"}, {"page": "b"}]', Idempotency_Key="order 2"))
    assert first == again
    assert not set(first) & set(other)


def test_head_options_and_other_methods_answer_by_the_contract(http_client, made):
    head = http_client.head(made.address)
    assert (head.status_code, head.content) == (200, b"")
    preflight = http_client.options(
        made.address, headers={"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    )
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    put = http_client.put(made.address, content=b"{}")
    assert (put.status_code, put.json()["code"]) == (405, "method_not_allowed")
    assert {method.strip() for method in put.headers["allow"].split(",")} >= {"GET", "POST"}


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        ("{", "application/json", 400, "not_json"),
        ("", "application/json", 400, "no_payload"),
        ('{"page": 1}', "application/json", 400, "invalid_event"),
        ('{"page": "x"}', "image/png", 415, "unsupported_media_type"),
        (json.dumps([{"page": "x"}] * 1001), "application/json", 413, "too_many_events"),
    ],
)
def test_a_request_that_can_not_be_taken_is_a_problem_document(post, body, content_type, status, code):
    response = post(body, content_type)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["status"] == status
    assert problem["message"] == problem["detail"]
    assert problem["request_id"] == response.headers["x-request-id"]


def test_an_unknown_environment_is_404_and_health_is_ok(http_client, run):
    unknown = http_client.post(f"{run.address}/e/env_{'0' * 26}", content=b"{}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_environment")
    health = http_client.get(f"{run.address}/health")
    assert (health.status_code, health.json()) == (200, {"status": "ok"})


def test_a_host_that_is_no_environment_is_404_and_this_machine_has_a_page(http_client, run):
    foreign = http_client.get(f"{run.address}/?d={quote('{}')}", headers={"Host": "events.example.com"})
    assert foreign.status_code == 404
    page = http_client.get(f"{run.address}/")
    assert page.status_code == 200
    assert "ingest-endpoints" in page.text
    missing = http_client.get(f"{run.address}/nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


def test_nothing_is_logged_for_any_of_this(run):
    assert run.log.read_text() == ""
