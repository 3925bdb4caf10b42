import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestctl.json_text import read_json, write_json
from ingestctl.located import BadText, Position
from ingestctl.problems import Misused, Refused
from ingestctl.revision_files import read_revision_file, write_revision
from ingestctl.yaml_text import read_yaml, write_yaml

SCHEMA = """\
# What the shop sends.
name: Checkout
additional_keys: reject
fields:
  - key: event
    type: STRING
    rules:
      - rule: one_of
        value: [view, no, "on", 12:30, 2026-01-01]
  - {key: price, type: FLOAT, presence: default, default: 1e3}
"""

# A YAML file can't hold surrogates, and neither can what the server sends.
_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_words = st.sampled_from(
    ["1e3", "1_000", "0x1F", "0o17", "017", "no", "On", "y", "~", "null", ".5", "1.", "-.inf", "12:30", "2026-01-01",
     "<<", "=", "- a", "a: b", "# c", "", " ", "'", '"', "!x", "&x", "*x", "%x", "@x", "`x", "a\nb", "a\r\nb", "\u0085"]
)  # fmt: skip
_scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), _texts, _words
)
_documents = st.dictionaries(
    _texts | _words,
    st.recursive(
        _scalars,
        lambda below: st.lists(below, max_size=4) | st.dictionaries(_texts | _words, below, max_size=4),
        max_leaves=12,
    ),
    max_size=4,
)


def file_with(tmp_path, text, name="schema.yaml"):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return str(path)


def refusal_of(path):
    with pytest.raises(Refused) as caught:
        read_revision_file(path)
    assert caught.value.code == "bad_file"
    return caught.value.errors


@given(_documents)
@settings(deadline=None, max_examples=300)
def test_what_is_written_as_yaml_is_read_as_it_was(document):
    assert repr(read_yaml(write_yaml(document)).value) == repr(document)


@given(_documents)
@settings(deadline=None, max_examples=200)
def test_what_is_written_as_json_is_read_as_it_was(document):
    assert repr(read_json(write_json(document)).value) == repr(document)


