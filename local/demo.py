"""`make demo`: a shop's events, good and bad, and what became of each."""

import gzip
import json
import random
import time
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from domain.errors import Misconfigured
from local.api_client import ApiRefused, Made, ManagementClient
from local.delivered import object_files, quarantine_files, stored_rows
from local.demo_history import DAYS, add_history, database_of
from local.settings import Settings
from local.state import stored_admin_token

DELIVERY_SECONDS = 90.0
MOST_SHOPS = 100

SHOP: list[dict[str, Any]] = [
    {
        "key": "event",
        "type": "STRING",
        "description": "What happened.",
        "rules": [{"rule": "one_of", "value": ["view", "add_to_cart", "purchase"]}],
    },
    {"key": "session_id", "type": "STRING", "rules": [{"rule": "regex", "value": "[0-9a-f]{16}"}]},
    {"key": "page_url", "type": "STRING", "presence": "macro", "macro": "page_url"},
    {"key": "browser", "type": "STRING", "presence": "macro", "macro": "browser_name"},
    {"key": "currency", "type": "STRING", "presence": "default", "default": "EUR"},
    {"key": "total", "type": "FLOAT", "presence": "optional", "rules": [{"rule": "min_value", "value": 0}]},
    {
        "key": "items",
        "type": "ARRAY_OBJECT",
        "presence": "optional",
        "rules": [{"rule": "max_items", "value": 20}],
        "fields": [
            {"key": "sku", "type": "STRING", "rules": [{"rule": "min_length", "value": 3}]},
            {"key": "quantity", "type": "INT", "rules": [{"rule": "min_value", "value": 1}]},
            {"key": "price", "type": "FLOAT"},
        ],
    },
    {"key": "tags", "type": "ARRAY_STRING", "presence": "optional"},
]


@dataclass(frozen=True, slots=True)
class _Call:
    """One request to send: `events` of them are in it."""

    way: str
    method: str
    events: int
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


def run_demo(settings: Settings, events: int) -> None:
    """Send `events` to the instance that the settings name and print what became of them.

    Raises:
        Misconfigured: nothing runs there, its token is not known, or it does not answer any more.
    """
    try:
        _demo(settings, events)
    except httpx.TransportError as failure:
        raise Misconfigured(
            f"{settings.address} stopped answering: {failure} See whether it still runs, and start the demo again."
        ) from failure


def _demo(settings: Settings, events: int) -> None:
    console = Console()
    token = settings.admin_token or stored_admin_token(settings.state_dir)
    _check_running(settings.address)
    if token is None:
        raise Misconfigured(
            f"No token in {settings.state_dir}: set ADMIN_TOKEN, or STATE_DIR to the run's state folder."
        )
    try:
        with ManagementClient(settings.address, token) as management:
            name, made = _make_shop(management)
            organisation_id = management.call("GET", "/v1/me")["organisation"]["id"]
    except ApiRefused as refused:
        raise Misconfigured(f"The API refused to set up the demo: {refused}") from refused
    console.print(
        f"Made the endpoint [bold]{name}[/bold]; its environment accepts events at {made.address}", soft_wrap=True
    )
    if database_of(settings.state_dir).is_file():
        past = add_history(settings.state_dir, organisation_id, made)
        console.print(f"Made up the usage of the last {DAYS} days: {past:,} accepted events.")
    outcomes, codes = _send(console, made, events)
    console.print(_outcome_table(outcomes))
    if codes:
        console.print(_code_table(codes))
    _show_objects(console, settings.state_dir, made, outcomes)
    # With the token, as the run prints it: a tab of its own is not signed in.
    console.print(
        f"See it in the console: {settings.address}/endpoints/{made.endpoint_id}#token={token}", soft_wrap=True
    )


