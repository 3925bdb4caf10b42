import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http_event import event_answer, http_request_from_event
from domain.errors import Rejected
from domain.http import HttpResponse
from domain.intake.payload import texts_from_request
from schemas.codes import Problem

EVENTS = Path(__file__).parents[1] / "data" / "events"
ENVIRONMENT_PATH = "/e/env_01hzy3v5r8kq0000000000test"
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


def load(name: str) -> dict:
    return json.loads((EVENTS / f"{name}.json").read_text())


@pytest.mark.parametrize(
    ("name", "method", "path", "host", "query", "source_ip", "request_id"),
    [
        (
            "http_api_post",
            "POST",
            ENVIRONMENT_PATH,
            "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com",
            {},
            "203.0.113.7",
            "ZPq3Wi7GliAEJnQ=",
        ),
        (
            "http_api_pixel_with_stage",
            "GET",
            ENVIRONMENT_PATH,
            "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com",
            {"d": '{"name":"view","n":1}', "sw": "1920", "sh": "1080", "url": "https://shop.example.com/?a=1&b=2"},
            "198.51.100.23",
            "ZPq4ciO5liAEJyA=",
        ),
        (
            "function_url_gzip",
            "POST",
            ENVIRONMENT_PATH,
            "abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-central-1.on.aws",
            {"utm_source": "b,c", "flag": ""},
            "2001:db8::17",
            "1f9bd3a2-6a0f-4a43-9a25-0d8c4cfa6a11",
        ),
        (
            "load_balancer_get",
            "GET",
            ENVIRONMENT_PATH,
            "ingest.example.com",
            {"d": '{"name":"a b c"}', "url": "https://shop.example.com/?a=1"},
            "203.0.113.7",
            "1-6669aa3e-1f2d3c4b5a69788796a5b4c3",
        ),
        (
            "load_balancer_multi_value_post",
            "POST",
            "/",
            "events.example.com",
            {"utm_source": "last one", "utm_medium": "mail"},
            "2001:db8::99",
            "1-6669aa3e-00000000000000000000cafe",
        ),
    ],
)
def test_every_front_door_gives_the_same_request(name, method, path, host, query, source_ip, request_id):
    request = http_request_from_event(load(name))
    assert (request.method, request.path, request.host) == (method, path, host)
    assert request.query == query
    assert (request.source_ip, request.request_id) == (source_ip, request_id)
    assert all(header == header.lower() for header in request.headers)


def test_every_saved_event_is_read_by_the_test_above():
    assert len(list(EVENTS.glob("*.json"))) == 5


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("http_api_post", '{"name": "checkout", "price": 12.5, "city": "Köln 🌍"}'.encode()),
        ("http_api_pixel_with_stage", b'{"name":"view","n":1}'),
        ("function_url_gzip", b'{"a":1}'),
        ("load_balancer_get", b'{"name":"a b c"}'),
        ("load_balancer_multi_value_post", b'{"a":1}'),
    ],
)
def test_the_payload_of_a_saved_event_is_found(name, text):
    assert texts_from_request(http_request_from_event(load(name))).text == text


def test_an_ordinary_events_headers_and_query_are_not_copied():
    event = load("http_api_pixel_with_stage")
    request = http_request_from_event(event)
    assert request.headers is event["headers"]
    assert request.query is event["queryStringParameters"]


def test_headers_of_a_balancer_are_joined_whatever_the_case_of_their_names():
    headers = http_request_from_event(load("load_balancer_multi_value_post")).headers
    assert headers["accept"] == "application/json, text/plain"
    assert headers["content-type"] == "application/json"


def gateway_event(**changes) -> dict:
    return load("http_api_post") | changes


def with_context(**changes) -> dict:
    event = load("http_api_post")
    return event | {"requestContext": event["requestContext"] | changes}


@pytest.mark.parametrize(
    ("raw", "decoded", "query"),
    [
        ("d=1&d=%7B%22a%22%3A1%2C%22b%22%3A2%7D", {"d": '1,{"a":1,"b":2}'}, {"d": '{"a":1,"b":2}'}),
        ("d=%7B%22a%22%3A1%2C%22b%22%3A2%7D", {"d": '{"a":1,"b":2}'}, {"d": '{"a":1,"b":2}'}),
        ("a=1&&b=2+%C3%BC", {"a": "1", "b": "2 ü"}, {"a": "1", "b": "2 ü"}),
        ("a=1&a=%ff", {"a": "1,�"}, {"a": "\udcff"}),
        ("a=&a", {"a": ","}, {"a": ""}),
        ("a", {"a": None}, {"a": ""}),
        ("", None, {}),
        (None, None, {}),
        (None, {"a": "1"}, {"a": "1"}),
    ],
)
def test_the_last_value_of_a_parameter_counts_on_a_gateway(raw, decoded, query):
    assert http_request_from_event(gateway_event(rawQueryString=raw, queryStringParameters=decoded)).query == query


