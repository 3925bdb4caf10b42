"""Requests that wait for a tap's events: they are asked again while they wait, and hold no thread meanwhile."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from local.gateway import LambdaAnswer
from schemas.limits import MAX_TAP_WAIT_SECONDS

LOOK_SECONDS = 0.1
"""Between two looks at whether there is anything new, which cost next to nothing."""
_EVENTS = re.compile(r"/v1/taps/[a-z0-9_]{1,64}/events")
_NOTHING_YET = ('{"items":[]', '"state":"running"')


def wait_seconds(scope: Mapping[str, Any]) -> int:
    """Return how long a request may wait; 0 for one that is none of these, or says nothing that can be understood."""
    if scope["method"] != "GET" or not _EVENTS.fullmatch(scope["path"]):
        return 0
    (text,) = parse_qs(scope["query_string"].decode("latin-1")).get("wait", ["0"])[-1:]
    return min(int(text), MAX_TAP_WAIT_SECONDS) if re.fullmatch(r"[0-9]{1,3}", text, re.ASCII) else 0


async def answer_with_events(
    ask: Callable[[], Awaitable[LambdaAnswer]], news: Callable[[], int], seconds: float
) -> LambdaAnswer:
    """Return the answer once it has events, or what it is after so many seconds.

    Args:
        ask: makes the answer.
        news: returns a number that changes when the answer may.
        seconds: how long to wait.
    """
    clock = asyncio.get_running_loop().time
    until = clock() + seconds
    while True:
        seen = news()
        answer = await ask()
        if answer.get("statusCode") != 200 or not _is_empty(answer.get("body") or ""):
            return answer
        while news() == seen:
            left = until - clock()
            if left <= 0:
                return answer
            await asyncio.sleep(min(LOOK_SECONDS, left))


def _is_empty(body: str) -> bool:
    start, state = _NOTHING_YET
    return body.startswith(start) and state in body
