"""Rate limits of many handlers that share nothing but a ledger."""

import logging
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.sqlite.database import Database
from adapters.sqlite.rates import SqliteRates
from domain.errors import Undelivered
from domain.metering.rates import RateLimits
from tests.ingest_world import MemoryRates

SECOND_NS = 1_000_000_000
START = 1_793_614_270
WINDOW = START // 10


class Clock:
    def __init__(self, seconds=START):
        self.seconds = seconds

    def __call__(self):
        return round(self.seconds * SECOND_NS)


class Handler:
    """One handler on a clock: what it is offered, and what it takes."""

    def __init__(self, ledger, clock):
        self.clock = clock
        self.rates = RateLimits(ledger, clock)
        self.taken = []
        self.refused = []

    def offer(self, limit, events=1, environment_id="env_1"):
        now = self.clock()
        retry_seconds = self.rates.retry_after(environment_id, limit, now)
        self.rates.count(environment_id, events, now, taken=retry_seconds is None)
        (self.taken if retry_seconds is None else self.refused).extend([self.clock.seconds] * events)
        self.rates.exchange_if_due()
        return retry_seconds


def run(handlers, clock, limit, rate, seconds):
    """Offer `rate` events a second, evenly in time, each to a handler chosen at random."""
    choose = random.Random(7).choice
    start = clock.seconds
    for number in range(int(rate * seconds)):
        clock.seconds = start + number / rate
        choose(handlers).offer(limit)
    clock.seconds = start + seconds


def between(times, start, end):
    return sum(1 for time in times if start <= time < end)


@pytest.mark.parametrize("factor", [1.05, 1.2, 1.5, 2, 10])
def test_one_handler_lets_no_more_through_than_the_limit_and_no_less(factor):
    clock = Clock()
    handler = Handler(MemoryRates(), clock)
    run([handler], clock, 50, 50 * factor, 100)
    assert handler.refused[0] - START <= 10 / factor + 0.1
    assert between(handler.taken, START, START + 10) == 500
    for start in range(START + 10, START + 100, 10):
        assert between(handler.taken, start, start + 10) == pytest.approx(500, rel=0.02)


def test_a_steady_overload_is_thinned_out_evenly():
    clock = Clock()
    handler = Handler(MemoryRates(), clock)
    run([handler], clock, 50, 100, 60)
    for second in range(START + 20, START + 60):
        assert 35 <= between(handler.taken, second, second + 1) <= 65


def test_nothing_is_refused_at_or_below_the_limit():
    clock = Clock()
    handler = Handler(MemoryRates(), clock)
    run([handler], clock, 50, 50, 120)
    assert handler.refused == []


@pytest.mark.parametrize("factor", [1.3, 2, 5, 20])
@pytest.mark.parametrize("count", [2, 10, 40])
def test_many_handlers_refuse_within_two_intervals_and_take_the_limit_together(count, factor):
    clock, ledger = Clock(), MemoryRates()
    limit = 100
    handlers = []
    for number in range(count):  # that begin at different times, as they do
        handlers.append(Handler(ledger, Clock(START - 10 + 10 * number / count)))
        handlers[-1].rates._clock = handlers[-1].clock = clock
    run(handlers, clock, limit, limit * factor, 90)
    crossed = START + 10 / factor
    assert min(handler.refused[0] for handler in handlers) <= crossed + 20
    taken = [time for handler in handlers for time in handler.taken]
    for start in range(START + 30, START + 90, 10):
        assert between(taken, start, start + 10) == pytest.approx(limit * 10, rel=0.15)


def test_a_load_that_falls_below_the_limit_is_taken_whole_again():
    clock, ledger = Clock(), MemoryRates()
    handlers = [Handler(ledger, clock) for _ in range(4)]
    run(handlers, clock, 100, 400, 60)
    run(handlers, clock, 100, 80, 30)
    before = sum(len(handler.refused) for handler in handlers)
    run(handlers, clock, 100, 80, 60)
    assert sum(len(handler.refused) for handler in handlers) == before


def test_a_share_of_a_load_that_is_long_gone_binds_nobody():
    clock, ledger = Clock(), MemoryRates()
    handlers = [Handler(ledger, clock) for _ in range(10)]
    run(handlers, clock, 100, 2_000, 40)
    clock.seconds += 60
    taken = len(handlers[0].taken)
    for _ in range(1_000):
        handlers[0].offer(100)
    assert len(handlers[0].taken) == taken + 1_000


def test_a_batch_beyond_the_limit_is_taken_whole_and_made_up_for():
    clock = Clock()
    handler = Handler(MemoryRates(), clock)
    assert handler.offer(5, events=500) is None
    waits = []
    while (retry_seconds := handler.offer(5)) is not None:
        waits.append(retry_seconds)
        clock.seconds += 1
        assert clock.seconds < START + 200
    assert clock.seconds - START == pytest.approx(100, abs=10)
    assert waits[0] == pytest.approx(100, abs=10)
    assert waits == sorted(waits, reverse=True)


