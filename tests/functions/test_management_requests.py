"""What holds for every request to `/v1`: bodies, methods, keys, headers, and trouble."""

import json
import logging
import re
import threading

import pytest

from domain.errors import Misconfigured, Undelivered
from functions.management.handler import ManagementSettings
from tests.certificates import DOMAIN, leaf
from tests.management_api import PRICE, Api, document


def event(method, path, body=None, **fields):
    headers = {"host": "api.example.com", "authorization": "Bearer iet_owner", "content-type": "application/json"}
    return {
        "version": "2.0",
        "rawPath": path,
        "headers": headers,
        "requestContext": {"http": {"method": method, "sourceIp": "203.0.113.7"}, "requestId": "req-1"},
        "body": body,
        "isBase64Encoded": False,
        **fields,
    }


def test_every_answer_names_its_request_and_is_not_stored(api):
    for target in ("/v1/me", "/v1/unknown", "/v1/openapi.json", "/v1/endpoints?limit=0"):
        answer = api.call("GET", target)
        assert answer.headers["X-Request-Id"] == "req-1"
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        ("{", 400, "not_json"),
        ('{"name": "x"} x', 400, "not_json"),
        ('{"name": NaN}', 400, "not_json"),
        ('{"name": "\\ud800"}', 400, "not_json"),
        ("{'name': 'x'}", 400, "not_json"),
        ('{"name": ' + "[" * 65 + "]" * 65 + "}", 400, "bad_request"),
        ('{"name": ' + "[" * 19_000 + "]" * 19_000 + "}", 400, "not_json"),
        ('{"name": ' + "[" * 100_000 + "]" * 100_000 + "}", 422, "too_complex"),
        ("[]", 422, "invalid_request"),
        ('[{"name": "x"}]', 422, "invalid_request"),
        ('"x"', 422, "invalid_request"),
        ("null", 422, "invalid_request"),
        ("", 422, "invalid_request"),
        ('{"name": "x"}' + " " * (1024 * 1024), 413, "body_too_large"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(api, raw, status, code):
    answer = api.call("POST", "/v1/endpoints", raw=raw, content_type="application/json")
    assert (answer.status, answer.code) == (status, code)


@pytest.mark.parametrize("value", ["1e400", "-1e400", "1" * 401, '"\\ud800"', '["\\udc00"]'])
def test_json_that_nothing_can_hold_is_not_called_no_json(api, value):
    answer = api.call("POST", "/v1/endpoints", raw=f'{{"name": {value}}}', content_type="application/json")
    assert (answer.status, answer.code) == (400, "not_json")
    assert answer.json["message"].startswith("The body has a number that no double holds, or half of a surrogate pair")


def test_bytes_that_are_no_utf8_are_refused(api):
    answer = api.send(event("POST", "/v1/endpoints", "eyJuYW1lIjogIv8ifQ==", isBase64Encoded=True))
    assert (answer.status, answer.code) == (400, "not_json")
    assert answer.json["message"] == "The body is not UTF-8: byte 11 is the first that is not."


def test_a_body_that_is_not_json_is_told_where(api):
    answer = api.call("POST", "/v1/endpoints", raw='{\n  "name": "x",\n}', content_type="application/json")
    assert answer.json["message"] == "The body is not JSON (RFC 8259); the first error is at line 2, column 14."


def test_broken_base64_is_refused(api):
    answer = api.send(event("POST", "/v1/endpoints", "%%%", isBase64Encoded=True))
    assert (answer.status, answer.code) == (400, "bad_encoding")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content_type": "Application/JSON; charset=utf-8"}, 201),
        ({}, 201),
        ({"content_type": "text/plain"}, 415),
        ({"content_type": "multipart/form-data"}, 415),
        ({"content_type": "application/x-www-form-urlencoded"}, 415),
        ({"content_type": "application/json", "content_encoding": "gzip"}, 415),
        ({"content_type": "application/json", "content_encoding": "identity"}, 201),
    ],
)
def test_bodies_are_json_whatever_the_case_of_their_type(api, headers, status):
    assert api.call("POST", "/v1/endpoints", raw='{"name": "x"}', **headers).status == status


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "/name: This field is required."),
        ({"name": ""}, "/name: Must have at least 1 character."),
        ({"name": "x" * 101}, "/name: Must have at most 100 characters."),
        ({"nam": "x"}, "/name: This field is required. 1 more fault."),
        ({"nam": "x", "template": "y"}, "/name: This field is required. 2 more faults."),
        ({"name": "x", "k" * 1_001: 1}, "There is no such field."),
        ({"name": "x", **{f"k{number}": 1 for number in range(100)}}, "/k0: There is no such field. 99 more faults."),
        (
            {"name": "x", **{f"k{number}": 1 for number in range(300)}},
            "/k0: There is no such field. At least 100 more faults.",
        ),
    ],
)
def test_the_message_names_the_first_fault_and_its_place(api, body, message):
    answer = api.call("POST", "/v1/endpoints", body)
    assert (answer.status, answer.code, answer.json["message"]) == (422, "invalid_request", message)
    assert answer.json["detail"] == message


