"""The sections of `docs/cost.md` about what each destination takes on top."""

from collections.abc import Sequence

from benchmarks.destination_costs import (
    SERVICES,
    bigquery,
    entries,
    http,
    lake,
    lake_commits,
    parquet_objects,
    postgres,
)
from benchmarks.prices import ASSUMED, PRICES
from benchmarks.traffic import Traffic
from domain.delivery.buffering import LAKE_SECONDS
from schemas.limits import DEFAULT_HTTP_EVENTS, MAX_BUFFER_SECONDS


def destination_sections(sizes: Sequence[int]) -> list[str]:
    """Return them, for events of these bytes."""
    return [*_bigquery(sizes), *_lake(), *_postgres(sizes), *_http(sizes), *_entries(sizes)]


def _bigquery(sizes: Sequence[int]) -> list[str]:
    rows = [
        f"| {size:,} | {bigquery(Traffic(size, 1), 'load'):.4f} | {bigquery(Traffic(size, 1), 'stream'):.3f} |"
        for size in sizes
    ]
    return [
        "## BigQuery, on top",
        "",
        "The stream and a landing bucket are as with S3. Mode `load` loads for free, mode `stream` pays for every row",
        "as if it had at least 1 KB. BigQuery's own storage and your queries come on top; so does, in mode `load`, the",
        "query that [looks for repeats](destinations.md#repeats), where there may be any.",
        "",
        "| bytes per event | `load` | `stream` |",
        "|---|---|---|",
        *rows,
        "",
    ]


def _lake() -> list[str]:
    return [
        "## A lake, on top",
        "",
        f"The stream and a landing bucket are as with S3. Its writer takes {lake():.4f} for a million events. The",
        f"commits of an environment's table take {lake_commits():.2f} a month if there is one a minute, the most that",
        f"there are. What Glue takes for looking after the table, {PRICES.optimizer.dollars} a DPU-hour, comes on top",
        "and has not been seen yet.",
        "",
        "With `table_format` `parquet` there is nothing that Glue looks after, and the objects of an environment take",
        f"{parquet_objects(MAX_BUFFER_SECONDS):.2f} a month as streams gather by default, and",
        f"{parquet_objects(LAKE_SECONDS):.2f} if there is one a minute, the most that there are.",
        "",
        "In a bucket of yours the requests to S3 and Glue, and what Glue does, are billed to your account.",
        "",
    ]


def _postgres(sizes: Sequence[int]) -> list[str]:
    return [
        "## PostgreSQL, on top",
        "",
        "The stream and a landing bucket are as with S3. The writer waits for the database, and what is sent leaves",
        "AWS; within it, traffic costs less. The database itself comes on top.",
        "",
        "| bytes per event | |",
        "|---|---|",
        *(f"| {size:,} | {postgres(Traffic(size, 1)):.3f} |" for size in sizes),
        "",
    ]


def _http(sizes: Sequence[int]) -> list[str]:
    rows = [
        f"| {size:,} | {http(Traffic(size, DEFAULT_HTTP_EVENTS)):.3f} | {http(Traffic(size, 1)):.2f} |"
        for size in sizes
    ]
    return [
        "## A target over HTTP, on top",
        "",
        "The stream and a landing bucket are as with S3. The writer waits for the target's answers, and what is sent",
        f"leaves AWS. A target that answers within {ASSUMED.target_ms_per_request:.0f} ms is assumed.",
        "",
        f"| bytes per event | {DEFAULT_HTTP_EVENTS} events per request | 1 event per request |",
        "|---|---|---|",
        *rows,
        "",
    ]


def _entries(sizes: Sequence[int]) -> list[str]:
    rows = [
        f"| {service.name} | {size:,} | {service.call(size)} | {entries(service, size):.3f} "
        f"| {service.dollars(size):.3f} |"
        for service in SERVICES.values()
        for size in sizes
    ]
    return [
        "## A queue, stream or bus of AWS, on top",
        "",
        "The stream and a landing bucket are as with S3. The writer waits for the answers. What the service itself",
        "takes is billed to the account that it is in, beside the hours of a stream's shards; traffic within a region",
        "is free.",
        "",
        "| destination | bytes per event | events per call | writer | the service |",
        "|---|---|---|---|---|",
        *rows,
        "",
    ]
