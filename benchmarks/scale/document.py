"""The sections of `docs/scale.md` that are reckoned or simulated; all else in the page is written by hand."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.monthly import MILLION
from benchmarks.prices import ASSUMED as COSTS
from benchmarks.prices import PRICES, memory_of
from benchmarks.scale.behind import Tap
from benchmarks.scale.handlers import CATALOG, COUNTERS, FIRST_READ_SECONDS
from benchmarks.scale.plan import (
    CATALOG_SLOW,
    CUT_TO,
    DESTINATION_DEAD,
    FLASH,
    FLASH_RISES_SECONDS,
    FLASH_TIMES,
    QUOTA_CUT,
    SLOW_READ_SECONDS,
    TROUBLES,
    Trouble,
)
from benchmarks.scale.quotas import ASSUMED
from benchmarks.scale.reckoned import counting, item, paragraph, reading, streams, writers
from benchmarks.traffic import GB, KB

PAGE = Path(__file__).parents[2] / "docs/scale.md"
DAYS = Path(__file__).parent / "days.json"
Result = Mapping[str, Any]

NAMES = {
    "stream_calls": "calls of a delivery stream",
    "stream_bytes": "bytes of a delivery stream",
    "door_rate": "requests of the HTTP API",
    "handlers": "handlers at once",
    "handler_calls": "ten requests per second for each handler",
    "handler_steps": "how fast handlers are added",
    "item_writes": "writes of one item",
    "item_reads": "reads of one item",
    "table_writes": "writes of the table of counters",
    "table_reads": "reads of the catalog's table",
    "queue_in_flight": "spilled messages in flight",
}


def days() -> dict[str, Result]:
    """Return the days as they were simulated last, by their names."""
    found: dict[str, Result] = json.loads(DAYS.read_text(encoding="utf-8"))
    return found


def page(text: str, results: Mapping[str, Result]) -> str:
    """Return the page with its reckoned and simulated sections as they are now."""
    for heading, lines in (
        ("How many streams an environment needs", streams()),
        ("Reading the catalog", reading()),
        ("Counting", counting(_calm(results["10^10, raised"]))),
        ("Writers", writers()),
        ("Simulated days", _simulated(results)),
    ):
        pattern = re.compile(rf"(?ms)^## {heading}\n.*?(?=^## |\Z)")
        assert pattern.search(text), heading
        section = "\n".join([f"## {heading}", "", *lines, ""])
        text = pattern.sub(lambda _, made=section: f"{made}\n", text)
    return text.rstrip("\n") + "\n"


def dollars(result: Result) -> dict[str, float]:
    """Return what a day costs, by what is paid for, at list prices."""
    units = {name: float(amount) for name, amount in result["units"].items()}
    raised = result["plan"]["is_raised"]
    hours = 24 * PRICES.load_balancer.dollars
    door = (
        units["balancer_units"] * PRICES.capacity_unit.dollars + hours
        if raised
        else units["door_requests"] / MILLION * PRICES.http_api_volume.dollars
    )
    seconds = units["handler_seconds"] * memory_of("ingest") / 1_024
    again = units.get("redeliver_seconds", 0.0) * memory_of("redeliver") / 1_024
    again += units["usage_writer_seconds"] * memory_of("usage_writer") / 1_024
    again += units["delivered_seconds"] * memory_of("delivered") / 1_024
    calls = units["requests"] + units.get("redeliver_calls", 0.0)
    calls += units["usage_writer_calls"] + units["delivered_calls"]
    stored = units["delivered_bytes"] / COSTS.gzip_ratio
    return {
        "front door": door,
        "functions": calls / MILLION * PRICES.invocation.dollars + (seconds + again) * PRICES.compute.dollars,
        "streams": units["stream_units"] * 5 * KB / GB * PRICES.stream.dollars,
        "counting and reading": units["write_units"] / MILLION * PRICES.write_unit.dollars
        + units["read_units"] / MILLION * PRICES.read_unit.dollars,
        "queues": units.get("queue_calls", 0.0) / MILLION * PRICES.queue_call.dollars,
        "objects, for a month": units["objects"] / 1_000 * (PRICES.object_put.dollars + PRICES.object_get.dollars)
        + stored / GB * PRICES.storage.dollars,
        "answers out": units["requests"] * ASSUMED.answer_bytes / GB * PRICES.data_out.dollars,
    }


def _between(trouble: Trouble) -> str:
    return f"**{trouble.name}**, {_clock(trouble.start)} to {_clock(trouble.end)}:"


def _simulated(results: Mapping[str, Result]) -> list[str]:
    whole = {name: result for name, result in results.items() if name != "reduced"}
    header = [f"| | {' | '.join(whole)} |", f"|---|{'---|' * len(whole)}"]
    return [
        *paragraph(
            "`make scale` sends days through the code that ships: ingest's handlers, redeliver, the writer, the tap",
            "writer, the usage writer, with simulated clocks, against models of the services: their quotas,",
            "latencies and steps. A few requests stand for all of a moment. Nothing was measured in a real account;",
            "each quota stands with its page in `benchmarks/scale/quotas.py`, beside what is assumed. The same",
            "seed gives the same figures.",
        ),
        "",
        *paragraph(
            "Each day has one environment with half of all requests, nine with three tenths, and many small ones. Its",
            "rate swings between night and evening. Then:",
        ),
        "",
        *item(
            _between(FLASH),
            f"the environment with half of all gets {FLASH_TIMES} times its requests within {FLASH_RISES_SECONDS}",
            "seconds, which then ebb away.",
        ),
        *item(
            _between(CATALOG_SLOW),
            f"a reading takes {SLOW_READ_SECONDS:g} seconds, longer than ingest waits for what it knows already.",
        ),
        *item(_between(QUOTA_CUT), f"each stream takes {CUT_TO:.0%} of its quota."),
        *item(_between(DESTINATION_DEAD), "the target of one of the nine does not answer."),
        "",
        *paragraph(
            '"As they come" is the stage `prod` with the vendor\'s default quotas, an HTTP API, and as many streams as',
            'the table above says. "Raised" has an ALB, and quotas and `concurrency` by the formulas of this page for',
            "the evening's peak, which the flash crowd is not part of.",
        ),
        "",
        "### The day as a whole",
        "",
        *header,
        *_day_rows(whole),
        "",
        "### What goes wrong, with raised quotas",
        "",
        "| requests per day | | most per second | taken | 429 | 503 | p50, p99 | spilled | handlers | what bound |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *(row for result in whole.values() if result["plan"]["is_raised"] for row in _phase_rows(result)),
        "",
        *paragraph(
            "A handler that has read a slow catalog without success goes on with what it knows for three times as long",
            "as that took. One that starts meanwhile knows nothing: it waits",
            f"{FIRST_READ_SECONDS:g} seconds for each reading, and once more, and then answers 503.",
        ),
        "",
        "### Alarms of the day",
        "",
        "When each was raised first, at the figures of `infra/stacks/alarms.py`:",
        "",
        *header,
        *_alarm_rows(whole),
    ]


def _day_rows(results: Mapping[str, Result]) -> list[str]:
    found = list(results.values())

    def row(name: str, cells: list[str]) -> str:
        return f"| {name} | {' | '.join(cells)} |"

    def money(result: Result) -> float:
        return sum(dollars(result).values())

    return [
        row("environments", [f"{each['plan']['environments']:,}" for each in found]),
        row("requests per second at the evening's peak", [f"{each['plan']['peak']:,.0f}" for each in found]),
        row("streams of the largest", [str(each["plan"]["streams"]["half"]) for each in found]),
        row("`concurrency` of ingest", [f"{each['plan']['concurrency']:,}" for each in found]),
        row("taken by ingest", [_share(_taken(_all_answers(each)), each) for each in found]),
        row("429 of the front door", [_share(_all_answers(each).get("429 front door", 0.0), each) for each in found]),
        row("503, no handler", [_share(_all_answers(each).get("503 no handler", 0.0), each) for each in found]),
        row("503 of ingest", [_share(_all_answers(each).get("503", 0.0), each) for each in found]),
        row("bound first", [_first_bound(each) for each in found]),
        row("spilled", [_share(sum(phase["spilled"] for phase in each["phases"].values()), each) for each in found]),
        row("the spill queue is empty after the cut's end", [_after(each, QUOTA_CUT.name) for each in found]),
        row("spilled messages that wait, at most", [f"{each['spill']['most_waiting']:,.0f}" for each in found]),
        row("the landing queue, after the destination's", [_after(each, DESTINATION_DEAD.name) for each in found]),
        row(
            "dead letters, spilled and landed",
            [f"{each['spill']['dead']:,.0f}, {each['landing']['dead']:,}" for each in found],
        ),
        row("hottest item, write units per second", [f"{each['hottest']['item'][1]:,.0f}" for each in found]),
        row("which it is", [_key(each["hottest"]["item"][0]) for each in found]),
        row("hottest partition, units per second", [f"{each['hottest']['partition'][1]:,.0f}" for each in found]),
        row("which it is", [_key(each["hottest"]["partition"][0]) for each in found]),
        *(
            row(f"{kind} of the {table}, units per second, at most", [f"{each['tables'][key]:,.0f}" for each in found])
            for kind, table in (("reads", CATALOG), ("writes", COUNTERS))
            for key in (f"{kind} {table}",)
        ),
        row("hottest stream, calls a second", [f"{each['hottest']['stream'][1]:,.0f}" for each in found]),
        row("tallies per second, in the evening", [f"{_calm(each)['tallies']:,.1f}" for each in found]),
        row("handlers that count what was delivered", [f"{each['delivered']['handlers']:.1f}" for each in found]),
        row("a turn of the usage writer takes, s", [f"{_calm(each)['fold_seconds']:.2f}" for each in found]),
        row(f"messages per second of a tap of {Tap.RATE}, at most", [f"{each['tap']['peak']:,.0f}" for each in found]),
        *(row(f"$: {part}", [f"{dollars(each)[part]:,.2f}" for each in found]) for part in dollars(found[0])),
        row("**$ a day**", [f"**{money(each):,.2f}**" for each in found]),
        row(
            "**$ per million requests**",
            [f"**{money(each) / each['units']['requests'] * MILLION:.2f}**" for each in found],
        ),
    ]


def _calm(result: Result) -> dict[str, float]:
    """Return what the usage writer did when it wrote the most, with nothing wrong."""
    return result["counting"]["calm"]  # type: ignore[no-any-return]


def _phase_rows(result: Result) -> list[str]:
    rows = []
    for place, name in enumerate(("calm", *(trouble.name for trouble in TROUBLES))):
        phase = result["phases"][name]
        answers = phase["answers"]
        total = sum(answers.values())
        bound = [NAMES[quota] for quota in phase["bound"]]
        rows.append(
            f"| {_number(result['plan']['requests']) if place == 0 else ''} | {name} | {phase['offered_peak']:,.0f} "
            f"| {_percent(_taken(answers), total)} "
            f"| {_percent(answers.get('429', 0.0) + answers.get('429 front door', 0.0), total)} "
            f"| {_percent(answers.get('503', 0.0) + answers.get('503 no handler', 0.0), total)} "
            f"| {phase['p50'] * 1_000:,.0f}, {phase['p99'] * 1_000:,.0f} ms | {_percent(phase['spilled'], total)} "
            f"| {phase['handlers']:,.0f} | {'; '.join(bound) or 'none'} |"
        )
    return rows


def _alarm_rows(results: Mapping[str, Result]) -> list[str]:
    found = [result["alarms"] for result in results.values()]
    return [
        f"| `{name}` | {' | '.join(_clock(alarms[name]) if name in alarms else '' for alarms in found)} |"
        for name in sorted({name for alarms in found for name in alarms})
    ]


def _all_answers(result: Result) -> dict[str, float]:
    found: dict[str, float] = {}
    for phase in result["phases"].values():
        for name, weight in phase["answers"].items():
            found[name] = found.get(name, 0.0) + weight
    return found


def _taken(answers: Mapping[str, float]) -> float:
    """Return the requests that were answered by what is in them: accepted, or quarantined, or found invalid."""
    return sum(weight for name, weight in answers.items() if name in {"200", "400"})


def _share(part: float, result: Result) -> str:
    return _percent(part, sum(_all_answers(result).values()))


def _percent(part: float, whole: float) -> str:
    if not part:
        return "0"
    share = part / whole
    return f"{share:.1%}" if 0.001 <= share <= 0.999 else f"{share:.4%}"


def _first_bound(result: Result) -> str:
    if not result["first_bound"]:
        return "none"
    second, name = min((second, name) for name, second in result["first_bound"].items())
    return f"{NAMES[name]}, {_clock(second)}"


def _after(result: Result, trouble: str) -> str:
    seconds = result["drained"].get(trouble)
    if seconds is None:
        return "not on this day"
    return f"{seconds / 60:,.0f} min"


def _clock(second: int) -> str:
    return f"{second // 3_600:02}:{second % 3_600 // 60:02}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value < MILLION else f"{value / MILLION:,.0f} million"


def _key(key: str) -> str:
    """Return the series of a key: what stands before the id of what it counts, and how long its slices are."""
    words = key.split()
    partition = words[1] if words and words[0] in {"reads", "writes"} else (words[0] if words else "none")
    parts = [part for part in partition.split("#") if not re.fullmatch(r"[a-z]+_[0-9]+|[0-9]+", part)]
    return f"`{'#'.join(parts)}`"
