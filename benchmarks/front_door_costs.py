"""What a million events cost at each front door, without what a load balancer costs before its first request."""

from math import ceil

from benchmarks.monthly import HOURS_PER_MONTH, MILLION
from benchmarks.prices import ASSUMED, PRICES
from benchmarks.traffic import GB, KB, Traffic

FUNCTION_URL = "function URL"
URL_BEHIND_CDN = "function URL behind CloudFront"
FRONT_DOORS = (
    "HTTP API",
    "ALB, a connection per request",
    "ALB, kept-alive connections",
    FUNCTION_URL,
    URL_BEHIND_CDN,
)
BALANCER_ADDRESSES = 2
FIRST_MILLIONS = 300
"""Of an HTTP API's requests in a month, which are dearer."""


def front_door(name: str, traffic: Traffic) -> float:
    """Return what a front door takes, without an ALB's hours."""
    if name == "HTTP API":
        return PRICES.http_api_volume.dollars * _metered(traffic) * traffic.requests / MILLION
    if name == FUNCTION_URL:
        return 0.0
    if name == URL_BEHIND_CDN:
        each = PRICES.cdn_request.dollars + PRICES.cdn_function.dollars
        sent_on = traffic.requests * (traffic.request_bytes + ASSUMED.head_bytes)
        return each * traffic.requests / MILLION + PRICES.cdn_to_origin.dollars * sent_on / GB
    carried = traffic.requests * (traffic.request_bytes + ASSUMED.head_bytes + ASSUMED.answer_bytes)
    unit_hours = carried / (0.4 * GB)
    if "per request" in name:
        unit_hours = max(unit_hours, traffic.requests / (25 * 3600))
    return PRICES.capacity_unit.dollars * unit_hours


def first_requests(traffic: Traffic) -> float:
    """Return what a million of an HTTP API's first requests in a month cost more than those after them."""
    return (PRICES.http_api.dollars - PRICES.http_api_volume.dollars) * _metered(traffic)


def _metered(traffic: Traffic) -> int:
    """Return for how many requests an HTTP API bills one."""
    return ceil((traffic.request_bytes + ASSUMED.head_bytes) / (512 * KB))


def answers(door: str, traffic: Traffic) -> float:
    price = PRICES.cdn_out if door == URL_BEHIND_CDN else PRICES.data_out
    return price.dollars * traffic.requests * ASSUMED.answer_bytes / GB


def balancer_hours() -> float:
    """Return a month of an ALB and its addresses, before its first request."""
    return HOURS_PER_MONTH * (PRICES.load_balancer.dollars + BALANCER_ADDRESSES * PRICES.public_address.dollars)