def test_the_seconds_to_wait_are_never_less_than_it_takes():
    clock = Clock(START + 3.5)
    handler = Handler(MemoryRates(), clock)
    for _ in range(40):
        while (retry_seconds := handler.offer(3)) is None:
            pass
        assert retry_seconds >= 1
        clock.seconds += retry_seconds
        assert handler.offer(3) is None
        clock.seconds += 1.7


def test_another_limit_is_in_force_at_once():
    clock = Clock()
    handler = Handler(MemoryRates(), clock)
    for _ in range(10):
        assert handler.offer(1) is None
    assert handler.offer(1) == 10
    clock.seconds += 10
    for _ in range(100):
        handler.offer(1_000)
    assert between(handler.taken, START + 10, START + 11) == 100
    clock.seconds += 20
    for _ in range(100):
        handler.offer(1)
    assert between(handler.taken, START + 30, START + 31) == 10


def test_environments_have_limits_of_their_own():
    clock = Clock()
    handler = Handler(MemoryRates(), clock)
    for _ in range(20):
        handler.offer(1, environment_id="env_1")
    assert handler.offer(1, environment_id="env_2") is None


def test_the_ledger_is_told_at_most_every_ten_seconds_and_only_of_what_was_offered():
    clock, ledger = Clock(), MemoryRates()
    handler = Handler(ledger, clock)
    run([handler], clock, 10, 20, 60)
    assert 5 <= len(ledger.calls) <= 6
    assert sum(ledger.windows.values()) == sum(sum(call.values()) for call in ledger.calls)
    told = len(ledger.calls)
    for _ in range(30):
        clock.seconds += 10
        handler.rates.exchange_if_due()
    assert len(ledger.calls) <= told + 1


def test_a_request_waits_until_fifty_environments_are_told_and_all_are_told_within_an_interval():
    clock, ledger = Clock(), MemoryRates()
    handler = Handler(ledger, clock)
    names = [f"env_{number}" for number in range(120)]
    for name in names:
        handler.offer(5, environment_id=name)
    told = []
    for seconds in (10, 0, 1, 1, 1, 7):
        clock.seconds += seconds
        handler.offer(5, environment_id=names[0])
        told.append(len(ledger.calls))
    assert told == [50, 50, 100, 120, 120, 121]
    assert {environment_id for environment_id, _ in ledger.windows} == set(names)


@pytest.mark.parametrize("error", [Undelivered("throttled"), KeyError("bug")])
def test_an_unreachable_ledger_fails_no_request_and_is_told_later(error, caplog):
    caplog.set_level(logging.CRITICAL)
    clock, ledger = Clock(), MemoryRates()
    handler = Handler(ledger, clock)
    ledger.error = error
    run([handler], clock, 50, 100, 10)
    handler.offer(50)
    ledger.error = None
    run([handler], clock, 50, 100, 20)
    assert ledger.windows["env_1", WINDOW] == 1_000
    assert between(handler.taken, START + 10, START + 20) == pytest.approx(500, rel=0.02)


def test_idle_environments_are_forgotten():
    clock = Clock()
    handler = Handler(MemoryRates(), clock)
    for number in range(100):
        handler.offer(1, environment_id=f"env_{number}")
    clock.seconds += 700
    handler.offer(1)
    assert len(handler.rates._uses) <= 1


def test_threads_take_no_more_than_the_limit():
    clock = Clock()
    handler = Handler(MemoryRates(), clock)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: handler.offer(20), range(2_000)))
    assert 200 <= answers.count(None) <= 208  # as many as may have asked before one counted


@pytest.fixture(params=["sqlite", "memory"])
def ledger(request, tmp_path):
    if request.param == "memory":
        yield MemoryRates()
        return
    database = Database(tmp_path / "state.db")
    yield SqliteRates(database)
    database.close()


def test_a_ledger_returns_what_all_have_added(ledger):
    assert ledger.exchange("env_1", {5: 0, 6: 3, 7: 1}) == {5: 0, 6: 3, 7: 1}
    assert ledger.exchange("env_2", {6: 100, 7: 100}) == {6: 100, 7: 100}
    assert ledger.exchange("env_1", {6: 4, 7: 0, 8: 2}) == {6: 7, 7: 1, 8: 2}


def test_a_ledger_in_sqlite_forgets_windows_that_nobody_asks_for_any_more(tmp_path):
    database = Database(tmp_path / "state.db")
    ledger = SqliteRates(database)
    for window in range(100):
        ledger.exchange("env_1", {window: 1})
    assert database.read("SELECT count(*) FROM rate_windows")[0][0] <= 7
    database.close()
