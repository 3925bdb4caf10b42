"""What every store of taps' events keeps."""

import pytest

from adapters.dynamodb.calls import Calls
from adapters.dynamodb.taps import DynamoTaps
from adapters.sqlite.taps import SqliteTaps
from domain.items import Conflict
from domain.live.ports import Chunk, Expiry
from tests.dynamodb_in_process import TABLE, dynamodb
from tests.memory_taps import MemoryTaps
from tests.stores import on_each_store

AT = 1_800_000_000
EXPIRY = Expiry(AT + 3_600, AT + 7_200)

ADAPTERS = on_each_store(
    sqlite=SqliteTaps,
    dynamo=lambda client: DynamoTaps(Calls(client), TABLE),
    memory=MemoryTaps,
)


@pytest.fixture(params=ADAPTERS)
def taps(request, tmp_path):
    with ADAPTERS[request.param](tmp_path) as adapter:
        yield adapter


def chunk(number):
    return Chunk(number, AT + number, b"\x00events %d" % number)


def fill(taps, tap_id, numbers):
    for number in numbers:
        taps.append(tap_id, number - 1, b"state %d" % number, chunk(number), 1, EXPIRY)


def test_nothing_is_kept_of_a_tap_at_first(taps):
    assert taps.state("tap_1") == (0, b"")
    assert taps.chunks("tap_1", 1, 10) == []


def test_a_chunk_and_the_state_are_kept_together(taps):
    fill(taps, "tap_1", [1, 2])
    fill(taps, "tap_2", [1])
    assert taps.state("tap_1") == (2, b"state 2")
    assert taps.chunks("tap_1", 1, 10) == [chunk(1), chunk(2)]
    assert taps.chunks("tap_2", 1, 10) == [chunk(1)]


@pytest.mark.parametrize("version", [0, 1, 3])
def test_what_follows_another_version_of_the_state_is_not_kept(taps, version):
    fill(taps, "tap_1", [1, 2])
    with pytest.raises(Conflict):
        taps.append("tap_1", version, b"other", chunk(3), 1, EXPIRY)
    assert taps.state("tap_1") == (2, b"state 2")
    assert taps.chunks("tap_1", 1, 10) == [chunk(1), chunk(2)]


def test_nothing_follows_a_state_that_is_not_there(taps):
    with pytest.raises(Conflict):
        taps.append("tap_1", 1, b"other", chunk(2), 1, EXPIRY)
    assert taps.chunks("tap_1", 1, 10) == []


def test_chunks_are_read_in_order_from_a_number_on(taps):
    fill(taps, "tap_1", range(1, 13))
    assert [one.number for one in taps.chunks("tap_1", 9, 10)] == [9, 10, 11, 12]
    assert [one.number for one in taps.chunks("tap_1", 2, 3)] == [2, 3, 4]


def test_on_sqlite_chunks_that_are_not_read_any_more_go_at_once(tmp_path):
    with ADAPTERS["sqlite"](tmp_path) as taps:
        fill(taps, "tap_1", [1, 2])
        taps.append("tap_1", 2, b"state", chunk(3), 3, EXPIRY)
        assert taps.chunks("tap_1", 1, 10) == [chunk(3)]


def test_on_sqlite_what_expires_is_removed(tmp_path):
    with ADAPTERS["sqlite"](tmp_path) as taps:
        fill(taps, "tap_1", [1])
        taps.append("tap_2", 0, b"state", chunk(1), 1, Expiry(EXPIRY.chunk + 1, EXPIRY.state + 1))
        taps.purge(EXPIRY.chunk)
        assert [taps.state("tap_1")[0], taps.state("tap_2")[0]] == [1, 1]
        assert [len(taps.chunks(tap, 1, 10)) for tap in ("tap_1", "tap_2")] == [0, 1]
        taps.purge(EXPIRY.state)
        assert [taps.state("tap_1")[0], taps.state("tap_2")[0]] == [0, 1]


def test_on_dynamodb_every_item_expires():
    with dynamodb() as client:
        fill(DynamoTaps(Calls(client), TABLE), "tap_1", [1])
        assert {item["expires_at"]["N"] for item in client.everything()} == {str(EXPIRY.chunk), str(EXPIRY.state)}
