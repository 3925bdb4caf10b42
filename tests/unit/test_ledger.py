"""The ledger: what should have arrived by now, and has not."""

import pytest

from domain.metering.ledger import IMBALANCE_AGE_SECONDS, Imbalance, look
from domain.metering.ports import UsageScope, UsageSums
from tests.memory_usage import MemoryUsage

NOW = 1_795_420_800 + 1_800  # half past
HOUR = 3_600
SCOPE = UsageScope("org_1", "ep_1", "env_1")


class Books:
    def __init__(self):
        self.usage = MemoryUsage()

    def enter(self, at, **counts):
        row = UsageSums("env_1", "rev_1", at - at % 60, endpoint_id="ep_1", organisation_id="org_1", **counts)
        self.usage.add([row])

    def imbalance(self, buffer_seconds=60):
        return self.look(buffer_seconds).imbalance

    def look(self, buffer_seconds=60):
        return look(self.usage, SCOPE, NOW, buffer_seconds)


@pytest.fixture
def books():
    return Books()


def test_an_empty_ledger_balances(books):
    assert books.imbalance() == Imbalance(0, 0)


def test_what_was_delivered_or_dropped_as_a_copy_or_set_aside_balances_what_was_accepted(books):
    books.enter(NOW - 2 * HOUR, accepted=10)
    books.enter(NOW - 2 * HOUR, delivered=5, repeats=2, set_aside=3)
    assert books.imbalance() == Imbalance(0, 0)


def test_what_is_on_its_way_has_a_quarter_of_an_hour_and_the_time_of_the_buffers(books):
    books.enter(NOW - IMBALANCE_AGE_SECONDS - 120, accepted=5)
    assert books.imbalance(buffer_seconds=180) == Imbalance(0, 0)
    assert books.imbalance(buffer_seconds=60) == Imbalance(5, 0)


@pytest.mark.parametrize("age", [20 * 60, 45 * 60, 23 * HOUR])
def test_what_is_missing_is_missed_for_a_day(books, age):
    books.enter(NOW - age, accepted=5, delivered=4)
    books.enter(NOW - 26 * HOUR, accepted=100)
    assert books.imbalance() == Imbalance(1, 0)


def test_a_surplus_of_one_hour_makes_up_for_nothing_in_another(books):
    books.enter(NOW - 2 * HOUR, accepted=5, delivered=4)
    books.enter(NOW - 3 * HOUR, accepted=5, delivered=7)
    assert books.imbalance() == Imbalance(1, 2)


def test_what_left_the_quarantine_is_in_the_books_on_both_sides(books):
    books.enter(NOW - 2 * HOUR, quarantined=5)
    books.enter(NOW - 2 * HOUR, accepted=5, redriven=5)
    books.enter(NOW - 2 * HOUR, delivered=4)
    assert books.imbalance() == Imbalance(1, 0)


def test_what_was_just_accepted_is_not_missing_and_the_ledger_is_not_settled(books):
    assert books.look().is_settled
    books.enter(NOW - 2 * HOUR, accepted=5, delivered=4, repeats=1)
    assert books.look().is_settled
    books.enter(NOW, accepted=1)
    assert books.look() == (Imbalance(0, 0), False)
    books.enter(NOW, delivered=1)
    assert books.look().is_settled


def test_a_ledger_with_a_surplus_is_not_settled(books):
    books.enter(NOW - 2 * HOUR, accepted=5, delivered=6)
    assert books.look() == (Imbalance(0, 1), False)