def places(value, pointer=""):
    yield pointer
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from places(part, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")


@given(_documents)
@settings(deadline=None, max_examples=200)
def test_every_part_of_a_text_has_a_place_in_either_format(document):
    assert set(read_yaml(write_yaml(document)).positions) == set(places(document))
    assert set(read_json(write_json(document)).positions) == set(places(document))


def test_yaml_words_mean_what_version_1_2_says(tmp_path):
    said = read_revision_file(file_with(tmp_path, SCHEMA))
    assert (said.name, said.additional_keys) == ("Checkout", "reject")
    assert said.fields[0]["rules"][0]["value"] == ["view", "no", "on", "12:30", "2026-01-01"]
    assert said.fields[1]["default"] == 1000.0


def test_a_member_stands_at_its_key_and_an_element_at_its_start():
    located = read_yaml(SCHEMA)
    assert located.find("/fields/0/rules/0/value") == Position(9, 9)
    assert located.find("/fields/0/rules/0/value/1") == Position(9, 23)
    assert located.find("/fields/1") == Position(10, 5)
    assert located.find("/fields/1/default") == Position(10, 50)


def test_json_has_the_same_places():
    located = read_json('{"fields": [\n  {"key": "a",\n   "a/b": [1, {}]}\n]}')
    assert located.find("/fields/0") == Position(2, 3)
    assert located.find("/fields/0/a~1b") == Position(3, 4)
    assert located.find("/fields/0/a~1b/1") == Position(3, 15)


def test_what_is_not_there_is_placed_at_what_is_around_it():
    assert read_yaml(SCHEMA).find("/fields/1/rules/3/value") == Position(10, 5)
    assert read_yaml(SCHEMA).find("/nothing") == Position(2, 1)


@pytest.mark.parametrize(
    ("name", "text", "line", "column", "words"),
    [
        ("a.yaml", "fields:\n  - key: [a\n", 3, 1, "Not YAML"),
        ("a.yaml", "fields: []\nfields: []\n", 2, 1, "twice"),
        ("a.yaml", "name: !mine x\nfields: []\n", 1, 7, "Tags"),
        ("a.yaml", "fields: !!python/tuple []\n", 1, 9, "Tags"),
        ("a.yaml", "x: .nan\n", 1, 4, "JSON has no such value"),
        ("a.yaml", "? [a]\n: b\n", 1, 3, "A key must be a word"),
        ("a.yaml", "a: 1\n---\nb: 2\n", 2, 1, "Not YAML"),
        ("a.yaml", "a: \x07\n", 1, 1, "character"),
        ("a.yaml", "", 1, 1, "empty"),
        ("a.json", '{"fields": [}', 1, 13, "Not JSON"),
        ("a.json", '{"fields": [],\n "fields": []}', 2, 2, "twice"),
        ("a.json", '{"a": NaN}', 1, 1, "NaN"),
        ("a.yaml", "a: 1\nb: 1e400\n", 2, 4, "JSON has no such value"),
        ("a.yaml", 'a: "\\ud800"\n', 1, 4, "JSON has no such value"),
        ("a.json", '{"a": 1e400}', 1, 1, "too large"),
        ("a.json", '{\n"a": "\\ud800"}', 2, 6, "Half of a character"),
        ("a.json", "[" * 900 + "]" * 900, 1, 1, "too deep"),
        ("a.json", "[" * 100_000, 1, 1, "too deep"),
        ("a.json", '{"a": ' + "1" * 5_000 + "}", 1, 1, "Not JSON"),
    ],
)
def test_a_text_that_can_not_be_read_is_told_at_its_line(tmp_path, name, text, line, column, words):
    (error,) = refusal_of(file_with(tmp_path, text, name))
    assert (error["line"], error["column"]) == (line, column)
    assert words in error["message"]


def test_aliases_repeat_what_they_name_and_no_bomb_goes_off(tmp_path):
    text = "fields:\n  - &map {key: a, type: INT}\n  - *map\n"
    assert read_revision_file(file_with(tmp_path, text)).fields == [{"key": "a", "type": "INT"}] * 2
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(BadText, match="too large"):
        read_yaml("\n".join(lines))
    with pytest.raises(BadText, match="too deep"):
        read_yaml("a: &a [*a]")


def test_all_that_is_wrong_around_the_fields_is_told_at_once(tmp_path):
    errors = refusal_of(file_with(tmp_path, "name: 12\nadditional_keys: all\nfield: []\n"))
    assert [(error["line"], error["pointer"]) for error in errors] == [
        (3, "/field"),
        (1, "/fields"),
        (1, "/name"),
        (2, "/additional_keys"),
    ]


def test_a_file_that_is_no_object_or_no_text_is_refused(tmp_path):
    assert refusal_of(file_with(tmp_path, "- key: a\n"))[0]["code"] == "type"
    binary = tmp_path / "schema.yaml"
    binary.write_bytes(b"name: \xff")
    assert "UTF-8" in refusal_of(str(binary))[0]["message"]


def test_a_missing_file_is_a_misuse(tmp_path):
    with pytest.raises(Misused, match="can't be read"):
        read_revision_file(str(tmp_path / "none.yaml"))


def test_a_name_without_an_ending_is_read_by_what_it_holds(tmp_path):
    said = json.dumps({"name": "x\ty", "fields": []}, indent="\t")
    assert read_revision_file(file_with(tmp_path, said, "schema")).name == "x\ty"
    assert read_revision_file(file_with(tmp_path, "name: y\nfields: []", "schema2")).name == "y"


@pytest.mark.parametrize("kind", ["yaml", "json"])
@pytest.mark.parametrize("event_name", [[], ["/event", "/type"]])
def test_a_revision_of_the_api_becomes_a_file_and_the_same_again(tmp_path, kind, event_name):
    revision = {"id": "rev_1", "name": "Nö", "additional_keys": "keep", "version": 3, "fields": [{"key": "a"}]}
    text = write_revision({**revision, "event_name": event_name}, kind)
    assert ("event_name" in text) == bool(event_name)
    assert "Nö" in text
    said = read_revision_file(file_with(tmp_path, text, f"schema.{kind}"))
    assert (said.name, said.additional_keys, said.fields) == ("Nö", "keep", [{"key": "a"}])
    assert said.event_name == event_name
    assert "rev_1" not in text
