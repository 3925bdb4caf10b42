"""An ingest worker makes the request of its head: the same that the event of an HTTP API would lead to."""

import pytest

from adapters.http_event import http_request_from_event, request_of_head
from domain.http import HttpRequest
from local.gateway import event_from_request

QUERIES = ["", "d=%7B%7D", "d=%7B%7D&d=2", "a=1&b=2&a=", "x", "&&", "d=%ff", "d=a,b&e=c", "a+b=c%20d"]
BODIES = [b"", b'{"a":1}', b"\xff\xfe", "{\N{GRINNING FACE}}".encode()]
HEADERS = [
    {"host": "127.0.0.1:8000"},
    {"host": "Events.Example.com.", "content-type": "application/json", "accept": "a,b"},
    {"host": "[::1]:80", "content-type": "text/plain", "cookie": "a=1; b=2", "x-forwarded-for": "192.0.2.1"},
    {"host": "a", "content-type": "application/json", "content-encoding": "gzip"},
]


@pytest.mark.parametrize("headers", HEADERS)
@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("path", ["/", "/e/env_1", "/e/a%20b//c"])
def test_it_is_the_request_that_an_http_api_hands_over(path, query, headers):
    for body in BODIES:
        scope = {
            "method": "POST", "raw_path": path.encode(), "query_string": query.encode(), "client": ("192.0.2.7", 1),
            "http_version": "1.1",
        }  # fmt: skip
        handed_over = http_request_from_event(event_from_request(scope, dict(headers), body))
        without_cookies = {name: value for name, value in headers.items() if name != "cookie"}
        made = request_of_head(
            "POST", path, query, {**without_cookies, "x-forwarded-proto": "http"}, body, "192.0.2.7", "r"
        )
        for name in HttpRequest.__slots__:
            if name == "repeated":
                assert set(made.repeated) == set(handed_over.repeated)
            elif name != "request_id":
                assert getattr(made, name) == getattr(handed_over, name), name