def test_the_message_about_fields_names_the_first_fault_and_its_place(api):
    path = f"/v1/revisions/{api.draft(api.endpoint())['id']}/fields"
    fields = [{"key": "price", "type": "NUMBER"}, {"key": "name"}]
    answer = api.call("PUT", path, {"fields": fields}, if_match="*")
    assert answer.json["message"].startswith("/fields/0/type: `type` must be one of ")
    assert answer.json["message"].endswith(" 1 more fault.")
    assert answer.pointers == ["/fields/0/type", "/fields/1/type"]


def test_a_post_without_fields_takes_an_empty_body_and_nothing_else(api):
    path = f"/v1/revisions/{api.draft(api.endpoint(), PRICE)['id']}/finalise"
    assert api.call("POST", path, {"force": True}).pointers == ["/force"]
    assert api.call("POST", path, raw="{", content_type="application/json").code == "not_json"
    assert api.call("POST", path, {}).status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("PATCH", ""), ("POST", "/revisions"), ("POST", "/environments"), ("PATCH", "/v1/organisation")],
)
@pytest.mark.parametrize("raw", [None, "", " \n"])
def test_a_request_that_takes_a_body_needs_one(api, method, path, raw):
    target = path if path.startswith("/v1") else f"/v1/endpoints/{api.endpoint()['id']}{path}"
    answer = api.call(method, target, raw=raw)
    assert (answer.status, answer.code, answer.pointers) == (422, "invalid_request", [""])
    assert len(api.audit()) == (0 if path.startswith("/v1") else 1)


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/v1/me", "GET, HEAD"),
        ("OPTIONS", "/v1/endpoints", "GET, HEAD, POST"),
        ("PUT", "/v1/endpoints/ep_1", "DELETE, GET, HEAD, PATCH"),
        ("GET", "/v1/revisions/rev_1/finalise", "POST"),
        ("HEAD", "/v1/revisions/rev_1/finalise", "POST"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(api, method, path, allow):
    raw = api.handler(event(method, path), None)
    assert (raw["statusCode"], raw["headers"]["Allow"]) == (405, allow)


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/endpoints/", "/v1/unknown", "/v1/endpoints/a/b", "/v1/me%0a"])
def test_a_path_that_leads_nowhere_is_not_found(api, path):
    assert api.call("GET", path).code == "not_found"


def test_head_is_get_without_a_body(api):
    got, headed = (api.handler(event(method, "/v1/endpoints"), None) for method in ("GET", "HEAD"))
    assert (headed["statusCode"], headed["body"]) == (200, "")
    assert headed["headers"] == got["headers"]
    assert api.handler(event("HEAD", "/v1/endpoints/ep_x"), None)["statusCode"] == 404


def test_a_repeated_post_with_its_key_gets_the_first_answer_and_does_nothing(api):
    first = api.call("POST", "/v1/endpoints", {"name": "Shop"}, idempotency_key="k-1")
    api.call("PATCH", f"/v1/endpoints/{first.json['id']}", {"name": "Store"})
    again = api.call("POST", "/v1/endpoints", {"name": "Shop"}, idempotency_key="k-1")
    assert (again.status, again.json, again.headers) == (first.status, first.json, first.headers)
    assert len(api.call("GET", "/v1/endpoints").json["items"]) == 1
    assert [entry["action"] for entry in api.audit()] == ["endpoint.create", "endpoint.change"]


def test_a_repeated_post_gets_its_answer_even_when_its_ground_is_gone(api):
    endpoint = api.endpoint()
    revision = api.finalised(endpoint)
    body = {"name": "Live", "revision_id": revision["id"], "destination": {"type": "s3", "managed": True}}
    path = f"/v1/endpoints/{endpoint['id']}/environments"
    first = api.call("POST", path, body, idempotency_key="k-1")
    api.call("DELETE", f"/v1/endpoints/{endpoint['id']}?confirm=Shop")
    assert api.call("POST", path, body, idempotency_key="k-1").json == first.json


@pytest.mark.parametrize(
    ("target", "body"),
    [("", {"price": 2}), ("?protocol=ndjson", {"price": 1})],
)
def test_a_key_that_came_with_another_request_is_refused(api, target, body):
    path = f"/v1/revisions/{api.finalised(api.endpoint())['id']}/validate"
    assert api.call("POST", path, {"price": 1}, idempotency_key="k-1").status == 200
    answer = api.call("POST", path + target, body, idempotency_key="k-1")
    assert (answer.status, answer.json["errors"][0]["code"]) == (422, "idempotency_key_reused")


def test_a_key_that_came_with_another_body_makes_nothing(api):
    api.call("POST", "/v1/endpoints", {"name": "Shop"}, idempotency_key="k-1")
    answer = api.call("POST", "/v1/endpoints", {"name": "Other"}, idempotency_key="k-1")
    assert (answer.status, answer.json["errors"][0]["code"]) == (422, "idempotency_key_reused")
    assert len(api.call("GET", "/v1/endpoints").json["items"]) == 1


def test_a_key_is_free_again_after_a_day(api):
    api.call("POST", "/v1/endpoints", {"name": "Shop"}, idempotency_key="k-1")
    api.clock.now_ns += 86_401 * 1_000_000_000
    assert api.call("POST", "/v1/endpoints", {"name": "Other"}, idempotency_key="k-1").status == 201


def test_a_refused_request_may_be_repeated_with_its_key(api):
    endpoint = api.endpoint("Shop")
    assert api.call("POST", "/v1/endpoints", {"name": "Shop"}, idempotency_key="k-1").status == 409
    api.call("DELETE", f"/v1/endpoints/{endpoint['id']}?confirm=Shop")
    assert api.call("POST", "/v1/endpoints", {"name": "Shop"}, idempotency_key="k-1").status == 201


def test_a_key_works_on_posts_that_change_nothing_too(api):
    revision = api.draft(api.endpoint(), PRICE)
    path = f"/v1/revisions/{revision['id']}/validate"
    first = api.call("POST", path, {"price": 1}, idempotency_key="k-1")
    api.call("PUT", f"/v1/revisions/{revision['id']}/fields", {"fields": []}, if_match="*")
    assert api.call("POST", path, {"price": 1}, idempotency_key="k-1").json == first.json
    assert api.call("POST", path, {"price": 2}, idempotency_key="k-1").status == 422
    assert api.call("POST", path, {"price": 1}).json != first.json


@pytest.mark.parametrize("key", ["", "x" * 256, "ключ", "a\tb"])
def test_a_key_that_is_none_is_refused(api, key):
    answer = api.call("POST", "/v1/endpoints", {"name": "Shop"}, idempotency_key=key)
    assert (answer.status, answer.json["errors"][0]["code"]) == (422, "idempotency_key")


def test_many_threads_with_one_key_make_one_endpoint(api):
    answers = []
    start = threading.Barrier(8)

    def post():
        start.wait()
        answers.append(api.call("POST", "/v1/endpoints", {"name": "Shop"}, idempotency_key="k-1"))

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(answer.status, answer.text) for answer in answers} == {(201, answers[0].text)}
    assert len(api.audit()) == 1


