"""Usage in DynamoDB: each addition exactly once whatever fails, bounded reads, and items that vanish in time."""

import itertools
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.dynamodb.calls import Calls
from adapters.dynamodb.usage import DynamoDeliveredSink
from adapters.dynamodb.usage_items import SHARDS
from adapters.dynamodb.usage_reader import DynamoUsageReader
from adapters.dynamodb.usage_sums import DynamoUsageSums
from domain.errors import Undelivered
from domain.metering.ports import UsageScope, UsageSums
from domain.metering.slices import KEPT_SECONDS, STORED, Slice
from domain.records.ports import Conflict
from tests.dynamodb_in_process import TABLE, dynamodb, item_bytes

NOON = int(datetime(2026, 2, 28, 12, tzinfo=UTC).timestamp())
DAY = 86_400
ALWAYS = (0, 2**40)
ORGANISATION = UsageScope("org_1")
NUMBERS = itertools.count()
MAX_PAGE_BYTES = 1024 * 1024  # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html


class Line:
    """Calls that fail on purpose: the `number`th from now, before or after it is done, once or from then on."""

    def __init__(self, client):
        self._calls = Calls(client)
        self.made = 0
        self._fails_at = 0
        self._after = False
        self._for_good = False

    def fail(self, number, *, after=False, for_good=False):
        self.made, self._fails_at, self._after, self._for_good = 0, number, after, for_good

    def mend(self):
        self._fails_at = 0

    def __call__(self, operation, request):
        self.made += 1
        fails = self._fails_at and (self.made == self._fails_at or (self._for_good and self.made > self._fails_at))
        if fails and not self._after:
            raise Undelivered("failed on purpose")
        answer = self._calls(operation, request)
        if fails:
            raise Undelivered("failed on purpose")
        return answer


@pytest.fixture
def client():
    with dynamodb() as client:
        yield client


@pytest.fixture
def line(client):
    return Line(client)


@pytest.fixture
def reader(client):
    return DynamoUsageReader(Calls(client), TABLE)


def sums(environment_id="env_1", minute=NOON, **counts):
    owner = {"endpoint_id": "ep_1", "organisation_id": "org_1"}
    return UsageSums(environment_id, "rev_1", minute, **(owner | counts))


def total(reader, name="accepted", scope=ORGANISATION):
    totals = {stored: sum(point.counts[name] for point in reader.series(scope, stored, *ALWAYS)) for stored in STORED}
    assert len(set(totals.values())) == 1
    return totals[Slice.DAY]


def add(call, *rows):
    """Add rows as a fold does, by a process that has just begun."""
    adding, number = DynamoUsageSums(call, TABLE), next(NUMBERS)
    adding.add(adding.put({"pk": {"S": f"GUARD#{number}"}, "sk": {"S": "GUARD"}}), rows, 0, f"fold-{number}")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(1, 7))
def test_whichever_call_fails_an_object_counts_once(line, reader, number, after):
    sink = DynamoDeliveredSink(line, TABLE, rows_per_transaction=2)
    add(line, sums(accepted=1))
    rows = [sums(minute=NOON + 60 * place, delivered=1) for place in range(5)]
    line.fail(number, after=after)
    for _ in range(3):
        try:
            sink.add_delivered("data/a.gz", rows)
        except Undelivered:
            continue
    assert total(reader, "delivered") == len(rows)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(1, 10))
def test_whichever_call_fails_what_waited_for_its_owner_counts_once(line, reader, number, after):
    nobodys = UsageSums("env_1", "rev_1", NOON, delivered=1)
    for name in ("data/a.gz", "data/b.gz"):
        DynamoDeliveredSink(line, TABLE).add_delivered(name, [nobodys])
    line.fail(number, after=after)
    adding = DynamoUsageSums(line, TABLE)
    guard = adding.put({"pk": {"S": "GUARD"}, "sk": {"S": "GUARD"}})
    for _ in range(2):
        # Another process, as after one that died.
        with suppress(Undelivered, Conflict):
            DynamoUsageSums(line, TABLE).add(guard, [sums(accepted=1)], 0, "fold")
    assert (total(reader, "delivered"), total(reader)) == (2, 1)


