"""What was delivered, counted by the messages of the bucket that it is in."""

import gzip
import json
import tracemalloc

import pytest

from adapters.files.objects import FolderObjects
from adapters.s3.events import StoredObject, stored_message
from domain.errors import Undelivered
from domain.metering.ports import UsageScope, UsageSums
from domain.metering.slices import Slice
from functions.delivered.handler import make_handler
from tests.memory_usage import MemoryUsage

KEY = "environment=env_1/dt=2026-11-02/hour=10/stream-1.gz"


def line(minute=11, revision_id="rev_1", **event):
    stamps = {"_event_id": "evt_1", "_received_at": f"2026-11-02T10:{minute}:12.345678Z", "_revision_id": revision_id}
    return json.dumps(stamps | event, separators=(",", ":")).encode() + b"\n"


class Deployment:
    """A bucket whose messages are delivered in batches, and the counts."""

    def __init__(self, folder):
        self.objects = FolderObjects(folder)
        self.usage = MemoryUsage()
        self.handler = make_handler(self.objects, self.usage)

    def store(self, body, key=KEY):
        self.objects.put("data", key, body)
        return stored_message(StoredObject("data", key))

    def take(self, *bodies):
        """Return the places of the messages that have to come again."""
        records = [{"messageId": str(place), "body": body} for place, body in enumerate(bodies)]
        return [int(row["itemIdentifier"]) for row in self.handler({"Records": records}, None)["batchItemFailures"]]

    def counted(self):
        return sorted((row.revision_id, row.minute % 3_600 // 60, row.delivered) for row in self.usage.rows)


@pytest.fixture
def deployment(tmp_path):
    return Deployment(tmp_path)


@pytest.mark.parametrize("pack", [gzip.compress, bytes], ids=["gzipped", "plain"])
def test_events_are_counted_by_revision_and_minute_of_arrival(deployment, pack):
    message = deployment.store(pack(line() + line() + line(12) + line(revision_id="rev_2")))
    assert deployment.take(message) == []
    assert deployment.counted() == [("rev_1", 11, 2), ("rev_1", 12, 1), ("rev_2", 11, 1)]


def test_a_message_that_comes_twice_counts_once(deployment):
    message = deployment.store(gzip.compress(line()))
    assert deployment.take(message, message) == []
    assert deployment.take(message) == []
    assert deployment.counted() == [("rev_1", 11, 1)]


@pytest.mark.parametrize(
    "key", ["quarantine/environment=env_1/a.gz", "failed/processing-failed/environment=env_1/a.gz", "a.gz"]
)
def test_what_is_not_delivered_is_not_counted(deployment, key):
    assert deployment.take(deployment.store(gzip.compress(line()), key)) == []
    assert deployment.counted() == []


def test_an_object_that_can_not_be_counted_comes_again_and_holds_up_no_other(deployment):
    damaged = deployment.store(gzip.compress(line() * 1_000)[:-20], "environment=env_1/damaged.gz")
    good = deployment.store(gzip.compress(line()))
    assert deployment.take("{", damaged, good) == [0, 1]
    assert deployment.counted() == [("rev_1", 11, 1)]


def test_a_count_that_can_not_be_kept_comes_again(deployment):
    message = deployment.store(gzip.compress(line()))
    add, deployment.usage.add_delivered = deployment.usage.add_delivered, refuse
    assert deployment.take(message) == [0]
    deployment.usage.add_delivered = add
    assert deployment.take(message) == []
    assert deployment.counted() == [("rev_1", 11, 1)]


def refuse(*_):
    raise Undelivered("Busy.")


def test_an_object_that_is_gone_is_done_with(deployment):
    assert deployment.take(stored_message(StoredObject("data", KEY))) == []
    assert deployment.counted() == []


def test_memory_does_not_grow_with_the_object(deployment):
    deployment.usage.add_delivered("warm", [])
    message = deployment.store(gzip.compress(line(text="x" * 990) * 20_000, compresslevel=1))
    tracemalloc.start()
    try:
        assert deployment.take(message) == []
        assert tracemalloc.get_traced_memory()[1] < 2_000_000  # of 20 MB
    finally:
        tracemalloc.stop()
    assert deployment.counted() == [("rev_1", 11, 20_000)]


def test_counts_stand_beside_what_was_accepted(deployment):
    deployment.take(deployment.store(gzip.compress(line())))
    owner = {"endpoint_id": "ep_1", "organisation_id": "org_1"}
    deployment.usage.add([UsageSums("env_1", "rev_1", deployment.usage.rows[0].minute, accepted=1, **owner)])
    (point,) = deployment.usage.series(UsageScope("org_1"), Slice.MINUTE, 0, 2**40)
    assert (point.counts["accepted"], point.counts["delivered"]) == (1, 1)
