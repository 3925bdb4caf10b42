"""What reading events leans on in `msgspec`, and nothing that a member writes becomes code."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, Literal

import pytest

from domain.msgspec_core import (
    UNSET,
    DecodeError,
    Decoder,
    Encoder,
    Meta,
    Raw,
    UnsetType,
    convert,
    decode,
    defstruct,
    encode,
    field,
)
from domain.validation.finish_code import FinishCode
from domain.validation.revision import CompiledRevision

ONE = defstruct("One", [("a", Any, None)], omit_defaults=True)
STRICT = defstruct("Strict", [("a", Any, None)], forbid_unknown_fields=True)


def test_a_strict_type_refuses_what_it_does_not_name_and_the_last_of_repeated_keys_wins():
    assert decode(b'{"z":1,"a":1,"a":2}', type=ONE).a == 2
    assert decode(b'{"a":1,"\\u0061":2}', type=STRICT).a == 2
    with pytest.raises(DecodeError):
        decode(b'{"a":1,"z":1}', type=STRICT)
    numbers = defstruct("Numbers", [("a", int)])
    with pytest.raises(DecodeError):  # what is hidden by a repeated key is validated as well
        decode(b'{"a":"x","a":2}', type=numbers)


@pytest.mark.parametrize("key", ["a", "z"])
@pytest.mark.parametrize(
    "value",
    [
        rb'"\ud800"', rb'"\udc00\ud800"', rb'{"\ud800":1}', b'"\n"', b'"\x00"', b'"\x1f"', rb'"\x"',
        b"NaN", b"Infinity", b"-Infinity", b"01", b"-01", b"1.", b".5", b"+1", b"1e", b"[1,]", b'{"b":1,}', b"tru",
    ],
)  # fmt: skip
def test_what_is_no_json_is_refused_wherever_it_stands(value, key):
    for text in (b'{"%s":%s}' % (key.encode(), value), b'{"%s":[%s]}' % (key.encode(), value)):
        with pytest.raises(DecodeError):
            decode(text, type=ONE)


def test_a_float_beyond_all_is_refused_where_it_is_read():
    for kind in (float, Any, int | float):
        with pytest.raises(DecodeError):
            decode(b"1e400", type=kind)


@pytest.mark.parametrize("bad", [b'"\xff"', b'"\xed\xa0\x80"', b'"\xc0\x80"', b'{"\xff":1}'])
def test_bytes_that_are_no_utf8_are_seen_in_what_is_read_and_not_in_what_is_passed_over(bad):
    with pytest.raises(DecodeError):
        decode(b'{"a":%s}' % bad, type=ONE)
    decode(b'{"z":%s}' % bad, type=ONE)
    assert bytes(decode(b'{"a":%s}' % bad, type=dict[str, Raw])["a"]) == bad


def test_what_is_the_default_itself_is_left_out_and_what_is_made_is_not():
    assert encode(decode(b'{"a":null}', type=ONE)) == b"{}"
    made = defstruct("Made", [("a", int, field(default_factory=lambda: 7))], omit_defaults=True)
    assert encode(decode(b"{}", type=made)) == b'{"a":7}'
    unset = defstruct("Unset", [("a", Any | UnsetType, UNSET)])
    assert encode(decode(b"{}", type=unset)) == b"{}"
    assert encode(decode(b'{"a":null}', type=unset)) == b'{"a":null}'
    kind = defstruct("Inner", [("a", Any, None)], frozen=True)
    inner = kind()
    around = defstruct("Around", [("c", kind | None, inner)])
    assert decode(b"{}", type=around).c is inner


def test_numbers_are_what_they_are_written_as():
    for text in (b"true", b'"1"', b"1.5", b"null"):
        with pytest.raises(DecodeError):
            decode(text, type=int)
    assert repr(decode(b"[1,1.0,1e2]", type=list[float])) == "[1.0, 1.0, 100.0]"
    assert [*map(type, decode(b"[1,1.0,18446744073709551616]"))] == [int, float, int]
    assert decode(b"[18446744073709551616,-9223372036854775809]") == [2**64, -(2**63) - 1]
    bounded = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
    for text in (b"9223372036854775808", b"-9223372036854775809", b"1" * 30):
        with pytest.raises(DecodeError):
            decode(text, type=bounded)
    for kind, value in ((int, True), (int, "1"), (float, True), (Literal["a"], 1), (str, 1)):
        with pytest.raises(DecodeError):
            convert(value, kind)


def test_what_is_nested_too_deep_is_an_error_of_recursion_also_where_it_is_passed_over():
    for key in (b"a", b"z"):
        for inner in (b"[" * 200_000, b'{"a":' * 200_000):
            with pytest.raises(RecursionError):
                Decoder(ONE).decode(b'{"%s":%s' % (key, inner))


def test_lines_are_written_with_a_newline_each():
    assert Encoder().encode_lines((ONE(a=1), ONE())) == b'{"a":1}\n{}\n'


NASTY = [
    '"""',
    "'''",
    "\\",
    "#",
    "{x}",
    "{0.__class__}",
    "\u2028",
    "f0",
    "b0",
    "record",
    "unset",
    "Unfit",
    "v0, *_ = x",
]


