"""Requests and answers as an API Gateway HTTP API puts them: payload format 2.0.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

LambdaEvent = dict[str, Any]
LambdaAnswer = Mapping[str, Any]

_LOCAL_HOSTS = frozenset({"", "localhost", "::1", "0.0.0.0"})  # noqa: S104 - a name that clients use
_TEXT_TYPES = frozenset({"application/json", "application/xml", "application/javascript"})


class LocalContext:
    """What a handler may ask of Lambda's context object."""

    __slots__ = ("_deadline", "aws_request_id")

    function_name = "local"
    function_version = "$LATEST"
    invoked_function_arn = "arn:aws:lambda:local:000000000000:function:local"
    memory_limit_in_mb = "512"

    def __init__(self, request_id: str, seconds: float = 29.0) -> None:
        self.aws_request_id = request_id
        self._deadline = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def headers_from_scope(scope: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers with lower-case names, repeats joined by commas; the parser leaves spaces behind a value."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.rstrip(b" \t").decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


def event_from_request(scope: Mapping[str, Any], headers: dict[str, str], body: bytes) -> LambdaEvent:
    """Return the event of one ASGI request; `sourceIp` is the peer of the connection, whatever the headers claim."""
    request_id = str(uuid4())
    now = time.time()
    path = scope["raw_path"].decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    client = scope["client"]
    host = host_without_port(headers.get("host", ""))
    headers["x-forwarded-proto"] = scope.get("scheme", "http")
    event: LambdaEvent = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": host,
            "domainPrefix": host.partition(".")[0],
            "http": {
                "method": scope["method"],
                "path": path,
                "protocol": f"HTTP/{scope['http_version']}",
                "sourceIp": client[0] if client else "127.0.0.1",
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "timeEpoch": int(now * 1000),
        },
        "isBase64Encoded": False,
    }
    if query:
        parameters: dict[str, str] = {}
        for name, value in parse_qsl(query, keep_blank_values=True, errors="surrogateescape"):
            parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
        event["queryStringParameters"] = parameters
    cookies = headers.pop("cookie", None)
    if cookies is not None:
        event["cookies"] = [cookie.strip() for cookie in cookies.split(";")]
    if body:
        text = _text_body(headers, body)
        event["isBase64Encoded"] = text is None
        event["body"] = b64encode(body).decode("ascii") if text is None else text
    return event


def _text_body(headers: Mapping[str, str], body: bytes) -> str | None:
    """Return the body as text where the API hands it over so, or None where it arrives in base64."""
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if "content-encoding" in headers or not (media_type.startswith("text/") or media_type in _TEXT_TYPES):
        return None
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


def host_without_port(host: str) -> str:
    """Return the name or address of a Host header, in lower case; an IPv6 address without its brackets."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def is_for_events(path: str, host: str) -> bool:
    """Say whether a request goes to an environment: by its path, or by a Host header that is not this machine's.

    At a custom domain every path is ingest's: the SDKs of some collectors send to /v1/….
    """
    return path.startswith("/e/") or not _is_local(host_without_port(host))


def _is_local(host: str) -> bool:
    return host in _LOCAL_HOSTS or host.startswith("127.") or host.endswith(".localhost")


def has_length(method: str, status: int) -> bool:
    """Say whether an answer tells the length of its body: one to HEAD would have to tell that of a GET's (RFC 9110)."""
    return method != "HEAD" and status != HTTPStatus.NO_CONTENT


def response_from_answer(answer: LambdaAnswer) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Return status, headers (without a length) and body of a handler's answer.

    Raises:
        KeyError: the answer has no status.
    """
    text = answer.get("body") or ""
    body = b64decode(text) if answer.get("isBase64Encoded") else text.encode("utf-8")
    headers = [
        (name.lower().encode("latin-1"), str(value).encode("latin-1"))
        for name, value in (answer.get("headers") or {}).items()
        if name.lower() != "content-length"
    ]
    headers += [(b"set-cookie", cookie.encode("latin-1")) for cookie in answer.get("cookies") or ()]
    return int(answer["statusCode"]), headers, body
