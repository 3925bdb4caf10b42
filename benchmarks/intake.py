"""What it costs to take an event in, as ratios within one process.

`python -m benchmarks.intake` prints, for a small, a medium and a large input, text -> validated, stamped, encoded
line against `orjson.loads` + `orjson.dumps` of the same text, with `jsonschema` and `fastjsonschema` beside it (both
only validate what `orjson` parsed); then the report of eight faults, the compiling of a revision, the memory of a
thousand, and the whole handler around the medium event.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count
from typing import Any

import fastjsonschema
import jsonschema
import orjson

from benchmarks.measuring import medians
from benchmarks.samples import FAULTY_MEDIUM, LARGE, MEDIUM, MEDIUM_MAPS, SMALL, SMALL_MAPS
from domain.clock import Clock
from domain.delivery.ports import PutResults
from domain.ids import ids_from
from domain.intake.directory import Directory
from domain.intake.events import read_several
from domain.intake.keeping import Keeper
from domain.intake.payload import EventTexts
from domain.intake.service import Intake
from domain.intake.stamping import arrival_at, stamp
from domain.live.tapper import Tapper
from domain.metering.counters import UsageCounters
from domain.metering.ports import UsageSums
from domain.metering.rates import RateLimits
from domain.records.ports import Item
from domain.validation.faults import Refusal
from domain.validation.memory_estimate import MOST_LEARNED
from domain.validation.revision import CompiledRevision
from functions.ingest.handler import Handler, make_handler
from schemas.items import ItemKey, RevisionDocument, TapLease, pointer_key, revision_document_key

ENVIRONMENT_ID = "env_01k7benchmark0000000000000"
REVISION_ID = "rev_01k7benchmark0000000000000"


def revision_document(fields: list[dict[str, Any]]) -> RevisionDocument:
    return {"revision_id": REVISION_ID, "additional_keys": "drop", "fields": fields}


def line_maker(revision: CompiledRevision, text: bytes) -> Callable[[], list[bytes]]:
    """Return the work of one request but for its HTTP: text in, lines as stored out."""
    texts = EventTexts("json", text)

    def work() -> list[bytes]:
        received_at, first_id = arrival_at(time.time_ns())
        verdicts = [revision.read_event(texts.text)] if texts.is_one else read_several(revision, texts)
        ids = [first_id] if len(verdicts) == 1 else ids_from(first_id, len(verdicts))
        return stamp(revision, texts, verdicts, ids, received_at, None)

    return work


def json_schema(fields: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return a JSON Schema that checks about the same; for the comparison only."""
    return {
        "type": "object",
        "required": [field["key"] for field in fields if field["presence"] == "required"],
        "properties": {field["key"]: _property(field) for field in fields},
    }


def _property(field: dict[str, Any]) -> dict[str, Any]:
    data_type = field["type"]
    if data_type == "OBJECT":
        return json_schema(field["fields"])
    if data_type == "ARRAY_OBJECT":
        return {"type": "array", "items": json_schema(field["fields"])}
    if data_type.startswith("ARRAY_"):
        return {"type": "array", "items": _property({"type": data_type.removeprefix("ARRAY_")})}
    names = {"INT": "integer", "TIMESTAMP": "integer", "FLOAT": "number", "BOOLEAN": "boolean"}
    schema: dict[str, Any] = {"type": names.get(data_type, "string")}
    keywords = {
        "min_value": "minimum",
        "max_value": "maximum",
        "one_of": "enum",
        "min_length": "minLength",
        "max_length": "maxLength",
    }
    for rule in field.get("rules", ()):
        if rule["rule"] == "regex":
            schema["pattern"] = f"^(?:{rule['value']})$"
        elif rule["rule"] in keywords:
            schema[keywords[rule["rule"]]] = rule["value"]
    return schema


def compare_with_parsers(name: str, fields: list[dict[str, Any]], text: bytes, target: float) -> None:
    revision = CompiledRevision(revision_document(fields))
    make_lines = line_maker(revision, text)
    parsed = orjson.loads(text)
    events = parsed if isinstance(parsed, list) else [parsed]
    stored = [orjson.loads(line) for line in make_lines()]
    assert [stamped | event for stamped, event in zip(stored, events, strict=True)] == stored
    schema = json_schema(fields)
    if isinstance(parsed, list):
        schema = {"type": "array", "items": schema}
    plain = jsonschema.Draft202012Validator(schema)
    generated = fastjsonschema.compile(schema)
    times = medians(
        {
            "orjson.loads+dumps": lambda: orjson.dumps(orjson.loads(text)),
            "line": make_lines,
            "fastjsonschema": lambda: orjson.dumps(generated(orjson.loads(text))),
            "jsonschema": lambda: plain.validate(orjson.loads(text)),
        }
    )
    floor = times["orjson.loads+dumps"]
    print(f"{name:7} {len(text):6,} B   line {times['line'] * 1e6:8.2f} us", end="")
    print(f"   {times['line'] / floor:5.2f} x orjson loads+dumps (target {target})", end="")
    print(
        f"   fastjsonschema {times['fastjsonschema'] / floor:6.2f} x   jsonschema {times['jsonschema'] / floor:7.1f} x"
    )


