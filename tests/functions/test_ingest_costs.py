"""What one request may cost ingest, whatever its body: half of the function's memory, and little of its time.

Each request is answered by the whole handler in a process of its own, whose address space has an end.
"""

import json
import subprocess
import sys

import pytest

from benchmarks.prices import memory_of
from schemas.limits import MAX_INGEST_ANSWER_BYTES
from tests.costly_requests import (
    ELEMENTS,
    OTHER_ROUTE_REQUESTS,
    REQUESTS,
    ROUTE_ELEMENTS,
    ROUTE_REQUESTS,
    SCHEMAS,
)

FUNCTION_MIB = memory_of("ingest")
PROMISED_MIB = FUNCTION_MIB // 2
MIB = 1024 * 1024
CPU_SECONDS = 3.0
"""Somewhat more than is promised on a function's processor."""

PROGRAM = """
import json, os, resource, signal, sys, traceback
from tests.costly_requests import ADDITIONAL_KEYS, EVENT_NAMES, SCHEMAS
from tests.front_doors import http_api_event
from tests.ingest_world import World
from tests.processor import cpu_time

World().post("env_none", "{}")  # what every case loads is there before any begins

def measure(schema, route, headers, file, limit):
    world = World()
    environment_id = world.add_environment([])
    additional_keys, event_name = ADDITIONAL_KEYS.get(schema, "drop"), EVENT_NAMES.get(schema)
    revision_id = world.add_revision(SCHEMAS[schema], additional_keys, event_name=event_name)
    world.change(environment_id, revision_id=revision_id)
    world.post(environment_id, "[{},{}]")  # what is loaded at the first request is there
    with open(file, "rb") as body:
        body = body.read()
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    with cpu_time() as spent:
        answer = world.send(http_api_event("POST", f"/e/{environment_id}{route}", body=body, headers=headers))
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) // 1024
    told = {"status": answer.status, "code": answer.code, "bytes": len(answer.body)}
    return {**told, "seconds": spent.seconds, "mib": peak}

for case in sys.stdin:
    if not (child := os.fork()):
        signal.alarm(120)
        failed = True
        try:
            print(json.dumps(measure(*json.loads(case))), flush=True)
            failed = False
        except BaseException:
            traceback.print_exc()
        os._exit(failed)
    print(json.dumps({"exit": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}), flush=True)
"""


@pytest.fixture(scope="module")
def ingest(tmp_path_factory):
    """A process that has ingest loaded, and forks for each request that it is told of."""
    log = tmp_path_factory.mktemp("ingest") / "log"
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        process.log = log
        yield process
        process.stdin.close()


def cost(ingest, schema, made, folder, route=""):
    headers, body = made
    file = folder / "body"
    file.write_bytes(body)
    ingest.stdin.write(json.dumps([schema, route, headers, str(file), FUNCTION_MIB * MIB]) + "\n")
    ingest.stdin.flush()
    told = json.loads(ingest.stdout.readline())
    assert "exit" not in told, (told, ingest.log.read_text()[-2_000:])
    assert json.loads(ingest.stdout.readline()) == {"exit": 0}
    return told