@pytest.mark.parametrize(
    ("single", "lists", "query"),
    [
        ({"a+b": "%7B%7D"}, None, {"a b": "{}"}),
        ({"a": "%FF%zz"}, None, {"a": "\udcff%zz"}),
        ({"a": None}, None, {"a": ""}),
        (None, {"a": ["1", "%32"], "b": [], "c": None}, {"a": "2"}),
        (None, None, {}),
    ],
)
def test_the_query_of_a_balancer_is_decoded_here(single, lists, query):
    event = load("load_balancer_get") | {"queryStringParameters": single, "multiValueQueryStringParameters": lists}
    assert http_request_from_event(event).query == query


@pytest.mark.parametrize(
    ("raw", "decoded", "repeated"),
    [
        ("d=1&d=2", {"d": "1,2"}, {"d"}),
        ("d=1&%64=2&e=1", {"d": "1,2", "e": "1"}, {"d"}),
        ("d&d&e=1,2", {"d": ",", "e": "1,2"}, {"d"}),
        ("d=1,2&e=1", {"d": "1,2", "e": "1"}, set()),
        ("&&d=1&", {"d": "1"}, set()),
    ],
)
def test_names_that_stand_more_than_once_are_told(raw, decoded, repeated):
    assert set(http_request_from_event(gateway_event(rawQueryString=raw, queryStringParameters=decoded)).repeated) == (
        repeated
    )


def test_a_balancer_that_gives_lists_tells_repeats():
    event = load("load_balancer_get") | {"multiValueQueryStringParameters": {"d": ["1", "2"], "%65": ["1"], "e": ["2"]}}
    assert set(http_request_from_event(event).repeated) == {"d", "e"}


@pytest.mark.parametrize(
    ("raw_path", "stage", "path"),
    [
        ("/e/env_1", "$default", "/e/env_1"),
        ("/prod/e/env_1", "prod", "/e/env_1"),
        ("/prod", "prod", "/"),
        ("/prod/", "prod", "/"),
        ("/production/e/env_1", "prod", "/production/e/env_1"),
        ("/e/env_1", "prod", "/e/env_1"),
        ("/$default/x", "$default", "/$default/x"),
        ("/e/env_1", None, "/e/env_1"),
        ("", "prod", "/"),
        (None, "prod", "/"),
    ],
)
def test_a_stage_is_no_part_of_the_path(raw_path, stage, path):
    assert http_request_from_event(with_context(stage=stage) | {"rawPath": raw_path}).path == path


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("in.example", "in.example"),
        ("IN.Example:8443", "in.example"),
        ("in.example.", "in.example"),
        ("in.example.:443", "in.example"),
        ("[2001:DB8::1]:443", "[2001:db8::1]"),
        ("[::1]", "[::1]"),
        ("", "api.example"),
        (None, "api.example"),
    ],
)
def test_a_host_is_a_bare_name_in_lower_case(header, host):
    event = with_context(domainName="api.example") | {"headers": {"host": header}}
    assert http_request_from_event(event).host == host
    assert http_request_from_event(event | {"headers": {"Host": header}}).host == host


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("6.6.6.6, 203.0.113.7", "203.0.113.7"),
        ("6.6.6.6,203.0.113.7:51234", "203.0.113.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("6.6.6.6, [2001:db8::1]:51234", "2001:db8::1"),
        ("", ""),
    ],
)
def test_the_address_is_the_one_that_the_balancer_appended(forwarded, address):
    event = load("load_balancer_get")
    assert http_request_from_event(event | {"headers": {"x-forwarded-for": forwarded}}).source_ip == address


def test_a_gateways_address_is_never_the_forwarded_one():
    event = gateway_event(headers={"host": "in.example", "x-forwarded-for": "6.6.6.6"})
    assert http_request_from_event(event).source_ip == "203.0.113.7"


@pytest.mark.parametrize(
    "trace", [None, "", "Self=1-6669aa3e-00000000000000000000beef", "Root=x\r\nSet-Cookie: a", "Root="]
)
def test_a_request_without_a_trace_of_the_right_form_gets_an_id(trace):
    event = load("load_balancer_get") | {"headers": {"x-amzn-trace-id": trace}}
    first, second = http_request_from_event(event).request_id, http_request_from_event(event).request_id
    assert first.startswith("req_")
    assert first != second


@pytest.mark.parametrize(
    ("body", "is_base64", "expected"),
    [
        ('{"a":"ü🌍"}', False, '{"a":"ü🌍"}'.encode()),
        ("\ud800", False, b"\xed\xa0\x80"),
        ("", False, b""),
        (None, False, b""),
        (None, True, b""),
        ("", True, b""),
        ("H4sI/+8=", True, b"\x1f\x8b\x08\xff\xef"),
        ({"a": 1}, False, b""),
    ],
)
@pytest.mark.parametrize("name", ["http_api_post", "load_balancer_get"])
def test_bodies_are_bytes_as_they_were_sent(name, body, is_base64, expected):
    event = load(name) | {"body": body, "isBase64Encoded": is_base64}
    assert http_request_from_event(event).body == expected


