"""Tallies in DynamoDB: each counts exactly once whatever fails or dies, and nothing that can't be counted blocks."""

import threading
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from adapters.dynamodb.calls import Calls
from adapters.dynamodb.usage import DynamoDeliveredSink
from adapters.dynamodb.usage_folding import LEASE_SECONDS, DynamoUsageFolder
from adapters.dynamodb.usage_items import ROWS_PER_TRANSACTION, SHARDS
from adapters.dynamodb.usage_reader import DynamoUsageReader
from adapters.dynamodb.usage_sheets import PARTITIONS, SHEETS_PER_PARTITION
from adapters.tallies import packed, tally_from, text_of
from domain.errors import Undelivered
from domain.metering.ports import UsageScope, UsageSums
from domain.metering.slices import STORED, Slice
from schemas.limits import MAX_EVENT_NAMES, USAGE_FOLD_SECONDS
from tests.dynamodb_in_process import TABLE, dynamodb
from tests.unit.test_dynamo_usage import Line

NOON = int(datetime(2026, 2, 28, 12, tzinfo=UTC).timestamp())
ALWAYS = (0, 2**40)
ORGANISATION = UsageScope("org_1")
ENVIRONMENT = UsageScope("org_1", environment_id="env_1")


@pytest.fixture
def client():
    with dynamodb() as client:
        yield client


class World:
    """A table, the time, and processes that write to it."""

    def __init__(self, client):
        self.client = client
        self.now = NOON + 3_600
        self.told = []
        self.line = Line(client)
        self.reader = DynamoUsageReader(Calls(client), TABLE)

    def process(self, call=None, rows_per_transaction=2):
        """Return a process that has just begun."""
        return DynamoUsageFolder(
            call or self.line,
            TABLE,
            lambda: self.now * 10**9,
            rows_per_transaction=rows_per_transaction,
            tell=self.told.append,
        )

    def wait(self, seconds):
        self.now += seconds

    def settle(self):
        """Have one process after the other go on until nothing is left, each when it may."""
        for _ in range(5):
            self.wait(LEASE_SECONDS)
            if self.process(Calls(self.client)).fold():
                return
        raise AssertionError("it never comes to an end")

    def total(self, name="accepted", scope=ORGANISATION):
        totals = {
            stored: sum(point.counts[name] for point in self.reader.series(scope, stored, *ALWAYS)) for stored in STORED
        }
        assert len(set(totals.values())) == 1
        return totals[Slice.DAY]

    def named(self):
        return self.reader.names(ENVIRONMENT, *ALWAYS)

    def items(self, group):
        return [item for item in self.client.everything() if item["pk"]["S"].split("#")[0] == group]


@pytest.fixture
def world(client):
    return World(client)


def sums(environment_id="env_1", minute=NOON, **counts):
    owner = {"endpoint_id": "ep_1", "organisation_id": "org_1"}
    return UsageSums(environment_id, "rev_1", minute, **(owner | counts))


def tally(*rows):
    return text_of(packed(rows)[0])


def begin(world):
    """Take what is folded in most tests: five rows in two sheets, some with a name; their owner is known already."""
    process = world.process(Calls(world.client))
    assert process.take([tally(sums(accepted=1))]) == [True]
    assert process.fold()
    world.wait(LEASE_SECONDS)
    for start in (1, 3):
        rows = [sums(minute=NOON + 60 * place, accepted=1) for place in range(start, start + 2)]
        assert process.take([tally(*rows), tally(sums(accepted=1, names={"seen": {"accepted": 1}}))]) == [True, True]


def long_names(number):
    return {
        f"{number} {place} ".ljust(100, "\N{SNOWMAN}") + f"{hash((number, place)):x}": {"accepted": 1}
        for place in range(MAX_EVENT_NAMES)
    }


COUNTED = (7, {"seen": {"accepted": 2}})
CALLS = 18


