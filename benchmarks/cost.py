"""What a million events cost in list prices: `python -m benchmarks.cost > docs/cost.md`.

`python -m benchmarks.cost --console > console/src/pages/overview/cost_figures.json` writes the figures from which the
console estimates an environment's.

Nothing is measured here. Prices are what the vendors' pages list for us-east-1, without free tiers and discounts;
what had to be assumed stands in `benchmarks.prices`, and the document repeats both. Every figure is dollars a million
events unless its name says otherwise.
"""

import json
import sys
from math import ceil

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
from benchmarks.destination_sections import destination_sections
from benchmarks.front_door_costs import (
    BALANCER_ADDRESSES,
    FIRST_MILLIONS,
    FRONT_DOORS,
    FUNCTION_URL,
    URL_BEHIND_CDN,
    answers,
    balancer_hours,
    first_requests,
    front_door,
)
from benchmarks.monthly import HOURS_PER_MONTH, MILLION, MINUTES_PER_MONTH, alert_looks, looks, scheduled
from benchmarks.prices import ASSUMED, PRICES
from benchmarks.stated_prices import stated
from benchmarks.traffic import GB, KB, Traffic
from domain.delivery.buffering import LAKE_SECONDS
from schemas.limits import DEFAULT_HTTP_EVENTS

POLLED_QUEUES = ("delivered", "landing", "provision", "quarantine", "spill", "taps", "usage")
FIGURES = 5
SCHEDULED = ("alerts", "ledger", "metering", "outbox", "usage_writer")
BATCHES = (1, 10, 100)
EVENT_BYTES = (300, 1_000, 4_000)
BASE = Traffic(300, 1)
PAGE_VIEW_BYTES = 323
"""As stored: docs/benchmarks.md."""
CLIENT_BATCH = 50
"""Events in a request of the clients, unless they are told otherwise."""
WON_AT = ((300, 1), (1_000, 1), (4_000, 1), (300, 100), (1_000, 100))
"""Bytes an event, and events a request."""
CONSOLE_EVENT_BYTES = (100, 200, 300, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000)
CONSOLE_BATCHES = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500)
CONSOLE_DOORS = {"http_api": "HTTP API", "alb": "ALB, a connection per request", "function_url": FUNCTION_URL}


def handler_seconds(traffic: Traffic, cpu_ms: float, calls: int = 1) -> float:
    """Return for how many seconds handlers are busy with a million events."""
    cpu = cpu_ms + ASSUMED.cpu_ms_per_further_event * (traffic.events - 1)
    billed_ms = ceil(ASSUMED.stream_wait_ms * calls + cpu * 1_769 / ASSUMED.memory_mb)
    return traffic.requests * billed_ms / 1_000


def function(traffic: Traffic, cpu_ms: float, calls: int = 1) -> float:
    seconds = handler_seconds(traffic, cpu_ms, calls)
    invocations = PRICES.invocation.dollars * traffic.requests / MILLION
    return invocations + PRICES.compute.dollars * seconds * ASSUMED.memory_mb / 1_024


def stream(traffic: Traffic, *, packed: bool = True) -> float:
    """Return what the delivery stream takes: a record per request, or one per event."""
    records, size = (traffic.requests, traffic.request_bytes) if packed else (MILLION, traffic.event_bytes)
    return PRICES.stream.dollars * records * ceil(size / (5 * KB)) * 5 * KB / GB


def bookkeeping(traffic: Traffic) -> float:
    """Return what counting, rate limits and freshness take."""
    seconds = handler_seconds(traffic, ASSUMED.cpu_ms)
    writes = PRICES.write_unit.dollars * ASSUMED.writes_per_handler_second
    reads = PRICES.read_unit.dollars * ASSUMED.reads_per_handler_second
    return seconds * (writes + reads) / MILLION


def storage(traffic: Traffic) -> float:
    """Return a month of what was delivered; objects are so few that their PUTs are below a tenth of a cent."""
    return PRICES.storage.dollars * MILLION * traffic.event_bytes / ASSUMED.gzip_ratio / GB


