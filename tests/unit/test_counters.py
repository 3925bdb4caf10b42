"""Counting without a call per request."""

import copy
import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.errors import Undelivered
from domain.metering.counters import UsageCounters
from domain.metering.ports import UsageSums

SECOND_NS = 1_000_000_000
MINUTE = 29_925_000 * 60
ARRIVAL_NS = MINUTE * SECOND_NS + 5 * SECOND_NS


OWNER = {"endpoint_id": "ep_1", "organisation_id": "org_1"}


def pointer(environment_id):
    return {"environment_id": environment_id, **OWNER}


class Clock:
    def __init__(self):
        self.ns = ARRIVAL_NS

    def __call__(self):
        return self.ns

    def forward(self, seconds):
        self.ns += int(seconds * SECOND_NS)


class Sink:
    def __init__(self):
        self.error = None
        self.calls = []

    def add(self, sums):
        if self.error is not None:
            raise self.error
        self.calls.append(copy.deepcopy(list(sums)))

    @property
    def sums(self):
        return [row for call in self.calls for row in call]


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sink():
    return Sink()


@pytest.fixture
def counters(sink, clock):
    return UsageCounters(sink, clock)


def test_requests_of_a_minute_add_up_to_one_row(counters, sink):
    counters.count(pointer("env_1"), "rev_1", ARRIVAL_NS, accepted=1, bytes_accepted=300, bytes_received=281)
    counters.count(
        pointer("env_1"),
        "rev_1",
        ARRIVAL_NS + SECOND_NS,
        accepted=2,
        quarantined=3,
        rejected=4,
        limited=5,
        bytes_accepted=600,
        bytes_received=700,
        codes={"required": 2, "regex": 1},
    )
    counters.count(pointer("env_1"), "rev_1", ARRIVAL_NS, quarantined=1, codes={"required": 1})
    counters.flush()
    assert sink.calls == [
        [UsageSums("env_1", "rev_1", MINUTE, 3, 3, 4, 4, 5, 900, 981, {"required": 3, "regex": 1}, **OWNER)]
    ]


def test_environments_revisions_and_minutes_of_arrival_are_kept_apart(counters, sink):
    last_ns = (MINUTE + 60) * SECOND_NS - 1
    for environment_id, revision_id, received_ns in (
        ("env_1", "rev_1", last_ns),
        ("env_1", "rev_1", last_ns + 1),
        ("env_1", "rev_2", last_ns),
        ("env_2", "rev_1", last_ns),
    ):
        counters.count(pointer(environment_id), revision_id, received_ns, accepted=1)
    counters.flush()
    assert [(row.environment_id, row.revision_id, row.minute) for row in sink.sums] == [
        ("env_1", "rev_1", MINUTE),
        ("env_1", "rev_1", MINUTE + 60),
        ("env_1", "rev_2", MINUTE),
        ("env_2", "rev_1", MINUTE),
    ]


def test_sums_are_handed_over_every_10_seconds_at_most(counters, sink, clock):
    counters.count(pointer("env_1"), "rev_1", ARRIVAL_NS)
    clock.forward(9.9)
    counters.flush_if_due()
    assert sink.calls == []
    clock.forward(0.1)
    counters.flush_if_due()
    counters.flush_if_due()
    assert len(sink.calls) == 1
    counters.count(pointer("env_1"), "rev_1", ARRIVAL_NS)
    clock.forward(9.9)
    counters.flush_if_due()
    assert len(sink.calls) == 1
    clock.forward(0.1)
    counters.flush_if_due()
    assert len(sink.calls) == 2


def test_nothing_counted_is_still_the_occasion_to_finish_what_could_not_be_added_before(counters, sink):
    counters.flush()
    counters.count(pointer("env_1"), "rev_1", ARRIVAL_NS)
    counters.flush()
    counters.flush()
    assert [len(call) for call in sink.calls] == [0, 1, 0]


@pytest.mark.parametrize("error", [Undelivered("busy"), KeyError("bug")])
def test_a_failing_sink_loses_nothing_and_fails_no_request(counters, sink, clock, error, caplog):
    caplog.set_level(logging.CRITICAL)
    sink.error = error
    counters.count(pointer("env_1"), "rev_1", ARRIVAL_NS, accepted=1, codes={"regex": 1})
    counters.count(pointer("env_2"), "rev_1", ARRIVAL_NS, accepted=1)
    clock.forward(10)
    counters.flush_if_due()
    counters.count(pointer("env_1"), "rev_1", ARRIVAL_NS, accepted=2, limited=1, codes={"regex": 1, "depth": 1})
    counters.count(pointer("env_3"), "rev_1", ARRIVAL_NS, accepted=1)
    counters.flush()
    sink.error = None
    clock.forward(10)
    counters.flush_if_due()
    assert {row.environment_id: row.accepted for row in sink.sums} == {"env_1": 3, "env_2": 1, "env_3": 1}
    assert sink.sums[0] == UsageSums("env_1", "rev_1", MINUTE, 2, 3, limited=1, codes={"regex": 2, "depth": 1}, **OWNER)


def test_what_is_counted_while_a_failing_sink_is_called_is_kept_too(sink, clock):
    class CountingSink(Sink):
        def add(self, sums):
            if not self.calls:
                self.calls.append([])
                counters.count(pointer("env_1"), "rev_1", ARRIVAL_NS, rejected=1, bytes_received=7)
                raise Undelivered("timed out")
            super().add(sums)

    sink = CountingSink()
    counters = UsageCounters(sink, clock)
    counters.count(pointer("env_1"), "rev_1", ARRIVAL_NS, quarantined=1, bytes_received=5)
    counters.flush()
    counters.flush()
    assert sink.sums == [UsageSums("env_1", "rev_1", MINUTE, 2, quarantined=1, rejected=1, bytes_received=12, **OWNER)]


def test_threads_count_and_flush_without_losing_anything(counters, sink):
    def work(_):
        for n in range(500):
            counters.count(pointer("env_1"), "rev_1", ARRIVAL_NS, accepted=1, codes={"regex": 1})
            if n % 50 == 0:
                counters.flush()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    counters.flush()
    assert sum(row.accepted for row in sink.sums) == 4_000
    assert sum(row.requests for row in sink.sums) == 4_000
    assert sum(row.codes["regex"] for row in sink.sums) == 4_000


def test_protocols_are_kept_with_what_a_sink_does_not_take():
    clock, sink = Clock(), Sink()
    counters = UsageCounters(sink, clock)
    counters.count(pointer("env_1"), "rev_1", ARRIVAL_NS, accepted=2, protocol="segment")
    sink.error = Undelivered("busy")
    counters.flush()
    counters.count(pointer("env_1"), "rev_1", ARRIVAL_NS, accepted=1, rejected=1, protocol="segment")
    counters.count(pointer("env_1"), "rev_1", ARRIVAL_NS, quarantined=1, protocol="ga4")
    counters.count(pointer("env_1"), "rev_1", ARRIVAL_NS, accepted=8)
    sink.error = None
    counters.flush()
    (row,) = sink.sums
    assert row.protocols == {"segment": {"accepted": 3, "rejected": 1}, "ga4": {"quarantined": 1}}
    assert row.accepted == 11
