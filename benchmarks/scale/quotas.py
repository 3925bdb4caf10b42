"""What the services allow, each with the page that says so, and what no page says.

Quotas are the vendor's defaults for an account in us-east-1. A model refuses what is beyond them, and by their names
the report says which of them bound.
"""

from dataclasses import dataclass
from typing import NamedTuple

MIB = 2**20
_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg"
_DYNAMODB = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide"


class Quota(NamedTuple):
    """A number, what it counts, and the page that says so."""

    value: float
    unit: str
    page: str


class Quotas(NamedTuple):
    """As they come; a field's name is how the report names what bound."""

    stream_calls: Quota = Quota(
        2_000, "calls per second of one delivery stream", "https://docs.aws.amazon.com/firehose/latest/dev/limits.html"
    )
    stream_bytes: Quota = Quota(
        5 * MIB,
        "bytes per second of one delivery stream",
        "https://docs.aws.amazon.com/firehose/latest/dev/limits.html",
    )
    door_rate: Quota = Quota(
        10_000,
        "requests per second of the HTTP APIs of an account",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html",
    )
    door_burst: Quota = Quota(
        5_000,
        "requests at once beyond that rate",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html",
    )
    handlers: Quota = Quota(1_000, "handlers at once in an account", f"{_LAMBDA}/gettingstarted-limits.html")
    handler_calls: Quota = Quota(
        10, "requests per second for each handler of the concurrency", f"{_LAMBDA}/lambda-concurrency.html"
    )
    handler_steps: Quota = Quota(100, "further handlers of one function per second", f"{_LAMBDA}/scaling-behavior.html")
    item_writes: Quota = Quota(
        1_000, "write units per second of one partition", f"{_DYNAMODB}/bp-partition-key-design.html"
    )
    item_reads: Quota = Quota(
        3_000, "read units per second of one partition", f"{_DYNAMODB}/bp-partition-key-design.html"
    )
    table_writes: Quota = Quota(40_000, "write units per second of one table", f"{_DYNAMODB}/ServiceQuotas.html")
    table_reads: Quota = Quota(40_000, "read units per second of one table", f"{_DYNAMODB}/ServiceQuotas.html")
    queue_handlers: Quota = Quota(5, "handlers that a queue feeds at first", f"{_LAMBDA}/services-sqs-scaling.html")
    queue_in_flight: Quota = Quota(
        120_000,
        "messages of a queue that were taken and are neither deleted nor visible again",
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html",
    )
    queue_steps: Quota = Quota(
        5, "further handlers that a queue feeds, per second", f"{_LAMBDA}/services-sqs-scaling.html"
    )


TRANSACTION_UNITS = 2
"""Write units for each KiB that a transaction writes.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""
BATCH_BYTES = 6 * MIB
"""Of messages that one call of a function takes.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""
SQS_CHUNK_BYTES = 64 * 1024
"""A request to SQS is billed for each started chunk: https://aws.amazon.com/sqs/pricing/"""
LCU_BYTES_PER_HOUR = 0.4 * 2**30
"""https://aws.amazon.com/elasticloadbalancing/pricing/"""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What no page says; seconds."""

    put_seconds: float = 0.012
    """Until a stream has said that it keeps a record: the median, like the ones below."""
    get_seconds: float = 0.004
    """Until DynamoDB has read an item."""
    write_seconds: float = 0.006
    transaction_seconds: float = 0.012
    """Until a transaction has been done, and for how long another on the same item is cancelled."""
    queue_seconds: float = 0.010
    spread: float = 0.35
    """Of the logarithm of these times."""
    cpu_seconds: float = 0.0006
    """That a request computes, with the memory that the function has."""
    start_seconds: float = 0.4
    """Until a new handler has started."""
    idle_seconds: float = 600.0
    """For which a handler without requests is kept."""
    poll_seconds: float = 0.02
    """Between a batch of messages and the function's start with it."""
    object_seconds: float = 0.05
    """Until S3 has sent an object's first byte, and in which it sends the rest."""
    delivered_event_seconds: float = 0.0000037
    """That an event of an object takes to be counted, with the memory that the function has."""
    event_bytes: int = 300
    head_bytes: int = 900
    answer_bytes: int = 600
    invalid_share: float = 0.01
    """Of requests, whose event is not valid."""
    deflated_share: float = 0.53
    """What rows of usage take once they are deflated, of their text."""
    counted_row_seconds: float = 0.00002
    """That the usage writer computes for a row of a tally, with the memory that it has."""


QUOTAS = Quotas()
ASSUMED = Assumptions()