def parts(door: str, traffic: Traffic) -> dict[str, float]:
    """Return what each part takes with destination S3."""
    return {
        "front door": front_door(door, traffic),
        "function": function(traffic, ASSUMED.cpu_ms),
        "stream": stream(traffic),
        "counting": bookkeeping(traffic),
        "a month of storage": storage(traffic),
        "answers out": answers(door, traffic),
    }


def total(door: str, traffic: Traffic) -> float:
    return sum(parts(door, traffic).values())


def _saved_by_clients() -> int:
    """Return how many times as much page views cost as single requests."""
    return round(
        total("HTTP API", Traffic(PAGE_VIEW_BYTES, 1)) / total("HTTP API", Traffic(PAGE_VIEW_BYTES, CLIENT_BATCH))
    )


def naive_parts(traffic: Traffic, *, rest: bool) -> dict[str, float]:
    """Return the same for a build as tutorials show it: a record, a log line, a metric and a counter per request."""
    lines = ASSUMED.lambda_log_bytes + ASSUMED.log_line_bytes + ASSUMED.metric_line_bytes
    door = PRICES.rest_api if rest else PRICES.http_api_volume
    return {
        "front door": door.dollars * traffic.requests / MILLION,
        "function": function(traffic, ASSUMED.usual_cpu_ms),
        "stream": stream(traffic, packed=False),
        "counting": PRICES.write_unit.dollars * traffic.requests / MILLION,
        "a month of storage": storage(traffic),
        "answers out": answers("HTTP API", traffic),
        "logs and metrics": PRICES.log.dollars * traffic.requests * lines / GB,
    }


def balancer_begins(traffic: Traffic, other: str) -> float | None:
    """Return from how many million requests a month an ALB costs less than another door; None: it never does."""
    saved = (total(other, traffic) - total("ALB, a connection per request", traffic)) / traffic.requests * MILLION
    if saved <= 0:
        return None
    # An HTTP API's first requests of a month are dearer, and a load balancer's hours are saved within them.
    return balancer_hours() / (saved + (first_requests(traffic) if other == "HTTP API" else 0.0))


def console_figures() -> str:
    """Return what the console estimates from, as JSON: by door, bytes an event and events a request."""
    per_million = {
        door: [
            [_short(total(name, Traffic(size, events))) for events in CONSOLE_BATCHES] for size in CONSOLE_EVENT_BYTES
        ]
        for door, name in CONSOLE_DOORS.items()
    }
    on_top = {
        "bigquery_load": [bigquery(Traffic(size, 1), "load") for size in CONSOLE_EVENT_BYTES],
        "bigquery_stream": [bigquery(Traffic(size, 1), "stream") for size in CONSOLE_EVENT_BYTES],
        "lake": [lake() for _ in CONSOLE_EVENT_BYTES],
        "lake_parquet": [lake() for _ in CONSOLE_EVENT_BYTES],
        "postgres": [postgres(Traffic(size, 1)) for size in CONSOLE_EVENT_BYTES],
        "http": [http(Traffic(size, DEFAULT_HTTP_EVENTS)) for size in CONSOLE_EVENT_BYTES],
        **{
            kind: [entries(service, size) + service.dollars(size) for size in CONSOLE_EVENT_BYTES]
            for kind, service in SERVICES.items()
        },
    }
    found = {
        "event_bytes": CONSOLE_EVENT_BYTES,
        "events_per_request": CONSOLE_BATCHES,
        "per_million": per_million,
        "on_top": {name: [_short(dollars) for dollars in row] for name, row in on_top.items()},
        "alb_dollars_per_month": round(balancer_hours(), 2),
        "lake_dollars_per_month": round(lake_commits(), 2),
        "parquet_dollars_per_month": round(parquet_objects(LAKE_SECONDS), 2),
    }
    return json.dumps(found, separators=(",", ":")) + "\n"


def _short(dollars: float) -> float:
    return float(f"{dollars:.4g}")


