"""List prices, and what no price list says: what `benchmarks.cost` reckons with."""

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

FUNCTIONS = Path(__file__).parent.parent / "infra/functions"


class Price(NamedTuple):
    """A list price, what one unit of it is, and whose page says so."""

    dollars: float
    unit: str
    page: str


class Prices(NamedTuple):
    """us-east-1, as listed in November 2026; a field is what is paid for."""

    http_api: Price = Price(1.00, "million requests of up to 512 KB, the first 300 million a month", "api-gateway")
    http_api_volume: Price = Price(0.90, "million requests of up to 512 KB, after them", "api-gateway")
    rest_api: Price = Price(3.50, "million requests, the first 333 million a month", "api-gateway")
    load_balancer: Price = Price(0.0225, "hour of an Application Load Balancer", "elasticloadbalancing")
    capacity_unit: Price = Price(
        0.008, "LCU and hour: 25 new connections a second, or 0.4 GB an hour to Lambda", "elasticloadbalancing"
    )
    cdn_request: Price = Price(1.00, "million HTTPS requests from the United States", "cloudfront")
    cdn_function: Price = Price(0.10, "million runs of a CloudFront function", "cloudfront")
    cdn_to_origin: Price = Price(0.020, "GB that CloudFront sends to what is behind it", "cloudfront")
    cdn_out: Price = Price(0.085, "GB that CloudFront sends to viewers, the first 10 TB a month", "cloudfront")
    invocation: Price = Price(0.20, "million invocations", "lambda")
    compute: Price = Price(0.0000133334, "GB-second on arm64", "lambda")
    stream: Price = Price(0.029, "GB put, each record rounded up to 5 KB", "firehose")
    object_put: Price = Price(0.005, "thousand PUTs, standard storage", "s3")
    object_get: Price = Price(0.0004, "thousand GETs, standard storage", "s3")
    storage: Price = Price(0.023, "GB and month, standard storage", "s3")
    write_unit: Price = Price(0.625, "million write units on demand, 1 KB each", "dynamodb")
    read_unit: Price = Price(0.125, "million read units on demand, 4 KB each", "dynamodb")
    log: Price = Price(0.50, "GB of logs taken in", "cloudwatch")
    public_address: Price = Price(0.005, "hour of a public IPv4 address", "vpc")
    queue_call: Price = Price(0.40, "million requests to standard queues", "sqs")
    stream_unit: Price = Price(0.014, "million units of 25 KB put, in streams with shards", "kinesis/data-streams")
    bus_event: Price = Price(1.00, "million custom events of up to 64 KB", "eventbridge")
    metric: Price = Price(0.30, "custom metric and month, the first 10,000", "cloudwatch")
    alarm: Price = Price(0.10, "metric that an alarm looks at, and month", "cloudwatch")
    secret: Price = Price(0.40, "secret and month", "secrets-manager")
    key: Price = Price(1.00, "key and month", "kms")
    catalog_call: Price = Price(1.00, "million requests to the Glue Data Catalog, the first million is free", "glue")
    optimizer: Price = Price(0.44, "DPU-hour of Glue looking after tables", "glue")
    data_out: Price = Price(0.09, "GB sent to the internet, the first 10 TB a month", "ec2 on-demand")
    row_stream: Price = Price(0.01, "200 MB of insertAll, each row at least 1 KB", "bigquery")


def memory_of(function: str) -> int:
    """Return how many MiB the stack gives a function, read from its spec's source: to make one takes all of CDK."""
    source = (FUNCTIONS / f"{function}.py").read_text(encoding="utf-8")
    (found,) = (
        keyword.value.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "FunctionSpec"
        for keyword in node.keywords
        if keyword.arg == "memory_mib" and isinstance(keyword.value, ast.Constant)
    )
    return int(found)


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What no price list says. Times are those of one request; `docs/benchmarks.md` has the CPU times' source."""

    memory_mb: int = memory_of("ingest")
    """Of the ingest function, as the stack sets it; 1,769 MB are one whole processor, so CPU time stretches by it."""
    stream_wait_ms: float = 12.0
    """How long a request waits for the stream to say that it has its records."""
    cpu_ms: float = 0.20
    cpu_ms_per_further_event: float = 0.003
    usual_cpu_ms: float = 1.48
    """Of a handler made of Powertools, pydantic and boto3 doing the same."""
    head_bytes: int = 900
    """Of a request: line, headers, TLS records."""
    answer_bytes: int = 600
    writes_per_handler_second: float = 0.8
    """Tallies, what they are added to, and rate windows, at 1,000 requests a second to one environment."""
    reads_per_handler_second: float = 0.25
    """Pointers, of one environment."""
    gzip_ratio: float = 6.0
    """How much smaller NDJSON is once it is compressed."""
    lambda_log_bytes: int = 420
    """The START, END and REPORT lines that a function writes per invocation unless it is told not to."""
    log_line_bytes: int = 500
    metric_line_bytes: int = 700
    """Of one line in the embedded metric format."""
    writer_cpu_ms_per_event: float = 0.02
    """Of the BigQuery writer, with 1,769 MB."""
    postgres_cpu_ms_per_event: float = 0.005
    """Of the same writer for PostgreSQL."""
    postgres_ms_per_event: float = 0.05
    """How long it waits for such a database, which inserts 20,000 events a second."""
    lake_cpu_ms_per_event: float = 0.01
    """Of the lake's writer, with 1,769 MB."""
    lake_object_writes_per_commit: float = 11.0
    """Objects put and lists asked for, which cost the same."""
    lake_catalog_calls_per_commit: float = 3.0
    lake_ms_per_commit: float = 500.0
    """How long the writer waits for S3 and Glue."""
    parquet_object_writes_per_object: float = 4.0
    """Of files of Parquet, of one revision and hour."""
    parquet_object_reads_per_object: float = 6.0
    parquet_catalog_calls_per_object: float = 2.0
    parquet_lease_writes_per_object: float = 4.0
    """A lease is taken and given back, each in a transaction, which takes two units."""
    parquet_ms_per_object: float = 400.0
    """How long the writer waits for S3, Glue and the lease."""
    http_cpu_ms_per_event: float = 0.01
    """Of the same writer for a target over HTTP."""
    target_ms_per_request: float = 100.0
    """How long it waits for such a target: a connection with TLS, the events, and the answer."""
    entry_cpu_ms_per_event: float = 0.04
    """Of the same writer for a queue, stream or bus of a user, with 1,769 MB."""
    entry_cpu_ms_per_call: float = 1.5
    aws_ms_per_call: float = 15.0
    """How long it waits for AWS's answer."""
    seconds_per_scheduled_run: float = 0.3
    """Of ledger, metering and outbox, each once a minute, in a deployment of some ten environments."""
    metering_wait_seconds: float = 30.0
    """Between metering's two looks in a minute, where a plan has a limit with `reject`."""
    polls_per_queue_and_minute: float = 14.0
    """Of Lambda, which asks each queue that feeds a function for messages: five askers, 20 seconds each."""
    alarms: int = 60
    """Of a stage with nothing but defaults."""
    reads_of_a_busy_environment: float = 9.0
    """Read units for each look of the ledger: a series of hours and one of minutes in eight shards, and its item."""
    reads_of_an_environments_alerts: float = 25.0
    """Read units for each look: four series in eight shards, the plan's among them, and the items of the environment,
    its alerts, their states and its domain."""
    writes_of_an_environments_alerts_per_hour: float = 24.0
    """Write units to note twelve times that nothing has changed."""
    looks_at_an_idle_environment_per_hour: float = 3.75


PRICES = Prices()
ASSUMED = Assumptions()