def test_so_many_calls_are_a_fold(world):
    begin(world)
    world.line.made = 0
    assert world.process().fold()
    assert world.line.made <= CALLS
    assert (world.total(), world.named().names) == COUNTED


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({}, id="before", marks=pytest.mark.slow),
        pytest.param({"after": True}, id="after"),
        pytest.param({"for_good": True}, id="killed"),
    ],
)
@pytest.mark.parametrize("number", range(1, CALLS + 1))
def test_whichever_call_of_a_fold_fails_or_is_never_made_every_row_counts_once(world, number, how):
    begin(world)
    world.line.fail(number, **how)
    with suppress(Undelivered):
        world.process().fold()
    world.settle()
    assert (world.total(), world.named().names) == COUNTED
    assert not world.items("USAGE_SHEETS")
    assert not world.told


@pytest.mark.parametrize("number", range(1, CALLS + 1))
def test_whenever_another_goes_on_in_the_middle_every_row_counts_once(world, number):
    begin(world)
    made = []

    def overtaken(operation, request):
        made.append(operation)
        if len(made) == number:
            world.wait(LEASE_SECONDS)
            world.process(Calls(world.client)).fold()
        return Calls(world.client, sleep=lambda _: None)(operation, request)

    world.process(overtaken).fold()
    world.settle()
    assert (world.total(), world.named().names) == COUNTED
    assert not world.items("USAGE_SHEETS")
    assert not world.told


@pytest.mark.slow
@pytest.mark.parametrize("number", range(6, CALLS + 1))
def test_one_that_is_overtaken_by_the_next_turn_as_well_adds_nothing_to_it(world, number):
    begin(world)
    made = []

    def overtaken(operation, request):
        made.append(operation)
        if len(made) == number:
            world.settle()
            process = world.process(Calls(world.client))
            assert process.take([tally(sums(accepted=10, names={"late": {"accepted": 1}}))]) == [True]
            world.wait(LEASE_SECONDS)
            assert process.fold()
        return Calls(world.client, sleep=lambda _: None)(operation, request)

    world.process(overtaken).fold()
    world.settle()
    late = {"late": {"accepted": 1}} if len(made) >= number else {}
    assert (world.total(), world.named().names) == (7 + (10 if late else 0), COUNTED[1] | late)


def test_while_one_is_at_it_another_comes_again_and_goes_on_once_the_time_is_over(world):
    begin(world)
    world.line.fail(8, for_good=True)
    with pytest.raises(Undelivered):
        world.process().fold()
    assert world.process(Calls(world.client)).fold() is False
    world.wait(LEASE_SECONDS)
    assert world.process(Calls(world.client)).fold()
    assert world.total() == 7


def test_one_that_fails_and_can_say_so_is_followed_at_once(world):
    begin(world)
    world.line.fail(8)
    with pytest.raises(Undelivered):
        world.process().fold()
    assert world.process(Calls(world.client)).fold()
    assert world.total() == 7


def test_one_whose_time_is_up_stops_and_is_followed_at_once(world):
    begin(world)
    left = iter([True, True])
    assert world.process().fold(lambda: next(left, False)) is False
    assert world.total() < 7
    assert world.process().fold()
    assert world.total() == 7


def test_turns_begin_some_seconds_apart(world):
    begin(world)
    process = world.process()
    assert process.fold()
    assert process.take([tally(sums(accepted=1))]) == [True]
    world.wait(USAGE_FOLD_SECONDS - 1)
    assert process.fold() is False
    world.wait(1)
    assert process.fold()
    assert world.total() == 8


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_taking_that_fails_has_the_message_come_again_and_counts_it_once(world, after):
    texts = [tally(sums(accepted=1)), tally(sums(accepted=2))]
    world.line.fail(1, after=after)
    assert world.process().take(texts) == [False, False]
    assert world.process().take(texts) == [True, True]
    world.settle()
    assert world.total() == 3


def test_a_tally_that_comes_again_counts_once_beside_others_in_the_same_batch_and_months_later(world):
    first, second, third = (tally(sums(accepted=count)) for count in (1, 2, 4))
    process = world.process()
    assert process.take([first, first]) == [True, True]
    assert process.take([second, first]) == [True, True]
    world.settle()
    world.client.forget_tokens()
    assert world.process().take([first, second, third]) == [True, True, True]
    world.settle()
    assert world.total() == 7


