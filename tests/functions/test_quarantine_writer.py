"""Refused events on their way into quarantine objects."""

import base64
import gzip
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest

from domain.delivery.messages import QuarantinedEvent, quarantine_message, quarantined_event_from_message
from domain.errors import Undelivered
from functions.quarantine_writer.handler import OBJECTS_AT_ONCE, WORK_SECONDS
from functions.quarantine_writer.handler import make_handler as make_writer
from tests.memory_quarantine import MemoryQuarantine

EVENT = QuarantinedEvent(
    "env_1", "evt_1", "2026-11-23T07:05:01.000001Z", "rev_1", 0, [], False, "application/json", "curl", b"{"
)


class Objects:
    def __init__(self):
        self.objects = {}
        self.refused = None

    def put(self, bucket, key, body):
        if self.refused and self.refused in key:
            raise Undelivered("out")
        self.objects[bucket, key] = body

    @property
    def events(self):
        return {
            key: [quarantined_event_from_message(line) for line in gzip.decompress(body).splitlines()]
            for (_, key), body in self.objects.items()
        }


def make_handler(objects, bucket, index=None):
    return make_writer(objects, bucket, index or MemoryQuarantine())


def event_of(messages):
    return {"Records": [{"messageId": message_id, "body": body} for message_id, body in messages.items()]}


def failed_of(answer):
    return [row["itemIdentifier"] for row in answer["batchItemFailures"]]


def test_a_batch_becomes_one_object_per_environment_and_hour():
    objects = Objects()
    events = {
        "m1": EVENT,
        "m2": replace(EVENT, event_id="evt_2", raw=b"\xff"),
        "m3": replace(EVENT, event_id="evt_3", received_at="2026-11-23T08:00:00Z"),
        "m4": replace(EVENT, event_id="evt_4", environment_id="env_2", source_ip="192.0.2.1"),
    }
    batch = event_of({message_id: quarantine_message(event) for message_id, event in events.items()})
    assert failed_of(make_handler(objects, "landing")(batch, None)) == []
    assert {bucket for bucket, _ in objects.objects} == {"landing"}
    assert sorted(re.sub("[0-9a-f]{32}", "<name>", key) for key in objects.events) == [
        "quarantine/environment=env_1/dt=2026-11-23/hour=07/<name>.ndjson.gz",
        "quarantine/environment=env_1/dt=2026-11-23/hour=08/<name>.ndjson.gz",
        "quarantine/environment=env_2/dt=2026-11-23/hour=07/<name>.ndjson.gz",
    ]
    written = [event for events in objects.events.values() for event in events]
    assert sorted(written, key=lambda event: event.event_id) == list(events.values())


def test_a_batch_that_is_handled_twice_writes_the_same_object_twice():
    messages = {f"m{n}": quarantine_message(replace(EVENT, event_id=f"evt_{n}")) for n in range(4)}
    once, twice = Objects(), Objects()
    make_handler(once, "b")(event_of(messages), None)
    handle = make_handler(twice, "b")
    handle(event_of(messages), None)
    handle(event_of(dict(reversed(messages.items()))), None)
    assert twice.objects == once.objects
    assert len(once.objects) == 1


def counts(index):
    groups = index.groups("env_1", 0, 2**40)
    return {(group.key.code, group.key.pointer): group.events for group in groups}


def refused(number, *errors):
    rows = [{"pointer": pointer, "code": code, "message": "No."} for code, pointer in errors]
    return replace(EVENT, event_id=f"evt_{number}", errors=rows)


def test_events_are_counted_by_code_and_by_pointer_without_the_number_of_an_element():
    index = MemoryQuarantine()
    events = [
        refused(1, ("type_float", "/items/0/price"), ("type_float", "/items/17/price"), ("required", "/name")),
        refused(2, ("type_float", "/items/3/price")),
        refused(3, ("not_json", "")),
    ]
    batch = event_of({event.event_id: quarantine_message(event) for event in events})
    make_handler(Objects(), "b", index)(batch, None)
    assert counts(index) == {
        ("", ""): 3,
        ("type_float", "/items/*/price"): 2,
        ("required", "/name"): 1,
        ("not_json", ""): 1,
    }


def test_a_batch_that_is_handled_twice_counts_once():
    objects, index = Objects(), MemoryQuarantine()
    batch = event_of({f"m{n}": quarantine_message(refused(n, ("required", "/name"))) for n in range(4)})
    for _ in range(2):
        make_handler(objects, "b", index)(batch, None)
    assert counts(index) == {("", ""): 4, ("required", "/name"): 4}


