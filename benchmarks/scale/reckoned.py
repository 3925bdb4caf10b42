"""The sections of `docs/scale.md` that are reckoned by the formulas alone."""

from collections.abc import Mapping
from textwrap import wrap

from benchmarks.destination_costs import SERVICES
from benchmarks.prices import ASSUMED as COSTS
from benchmarks.prices import PRICES
from benchmarks.scale import formulas
from benchmarks.scale.formulas import WRITER
from benchmarks.scale.quotas import ASSUMED, MIB, QUOTAS, TRANSACTION_UNITS
from schemas.limits import (
    COUNTER_FLUSH_SECONDS,
    DEFAULT_HTTP_EVENTS,
    MAX_STREAMS,
    POINTER_MAX_AGE_SECONDS,
    UNKNOWN_KEYS_MAX_FLUSH_SECONDS,
    UNKNOWN_KEYS_TURN_SECONDS,
    USAGE_FOLD_SECONDS,
)

_OTHER_CALLS, _OTHER_MIB = 1_000, 1
"""Of a stream in every region but the three large ones; the page is that of `QUOTAS.stream_calls`."""
_PEAKS = ((500, 0.2), (1_000, 0.5), (5_000, 2), (30_000, 10))
_COUNTED = ((1_000, 10), (1_000, 100), (10_000, 10), (10_000, 100), (100_000, 10), (100_000, 1_000))
_TIMES = "\N{MULTIPLICATION SIGN}"
_WIDTH = 118


def paragraph(*parts: str) -> list[str]:
    """Return a paragraph of the page in lines of its width."""
    return wrap(" ".join(parts), _WIDTH, break_long_words=False, break_on_hyphens=False)


def item(*parts: str) -> list[str]:
    """Return an item of a list in the same way."""
    return wrap(" ".join(parts), _WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)


def streams() -> list[str]:
    calls, mib = QUOTAS.stream_calls.value, QUOTAS.stream_bytes.value / MIB
    rows = [
        f"| {requests:,} requests, {size:g} MiB{' per second' if place == 0 else ''} "
        f"| {formulas.streams(requests, size, calls, mib)} "
        f"| {formulas.streams(requests, size, _OTHER_CALLS, _OTHER_MIB)} |"
        for place, (requests, size) in enumerate(_PEAKS)
    ]
    requests, size = _PEAKS[-1]
    here, elsewhere = (
        formulas.streams(requests, size, 5 * taken, 5 * most)
        for taken, most in ((calls, mib), (_OTHER_CALLS, _OTHER_MIB))
    )
    return [
        *paragraph(
            "Ingest makes one call per request and stream, and spreads requests over an environment's streams.",
            "Take the peak, not the average, and keep a third of it free. A stream that throttles costs a second try",
            "on another, and the spill queue after that. Nothing is lost meanwhile, but a spilled record comes later.",
        ),
        "",
        "```",
        f"streams = {formulas.SPARE:g} {_TIMES} max( requests per second at peak / calls a stream takes,",
        "                     MiB per second at peak      / MiB a stream takes )",
        "```",
        "",
        "| peak, in one environment | large region | elsewhere |",
        "|---|---|---|",
        *rows,
        f"| {requests:,} requests, {size:g} MiB, quota of a stream raised fivefold | {here} | {elsewhere} |",
        "",
        *paragraph(
            f"An environment has at most {MAX_STREAMS}. `streams` is set when it is made and with",
            "`PATCH /v1/environments/{id}`; new ones are used as soon as they are active, and those that go deliver",
            "what they hold first.",
        ),
    ]


def reading() -> list[str]:
    rows = []
    for requests, environments in _COUNTED:
        handlers = formulas.busy_handlers(requests, ASSUMED.put_seconds)
        reads = formulas.reading(handlers, [(environments, requests / environments)])
        rows.append(
            f"| {requests:,} | {environments:,} | {handlers:,.0f} | {reads:,.0f} "
            f"| {reads * PRICES.read_unit.dollars / requests:.2f} |"
        )
    age = POINTER_MAX_AGE_SECONDS
    return [
        *paragraph(
            f"A handler reads an environment's pointer before a request to it, where it has last done so {age:g}",
            "seconds ago or more: once for many requests of a busy environment, and before each request to one that a",
            "handler seldom has. A reading is a unit.",
        ),
        "",
        "```",
        f"readings per second = sum over environments of handlers / ( {age:g} + handlers / its requests per second )",
        "```",
        "",
        "| requests per second | environments, alike | busy handlers | readings per second | $ per million |",
        "|---|---|---|---|---|",
        *rows,
        "",
        *paragraph(
            f"The catalog's table takes {QUOTAS.table_reads.value:,.0f} of them per second before its quota is",
            f"raised, and the pointer of one environment {QUOTAS.item_reads.value:,.0f}: those of",
            f"{QUOTAS.item_reads.value * age:,.0f} handlers. What finds no room is read a moment later: a handler goes",
            "on with what it knows.",
        ),
    ]


