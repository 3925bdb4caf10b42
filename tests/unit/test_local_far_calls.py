"""Calls of an ingest worker to the main process: what gathers, what fails alone, and what waits."""

import asyncio

import pytest

from domain.delivery.ports import PutFailure
from domain.errors import Undelivered
from local.far_calls import MOST_UNDER_WAY, GatheringQueue, GatheringStreams
from local.far_ports import Done
from local.strands import Strands
from schemas.limits import MAX_RECORDS_PER_PUT

BROKEN = PutFailure("full", retryable=True)


class Calls:
    """Keeps the calls that were sent, until a test answers them."""

    def __init__(self):
        self.sent = []

    def send(self, call, on_done):
        self.sent.append((call, on_done))

    def answer(self, place, result=None, error=None):
        call, on_done = self.sent[place]
        on_done(Done(result if result is not None else [None] * len(call.arguments[-1]), error))


class Bench:
    """Strands that put records, and what became of each."""

    def __init__(self):
        self.strands = Strands()
        self.calls = Calls()
        self.streams = GatheringStreams(self.calls, self.strands)
        self.ends = {}

    async def puts(self, name, records, stream="a"):
        self.strands.run(self._put, name, records, stream)

    def _put(self, name, records, stream):
        try:
            self.ends[name] = self.streams.put_records(stream, records)
        except Undelivered as error:
            self.ends[name] = str(error)

    def lists(self):
        return [call.arguments for call, _ in self.calls.sent]


def on_a_bench(course):
    async def run():
        await course(Bench())

    asyncio.run(run())


def test_what_comes_together_goes_in_one_call_and_each_learns_of_its_own():
    async def course(bench):
        await bench.puts("one", [b"1"])
        await bench.puts("two", [b"2", b"3"])
        await bench.puts("other", [b"4"], "b")
        assert bench.lists() == []
        await asyncio.sleep(0)
        assert bench.lists() == [("a", [b"1", b"2", b"3"]), ("b", [b"4"])]
        assert bench.ends == {}
        bench.calls.answer(0, [None, BROKEN, None])
        assert bench.ends == {"one": [None], "two": [BROKEN, None]}

    on_a_bench(course)


def test_what_comes_while_the_most_are_under_way_gathers():
    async def course(bench):
        for number in range(MOST_UNDER_WAY + 3):
            await bench.puts(number, [b"%d" % number])
            await asyncio.sleep(0)
        assert len(bench.lists()) == MOST_UNDER_WAY
        bench.calls.answer(0)
        assert bench.lists()[-1] == ("a", [b"2", b"3", b"4"])
        assert list(bench.ends) == [0]
        bench.calls.answer(1)
        bench.calls.answer(2)
        assert len(bench.ends) == MOST_UNDER_WAY + 3

    on_a_bench(course)


def test_a_call_that_fails_fails_for_all_that_it_carried():
    async def course(bench):
        await bench.puts("one", [b"1"])
        await bench.puts("two", [b"2"])
        await asyncio.sleep(0)
        bench.calls.answer(0, error=Undelivered("the disk is full"))
        assert bench.ends == dict.fromkeys(("one", "two"), "the disk is full")

    on_a_bench(course)


@pytest.mark.parametrize(
    ("records", "sizes"),
    [
        ([[b"1"], [b"x" * 300_000], [b"2"]], [1, 1]),  # a large one goes alone, the third one waits
        ([[b"1"] * 300, [b"2"] * 200, [b"3"]], [500, 1]),
        ([[b"x" * 200_000]] * 25, [20, 5]),
    ],
)
def test_no_call_carries_more_than_one_may(records, sizes):
    async def course(bench):
        for number, one in enumerate(records):
            await bench.puts(number, one)
        await asyncio.sleep(0)
        assert [len(carried) for _, carried in bench.lists()] == sizes
        assert max(sizes) <= MAX_RECORDS_PER_PUT

    on_a_bench(course)


def test_a_queue_gathers_like_a_stream():
    async def course(bench):
        queue, ends = GatheringQueue(bench.calls, bench.strands, "spill"), []
        for body in ("a", "b"):
            bench.strands.run(lambda body=body: ends.append(queue.send([body])))
        await asyncio.sleep(0)
        ((call, _),) = bench.calls.sent
        assert (call.port, call.method, call.arguments) == ("spill", "send", (["a", "b"],))
        bench.calls.answer(0, [None, BROKEN])
        assert ends == [[None], [BROKEN]]

    on_a_bench(course)


def test_a_strand_that_fails_is_logged_by_its_place_and_used_again(caplog):
    strands, done = Strands(), []

    def fail():
        raise ValueError(done)

    strands.run(fail)
    strands.run(done.append, 1)
    assert done == [1]
    assert "working in an ingest worker" in caplog.text
