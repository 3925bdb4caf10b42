"""Requests as each front door hands them to a Lambda function."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

SOURCE_IP = "203.0.113.7"
REQUEST_ID = "JKJaXmPLvHcESHA="
TRACE_ROOT = "1-6669aa3e-1f2d3c4b5a69788796a5b4c3"
HOST = "ingest.example.com"

Query = Sequence[tuple[str, str]]


def http_api_event(
    method: str,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
    query: Query = (),
    body: bytes | str = "",
    host: str = HOST,
    as_base64: bool | None = None,
) -> dict[str, Any]:
    """Return an HTTP API's event (payload 2.0); a body that is no text goes as base64, any other if `as_base64`."""
    parameters: dict[str, str] = {}
    for name, value in query:
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": urlencode(list(query), errors="surrogatepass"),
        "headers": {"host": host, "user-agent": "test", **_lower(headers)},
        "requestContext": {
            "domainName": host,
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": SOURCE_IP},
            "requestId": REQUEST_ID,
            "stage": "$default",
        },
        **_body(body, as_base64),
    }
    if parameters:
        event["queryStringParameters"] = parameters
    return event


def function_url_event(method: str, path: str, **more: Any) -> dict[str, Any]:
    """Return a function URL's event: like an HTTP API's, with a request id of another form."""
    event = http_api_event(method, path, **more)
    event["requestContext"] |= {"accountId": "anonymous", "requestId": "1f9bd3a2-6a0f-4a43-9a25-0d8c4cfa6a11"}
    return event


def load_balancer_event(
    method: str,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
    query: Query = (),
    body: bytes | str = "",
    host: str = HOST,
    as_base64: bool | None = None,
) -> dict[str, Any]:
    """Return a load balancer's event, with the last of each header and parameter, the query undecoded."""
    sent = {"host": host, "user-agent": "test", **_lower(headers)}
    appended = f"{sent['x-forwarded-for']}, {SOURCE_IP}" if "x-forwarded-for" in sent else SOURCE_IP
    return {
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:::targetgroup/ingest/1"}},
        "httpMethod": method,
        "path": path,
        "queryStringParameters": {_quoted(name): _quoted(value) for name, value in query},
        "headers": {**sent, "x-amzn-trace-id": f"Root={TRACE_ROOT}", "x-forwarded-for": appended},
        **_body(body, as_base64),
    }


def multi_value_load_balancer_event(method: str, path: str, **more: Any) -> dict[str, Any]:
    """Return a load balancer's event where its target group asks for every value of headers and parameters."""
    event = load_balancer_event(method, path, **more)
    event["multiValueHeaders"] = {name: [value] for name, value in event.pop("headers").items()}
    lists: dict[str, list[str]] = {}
    for name, value in more.get("query", ()):
        lists.setdefault(_quoted(name), []).append(_quoted(value))
    event.pop("queryStringParameters")
    event["multiValueQueryStringParameters"] = lists
    return event


FRONT_DOORS = {
    "HTTP API": http_api_event,
    "function URL": function_url_event,
    "load balancer": load_balancer_event,
    "load balancer, multi-value": multi_value_load_balancer_event,
}


def _lower(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}


def _quoted(text: str) -> str:
    return quote(text, errors="surrogatepass")


def _body(body: bytes | str, as_base64: bool | None) -> dict[str, Any]:
    data = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    text = body if isinstance(body, str) else _text(body)
    if as_base64 or text is None:
        return {"body": base64.b64encode(data).decode(), "isBase64Encoded": True}
    return {"body": text, "isBase64Encoded": False}


def _text(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
