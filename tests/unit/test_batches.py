"""An event is accepted in a batch exactly if it is accepted alone, however the batch is read."""

import json

import pytest

from domain.intake.events import read_events
from domain.intake.payload import EventTexts
from domain.validation.faults import Refusal
from domain.validation.revision import CompiledRevision
from schemas.codes import Fault
from schemas.limits import MAX_JSON_DEPTH

FLAT = [{"key": "name", "type": "STRING", "presence": "required"}]
NESTED = [*FLAT, {"key": "tags", "type": "ARRAY_STRING", "presence": "optional"}]


def revision(fields, additional_keys="drop"):
    return CompiledRevision({"revision_id": "rev_1", "additional_keys": additional_keys, "fields": fields})


def nested(levels, opening="[", closing="]"):
    """Return an event of so many levels, all but its own in a key that no field names."""
    return f'{{"name":"deep","other":{opening * (levels - 1)}{closing * (levels - 1)}}}'


def objects(levels):
    text = "{}"
    for _ in range(levels - 2):
        text = f'{{"a":{text}}}'
    return f'{{"name":"deep","other":{text}}}'


FLAT_EVENT = '{"name":"flat"}'
DEEPEST, TOO_DEEP = nested(MAX_JSON_DEPTH), nested(MAX_JSON_DEPTH + 1)
BATCHES = {
    "flat": [FLAT_EVENT] * 100,
    "one, flat": [FLAT_EVENT],
    "the deepest that is accepted": [FLAT_EVENT, DEEPEST, objects(MAX_JSON_DEPTH)],
    "one level more": [FLAT_EVENT, TOO_DEEP, FLAT_EVENT],
    "one level more, in objects": [FLAT_EVENT, objects(MAX_JSON_DEPTH + 1)],
    "too deep among what is no object": ["1"] * 100 + [objects(MAX_JSON_DEPTH + 1), FLAT_EVENT],
    "too deep among refused events": ['{"name":1}'] * 100 + [TOO_DEEP],
    "many brackets, none deep": ['{"name":"flat","other":[[],[{}]]}'] * 100,
    "brackets in strings": [json.dumps({"name": "[{" * 100})] * 2,
}


@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES)
@pytest.mark.parametrize("fields", [FLAT, NESTED], ids=["flat", "nested"])
@pytest.mark.parametrize("additional_keys", ["drop", "reject"])
def test_a_batch_gives_each_event_what_it_gets_alone(batch, fields, additional_keys):
    alone = [read_events(revision(fields, additional_keys), EventTexts("json", event.encode()))[0] for event in batch]
    compiled = revision(fields, additional_keys)
    for space in (",", ",\n", " , "):  # the second time, a batch of many brackets is known
        text = f" [{space.join(batch)}]".encode()
        together = read_events(compiled, EventTexts("json", text))
        for verdict, single in zip(together, alone, strict=True):
            if isinstance(single, Refusal):
                assert isinstance(verdict, Refusal)
                assert verdict.errors() == single.errors()
            else:
                assert verdict == single


def test_the_depth_is_what_is_told_of_an_event_that_is_too_deep():
    compiled = revision(FLAT)
    verdicts = read_events(compiled, EventTexts("json", f"[{FLAT_EVENT},{TOO_DEEP}]".encode()))
    assert isinstance(verdicts[0], bytes)
    assert isinstance(verdicts[1], Refusal)
    assert [error["code"] for error in verdicts[1].errors()] == [Fault.DEPTH]


@pytest.mark.parametrize(
    "text",
    [
        f"[{FLAT_EVENT},{nested(1_000)}]",
        f'[{FLAT_EVENT},{{"name":"flat","other":NaN}}]',
        f"[{FLAT_EVENT},[],[{FLAT_EVENT}]]",
        f"[{FLAT_EVENT}],[{FLAT_EVENT}]",
        f"[{FLAT_EVENT}",
    ],
)
def test_what_is_no_batch_is_refused_in_the_same_way_however_it_is_read(text):
    verdicts = [read_events(revision(fields), EventTexts("json", text.encode())) for fields in (FLAT, NESTED)]
    flat, nested_too = ([v.errors() if isinstance(v, Refusal) else v for v in found] for found in verdicts)
    assert flat == nested_too
    assert any(isinstance(verdict, Refusal) for verdict in verdicts[0])