def writers() -> list[str]:
    http, many = COSTS.http_cpu_ms_per_event, WRITER["batch_size"]
    by_destination = {
        "BigQuery, mode `load`": (COSTS.writer_cpu_ms_per_event, 0.0),
        "PostgreSQL": (COSTS.postgres_cpu_ms_per_event, COSTS.postgres_ms_per_event),
        f"HTTP, {DEFAULT_HTTP_EVENTS} events per request": (http, COSTS.target_ms_per_request / DEFAULT_HTTP_EVENTS),
        "HTTP, 1 event per request": (http, COSTS.target_ms_per_request),
    }
    for service in SERVICES.values():
        events = service.call(ASSUMED.event_bytes)
        cpu = COSTS.entry_cpu_ms_per_event + COSTS.entry_cpu_ms_per_call / events
        by_destination[f"{service.name}, {events} events per call"] = (cpu, COSTS.aws_ms_per_call / events)
    rows = [
        f"| {name} | {_rough(formulas.written(*taken, 1))} | {_rough(formulas.written(*taken, many))} |"
        for name, taken in by_destination.items()
    ]
    return [
        *paragraph(
            "What landed for BigQuery, databases, targets and queues is written by at most",
            f"{WRITER['max_concurrency']} runs of the writer at a time, for all environments of a stage together. A",
            f"run has up to {many} objects: those of one environment it writes one after the other, those of others",
            "side by side. With what [Cost](cost.md#what-is-assumed) assumes, for events of",
            f"{ASSUMED.event_bytes} bytes, that makes events per second:",
        ),
        "",
        "| destination | of one environment | of many |",
        "|---|---|---|",
        *rows,
        "",
        *paragraph(
            "The target itself may take fewer. Beyond that, objects wait, and the alarm",
            "[`landing-lag`](operate.md#landing-lag) is raised: send more events per request, or spread environments",
            "over several stages. With the destination S3 there is no writer.",
        ),
    ]


def _rough(number: float) -> str:
    return f"{float(f'{number:.2g}'):,.0f}"


def counting(largest: Mapping[str, float]) -> list[str]:
    rows = []
    for requests, environments in _COUNTED:
        handlers = formulas.busy_handlers(requests, ASSUMED.put_seconds)
        counted = formulas.counting(handlers, [(environments, requests / environments)])
        cost = counted.write_units * PRICES.write_unit.dollars + counted.queue_calls * PRICES.queue_call.dollars
        rows.append(
            f"| {requests:,} | {environments:,} | {handlers:,.0f} | {counted.rows:,.0f} "
            f"| {counted.write_units:,.0f} | {cost / requests:.2f} |"
        )
    fold = USAGE_FOLD_SECONDS
    turns = f"{formulas.ROW_UNITS} {_TIMES} rows of a turn / {USAGE_FOLD_SECONDS}"
    writes = f"{TRANSACTION_UNITS} {_TIMES} tallies + {turns} + what waits between taking and adding"
    columns = (
        "requests per second | environments, alike | busy handlers | rows a tally | units per second | $ per million"
    )
    return [
        *paragraph(
            f"Handlers send what they have counted every {COUNTER_FLUSH_SECONDS:.0f} seconds to a queue: a *tally*",
            "each, with a row for each environment that they had a request of. The usage writer takes tallies by the",
            f"batch, and every {USAGE_FOLD_SECONDS} seconds adds up what was taken: for each environment at three",
            f"levels, by minute, hour and day, {formulas.ROW_UNITS} write units however many handlers served it.",
        ),
        "",
        "```",
        f"rows of a tally  = sum over environments of 1 - exp( -10 {_TIMES} its requests per second / busy handlers )",
        "tallies per second = busy handlers / 10",
        f"rows of a turn   = sum over environments of 1 - exp( -{fold} {_TIMES} its requests per second )",
        f"write units per second = {writes}",
        "```",
        "",
        f"| {columns} |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
        *paragraph(
            "**Many small environments cost more than one large one**: few of their requests meet in a row. Where the",
            "last column outweighs the rest of a request's price, send in batches. The table takes",
            f"{QUOTAS.table_writes.value:,.0f} write units per second before its quota is raised.",
        ),
        "",
        *paragraph(
            "One run of the usage writer adds up at a time, in eight transactions side by side that never meet on an",
            f"item. For the evening of the largest simulated day, of {largest['sheets']:.0f} batches of tallies in",
            f"{largest['transactions']:.0f} transactions, that takes {largest['fold_seconds']:.1f} of every",
            f"{USAGE_FOLD_SECONDS} seconds. Where it takes longer, counts arrive later, and no count is lost.",
            "[Decision 45](decisions/0045-tallies.md) has the arithmetic.",
        ),
        "",
        *paragraph(
            "Two things handlers add to the table themselves, each to one item of an environment. One is the rate of",
            f"an environment with a limit: {1 / COUNTER_FLUSH_SECONDS:g} units per second for each handler, of which",
            f"the item takes those of {QUOTAS.item_writes.value * COUNTER_FLUSH_SECONDS:,.0f}; more are added later.",
            "[Decision 7](decisions/0007-rate-limits.md) has the arithmetic. The other is what they saw of",
            "[unknown keys](fields.md#unknown-keys-that-arrive). Each waits longer the more of them there are, so that",
            f"one writes every {UNKNOWN_KEYS_TURN_SECONDS:g} seconds, or each of them every",
            f"{UNKNOWN_KEYS_MAX_FLUSH_SECONDS / 60:g} minutes where they are too many for that.",
        ),
        "",
        *paragraph(
            "The ledger reads an environment with 17 calls, 16 environments side by side: a minute is enough for some",
            "1,800 that have something on its way. Others are read four times an hour. [Alerts](alerts.md) read each",
            "environment that has some with up to 40 calls, 16 environments side by side: a run is enough for some 500",
            "that have an alert of each kind.",
        ),
    ]
