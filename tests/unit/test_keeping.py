"""Making events durable: lines in a stream or the spill queue, refused events in quarantine."""

import random

import pytest

from domain.delivery.messages import quarantined_event_from_message
from domain.errors import Undelivered
from domain.http import HttpRequest
from domain.intake.keeping import QUARANTINE_TRIES, Keeper
from domain.validation.faults import FoundFault, Refusal
from schemas.codes import Fault, Outcome
from tests.ingest_world import GONE, THROTTLED, DrivenClock, MemorySink, refusing

POINTER = {"environment_id": "env_1", "revision_id": "rev_1", "store_addresses": False}
RECEIVED_AT = "2026-11-02T10:11:12.345678Z"
KEPT, REJECTED, LOST = Outcome.QUARANTINED, Outcome.REJECTED, Outcome.UNDELIVERED


class Sinks:
    def __init__(self):
        self.clock = DrivenClock()
        self.streams, self.spill, self.quarantine = (MemorySink(name, []) for name in ("streams", "spill", "q"))
        self.keeper = Keeper(
            self.streams,
            self.spill,
            self.quarantine,
            monotonic=self.clock.monotonic,
            sleep=self.clock.sleep,
            random=lambda: 0.999,
        )

    def keep(self, *raws, **pointer):
        refused = [
            (index, f"evt_{index}", Refusal([FoundFault("/a", Fault.REQUIRED, "Missing.")], raw))
            for index, raw in enumerate(raws)
        ]
        headers = {"content-type": "text/plain", "user-agent": "agent"}
        request = HttpRequest("POST", "/", "h", headers, {}, b"", "203.0.113.7", "req_1")
        return self.keeper.quarantine(request, {**POINTER, **pointer}, RECEIVED_AT, refused)

    def kept(self):
        return [quarantined_event_from_message(body) for _, body in self.quarantine.taken]


@pytest.fixture
def sinks():
    return Sinks()


def test_events_are_kept_in_one_call_with_all_that_is_known_of_them(sinks):
    assert sinks.keep(b"{}", b"\xff") == [KEPT, KEPT]
    assert len(sinks.quarantine.calls) == 1
    first, second = sinks.kept()
    assert (first.environment_id, first.revision_id, first.received_at) == ("env_1", "rev_1", RECEIVED_AT)
    assert (first.event_id, first.index, first.raw) == ("evt_0", 0, b"{}")
    assert (second.event_id, second.index, second.raw) == ("evt_1", 1, b"\xff")
    assert first.errors == [{"pointer": "/a", "code": "required", "message": "Missing."}]
    assert (first.content_type, first.user_agent, first.source_ip) == ("text/plain", "agent", None)


def test_an_address_is_kept_where_the_environment_stores_addresses(sinks):
    sinks.keep(b"{}", store_addresses=True)
    assert sinks.kept()[0].source_ip == "203.0.113.7"


def test_nothing_refused_is_nothing_sent(sinks):
    assert sinks.keep() == []
    assert sinks.quarantine.calls == []


def test_only_what_failed_is_sent_again_after_a_pause(sinks):
    sinks.quarantine.script += [refusing(THROTTLED, 0, 2), refusing(THROTTLED, 1)]
    assert sinks.keep(b"0", b"1", b"2") == [KEPT] * 3
    assert [len(bodies) for _, bodies in sinks.quarantine.calls] == [3, 2, 1]
    assert sorted(event.raw for event in sinks.kept()) == [b"0", b"1", b"2"]
    assert len(sinks.clock.slept) == 2


def test_tries_end_within_the_time_of_a_request(sinks):
    sinks.quarantine.always = Undelivered("busy")
    assert sinks.keep(b"0", b"1") == [LOST] * 2
    assert len(sinks.quarantine.calls) == QUARANTINE_TRIES
    assert sum(sinks.clock.slept) <= 2.0


def test_what_failed_to_the_end_is_named_and_the_rest_is_kept(sinks):
    sinks.quarantine.script += [refusing(THROTTLED, 0, 1), refusing(THROTTLED, 1), refusing(THROTTLED, 0)]
    assert sinks.keep(b"0", b"1", b"2") == [KEPT, LOST, KEPT]


def test_what_time_does_not_help_is_not_sent_again(sinks):
    sinks.quarantine.script.append(refusing(GONE, 1))
    assert sinks.keep(b"0", b"1") == [KEPT, LOST]
    assert len(sinks.quarantine.calls) == 1
    sinks.quarantine.always = Undelivered("gone", retryable=False)
    assert sinks.keep(b"0", b"1") == [LOST] * 2
    assert sinks.clock.slept == []


def test_a_mixture_of_both_is_told_apart(sinks):
    mixture = [GONE, THROTTLED, None, THROTTLED]
    sinks.quarantine.script += [lambda _: mixture, refusing(GONE, 1)]
    assert sinks.keep(b"0", b"1", b"2", b"3") == [LOST, KEPT, KEPT, LOST]
    assert [len(bodies) for _, bodies in sinks.quarantine.calls] == [4, 2]


def test_an_event_too_large_for_quarantine_spoils_no_other(sinks):
    noise = random.Random(1).randbytes(1_000_000)
    sinks.quarantine.script.append(refusing(GONE, 1))
    assert sinks.keep(b"0", noise, b"2") == [KEPT, REJECTED, LOST]
    assert [event.raw for event in sinks.kept()] == [b"0"]


def test_lines_are_answered_one_by_one_whatever_records_they_share(sinks):
    lines = [bytes([65 + number]) * 400_000 + b"\n" for number in range(5)]
    assert sinks.keeper.deliver(["s1"], lines) == [True] * 5
    ((_, records),) = sinks.streams.calls
    assert [len(record) // 400_000 for record in records] == [2, 2, 1]
    sinks.streams.always = refusing(GONE, 1)
    sinks.spill.always = Undelivered("outage")
    assert sinks.keeper.deliver(["s1"], lines) == [True, True, False, False, True]
    assert sinks.keeper.deliver(["s1"], [b"a\n"] * 3) == [True] * 3
    sinks.streams.always = refusing()
    assert sinks.keeper.deliver(["s1"], [b"a\n"] * 3) == [False] * 3
