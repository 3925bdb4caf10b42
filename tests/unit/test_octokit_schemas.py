"""The JSON Schemas of a real service: each is imported, and what the service sent is accepted and stored whole."""

from collections import Counter

import pytest

from benchmarks.json_schemas import (
    EXAMPLES,
    comparable,
    grade,
    holds,
    imported,
    metaschemas,
    recorded,
    restored,
    tally,
    webhook_schemas,
)

EVERY = 8
"""How many schemas stand for one that is tried: `make bench` tries all."""


@pytest.fixture(scope="module")
def results():
    schemas = webhook_schemas()
    return dict(imported({name: schemas[name] for name in sorted(schemas)[::EVERY]}))


def test_every_schema_is_imported_completely_and_most_exactly(results):
    assert Counter(map(grade, results.values())) == {"exact": 22, "complete": 6}
    assert {made.additional_keys for made in results.values()} == {"reject"}
    assert Counter(grade(made) for _, made in imported(metaschemas())) == {"complete": 14, "exact": 5, "partly": 1}


def test_what_the_service_sent_is_accepted_by_the_import_of_its_schema_and_stored_whole(results):
    assert EXAMPLES.exists(), "The recorded payloads are not there: run `make test`, or `npm ci`."
    _, fitting, accepted, whole = tally(results, recorded())
    assert fitting == accepted == whole
    assert fitting > 20


def test_a_value_that_is_lost_is_seen():
    fields = [{"key": "a_b", "type": "INT", "from": "/a/b"}, {"key": "list", "type": "ARRAY_OBJECT", "fields": []}]
    event = restored(fields, {"a_b": 1, "list": [{}]})
    assert event == {"a": {"b": 1}, "list": [{}]}
    assert holds(comparable(event), comparable({"a": {"b": 1, "c": None}, "list": [{}]}))
    assert not holds(comparable(event), comparable({"a": {"b": 1}, "list": [{}, {}]}))
    assert not holds(comparable(event), comparable({"a": {"b": 1}, "d": 0}))