@pytest.mark.parametrize("body", ["H4sI/+8", "H4s*", "H4sI/+8=x", "ü", "H4sI\n", "="])
@pytest.mark.parametrize("name", ["http_api_post", "load_balancer_get"])
def test_a_body_of_broken_base64_is_refused_and_can_still_be_answered(name, body):
    event = load(name) | {"body": body, "isBase64Encoded": True}
    with pytest.raises(Rejected) as caught:
        http_request_from_event(event)
    assert caught.value.code == Problem.BAD_ENCODING
    request = http_request_from_event(event, with_body=False)
    assert (request.path, request.body) == (ENVIRONMENT_PATH, b"")


ANSWER = HttpResponse(200, {"Content-Type": "application/json", "X-Request-Id": "r"}, '{"ok":"ü"}'.encode())


@pytest.mark.parametrize("name", ["http_api_post", "function_url_gzip"])
def test_a_gateway_gets_its_answer(name):
    assert event_answer(load(name), ANSWER) == {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json", "X-Request-Id": "r"},
        "body": '{"ok":"ü"}',
        "isBase64Encoded": False,
    }


def test_a_balancer_gets_its_answer_in_the_form_that_its_target_group_takes():
    expected = {"statusCode": 413, "body": "", "isBase64Encoded": False}
    response = HttpResponse(413, {"Allow": "GET"}, b"")
    single = event_answer(load("load_balancer_get"), response)
    assert single.pop("statusDescription").startswith("413 ")
    assert single == expected | {"headers": {"Allow": "GET"}}
    lists = event_answer(load("load_balancer_multi_value_post"), response)
    assert lists.pop("statusDescription").startswith("413 ")
    assert lists == expected | {"multiValueHeaders": {"Allow": ["GET"]}}


@pytest.mark.parametrize("name", ["http_api_post", "function_url_gzip", "load_balancer_get"])
def test_a_body_that_is_no_text_goes_as_base64(name):
    answer = event_answer(load(name), HttpResponse(200, {"Content-Type": "image/gif"}, GIF))
    assert answer["isBase64Encoded"] is True
    assert base64.b64decode(answer["body"], validate=True) == GIF


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"requestContext": None},
        {"requestContext": {}},
        {"requestContext": {"http": {}}},
        {"requestContext": {"elb": {}}},
        {"requestContext": {"http": {"method": None, "sourceIp": None}}, "rawPath": None, "headers": None},
        {"requestContext": {"elb": {}}, "headers": {"Host": None, "x": None}, "queryStringParameters": {"a": None}},
        {"requestContext": {"elb": {}}, "multiValueHeaders": {"host": None, "x": [None], "y": []}},
        {"requestContext": {"http": {"method": "POST"}}, "headers": {"host": "a", "content-type": None}, "body": "{}"},
        {"source": "aws.events", "detail-type": "Scheduled Event"},
    ],
)
def test_an_event_with_holes_is_read_and_answered(event):
    request = http_request_from_event(event)
    texts = [request.method, request.path, request.host, request.source_ip, request.request_id]
    texts += [*request.headers, *request.headers.values(), *request.query, *request.query.values()]
    assert all(isinstance(text, str) for text in texts)
    assert request.path.startswith("/")
    assert request.request_id
    assert event_answer(event, ANSWER)["statusCode"] == 200


MAYBE_TEXTS = st.none() | st.dictionaries(st.text(max_size=9), st.none() | st.text(max_size=9), max_size=4)
MAYBE_LISTS = st.none() | st.dictionaries(st.text(max_size=9), st.lists(st.text(max_size=9), max_size=3), max_size=3)


@given(
    st.booleans(),
    MAYBE_TEXTS,
    MAYBE_LISTS,
    MAYBE_TEXTS,
    MAYBE_LISTS,
    st.none() | st.text(),
    st.none() | st.text(),
    st.booleans(),
)
def test_no_event_raises_anything_but_a_refusal(
    is_gateway, headers, header_lists, query, query_lists, raw, body, is_base64
):
    event = {
        "requestContext": {"http": {"method": "POST"}} if is_gateway else {"elb": {}},
        "headers": headers,
        "multiValueHeaders": header_lists,
        "queryStringParameters": query,
        "multiValueQueryStringParameters": query_lists,
        "rawQueryString": raw,
        "body": body,
        "isBase64Encoded": is_base64,
    }
    assert http_request_from_event(event, with_body=False).body == b""
    if not is_base64:
        assert http_request_from_event(event).body == (body or "").encode("utf-8", "surrogatepass")
    assert event_answer(event, ANSWER)["body"] == '{"ok":"ü"}'
