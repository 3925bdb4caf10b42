"""An organisation as it looks after some weeks of use, for pages to show."""

import json
import math
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx

from adapters.sqlite.database import Database
from adapters.sqlite.unknown_keys import SqliteUnknownKeys
from adapters.sqlite.usage import SqliteUsage
from domain.metering.ports import UsageSums
from domain.metering.unknown_keys import UnknownKeys, add_to
from local.api_client import Made
from tests.browser.operations_seed import add_dead_letters, add_set_aside
from tests.certificates import DOMAIN, issue

DAY = 86_400
HOUR = 3_600

SHOP = [
    {"key": "event", "type": "STRING", "rules": [{"rule": "one_of", "value": ["view", "cart", "purchase"]}]},
    {"key": "price", "type": "FLOAT", "presence": "optional", "rules": [{"rule": "min_value", "value": 0}]},
    {"key": "currency", "type": "STRING", "presence": "default", "default": "EUR"},
    {"key": "browser", "type": "STRING", "presence": "macro", "macro": "browser_name"},
    {
        "key": "items",
        "type": "ARRAY_OBJECT",
        "presence": "optional",
        "fields": [
            {"key": "sku", "type": "STRING", "description": "As the warehouse has it."},
            {"key": "quantity", "type": "INT", "rules": [{"rule": "min_value", "value": 1}]},
        ],
    },
]

ORDERS = [{"orderId": "o-1", "total": 59.9}, {"orderId": "o-2", "total": 12.5, "coupon": "MUG10"}]
"""Properties of an event of a tracking plan."""

HOOKS = [
    {"name": "github", "scheme": "github", "secrets": ["a-newer-secret", "an-older-secret"]},
    {"name": "payments", "scheme": "stripe", "secrets": ["whsec_of_payments"]},
    {"name": "till", "scheme": "none"},
]


UNKNOWN = [
    (300, "/couponCode", "MUG10"),
    (120, "/context/page", {"url": "https://shop.example/", "width": 1280}),
    (41, "/items/*/colour", "blue"),
    (7, "/discount", 2.5),
    (3, "/discount", 2),
]
"""In how many of the events that were looked at a key stood, its pointer and its value."""


@dataclass(frozen=True)
class Seeded:
    """Ids of what the pages show."""

    shop: Made
    draft_id: str
    staging_id: str
    planned_id: str


def seed(api, state_dir):
    """Fill a local run: three endpoints, weeks of usage, quarantined events, members and tokens, what was given up."""
    shop = api.make_environment("Web shop", SHOP)
    staging = api.call(
        "POST",
        f"/v1/endpoints/{shop.endpoint_id}/environments",
        {"name": "Staging", "revision_id": shop.revision_id, "destination": {"type": "s3", "managed": True}},
    )
    api.call("PATCH", f"/v1/environments/{shop.environment_id}", {"name": "Production"})
    certificate = issue((DOMAIN,), starts=datetime.now(UTC) - timedelta(days=1))
    api.call(
        "PUT",
        f"/v1/environments/{staging['id']}/custom-domain",
        {"domain": DOMAIN, "certificate": {"pem": certificate.pem, "private_key": certificate.private_key}},
    )
    api.call("PATCH", f"/v1/environments/{staging['id']}", {"write_keys": ["shop-web", "app"], "webhooks": HOOKS})
    clone = api.call(
        "POST", f"/v1/endpoints/{shop.endpoint_id}/revisions", {"clone_of": shop.revision_id, "name": "With vouchers"}
    )
    api.call(
        "PUT",
        f"/v1/revisions/{clone['id']}/fields",
        {"fields": [*SHOP, {"key": "voucher", "type": "STRING", "presence": "optional"}]},
        headers={"If-Match": f'"{clone["version"]}"'},
    )
    planned = api.call(
        "POST",
        f"/v1/endpoints/{shop.endpoint_id}/revisions",
        {"name": "Tracking plan", "template": "segment", "plan": {"Order Completed": ORDERS}},
    )
    errors = api.make_environment("App errors", [{"key": "message", "type": "STRING"}])
    api.call("POST", "/v1/endpoints", {"name": "Newsletter", "template": "user_tracking"})
    api.call("POST", "/v1/organisation/members", {"email": "grace@example.com", "role": "editor"})
    api.call("POST", "/v1/organisation/members", {"email": "alan@example.com", "role": "viewer"})
    api.call("POST", "/v1/tokens", {"name": "CI", "role": "editor", "expires_at": "2030-01-01T00:00:00Z"})
    api.call("PATCH", "/v1/organisation", {"plan": {"name": "Growth", "requests_per_month": 3_000_000}})
    target = api.call("POST", "/v1/alert-targets", {"name": "Operations", "kind": "email", "email": "ops@example.com"})
    for alert in ({"kind": "rejected_share"}, {"kind": "silence", "name": "The shop is silent", "minutes": 15}):
        path = f"/v1/environments/{shop.environment_id}/alerts"
        api.call("POST", path, {**alert, "targets": [target["id"]]})
    organisation_id = api.call("GET", "/v1/me")["organisation"]["id"]
    _send(api, shop)
    _add_usage(state_dir, organisation_id, shop, 20_000)
    _add_usage(state_dir, organisation_id, errors, 900)
    _give_up(state_dir, shop, staging["id"])
    _begin_canary(api, state_dir, organisation_id, shop, staging["id"])
    add_unknown_keys(state_dir, shop.environment_id, UNKNOWN, 512)
    return Seeded(shop, clone["id"], staging["id"], planned["id"])


