"""What comes before a route: who calls, whether they may, and what of their request is fit to be read.

The order is part of the contract: an unauthenticated caller learns nothing of the body or of what exists, and a caller
whose role is too low learns only which role it takes.
"""

import json
import re
import string
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from domain.errors import Rejected
from domain.http import HttpRequest, HttpResponse
from domain.language.budget import Budget, too_complex
from domain.records.caller import Call, Caller, IdempotencyKey, Principal
from functions.management.arguments import query_faults
from functions.management.bodies import check_empty, read_json
from functions.management.callers import Callers
from functions.management.problems import problem_response, rejected_from_validation
from functions.management.routing import Current, Route, Routes
from schemas.codes import Problem
from schemas.limits import MAX_ANSWER_BYTES, MAX_CPU_SECONDS

MAX_KEY_CHARS = 255

_ETAG = re.compile(r'(?:W/)?"?([0-9]{1,15})"?')
# Ids are made of these; a path of anything else leads to nothing that there could be.
_SOUND_PATH = re.compile(r"[a-z0-9_/-]{1,300}")
_KEY_CHARS = frozenset(string.ascii_letters + string.digits + string.punctuation + " ")


class Front:
    """Serves requests: decides on its own what it can, and lets their routes do the rest."""

    def __init__(
        self,
        callers: Callers,
        routes: Routes,
        open_paths: Mapping[str, Callable[[], bytes]],
        spent_seconds: Callable[[], float],
    ) -> None:
        """Take the routes, makers of documents that anyone may read, and what tells a thread's CPU seconds."""
        self._callers = callers
        self._routes = routes
        self._spent_seconds = spent_seconds
        self._open_paths = open_paths

    def serve(self, request: HttpRequest, identity: Mapping[str, Any]) -> HttpResponse:
        """Return the answer; raises nothing that it could answer. `identity` is the authorizer's, if there is one."""
        try:
            answer = self._serve(request, identity)
        except Exception as error:  # noqa: BLE001 - the edge of the function
            answer = problem_response(error, request)
        answer.headers |= {"X-Request-Id": request.request_id, "Cache-Control": "no-store"}
        return answer

    def _serve(self, request: HttpRequest, identity: Mapping[str, Any]) -> HttpResponse:
        document = self._open_paths.get(request.path)
        if document is not None:
            if request.method not in {"GET", "HEAD"}:
                raise Rejected(
                    Problem.METHOD_NOT_ALLOWED, "This path accepts GET, HEAD.", headers={"Allow": "GET, HEAD"}
                )
            if faults := list(query_faults(request.query, request.repeated, ())):
                raise rejected_from_validation(faults)
            return HttpResponse(200, {"Content-Type": "application/json"}, document())
        route = self._routes.find(request.method, request.path)
        caller: Caller
        if route.role is None:
            caller = self._callers.caller(request, identity)
        else:
            caller = self._callers.principal(request, identity)
            caller.require(route.role)
        if not _SOUND_PATH.fullmatch(request.path):
            raise Rejected(Problem.NOT_FOUND, "There is nothing at this path.")
        call = None
        if route.role is not None and isinstance(caller, Principal):
            call = Call(caller, request.source_ip, _if_match(request, route), _idempotency(request))
        budget = Budget(MAX_CPU_SECONDS, self._spent_seconds)
        body = None
        if route.body == "json":
            body = read_json(request, route.body_bytes, route.body_values)
        elif route.body == "none" and route.method == "POST":
            check_empty(request, route.body_bytes, route.body_values)
        answer = self._routes.serve(route, Current(request, caller, call, budget), body)
        if route.method == "GET" and len(answer.body) > MAX_ANSWER_BYTES:
            raise too_complex("", f"The answer would have more than {MAX_ANSWER_BYTES:,} bytes.")
        return answer


def _if_match(request: HttpRequest, route: Route) -> frozenset[int] | None:
    header = request.headers.get("if-match", "").strip()
    if route.if_match == "none":
        return None
    if not header:
        if route.if_match == "required":
            raise Rejected(Problem.PRECONDITION_REQUIRED, "Send If-Match with the ETag of the copy that you changed.")
        return None
    if header == "*":
        return None
    # An ETag that is none of ours belongs to no version, so it matches nothing.
    tags = (_ETAG.fullmatch(tag.strip()) for tag in header.split(","))
    return frozenset(int(tag[1]) for tag in tags if tag)


def _idempotency(request: HttpRequest) -> IdempotencyKey | None:
    key = request.headers.get("idempotency-key")
    if key is None or request.method != "POST":
        return None
    if not 0 < len(key) <= MAX_KEY_CHARS or not _KEY_CHARS.issuperset(key):
        message = f"Idempotency-Key must have 1 to {MAX_KEY_CHARS} visible ASCII characters."
        errors = [{"pointer": "", "code": "idempotency_key", "message": message}]
        raise Rejected(Problem.INVALID_REQUEST, message, errors=errors)
    parts = (
        request.path,
        request.headers.get("content-type", ""),
        request.headers.get("content-encoding", ""),
        request.headers.get("if-match", ""),
        json.dumps(sorted(request.query.items())),
    )
    fingerprint = sha256("\0".join(parts).encode("utf-8", "surrogatepass") + b"\0" + request.body).hexdigest()
    return IdempotencyKey(sha256(key.encode()).hexdigest(), fingerprint)