def document() -> str:
    """Return `docs/cost.md`."""
    return "\n".join(
        [
            *_opening(),
            *_by_size(),
            *_where_each_begins(),
            *_parts_table(),
            *_naive(),
            *destination_sections(EVENT_BYTES),
            *_fixed(),
            *stated(),
        ]
    )


def _opening() -> list[str]:
    return [
        "# What it costs",
        "",
        "Dollars per million events, computed by `python -m benchmarks.cost` from list prices of us-east-1 in November",
        "2026, without free tier and discounts; the assumptions are [below](#what-is-assumed). Taxes, support and your",
        "own queries are not included. Check prices on the vendors' pages before you decide anything. The console",
        "estimates an environment's costs from the same figures, under Overview once one environment is chosen.",
        "",
    ]


def _by_size() -> list[str]:
    rows = []
    for size in EVENT_BYTES:
        for events in BATCHES:
            traffic = Traffic(size, events)
            cells = " | ".join(f"{total(door, traffic):.2f}" for door in FRONT_DOORS)
            rows.append(f"| {size:,} | {events} | {cells} |")
    return [
        "## By front door, batch and size",
        "",
        "Destination S3, everything included except what is [fixed](#what-is-fixed). A million of the HTTP API's",
        f"first {FIRST_MILLIONS} million requests of a month costs {first_requests(BASE):.2f} more.",
        "",
        f"| bytes per event | events per request | {' | '.join(FRONT_DOORS)} |",
        f"|---|---|{'---|' * len(FRONT_DOORS)}",
        *rows,
        "",
        "Batches save most, and the front door next: a browser that sends what it has every few seconds, or a",
        "server that sends a hundred at once, pays for one request. The clients send batches by default:",
        "[the same page views](benchmarks.md#page-views-one-by-one-and-by-the-clients)",
        f"cost 1/{_saved_by_clients()} of single requests.",
        "",
    ]


def _where_each_begins() -> list[str]:
    rows = []
    for size, events in WON_AT:
        traffic = Traffic(size, events)
        begins = [balancer_begins(traffic, other) for other in ("HTTP API", URL_BEHIND_CDN)]
        told = " | ".join("never" if count is None else f"{count:,.0f} million" for count in begins)
        rows.append(f"| {traffic.request_bytes:,} | {told} |")
    url, first, cdn = (total(door, BASE) for door in (FUNCTION_URL, "HTTP API", URL_BEHIND_CDN))
    return [
        "## Where each door begins to win",
        "",
        "- **The function URL, from the first request on**, where it needs no domain of yours: a request costs",
        f"  nothing there but the function's run. A single event costs {url / first:.2f} of its price at the HTTP API.",
        "  A function URL serves no [custom domains](custom-domains.md), and no firewall stands in front of it.",
        "- **The HTTP API, for a domain of yours at small volumes**: it costs nothing while idle.",
        "- **The ALB, for a domain of yours at volume**: from this many requests a month on, it costs less than the",
        "  other two, its hours and addresses included. It counts bytes, so for large requests it never does:",
        "",
        "| bytes per request | less than the HTTP API from | less than CloudFront from |",
        "|---|---|---|",
        *rows,
        "",
        "- **CloudFront in front of a function URL, never by its price**: a million single events cost",
        f"  {cdn:.2f}, at the HTTP API {first:.2f}. It gives a function URL a domain, IPv6 and HTTP/3.",
        "",
    ]


def _parts_table() -> list[str]:
    columns = {f"{traffic.events} per request": parts("HTTP API", traffic) for traffic in _bases()}
    columns["1 per request, function URL"] = parts(FUNCTION_URL, BASE)
    names = list(next(iter(columns.values())))
    rows = [f"| {name} | {' | '.join(f'{column[name]:.3f}' for column in columns.values())} |" for name in names]
    sums = " | ".join(f"**{sum(column.values()):.3f}**" for column in columns.values())
    return [
        "## Where it goes",
        "",
        "Events of 300 bytes, destination S3; at an HTTP API, and at a function URL in the last column.",
        "",
        f"| | {' | '.join(columns)} |",
        f"|---|{'---|' * len(columns)}",
        *rows,
        f"| **together** | {sums} |",
        "",
    ]


