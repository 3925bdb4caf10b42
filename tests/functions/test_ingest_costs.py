"""What one request may cost ingest, whatever its body: half of the function's memory, and little of its time.

Each request is answered by the whole handler in a process of its own, whose address space has an end.
"""

import json
import subprocess
import sys

import pytest

from schemas.limits import MAX_INGEST_ANSWER_BYTES
from tests.costly_requests import ELEMENTS, REQUESTS, SCHEMAS

FUNCTION_MIB = 1_024  # held by test_the_limits_are_those_of_the_function
PROMISED_MIB = FUNCTION_MIB // 2
MIB = 1024 * 1024
CPU_SECONDS = 3.0
"""Somewhat more than is promised on a function's processor: this one may be slower, and is shared."""

PROGRAM = """
import json, resource, sys, time
from tests.costly_requests import ADDITIONAL_KEYS, EVENT_NAMES, SCHEMAS
from tests.ingest_world import World

schema, headers, file, limit = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3], int(sys.argv[4])
world = World()
environment_id = world.add_environment([])
additional_keys, event_name = ADDITIONAL_KEYS.get(schema, "drop"), EVENT_NAMES.get(schema)
world.change(environment_id, revision_id=world.add_revision(SCHEMAS[schema], additional_keys, event_name=event_name))
world.post(environment_id, "[{},{}]")  # what is loaded at the first request is there
with open(file, "rb") as body:
    body = body.read()
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
started = time.process_time()
answer = world.post(environment_id, body, headers=headers)
seconds = time.process_time() - started
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) // 1024
told = {"status": answer.status, "seconds": seconds, "mib": peak, "bytes": len(answer.body), "code": answer.code}
print(json.dumps(told))
"""


def cost(schema, name, folder):
    headers, body = REQUESTS[name]()
    file = folder / "body"
    file.write_bytes(body)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, schema, json.dumps(headers), str(file), str(FUNCTION_MIB * MIB)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return json.loads(done.stdout.splitlines()[-1])


LIKE_OTHERS = {
    f"{element}, {way}"
    for element in ("whole floats", "halves of characters", "wrong kinds", "NaN", "long digits", "addresses")
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
        for element in ("empty keys", "huge numbers", "halves of characters", "whole floats")
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
    ("JSON among 1,900", "half a character, 1,000 lines"),
    ("kept", "half a character, 1,000 lines"),
    ("kinds", "kinds, 1,000 lines"),
    ("kinds with choices", "kinds, 1,000 lines"),
]


@pytest.mark.parametrize(("schema", "name"), TABLE)
def test_no_request_costs_more_than_is_promised(schema, name, tmp_path):
    told = cost(schema, name, tmp_path)
    assert told["status"] in {200, 400, 413}, told
    assert told["bytes"] <= MAX_INGEST_ANSWER_BYTES, told
    assert told["mib"] <= PROMISED_MIB, told
    assert told["seconds"] <= CPU_SECONDS, told


def test_every_schema_is_in_the_table():
    assert {schema for schema, _ in TABLE} == SCHEMAS.keys()