def test_what_is_taken_by_a_clock_that_is_late_is_folded_as_well(world):
    begin(world)
    assert world.process().fold()
    world.wait(-7_200)
    assert world.process().take([tally(sums(accepted=1))]) == [True]
    world.wait(7_200)
    world.settle()
    assert world.total() == 8


def test_more_sheets_than_a_turn_takes_are_folded_by_one_call(world):
    process = world.process()
    sheets = PARTITIONS * SHEETS_PER_PARTITION + 1
    for number in range(sheets):
        assert process.take([tally(sums(accepted=1, minute=NOON + 60 * (number % 2)))]) == [True]
    world.settle()
    assert world.total() == sheets
    assert not world.items("USAGE_SHEETS")


def test_large_tallies_become_as_many_sheets_as_hold_them(world):
    def large(number):
        names = long_names(number)
        return tally(*(sums(f"env_{number}_{row}", accepted=1, names=names) for row in range(3)))

    assert all(world.process().take([large(number) for number in range(24)]))
    assert len(world.items("USAGE_SHEETS")) > 1
    assert world.client.largest_item_bytes < 400 * 1024


def test_a_message_that_is_no_tally_comes_again_and_holds_up_no_other(world, caplog):
    good = tally(sums(accepted=1))
    foreign = text_of(packed([sums(accepted=1)])[0][:-3])
    spoiled = [tally(sums(accepted="1")), tally(sums(names={"seen": 1})), tally(sums(protocols={"rest": {"a": "1"}}))]
    assert world.process().take(["env_1 secret", foreign, good, *spoiled]) == [
        False, False, True, False, False, False,
    ]  # fmt: skip
    assert "secret" not in caplog.text
    world.settle()
    assert world.total() == 1


def test_a_sheet_that_cannot_be_read_is_set_aside_and_holds_up_no_other(world):
    process = world.process()
    assert process.take([tally(sums(accepted=1))]) == [True]
    (sheet,) = world.items("USAGE_SHEETS")
    world.client.put_item(TableName=TABLE, Item={**sheet, "rows": {"B": b"spoiled"}})
    assert process.take([tally(sums(accepted=2))]) == [True]
    world.settle()
    assert world.total() == 2
    assert [item["rows"]["B"] for item in world.items("USAGE_SET_ASIDE")] == [b"spoiled"]
    assert world.told == ["A sheet can't be read."]


def test_a_turn_whose_sheets_are_gone_ends_and_holds_up_no_other(world):
    begin(world)
    world.line.fail(7, for_good=True)
    with pytest.raises(Undelivered):
        world.process().fold()
    world.line.mend()
    gone, left = world.items("USAGE_SHEETS")
    world.client.delete_item(TableName=TABLE, Key={name: gone[name] for name in ("pk", "sk")})
    world.settle()
    assert [item["rows"] for item in world.items("USAGE_SET_ASIDE")] == [left["rows"]]
    assert world.told == ["Sheets of a fold are gone or have changed."]
    assert world.process().take([tally(sums(accepted=8))]) == [True]
    world.settle()
    assert 8 <= world.total() < 15


def test_rows_that_are_refused_for_good_are_set_aside_and_hold_up_no_others(world):
    begin(world)

    def refusing(operation, request):
        updates = [write["Update"] for write in request.get("TransactItems", ()) if "Update" in write]
        if any(str(NOON + 60) in update["Key"]["sk"]["S"] for update in updates):
            raise Undelivered("refused on purpose", retryable=False)
        return Calls(world.client)(operation, request)

    assert world.process(refusing, rows_per_transaction=1).fold()
    assert (world.total(), world.named().names) == (6, COUNTED[1])
    assert len(world.items("USAGE_SET_ASIDE")) == 1
    assert world.told == ["refused on purpose"]