LIKE_OTHERS = {
    f"{element}, {way}"
    for element in (
        "whole floats",
        "halves of characters",
        "wrong kinds",
        "NaN",
        "long digits",
        "long fractions",
        "addresses",
        "wide characters",
        "wide members",
    )
    for way in ("one event", "170 lines")
}
OF_KINDS = ("kinds, 1,000 lines", "half a character, 1,000 lines")
SHAPES = [
    name
    for name in REQUESTS
    if name not in OF_KINDS and (name.partition(",")[0] not in ELEMENTS or name.startswith("empty objects"))
]
TABLE = [
    *[("one STRING", name) for name in REQUESTS if name not in {*LIKE_OTHERS, *OF_KINDS}],
    *[("objects with an INT", name) for name in REQUESTS if name.startswith(("whole floats", "wrong kinds", "NaN"))],
    *[("ARRAY_INT", name) for name in REQUESTS if name.startswith(("huge numbers", "long digits"))],
    *[
        (schema, name)
        for schema in ("10 defaults", "50 defaults", "700 defaults", "long defaults", "macros")
        for name in SHAPES
    ],
    *[
        (schema, f"{element}, {way}")
        for schema in ("kept", "JSON", "objects with JSON")
        for element in ("empty keys", "huge numbers", "halves of characters", "whole floats", "wide members")
        for way in ("1,000 events", "170 lines")
    ],
    *[
        (schema, f"{element}, {way}")
        for schema, element in (
            ("hashed", "pairs of letters"),
            ("objects with a hashed", "wrong kinds"),
            ("objects with an address", "addresses"),
            ("named", "huge numbers"),
        )
        for way in ("1,000 events", "170 lines")
    ],
    *[
        ("pointers under an array", f"{element}, {way}")
        for element in ("empty keys", "wrong kinds")
        for way in ("1,000 events", "170 lines")
    ],
    ("JSON", "long fractions, 170 lines"),
    ("JSON", "wide characters, 1,000 events"),
    ("kept", "wide keys, 1,000 events"),
    ("kept", "long wide texts, 1,000 events"),
    ("objects with a hashed", "wide members, 1,000 events"),
    ("kept", "long fractions, 1,000 events"),
    ("JSON among 1,900", "half a character, 1,000 lines"),
    ("kept", "half a character, 1,000 lines"),
    ("kinds", "kinds, 1,000 lines"),
    ("kinds with choices", "kinds, 1,000 lines"),
]


LIKE_700_DEFAULTS = {"10 defaults", "50 defaults", "long defaults"}


def like_another(schema, name):
    """Whether a case is another form of one that is measured always."""
    return schema in LIKE_700_DEFAULTS or (schema != "one STRING" and name.endswith("170 lines"))


@pytest.mark.parametrize(
    ("schema", "name"),
    [pytest.param(*row, marks=[pytest.mark.slow] if like_another(*row) else []) for row in TABLE],
)
def test_no_request_costs_more_than_is_promised(ingest, schema, name, tmp_path):
    check(cost(ingest, schema, REQUESTS[name](), tmp_path))


OF_ONE_PROTOCOL_ALWAYS = {
    "one event of empty arrays to /batch",
    "two events on a line to /import",
    "lines that end nowhere to /ndjson",
    "log events of a wide owner to /firehose",
    "long ids to /2/httpapi",
    "what is said of all events to /mp/collect",
}


def is_first(number):
    """Whether a route's request is measured always: one of each route, each time with the next element."""
    route, element = divmod(number, len(ROUTE_ELEMENTS))
    return element == route % len(ROUTE_ELEMENTS)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if is_first(number) else [pytest.mark.slow])
        for number, name in enumerate(ROUTE_REQUESTS)
    ],
)
def test_no_request_in_a_protocol_costs_more_than_is_promised(ingest, name, tmp_path):
    route, make = ROUTE_REQUESTS[name]
    check(cost(ingest, "kept", make(), tmp_path, route))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in OF_ONE_PROTOCOL_ALWAYS else [pytest.mark.slow])
        for name in OTHER_ROUTE_REQUESTS
    ],
)
def test_no_request_that_is_dear_to_one_protocol_costs_more_than_is_promised(ingest, name, tmp_path):
    route, make = OTHER_ROUTE_REQUESTS[name]
    check(cost(ingest, "kept", make(), tmp_path, route))


def check(told):
    assert told["status"] in {200, 204, 400, 413}, told
    assert told["bytes"] <= MAX_INGEST_ANSWER_BYTES, told
    assert told["mib"] <= PROMISED_MIB, told
    assert told["seconds"] <= CPU_SECONDS, told


def test_every_schema_is_in_the_table():
    assert {schema for schema, _ in TABLE} == SCHEMAS.keys()
