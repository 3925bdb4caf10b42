"""Delivered events are counted in the objects that hold them, each object once."""

import gzip
import io
import json

import pytest

from adapters.files.objects import FolderObjects
from adapters.files.streams import FolderStreams
from domain.delivery.stream_settings import StreamSettings
from domain.errors import Undelivered
from domain.metering.delivered import MeteredObjects, delivered_sums
from domain.metering.ports import UsageSums
from tests.ingest_world import DrivenClock, World
from tests.memory_usage import MemoryUsage

MINUTE = 1_793_614_260
KEY = "environment=env_1/dt=2026-11-02/hour=10/stream-1.gz"


def line(received_at="2026-11-02T10:11:12.345678Z", revision_id="rev_1", **event):
    stamps = {"_event_id": "evt_1", "_received_at": received_at, "_revision_id": revision_id}
    return json.dumps(stamps | event, separators=(",", ":")).encode() + b"\n"


def sums(**fields):
    return UsageSums("env_1", **({"revision_id": "rev_1", "minute": MINUTE} | fields))


def test_events_are_counted_by_revision_and_minute_of_arrival():
    body = gzip.compress(
        line()
        + line(name='{"_event_id":"x"')
        + line("2026-11-02T10:11:59.999999Z")
        + line("2026-11-02T10:12:00.000000Z")
        + line(revision_id="rev_2")
    )
    assert delivered_sums(KEY, io.BytesIO(body)) == [
        sums(delivered=3),
        sums(minute=MINUTE + 60, delivered=1),
        sums(revision_id="rev_2", delivered=1),
    ]


def test_the_key_says_whose_the_events_are():
    body = gzip.compress(line())
    assert delivered_sums(f"raw/{KEY}", io.BytesIO(body)) == [sums(delivered=1)]
    for key in ("data.gz", f"quarantine/{KEY}", f"failed/{KEY}", "environment=other/x.gz"):
        assert delivered_sums(key, io.BytesIO(body)) == []


def test_what_ingest_stores_is_what_is_counted():
    world = World()
    environment_id = world.add_environment()
    for _ in range(3):
        world.post(environment_id, [{"name": "view"}] * 7)
    world.get(environment_id, {"name": "view"})
    body = gzip.compress(b"".join(world.records()))
    (counted,) = delivered_sums(f"environment={environment_id}/x.gz", io.BytesIO(body))
    world.counters.flush()
    ((accepted,),) = world.usage.calls
    assert counted.delivered == accepted.accepted == 22
    assert (counted.minute, counted.revision_id) == (accepted.minute, accepted.revision_id)


class Usage(MemoryUsage):
    unreachable = False

    def add_delivered(self, object_name, sums):
        if self.unreachable:
            raise Undelivered("the database is busy")
        super().add_delivered(object_name, sums)

    @property
    def delivered(self):
        return sum(row.delivered for row in self.rows)


@pytest.fixture
def usage():
    return Usage()


@pytest.fixture
def make_streams(tmp_path, usage):
    def make(clock):
        objects = MeteredObjects(FolderObjects(tmp_path / "objects"), usage)
        return FolderStreams(tmp_path / "streams", objects, clock)

    return make


SETTINGS = StreamSettings("data", "environment=env_1/dt=!{timestamp:yyyy-MM-dd}/", 2.0, 1_000_000)


def objects_of(tmp_path):
    return sorted((tmp_path / "objects").rglob("*.gz"))


def test_an_object_whose_count_could_not_be_kept_is_delivered_again_and_counted(tmp_path, usage, make_streams):
    clock = DrivenClock()
    streams = make_streams(clock)
    streams.create("stream", SETTINGS)
    streams.put_records("stream", [line() + line()])
    clock.forward(2)
    usage.unreachable = True
    assert not streams.flush_due()
    (delivered,) = objects_of(tmp_path)
    first = delivered.read_bytes()
    usage.unreachable = False
    assert streams.flush_due()
    assert [path.read_bytes() for path in objects_of(tmp_path)] == [first]
    assert usage.delivered == 2


def test_a_segment_that_a_crash_leaves_behind_its_delivery_counts_once(tmp_path, usage, make_streams):
    clock = DrivenClock()
    streams = make_streams(clock)
    streams.create("stream", SETTINGS)
    streams.put_records("stream", [line(), line()])
    (segment,) = (tmp_path / "streams").rglob("*.wal")
    left = segment.read_bytes()
    clock.forward(2)
    assert streams.flush_due()
    assert not segment.exists()
    assert usage.delivered == 2
    segment.write_bytes(left)  # as it is if the process was killed before it removed it
    again = make_streams(clock)
    again.recover()
    assert not segment.exists()
    assert len(objects_of(tmp_path)) == 1
    assert usage.delivered == 2


def test_metered_objects_are_read_as_any_others(tmp_path, usage):
    objects = MeteredObjects(FolderObjects(tmp_path), usage)
    objects.put("data", "other/x", b"no gzip")
    assert objects.get("data", "other/x") == b"no gzip"
    assert objects.list_keys("data", "other/") == ["other/x"]
    assert usage.rows == []