def test_what_could_not_be_counted_comes_again(caplog):
    objects, index = Objects(), MemoryQuarantine()
    batch = event_of({"m1": quarantine_message(refused(1, ("required", "/name")))})
    add, index.add = index.add, lambda entry: (_ for _ in ()).throw(Undelivered("out"))
    handle = make_handler(objects, "b", index)
    assert failed_of(handle(batch, None)) == ["m1"]
    index.add = add
    assert failed_of(handle(batch, None)) == []
    assert counts(index) == {("", ""): 1, ("required", "/name"): 1}
    assert len(objects.objects) == 1


def test_an_event_of_a_day_that_does_not_exist_fails_alone(caplog):
    objects = Objects()
    odd = replace(EVENT, received_at="2026-02-30T07:00:00Z")
    batch = event_of({"m1": quarantine_message(odd), "m2": quarantine_message(EVENT)})
    assert failed_of(make_handler(objects, "b")(batch, None)) == ["m1"]
    assert len(objects.objects) == 1


def test_other_messages_never_write_over_an_object():
    objects = Objects()
    handle = make_handler(objects, "b")
    for message_id in ("m1", "m2"):
        handle(event_of({message_id: quarantine_message(EVENT)}), None)
    assert len(objects.objects) == 2


def test_an_object_that_cannot_be_written_fails_its_own_messages_only():
    objects = Objects()
    objects.refused = "env_2"
    batch = event_of(
        {
            "m1": quarantine_message(EVENT),
            "m2": quarantine_message(replace(EVENT, environment_id="env_2")),
            "m3": quarantine_message(replace(EVENT, environment_id="env_2")),
        }
    )
    assert failed_of(make_handler(objects, "b")(batch, None)) == ["m2", "m3"]
    assert len(objects.objects) == 1


def of_environments(counts):
    """Return a batch with so many messages of each environment."""
    return event_of(
        {
            f"{environment_id} {number}": quarantine_message(
                replace(EVENT, environment_id=environment_id, event_id=f"evt_{number}")
            )
            for environment_id, count in counts.items()
            for number in range(count)
        }
    )


def test_what_there_is_no_time_for_comes_again():
    objects, passed = Objects(), [0.0]
    put = objects.put

    def slowly(*arguments):
        passed[0] += WORK_SECONDS / 2 - 1
        put(*arguments)

    objects.put = slowly
    writer = make_writer(objects, "data", MemoryQuarantine(), monotonic=lambda: passed[0])
    failed = failed_of(writer(of_environments({"env_1": 1, "env_2": 3, "env_3": 1, "env_4": 2, "env_5": 1}), None))
    written = {key.split("/")[1] for key in objects.events}
    assert written == {"environment=env_1", "environment=env_2", "environment=env_3"}
    assert sorted(failed) == ["env_4 0", "env_4 1", "env_5 0"]


def test_objects_are_written_side_by_side_where_it_is_told_to():
    objects, together = Objects(), Barrier(OBJECTS_AT_ONCE, timeout=10)
    put = objects.put

    def with_others(*arguments):
        together.wait()
        put(*arguments)

    objects.put = with_others
    batch = of_environments({f"env_{number}": 1 for number in range(OBJECTS_AT_ONCE)})
    with ThreadPoolExecutor(OBJECTS_AT_ONCE) as pool:
        writer = make_writer(objects, "data", MemoryQuarantine(), each=pool.map)
        assert failed_of(writer(batch, None)) == []
    assert len(objects.events) == OBJECTS_AT_ONCE


