"""The usage writer: takes what handlers have counted, adds it up, and has a later run do so where it can't."""

import logging

import pytest

from domain.delivery.ports import PutFailure
from domain.errors import Undelivered
from functions.usage_writer.handler import REMINDER, WORK_SECONDS, make_handler


class Folder:
    """Takes every text but `spoiled`, and folds as it is told."""

    def __init__(self):
        self.taken = []
        self.folds = 0
        self.fails = None
        self.is_done = True
        self.may_go_on = None

    def take(self, texts):
        self.taken += texts
        return [text != "spoiled" for text in texts]

    def fold(self, may_go_on):
        self.folds += 1
        self.may_go_on = may_go_on
        if self.fails:
            raise self.fails
        return self.is_done


class Reminders:
    def __init__(self):
        self.sent = []
        self.refuses = False

    def send(self, bodies):
        self.sent += bodies
        return [PutFailure("refused on purpose", retryable=True) if self.refuses else None for _ in bodies]


class World:
    def __init__(self):
        self.folder, self.reminders, self.seconds = Folder(), Reminders(), 0.0
        self._handle = make_handler(self.folder, self.reminders, monotonic=lambda: self.seconds)

    def run(self, *bodies):
        records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
        answer = self._handle({"Records": records}, None)
        return [row["itemIdentifier"] for row in answer["batchItemFailures"]]

    def run_by_schedule(self):
        return self._handle({"source": "aws.events"}, None)


@pytest.fixture
def world():
    return World()


def test_messages_that_are_not_taken_come_again_and_no_others(world):
    assert world.run("a", "spoiled", "b") == ["1"]
    assert world.folder.taken == ["a", "spoiled", "b"]
    assert (world.folder.folds, world.reminders.sent) == (1, [])


def test_where_it_is_not_done_yet_a_later_run_is_reminded_once(world):
    world.folder.is_done = False
    assert world.run("a", "b") == []
    assert world.reminders.sent == [REMINDER]


def test_a_reminder_is_no_tally_and_has_it_done(world):
    assert world.run(REMINDER, "spoiled", REMINDER) == ["1"]
    assert (world.folder.taken, world.folder.folds) == (["spoiled"], 1)


def test_the_schedule_takes_nothing_and_has_done_what_was_left(world):
    assert world.run_by_schedule() == {"batchItemFailures": []}
    assert (world.folder.taken, world.folder.folds) == ([], 1)


@pytest.mark.parametrize(("retryable", "level"), [(True, logging.WARNING), (False, logging.ERROR)])
def test_what_was_taken_is_done_with_though_it_cannot_be_added_up_now(world, caplog, retryable, level):
    world.folder.fails = Undelivered("refused on purpose", retryable=retryable)
    assert world.run("a") == []
    assert world.reminders.sent == [REMINDER]
    assert [record.levelno for record in caplog.records] == [level]


@pytest.mark.parametrize("retryable", [True, False])
def test_a_scheduled_run_that_can_add_up_nothing_fails_so_that_an_alarm_is_raised(world, retryable):
    world.folder.fails = Undelivered("refused on purpose", retryable=retryable)
    with pytest.raises(Undelivered):
        world.run_by_schedule()
    assert world.reminders.sent == []


def test_a_queue_that_takes_no_reminder_fails_no_run(world):
    world.folder.is_done, world.reminders.refuses = False, True
    assert world.run("a") == []


def test_nothing_more_is_begun_once_the_time_is_nearly_used_up(world):
    world.seconds = 100.0
    world.run("a")
    assert world.folder.may_go_on()
    world.seconds += WORK_SECONDS
    assert not world.folder.may_go_on()
