"""Requests of the local run that wait for a tap's events."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.front import Front, Function
from local.waiting import answer_with_events, wait_seconds

EMPTY = {"statusCode": 200, "body": '{"items":[],"cursor":"1.0","left_out":0,"dropped":0,"state":"running"}'}
FULL = {"statusCode": 200, "body": '{"items":[{}],"cursor":"1.1","left_out":0,"dropped":0,"state":"running"}'}
ENDED = {"statusCode": 200, "body": EMPTY["body"].replace("running", "ended")}
REFUSED = {"statusCode": 404, "body": "{}"}


def scope(path="/v1/taps/tap_1/events", query=b"wait=7", method="GET"):
    return {"method": method, "path": path, "query_string": query}


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        (scope(), 7),
        (scope(query=b"after=1.0&wait=10"), 10),
        (scope(query=b"wait=99"), 10),
        (scope(query=b"wait=-1"), 0),
        (scope(query=b"wait=x"), 0),
        (scope(query=b"wait=\xd9\xa3"), 0),
        (scope(query=b""), 0),
        (scope(path="/v1/taps/tap_1"), 0),
        (scope(path="/v1/taps/a/b/events"), 0),
        (scope(method="POST"), 0),
    ],
)
def test_only_a_request_for_events_waits_and_no_longer_than_is_allowed(asked, seconds):
    assert wait_seconds(asked) == seconds


def answered(answers, news=lambda: 0, seconds=10.0):
    asked = []

    async def ask():
        asked.append(1)
        return answers[min(len(asked), len(answers)) - 1]

    answer = asyncio.run(asyncio.wait_for(answer_with_events(ask, news, seconds), 30))
    return answer, len(asked)


@pytest.mark.parametrize("first", [FULL, ENDED, REFUSED])
def test_what_there_is_to_say_is_said_at_once(first):
    assert answered([first]) == (first, 1)


def test_it_is_asked_again_only_once_there_is_news():
    numbers = iter([0, 0, 0, 1, 1, 1, 2, 2, 2])
    assert answered([EMPTY, EMPTY, FULL], lambda: next(numbers)) == (FULL, 3)


def test_after_its_time_the_answer_is_without_events():
    assert answered([EMPTY], seconds=0.0) == (EMPTY, 1)


def test_requests_that_wait_hold_no_thread():
    """More of them wait than there are threads, and another request is answered meanwhile."""
    news = [0]
    body = {"statusCode": 200, "headers": {}, "body": EMPTY["body"], "isBase64Encoded": False}

    def handle(event, _context):
        if event["rawPath"].endswith("/events"):
            return {**body, "body": FULL["body"]} if news[0] else body
        return {**body, "body": "{}"}

    async def request(front, path, query):
        sent = []

        async def receive():
            return {"type": "http.request"}

        async def send(message):
            sent.append(message)

        head = {"http_version": "1.1", "client": None, "headers": [(b"host", b"127.0.0.1")]}
        where = {"method": "GET", "path": path, "raw_path": path.encode(), "query_string": query}
        await front({"type": "http", **head, **where}, receive, send)
        return sent[-1]["body"].decode()

    async def run(pool):
        function = Function(handle, pool, 1_000)
        front = Front(
            Function(handle, pool, 1),
            Function(handle, pool, 2),
            function,
            Function(handle, pool, 3),
            lambda *_: False,
            None,
            lambda: news[0],
        )
        waiting = [asyncio.create_task(request(front, "/v1/taps/tap_1/events", b"wait=10")) for _ in range(3)]
        await asyncio.sleep(0)
        other = await request(front, "/v1/me", b"")
        still = [task.done() for task in waiting]
        news[0] = 1
        return other, still, await asyncio.gather(*waiting)

    with ThreadPoolExecutor(1) as pool:
        other, still, answers = asyncio.run(asyncio.wait_for(run(pool), 30))
    assert (other, still, answers) == ("{}", [False] * 3, [FULL["body"]] * 3)
