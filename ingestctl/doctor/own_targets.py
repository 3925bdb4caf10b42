"""Steps that need something of yours: a domain whose DNS you can change, a data set that can be written to."""

from typing import Any

from ingestctl.client import path_of
from ingestctl.doctor.answers import sums_of
from ingestctl.doctor.doors import Door
from ingestctl.doctor.examination import CheckFailed, CheckSkipped
from ingestctl.doctor.journey import ARRIVE_SECONDS, JSON, SETTLE_SECONDS, Journey, event_of
from ingestctl.doctor.tried import FRESH_SECONDS
from ingestctl.problems import Refused


def serve_domain(journey: Journey, domain: str | None) -> str:
    """Set a domain with a managed certificate, and send an event there once it is active."""
    if domain is None:
        raise CheckSkipped("No domain was given: --domain NAME of a domain whose DNS records you can set.")
    path = f"{path_of('environments', journey.environment_id)}/custom-domain"
    try:
        journey.api.put(path, {"domain": domain, "certificate": "managed"}, version=None)
    except Refused as refused:
        raise CheckFailed(f"{refused.code}: {refused.message}") from None
    found: dict[str, Any] = {}

    def look() -> bool:
        nonlocal found
        found = journey.api.get(path)
        return found["status"] in {"active", "failed"}

    journey.examination.wait_until(look, SETTLE_SECONDS, 3.0)
    if found["status"] == "failed":
        raise CheckFailed(str(found.get("status_reason")))
    if found["status"] != "active":
        records = "; ".join(f"{row['type']} {row['name']} {row['value']}" for row in found["dns_records"])
        raise CheckSkipped(f"It is {found['status']} until its records are set: {records}. Set them, then run again.")
    door = Door("domain", f"https://{domain}")
    answer = journey.sender.send(door, "POST", "/", content=event_of("domain"), headers=JSON)
    journey.accept(answer, door, 1)
    return f"An event was accepted at https://{domain}/."


def load_into_bigquery(journey: Journey, destination: Any) -> str:
    """Make a second environment with that destination, and wait until an event is counted there."""
    if destination is None:
        raise CheckSkipped("No destination was given: --bigquery @FILE with one as the API takes it.")
    made = journey.new_environment("Verified in BigQuery", destination)
    door = Door("address", str(made["address"]).removesuffix(f"/e/{made['id']}"))
    query = {"environment": made["id"]}

    def send() -> bool:
        answer = journey.sender.send(door, "POST", f"/e/{made['id']}", content=event_of("rows"), headers=JSON)
        return answer.status_code == 200

    def arrived() -> bool:
        return bool(journey.api.get("/v1/usage", query)["totals"]["delivered"] >= 1)

    if not journey.examination.wait_until(send, 2 * FRESH_SECONDS):
        raise CheckFailed("The environment accepts no event.")
    if not journey.examination.wait_until(arrived, ARRIVE_SECONDS, 2.0):
        totals = journey.api.get("/v1/usage", query)["totals"]
        raise CheckFailed(f"Not there after {ARRIVE_SECONDS:.0f} s: {sums_of(totals)}.", "docs/operate.md: landing.")
    return "An event is a row."
