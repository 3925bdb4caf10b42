"""The buckets of the local run: what is told of them."""

import pytest

from domain.delivery.last_error import LastErrors, read_last_errors
from domain.errors import Undelivered
from local.landing import ReportingObjects
from tests.landed import MemoryObjects
from tests.memory_table import MemoryTable

KEY = "environment=env_1/dt=2026-11-02/hour=10/one.gz"
NOW_NS = 1_795_420_800_000_000_000


class FullDisk(MemoryObjects):
    """Stores nothing while it is full."""

    is_full = True

    def put(self, bucket, key, body):
        if self.is_full:
            raise Undelivered("an object can't be stored: No space left on device")
        super().put(bucket, key, body)


def test_a_managed_destination_that_can_not_be_written_is_told_until_it_can():
    table, disk = MemoryTable(lambda: NOW_NS), FullDisk()
    objects = ReportingObjects(disk, "data", LastErrors(table, lambda: NOW_NS))
    for bucket, key in (("data", KEY), ("landing", KEY.replace("env_1", "env_2")), ("data", "quarantine/one.gz")):
        with pytest.raises(Undelivered):
            objects.put(bucket, key, b"{}")
    found = read_last_errors(table, ["env_1", "env_2"])
    assert {name: error["reason"] for name, error in found.items()} == {
        "env_1": "an object can't be stored: No space left on device"
    }
    disk.is_full = False
    objects.put("data", KEY, b"{}")
    assert read_last_errors(table, ["env_1"])["env_1"]["recovered_at"] is not None
