"""Events whose JSON has few levels and no large fraction are read by narrow types; others by wide ones, for a while."""

import json
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.validation import fields_in_force
from domain.validation.bounds import RequestWork
from domain.validation.event_reader import EventReader
from domain.validation.faults import Refusal
from domain.validation.memory_estimate import BYTES_PER_LEARNED
from domain.validation.revision import CompiledRevision

CONTEXT = {"key": "context", "type": "JSON", "presence": "optional"}
LIST = {"key": "list", "type": "ARRAY_JSON", "presence": "optional"}
COUNT = {"key": "count", "type": "INT", "presence": "required"}
FIELDS = [COUNT, CONTEXT, LIST]
DEEP = {"a": {"b": {"c": {"d": [[[{}]]]}}}}


@pytest.fixture
def made(monkeypatch):
    """Collect whether each type that is made is a narrow one."""
    narrow = []

    class Reader(EventReader):
        def __init__(self, *args, **more):
            super().__init__(*args, **more)
            narrow.append(more.get("narrow", False))

    monkeypatch.setattr(fields_in_force, "EventReader", Reader)
    return narrow


def compiled(fields=FIELDS, additional_keys="keep"):
    return CompiledRevision({"revision_id": "r", "edition": 2, "additional_keys": additional_keys, "fields": fields})


def warm(revision, event):
    """Return the revision, which narrow types read for by now."""
    for _ in range(40):
        read(revision, event)
    return revision


def read(revision, event):
    found = revision.read_event(event if type(event) is bytes else json.dumps(event).encode())
    assert not isinstance(found, Refusal), found
    return json.loads(found)


@pytest.mark.usefixtures("by_type_alone")
@pytest.mark.parametrize("additional_keys", ["drop", "keep", "reject"])
@pytest.mark.parametrize("value", [DEEP, [[1]], [1e17], 1e300, -1e16, {"a": [[], [[]]]}, [{"a": {"b": []}}]])
def test_what_no_narrow_type_takes_is_read_by_a_wide_one(made, additional_keys, value):
    for fields, event in [
        (FIELDS, {"count": 1, "context": value}),
        (FIELDS, {"count": 1, "list": [1, value]}),
        (
            [{"key": "o", "type": "OBJECT", "presence": "required", "fields": FIELDS}],
            {"o": {"count": 1, "context": value}},
        ),
    ]:
        plain = {"o": {"count": 1}} if "o" in event else {"count": 1}
        revision = warm(compiled(fields, additional_keys), plain)
        assert made == [False, True]
        for _ in range(3):
            assert read(revision, event) == event
        assert made == [False, True, False]
        made.clear()


@pytest.mark.usefixtures("by_type_alone")
def test_narrow_types_come_back_and_wide_ones_stay_twice_as_long_each_time(made, monkeypatch):
    monkeypatch.setattr(fields_in_force, "_WIDE_FOR", 4)
    revision = warm(compiled(), {"count": 1})
    made.clear()
    switched = []
    for number in count(1):
        known = len(made)
        deep = {"count": number, "context": DEEP}
        assert read(revision, deep) == deep
        switched += [number] * (len(made) - known)
        if number == 100:
            break
    # Wide from the first event on, for 4; narrow for the fourth, which makes them wide for 8, and so on.
    assert made[:4] == [False, True, False, True]
    assert switched == [1, 4, 4, 11, 11, 26, 26, 57, 57]


@pytest.mark.usefixtures("by_type_alone")
def test_of_batches_each_event_counts(made, monkeypatch):
    monkeypatch.setattr(fields_in_force, "_WIDE_FOR", 6)
    revision = warm(compiled(), {"count": 1})
    made.clear()
    read(revision, {"count": 0, "context": DEEP})
    assert made == [False]
    batch = [{"count": number, "context": DEEP} for number in range(3)]
    for _ in range(2):
        found = revision.read_batch(json.dumps(batch).encode(), RequestWork())
        assert list(map(json.loads, found)) == batch
    assert made == [False, True]
    narrow = [{"count": 1, "context": {"a": [1]}}] * 2
    assert list(map(json.loads, revision.read_batch(json.dumps(narrow).encode(), RequestWork()))) == narrow
    assert made == [False, True]


def test_an_invalid_event_is_no_reason_for_a_wide_type(made):
    revision = warm(compiled(), {"count": 1})
    made.clear()
    for wrong in ({"count": "1"}, {"count": {}}, {"count": [[]]}, {"count": 1.5}, {"count": 1, "list": 3}, {}):
        assert isinstance(revision.read_event(json.dumps(wrong).encode()), Refusal)
    assert made == []


@pytest.mark.parametrize(
    "number", ["9007199254740993.0", "90071992547409930e-1", "-9007199254740993.00", "1.8446744073709551615e19"]
)
def test_a_whole_number_that_no_double_holds_is_stored_digit_by_digit(number):
    revision = warm(compiled(), {"count": 1})
    exact = (
        int(number.split(".")[0])
        if "e" not in number
        else {"9": 9007199254740993, "1": 18446744073709551615}[number[0]]
    )
    for text in (f'{{"count":1,"context":{number}}}', f'{{"count":1,"context":{{"a":[{number}]}}}}'):
        for _ in range(3):  # by a narrow type, and by a wide one
            stored = json.loads(revision.read_event(text.encode()))["context"]
            assert (stored if type(stored) is int else stored["a"][0]) == exact
    for _ in range(8):  # and once the key is learned
        stored = json.loads(revision.read_event(f'{{"count":1,"new":{{"a":{number}}}}}'.encode()))
        assert stored["_extra"] == {"/new": {"a": exact}}


def test_a_key_that_stands_twice_hides_no_depth():
    deep = b"[" * 70 + b"]" * 70
    revision = warm(compiled(), {"count": 1})
    for text in (
        b'{"count":1,"context":%b,"context":1}' % deep,
        b'{"count":1,"context":{"a":%b,"a":1}}' % deep,
        b'{"count":1,"list":[%b],"list":[]}' % deep,
    ):
        for _ in range(2):
            assert isinstance(revision.read_event(text), Refusal)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=150)
@given(values=st.lists(JSON, min_size=1, max_size=6), additional_keys=st.sampled_from(["drop", "keep"]))
def test_any_json_is_stored_as_full_validation_stores_it(values, additional_keys):
    revision = warm(compiled(additional_keys=additional_keys), {"count": 1})
    for value in values:
        event = {"count": 1, "context": value, "list": [value, 1], "new": value}
        text = json.dumps(event).encode()
        read_found, judged = revision.read_event(text), revision.judge_event(text, None)
        if isinstance(judged, Refusal):
            assert isinstance(read_found, Refusal)
            continue
        assert json.loads(read_found) == json.loads(judged)


def test_what_is_learned_counts_as_memory():
    revision = compiled()
    before = revision.memory_bytes
    for _ in range(8):
        read(revision, {"count": 1, **{f"new{number}": number for number in range(10)}})
    assert revision.memory_bytes == before + 10 * BYTES_PER_LEARNED


def test_a_revision_of_very_many_json_fields_is_read_by_wide_types_alone(made):
    fields = [{"key": f"k{number}", "type": "JSON", "presence": "optional"} for number in range(101)]
    revision = warm(compiled([COUNT, *fields]), {"count": 1})
    for _ in range(200):
        read(revision, {"count": 1, "k0": DEEP})
    assert made == [False]