def test_a_catalog_that_can_not_be_reached_is_503_and_time_may_help(api):
    api.table.unreachable = True
    answer = api.call("GET", "/v1/me")
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (503, "undeliverable", "2")


def test_what_the_operator_has_to_mend_says_what_it_is_and_where_the_log_has_it(api, caplog):
    environment = api.environment(api.endpoint())
    # As `translated` raises it for an AccessDeniedException.
    denied = (
        "AWS does not let this deployment import a certificate (AccessDeniedException): grant its role what is missing."
    )
    api.certificates.trouble = Misconfigured(denied)
    path = f"/v1/environments/{environment['id']}/custom-domain"
    answer = api.call("PUT", path, {"domain": DOMAIN, "certificate": leaf().body()})
    assert (answer.status, answer.code) == (500, "misconfigured")
    assert answer.json["message"].startswith(denied)
    assert answer.json["request_id"] == "req-1"
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "req-1" in record.getMessage()
    assert denied in record.getMessage()
    assert "routes/" in record.getMessage(), "where it happened"
    assert api.call("GET", path).status == 404, "nothing was saved"


def test_what_lastingly_refuses_is_503_without_a_promise_and_its_reason_stands_in_the_log_alone(api, caplog):
    environment = api.environment(api.endpoint())
    api.certificates.trouble = Undelivered("AWS did not import a certificate: Strange.", retryable=False)
    path = f"/v1/environments/{environment['id']}/custom-domain"
    answer = api.call("PUT", path, {"domain": DOMAIN, "certificate": leaf().body()})
    assert (answer.status, answer.code) == (503, "undeliverable")
    assert "Retry-After" not in answer.headers
    assert "Strange" not in answer.text
    assert "request req-1 is undeliverable: AWS did not import a certificate: Strange." in caplog.messages


