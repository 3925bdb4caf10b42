"""Delivery in calls that take a few entries: how they are filled, and what every answer means for the events."""

import pytest

from domain.delivery.entries import Bounds, EntriesRefused, Entry, EntryDelivery
from domain.delivery.ports import PutFailure
from domain.delivery.resting import AskedToWait
from domain.errors import Misconfigured, Undelivered
from schemas.limits import ENTRIES_TRIES, MAX_REFUSALS, MAX_REFUSALS_IN_VAIN
from tests.landed import Time, landed, line, set_aside

LINES = [line(number) for number in range(10)]
BOUNDS = Bounds(entries=4, call_bytes=1_000, entry_bytes=600)
BUSY = PutFailure("AWS refused it: Busy.", retryable=True)
BAD = PutFailure("AWS refused it: Bad.", retryable=False)


class Calls:
    """Implements `EntryCalls`: does `answer` of the events of each call, and notes them."""

    def __init__(self, answer=lambda _: None):
        self.answer = answer
        self.calls = []

    def put(self, entries):
        ids = [entry["id"] for entry in entries]
        self.calls.append(ids)
        results = self.answer(ids)
        if isinstance(results, Exception):
            raise results
        return [None] * len(ids) if results is None else results


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def deliver(time):
    def run(calls, lines=LINES, *, budget=None):
        delivery = EntryDelivery(calls, entry_of, BOUNDS, budget or time.budget())
        return delivery.deliver(landed(lines))

    return run


def entry_of(event):
    return Entry(event, {"id": event.stamps.event_id}, len(event.line))


def ids(*numbers):
    return [f"evt_{number}" for number in numbers]


def failing(failure, *numbers, times=1):
    """Return an answer that fails each of these events so many times."""
    left = dict.fromkeys(ids(*numbers), times)

    def answer(called):
        results = [failure if left.get(event_id, 0) > 0 else None for event_id in called]
        left.update({event_id: left[event_id] - 1 for event_id in called if event_id in left})
        return results

    return answer


def test_calls_are_filled_in_order_by_count(deliver):
    calls = Calls()
    outcomes = deliver(calls)
    assert calls.calls == [ids(0, 1, 2, 3), ids(4, 5, 6, 7), ids(8, 9)]
    assert outcomes.delivered.total() == 10
    assert outcomes.set_aside_body() is None


def test_calls_are_filled_by_bytes_and_what_is_larger_than_an_entry_is_set_aside_alone(deliver):
    calls = Calls()
    lines = [line(0), line(1, text="x" * 450), line(2, text="x" * 450), line(3, text="x" * 600), line(4)]
    outcomes = deliver(calls, lines)
    assert calls.calls == [ids(0, 1), ids(2, 4)]
    (row,) = set_aside(outcomes)
    assert row["event_id"] == "evt_3"
    assert row["reason"].endswith("the destination accepts up to 600.")
    assert outcomes.delivered.total() == 4


def test_entries_that_may_pass_are_sent_again_alone_after_a_while(deliver, time):
    calls = Calls(failing(BUSY, 1, 3))
    outcomes = deliver(calls)
    assert calls.calls == [ids(0, 1, 2, 3), ids(1, 3), ids(4, 5, 6, 7), ids(8, 9)]
    assert outcomes.delivered.total() == 10
    assert len(time.waits) == 1


def test_entries_that_are_refused_are_set_aside_alone_with_their_reason(deliver):
    calls = Calls(failing(BAD, 1, 5, times=100))
    outcomes = deliver(calls)
    assert len(calls.calls) == 3
    assert [(row["event_id"], row["reason"]) for row in set_aside(outcomes)] == [
        ("evt_1", BAD.reason),
        ("evt_5", BAD.reason),
    ]
    assert outcomes.delivered.total() == 8


def test_waits_grow_and_a_call_without_any_success_is_tried_a_bounded_number_of_times(deliver, time):
    calls = Calls(lambda called: [BUSY] * len(called))
    with pytest.raises(AskedToWait, match="Busy"):
        deliver(calls)
    assert calls.calls == [ids(0, 1, 2, 3)] * ENTRIES_TRIES
    assert time.waits == sorted(time.waits)


def test_a_throttled_destination_is_sent_to_as_long_as_it_accepts_something(deliver):
    calls = Calls(lambda called: [None, *[BUSY] * (len(called) - 1)])
    assert deliver(calls).delivered.total() == 10
    assert len(calls.calls) == 10


def test_a_call_that_fails_as_a_whole_is_tried_again_as_it_was(deliver):
    answers = [Undelivered("AWS did not answer."), None, None, None]
    calls = Calls(lambda _: answers.pop(0))
    assert deliver(calls).delivered.total() == 10
    assert calls.calls[:2] == [ids(0, 1, 2, 3)] * 2


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Undelivered("There is no such queue.", retryable=False), AskedToWait),
        (Misconfigured("Not allowed."), Misconfigured),
    ],
)
def test_what_does_not_pass_is_not_tried_again_at_once_and_sets_nothing_aside(deliver, time, error, kind):
    calls = Calls(lambda _: error)
    with pytest.raises(kind):
        deliver(calls)
    assert len(calls.calls) == 1
    assert time.waits == []


def test_a_call_that_one_entry_spoils_is_halved_until_it_stands_alone(deliver):
    calls = Calls(lambda called: EntriesRefused("AWS refused it: TooLong.") if "evt_6" in called else None)
    outcomes = deliver(calls)
    (row,) = set_aside(outcomes)
    assert (row["event_id"], row["reason"]) == ("evt_6", "AWS refused it: TooLong.")
    assert outcomes.delivered.total() == 9


@pytest.mark.parametrize(
    "answer", [lambda called: [BAD] * len(called), lambda _: EntriesRefused("AWS refused it: Bad.")]
)
def test_a_destination_that_refuses_everything_sets_nothing_aside(deliver, answer):
    calls = Calls(answer)
    with pytest.raises(Undelivered, match="AWS refused it: Bad"):
        deliver(calls, [line(number) for number in range(100)])
    assert len(calls.calls) <= MAX_REFUSALS_IN_VAIN + 1


def test_a_destination_that_refuses_very_many_calls_is_asked_a_bounded_number_of_times(deliver):
    calls = Calls(lambda called: None if called == ids(0) else EntriesRefused("AWS refused it: Bad."))
    with pytest.raises(Undelivered):
        deliver(calls, [line(number) for number in range(1_000)])
    assert len(calls.calls) <= MAX_REFUSALS + 2


def test_many_refused_events_cost_no_further_calls_and_so_block_nothing(deliver):
    many = [line(number) for number in range(4 * MAX_REFUSALS)]
    calls = Calls(lambda called: [None, *[BAD] * (len(called) - 1)])
    outcomes = deliver(calls, many)
    assert (outcomes.delivered.total(), outcomes.set_aside.total()) == (MAX_REFUSALS, 3 * MAX_REFUSALS)


def test_no_call_is_begun_when_the_time_is_over(deliver, time):
    calls = Calls(lambda _: time.sleep(100))
    with pytest.raises(Undelivered, match="no time left"):
        deliver(calls, budget=time.budget(150))
    assert len(calls.calls) == 2


def test_the_sum_of_what_became_of_events_is_what_landed(deliver):
    lines = [LINES[0], b" " + LINES[1], b"  " + LINES[1], *LINES[2:], b'{"a":1}', line(11, text="x" * 700)]
    outcomes = deliver(Calls(failing(BAD, 4, times=100)), lines)
    assert len(set_aside(outcomes)) + outcomes.delivered.total() + outcomes.left_out.total() == len(lines)
