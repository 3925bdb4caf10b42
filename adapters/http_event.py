"""HTTP in a Lambda event and back: API Gateway HTTP APIs, function URLs, and load balancers.

HTTP APIs and function URLs send payload format 2.0: names of headers in lower case, the query decoded, repeats joined.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
A load balancer sends the query undecoded, and every header and parameter once (the last one) or as a list, by a setting
of its target group, which the answer has to follow.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
"""

import binascii
import re
import time
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any

from domain.errors import Rejected
from domain.http import HttpRequest, HttpResponse
from domain.ids import new_id
from schemas.codes import Problem

Event = Mapping[str, Any]

_NOTHING: Mapping[str, Any] = {}
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html
_TRACE_ROOT = re.compile(r"(?:^|;)\s*Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)")


def http_request_from_event(event: Event, *, with_body: bool = True) -> HttpRequest:
    """Return the request that a front door's event holds; what is missing or malformed in it is left empty.

    Bytes of the query that are no UTF-8 become lone surrogates (`surrogateescape`).

    Args:
        event: the Lambda event.
        with_body: without it the body stays empty, so that a request whose body can't be read can still be answered.

    Raises:
        Rejected: `bad_encoding`, the body's base64 is broken.
    """
    context = event.get("requestContext") or _NOTHING
    http = context.get("http")
    body = _body(event) if with_body else b""
    if http is None:
        return _request_of_load_balancer(event, body)
    headers = _headers(event)
    query, repeated = _query(event)
    return HttpRequest(
        http.get("method") or "",
        _path_without_stage(event.get("rawPath") or "/", context.get("stage")),
        _host(headers.get("host") or context.get("domainName") or ""),
        headers,
        query,
        body,
        http.get("sourceIp") or "",
        context.get("requestId") or _new_request_id(),
        repeated,
    )


def request_of_head(
    method: str, path: str, raw_query: str, headers: Mapping[str, str], body: bytes, source_ip: str, request_id: str
) -> HttpRequest:
    """Return the request that an HTTP API would hand over for this one, without an event between.

    Args:
        method: as it was sent.
        path: undecoded.
        raw_query: undecoded, without the question mark.
        headers: names in lower case, repeats joined; without cookies.
        body: as it was sent.
        source_ip: the peer's address.
        request_id: a new one.
    """
    query: Mapping[str, str] = _NOTHING
    repeated: Collection[str] = ()
    if raw_query:
        query, repeated = _read_query(raw_query)
    return HttpRequest(method, path, _host(headers["host"]), headers, query, body, source_ip, request_id, repeated)


def identity_from_event(event: Event) -> Mapping[str, Any]:
    """Return what a Lambda authorizer of an HTTP API handed over; empty where none stands in front.

    Only the API writes there: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
    """
    authorizer = (event.get("requestContext") or _NOTHING).get("authorizer") or _NOTHING
    return authorizer.get("lambda") or _NOTHING


def event_answer(event: Event, response: HttpResponse) -> dict[str, Any]:
    """Return the answer in the form that the front door of `event` takes; a body that is no text goes as base64."""
    try:
        body, is_base64 = response.body.decode(), False
    except UnicodeDecodeError:
        body, is_base64 = binascii.b2a_base64(response.body, newline=False).decode(), True
    answer: dict[str, Any] = {
        "statusCode": response.status,
        "headers": response.headers,
        "body": body,
        "isBase64Encoded": is_base64,
    }
    if "elb" in (event.get("requestContext") or _NOTHING):
        answer["statusDescription"] = _description(response.status)
        if "multiValueHeaders" in event:
            answer["multiValueHeaders"] = {name: [value] for name, value in answer.pop("headers").items()}
    return answer


@cache
def _description(status: int) -> str:
    from http import HTTPStatus  # noqa: PLC0415 - no other front door asks for it

    return f"{status} {HTTPStatus(status).phrase}"


def _request_of_load_balancer(event: Event, body: bytes) -> HttpRequest:
    headers = _load_balancer_headers(event)
    query, repeated = _load_balancer_query(event)
    return HttpRequest(
        event.get("httpMethod") or "",
        event.get("path") or "/",
        _host(headers.get("host", "")),
        headers,
        query,
        body,
        _appended_address(headers.get("x-forwarded-for", "")),
        _trace_root(headers.get("x-amzn-trace-id", "")) or _new_request_id(),
        repeated,
    )


