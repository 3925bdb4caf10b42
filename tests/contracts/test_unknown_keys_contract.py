"""What every adapter of unknown keys keeps."""

import pytest

from adapters.dynamodb.calls import Calls
from adapters.dynamodb.unknown_keys import DynamoUnknownKeys
from adapters.sqlite.unknown_keys import SqliteUnknownKeys
from domain.items import Conflict
from tests.dynamodb_in_process import TABLE, dynamodb
from tests.memory_unknown_keys import MemoryUnknownKeys
from tests.stores import on_each_store

EXPIRY = 1_800_000_000


ADAPTERS = on_each_store(
    sqlite=SqliteUnknownKeys,
    dynamo=lambda client: DynamoUnknownKeys(Calls(client), TABLE),
    memory=MemoryUnknownKeys,
)


@pytest.fixture(params=ADAPTERS)
def keys(request, tmp_path):
    with ADAPTERS[request.param](tmp_path) as adapter:
        yield adapter


def test_nothing_is_kept_of_an_environment_at_first(keys):
    assert keys.get("env_1") == (0, b"")


def test_what_was_put_last_is_what_is_kept_whatever_its_bytes(keys):
    keys.put("env_1", 0, b"\x00\xff", EXPIRY)
    assert keys.get("env_1") == (1, b"\x00\xff")
    keys.put("env_1", 1, b"second", EXPIRY)
    assert keys.get("env_1") == (2, b"second")
    assert keys.get("env_2") == (0, b"")


@pytest.mark.parametrize("version", [0, 2])
def test_only_the_version_that_is_there_is_replaced(keys, version):
    keys.put("env_1", 0, b"first", EXPIRY)
    with pytest.raises(Conflict):
        keys.put("env_1", version, b"second", EXPIRY)
    assert keys.get("env_1") == (1, b"first")


def test_nothing_is_replaced_where_nothing_is(keys):
    with pytest.raises(Conflict):
        keys.put("env_1", 1, b"second", EXPIRY)
    assert keys.get("env_1") == (0, b"")


def test_on_sqlite_what_expires_is_removed(tmp_path):
    with ADAPTERS["sqlite"](tmp_path) as keys:
        keys.put("env_1", 0, b"x", EXPIRY)
        keys.put("env_2", 0, b"x", EXPIRY + 1)
        assert keys.purge(EXPIRY) == 1
        assert [keys.get("env_1")[0], keys.get("env_2")[0]] == [0, 1]


def test_on_dynamodb_an_item_expires():
    with dynamodb() as client:
        DynamoUnknownKeys(Calls(client), TABLE).put("env_1", 0, b"x", EXPIRY)
        (item,) = client.everything()
        assert item["expires_at"] == {"N": str(EXPIRY)}
