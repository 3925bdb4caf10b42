"""JSON is cut into the texts of what it holds, whatever its size, and wherever a window of it ends."""

import json

import pytest

from domain.validation.faults import place_in
from domain.validation.json_cuts import array_elements, documents, envelope_members, first_key_among
from domain.validation.json_text import NotJsonError, count_characters
from schemas.limits import MAX_EVENT_SENT_BYTES, MAX_EVENT_VALUES

WINDOW = 256 * 1024
TOKENS = [
    '"é😀"',
    '"\\ud83d\\ude00\\u0041"',
    '"\\\\\\"]["',
    "-12345.678e+12",
    "null",
    '{"a" : [ 1 , {} ]}',
    '"\\ud83d"',
]
BRACKETS = '{"a":["[\\"{",[],"\\\\",{"}":"]"},"\\\\\\"]"]}'


def pad(size):
    return '"%s"' % ("x" * (size - 2))


def large(element, size):
    """Return an event of so many bytes at least, all of them of one element."""
    return f'{{"a":[{",".join([element] * (size // (len(element.encode()) + 1) + 1))}]}}'


BEYOND_BOUNDS = {
    "bytes": large(pad(1_000), MAX_EVENT_SENT_BYTES),
    "one string": pad(MAX_EVENT_SENT_BYTES + 1),
    "one string of escapes": '"%s"' % ('\\"' * (MAX_EVENT_SENT_BYTES // 2)),
    "values": large("[]", 3 * MAX_EVENT_VALUES),
    "brackets in strings": large(BRACKETS, MAX_EVENT_SENT_BYTES),
    "backslashes": large(json.dumps("\\" * 7), MAX_EVENT_SENT_BYTES),
    "wide characters": large('"😀"', 7 * MAX_EVENT_VALUES),
    "levels": large("[" * 60 + "]" * 60, 3 * MAX_EVENT_VALUES),
    "a number": "1" * (MAX_EVENT_SENT_BYTES + 1),
    "no JSON at its end": large("[]", 3 * MAX_EVENT_VALUES)[:-2] + ",NaN,tru]}",
    "other brackets at its end": large("[]", 3 * MAX_EVENT_VALUES)[:-2] + ",{]}]",
}
WITHIN_BOUNDS = {
    "bytes": large(pad(1_000), 3 * WINDOW),
    "values": large("[]", MAX_EVENT_VALUES),
    "brackets in strings": large(BRACKETS, WINDOW),
    "wide characters": large('"😀"', WINDOW),
    "one string": pad(2 * WINDOW),
}
SIZES = {f"{name}, beyond": text for name, text in BEYOND_BOUNDS.items()} | WITHIN_BOUNDS


def array_of(elements):
    return f" [{' , '.join(elements)}]\n".encode()


@pytest.mark.parametrize("token", TOKENS)
def test_a_value_may_stand_anywhere_about_the_end_of_a_window(token):
    for before_end in range(-3, len(token) + 20):
        elements = [pad(WINDOW - before_end), token, "7", token]
        assert array_elements(array_of(elements), 9) == [element.encode() for element in elements]


@pytest.mark.parametrize("name", SIZES)
def test_an_element_of_any_size_is_cut_from_its_neighbours(name):
    element = SIZES[name]
    elements = ['{"b":"é"}', element, '{"c":1}', element, "2"]
    expected = [text.encode() for text in elements]
    assert array_elements(array_of(elements), 9) == expected
    members, found = envelope_members(b'{"m":%b,"e":%b,"n":3}' % (expected[1], array_of(elements)), "e", 9)
    assert (members, found) == ({"m": expected[1], "n": b"3"}, expected)
    assert first_key_among(b'{"m":%b,"e":1}' % expected[1], {"e"}) == "e"
    assert documents(b" ".join([b"{} {}", *expected, b"\n"]), 9) == [b"{}", b"{}", *expected]


@pytest.mark.parametrize("broken", ["tru", '"\\x"', "[1,]", "NaN", '"\t"', "01", '{"a" 1}', "[}"])
@pytest.mark.parametrize("before", [0, WINDOW - 5, 4 * WINDOW])
def test_it_says_where_an_element_within_the_bounds_is_broken(before, broken):
    text = f'[{{"é😀":1}},{{"p":{pad(before + 2)},"a":{broken}}},2]'.encode()
    with pytest.raises(NotJsonError) as error:
        array_elements(text, 9)
    start = count_characters(text[: text.index(b'"a":')]) + 4
    assert start <= error.value.at <= start + len(broken)


@pytest.mark.parametrize("cut", ["[", "{", '"', '"\\'])
def test_an_element_that_does_not_end_is_no_json(cut):
    text = f"[1,[{pad(3 * WINDOW)},{cut}".encode()
    with pytest.raises(NotJsonError) as error:
        array_elements(text, 9)
    assert place_in(text, error.value.at) == "at its end"


def test_what_is_no_utf_8_is_told_first():
    text = b'[{"a":"%b"},tru,"\xc3\xa9%b\xff"]' % (b"x" * WINDOW, b"x" * WINDOW)
    with pytest.raises(NotJsonError) as error:
        array_elements(text, 9)
    assert error.value.at == count_characters(text[: text.index(b"\xff")])


def test_elements_that_are_too_many_are_not_looked_at():
    text = b'{"e":[%b],"n":3}' % b",".join([*[b'"]"'] * 5, b"tru"])
    assert envelope_members(text, "e", 3) == ({"n": b"3"}, [b'"]"'] * 4)


@pytest.mark.parametrize("levels", [1_100, 20_000, WINDOW])
def test_an_element_that_is_nested_beyond_telling_is_cut_by_its_brackets(levels):
    deep = b'{"a":%b"]"%b}' % (b"[" * levels, b"]" * levels)
    elements = [b"1.10", deep, b'{"b" : 2}', deep, b"3"]
    array = b"[%b]" % b", ".join(elements)
    assert array_elements(array, 9) == elements
    assert envelope_members(b'{"m":%b,"e":%b,"n":3}' % (deep, array), "e", 9) == ({"m": deep, "n": b"3"}, elements)
    assert first_key_among(b'{"m":%b,"e":1}' % deep, {"e"}) == "e"
    assert documents(b" ".join([b"{} {}", *elements]), 9) == [b"{}", b"{}", *elements]


def test_an_element_that_is_nested_beyond_telling_and_does_not_end_is_no_json():
    with pytest.raises(NotJsonError):
        array_elements(b"[1,%b]" % (b"[" * 20_000), 9)


@pytest.mark.parametrize("between", ["", " ", "  ", "\t", "\r", " \t\r ", "\n", "\r\n", "\n \n"])
def test_documents_may_share_a_line_or_not(between):
    texts = [b'{"a":1}', b'{"b":"}\\t{"}', b'{"c":{}}']
    assert documents(between.encode().join(texts), 9) == texts


def test_lines_that_end_nowhere_are_documents_of_a_line_each():
    lines = [b'{"a":[%b' % (b'"x",' * 20_000)] * 9
    assert documents(b"\n".join([b"{} {}", *lines]), 1_000) == [b"{}", b"{}", *lines]


@pytest.mark.parametrize("text", ["é😀\nxé", "é", "abc\nd", "\n\n😀\n"])
def test_a_place_is_told_by_the_characters_before_it(text):
    text = f"[{text}]  \n"
    for at in range(len(text)):
        column, line = at - text.rfind("\n", 0, at), text.count("\n", 0, at) + 1
        expected = f"at line {line}, column {column}" if "\n" in text.strip() else f"at character {at + 1}"
        assert place_in(text.encode(), at) == (expected if at < len(text.rstrip()) else "at its end")


@pytest.mark.parametrize(
    "line",
    [
        b'{"a":1},{"b":2}',
        b'{"a":1} , {"b":2}',
        b'{"a":1}x{"b":2}',
        b'{"a":1}}',
        b'{"a":1}]{"b":[{}]}',
        b'{"a":1},{"b":2},{"c":3}',
    ],
)
@pytest.mark.parametrize("other", [b"{} {}", b"5", b'{"x" 1', b'[1]\n{"a":{}\n}'])
def test_what_becomes_of_a_line_does_not_depend_on_others(line, other):
    assert documents(line, 9) == [line]
    first, last = documents(other, 9), documents(b"%b\n%b\n%b" % (other, line, other), 9)
    assert last == [*first, line, *first]


def test_documents_before_one_that_is_cut_off_are_taken():
    assert documents(b'{"a":1}{"b":2}{"c":', 9) == [b'{"a":1}', b'{"b":2}', b'{"c":']
    assert documents(b'{"a":1}{"b":2},{"c":3}\n{}', 9) == [b'{"a":1}', b'{"b":2}', b',{"c":3}', b"{}"]
    assert documents(b'{"a":\n1},{"b":2}\n{}', 9) == [b'{"a":\n1}', b',{"b":2}', b"{}"]
