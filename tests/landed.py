"""Landed objects in memory, and a time that passes only when somebody waits."""

import gzip
import io
import json

from domain.delivery.budget import TimeBudget
from domain.delivery.landed import LandedObject, digest_of
from domain.delivery.repeats import ReadNotes, RepeatNotes

KEY = "environment=env_1/dt=2026-11-02/hour=10/ingest-env_1-1-1-2026-11-02-10-00-00-one.gz"


class MemoryObjects:
    """Implements `ObjectStore`."""

    def __init__(self):
        self.objects = {}

    def put(self, bucket, key, body):
        self.objects[bucket, key] = body

    def get(self, bucket, key):
        return self.objects.get((bucket, key))

    def open(self, bucket, key):
        body = self.objects.get((bucket, key))
        return None if body is None else io.BytesIO(body)

    def delete(self, bucket, key):
        self.objects.pop((bucket, key), None)

    def list_keys(self, bucket, prefix="", *, after="", limit=None):
        keys = (key for held, key in self.objects if held == bucket and key.startswith(prefix) and key > after)
        return sorted(keys)[:limit]


class Time:
    """A clock that goes forward by waiting."""

    def __init__(self):
        self.now = 0.0
        self.waits = []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.waits.append(seconds)
        self.now += seconds

    def budget(self, seconds=240.0):
        return TimeBudget(seconds, self.monotonic, self.sleep)


def line(number, *, revision_id="rev_1", received_at="2026-11-02T10:00:00.000000Z", **fields):
    event = {"_event_id": f"evt_{number}", "_received_at": received_at, "_revision_id": revision_id, **fields}
    return json.dumps(event, separators=(",", ":")).encode()


def landed(lines, *, objects=None, key=KEY, zipped=True):
    """Put an object of these lines into a landing bucket and return it."""
    objects = objects or MemoryObjects()
    body = b"".join(row + b"\n" for row in lines)
    objects.put("landing", key, gzip.compress(body, 1) if zipped else body)
    notes = RepeatNotes(objects, ReadNotes(objects), "landing", "env_1", digest_of("landing", key))
    return LandedObject(objects, "landing", key, notes)


def set_aside(outcomes):
    """Return the rows of what was refused."""
    body = outcomes.set_aside_body()
    return [] if body is None else [json.loads(row) for row in gzip.decompress(body).splitlines()]