def test_a_message_that_cannot_be_read_fails_alone_and_is_not_echoed(caplog):
    objects = Objects()
    strange = json.loads(quarantine_message(EVENT)) | {"environment_id": "../../secret"}
    batch = event_of({"m1": json.dumps(strange), "m2": quarantine_message(EVENT), "m3": "secret"})
    assert failed_of(make_handler(objects, "b")(batch, None)) == ["m1", "m3"]
    assert len(objects.objects) == 1
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    "poison", ["[" * 100_000, '{"errors":' + "[" * 100_000, '{"environment_id": "env_1"}', "\ud800", "null"]
)
def test_whatever_a_message_is_it_fails_no_other(caplog, poison):
    objects = Objects()
    batch = event_of({"m1": poison, "m2": quarantine_message(EVENT), "m3": poison})
    assert failed_of(make_handler(objects, "b")(batch, None)) == ["m1", "m3"]
    assert len(objects.objects) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"errors": [{}]},
        {"errors": [{"pointer": 1, "code": "required", "message": "No."}]},
        {"errors": 5},
        {"revision_id": ["rev_1"]},
        {"event_id": None},
        {"raw": 7},
        {"raw": "\ud800"},
        {"raw_gzip": "AAAA", "raw": None},
    ],
)
def test_a_message_with_an_odd_field_fails_alone(caplog, change):
    objects, index = Objects(), MemoryQuarantine()
    strange = json.dumps(json.loads(quarantine_message(EVENT)) | change)
    batch = event_of({"m1": strange, "m2": quarantine_message(EVENT)})
    assert failed_of(make_handler(objects, "b", index)(batch, None)) == ["m1"]
    assert counts(index) == {("", ""): 1}


def test_what_an_object_holds_is_bounded_and_the_rest_goes_into_others():
    text = "".join(f'{{"{number}": {number * 7919 % 104729}}}, ' for number in range(40_000)).encode()[:700_000]
    messages = {f"m{n:02}": quarantine_message(replace(EVENT, event_id=f"evt_{n}", raw=text)) for n in range(40)}
    objects, index = Objects(), MemoryQuarantine()
    assert failed_of(make_handler(objects, "b", index)(event_of(messages), None)) == []
    assert len(objects.objects) > 1
    assert all(len(gzip.decompress(body)) <= 16_000_000 for body in objects.objects.values())
    assert sorted(event.event_id for events in objects.events.values() for event in events) == sorted(
        f"evt_{n}" for n in range(40)
    )
    assert counts(index) == {("", ""): 40}
    again = Objects()
    make_handler(again, "b")(event_of(dict(reversed(messages.items()))), None)
    assert again.objects == objects.objects


UNDER_THE_LIMIT_OF_THE_FUNCTION = """
import json, re, resource, sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
resource.setrlimit(resource.RLIMIT_AS, (512 * 2**20, 512 * 2**20))
from domain.delivery.messages import quarantine_message
from functions.quarantine_writer.handler import OBJECTS_AT_ONCE, make_handler
from tests.functions.test_quarantine_writer import EVENT, Objects, event_of, failed_of, old_message
from tests.memory_quarantine import MemoryQuarantine
from tests.processor import cpu_time

nul = replace(EVENT, raw=b"\\0" * (16 * 2**20))
make = {"new": quarantine_message, "old": old_message}[sys.argv[1]]
poisons = [make(replace(nul, environment_id=f"env_{number}")) for number in range(OBJECTS_AT_ONCE)]
del nul
messages = {f"m{n:04}": poisons[n % OBJECTS_AT_ONCE] for n in range(int(sys.argv[2]))}
messages["m9999"] = quarantine_message(replace(EVENT, environment_id="env_sound", raw=b"{}"))
objects = Objects()
with cpu_time() as spent:
    each = ThreadPoolExecutor(OBJECTS_AT_ONCE).map
    write = make_handler(objects, "b", MemoryQuarantine(), each=each, monotonic=lambda: 0.0)
    failed = failed_of(write(event_of(messages), None))
with open("/proc/self/status") as status:
    peak_kib = int(re.search("VmHWM: *([0-9]+) kB", status.read().replace("\\t", " "))[1])
told = {"failed": failed, "objects": len(objects.objects)}
print(json.dumps({**told, "seconds": spent.seconds, "peak_mib": peak_kib / 1024}))
"""


def old_message(event):
    """Return the message of an event as it was made when all of it was kept."""
    fields = json.loads(quarantine_message(replace(event, raw=b"")))
    del fields["raw"]
    return json.dumps({**fields, "raw_gzip": base64.b64encode(gzip.compress(event.raw)).decode()})


@pytest.mark.parametrize(("made", "count"), [("new", 8), ("old", 8), ("new", 999), ("old", 300)])
def test_events_that_are_small_on_the_way_and_large_unpacked_fit_into_the_function(made, count):
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", UNDER_THE_LIMIT_OF_THE_FUNCTION, made, str(count)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["failed"], found["objects"]) == ([], OBJECTS_AT_ONCE + 1)
    assert found["peak_mib"] < 128
    # A third of a processor has a minute for a batch.
    assert found["seconds"] < 15
