"""Routes and what they declare: role, models, problems.

Everything else is derived: who may pass, what of the body is read, which answers the OpenAPI document shows.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import orjson
from pydantic import BaseModel

from domain.errors import Rejected
from domain.http import HttpRequest, HttpResponse
from domain.language.budget import Budget
from domain.records.caller import Call, Caller, Role
from domain.records.change import Resource
from functions.management.arguments import Arguments
from schemas.codes import PROBLEM_STATUS, Problem
from schemas.limits import MAX_V1_BODY_BYTES, MAX_V1_LARGE_BODY_BYTES, MAX_V1_LARGE_VALUES, MAX_V1_VALUES

Body = Literal["none", "json", "raw"]
Precondition = Literal["none", "optional", "required"]

PARAMETER = re.compile(r"\{(\w+)\}")
RouteFunction = TypeVar("RouteFunction", bound=Callable[..., Resource | None])


@dataclass(frozen=True, slots=True)
class Route:
    """One operation.

    `role`: the least that may call it; None: anyone with a credential, before an organisation is chosen.
    `location`: where what a POST made is found, by its id. `computes`: what it costs is decided by what was sent or
    saved, so that it keeps a budget. `body_bytes` and `body_values`: the most of its body.
    """

    method: str
    path: str
    operation_id: str
    summary: str
    role: Role | None
    shown: type[BaseModel] | None
    status: int
    body: Body
    if_match: Precondition
    location: str | None
    problems: tuple[Problem, ...]
    function: Callable[..., Resource | None]
    arguments: Arguments
    pattern: re.Pattern[str]
    computes: bool
    body_bytes: int
    body_values: int

    @property
    def problem_statuses(self) -> list[int]:
        return sorted({PROBLEM_STATUS[problem] for problem in self.problems})


@dataclass(frozen=True, slots=True)
class Current:
    """The request that is being served, as its route sees it; `call` is None where no organisation is chosen."""

    request: HttpRequest
    caller: Caller
    call: Call | None
    budget: Budget


class Routes:
    """Declares routes, finds them again and serves them."""

    def __init__(self) -> None:
        self.declared: list[Route] = []
        self._current: ContextVar[Current] = ContextVar("current")

    @property
    def current(self) -> Current:
        """The request that this thread serves."""
        return self._current.get()

    @property
    def call(self) -> Call:
        call = self.current.call
        assert call, "the front chooses an organisation for every route with a role"
        return call

    @property
    def budget(self) -> Budget:
        return self.current.budget

    def serve(self, route: Route, current: Current, body: Any) -> HttpResponse:
        """Return the answer of a route that was found for this request; `body` is its parsed JSON.

        Raises:
            Rejected: by the route, or for faults of the query or the body.
        """
        request = current.request
        path = route.pattern.fullmatch(request.path)
        assert path
        arguments = route.arguments.read(path.groupdict(), request.query, request.repeated, body)
        with self._serving(current):
            return shown_response(route, route.function(**arguments))

    @contextmanager
    def _serving(self, current: Current) -> Iterator[None]:
        token = self._current.set(current)
        try:
            yield
        finally:
            self._current.reset(token)

    def add(
        self,
        method: str,
        path: str,
        summary: str,
        *,
        role: Role | None,
        shown: type[BaseModel] | None = None,
        status: int = 200,
        body: Body = "none",
        if_match: Precondition = "none",
        location: str | None = None,
        problems: tuple[Problem, ...] = (),
        computes: bool = False,
        large_body: bool = False,
    ) -> Callable[[RouteFunction], RouteFunction]:
        """Declare the decorated function as what serves `method` and `path`; its name is the operation's id.

        The function's parameters are the path's, the query's and the body, by their annotations; it returns the
        resource to show, or None.
        """

        def declare(function: RouteFunction) -> RouteFunction:
            operation_id: str = function.__name__
            route = Route(
                method,
                path,
                operation_id,
                summary,
                role,
                shown,
                status,
                body,
                if_match,
                location,
                _problems(method, path, body, if_match, (*problems, *_of_kind(role, computes=computes))),
                function,
                Arguments(function, frozenset(PARAMETER.findall(path)), takes_any_query=body == "raw"),
                re.compile(PARAMETER.sub(r"(?P<\1>[^/]+)", path)),
                computes,
                MAX_V1_LARGE_BODY_BYTES if large_body else MAX_V1_BODY_BYTES,
                MAX_V1_LARGE_VALUES if large_body else MAX_V1_VALUES,
            )
            self.declared.append(route)
            return function

        return declare

    def find(self, method: str, path: str) -> Route:
        """Return the route of a request; HEAD is served like GET.

        Raises:
            Rejected: not_found, or method_not_allowed with `Allow`.
        """
        here = [route for route in self.declared if route.pattern.fullmatch(path)]
        if not here:
            raise Rejected(Problem.NOT_FOUND, "There is nothing at this path.")
        # A path that is named goes before one with a parameter in its place, as OpenAPI has it.
        fewest = min(route.path.count("{") for route in here)
        here = [route for route in here if route.path.count("{") == fewest]
        for route in here:
            if route.method == ("GET" if method == "HEAD" else method):
                return route
        allowed = {route.method for route in here}
        if "GET" in allowed:
            allowed.add("HEAD")
        allow = ", ".join(sorted(allowed))
        raise Rejected(Problem.METHOD_NOT_ALLOWED, f"This path accepts {allow}.", headers={"Allow": allow})


def _of_kind(role: Role | None, *, computes: bool) -> list[Problem]:
    """Return the problems that all routes with a role have, and all that compute."""
    found = [] if role is None else [Problem.CHOOSE_ORGANISATION]
    return [*found, Problem.TOO_COMPLEX] if computes else found


def _problems(
    method: str, path: str, body: Body, if_match: Precondition, own: tuple[Problem, ...]
) -> tuple[Problem, ...]:
    # Whatever the role: a person who signs in may be no member yet.
    found = [*own, Problem.UNAUTHENTICATED, Problem.FORBIDDEN]
    found += [Problem.INVALID_REQUEST, Problem.INTERNAL, Problem.MISCONFIGURED, Problem.UNDELIVERABLE]
    if PARAMETER.search(path):
        found.append(Problem.NOT_FOUND)
    if body != "none" or method == "POST":
        found += [Problem.NOT_JSON, Problem.BODY_TOO_LARGE, Problem.UNSUPPORTED_MEDIA_TYPE]
    if body == "json":
        found.append(Problem.TOO_COMPLEX)
    if method in {"POST", "PUT", "PATCH", "DELETE"}:
        found.append(Problem.CONFLICT)
    if if_match != "none":
        found.append(Problem.VERSION_CONFLICT)
    if if_match == "required":
        found.append(Problem.PRECONDITION_REQUIRED)
    return tuple(sorted(set(found), key=lambda problem: (PROBLEM_STATUS[problem], problem.value)))


def shown_response(route: Route, resource: Mapping[str, Any] | None) -> HttpResponse:
    """Return the answer that shows a resource, with its version as the ETag."""
    if resource is None:
        return HttpResponse(route.status, {}, b"")
    headers = {"Content-Type": "application/json"}
    if "version" in resource:
        headers["ETag"] = f'"{resource["version"]}"'
    if route.location:
        headers["Location"] = route.location.format(id=resource["id"])
    return HttpResponse(route.status, headers, orjson.dumps(resource))
