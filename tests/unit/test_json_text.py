"""What the exact readings of JSON text say where a fast parser stays silent."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.validation.exact_numbers import kept_number
from domain.validation.json_cuts import array_elements, envelope_members, first_key_among, key_after_texts
from domain.validation.json_text import (
    NotJsonError,
    NumberText,
    TooDeepError,
    exact_value_from_text,
    is_nested_too_deep,
    may_hold_long_fraction,
    place_of,
    value_from_text,
)
from domain.validation.whole_numbers import has_equal_values, whole_number
from schemas.limits import MAX_ENVELOPE_MEMBERS, MAX_JSON_DEPTH

MANY = 1_000


def nested(levels: int, core: bytes = b"") -> bytes:
    return b"[" * levels + core + b"]" * levels


@pytest.mark.parametrize("core", [b"", b"1", b'"x"', b"null"])
@pytest.mark.parametrize(("levels", "is_too_deep"), [(63, False), (64, False), (65, True), (150, True)])
def test_depth_is_found_exactly(levels, core, is_too_deep):
    assert is_nested_too_deep(nested(levels, core)) is is_too_deep
    many_brackets = b"[" + b"[]," * 80 + nested(levels - 1, core) + b"]"
    assert is_nested_too_deep(many_brackets) is is_too_deep


def test_brackets_within_strings_are_no_depth():
    assert not is_nested_too_deep(b'{"a":"' + b"[{" * 500 + b'","b":[]}')
    assert is_nested_too_deep(b'{"a":"' + b"]}" * 500 + b'","b":' + nested(64) + b"}")


@pytest.mark.parametrize("read", [value_from_text, exact_value_from_text])
@pytest.mark.parametrize(
    "text",
    [
        b"NaN",
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":1}x',
        b"{'a':1}",
        b'{"a":01}',
        b'{"a":1,}',
        b'{"a":"\xff"}',
        b'{"a":"\\ud800"}',
        b'{"\\udc00":1}',
        b'{"a":"\n"}',
        b"",
        b"\x00{}",
        b"{}\x00",
        b'{"a":+1}',
        b'{"a":.5}',
        b'{"a":"\\x41"}',
        b"{a:1}",
        b"/**/{}",
        b"\xef\xbb\xbf{}",  # a byte-order mark is the payload's business, not the event's
        b"\xff\xfe{\x00}\x00",
    ],
)
def test_what_is_not_json_is_refused(read, text):
    with pytest.raises(NotJsonError):
        read(text)


@pytest.mark.parametrize("read", [value_from_text, exact_value_from_text])
@pytest.mark.parametrize("text", [nested(65), nested(65, b"1"), b'{"a":' + nested(64, b"1") + b"}", nested(900)])
def test_deep_text_is_told_from_bad_text(read, text):
    with pytest.raises(TooDeepError):
        read(text)


@pytest.mark.parametrize("read", [value_from_text, exact_value_from_text])
@pytest.mark.parametrize("levels", [10_000, 100_000])
def test_text_of_any_depth_ends_well_even_without_its_closing_half(read, levels):
    with pytest.raises((TooDeepError, NotJsonError)):
        read(b"[" * levels)
    with pytest.raises((TooDeepError, NotJsonError)):
        read(b'{"a":' * levels)


def test_the_last_of_duplicate_keys_counts():
    assert value_from_text(b'{"a":1,"a":2}') == exact_value_from_text(b'{"a":1,"a":2}') == {"a": 2}


def test_a_number_of_thousands_of_digits_is_json():
    value = value_from_text(b'{"a":' + b"9" * 5_000 + b"}")
    assert isinstance(value["a"], NumberText)
    assert value["a"].text == "9" * 5_000


@given(
    st.booleans(),
    st.from_regex(r"\A(0|[1-9][0-9]{0,30})\Z"),
    st.none() | st.from_regex(r"\A[0-9]{1,30}\Z"),
    st.none() | st.integers(-60, 60),
)
def test_a_whole_number_is_read_exactly_from_its_text(negative, integer, fraction, exponent):
    text = ("-" if negative else "") + integer
    if fraction is not None:
        text += "." + fraction
    if exponent is not None:
        text += f"e{exponent:+d}"
    value = Decimal(text)
    whole = whole_number(text)
    if value != value.to_integral_value():
        assert whole is None
    elif abs(value) < 10**19:
        assert whole == int(value)
    else:
        assert abs(whole) == 10**19
        assert (whole < 0) is negative


@given(
    st.integers(2**53, 2**64 - 1),
    st.integers(-6, 22),
    st.integers(0, 3),
    st.integers(0, 40),
    st.sampled_from(["", "-"]),
    st.sampled_from("eE"),
)
def test_a_long_whole_number_is_never_overlooked_when_it_is_written_as_a_fraction(
    value, point, zeros, before, sign, exponent
):
    digits = f"{value}{'0' * zeros}"
    place = len(digits) - zeros - point  # of the point, in the digits
    if 0 < place < len(digits):
        number = f"{digits[:place]}.{digits[place:]}" + (f"{exponent}{point}" if point else "")
    else:
        number = f"{digits}{exponent}-{zeros}"
    text = (" " * before + f'{{"a":{sign}{number}}}').encode()
    double = float(number)
    assert kept_number(number) == value
    if int(double) != value:
        assert may_hold_long_fraction(text)


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("9007199254740992.0", 2.0**53),
        ("9007199254740993.5", 2.0**53 + 2),
        ("-9007199254740993e+00", -(2**53) - 1),
        ("-9223372036854775809.0", -(2.0**63)),
        ("18446744073709551615.0", 2**64 - 1),
        ("18446744073709551617.0", 2.0**64),
        ("123456789012345678901.0", 123456789012345678901.0),
        ("0e99999999999999999999", 0.0),
        ("1e-99999999999999999999", 0.0),
        ("-1e99999999999999999999", float("-inf")),
        ("0.5", 0.5),
    ],
)
def test_a_number_is_kept_whole_only_where_that_takes_64_bits_and_no_double_holds_it(number, kept):
    assert kept_number(number) == kept
    assert type(kept_number(number)) is type(kept)


@pytest.mark.parametrize(
    "number", ["0.30000000000000004", "1732871234567.8999", '"1234567890123456789"', "12345678901234567"]
)
def test_fractions_and_ids_of_many_digits_are_not_read_again(number):
    assert not may_hold_long_fraction(f'{{"a":"","b":{number},"c":{number}}}'.encode())


@pytest.mark.parametrize("text", ["1e999999999999999999999999", "-9E+99999", "1" + "0" * 100_000])
def test_a_huge_whole_number_never_becomes_a_number_of_its_size(text):
    assert abs(whole_number(text)) == 10**19


@pytest.mark.parametrize("text", ["0", "-0", "0.000", "0e999999999999999999999", "0.0e-5"])
def test_zero_is_whole_however_it_is_written(text):
    assert whole_number(text) == 0


@pytest.mark.parametrize("text", ["1e-999999999999999999999999", "0.5", "12.5e0", "1.00000000000000000000001"])
def test_a_fraction_is_not_whole_however_small(text):
    assert whole_number(text) is None


def test_numbers_that_one_double_stands_for_are_told_apart_whatever_zeros_their_exponents_have():
    zeros = 5_000 * "0"
    assert not has_equal_values([NumberText(f"1e-{zeros}400"), NumberText(f"1e-{zeros}500")])
    assert has_equal_values([NumberText(f"1e-{zeros}400"), NumberText("10e-401")])


def test_an_array_is_cut_into_its_elements_as_they_came():
    text = b' [ {"a" : 1.0, "a":2} ,\n"x\\u005d",[1,[2]], 1e400 ,null ] '
    assert array_elements(text, MANY) == [b'{"a" : 1.0, "a":2}', b'"x\\u005d"', b"[1,[2]]", b"1e400", b"null"]
    assert array_elements(b"[ ]", MANY) == []


@given(st.lists(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5), max_size=8))
def test_the_elements_of_an_array_are_the_array(elements):
    import json

    text = json.dumps(elements).encode()
    assert [json.loads(element) for element in array_elements(text, MANY)] == elements


@pytest.mark.parametrize("text", [b"[1", b"[1,]", b"[1]]", b"[1] x", b"[,1]", b"[1 2]", b"[", b'["\xff"]', b"[NaN]"])
def test_an_array_that_is_not_json_is_refused_whole(text):
    with pytest.raises(NotJsonError):
        array_elements(text, MANY)


def test_cutting_stops_after_one_element_too_many():
    assert len(array_elements(b"[" + b",".join([b"1"] * 5_000) + b"]", 10)) == 11


def test_an_object_is_cut_into_its_members():
    text = b' { "a" : 1.0 , "b":{"c":[]}, "a" : [1,2] } '
    assert envelope_members(text, "events", MANY) == ({"a": b"[1,2]", "b": b'{"c":[]}'}, None)
    assert envelope_members(b"{ }", "events", MANY) == ({}, None)


@pytest.mark.parametrize(
    ("array", "elements"),
    [
        (b"[ ]", []),
        (b'[ 1.0 , {"b" : 2}]', [b"1.0", b'{"b" : 2}']),
        (b"[1,2,3,4]", [b"1", b"2", b"3"]),  # one more than there may be
        (b"{}", None),
        (b"[1,2,3,4], 'a':7".replace(b"'", b'"'), None),
        (b"7, 'a':[1]".replace(b"'", b'"'), [b"1"]),
    ],
)
def test_the_array_of_an_object_is_cut_into_its_elements(array, elements):
    text = b'{"x":1,"a":%b,"y":[2]}' % array
    assert envelope_members(text, "a", 2) == ({"x": b"1", "y": b"[2]"}, elements)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{",
        b"{1:2}",
        b'{"a"}',
        b'{"a":}',
        b'{"a":1,}',
        b'{"a":1}}',
        b'{"a":1 "b":2}',
        b"{} x",
        b'{"a":\xff}',
        b'{"a":[1,]}',
        b'{"a":[1 2]}',
        b'{"a":[1}',
        b'{"a":[1]',
        b'{"a":[1]]}',
        b'{"a":[' + b"1," * 2 * MANY + b"}",
    ],
)
@pytest.mark.parametrize("key", ["a", "events"])
def test_what_is_no_object_has_no_members(text, key):
    with pytest.raises(NotJsonError):
        envelope_members(text, key, MANY)


def test_an_object_of_too_many_members_is_not_cut():
    def text(members):
        return b"{%b}" % b",".join([b'"a":1'] * members)

    assert envelope_members(text(MAX_ENVELOPE_MEMBERS), "b", MANY) == ({"a": b"1"}, None)
    with pytest.raises(NotJsonError):
        envelope_members(text(MAX_ENVELOPE_MEMBERS + 1), "b", MANY)


def test_the_first_of_some_keys_is_found_without_reading_on():
    assert first_key_among(b'{"x": {"b": 1}, "b" : [, "a": 1', {"a", "b"}) == "b"
    assert first_key_among(b'{"x": {"b": 1}}', {"a", "b"}) is None
    assert first_key_among(b'{"x": [,"a": 1', {"a", "b"}) is None
    assert first_key_among(b'["a"]', {"a", "b"}) is None


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (b'{"b":[', "b"),
        (b' {"x" : "1", "" :"[{,:}]" ,"a" : 1, "b": 2}', "a"),
        (b'{"x":"b","b":"a","a":1}', "b"),
        (b'{"ab":"","b":{}}', "b"),
        (b'{"x":1,"b":2}', None),
        (b'{"x":"\\"","b":2}', None),
        (b'{"x":"\xc3\xa9","b":2}', None),
        (b'{"x":"\n","b":2}', None),
        (b'{"x":"1" "b":2}', None),
        (b'{"b"}', None),
        (b'["b":1]', None),
        (b'{"x":"%b","b":1}' % (b"y" * 100), None),
        (b"{%b" % (b'"x":"y",' * MAX_ENVELOPE_MEMBERS) + b'"b":1}', None),
    ],
)
def test_the_first_key_of_a_few_is_seen_after_plain_texts_alone(text, key):
    most_bytes = 100 if b"yyy" in text else 100_000
    assert key_after_texts(text, ["a", "b"], most_bytes) == key
    assert key is None or first_key_among(text.removesuffix(b"["), ["a", "b"]) == key


DEEP_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='[]{}"\\a\n', max_size=6),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(alphabet='[]{}"\\', max_size=3), children)
    ),
)


def levels_of(value):
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(levels_of, value), default=0) if isinstance(value, list) else 0


@given(DEEP_JSON, st.integers(55, 70))
def test_depth_is_that_of_the_parsed_value_whatever_its_strings_hold(value, further):
    text = nested(further, json.dumps([value, ["[]{}" * 20]]).encode())
    assert is_nested_too_deep(text) is (levels_of(value) + further + 1 > MAX_JSON_DEPTH or further + 2 > MAX_JSON_DEPTH)


@pytest.mark.parametrize("read", [value_from_text, exact_value_from_text])
@pytest.mark.parametrize("number", [b"1", b"1e400"])
def test_a_key_that_a_later_one_hides_counts_for_the_depth(read, number):
    with pytest.raises(TooDeepError):
        read(b'{"a":' + nested(64) + b',"a":' + number + b"}")


@pytest.mark.parametrize("said", ["Expecting value", "Illegal trailing comma before end of array"])
def test_a_comma_too_many_is_told_where_a_value_is_missing_whatever_python_says(said):
    text = "[1, \n ]"
    at = text.index("," if said.startswith("Illegal") else "]")
    assert place_of(json.JSONDecodeError(said, text, at), text.encode()) == text.index("]")
