"""What every adapter of a queue keeps, on both its ends."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.sqlite.database import Database
from adapters.sqlite.parted_queue import PartedQueue
from adapters.sqlite.queue import SqliteQueue
from schemas.limits import MAX_MESSAGE_BYTES

SECOND_NS = 1_000_000_000


class Clock:
    def __init__(self):
        self.ns = 1_795_500_000 * SECOND_NS

    def __call__(self) -> int:
        return self.ns

    def forward(self, seconds):
        self.ns += int(seconds * SECOND_NS)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["sqlite", "sqlite in parts"])
def make_queue(request, tmp_path, clock):
    database = Database(tmp_path / "state.db")

    def make(name="spill", **settings):
        if request.param == "sqlite in parts":  # of which these messages are all one
            return PartedQueue(database, name, clock, part_of=lambda _: "all", share=100, **settings)
        return SqliteQueue(database, name, clock, **settings)

    yield make
    database.close()


def bodies(messages):
    return [message.body for message in messages]


def test_an_empty_queue_gives_nothing(make_queue):
    assert make_queue().receive(10, 30) == []
    assert make_queue().send([]) == []
    assert make_queue().depth() == 0


def test_messages_come_in_the_order_in_which_they_were_sent(make_queue):
    queue = make_queue()
    assert queue.send(["a", "ü\x00\ufffe", "c"]) == [None, None, None]
    assert bodies(queue.receive(2, 30)) == ["a", "ü\x00\ufffe"]
    assert bodies(queue.receive(2, 30)) == ["c"]


def test_a_received_message_is_hidden_until_its_time_is_over(make_queue, clock):
    queue = make_queue()
    queue.send(["a"])
    (first,) = queue.receive(10, 30)
    clock.forward(29.9)
    assert queue.receive(10, 30) == []
    assert queue.depth() == 1
    clock.forward(0.1)
    (second,) = queue.receive(10, 30)
    assert (first.id, first.body) == (second.id, second.body)
    assert (first.receives, second.receives) == (1, 2)


def test_a_deleted_message_never_comes_back(make_queue, clock):
    queue = make_queue()
    queue.send(["a", "b"])
    message_a, _ = queue.receive(10, 30)
    queue.delete([message_a.id])
    queue.delete([message_a.id, "unknown"])
    clock.forward(60)
    assert bodies(queue.receive(10, 30)) == ["b"]
    assert queue.depth() == 1


def test_a_released_message_is_visible_at_once_or_after_its_delay(make_queue, clock):
    queue = make_queue()
    queue.send(["a", "b"])
    message_a, message_b = queue.receive(10, 3_600)
    queue.release([message_a.id])
    queue.release([message_b.id], delay_seconds=5)
    assert bodies(queue.receive(10, 3_600)) == ["a"]
    clock.forward(5)
    assert bodies(queue.receive(10, 3_600)) == ["b"]


def test_a_message_that_is_sent_for_later_is_received_after_its_delay(make_queue, clock):
    queue = make_queue()
    queue.send_later("a", 5)
    assert queue.depth() == 1
    assert queue.receive(10, 30) == []
    clock.forward(5)
    assert bodies(queue.receive(10, 30)) == ["a"]


def test_what_is_received_too_often_moves_to_the_dead_letters(make_queue, clock):
    queue, dead_letters = make_queue(dead_letters="dead", max_receives=3), make_queue("dead")
    queue.send(["poison"])
    for _ in range(3):
        (message,) = queue.receive(10, 30)
        clock.forward(30)
    assert dead_letters.depth() == 0
    queue.send(["good"])
    assert bodies(queue.receive(10, 30)) == ["good"]
    (dead,) = dead_letters.receive(10, 30)
    assert (dead.id, dead.body, dead.receives) == (message.id, "poison", 1)


def test_without_dead_letters_a_message_is_received_for_ever(make_queue):
    queue = make_queue()
    queue.send(["a"])
    for receives in range(1, 20):
        (message,) = queue.receive(1, 0)
        assert message.receives == receives


def test_queues_of_other_names_are_other_queues(make_queue):
    spill, quarantine = make_queue("spill"), make_queue("quarantine")
    spill.send(["s"])
    quarantine.send(["q"])
    (message,) = spill.receive(10, 30)
    quarantine.delete([message.id])
    quarantine.release([message.id])
    assert (spill.depth(), quarantine.depth()) == (1, 1)
    assert spill.receive(10, 30) == []
    assert bodies(quarantine.receive(10, 30)) == ["q"]


def test_a_message_beyond_the_size_limit_is_refused_alone(make_queue):
    queue = make_queue()
    exact = "x" * MAX_MESSAGE_BYTES
    results = queue.send(["small", exact + "x", exact, "é" * (MAX_MESSAGE_BYTES // 2 + 1)])
    assert [result is None for result in results] == [True, False, True, False]
    assert not results[1].retryable
    assert bodies(queue.receive(10, 30)) == ["small", exact]


def test_concurrent_receivers_never_share_a_message(make_queue):
    queue = make_queue()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: queue.send([f"{n}-{i}" for i in range(5)]), range(40)))

        def receive_all(_):
            got = []
            while messages := queue.receive(7, 3_600):
                got += bodies(messages)
            return got

        received = [body for got in pool.map(receive_all, range(8)) for body in got]
    assert sorted(received) == sorted(f"{n}-{i}" for n in range(40) for i in range(5))


def test_a_waiting_worker_wakes_when_another_thread_sends(make_queue):
    worker, sender = make_queue(), make_queue()
    waiting = threading.Event()

    def wait():
        waiting.set()
        return worker.wait(30)

    with ThreadPoolExecutor(1) as pool:
        woken = pool.submit(wait)
        waiting.wait()
        sender.send(["a"])
        assert woken.result(timeout=10) is True
    assert bodies(worker.receive(1, 30)) == ["a"]


def test_a_wait_ends_at_once_where_a_message_is_visible_and_times_out_where_none_comes(make_queue):
    queue = make_queue()
    assert queue.wait(0.01) is False
    queue.send(["a"])
    assert queue.wait(30) is True
    queue.receive(1, 3_600)
    assert queue.wait(0.01) is False


def test_a_wait_ends_when_a_hidden_message_is_due(make_queue):
    queue = make_queue()
    queue.send(["a"])
    queue.receive(1, 0.02)
    assert queue.wait(30) is True


def test_a_worker_that_is_to_stop_can_be_woken(make_queue):
    queue = make_queue()
    with ThreadPoolExecutor(1) as pool:
        woken = pool.submit(queue.wait, 30)
        while not woken.done():
            queue.wake()
        assert woken.result() is True


def test_messages_and_their_counts_survive_a_restart(tmp_path, clock):
    database = Database(tmp_path / "restart.db")
    queue = SqliteQueue(database, "spill", clock)
    queue.send(["a", "b"])
    (message,) = queue.receive(1, 30)
    database.close()
    database = Database(tmp_path / "restart.db")
    queue = SqliteQueue(database, "spill", clock)
    assert bodies(queue.receive(10, 30)) == ["b"]
    clock.forward(30)
    assert {m.body: m.receives for m in queue.receive(10, 30)} == {"a": message.receives + 1, "b": 2}
    database.close()


def test_what_a_killed_worker_held_is_received_at_the_next_start(tmp_path, clock):
    database = Database(tmp_path / "restart.db")
    queue = SqliteQueue(database, "spill", clock)
    other = SqliteQueue(database, "other", clock)
    queue.send(["a", "b"])
    other.send(["c"])
    queue.receive(1, 3_600)
    other.receive(1, 3_600)
    assert queue.has_visible()
    assert not other.has_visible()
    queue.recover()
    assert sorted(bodies(queue.receive(10, 30))) == ["a", "b"]
    assert not other.has_visible()
    database.close()
