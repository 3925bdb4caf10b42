"""Repairs change what they name in the text of an event, and nothing else."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.quarantine.repairs import Repair, RepairKind, Repairs, RepairWork, repair_from_document
from schemas.limits import MAX_EVENT_SENT_BYTES, MAX_EVENT_VALUES
from schemas.places import pointer_of


def repaired(text, *repairs, **given):
    return Repairs([Repair(RepairKind(kind), *rest) for kind, *rest in repairs]).of(text.encode(), **given)


def result(text, *repairs):
    return repaired(text, *repairs).text.decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{ "a" : "9.50" , "b":1}', '{ "a" : 9.50 , "b":1}'),
        ('{"a":" 12\\n"}', '{"a":12}'),
        ('{"a":"123456789012345678901234567890.10"}', '{"a":123456789012345678901234567890.10}'),
        ('{"a":"-1e5"}', '{"a":-1e5}'),
        ('{"a":"\\u0031"}', '{"a":1}'),
        ('{"a":"1","a":"x","a":"2"}', '{"a":1,"a":"x","a":2}'),
    ],
)
def test_a_number_in_quotes_becomes_the_number_with_all_its_digits(before, after):
    assert repaired(before, ("number_from_text", "/a")) == (after.encode(), (0,))


@pytest.mark.parametrize(
    "text",
    ['{"a":"9,50"}', '{"a":""}', '{"a":"007"}', '{"a":"NaN"}', '{"a":"\\u0661"}', '{"a":5}', '{"b":"5"}', '{"a":null}'],
)
def test_what_is_no_number_in_quotes_stays(text):
    assert repaired(text, ("number_from_text", "/a")) == (text.encode(), ())


@pytest.mark.parametrize(("before", "after"), [("9.50", '"9.50"'), ("-0", '"-0"'), ("1E400", '"1E400"')])
def test_a_number_becomes_text_as_it_was_written(before, after):
    assert result(f'{{"a":{before}}}', ("text_from_number", "/a")) == f'{{"a":{after}}}'


@pytest.mark.parametrize("value", ['"5"', "true", "null", "[1]", "{}"])
def test_what_is_no_number_does_not_become_text(value):
    assert repaired(f'{{"a":{value}}}', ("text_from_number", "/a")).changed_by == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00"),
        ("2026-01-31T12:00:00.5Z", "2026-01-31T12:00:00.5"),
        ("2026-01-31T00:30:00+01:00", "2026-01-30T23:30:00"),
        ("2026-01-31T00:30:00.25+0100", "2026-01-30T23:30:00.250000"),
        ("2026-01-31T00:30:00-01", "2026-01-31T01:30:00"),
        ("2026-01-31 12:00:00.123456789Z", "2026-01-31T12:00:00.123456"),
    ],
)
def test_a_moment_with_its_offset_becomes_a_datetime_in_utc(before, after):
    assert result(f'{{"a":"{before}"}}', ("datetime_from_iso", "/a")) == f'{{"a":"{after}"}}'


@pytest.mark.parametrize("value", ['"2026-02-30T12:00:00Z"', '"2026-01-31T12:00:00"', '"2026-01-31"', "1769860800"])
def test_what_is_no_moment_with_an_offset_stays(value):
    assert repaired(f'{{"a":{value}}}', ("datetime_from_iso", "/a")).changed_by == ()


def test_a_key_gets_another_name_where_that_is_free():
    assert result('{"prise" : 1,"x":2}', ("rename_key", "/prise", 'pri"ce')) == '{"pri\\"ce" : 1,"x":2}'
    assert repaired('{"prise":1,"price":2}', ("rename_key", "/prise", "price")).changed_by == ()
    assert repaired('{"x":1}', ("rename_key", "/prise", "price")).changed_by == ()


def test_a_value_is_set_whether_its_key_is_there_or_not():
    assert result('{"a": [1, 2] ,"b":1}', ("set_value", "/a", None, "7.0")) == '{"a": 7.0 ,"b":1}'
    assert result('{"b": 1 }', ("set_value", "/a~1b", None, '"x"')) == '{"b": 1,"a/b":"x" }'
    assert result("{ }", ("set_value", "/a", None, "null")) == '{"a":null }'
    assert repaired('{"a":7}', ("set_value", "/a", None, "7")).changed_by == ()
    assert repaired('{"b":1}', ("set_value", "/user/a", None, "7")).changed_by == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"a":1}', "{}"),
        ('{"a":1, "b":2}', '{"b":2}'),
        ('{"b":2, "a":{"x":[]} }', '{"b":2 }'),
        ('{"b":1,"a":2,"c":3}', '{"b":1,"c":3}'),
        ('{"a":1,"a":2}', "{}"),
        ('{"a":1,"b":2,"a":3,"a":4}', '{"b":2}'),
        ('{"b":2,"a":3,"c":4,"a":5}', '{"b":2,"c":4}'),
    ],
)
def test_a_key_is_removed_with_its_value_and_one_comma(before, after):
    assert result(before, ("remove_key", "/a")) == after


def test_pointers_lead_through_objects_and_elements_of_arrays():
    text = '{"a":[{"b":"1"},{"b":"2"},["3"],"4"],"0":"5","*":{"b":"6"}}'
    for pointer, after in (
        ("/a/0/b", text.replace('"1"', "1")),
        ("/a/*/b", text.replace('"1"', "1").replace('"2"', "2")),
        ("/a/3", text.replace('"4"', "4")),
        ("/a/*/*", text.replace('"3"', "3")),
        ("/a/2/0", text.replace('"3"', "3")),
        ("/a/00/b", text),
        ("/a/99999999999/b", text),
        ("/0", text.replace('"5"', "5")),
        ("/*/b", text.replace('"6"', "6")),
        ("/a/b", text),
    ):
        assert result(text, ("number_from_text", pointer)) == after, pointer


def test_every_object_of_an_array_is_repaired_alone():
    text = '{"items":[{"n":1},{},7,{"m":2,"n":3}]}'
    assert result(text, ("set_value", "/items/*/m", None, "0")) == '{"items":[{"n":1,"m":0},{"m":0},7,{"m":0,"n":3}]}'
    assert result(text, ("rename_key", "/items/*/n", "m")) == '{"items":[{"m":1},{},7,{"m":2,"n":3}]}'
    assert result(text, ("remove_key", "/items/*/n")) == '{"items":[{},{},7,{"m":2}]}'
    assert result(text, ("remove_key", "/items/0")) == text
    assert result(text, ("rename_key", "/items/*", "x")) == text


def test_repairs_follow_each_other_and_those_that_do_not_suit_hold_up_no_other():
    text = '{"prise":"5","old":1}'
    repairs = [
        ("rename_key", "/prise", "price"),
        ("number_from_text", "/missing"),
        ("number_from_text", "/price"),
        ("remove_key", "/old"),
    ]
    assert repaired(text, *repairs) == (b'{"price":5}', (0, 2, 3))


@pytest.mark.parametrize(
    "text", ["", "5", '["1"]', '{"a":"1"', '{"a":"1"}x', '{"a":"1",}', '{"a":"1" "b"}', "{a:1}", '{"a":"1","b":NaN}']
)
def test_what_is_no_json_object_stays(text):
    assert repaired(text, ("number_from_text", "/a"), ("set_value", "/b", None, "1")) == (text.encode(), ())
    assert Repairs([Repair(RepairKind.REMOVE_KEY, "/a")]).of(b'{"a":"\xff"}') == (b'{"a":"\xff"}', ())


def test_text_that_is_nested_beyond_reading_stays():
    text = '{"a":' * 100_000
    assert repaired(text, ("number_from_text", "/a/a/a")) == (text.encode(), ())


def test_an_event_that_would_grow_beyond_what_may_be_sent_stays_as_it_was_whole():
    text = '{"x":"1","a":[' + ",".join(["{}"] * 10_000) + "]}"
    long = ("set_value", "/a/*/b", None, json.dumps("x" * 1_000))
    assert repaired(text, ("number_from_text", "/x"), long) == (text.encode(), ())
    fitting = ("set_value", "/a/*/b", None, json.dumps("x" * 100))
    assert len(result(text, fitting)) < MAX_EVENT_SENT_BYTES


def test_an_event_with_more_values_than_one_may_have_stays():
    text = '{"x":"1","a":[' + ",".join(["1"] * (MAX_EVENT_VALUES + 1)) + "]}"
    assert repaired(text, ("number_from_text", "/x")).changed_by == ()


def test_the_members_that_repairs_look_at_are_bounded_and_what_they_skip_is_free():
    text = '{"x":"1","a":[' + ",".join(["1"] * 90_000) + "]}"
    beside = [("set_value", "/x", None, str(number)) for number in range(20)]
    assert repaired(text, *beside).changed_by == tuple(range(20))
    within = [("set_value", f"/a/{number}", None, "0") for number in range(20)]
    assert repaired(text, *within) == (text.encode(), ())
    assert repaired(text, *within[:2]).changed_by == (0, 1)
    work = RepairWork()
    work.left = 100_000
    assert repaired(text, *within[:1], work=work).changed_by == (0,)
    assert repaired(text, *within[:1], work=work).changed_by == ()


@pytest.mark.parametrize(
    ("repair", "is_done"),
    [
        (("remove_key", "/items/0/email"), False),
        (("set_value", "/items/*/email", None, "1"), False),
        (("remove_key", "/items"), False),
        (("rename_key", "/items/*/mail", "email"), False),
        (("set_value", "/items/*/name", None, "1"), True),
        (("rename_key", "/items/*/mail", "post"), True),
    ],
)
def test_protected_places_are_left_alone(repair, is_done):
    text = '{"items":[{"email":"x","mail":"y"}]}'
    assert bool(repaired(text, repair, protected=["/items/*/email"]).changed_by) is is_done


def test_a_repair_is_read_as_it_was_stored():
    for repair in (
        Repair(RepairKind.RENAME_KEY, "/a", "b"),
        Repair(RepairKind.SET_VALUE, "/a", value="null"),
        Repair(RepairKind.REMOVE_KEY, "/a"),
    ):
        assert repair_from_document(json.loads(json.dumps(repair.document()))) == repair
    assert Repair(RepairKind.SET_VALUE, "/a", value='"secret"').note() == {"kind": "set_value", "pointer": "/a"}


KEYS = st.sampled_from(["a", "b", "0", "~/", "é"])
NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,20})?", fullmatch=True)
VALUES = st.recursive(
    st.one_of(NUMBERS.map(Decimal), NUMBERS, st.text(max_size=3), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=12,
)
PATHS = st.lists(st.one_of(KEYS, st.sampled_from(["*", "1"])), min_size=1, max_size=3)
KINDS = st.sampled_from(list(RepairKind))


def written(value):
    """JSON text whose numbers keep their digits."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dict):
        return "{ " + " ,".join(f"{json.dumps(key)} :{written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + " ]"
    return json.dumps(value, ensure_ascii=False)


