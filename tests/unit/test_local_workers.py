import json
import threading

import pytest

from adapters.sqlite.database import Database
from adapters.sqlite.queue import SqliteQueue
from local.workers import NotedQueue, QueueWorker


class HeldClock:
    def __init__(self):
        self.now_ns = 1_800_000_000_000_000_000

    def __call__(self):
        return self.now_ns

    def pass_seconds(self, seconds):
        self.now_ns += int(seconds * 1_000_000_000)


class Recorder:
    """A handler that fails what it is told to, and lets a test wait for a number of messages."""

    def __init__(self):
        self.seen = []
        self.failing = set()
        self.raises = None
        self._changed = threading.Condition()

    def __call__(self, event, context):
        assert context.get_remaining_time_in_millis() > 0
        bodies = [record["body"] for record in event["Records"]]
        with self._changed:
            self.seen += bodies
            self._changed.notify_all()
        if self.raises:
            raise self.raises
        failed = [record for record in event["Records"] if record["body"] in self.failing]
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}

    def wait_for(self, count):
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.seen) >= count, 5)


@pytest.fixture
def clock():
    return HeldClock()


@pytest.fixture
def queue(tmp_path, clock):
    database = Database(tmp_path / "state.db")
    yield SqliteQueue(database, "spill", clock, dead_letters="spill-dead", max_receives=2)
    database.close()


@pytest.fixture
def handler():
    return Recorder()


@pytest.fixture
def worker(queue, handler):
    worker = QueueWorker(queue, handler)
    yield worker
    assert worker.stop(5)


def test_what_is_sent_is_handled_at_once_and_removed(queue, handler, worker):
    worker.start()
    queue.send(["a", "b"])
    handler.wait_for(2)
    assert worker.wait_until_settled(5)
    assert sorted(handler.seen) == ["a", "b"]


def test_what_waits_from_before_the_start_is_handled(queue, handler, worker):
    queue.send([str(number) for number in range(25)])
    worker.start()
    assert worker.wait_until_settled(5)
    assert sorted(handler.seen, key=int) == [str(number) for number in range(25)]


def test_only_what_failed_comes_again_and_later(queue, handler, worker, clock):
    handler.failing = {"bad"}
    queue.send(["good", "bad"])
    worker.start()
    handler.wait_for(2)
    assert worker.wait_until_idle(5)
    assert not worker.wait_until_settled(0.1)
    assert queue.depth() == 1
    handler.failing = set()
    clock.pass_seconds(1.5)
    queue.wake()
    assert worker.wait_until_settled(5)
    assert sorted(handler.seen) == ["bad", "bad", "good"]


def test_a_handler_that_raises_keeps_its_messages_and_the_worker_goes_on(queue, handler, worker, caplog):
    handler.raises = ValueError("jane@example.com")
    queue.send(["first"])
    worker.start()
    handler.wait_for(1)
    handler.raises = None
    queue.send(["second"])
    handler.wait_for(2)
    assert worker.stop(5)
    assert queue.depth() == 1
    assert "ValueError" in caplog.text
    assert "jane" not in caplog.text


def test_what_fails_too_often_lands_in_the_dead_letters(queue, handler, worker, clock, tmp_path):
    handler.failing = {"bad"}
    queue.send(["bad"])
    worker.start()
    for count in (1, 2):
        handler.wait_for(count)
        clock.pass_seconds(60)
        queue.wake()
    assert worker.wait_until_settled(5)
    assert handler.seen == ["bad", "bad"]


def test_a_stop_works_off_what_is_visible_first(queue, handler):
    worker = QueueWorker(queue, handler)
    queue.send([str(number) for number in range(40)])
    worker.start()
    assert worker.stop(5)
    assert len(handler.seen) == 40
    assert queue.depth() == 0


def test_a_worker_that_does_not_drain_leaves_what_it_has_not_begun(queue):
    begun, go_on = threading.Event(), threading.Event()
    seen = []

    def handle(event, _context):
        seen.append(event)
        begun.set()
        assert go_on.wait(10)
        return {"batchItemFailures": []}

    worker = QueueWorker(queue, handle, batch_messages=1, drains=False)
    queue.send(["a", "b", "c"])
    worker.start()
    assert begun.wait(10)
    stopped = threading.Thread(target=lambda: worker.stop(10))
    worker._stopping = True
    stopped.start()
    go_on.set()
    stopped.join(10)
    assert len(seen) == 1
    assert queue.depth() == 2


def test_a_handler_gets_the_event_that_an_sqs_event_source_sends(queue):
    events = []
    worker = QueueWorker(queue, lambda event, context: events.append(event) or {})
    queue.send(["ä"])
    worker.start()
    assert worker.stop(5)
    (record,) = events[0]["Records"]
    assert record["body"] == "ä"
    assert record["eventSource"] == "aws:sqs"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["eventSourceARN"].endswith(":spill")
    json.dumps(events[0])


def test_a_thread_learns_of_what_itself_has_sent_and_only_once(queue):
    noted = NotedQueue(queue)
    sent_elsewhere = threading.Thread(target=noted.send, args=(["x"],))
    sent_elsewhere.start()
    sent_elsewhere.join()
    assert not noted.take_note()
    noted.send(["y"])
    assert noted.take_note()
    assert not noted.take_note()
    assert queue.depth() == 2
