"""What every adapter of dead letters keeps."""

import boto3
import pytest
from moto import mock_aws

from adapters.sqlite.database import Database
from adapters.sqlite.dead_letters import SqliteDeadLetters
from adapters.sqlite.queue import SqliteQueue
from adapters.sqs.dead_letters import SqsDeadLetters, queues_from_urls

NOW_NS = 1_795_500_000_000_000_000


class OnSqlite:
    def __init__(self, folder):
        self.database = Database(folder / "state.db")
        clock = lambda: NOW_NS
        self.queues = {
            name: SqliteQueue(self.database, name, clock)
            for name in ("spill", "spill-dead", "provision", "provision-dead")
        }
        self.letters = SqliteDeadLetters(self.database, {"spill": "spill-dead", "provision": "provision-dead"}, clock)

    def send(self, queue, *bodies):
        self.queues[queue].send(bodies)

    def bodies(self, queue):
        return [message.body for message in self.queues[queue].receive(100, 0)]


class OnSqs:
    def __init__(self):
        self.client = boto3.client("sqs", region_name="eu-central-1")
        names = ("spill", "spill-dead", "provision", "provision-dead")
        self.urls = {name: self.client.create_queue(QueueName=name)["QueueUrl"] for name in names}
        self.letters = SqsDeadLetters(self.client, queues_from_urls([self.urls["spill"], self.urls["provision"]]))

    def send(self, queue, *bodies):
        for body in bodies:
            self.client.send_message(QueueUrl=self.urls[queue], MessageBody=body)

    def bodies(self, queue):
        found = []
        while messages := self.client.receive_message(QueueUrl=self.urls[queue], MaxNumberOfMessages=10).get(
            "Messages"
        ):
            found += [message["Body"] for message in messages]
        return found


@pytest.fixture(params=["sqlite", "sqs"])
def world(request, tmp_path, monkeypatch):
    if request.param == "sqlite":
        world = OnSqlite(tmp_path)
        yield world
        world.database.close()
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield OnSqs()


def states(world):
    return {state.name: (state.waiting, state.dead_letters) for state in world.letters.queues()}


def test_every_queue_tells_how_much_waits_and_how_much_was_given_up(world):
    world.send("spill", "a", "b")
    world.send("spill-dead", "c")
    assert [state.name for state in world.letters.queues()] == ["provision", "spill"]
    assert states(world) == {"provision": (0, 0), "spill": (2, 1)}


def test_letters_can_be_looked_at_again_and_again(world):
    world.send("spill-dead", *(f"letter {number}" for number in range(25)))
    for _ in range(2):
        letters = world.letters.letters("spill", 100)
        assert {letter.body for letter in letters} == {f"letter {number}" for number in range(25)}
    assert len(world.letters.letters("spill", 7)) == 7
    assert world.letters.letters("provision", 100) == []


def test_one_letter_is_found_by_its_id(world):
    world.send("spill-dead", "a", "b")
    for letter in world.letters.letters("spill", 10):
        assert world.letters.find("spill", letter.id) == letter
        assert world.letters.find("provision", letter.id) is None
        assert letter.sent_ns > 0
    assert world.letters.find("spill", "unknown") is None


def test_letters_are_sent_again_to_their_own_queue(world):
    world.send("spill-dead", "a", "b", "c")
    assert world.letters.send_again("spill", None, 2) == 2
    assert states(world) == {"provision": (0, 0), "spill": (2, 1)}
    assert world.letters.send_again("spill", None, 100) == 1
    assert sorted(world.bodies("spill")) == ["a", "b", "c"]
    assert world.letters.send_again("spill", None, 100) == 0


def test_only_the_letters_that_are_named_are_sent_again(world):
    world.send("spill-dead", *(f"letter {number}" for number in range(15)))
    chosen = next(letter for letter in world.letters.letters("spill", 100) if letter.body == "letter 11")
    assert world.letters.send_again("spill", [chosen.id, "unknown"], 100) == 1
    assert world.bodies("spill") == ["letter 11"]
    assert len(world.letters.letters("spill", 100)) == 14


def test_a_queue_that_is_not_there_is_no_queue(world):
    with pytest.raises(KeyError):
        world.letters.letters("nothing", 1)


def test_on_sqs_a_call_ends_after_so_many_bytes_and_leaves_the_rest(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        world = OnSqs()
        urls = queues_from_urls([world.urls["spill"], world.urls["provision"]])
        letters = SqsDeadLetters(world.client, urls, max_bytes=25)
        world.send("spill-dead", *("x" * 10 for _ in range(8)))
        assert letters.send_again("spill", None, 100) == 3
        assert {state.name: state.dead_letters for state in letters.queues()}["spill"] == 5
        assert len(letters.letters("spill", 100)) <= 3
        assert len(world.bodies("spill")) == 3