def test_rows_with_all_the_names_there_may_be_are_set_aside_in_one_item_without_names_that_count_apart(world):
    rows = [sums(f"env_{row}", accepted=1, names=long_names(row)) for row in range(ROWS_PER_TRANSACTION)]
    assert world.process().take([tally(row) for row in rows]) == [True] * ROWS_PER_TRANSACTION

    def refusing(operation, request):
        keys = [write["Update"]["Key"]["pk"]["S"] for write in request.get("TransactItems", ()) if "Update" in write]
        if any(key.startswith("USAGE_ENVIRONMENT") for key in keys):
            raise Undelivered("refused on purpose", retryable=False)
        return Calls(world.client)(operation, request)

    process = world.process(refusing, rows_per_transaction=ROWS_PER_TRANSACTION)
    process.fold()
    assert world.told == ["refused on purpose"]
    (kept,) = world.items("USAGE_SET_ASIDE")
    assert len(kept["rows"]["B"]) < 1_000
    assert len(world.named().names) == MAX_EVENT_NAMES


def test_names_that_are_refused_for_good_are_counted_without(world):
    begin(world)

    def refusing(operation, request):
        keys = [write["Update"]["Key"]["pk"]["S"] for write in request.get("TransactItems", ()) if "Update" in write]
        if any(key.startswith("USAGE_NAMES") for key in keys):
            raise Undelivered("refused on purpose", retryable=False)
        return Calls(world.client)(operation, request)

    assert world.process(refusing).fold()
    assert (world.total(), world.named().names) == (7, {})


def test_where_everything_is_refused_it_waits(world):
    begin(world)

    def refusing(operation, request):
        if operation == "transact_write_items" and len(request["TransactItems"]) > 2:
            raise Undelivered("AccessDenied", retryable=False)
        if operation == "transact_write_items" and "Put" not in request["TransactItems"][0]:
            raise Undelivered("AccessDenied", retryable=False)
        return Calls(world.client)(operation, request)

    with pytest.raises(Undelivered):
        world.process(refusing).fold()
    world.settle()
    assert (world.total(), world.named().names) == COUNTED
    assert not world.told


def test_much_work_is_parted_among_all_shards_that_no_two_calls_meet_on(world):
    environments = [f"env_{number:02}" for number in range(SHARDS * 4)]
    assert world.process().take([tally(*(sums(environment, accepted=1) for environment in environments))]) == [True]
    threads = set()

    def watched(operation, request):
        threads.add(threading.get_ident())
        return Calls(world.client, sleep=lambda _: None)(operation, request)

    assert world.process(watched, rows_per_transaction=1).fold()
    assert world.total() == len(environments)
    shards = {item["pk"]["S"].rpartition("#")[2] for item in world.items("USAGE_ORGANISATION")}
    assert shards == set(map(str, range(SHARDS)))
    assert len(threads) > 1


def test_what_was_delivered_before_its_owner_was_known_counts_once_it_is(world):
    nobodys = UsageSums("env_1", "rev_1", NOON, delivered=1)
    DynamoDeliveredSink(Calls(world.client), TABLE).add_delivered("data/a.gz", [nobodys])
    assert world.process().take([tally(UsageSums("env_1", "rev_1", NOON, accepted=1))]) == [True]
    world.settle()
    assert world.total() == 0
    assert world.process().take([tally(sums(accepted=2))]) == [True]
    world.settle()
    assert (world.total("delivered"), world.total()) == (1, 3)


def test_a_batch_of_handlers_rows_is_one_write_to_each_item(world):
    texts = [tally(sums(accepted=1)) for _ in range(20)]
    process = world.process(rows_per_transaction=10)
    assert all(process.take(texts))
    world.settle()
    world.client.forget_counts()
    assert all(process.take([tally(sums(accepted=1)) for _ in range(20)]))
    world.wait(USAGE_FOLD_SECONDS)
    assert process.fold()
    # One takes, one opens the turn, one adds; then the sheet goes and the turn is closed.
    assert dict(world.client.calls) == {
        "transact_write_items": 3, "get_item": 2, "query": PARTITIONS, "delete_item": 1, "update_item": 1,
    }  # fmt: skip
    assert world.total() == 40


def test_every_tally_is_forgotten_some_day(world):
    text = tally(sums(accepted=1))
    assert world.process().take([text]) == [True]
    (marker,) = world.items("USAGE_TALLY")
    assert marker["pk"]["S"] == f"USAGE_TALLY#{tally_from(text).tally_id}"
    assert int(marker["expires_at"]["N"]) > world.now + 28 * 86_400
