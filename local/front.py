"""The front door: HTTP in, the handlers' events and answers, HTTP out.

Handlers are plain functions and run on a bounded pool of threads. So that no mix of requests can exhaust the memory,
few large bodies are held at once, and fewer that may cost much are worked on at once; the others wait. They wait for
their like alone: what is dear of ingest goes to processes of its own (`local.lanes`), and what computes in `/v1` to
threads of its own, so that neither holds up anything else.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import Executor
from typing import Any, NamedTuple

from local.failures import log_failure
from local.gateway import (
    LambdaAnswer,
    LambdaEvent,
    LocalContext,
    event_from_request,
    has_length,
    headers_from_scope,
    is_for_events,
    response_from_answer,
)
from local.lanes import LANES, is_dear
from local.protocol import head_refusal, problem_answer
from local.waiting import answer_with_events, wait_seconds
from schemas.codes import Problem

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]
Handler = Callable[[LambdaEvent, object], LambdaAnswer]

MAX_PAYLOAD_BYTES = (
    10 * 1024 * 1024
)  # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
MAX_DISCARDED_BYTES = 64 * 1024 * 1024  # read on and thrown away, so that a sender sees its answer
BODY_SECONDS = 30.0
LARGE_BODY_BYTES = 256 * 1024
LARGE_BODIES = 16
HEAVY_REQUESTS = 2


class Function(NamedTuple):
    """A handler, the threads that it may take, and the largest body that it does not refuse."""

    handler: Handler
    pool: Executor
    max_body_bytes: int


class _Turns:
    """Who waits for whom."""

    def __init__(self, heavy_requests: int = HEAVY_REQUESTS) -> None:
        self.large_bodies = asyncio.Semaphore(LARGE_BODIES)
        self.heavy_requests = asyncio.Semaphore(heavy_requests)


class _BodyTooLarge(Exception):  # noqa: N818 - an outcome, not a mishap
    pass


class _Disconnected(Exception):  # noqa: N818
    pass


class Front:
    """Route one ASGI request: `/e/…`, `/health` and every other Host to ingest, `/v1` to management.

    `pages` answers the rest of what comes to this machine's own names; any other Host may be an environment's custom
    domain.
    """

    def __init__(
        self,
        ingest: Function,
        dear_ingest: Function,
        management: Function,
        computing: Function,
        computes: Callable[[str, str], bool],
        pages: AsgiApp,
        news_of_taps: Callable[[], int] = lambda: 0,
    ) -> None:
        """Take the functions; of ingest also the one for what is dear, of management the one for requests that compute.

        `computes` takes a method and a path; `news_of_taps` returns a number that changes when events were kept.
        """
        self._ingest = ingest
        self._dear_ingest = dear_ingest
        self._management = management
        self._computing = computing
        self._computes = computes
        self._pages = pages
        self._news_of_taps = news_of_taps
        self._turns = {ingest: _Turns(LANES), management: _Turns(), computing: _Turns()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        refusal = head_refusal(scope)
        if refusal is not None:
            await _send_problem(scope, send, *refusal)
            return
        headers = headers_from_scope(scope)
        function = self._function(scope["method"], scope["path"], headers.get("host", ""))
        if function is None:
            await self._pages(scope, receive, send)
            return
        try:
            answer = await self._answer_in_time(function, scope, headers, receive)
            status, answer_headers, body = response_from_answer(answer)
        except _Disconnected:
            return
        except _BodyTooLarge:
            await _send_problem(scope, send, Problem.BODY_TOO_LARGE, "The body is larger than this front door takes.")
            return
        except TimeoutError:
            message = f"The body took more than {BODY_SECONDS:.0f} seconds."
            await _send_problem(scope, send, Problem.REQUEST_TIMEOUT, message)
            return
        except Exception as error:  # noqa: BLE001 - the edge: any failure is one answer and one log line
            log_failure("answering a request", error)
            await _send_problem(scope, send, Problem.INTERNAL, "Something failed on our side: send the request again.")
            return
        await _send(scope, send, status, answer_headers, body)

    def _function(self, method: str, path: str, host: str) -> Function | None:
        if is_for_events(path, host) or path.startswith("/js/") or path == "/health":
            return self._ingest
        if path == "/v1" or path.startswith("/v1/"):
            return self._computing if self._computes(method, path) else self._management
        return None

    async def _answer_in_time(
        self, function: Function, scope: Scope, headers: dict[str, str], receive: Receive
    ) -> LambdaAnswer:
        """Answer now, or wait for events where the request asks for that and has no body."""

        def ask() -> Awaitable[LambdaAnswer]:
            return self._answer(function, scope, headers, receive)

        seconds = wait_seconds(scope) if function is self._management else 0
        if not seconds or _declared_bytes(headers) or "transfer-encoding" in headers:
            return await ask()
        return await answer_with_events(ask, self._news_of_taps, seconds)

    async def _answer(
        self, function: Function, scope: Scope, headers: dict[str, str], receive: Receive
    ) -> LambdaAnswer:
        turns = self._turns[function]
        if headers.get("expect", "").lower() == "100-continue" and _declared_bytes(headers) > function.max_body_bytes:
            raise _BodyTooLarge
        async with contextlib.AsyncExitStack() as held:
            body = await _read_body(headers, receive, lambda: held.enter_async_context(turns.large_bodies))
            if function is self._ingest:
                if not is_dear(headers, body):
                    return await _call(function, scope, headers, body)
                function = self._dear_ingest
            elif len(body) <= LARGE_BODY_BYTES and "content-encoding" not in headers:
                return await _call(function, scope, headers, body)
            async with turns.heavy_requests:
                return await _call(function, scope, headers, body)


async def _call(function: Function, scope: Scope, headers: dict[str, str], body: bytes) -> LambdaAnswer:
    event = event_from_request(scope, headers, body)
    context = LocalContext(event["requestContext"]["requestId"])
    return await asyncio.get_running_loop().run_in_executor(function.pool, function.handler, event, context)


def _declared_bytes(headers: Mapping[str, str]) -> int:
    declared = headers.get("content-length", "0")
    return int(declared) if declared.isdecimal() else 0


async def _read_body(headers: Mapping[str, str], receive: Receive, take_turn: Callable[[], Awaitable[object]]) -> bytes:
    """Return the whole body; of a large one no more than `LARGE_BODY_BYTES` is read before it has its turn.

    Raises:
        _BodyTooLarge: it is longer than an HTTP API takes; up to `MAX_DISCARDED_BYTES` of it were read.
        _Disconnected: the sender has gone.
        TimeoutError: the body took longer than `BODY_SECONDS`.
    """
    declared = _declared_bytes(headers)
    if declared == 0 and "transfer-encoding" not in headers:
        return b""
    if declared > MAX_DISCARDED_BYTES:
        raise _BodyTooLarge
    chunks: list[bytes] = []
    received = 0
    more = True
    has_turn = declared > LARGE_BODY_BYTES
    if has_turn:
        await take_turn()
    async with asyncio.timeout(BODY_SECONDS) as limit:
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Disconnected
            chunk = message.get("body", b"")
            more = message.get("more_body", False)
            received += len(chunk)
            if received > LARGE_BODY_BYTES and not has_turn:
                has_turn = True
                limit.reschedule(None)  # the wait is not the sender's
                await take_turn()
                limit.reschedule(asyncio.get_running_loop().time() + BODY_SECONDS)
            if received <= MAX_PAYLOAD_BYTES:
                chunks.append(chunk)
            else:
                chunks.clear()
                if received > MAX_DISCARDED_BYTES:
                    raise _BodyTooLarge
    if received > MAX_PAYLOAD_BYTES:
        raise _BodyTooLarge
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _send_problem(scope: Scope, send: Send, code: Problem, message: str) -> None:
    await _send(scope, send, *problem_answer(code, message))


async def _send(scope: Scope, send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    if has_length(scope["method"], status):
        headers.append((b"content-length", str(len(body)).encode("ascii")))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