def _send(api, made):
    good = {"event": "purchase", "price": 9.5, "items": [{"sku": "mug", "quantity": 2}]}
    bad = [
        {"event": "purchase", "price": "9.50"},
        {"event": "refund"},
        {"price": 3},
        {"event": "view", "items": [{"sku": 5}]},
    ]
    httpx.post(made.address, content=json.dumps([good] * 5 + bad * 3), trust_env=False).raise_for_status()


def _begin_canary(api, state_dir, organisation_id, shop, staging_id):
    """Deploy another revision of the shop to a share of an environment's requests, and count what both refused."""
    revision = api.make_revision(
        shop.endpoint_id, [*SHOP, {"key": "refund", "type": "BOOLEAN", "presence": "optional"}]
    )
    body = {"revision_id": revision, "note": "Refunds are known", "canary": {"share": 10}}
    api.call("POST", f"/v1/environments/{staging_id}/deployments", body)
    now = int(time.time())
    ids = {"endpoint_id": shop.endpoint_id, "organisation_id": organisation_id}
    rows = [
        UsageSums(staging_id, each, now - now % 60, accepted=accepted, delivered=accepted, quarantined=refused, **ids)
        for each, accepted, refused in ((shop.revision_id, 10_810, 120), (revision, 1_190, 14))
    ]
    database = Database(state_dir / "state.db")
    try:
        SqliteUsage(database).add(rows)
    finally:
        database.close()


def _give_up(state_dir, shop, staging_id):
    """Give messages of two queues up, and set events of two environments aside."""
    now = time.time_ns()
    provision = {"action": "provision", "environment_id": shop.environment_id}
    add_dead_letters(state_dir, "provision", [provision], now)
    add_dead_letters(state_dir, "spill", [{"stream": f"ingest-{shop.environment_id}-1", "record": "e30K"}] * 3, now)
    no_field, too_old = 'no such field: "price".', "Streaming into 2016-11-25 is not allowed."
    for back in range(4):
        hour = time.strftime("%Y-%m-%dT%H", time.gmtime(now // 10**9 - back * HOUR))
        add_set_aside(state_dir, shop.environment_id, shop.revision_id, hour, [no_field] * (40 - 9 * back) + [too_old])
        if back % 2:
            add_set_aside(state_dir, staging_id, shop.revision_id, hour, [too_old] * 3)


def add_unknown_keys(state_dir, environment_id, found, events):
    """Keep what was found in some of the events that were looked at, an event a minute until now."""
    now = int(time.time())
    seen = UnknownKeys()
    for back in range(events):
        pairs = {pointer: value for count, pointer, value in found if back < count}
        seen.look(pairs.items(), now - back * 60)
    database = Database(state_dir / "state.db")
    try:
        assert add_to(SqliteUnknownKeys(database), environment_id, seen, now)
    finally:
        database.close()


def _add_usage(state_dir, organisation_id, made, daily):
    """Count an hour's events at each of the last 60 days' hours, more by day than by night."""
    chance = random.Random(made.endpoint_id)
    now = int(time.time())
    start = now - now % HOUR
    sums = []
    for back in range(60 * 24):
        at = start - back * HOUR
        tide = 1 + 0.8 * math.sin((at % DAY) / DAY * 2 * math.pi - 2) + (0.25 if (at // DAY) % 7 < 5 else -0.3)
        requests = round(daily / 24 * max(0.05, tide) * chance.uniform(0.85, 1.15) * (1 - back / 60 / 24 / 2))
        refused = round(requests * chance.uniform(0.005, 0.03))
        accepted = requests * 2 - refused
        sums.append(
            UsageSums(
                made.environment_id,
                made.revision_id,
                at - 60,
                requests=requests,
                accepted=accepted,
                quarantined=refused,
                rejected=refused,
                bytes_accepted=accepted * 410,
                bytes_received=accepted * 380,
                codes={"type_float": refused // 2, "one_of": refused // 3, "required": refused // 6},
                delivered=accepted,
                endpoint_id=made.endpoint_id,
                organisation_id=organisation_id,
            )
        )
    database = Database(state_dir / "state.db")
    try:
        SqliteUsage(database).add(sums)
    finally:
        database.close()