def _body(event: Event) -> bytes:
    body = event.get("body")
    if not body or not isinstance(body, str):
        return b""
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    try:
        return binascii.a2b_base64(body, strict_mode=True)
    except ValueError:
        raise Rejected(
            Problem.BAD_ENCODING, "The body arrived damaged: its base64 can't be decoded. Send the request again."
        ) from None


def _headers(event: Event) -> Mapping[str, str]:
    """Return the headers; an ordinary event's own mapping, uncopied."""
    headers: Mapping[str, Any] = event.get("headers") or _NOTHING
    # A request of HTTP/1.1 or later always has a host: where its name is not found, names are not in lower case.
    if "host" in headers and None not in headers.values():
        return headers
    return _lower_case_names(headers)


def _lower_case_names(headers: Mapping[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items() if isinstance(value, str)}


def _query(event: Event) -> tuple[Mapping[str, str], Collection[str]]:
    """Return the decoded query, the last value of each parameter, and the names that stand there more than once.

    The front door joins repeats with commas, which JSON holds too: where it did, the query is read again.
    """
    parameters: Mapping[str, Any] = event.get("queryStringParameters") or _NOTHING
    raw = event.get("rawQueryString")
    if raw and raw.count("&") >= len(parameters):
        return _read_query(raw)
    return _texts(parameters), ()


def _read_query(raw: str) -> tuple[Mapping[str, str], Collection[str]]:
    from urllib.parse import parse_qsl  # noqa: PLC0415 - on AWS a query with repeats is rare

    return _last_values(parse_qsl(raw, keep_blank_values=True, errors="surrogateescape"))


def _last_values(pairs: Iterable[tuple[str, str]]) -> tuple[Mapping[str, str], Collection[str]]:
    """Return the last value of each name, and the names that more than one pair has."""
    last: dict[str, str] = {}
    repeated: set[str] = set()
    for name, value in pairs:
        if name in last:
            repeated.add(name)
        last[name] = value
    return last, repeated


def _texts(parameters: Mapping[str, Any]) -> Mapping[str, str]:
    return {name: value or "" for name, value in parameters.items()} if None in parameters.values() else parameters


def _load_balancer_headers(event: Event) -> dict[str, str]:
    lists: Mapping[str, Any] = event.get("multiValueHeaders") or _NOTHING
    if not lists:
        return _lower_case_names(event.get("headers") or _NOTHING)
    return {name.lower(): ", ".join(filter(None, values)) for name, values in lists.items() if values}


def _load_balancer_query(event: Event) -> tuple[Mapping[str, str], Collection[str]]:
    """Return the query like `_query`; a target group that does not ask for lists never learns of repeats."""
    lists: Mapping[str, Any] = event.get("multiValueQueryStringParameters") or _NOTHING
    pairs = [(name, value) for name, values in lists.items() if values for value in values]
    pairs = pairs or list((event.get("queryStringParameters") or _NOTHING).items())
    if not pairs:
        return _NOTHING, ()
    from urllib.parse import unquote_plus  # noqa: PLC0415 - no other front door leaves a query as it came

    def unquoted(text: str) -> str:
        return unquote_plus(text, errors="surrogateescape")

    return _last_values((unquoted(name), unquoted(value or "")) for name, value in pairs)


def _path_without_stage(path: str, stage: str | None) -> str:
    if not stage or stage == "$default":
        return path
    prefix = f"/{stage}"
    if path == prefix:
        return "/"
    return path[len(prefix) :] if path.startswith(f"{prefix}/") else path


def _host(name: str) -> str:
    """Return a Host header's name: lower case, without port and final dot; an IPv6 address keeps its brackets."""
    name = name.strip().lower()
    if ":" in name:
        head, bracket, _ = name.partition("]")
        name = head + bracket if bracket else name.partition(":")[0]
    return name.removesuffix(".")


def _appended_address(forwarded_for: str) -> str:
    """Return the last address of `X-Forwarded-For`, the one that the load balancer appended, without its port.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html
    """
    address = forwarded_for.rpartition(",")[2].strip()
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


def _trace_root(trace: str) -> str:
    """Return a trace's root, or nothing where it has another form: clients may send the header, and get it back."""
    found = _TRACE_ROOT.search(trace)
    return found[1] if found else ""


def _new_request_id() -> str:
    return new_id("req", time.time_ns() // 1_000_000)
