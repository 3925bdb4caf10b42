"""Problem documents (RFC 9457), one shape for both planes."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.http import DOCS_PATH
from schemas.codes import PROBLEM_STATUS, Problem

TITLES: Mapping[int, str] = {
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    412: "Precondition Failed",
    413: "Content Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    428: "Precondition Required",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


def problem_document(
    code: Problem,
    message: str,
    request_id: str,
    *,
    docs_url: str = DOCS_PATH,
    errors: Sequence[Mapping[str, str]] = (),
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the body of an answer `application/problem+json`; its `type` is where the docs explain the code."""
    status = PROBLEM_STATUS[code]
    document: dict[str, Any] = {
        "type": f"{docs_url}/errors#{code}",
        "title": TITLES[status],
        "status": status,
        "detail": message,
        "code": code.value,
        "message": message,
        "request_id": request_id,
    }
    if errors:
        document["errors"] = list(errors)
    if extra:
        document.update(extra)
    return document