def _make_shop(management: ManagementClient) -> tuple[str, Made]:
    """Make the endpoint under the first plain name that is free: `Demo shop`, `Demo shop 2`, …."""
    for number in range(1, MOST_SHOPS + 1):
        name = "Demo shop" if number == 1 else f"Demo shop {number}"
        try:
            made = management.make_environment(name, SHOP, event_name=["/event"], settings={"name": "Production"})
        except ApiRefused as refused:
            if refused.document.get("code") != "name_taken":
                raise
        else:
            return name, made
    raise Misconfigured(f"There are {MOST_SHOPS} demo shops already: delete some of them in the console.")


def _check_running(address: str) -> None:
    try:
        httpx.get(f"{address}/health", timeout=5, trust_env=False).raise_for_status()
    except httpx.HTTPError:
        raise Misconfigured(f"Nothing answers at {address}. Start it with `make run`, or set PORT.") from None


def _send(console: Console, made: Made, events: int) -> tuple[Counter[tuple[str, str]], Counter[str]]:
    """Return how many events had each (way, outcome), and how often each fault code was met."""
    outcomes: Counter[tuple[str, str]] = Counter()
    codes: Counter[str] = Counter()
    columns = TextColumn("Sending"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with httpx.Client(timeout=10, trust_env=False) as http, Progress(*columns, console=console) as progress:
        task = progress.add_task("events", total=events)
        for call in _calls(events, random.Random(1)):  # noqa: S311 - the same events each time
            response = http.request(
                call.method, made.address, params=call.query, headers=call.headers, content=call.body
            )
            for outcome, faults in _results(call, response):
                outcomes[call.way, outcome] += 1
                codes.update(faults)
            progress.advance(task, call.events)
    return outcomes, codes


def _results(call: _Call, response: httpx.Response) -> Iterator[tuple[str, list[str]]]:
    """Yield outcome and fault codes of each event of an answered call."""
    document = response.json()
    if "results" in document:
        for row in document["results"]:
            yield row["outcome"], [error["code"] for error in row["errors"]]
    else:
        outcome = "accepted" if document.get("ok") else f"refused: {document['code']}"
        yield from [(outcome, [])] * call.events


def _calls(events: int, chance: random.Random) -> Iterator[_Call]:
    """Yield calls that carry `events` events altogether, in every way that an environment takes them."""
    left = events
    ways = {_single: 40, _pixel: 20, _foreign: 1, _batch: 2, _lines: 2, _compressed: 2}
    while left > 0:
        (way,) = chance.choices([*ways], [*ways.values()])
        call = way(left, chance)
        left -= call.events
        yield call


_JSON = {"Content-Type": "application/json", "Accept": "application/json"}


def _single(_left: int, chance: random.Random) -> _Call:
    headers = {**_JSON, "Referer": f"https://shop.example/{chance.choice(['shoes', 'hats', 'sale'])}"}
    return _Call("object", "POST", 1, {}, headers, _encoded(_event(chance)))


def _foreign(_left: int, chance: random.Random) -> _Call:
    headers = {**_JSON, "Content-Type": "application/xml"}
    return _Call("XML", "POST", 1, {}, headers, f"<event>{chance.random()}</event>".encode())


def _pixel(_left: int, chance: random.Random) -> _Call:
    text = _encoded(_event(chance))
    payload = text.decode() if chance.random() < 0.5 else urlsafe_b64encode(text).rstrip(b"=").decode()
    query = {"d": payload, "url": "https://shop.example/sale?utm_source=newsletter"}
    return _Call("pixel", "GET", 1, query, {"Accept": "application/json"}, b"")


def _batch(left: int, chance: random.Random) -> _Call:
    events = [_event(chance) for _ in range(min(left, chance.randint(2, 100)))]
    return _Call("batch", "POST", len(events), {}, _JSON, _encoded(events))


def _lines(left: int, chance: random.Random) -> _Call:
    events = [_encoded(_event(chance)) for _ in range(min(left, chance.randint(2, 100)))]
    headers = {**_JSON, "Content-Type": "application/x-ndjson"}
    return _Call("NDJSON", "POST", len(events), {}, headers, b"\n".join(events))


def _compressed(left: int, chance: random.Random) -> _Call:
    call = _batch(left, chance)
    headers = {**_JSON, "Content-Encoding": "gzip"}
    return _Call("gzip batch", "POST", call.events, {}, headers, gzip.compress(call.body, 6))


def _event(chance: random.Random) -> dict[str, Any]:
    event: dict[str, Any] = {
        "event": chance.choice(["view", "view", "view", "add_to_cart", "purchase"]),
        "session_id": f"{chance.getrandbits(64):016x}",
    }
    if event["event"] != "view":
        items: list[dict[str, Any]] = [
            {
                "sku": f"SKU-{chance.randint(1, 500)}",
                "quantity": chance.randint(1, 4),
                "price": chance.choice([5, 9.5, 20.0, 19.99]),  # whole numbers are fine as FLOAT
            }
            for _ in range(chance.randint(1, 4))
        ]
        event["items"] = items
        event["total"] = round(sum(item["quantity"] * item["price"] for item in items), 2)
        event["tags"] = chance.sample(["new", "sale", "süß", "gift"], chance.randint(0, 3))
    if chance.random() < 0.08:
        _spoil(event, chance)
    return event


def _spoil(event: dict[str, Any], chance: random.Random) -> None:
    """Do to an event what real senders do."""
    match chance.randint(1, 6):
        case 1:
            del event["session_id"]
        case 2:
            event["session_id"] = event["session_id"].upper() + "!"
        case 3:
            event["event"] = "Purchase"
        case 4:
            event["total"] = "19.99"
        case 5:
            event["items"] = [{"sku": "X", "quantity": 1.5, "price": None}]
        case _:
            event["total"] = -1


def _encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _outcome_table(outcomes: Counter[tuple[str, str]]) -> Table:
    names = sorted({outcome for _, outcome in outcomes})
    table = Table("Sent as", *names, "events", title="What became of the events")
    for column in table.columns[1:]:
        column.justify = "right"
    for way in sorted({way for way, _ in outcomes}):
        counts = [outcomes[way, name] for name in names]
        table.add_row(way, *map(str, counts), str(sum(counts)))
    totals = [sum(count for (_, outcome), count in outcomes.items() if outcome == name) for name in names]
    table.add_section()
    table.add_row("all", *map(str, totals), str(sum(totals)))
    return table


def _code_table(codes: Counter[str]) -> Table:
    table = Table("Code", "faults", title="Why not accepted")
    table.columns[1].justify = "right"
    for code, count in codes.most_common():
        table.add_row(code, str(count))
    return table


def _show_objects(console: Console, state_dir: Path, made: Made, outcomes: Counter[tuple[str, str]]) -> None:
    accepted = sum(count for (_, outcome), count in outcomes.items() if outcome == "accepted")
    quarantined = sum(count for (_, outcome), count in outcomes.items() if outcome == "quarantined")
    seen = 0
    deadline = time.monotonic() + DELIVERY_SECONDS
    with console.status("Waiting for the objects ..."):
        while time.monotonic() < deadline:
            files = object_files(state_dir, made.environment_id)
            kept = quarantine_files(state_dir, made.environment_id)
            seen, quarantined_seen = (sum(1 for _ in stored_rows(found)) for found in (files, kept))
            if seen >= accepted and quarantined_seen >= quarantined:
                break
            time.sleep(0.3)
    console.print(f"{seen} of {accepted} accepted events are delivered, objects: {len(files)}, in")
    if not files:
        return
    console.print(f"  {files[0].parent}", soft_wrap=True)
    if kept:
        console.print(f"{quarantined_seen} of {quarantined} quarantined events are kept, objects: {len(kept)}, in")
        console.print(f"  {kept[0].parent}", soft_wrap=True)
    console.print("Look at one:")
    console.print(f"  zcat {files[0]} | head -1", soft_wrap=True, highlight=False)
