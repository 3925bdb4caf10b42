"""The writing of snippets: each literal says what it was given, read back by another's rules of the language."""

import ast
import json
import re
import shlex
from base64 import urlsafe_b64decode
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Rejected
from domain.language.snippets import literals, make_snippets, text_from_event, text_from_written
from tests.nasty_event import NASTY_EVENT

ADDRESS = "https://in.example.com/e/env_1"
ALL = [
    *("pixel", "curl", "fetch", "beacon", "script", "node", "node_client", "python", "python_client"),
    *("go", "java", "csharp", "php", "ruby"),
]

# Half of the characters are those that some language minds.
ASCII = st.text(
    st.one_of(st.sampled_from("'\"\\`$&<>#{}%un/!-"), st.characters(min_codepoint=32, max_codepoint=126)), max_size=40
)
JSON_OBJECTS = st.dictionaries(
    st.text(max_size=5),
    st.one_of(st.text(max_size=20), st.integers(), st.booleans(), st.lists(st.text(max_size=5), max_size=3)),
    max_size=4,
)


def single_quoted(literal):
    assert re.fullmatch(r"'(?:[^'\\]|\\['\\])*'", literal)
    return re.sub(r"\\(.)", r"\1", literal[1:-1])


@given(ASCII)
def test_a_shell_reads_one_word(text):
    assert shlex.split(literals.shell_literal(text)) == [text]


@given(ASCII)
def test_a_script_reads_the_text_and_a_page_sees_no_tag(text):
    literal = literals.script_literal(text)
    assert "<" not in literal
    assert ast.literal_eval(literal) == text  # Python has the same escapes


@given(ASCII)
def test_python_reads_the_text(text):
    assert ast.literal_eval(literals.python_literal(text)) == text


@given(ASCII)
def test_go_reads_the_text(text):
    literal = literals.go_literal(text)
    if literal[0] == "`":
        assert literal == f"`{text}`"
        assert "`" not in text
    else:
        assert json.loads(literal) == text  # JSON's escapes of these are Go's


@given(ASCII)
def test_java_and_csharp_read_the_text(text):
    literal = literals.java_literal(text)
    assert json.loads(literal) == text
    # Java takes a backslash that follows an even number of others, with a `u` behind it, for a character of the file.
    assert not re.search(r"(?<!\\)(?:\\\\)*\\u", literal)
    assert literals.csharp_literal(text) == literal


@given(ASCII)
def test_php_and_ruby_read_the_text(text):
    assert single_quoted(literals.php_literal(text)) == text
    assert single_quoted(literals.ruby_literal(text)) == text


class _Image(HTMLParser):
    def handle_starttag(self, tag, attrs):
        self.found = (tag, dict(attrs)["src"])


@given(ASCII)
def test_a_page_reads_the_attribute(text):
    parser = _Image()
    parser.feed(f"<img src={literals.attribute_literal(text)}>")
    assert parser.found == ("img", text)


@given(JSON_OBJECTS)
def test_the_text_of_an_event_is_ascii_and_says_the_same(event):
    text = text_from_event(event)
    assert text.isascii()
    assert text.isprintable()
    assert json.loads(text) == event


@given(JSON_OBJECTS, st.sampled_from([None, 2, "\t"]))
def test_an_example_is_kept_as_it_was_written_but_for_its_characters(event, indent):
    text = text_from_written(json.dumps(event, ensure_ascii=False, indent=indent))
    assert text.isascii()
    assert text.isprintable()
    assert json.loads(text) == event


def test_numbers_and_repeated_keys_of_an_example_stay_as_they_were_written():
    written = '{"a": 9007199254740993.0, "b": 1e3, "c": 123456789012345678901234567890, "a": -0.0}'
    assert text_from_written(f"\n{written}\n") == written


def test_an_example_in_lines_becomes_one_without_their_indentation():
    written = '{\r\n\t"a": [\n\n    1,\t2\n  ],\n  "b":  "x  y"\n}\n'
    assert text_from_written(written) == '{ "a": [ 1, 2 ], "b":  "x  y" }'


def test_an_example_beyond_the_basic_plane_is_written_as_two_escapes():
    assert text_from_written('{"a": "😀é\x7f"}') == r'{"a": "\ud83d\ude00\u00e9\u007f"}'


@pytest.mark.parametrize(
    "written", ["", "{", "[]", "[{}]", "1", '"a"', "null", '{"a": NaN}', '{"a": "\ud800"}', "{}{}"]
)
def test_what_is_no_json_object_is_no_example(written):
    with pytest.raises(Rejected) as caught:
        text_from_written(written)
    assert (caught.value.status, caught.value.errors[0]["pointer"]) == (422, "/example")


def test_every_way_is_there_once_and_carries_the_address_and_the_event():
    snippets = make_snippets(ADDRESS, text_from_event({"event": "view"}))
    assert [snippet.id for snippet in snippets] == ALL
    for snippet in snippets:
        assert ADDRESS in snippet.code
        assert snippet.code.endswith("\n")
    pixel = snippets[0].code
    query = re.search(r"\?d=([\w-]+)\"", pixel)[1]
    assert json.loads(urlsafe_b64decode(query + "=" * (-len(query) % 4))) == {"event": "view"}


def test_snippets_are_printable_ascii_whatever_the_event_holds():
    for snippet in make_snippets(ADDRESS, text_from_event(NASTY_EVENT)):
        assert snippet.code.isascii()
        assert snippet.code.replace("\n", "").replace("\t", "").isprintable()
        assert "</script>" not in snippet.code or snippet.id not in {"pixel", "fetch", "beacon"}


def test_a_snippet_that_the_event_is_too_large_for_is_left_out():
    assert [snippet.id for snippet in make_snippets(ADDRESS, text_from_event({"a": "x" * 6_000}))] == ALL[1:]
    assert make_snippets(ADDRESS, text_from_event({"a": "x" * 60_000})) == []


@pytest.mark.parametrize("text", ['{"a": "é"}', '{\n"a": 1}'])
def test_only_printable_ascii_is_written_into_a_snippet(text):
    with pytest.raises(ValueError, match="ASCII"):
        make_snippets(ADDRESS, text)
