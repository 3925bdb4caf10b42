"""Where an environment's streams write, by its destination: the one place of the provisioner that tells them apart.

The managed destination is the data bucket itself. For every other one the streams write to the landing bucket, from
which a writer of that destination goes on: so S3 is the durable log of all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.delivery.buffering import default_times, is_loaded, own_seconds
from domain.delivery.own_bucket import is_own_bucket
from domain.delivery.stream_settings import StreamSettings
from functions.provisioner.streams import SettingsOf

MANAGED_BUFFER_BYTES = 64 * 1024 * 1024
LANDING_BUFFER_BYTES = 16 * 1024 * 1024
"""Smaller: a writer takes an object at a time."""
SENT_BUFFER_BYTES = 1024 * 1024
"""The least that a stream gathers: an object is sent in requests one after another, and has to be done in time."""
SENT_KINDS = frozenset({"eventbridge", "http", "kinesis", "sqs"})
LOADED_BUFFER_BYTES = 128 * 1024 * 1024
"""The most that a stream gathers: each object is a load job, of which a table takes 1,500 a day, or a commit."""

_PARTITION = "environment={}/dt=!{{timestamp:yyyy-MM-dd}}/hour=!{{timestamp:HH}}/"


@dataclass(frozen=True, slots=True)
class Buckets:
    """The deployment's own: `data` is the managed destination, `landing` where the writers of others take over."""

    data: str
    landing: str


def stream_settings_for(buckets: Buckets) -> SettingsOf:
    """Return what says how the streams of an environment buffer and where they write."""

    def settings_of(environment: Mapping[str, Any]) -> StreamSettings:
        destination = environment["destination"]
        is_managed = is_own_bucket(destination)
        landing_bytes = SENT_BUFFER_BYTES if destination.get("type") in SENT_KINDS else LANDING_BUFFER_BYTES
        landing_bytes = LOADED_BUFFER_BYTES if is_loaded(destination) else landing_bytes
        return StreamSettings(
            bucket=buckets.data if is_managed else buckets.landing,
            prefix=_PARTITION.format(environment["id"]),
            buffer_seconds=own_seconds(environment),
            buffer_bytes=MANAGED_BUFFER_BYTES if is_managed else landing_bytes,
            default_times=default_times(environment),
            tags={
                "environment": environment["id"],
                "endpoint": environment["endpoint_id"],
                "organisation": environment["organisation_id"],
            },
        )

    return settings_of