def test_an_owner_that_becomes_known_between_look_and_write_is_the_rows_owner(client, reader):
    def overtaken(operation, request):
        if operation == "transact_write_items" and not done:
            done.append(operation)
            add(Calls(client), sums(accepted=1))
        return Calls(client)(operation, request)

    done = []
    DynamoDeliveredSink(overtaken, TABLE).add_delivered("data/a.gz", [UsageSums("env_1", "rev_1", NOON, delivered=1)])
    assert done
    assert (total(reader, "delivered"), total(reader)) == (1, 1)


def test_two_processes_that_learn_an_owner_at_once_count_what_waited_once(client, reader):
    nobodys = UsageSums("env_1", "rev_1", NOON, delivered=1)
    DynamoDeliveredSink(Calls(client), TABLE).add_delivered("data/a.gz", [nobodys])
    conflicts = []

    def overtaken(operation, request):
        if operation == "transact_write_items" and not done:
            done.append(operation)
            add(Calls(client), sums(accepted=1))
        try:
            return Calls(client)(operation, request)
        except Conflict:
            conflicts.append(operation)
            raise

    done = []
    add(overtaken, sums(accepted=2))
    assert conflicts == ["transact_write_items"]
    assert (total(reader, "delivered"), total(reader)) == (1, 3)


def test_writers_of_what_was_delivered_spread_over_all_shards(client):
    sinks = [DynamoDeliveredSink(Calls(client), TABLE) for _ in range(200)]
    assert {sink._shard for sink in sinks} == set(range(SHARDS))


def test_every_item_vanishes_once_its_slice_is_kept_no_longer(client):
    add(Calls(client), sums(accepted=1))
    DynamoDeliveredSink(Calls(client), TABLE).add_delivered("data/a.gz", [sums(delivered=1)])
    kept = {}
    for item in client.everything():
        group = item["pk"]["S"].split("#")[0]
        if group in {"GUARD", "USAGE_OWNER", "USAGE_ORGANISATIONS"}:
            assert "expires_at" not in item
            continue
        stored = "minute" if group == "USAGE_OBJECT" else item["pk"]["S"].split("#")[-2]
        kept.setdefault(stored, set()).add(int(item["expires_at"]["N"]))
    margin = 31 * DAY
    assert kept == {stored.value: {stored.start_of(NOON) + KEPT_SECONDS[stored] + margin} for stored in STORED}


class Pages:
    """Answers queries as a table of a year's hours would: in order, a megabyte at a time."""

    def __init__(self):
        self.calls = 0

    def __call__(self, operation, request):
        assert operation == "query"
        self.calls += 1
        values = request["ExpressionAttributeValues"]
        first, last = (int(values[name]["S"]) for name in (":first", ":last"))
        start = int(request.get("ExclusiveStartKey", {"sk": {"S": str(first - 3_600)}})["sk"]["S"]) + 3_600
        items, size, item_size = [], 0, 0
        for at in itertools.count(start, 3_600):
            if at >= last:
                return {"Items": items}
            counts = {name: {"N": str(2**40)} for name in ("requests", "accepted", "rejected", "bytes_accepted")}
            codes = {f"code.{name}": {"N": "1000000"} for name in ("type_float", "required", "regex")}
            item = {"pk": values[":pk"], "sk": {"S": f"{at:015}"}, "expires_at": {"N": str(at)}, **counts, **codes}
            item_size = item_size or item_bytes(item)
            size += item_size
            if size > MAX_PAGE_BYTES:
                return {"Items": items, "LastEvaluatedKey": {"sk": items[-1]["sk"]}}
            items.append(item)
        raise AssertionError


def test_a_year_of_hours_of_a_whole_organisation_is_a_bounded_number_of_calls():
    pages = Pages()
    start = Slice.HOUR.start_of(NOON)
    points = DynamoUsageReader(pages, TABLE).series(ORGANISATION, Slice.HOUR, start, start + 366 * DAY)
    assert len(points) == 366 * 24
    assert {point.counts["accepted"] for point in points} == {SHARDS * 2**40}
    assert pages.calls <= 3 * SHARDS


def test_nothing_of_it_needs_an_sdk():
    names = ("usage", "usage_folding", "usage_items", "usage_reader", "rates")
    script = f"import sys; import {', '.join(f'adapters.dynamodb.{name}' for name in names)}; print(*sys.modules)"
    root = Path(__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert {"boto3", "botocore", "pydantic"} & set(run.stdout.split()) == set()
