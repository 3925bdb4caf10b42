"""What every adapter of the delivery streams keeps, on both its sides."""

import gzip
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.files.objects import FolderObjects
from adapters.files.streams import FolderStreams
from domain.delivery.stream_settings import StreamSettings
from domain.errors import Misconfigured
from schemas.limits import MAX_PUT_BYTES, MAX_RECORD_BYTES, MAX_RECORDS_PER_PUT

SECOND_NS = 1_000_000_000
START_NS = 1_795_417_501 * SECOND_NS  # 2026-11-23T07:05:01Z
PREFIX = "environment=env_1/dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/"
SETTINGS = StreamSettings("landing", PREFIX, buffer_seconds=60, buffer_bytes=1_000_000)


class Clock:
    def __init__(self):
        self.ns = START_NS

    def __call__(self) -> int:
        return self.ns

    def forward(self, seconds):
        self.ns += int(seconds * SECOND_NS)


class Rig:
    """The streams, and a way to see what they delivered."""

    def __init__(self, folder, clock):
        self.clock = clock
        self.objects = FolderObjects(folder / "objects")
        self.folder = folder
        self.streams = FolderStreams(folder / "streams", self.objects, clock)

    def deliver_due(self):
        assert self.streams.flush_due()

    def keys(self, bucket="landing"):
        return self.objects.list_keys(bucket)

    def bodies(self, bucket="landing"):
        return [gzip.decompress(self.objects.get(bucket, key)) for key in self.keys(bucket)]

    def lines(self, bucket="landing"):
        return [line for body in self.bodies(bucket) for line in body.splitlines(keepends=True)]


@pytest.fixture(params=["files"])
def rig(request, tmp_path):
    return Rig(tmp_path, Clock())


def is_refused(results):
    return all(result is not None and not result.retryable for result in results)


def test_records_are_delivered_in_order_once_their_time_is_over(rig):
    rig.streams.create("s1", SETTINGS)
    assert rig.streams.put_records("s1", [b'{"a":1}\n{"a":2}\n', b'{"a":3}\n']) == [None, None]
    rig.clock.forward(59)
    assert rig.streams.put_records("s1", [b'{"a":4}\n']) == [None]
    rig.deliver_due()
    assert rig.keys() == []
    rig.clock.forward(1)
    rig.deliver_due()
    assert rig.bodies() == [b'{"a":1}\n{"a":2}\n{"a":3}\n{"a":4}\n']


def test_an_object_is_named_after_stream_and_time_of_its_first_record(rig):
    rig.streams.create("s1", SETTINGS)
    rig.streams.put_records("s1", [b"a\n"])
    rig.clock.forward(3_600)
    rig.deliver_due()
    (key,) = rig.keys()
    assert re.fullmatch(r"environment=env_1/dt=2026-11-23/hour=07/s1-1-2026-11-23-07-05-01-[0-9a-f-]{36}\.gz", key)


def test_an_object_is_delivered_early_once_it_is_large_enough(rig):
    rig.streams.create("s1", SETTINGS)
    record = b"x" * 249_999 + b"\n"
    for _ in range(3):
        rig.streams.put_records("s1", [record])
    rig.deliver_due()
    assert rig.bodies() == []
    rig.streams.put_records("s1", [record])
    rig.streams.put_records("s1", [b"next\n"])
    rig.deliver_due()
    assert rig.bodies() == [record * 4]


def test_a_record_that_comes_after_the_time_is_over_opens_another_object(rig):
    rig.streams.create("s1", SETTINGS)
    rig.streams.put_records("s1", [b"a\n"])
    rig.clock.forward(3_600)
    rig.streams.put_records("s1", [b"b\n"])
    rig.clock.forward(60)
    rig.deliver_due()
    assert rig.bodies() == [b"a\n", b"b\n"]
    assert ["hour=07" in rig.keys()[0], "hour=08" in rig.keys()[1]] == [True, True]


def test_a_missing_stream_refuses_for_good(rig):
    results = rig.streams.put_records("nothing", [b"a\n", b"b\n"])
    assert len(results) == 2
    assert is_refused(results)
    assert not rig.streams.is_active("nothing")


@pytest.mark.parametrize(
    "records",
    [
        [b"x"] * (MAX_RECORDS_PER_PUT + 1),
        [b"x", bytes(MAX_RECORD_BYTES + 1)],
        [bytes(MAX_RECORD_BYTES)] * 4 + [bytes(MAX_PUT_BYTES - 4 * MAX_RECORD_BYTES + 1)],
    ],
)
def test_a_call_beyond_a_limit_is_refused_whole_and_for_good(rig, records):
    rig.streams.create("s1", SETTINGS)
    results = rig.streams.put_records("s1", records)
    assert len(results) == len(records)
    assert is_refused(results)
    rig.clock.forward(60)
    rig.deliver_due()
    assert rig.keys() == []