def leaves(value, path=()):
    if isinstance(value, dict):
        yield path, {}
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        yield path, []
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path, value


def read(text):
    return json.loads(text, parse_float=str, parse_int=lambda digits: ("number", digits))


def is_named(path, pointer):
    """Whether a place is what the pointer names, or within it."""
    return len(path) >= len(pointer) and all(
        name == "*" or str(step) == name for step, name in zip(path, pointer, strict=False)
    )


@given(st.dictionaries(KEYS, VALUES, max_size=4), PATHS, KINDS)
def test_a_repair_changes_nothing_but_its_place(event, path, kind):
    text = written(event)
    more = {"rename_key": {"to": "new"}, "set_value": {"value": "[1.50]"}}.get(kind, {})
    after, changed_by = Repairs([Repair(kind, pointer_of(path), **more)]).of(text.encode())
    assert (after == text.encode()) is (changed_by == ())
    new_path = [*path[:-1], "new"] if kind is RepairKind.RENAME_KEY else path

    def elsewhere(content):
        return [
            leaf for leaf in leaves(read(content)) if not is_named(leaf[0], path) and not is_named(leaf[0], new_path)
        ]

    assert elsewhere(after) == elsewhere(text)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_without_repairs_the_bytes_are_as_before(event):
    text = written(event).encode()
    assert Repairs([]).of(text) == (text, ())


@given(NUMBERS)
def test_a_number_that_becomes_text_and_a_number_again_has_the_same_digits(number):
    text = f'{{"a":{number}}}'.encode()
    there = Repairs([Repair(RepairKind.TEXT_FROM_NUMBER, "/a"), Repair(RepairKind.NUMBER_FROM_TEXT, "/a")])
    assert there.of(text) == (text, (0, 1))
