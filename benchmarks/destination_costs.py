"""What a million events cost beyond S3, by destination."""

from dataclasses import dataclass
from math import ceil

from benchmarks.monthly import MILLION, MINUTES_PER_MONTH
from benchmarks.prices import ASSUMED, PRICES, Price, memory_of
from benchmarks.traffic import GB, KB, MB, Traffic
from connectors.eventbridge.capabilities import BOUNDS as EVENTBRIDGE_BOUNDS
from connectors.kinesis.capabilities import BOUNDS as KINESIS_BOUNDS
from connectors.sqs.capabilities import BOUNDS as SQS_BOUNDS
from domain.delivery.entries import Bounds
from functions.provisioner.destinations import SENT_BUFFER_BYTES


def bigquery(traffic: Traffic, mode: str) -> float:
    """Return what BigQuery takes beyond the landing bucket: the writer, and rows in mode `stream`."""
    writer = PRICES.compute.dollars * MILLION * ASSUMED.writer_cpu_ms_per_event / 1_000 * 1_769 / 1_024
    rows = PRICES.row_stream.dollars * MILLION * max(KB, traffic.event_bytes) / (200 * MB)
    return writer + (rows if mode == "stream" else 0.0)


def postgres(traffic: Traffic) -> float:
    """Return what PostgreSQL takes beyond the landing bucket: the writer, and what leaves AWS."""
    seconds = MILLION * ASSUMED.postgres_cpu_ms_per_event / 1_000 * 1_769 / 1_024
    seconds += MILLION * ASSUMED.postgres_ms_per_event / 1_000 * memory_of("bigquery_writer") / 1_024
    return PRICES.compute.dollars * seconds + PRICES.data_out.dollars * MILLION * traffic.event_bytes / GB


def lake() -> float:
    """Return what a lake takes for a million events beyond the landing bucket and the commits of its table."""
    return PRICES.compute.dollars * MILLION * ASSUMED.lake_cpu_ms_per_event / 1_000 * 1_769 / 1_024


def lake_commits() -> float:
    """Return what the commits of a lake's table take in a month of one a minute, the most that there are."""
    commit = PRICES.object_put.dollars * ASSUMED.lake_object_writes_per_commit / 1_000
    commit += PRICES.catalog_call.dollars * ASSUMED.lake_catalog_calls_per_commit / MILLION
    commit += PRICES.compute.dollars * ASSUMED.lake_ms_per_commit / 1_000 * memory_of("lake_writer") / 1_024
    return commit * MINUTES_PER_MONTH


def parquet_objects(seconds: float) -> float:
    """Return what a lake's files of Parquet take in a month of one object, of one hour, in so many seconds."""
    one = PRICES.object_put.dollars * ASSUMED.parquet_object_writes_per_object / 1_000
    one += PRICES.object_get.dollars * ASSUMED.parquet_object_reads_per_object / 1_000
    one += PRICES.catalog_call.dollars * ASSUMED.parquet_catalog_calls_per_object / MILLION
    one += PRICES.write_unit.dollars * ASSUMED.parquet_lease_writes_per_object / MILLION
    one += PRICES.compute.dollars * ASSUMED.parquet_ms_per_object / 1_000 * memory_of("lake_writer") / 1_024
    return one * MINUTES_PER_MONTH * 60 / seconds


def http(traffic: Traffic) -> float:
    """Return what a target over HTTP takes beyond the landing bucket, where `traffic` is what it is sent."""
    seconds = MILLION * ASSUMED.http_cpu_ms_per_event / 1_000 * 1_769 / 1_024
    seconds += traffic.requests * ASSUMED.target_ms_per_request / 1_000 * memory_of("bigquery_writer") / 1_024
    sent = MILLION * traffic.event_bytes
    objects = PRICES.object_put.dollars * sent / SENT_BUFFER_BYTES / 1_000
    return PRICES.compute.dollars * seconds + PRICES.data_out.dollars * sent / GB + objects


@dataclass(frozen=True, slots=True)
class Service:
    """A service of AWS that takes entries, and how it bills what a call of some entries holds."""

    name: str
    bounds: Bounds
    price: Price
    unit_bytes: int
    is_by_entry: bool
    """Whether each entry is rounded up to units, and not the call."""

    def call(self, event_bytes: int) -> int:
        """Return how many events a call holds."""
        by_bytes = min(self.bounds.call_bytes, SENT_BUFFER_BYTES) // event_bytes
        return max(1, min(self.bounds.entries, by_bytes))

    def dollars(self, event_bytes: int) -> float:
        """Return what the service takes for a million events."""
        entries = self.call(event_bytes)
        units = entries * ceil(event_bytes / self.unit_bytes)
        units = units if self.is_by_entry else ceil(entries * event_bytes / self.unit_bytes)
        return self.price.dollars * units / entries


SERVICES = {
    "sqs": Service("SQS", SQS_BOUNDS, PRICES.queue_call, 64 * KB, is_by_entry=False),
    "kinesis": Service("Kinesis", KINESIS_BOUNDS, PRICES.stream_unit, 25 * KB, is_by_entry=True),
    "eventbridge": Service("EventBridge", EVENTBRIDGE_BOUNDS, PRICES.bus_event, 64 * KB, is_by_entry=True),
}


def entries(service: Service, event_bytes: int) -> float:
    """Return what a queue, stream or bus takes beyond the landing bucket, without what its own account is billed."""
    calls = MILLION / service.call(event_bytes)
    cpu_ms = MILLION * ASSUMED.entry_cpu_ms_per_event + calls * ASSUMED.entry_cpu_ms_per_call
    seconds = cpu_ms / 1_000 * 1_769 / 1_024
    seconds += calls * ASSUMED.aws_ms_per_call / 1_000 * memory_of("bigquery_writer") / 1_024
    objects = PRICES.object_put.dollars * MILLION * event_bytes / SENT_BUFFER_BYTES / 1_000
    return PRICES.compute.dollars * seconds + objects