@pytest.mark.parametrize(
    "records",
    [
        [b"x\n"] * MAX_RECORDS_PER_PUT,
        [bytes(MAX_RECORD_BYTES)] * 4 + [bytes(MAX_PUT_BYTES - 4 * MAX_RECORD_BYTES)],
    ],
)
def test_a_call_at_the_limits_is_taken(rig, records):
    rig.streams.create("s1", SETTINGS)
    assert rig.streams.put_records("s1", records) == [None] * len(records)
    rig.clock.forward(60)
    rig.deliver_due()
    assert rig.bodies() == [b"".join(records)]


def test_records_are_bytes_that_nobody_interprets(rig):
    rig.streams.create("s1", SETTINGS)
    records = [bytes(range(256)), b"", b"\x00" * 64, b"no newline"]
    assert rig.streams.put_records("s1", records) == [None] * 4
    rig.clock.forward(60)
    rig.deliver_due()
    assert rig.bodies() == [b"".join(records)]


def test_streams_are_kept_apart(rig):
    rig.streams.create("s1", SETTINGS)
    rig.streams.create("s2", StreamSettings("users-bucket", "in/", 60, 1_000_000))
    rig.streams.put_records("s1", [b"1\n"])
    rig.streams.put_records("s2", [b"2\n"])
    rig.clock.forward(60)
    rig.deliver_due()
    assert rig.bodies() == [b"1\n"]
    assert rig.bodies("users-bucket") == [b"2\n"]
    assert rig.keys("users-bucket")[0].startswith("in/2026/11/23/07/s2-1-")


def test_creating_a_stream_again_changes_nothing(rig):
    rig.streams.create("s1", SETTINGS)
    assert rig.streams.is_active("s1")
    rig.streams.put_records("s1", [b"a\n"])
    rig.streams.create("s1", SETTINGS)
    rig.streams.put_records("s1", [b"b\n"])
    rig.clock.forward(60)
    rig.deliver_due()
    assert rig.bodies() == [b"a\nb\n"]


def test_deleting_a_stream_delivers_what_it_holds(rig):
    rig.streams.create("s1", SETTINGS)
    rig.streams.put_records("s1", [b"a\n"])
    rig.streams.delete("s1")
    assert rig.bodies() == [b"a\n"]
    assert not rig.streams.is_active("s1")
    assert is_refused(rig.streams.put_records("s1", [b"b\n"]))


def test_deleting_a_stream_that_is_gone_is_no_error(rig):
    rig.streams.delete("s1")
    rig.streams.create("s1", SETTINGS)
    rig.streams.delete("s1")
    rig.streams.delete("s1")


def test_a_deleted_stream_can_be_made_again(rig):
    for number in range(3):
        rig.streams.create("s1", SETTINGS)
        assert rig.streams.put_records("s1", [b"%d\n" % number]) == [None]
        rig.streams.delete("s1")
    assert sorted(rig.lines()) == [b"0\n", b"1\n", b"2\n"]


@pytest.mark.parametrize("prefix", ["!{timestamp:YYYY}/", "!{firehose:no-such-thing}/"])
def test_a_prefix_that_is_not_understood_is_refused_when_the_stream_is_made(rig, prefix):
    with pytest.raises(Misconfigured):
        rig.streams.create("s1", StreamSettings("landing", prefix, 60, 1_000_000))
    assert not rig.streams.is_active("s1")


def test_threads_put_at_once_and_every_record_is_delivered_once(rig):
    rig.streams.create("s1", StreamSettings("landing", PREFIX, 60, 2_000))

    def put(number):
        assert rig.streams.put_records("s1", [b"%d-%d\n" % (number, n) for n in range(3)]) == [None] * 3
        if number % 50 == 0:
            rig.deliver_due()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(600)))
    rig.clock.forward(60)
    rig.deliver_due()
    lines = rig.lines()
    assert sorted(lines) == sorted(b"%d-%d\n" % (number, n) for number in range(600) for n in range(3))
    assert len(rig.keys()) > 3


def test_a_stream_without_a_time_of_its_own_gathers_as_long_as_all_do(rig):
    rig.streams = FolderStreams(rig.folder / "more", rig.objects, rig.clock, buffer_seconds=5)
    rig.streams.create("s1", StreamSettings("landing", PREFIX, None, 1_000_000))
    rig.streams.create("s2", StreamSettings("landing", PREFIX, 20, 1_000_000, default_times=9))
    rig.streams.create("s3", StreamSettings("landing", PREFIX, None, 1_000_000, default_times=4))
    for stream in ("s1", "s2"):
        rig.streams.put_records(stream, [stream.encode()])
    for seconds, bodies in ((4, []), (1, [b"s1"]), (15, [b"s1", b"s2"])):
        rig.clock.forward(seconds)
        rig.deliver_due()
        assert rig.bodies() == bodies
    # The next start may say otherwise for those, and for those only.
    again = FolderStreams(rig.folder / "more", rig.objects, rig.clock, buffer_seconds=90)
    assert [again._streams[name].settings.buffer_seconds for name in ("s1", "s2", "s3")] == [90, 20, 360]