def compare_faults() -> None:
    revision = CompiledRevision(revision_document(MEDIUM_MAPS))
    refusal = revision.read_event(FAULTY_MEDIUM)
    assert isinstance(refusal, Refusal)
    assert len(refusal.faults) == 8, refusal.faults

    def report() -> object:
        refused = revision.read_event(FAULTY_MEDIUM)
        assert isinstance(refused, Refusal)
        return orjson.dumps(refused.errors())

    times = medians({"accept": line_maker(revision, MEDIUM), "report": report})
    print(f"8 faults reported in {times['report'] / times['accept']:.2f} x the time of accepting (target 3)")


def thirty_fields(number: int, patterns: int = 3) -> RevisionDocument:
    """Return a revision of 30 fields, `patterns` of which have one that no other number has."""
    fields: list[dict[str, Any]] = []
    for index in range(30):
        field: dict[str, Any] = {"key": f"field_{index}", "type": "STRING", "presence": "optional"}
        if index < patterns:
            field["rules"] = [{"rule": "regex", "value": f"[a-z]{{1,20}}-{number}-{index}"}]
        elif index < 15:
            field |= {"type": "INT", "rules": [{"rule": "min_value", "value": number}]}
        elif index < 20:
            field |= {"type": "DATETIME"}
        fields.append(field)
    return {"revision_id": f"rev_{number}", "additional_keys": "drop", "fields": fields}


def compare_compiling() -> None:
    numbers = iter(range(1_000_000_000))
    times = medians({"compile": lambda: CompiledRevision(thirty_fields(next(numbers), patterns=10))})
    print(f"compile of a 30-field revision, 10 with patterns: {times['compile'] * 1e3:.2f} ms (target 1)")


def measure_memory() -> None:
    for patterns in (3, 10):
        before = resident_bytes()
        kept = [CompiledRevision(thirty_fields(number, patterns)) for number in range(1_000)]
        for revision in kept:
            revision.read_event(b"{}")
        grown = (resident_bytes() - before) / 1e6
        estimated = sum(revision.memory_bytes for revision in kept) / 1e6
        print(f"{len(kept):,} compiled revisions of 30 fields, {patterns} with a pattern of their own: ", end="")
        print(f"{grown:.0f} MB (target 100), estimated {estimated:.0f}")


def measure_memory_of_json() -> None:
    """Print what revisions take that learned keys which no field names, of events that were read by narrow types."""
    fields = [{"key": f"k{index}", "type": "JSON", "presence": "optional"} for index in range(5)]
    new = [orjson.dumps({f"new{index}": index for index in range(MOST_LEARNED)}), b"{}"]
    before = resident_bytes()
    kept = [
        CompiledRevision({**revision_document(fields), "edition": 2, "additional_keys": "keep"}) for _ in range(200)
    ]
    for revision in kept:
        for text in new * 20:
            revision.read_event(text)
    grown = (resident_bytes() - before) / len(kept)
    estimated = sum(revision.memory_bytes for revision in kept) / len(kept)
    print(f"a revision of 5 JSON fields that learned {MOST_LEARNED} keys: ", end="")
    print(f"{grown / 1e3:.0f} KB, estimated {estimated / 1e3:.0f}")


def resident_bytes() -> int:
    """Return the process's resident memory; Linux only."""
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - a pseudo-file
        return int(statm.read().split()[1]) * 4096


class Shelf:
    """A catalog of two items, a stream and queues that take everything at no cost."""

    def __init__(self, items: Mapping[ItemKey, dict[str, Any]]) -> None:
        self._items = items

    def get(self, key: ItemKey) -> Item | None:
        data = self._items.get(key)
        return None if data is None else Item(key, 1, data)

    def put_records(self, stream: str, records: Sequence[bytes]) -> PutResults:  # noqa: ARG002 - the port's shape
        return [None] * len(records)

    def send(self, bodies: Sequence[str]) -> PutResults:
        return [None] * len(bodies)

    def add(self, sums: Sequence[UsageSums]) -> None:
        pass

    def exchange(self, environment_id: str, offered: Mapping[int, int]) -> Mapping[int, int]:  # noqa: ARG002
        return offered


