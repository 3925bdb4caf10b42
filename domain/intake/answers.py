"""What ingest answers: results, problems, pixels and the headers for browsers."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from domain.errors import Rejected
from domain.http import HttpRequest, HttpResponse
from domain.problems import problem_document
from schemas.codes import Outcome, Problem
from schemas.items import Pointer

METHODS = "GET, POST, HEAD, OPTIONS"
_METHODS = frozenset(METHODS.split(", "))
_ALLOWED_HEADERS = "Content-Type, Content-Encoding, Idempotency-Key"
_EXPOSED_HEADERS = "X-Request-Id, X-Revision-Id, X-Ingest-Outcome, Retry-After"
_PREFLIGHT_SECONDS = "86400"
_NAMES_OF_HEADERS = r"[-!#$%&'*+.^_`|~0-9A-Za-z, \t]{1,2000}"
_ASKED_FOR_AT_ANY_ADDRESS = r"(?:^|[, ])(?:ce-|authorization|x-write-key)"
"""A page that sends CloudEvents, or a write key, does so to the address itself."""

may_be_echoed = re.compile(r"[!-~]{1,2000}", re.ASCII).fullmatch
"""Say whether a value of a request's header, such as an origin, may stand in a header of its answer."""

MIXED = "mixed"
"""What `X-Ingest-Outcome` says where events of a request have different outcomes."""

PIXEL = (
    b"GIF89a"
    b"\x01\x00\x01\x00\x80\x00\x00"  # one by one, two colours
    b"\xff\xff\xff\x00\x00\x00"
    b"\x21\xf9\x04\x01\x00\x00\x00\x00"  # colour 0 is transparent
    b"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00"
    b"\x02\x02\x44\x01\x00"
    b"\x3b"
)


def success(request: HttpRequest, pointer: Pointer, event_ids: Sequence[str]) -> HttpResponse:
    """Answer a request of which every event was accepted."""
    return _answer(request, pointer, 200, success_body(request, pointer, event_ids), Outcome.ACCEPTED)


def success_body(request: HttpRequest, pointer: Pointer, event_ids: Sequence[str]) -> dict[str, Any]:
    """Return what a request is told of which every event was accepted."""
    return {
        "ok": True,
        "accepted": len(event_ids),
        "event_ids": event_ids,
        "revision_id": pointer["revision_id"],
        "request_id": request.request_id,
    }


def mixed(request: HttpRequest, pointer: Pointer, results: Sequence[Mapping[str, Any]]) -> HttpResponse:
    """Answer a batch of which some events were accepted and some were not."""
    return _answer(request, pointer, 200, mixed_body(request, pointer, results), outcome_of(results))


