"""What every adapter of the rate ledger keeps."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.dynamodb.calls import Calls
from adapters.dynamodb.rates import KEPT_WINDOWS, DynamoRates
from adapters.sqlite.rates import SqliteRates
from tests.dynamodb_in_process import TABLE, dynamodb
from tests.ingest_world import MemoryRates
from tests.stores import on_each_store

WINDOW = 179_361_427


ADAPTERS = on_each_store(
    sqlite=SqliteRates,
    dynamo=lambda client: DynamoRates(Calls(client), TABLE),
    memory=MemoryRates,
)


@pytest.fixture(params=ADAPTERS)
def rates(request, tmp_path):
    with ADAPTERS[request.param](tmp_path) as adapter:
        yield adapter


def test_an_exchange_adds_and_returns_what_all_have_added(rates):
    assert rates.exchange("env_1", {WINDOW: 3, WINDOW - 1: 1}) == {WINDOW: 3, WINDOW - 1: 1}
    assert rates.exchange("env_1", {WINDOW: 4}) == {WINDOW: 7}
    assert rates.exchange("env_1", {WINDOW - 1: 0, WINDOW: 0}) == {WINDOW - 1: 1, WINDOW: 7}


def test_nothing_offered_is_nothing_returned(rates):
    assert rates.exchange("env_1", {}) == {}
    assert rates.exchange("env_1", {WINDOW: 0}) == {WINDOW: 0}


def test_environments_are_kept_apart(rates):
    rates.exchange("env_1", {WINDOW: 3})
    assert rates.exchange("env_2", {WINDOW: 1}) == {WINDOW: 1}


def test_a_minute_is_remembered_while_windows_go_on(rates):
    for number in range(30):
        assert rates.exchange("env_1", {WINDOW + number: 1}) == {WINDOW + number: 1}
        remembered = max(WINDOW, WINDOW + number - 5)
        assert rates.exchange("env_1", {remembered: 0, WINDOW + number: 0})[remembered] == 1


def test_concurrent_exchanges_lose_nothing(rates):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: rates.exchange("env_1", {WINDOW: 2}), range(40)))
    assert rates.exchange("env_1", {WINDOW: 0}) == {WINDOW: 80}


def test_on_dynamodb_windows_that_are_over_leave_the_item_and_it_expires():
    with dynamodb() as client:
        rates = DynamoRates(Calls(client), TABLE)
        for number in range(40):
            rates.exchange("env_1", {WINDOW + number: 1})
        (item,) = client.everything()
        windows = [name for name in item if name.startswith("w")]
        assert len(windows) <= KEPT_WINDOWS + 2
        assert int(item["expires_at"]["N"]) == (WINDOW + 39) * 10 + 3_600
        assert client.calls == {"update_item": 40}