def test_nothing_that_a_member_writes_stands_in_the_code_that_is_made(monkeypatch):
    sources = []
    made = FinishCode.made

    def kept(code, *stored):
        finish = made(code, *stored)
        sources.append("\n".join(code._lines))
        return finish

    monkeypatch.setattr(FinishCode, "made", kept)
    marked = [f"{text} MARK" for text in NASTY if '"' not in text and "\\" not in text]
    fields = [
        {"key": f"f{index}", "type": "STRING", "presence": "default", "default": text, "from": text}
        for index, text in enumerate(marked)
    ] + [
        {"key": f"p{index}", "type": "STRING", "presence": "optional", "from": f"/MARK/{text}",
         "rules": [{"rule": "one_of", "value": [*NASTY, "MARK"]}, {"rule": "max_bytes", "value": 40}]}
        for index, text in enumerate(marked)
    ]  # fmt: skip
    document = {"revision_id": "rev_1", "edition": 2, "additional_keys": "keep", "fields": fields}
    revision = CompiledRevision(document)
    for number in range(4):
        event = {"MARK": {marked[0]: NASTY[number]}, **{f"{text}{number}": text for text in marked}}
        stored = json.loads(revision.read_event(json.dumps(event).encode()))
        assert {key: stored[key] for key in stored if key[0] == "f"} == {f"f{n}": text for n, text in enumerate(marked)}
        assert stored["p0"] == NASTY[number]
        assert stored["_extra"] == {f"/{text}{number}": text for text in marked}
    assert sources
    assert not any("MARK" in source or "class" in source for source in sources)


@pytest.mark.parametrize("additional_keys", ["drop", "keep"])
def test_threads_that_make_a_revision_learn_at_once_all_get_what_they_sent(additional_keys):
    fields = [
        {"key": "n", "type": "INT", "presence": "default", "default": 7},
        {"key": "s", "type": "STRING", "presence": "optional", "from": "/o/s"},
    ]
    document = {"revision_id": "rev_1", "edition": 2, "additional_keys": additional_keys, "fields": fields}

    def all_read(revision, thread):
        for number in range(60):
            sent = {"n": None if number % 3 else number, "o": {"s": "x", f"t{thread}": 1}, f"k{number % 40}": [number]}
            stored = json.loads(revision.read_event(json.dumps(sent).encode()))
            expected = {"n": 7 if number % 3 else number, "s": "x"}
            if additional_keys == "keep":
                expected["_extra"] = {f"/o/t{thread}": 1, f"/k{number % 40}": [number]}
            assert stored == expected
        return True

    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            revision = CompiledRevision(document)
            assert all(pool.map(lambda thread, revision=revision: all_read(revision, thread), range(8)))