def mixed_body(request: HttpRequest, pointer: Pointer, results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what a request is told of which not every event was accepted."""
    outcomes = [row["outcome"] for row in results]
    return {
        "ok": False,
        "accepted": outcomes.count(Outcome.ACCEPTED),
        "quarantined": outcomes.count(Outcome.QUARANTINED),
        "rejected": outcomes.count(Outcome.REJECTED),
        "event_ids": [row["event_id"] for row in results if row["outcome"] == Outcome.ACCEPTED],
        "results": results,
        "revision_id": pointer["revision_id"],
        "request_id": request.request_id,
    }


def outcome_of(results: Sequence[Mapping[str, Any]]) -> str:
    """Return the outcome that all events share, or `mixed`; without rows, all were accepted."""
    outcomes = {row["outcome"] for row in results} or {Outcome.ACCEPTED}
    return outcomes.pop() if len(outcomes) == 1 else MIXED


def problem(request: HttpRequest, pointer: Pointer | None, rejected: Rejected) -> HttpResponse:
    """Answer a request that was refused; a person who opens an address in a browser gets a page."""
    if _is_opened(request):
        return _page(request, pointer, rejected)
    body = problem_document(
        rejected.code,
        rejected.message,
        request.request_id,
        docs_url=request.docs_url,
        errors=rejected.errors,
        extra=rejected.extra,
    )
    answer = _answer(request, pointer, rejected.status, body, rejected.code)
    answer.headers.update(rejected.headers)
    return answer


def _is_opened(request: HttpRequest) -> bool:
    reads_pages = "text/html" in request.headers.get("accept", "").lower()
    return request.method == "GET" and reads_pages and "d" not in request.query


def _page(request: HttpRequest, pointer: Pointer | None, rejected: Rejected) -> HttpResponse:
    from domain.intake.address_page import HEADERS, address_page  # noqa: PLC0415 - no sender of events needs it

    headers = {**common_headers(request, pointer), "X-Ingest-Outcome": rejected.code, "Cache-Control": "no-store"}
    # Of a refused origin or a missing key nobody has to be told who only looks.
    is_without_event = rejected.status in {400, 401, 403}
    body = address_page(rejected.code, rejected.message, request.request_id, is_without_event=is_without_event)
    return HttpResponse(rejected.status, {**headers, **HEADERS, **rejected.headers}, body)


def internal_fault() -> Rejected:
    """Return the refusal that says that the fault is ours, and nothing of its nature."""
    return Rejected(Problem.INTERNAL, "Something failed on our side; nothing of the request was accepted.")


def refuse_other_methods(request: HttpRequest) -> None:
    """Raise `Rejected` for a method that an address does not take."""
    if request.method not in _METHODS:
        raise Rejected(Problem.METHOD_NOT_ALLOWED, f"An ingest address accepts {METHODS}.", headers={"Allow": METHODS})


def unknown_route() -> Rejected:
    """Return the refusal of a path below an environment's address that is no route."""
    return Rejected(
        Problem.UNKNOWN_ROUTE, "The environment accepts nothing at this path. Check the path that your sender adds."
    )


def preflight(request: HttpRequest, pointer: Pointer, methods: str = METHODS, *, echo: bool = False) -> HttpResponse:
    """Answer `OPTIONS`: who may send what; with `echo`, all headers that are asked for are allowed."""
    headers = common_headers(request, pointer)
    if "Access-Control-Allow-Origin" in headers:
        headers["Access-Control-Allow-Methods"] = methods
        headers["Access-Control-Allow-Headers"] = _allowed_headers(request, echo=echo)
        headers["Access-Control-Max-Age"] = _PREFLIGHT_SECONDS
    # https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md#4-abuse-protection
    sender = request.headers.get("webhook-request-origin")
    if sender is not None and may_be_echoed(sender):
        headers["WebHook-Allowed-Origin"] = sender
        headers["WebHook-Allowed-Rate"] = "*"
    return HttpResponse(204, headers, b"")


def _allowed_headers(request: HttpRequest, *, echo: bool) -> str:
    asked = request.headers.get("access-control-request-headers", "")
    is_plain = re.fullmatch(_NAMES_OF_HEADERS, asked, re.ASCII)
    if is_plain and (echo or re.search(_ASKED_FOR_AT_ANY_ADDRESS, asked, re.IGNORECASE)):
        return asked
    return _ALLOWED_HEADERS


def found(request: HttpRequest, pointer: Pointer) -> HttpResponse:
    """Answer `HEAD` where a `GET` would find the environment."""
    return HttpResponse(200, {**common_headers(request, pointer), "Cache-Control": "no-store"}, b"")


def script(request: HttpRequest, route: str) -> HttpResponse | None:
    """Answer with the client for pages if a route that is read is one of its names."""
    from domain.intake.page_script import script_answer  # noqa: PLC0415 - pages ask for it once, and senders never

    return script_answer(request, route)


def health(request: HttpRequest) -> HttpResponse:
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store", "X-Request-Id": request.request_id}
    return HttpResponse(200, headers, b'{"status":"ok"}' if request.method == "GET" else b"")


def common_headers(request: HttpRequest, pointer: Pointer | None) -> dict[str, str]:
    """Return the headers of every answer: ids, and who may read it."""
    headers = {"X-Request-Id": request.request_id, "Access-Control-Expose-Headers": _EXPOSED_HEADERS}
    allowed: Sequence[str] = ()
    if pointer is not None:
        headers["X-Revision-Id"] = pointer["revision_id"]
        allowed = pointer["allowed_origins"]
    if not allowed:
        headers["Access-Control-Allow-Origin"] = "*"
    else:
        headers["Vary"] = "Origin"
        origin = request.headers.get("origin")
        if origin is not None and origin in allowed:
            headers["Access-Control-Allow-Origin"] = origin
    return headers


def _answer(
    request: HttpRequest, pointer: Pointer | None, status: int, body: Mapping[str, Any], outcome: str
) -> HttpResponse:
    headers = common_headers(request, pointer)
    headers["X-Ingest-Outcome"] = outcome
    if request.method in {"GET", "HEAD"}:
        headers["Cache-Control"] = "no-store"
        if not wants_json(request):
            headers["Content-Type"] = "image/gif"
            return HttpResponse(status, headers, PIXEL if request.method == "GET" else b"")
    headers["Content-Type"] = "application/json" if status == 200 else "application/problem+json"
    return HttpResponse(status, headers, orjson.dumps(body) if request.method != "HEAD" else b"")


def wants_json(request: HttpRequest) -> bool:
    """Say whether the sender of a pixel reads JSON instead of an image."""
    accept = request.headers.get("accept", "").lower()
    return "application/json" in accept and "image/" not in accept
