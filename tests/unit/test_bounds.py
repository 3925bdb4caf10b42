"""What events may cost, before anything of them is parsed."""

import json

import pytest

from domain.intake.events import read_events
from domain.intake.payload import EventTexts
from domain.validation.bounds import EventBounds, count_values
from domain.validation.faults import Refusal
from domain.validation.revision import CompiledRevision
from schemas.limits import MAX_EVENT_SENT_BYTES, MAX_EVENT_VALUES, MAX_JUDGED_VALUES, MAX_READ_VALUES

TEXT = [{"key": "text", "type": "STRING", "presence": "optional"}]


def compiled(fields):
    return CompiledRevision({"revision_id": "rev_1", "additional_keys": "drop", "fields": fields})


def items(children, **more):
    return [{"key": "items", "type": "ARRAY_OBJECT", "presence": "optional", "fields": children, **more}]


def default(key, value):
    return {"key": key, "type": "STRING", "presence": "default", "default": value}


def codes(verdicts):
    return [verdict.faults[0].code if isinstance(verdict, Refusal) else "accepted" for verdict in verdicts]


def test_values_are_counted_to_the_last_one_that_may_be():
    most = b'{"other":[' + b",".join([b"1"] * (MAX_EVENT_VALUES - 2)) + b"]}"
    assert count_values(most) == MAX_EVENT_VALUES
    more = most.replace(b"1,", b"1,1,", 1)
    assert codes([compiled(TEXT).read_event(text) for text in (most, more)]) == ["accepted", "event_too_large"]


def test_bytes_are_counted_as_they_are_sent():
    most = b'{"other":"' + b"x" * (MAX_EVENT_SENT_BYTES - 12) + b'"}'
    assert len(most) == MAX_EVENT_SENT_BYTES
    assert codes([compiled(TEXT).read_event(text) for text in (most, most + b" ")]) == ["accepted", "event_too_large"]


@pytest.mark.parametrize(
    ("children", "elements"),
    [
        ([default("a", ""), default("b", "")], 24_999),
        ([{**default("a", ""), "presence": "macro", "macro": "uuid"}, default("b", "")], 24_999),
        (
            [{"key": "o", "type": "OBJECT", "presence": "default", "fields": [default("a", "")]}],
            24_999,
        ),
        ([{"key": "a", "type": "STRING", "presence": "optional"}], 49_998),
    ],
    ids=["defaults", "a macro", "an object of defaults", "nothing filled in"],
)
def test_defaults_under_an_array_are_values_of_every_element(children, elements):
    bounds = EventBounds(items(children))
    texts = [b'{"items":[' + b",".join([b"{}"] * count) + b"]}" for count in (elements, elements + 2)]
    assert [bounds.allow(text) for text in texts] == [True, False]


def test_long_defaults_are_bounded_by_what_they_would_fill():
    bounds = EventBounds(items([default("a", "x" * 32_000)]))
    texts = [b'{"items":[' + b",".join([b"{}"] * count) + b"]}" for count in (100, 400)]
    assert [bounds.allow(text) for text in texts] == [True, False]


def test_each_event_of_a_batch_is_bounded_for_itself():
    large = b'{"other":[' + b",".join([b"1"] * MAX_EVENT_VALUES) + b"]}"
    one = b'{"text":"x"}'
    revision = compiled(TEXT)
    for payload in (
        EventTexts("json", b"[" + b",".join([one, large, one]) + b"]"),
        EventTexts("lines", b"\n".join([one, large, one])),
    ):
        assert codes(read_events(revision, payload)) == ["accepted", "event_too_large", "accepted"]


def test_what_a_request_may_cost_together_ends_with_a_refusal_of_each_further_event():
    revision = compiled([*TEXT, {"key": "numbers", "type": "ARRAY_INT", "presence": "optional"}])
    unnamed = b'{"other":[' + b",".join([b"1"] * 90_000) + b"]}"
    wrong = unnamed.replace(b'"other"', b'"numbers"', 1)[:-2] + b',"x"]}'
    for text, looked_at in ((unnamed, MAX_READ_VALUES // 90_002), (wrong, MAX_JUDGED_VALUES // 90_000 + 1)):
        found = codes(read_events(revision, EventTexts("json", b"[" + b",".join([text] * 30) + b"]")))
        assert 0 < looked_at < 30
        assert "event_too_large" not in found[:looked_at]
        assert set(found[looked_at:]) == {"event_too_large"}


def test_of_a_refused_event_only_what_has_a_field_counts_as_judged():
    """A thousand recorded webhooks of other kinds are refused each for what it lacks, not for being many."""
    required = [{"key": "text", "type": "STRING", "presence": "required"}]
    other_kind = b'{"other":{' + b",".join([b'"k%d":1' % key for key in range(400)]) + b"}}"
    assert 1_000 * count_values(other_kind) > 2 * MAX_JUDGED_VALUES
    found = codes(read_events(compiled(required), EventTexts("json", b"[" + b",".join([other_kind] * 1_000) + b"]")))
    assert set(found) == {"required"}


def test_an_array_is_cut_without_keeping_what_its_elements_hold():
    elements = ['{"a":[1.10,{"b":-2e5}],"c":"[,]"}', "12", '"x"', "null", "[[]]", "{}"]
    text = f" [ {' , '.join(elements)} ] "
    assert [part.decode() for part in EventTexts("json", text.encode()).all()] == elements
    assert json.loads(text)


def test_what_several_fields_read_from_one_place_counts_once_for_each():
    def reader(key, path="a"):
        return {"key": key, "from": path, "type": "ARRAY_STRING", "presence": "optional"}

    one, two = EventBounds([reader("x")]), EventBounds([reader("x"), reader("y")])
    apart = EventBounds([reader("x"), reader("y", "/b/c"), reader("z", "/b/d")])
    text = b'{"a":[' + b'"",' * 60_000 + b'""]}'
    assert one.allow(text)
    assert apart.allow(text)
    assert not two.allow(text)
    many = EventBounds([reader(f"k{number}") for number in range(2_000)])
    assert many.allow(b'{"a":["' + b"x" * 3_000 + b'"]}')
    assert not many.allow(b'{"a":["' + b"x" * 5_000 + b'"]}')


def test_objects_at_one_place_are_filled_in_by_each_of_their_fields():
    def of(key):
        fields = [{"key": "d", "type": "STRING", "presence": "default", "default": "x" * 100}]
        return {"key": key, "from": "a", "type": "ARRAY_OBJECT", "presence": "optional", "fields": fields}

    text = b'{"a":[' + b"{}," * 30_000 + b"{}]}"
    assert EventBounds([of("x")]).allow(text)
    assert not EventBounds([of("x"), of("y")]).allow(text)