def test_what_is_our_fault_is_500_without_details_and_logged_once(caplog):
    secret = "secret-value"

    def broken(*arguments, **options):
        raise ZeroDivisionError(secret)

    api = Api()
    api.handler = api.serve(dry_runner=broken)
    revision = api.draft(api.endpoint(), PRICE)
    with caplog.at_level(logging.DEBUG):
        answer = api.call("POST", f"/v1/revisions/{revision['id']}/validate", {"price": 1})
    assert (answer.status, answer.code) == (500, "internal")
    assert "secret-value" not in answer.text
    assert "Traceback" not in answer.text
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == 1
    assert "req-1" in errors[0].getMessage()
    assert "ZeroDivisionError" in caplog.text
    assert "in broken" in caplog.text
    assert "secret-value" not in caplog.text
    assert api.call("GET", "/v1/me").status == 200


def test_requests_of_many_threads_do_not_mix(api):
    endpoints = [api.endpoint(f"Endpoint {number}") for number in range(4)]
    wrong = []

    def read(endpoint):
        for _ in range(40):
            answer = api.call("GET", f"/v1/endpoints/{endpoint['id']}")
            if answer.json != endpoint:
                wrong.append(answer.text)

    threads = [threading.Thread(target=read, args=(endpoint,)) for endpoint in endpoints]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("target", ["/v1/endpoints?cursor=%ff", "/v1/endpoints?limit=%ff", "/v1/endpoints?cursor=%00"])
def test_a_query_that_is_no_text_is_refused(api, target):
    path, _, query = target.partition("?")
    name, _, value = query.partition("=")
    broken = {name: value.replace("%ff", "\udcff").replace("%00", "\0")}
    refused = api.send(event("GET", path, queryStringParameters=broken))
    assert (refused.status, refused.pointers) == (422, [f"/{name}"])


def test_a_query_that_is_no_text_does_not_keep_a_post_from_its_key(api):
    path = f"/v1/revisions/{api.finalised(api.endpoint())['id']}/validate"
    broken = event("POST", path, '{"price": 1}', queryStringParameters={"x": "\udcff"})
    broken["headers"] |= {"idempotency-key": "k-1"}
    assert api.send(broken).status == 200
    assert api.send(broken).status == 200


def test_a_dry_run_takes_the_parameters_of_a_sender(api):
    path = f"/v1/revisions/{api.finalised(api.endpoint())['id']}/validate"
    assert api.call("POST", f"{path}?sw=1&writeKey=k", {"price": 1}).status == 200
    lone = api.call("POST", f"{path}?route=/v1/track", {"price": 1})
    assert (lone.status, lone.pointers) == (422, ["/protocol"])
    twice = api.call("POST", f"{path}?protocol=ga4&protocol=ndjson", {"price": 1})
    assert (twice.status, twice.pointers) == (422, ["/protocol"])


