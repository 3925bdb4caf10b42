"""What becomes of an event of a large request is what becomes of it alone."""

import json

import pytest

from domain.intake.events import read_events
from domain.intake.payload import EventTexts
from domain.validation.faults import Refusal
from domain.validation.revision import CompiledRevision
from domain.validation.written import document_of, written
from schemas.stamps import EVENT_ID, RECEIVED_AT
from tests.ingest_world import World

MANY = json.dumps({"f": [1] * 99_000}, separators=(",", ":"))
BEFORE = [MANY] * 3
FIELDS = [
    {"key": "a", "type": "JSON", "presence": "optional"},
    {"key": "name", "type": "STRING", "presence": "optional"},
    {"key": "secret", "type": "STRING", "presence": "optional", "protect": "hash"},
]
MACRO = {"key": "agent", "type": "STRING", "presence": "macro", "macro": "user_agent"}
EVENTS = {
    "numbers": '{"a":[1,-0.0,1e300,5e-324,9007199254740993,9007199254740993.0,18446744073709551615,0.1]}',
    "texts": '{"a":"\\u0000\\u2028😀\\"\\\\","b":{"":null,"c":[true,[],{}]}}',
    "nothing": "{}",
    "a line of some length": json.dumps({"name": "x" * 40_000, "b": "y"}),
    "more than is kept": json.dumps({f"k{number}": 1 for number in range(3_000)}),
    "a protected value": '{"secret":"x","name":"n"}',
    "what is not valid": '{"name":1}',
    "what is too long": json.dumps({"a": "\\" * 600_000}),
}
FORMS = {"lines": ("\n".join, "application/x-ndjson"), "array": (lambda events: f"[{','.join(events)}]", None)}


def stored(line):
    return {key: value for key, value in json.loads(line).items() if key not in {EVENT_ID, RECEIVED_AT}}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("fields", [FIELDS[:2], [*FIELDS, MACRO]], ids=["as sent", "completed"])
def test_events_after_many_values_are_stored_as_they_are_alone(form, fields):
    world = World()
    environment_id = world.add_environment()
    revision_id = world.add_revision(fields, "keep", event_name=["/name"])
    world.change(environment_id, revision_id=revision_id)
    joined, media_type = FORMS[form]
    answer = world.post(environment_id, joined([*BEFORE, *EVENTS.values()]), media_type)
    together = [stored(line) for line in b"".join(world.records()).splitlines()][len(BEFORE) :]
    quarantined, counted = world.quarantined(), world.counted()

    apart = World()
    apart.catalog.items.update(world.catalog.items)
    for text in (*BEFORE, *EVENTS.values()):
        apart.post(environment_id, text)
    alone = [stored(line) for record in apart.records() for line in record.splitlines()][len(BEFORE) :]
    assert [json.dumps(document) for document in together] == [json.dumps(document) for document in alone]
    assert [event.raw for event in quarantined] == [event.raw for event in apart.quarantined()] != []
    of_requests = {"requests": 0, "bytes_received": 0}
    assert counted | of_requests == apart.counted() | of_requests
    assert [row["outcome"] for row in answer.json["results"][-2:]] == ["quarantined", "quarantined"]


def test_of_events_text_is_held_until_they_are_stored():
    revision = CompiledRevision({"revision_id": "r", "edition": 2, "additional_keys": "keep", "fields": FIELDS})
    text = "\n".join(EVENTS.values()).encode()
    assert {type(verdict) for verdict in read_events(revision, EventTexts("lines", text))} == {bytes, Refusal}


def test_a_written_document_takes_no_more_than_its_text():
    document = {"a": "😀" * 100_000}
    text = written(document)
    assert len(text) == len(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()) + 1
    assert document_of(text) == document_of(document) == document
