"""A queue of parts gives each receiver one part, and no part more than its share of the receivers."""

import pytest

from adapters.sqlite.database import Database
from adapters.sqlite.parted_queue import PartedQueue

SHARE = 2


class Clock:
    def __init__(self):
        self.ns = 1_795_500_000_000_000_000

    def __call__(self):
        return self.ns

    def forward(self, seconds):
        self.ns += int(seconds * 1_000_000_000)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def queue(tmp_path, clock):
    database = Database(tmp_path / "state.db")
    yield PartedQueue(
        database, "landing", clock, part_of=lambda body: body[0], share=SHARE, dead_letters="dead", max_receives=2
    )
    database.close()


def received(queue, most=10, seconds=60):
    return [message.body for message in queue.receive(most, seconds)]


def test_a_receiver_gets_one_part_of_which_the_one_that_waits_the_longest_comes_first(queue, clock):
    queue.send(["b1"])
    clock.forward(1)
    queue.send(["a1", "b2", "a2"])
    assert received(queue) == ["b1", "b2"]
    assert received(queue) == ["a1", "a2"]
    assert received(queue) == []


def test_a_part_with_its_share_of_receivers_gives_no_more_however_much_waits(queue, clock):
    queue.send([f"a{number}" for number in range(100)])
    first, second = queue.receive(10, 60), queue.receive(10, 60)
    assert (len(first), len(second)) == (10, 10)
    assert received(queue) == []
    assert not queue.has_visible()
    clock.forward(1)
    queue.send(["b1"])
    assert received(queue) == ["b1"]
    # One receiver is done: partly deleted, partly to come again later.
    queue.delete([message.id for message in first[:9]])
    assert not queue.has_visible()
    queue.release([first[9].id], delay_seconds=30)
    assert len(received(queue)) == 10
    assert received(queue) == []


def test_a_receiver_that_gave_nothing_back_counts_until_its_messages_are_visible_again(queue, clock):
    queue.send([f"a{number}" for number in range(30)])
    for _ in range(SHARE):
        queue.receive(10, 60)
    clock.forward(59.9)
    assert received(queue) == []
    clock.forward(0.2)
    assert len(received(queue)) == 10


def test_who_waits_is_woken_when_a_part_may_go_on(queue):
    queue.send([f"a{number}" for number in range(30)])
    first, _ = queue.receive(10, 60), queue.receive(10, 60)
    assert not queue.wait(0.01)
    queue.delete([message.id for message in first])
    assert queue.wait(60)


def test_what_was_received_too_often_goes_to_the_dead_letters_of_every_part(queue, clock):
    queue.send(["a1", "b1"])
    for _ in range(2):
        assert received(queue, seconds=10) == ["a1"]
        assert received(queue, seconds=10) == ["b1"]
        clock.forward(10)
    assert received(queue) == []
    assert queue.depth() == 0
