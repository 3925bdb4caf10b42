"""What stands of a destination that fails: one item, its reason, since when, and until when."""

from domain.delivery.last_error import LastErrors, read_last_errors
from domain.errors import Undelivered
from schemas.limits import DELIVERY_ERROR_KEPT_DAYS, DELIVERY_ERROR_NOTED_SECONDS, MAX_DELIVERY_ERROR_CHARS
from tests.memory_table import MemoryTable

ENVIRONMENT = "env_1"
_NS = 1_000_000_000


class World:
    def __init__(self):
        self.now_ns = 1_795_420_800 * _NS
        self.table = MemoryTable(lambda: self.now_ns)
        self.errors = LastErrors(self.table, lambda: self.now_ns)
        self.writes = 0
        transact = self.table.transact

        def counted(writes):
            self.writes += 1
            transact(writes)

        self.table.transact = counted

    def later(self, seconds):
        self.now_ns += seconds * _NS

    @property
    def error(self):
        return read_last_errors(self.table, [ENVIRONMENT]).get(ENVIRONMENT)


def test_an_error_lasts_from_its_first_failure_until_the_next_success():
    world = World()
    world.errors.failed(ENVIRONMENT, "The target answered 503.")
    world.later(120)
    world.errors.failed(ENVIRONMENT, "The target answered 429.")
    world.later(60)
    world.errors.succeeded(ENVIRONMENT)
    assert world.error == {
        "reason": "The target answered 429.",
        "since": "2026-11-23T08:00:00.000Z",
        "at": "2026-11-23T08:02:00.000Z",
        "recovered_at": "2026-11-23T08:03:00.000Z",
    }
    world.later(3_600)
    world.errors.failed(ENVIRONMENT, "The target answered 500.")
    assert world.error["since"] == world.error["at"] == "2026-11-23T09:03:00.000Z"
    assert world.error["recovered_at"] is None


def test_a_destination_that_never_failed_costs_no_write_and_one_that_goes_on_failing_one_a_minute():
    world = World()
    for _ in range(5):
        world.errors.succeeded(ENVIRONMENT)
    assert (world.writes, world.error) == (0, None)
    for _ in range(DELIVERY_ERROR_NOTED_SECONDS):
        world.errors.failed(ENVIRONMENT, "The target answered 503.")
        world.later(1)
    assert world.writes == 1
    world.errors.failed(ENVIRONMENT, "The target answered 503.")
    assert world.writes == 2
    for _ in range(5):
        world.errors.succeeded(ENVIRONMENT)
    assert world.writes == 3


def test_a_reason_is_one_line_and_bounded():
    world = World()
    world.errors.failed(ENVIRONMENT, "Quota\nexceeded: " + "x" * 10_000)
    assert len(world.error["reason"]) == MAX_DELIVERY_ERROR_CHARS
    assert world.error["reason"].startswith("Quota exceeded: xxx")


def test_an_error_is_forgotten_some_days_after_its_last_note():
    world = World()
    world.errors.failed(ENVIRONMENT, "The target answered 503.")
    world.later(DELIVERY_ERROR_KEPT_DAYS * 86_400 + 1)
    assert world.error is None


def test_a_catalog_that_can_not_be_reached_fails_no_delivery():
    world = World()

    def unreachable(_):
        raise Undelivered("DynamoDB can't be reached.")

    world.table.get = unreachable
    world.errors.failed(ENVIRONMENT, "The target answered 503.")
    world.errors.succeeded(ENVIRONMENT)