@pytest.mark.parametrize("query", ["limit=1&limit=5", "limit=1&cursor=&limit=1"])
def test_a_parameter_that_occurs_twice_is_refused(api, query):
    answer = api.call("GET", f"/v1/endpoints?{query}")
    assert (answer.status, answer.pointers) == (422, ["/limit"])
    assert answer.json["errors"][0]["code"] == "duplicate"


def test_the_document_takes_no_parameter(api):
    answer = api.call("GET", "/v1/openapi.json?version=2", token=None)
    assert (answer.status, answer.pointers) == (422, ["/version"])
    assert api.call("GET", "/v1/openapi.json?", token=None).status == 200


@pytest.mark.parametrize("part", ["\udcff", "\0", "EP_1", "ep_1%20", "a b", "%2e%2e", "ep_1\n", "x" * 2_000])
def test_a_path_of_strange_characters_is_not_found(api, part):
    assert api.call("GET", f"/v1/endpoints/{part}").status == 404
    assert api.call("POST", f"/v1/endpoints/{part}/revisions", {}, idempotency_key="k-1").status == 404


@pytest.mark.parametrize("revision_id", ["", "x" * 65, "REV_1", "rev_\0", "rev_1\n", 7, None, ["rev_1"]])
def test_an_id_in_a_body_is_an_id(api, revision_id):
    endpoint = api.endpoint()
    path = f"/v1/endpoints/{endpoint['id']}"
    cloned = api.call("POST", f"{path}/revisions", {"clone_of": revision_id})
    assert (cloned.status, cloned.pointers) == (422, ["/clone_of"])
    body = {"name": "x", "revision_id": revision_id, "destination": {"type": "s3", "managed": True}}
    assert api.call("POST", f"{path}/environments", body).pointers == ["/revision_id"]


@pytest.mark.parametrize("settings", [{"ingest_base_url": "in.example.com"}, {"stream_prefix": "a b"}])
def test_settings_that_can_not_work_are_refused_at_start(settings):
    with pytest.raises(Misconfigured):
        ManagementSettings(**{"ingest_base_url": "https://in.example.com", **settings})


def test_one_request_does_not_wait_for_another_that_takes_long(api):
    revision, entered, leave = api.draft(api.endpoint(), PRICE), threading.Event(), threading.Event()

    def judge(*_, **__):
        entered.set()
        assert leave.wait(30)
        return []

    handler = api.serve(dry_runner=judge)
    path = f"/v1/revisions/{revision['id']}/validate"
    slow = threading.Thread(target=lambda: handler(event("POST", path, "{}"), None))
    slow.start()
    assert entered.wait(30)
    assert handler(event("GET", "/v1/me"), None)["statusCode"] == 200
    leave.set()
    slow.join()


def parameters_with_a_pattern():
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", ()):
                shapes = [parameter["schema"], *parameter["schema"].get("anyOf", ())]
                if parameter["in"] == "query" and any("pattern" in shape for shape in shapes):
                    yield method.upper(), path, parameter["name"]


@pytest.mark.parametrize(("method", "path", "name"), list(parameters_with_a_pattern()))
def test_a_parameter_that_does_not_have_its_form_is_told_so(api, method, path, name):
    target = re.sub(r"\{[a-z_]+\}", "x_0", path)
    answer = api.call(method, f"{target}?{name}=~A~", {})
    assert (answer.status, answer.code) == (422, "invalid_request")
    assert "pattern" in {error["code"] for error in answer.json["errors"]}


@pytest.mark.parametrize("name", ["host", "x_forwarded_host", "forwarded", "x_original_host", "origin"])
def test_what_a_caller_says_of_the_host_is_in_no_problem(api, name):
    for method, path in (("GET", "/v1/elsewhere"), ("GET", "/v1/endpoints/ep_none"), ("POST", "/v1/endpoints")):
        answer = api.call(method, path, raw="{", **{name: "evil.example"})
        assert answer.status >= 400
        assert answer.json["type"].startswith("/docs/errors#")
        assert "evil" not in json.dumps([answer.json, dict(answer.headers)])