def _naive() -> list[str]:
    rows = []
    for traffic in _bases():
        ours, http, rest = (
            sum(costs.values())
            for costs in (
                parts("HTTP API", traffic),
                naive_parts(traffic, rest=False),
                naive_parts(traffic, rest=True),
            )
        )
        row = f"| {traffic.events} | {ours:.2f} | {http:.2f} ({http / ours:.1f} x) | {rest:.2f} ({rest / ours:.1f} x) |"
        rows.append(row)
    return [
        "## Against the usual build",
        "",
        "A function of Powertools, pydantic and boto3 that puts a record per event, logs a line, writes a metric line",
        "and adds one to a counter; events of 300 bytes.",
        "",
        "| events per request | this | usual, HTTP API | usual, REST API |",
        "|---|---|---|---|",
        *rows,
        "",
        _remark(),
        "",
    ]


def _remark() -> str:
    usual, batch = naive_parts(BASE, rest=True), Traffic(300, 100)
    return (
        f"Of a usual single event, counting is {usual['counting']:.2f}, logs and metrics are"
        f" {usual['logs and metrics']:.2f}.\nOf a batch of a hundred, a record for each event costs"
        f" {stream(batch, packed=False):.3f}, packed records cost {stream(batch):.3f}."
    )


def _fixed() -> list[str]:
    objects = PRICES.object_put.dollars * 60 * HOURS_PER_MONTH / 1_000
    addresses = BALANCER_ADDRESSES * PRICES.public_address.dollars * HOURS_PER_MONTH
    polled = PRICES.queue_call.dollars * ASSUMED.polls_per_queue_and_minute * MINUTES_PER_MONTH / MILLION
    waiting = scheduled("metering", ASSUMED.metering_wait_seconds) - scheduled("metering")
    rows = [
        (PRICES.load_balancer.dollars * HOURS_PER_MONTH, "the ALB, if there is one, before its first request"),
        (addresses, f"its {BALANCER_ADDRESSES} public addresses, one in each zone; more if it grows"),
        (PRICES.alarm.dollars * ASSUMED.alarms, f"some {ASSUMED.alarms} alarms; AWS gives ten for nothing"),
        (
            PRICES.alarm.dollars,
            "each delivery stream of the account and region that the alarm `delivery-freshness` sees",
        ),
        (
            PRICES.metric.dollars * FIGURES,
            f"{FIGURES} figures of the ledger, the outbox and the alerts, as custom metrics",
        ),
        (3.00, "the dashboard, if you have three others"),
        (polled * len(POLLED_QUEUES), f"{len(POLLED_QUEUES)} queues that Lambda asks for messages"),
        (polled, "one queue more, in a stage with [lakes](destinations.md#a-lake), even if none is used"),
        (PRICES.key.dollars, "the encryption key"),
        (
            PRICES.secret.dollars,
            "each secret: one per deployment, a destination's and the webhooks' per environment, targets of alerts",
        ),
        (sum(map(scheduled, SCHEDULED)), "`alerts`, `ledger`, `metering`, `outbox` and `usage_writer`, every minute"),
        (waiting, "metering's second look in each minute, where a plan has a limit with `reject`, or a canary runs"),
        (objects, "the objects of one busy stream that closes one a minute"),
        (alert_looks(), "the looks at the alerts of an environment that has one of each kind"),
        (looks(60), "the ledger's looks at an environment that has events on their way all month"),
        (looks(ASSUMED.looks_at_an_idle_environment_per_hour), "the ledger's looks at an environment without events"),
    ]
    return [
        "## What is fixed",
        "",
        "| dollars a month | |",
        "|---|---|",
        *(f"| {dollars:.{2 if dollars >= 0.01 else 3}f} | {what} |" for dollars, what in rows),
        "",
        "An environment without events costs the ledger's looks, its streams' places in the alarm, and no objects.",
        "",
    ]


def _bases() -> list[Traffic]:
    return [Traffic(300, events) for events in BATCHES]


if __name__ == "__main__":
    print(console_figures() if "--console" in sys.argv else document(), end="")