def make_whole_handler(
    *leases: TapLease,
    make_shelf: Callable[[Mapping[ItemKey, dict[str, Any]]], Shelf] = Shelf,
    fields: list[dict[str, Any]] = MEDIUM_MAPS,
    clock: Clock = time.time_ns,
    monotonic: Callable[[], float] = time.monotonic,
    random: Callable[[], float] = lambda: 0.5,
) -> Handler:
    """Return the handler of an environment with these taps; whatever it calls takes everything at no cost."""
    shelf = make_shelf(
        {
            pointer_key(ENVIRONMENT_ID): {
                "environment_id": ENVIRONMENT_ID,
                "endpoint_id": "ep_1",
                "organisation_id": "org_1",
                "revision_id": REVISION_ID,
                "state": "active",
                "on_invalid": "quarantine",
                "allowed_origins": [],
                "streams": ["stream-1"],
                "plan_exhausted": False,
                "store_addresses": False,
                "written_at": 0,
                **({"taps": list(leases)} if leases else {}),
            },
            revision_document_key(REVISION_ID): dict(revision_document(fields)),
        }
    )
    counters = UsageCounters(shelf, clock)
    keeper = Keeper(shelf, shelf, shelf, monotonic=monotonic, sleep=time.sleep, random=lambda: 0.5)
    rates = RateLimits(shelf, clock)
    directory, tapper = Directory(shelf, monotonic), Tapper(shelf, random)
    intake = Intake(directory, keeper, counters, clock, lambda: b"secret", rates, tapper=tapper)
    return make_handler(intake, counters, rates)


def compare_handler() -> None:
    handler = make_whole_handler()
    event = http_api_event(MEDIUM.decode())
    assert handler(event, None)["statusCode"] == 200
    revision = CompiledRevision(revision_document(MEDIUM_MAPS))
    times = medians({"line": line_maker(revision, MEDIUM), "handler": lambda: handler(event, None)})
    print(f"whole handler, medium event: {times['handler'] / times['line']:.2f} x the validated line (target 2)")


def compare_taps() -> None:
    now = time.time_ns() // 1_000_000_000
    lease = TapLease(id="tap_1", until=now + 3_600, sample=100, only={}, share=1.0, told_at=now)
    works = {
        "none": make_whole_handler(),
        "ended": make_whole_handler({**lease, "until": now}),
        "left out": make_whole_handler({**lease, "share": 1e-6, "told_at": now + 3_600}),
        # Its clock goes on by more than a thousandth of a second with each request, so that each is kept.
        "kept": make_whole_handler({**lease, "sample": "all"}, clock=count(now * 10**9, 2_000_000).__next__),
    }
    event = http_api_event(MEDIUM.decode())
    for handler in works.values():
        handler(event, None)  # the first request of a tap imports what it needs
    times = medians({name: partial(handler, event, None) for name, handler in works.items()})
    told = ", ".join(f"{name} {times[name] / times['none']:.2f} x" for name in works if name != "none")
    print(f"whole handler with a tap, against none: {told}")


def http_api_event(body: str) -> dict[str, Any]:
    """Return an event as an HTTP API sends it (payload 2.0)."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": f"/e/{ENVIRONMENT_ID}",
        "rawQueryString": "",
        "headers": {
            "accept": "*/*",
            "content-length": str(len(body)),
            "content-type": "application/json",
            "host": "ingest.example.com",
            "user-agent": "benchmark",
            "x-forwarded-for": "192.0.2.1",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "requestContext": {
            "domainName": "ingest.example.com",
            "http": {
                "method": "POST",
                "path": f"/e/{ENVIRONMENT_ID}",
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "benchmark",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "stage": "$default",
            "timeEpoch": 1_793_614_272_000,
        },
        "body": body,
        "isBase64Encoded": False,
    }


def main() -> None:
    compare_with_parsers("small", SMALL_MAPS, SMALL, 3.2)
    compare_with_parsers("medium", MEDIUM_MAPS, MEDIUM, 3.2)
    compare_with_parsers("large", SMALL_MAPS, LARGE, 3.2)
    compare_faults()
    compare_handler()
    compare_taps()
    compare_compiling()
    measure_memory()
    measure_memory_of_json()


if __name__ == "__main__":
    main()
