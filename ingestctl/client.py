"""Calls `/v1`: one place for headers, paging, repetition and what a refusal becomes."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote
from uuid import uuid4

import httpx

from ingestctl.problems import Misused, Refused
from ingestctl.settings import Account, is_loopback

TRIES = 4
FIRST_PAUSE_SECONDS = 0.3
MAX_PAUSE_SECONDS = 5.0
TIMEOUT_SECONDS = 30.0
PAGE_ITEMS = 200  # as many as the server gives
_PASSING = frozenset({502, 503, 504})
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout)


@dataclass(frozen=True, slots=True)
class Payload:
    """A body that is no JSON of ours: bytes, and the headers that say what they are."""

    content: bytes
    headers: Mapping[str, str]


class Api:
    """A server, as one caller.

    What may be repeated is repeated when the connection fails or the server asks for patience: reading, and POST with
    an Idempotency-Key of its own. Other changes are repeated only if nothing can have reached the server.
    """

    def __init__(
        self,
        account: Account,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.address = account.address
        self._sleep = sleep
        try:
            self._http = httpx.Client(
                base_url=account.address,
                headers={"Authorization": f"Bearer {account.token}", "User-Agent": "ingestctl"},
                timeout=TIMEOUT_SECONDS,
                trust_env=not is_loopback(account.address),
                transport=transport,
            )
        except httpx.InvalidURL:
            raise Misused("The address must look like https://api.example.com, with a port if it has one.") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return what is at a path; raises `Refused`, as all calls do."""
        return self._call("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, version: int | None = None) -> dict[str, Any]:
        """Make something; `version` is the one that it must be made of."""
        headers = {**_if_match(version), "Idempotency-Key": str(uuid4())}
        return self._call("POST", path, body, headers=headers)

    def post_payload(self, path: str, payload: Payload) -> dict[str, Any]:
        """Have a payload validated; nothing comes of it, so it may be repeated as it is."""
        return self._call("POST", path, content=payload.content, headers=payload.headers)

    def patch(self, path: str, body: Mapping[str, Any], *, version: int | None = None) -> dict[str, Any]:
        return self._call("PATCH", path, body, headers=_if_match(version))

    def put(self, path: str, body: Mapping[str, Any], *, version: int | None) -> dict[str, Any]:
        """Replace something; `version` None means whatever is there."""
        return self._call("PUT", path, body, headers=_if_match(version) or {"If-Match": "*"})

    def delete(self, path: str, *, confirm: str | None = None) -> None:
        self._call("DELETE", path, query=None if confirm is None else {"confirm": confirm})

    def pages(self, path: str, query: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """Yield the items of a list, all its pages."""
        query = {**(query or {}), "limit": str(PAGE_ITEMS)}
        while True:
            page = self.get(path, query)
            yield from page["items"]
            if page["next"] is None:
                return
            query["cursor"] = page["next"]

    def get_offered(self, template: str, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return what is at a path that an older server may not have.

        Raises:
            Refused: not_offered if the server's own description does not have `template`.
        """
        try:
            return self.get(path, query)
        except Refused as refusal:
            if refusal.status != httpx.codes.NOT_FOUND or template in self.get("/v1/openapi.json")["paths"]:
                raise
            message = f"The server at {self.address} does not have this yet (GET {template})."
            raise Refused("not_offered", message, status=refusal.status, request_id=refusal.request_id) from None

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> dict[str, Any]:
        headers = dict(headers or {})
        if body is not None:
            # In ASCII: what an argument holds that is no UTF-8 becomes an escape, and the server's to refuse.
            content = json.dumps(body, allow_nan=False).encode()
            headers["Content-Type"] = "application/json"
        answer = self._answer(method, path, params=query, headers=headers, content=content)
        if answer.is_success:
            if not answer.content:
                return {}
            document = _object(answer)
            if document is not None:
                return document
        raise _refusal(answer, self.address)

    def _answer(self, method: str, path: str, **sent: Any) -> httpx.Response:
        repeatable = method in {"GET", "POST"}
        pause = FIRST_PAUSE_SECONDS
        for left in range(TRIES - 1, -1, -1):
            wait = pause
            try:
                answer = self._http.request(method, path, **sent)
                if answer.status_code not in _PASSING or not repeatable or not left:
                    return answer
                wait = max(pause, _asked_pause(answer))
            except httpx.TransportError as error:
                if not left or not (repeatable or isinstance(error, _NOT_SENT)):
                    message = f"No answer from {self.address}: {_reason(error)}."
                    raise Refused("unreachable", message) from None
            self._sleep(min(wait, MAX_PAUSE_SECONDS))
            pause *= 2
        raise AssertionError


def path_of(*parts: str) -> str:
    """Return a path under /v1 of parts that may hold anything."""
    return "/".join(("/v1", *(quote(part, safe="") for part in parts)))


def _if_match(version: int | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": f'"{version}"'}


def _asked_pause(answer: httpx.Response) -> float:
    asked = answer.headers.get("Retry-After", "")
    return float(asked) if asked.isdecimal() else 0.0


def _reason(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "it took too long"
    return str(error).rstrip(".") or type(error).__name__


def _object(answer: httpx.Response) -> dict[str, Any] | None:
    try:
        document = answer.json()
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _refusal(answer: httpx.Response, address: str) -> Refused:
    document = _object(answer) or {}
    code, message = document.get("code"), document.get("message")
    if answer.is_success or not isinstance(code, str) or not isinstance(message, str):
        text = f"{address} answered {answer.status_code}, and not as a management API does; is the address right?"
        return Refused("not_the_api", text, status=answer.status_code)
    errors = [error for error in document.get("errors", []) if isinstance(error, dict)]
    return Refused(
        code,
        message,
        status=answer.status_code,
        errors=errors,
        request_id=document.get("request_id"),
        has_more=document.get("more") is True,
    )
