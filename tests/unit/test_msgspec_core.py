"""These are the names of `msgspec`, whether that was imported before, is imported afterwards, or not found."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from domain import msgspec_core

ROOT = Path(__file__).parents[2]

CHECKS = """
class Event(ours.Struct, omit_defaults=True):
    name: Annotated[str, ours.Meta(min_length=1)]
    rest: ours.Raw | ours.UnsetType = ours.UNSET

decoder = ours.Decoder(Event)
event = decoder.decode(b'{"name": "view", "rest": {"a": 1.10}}')
assert bytes(event.rest) == b'{"a": 1.10}'
assert ours.Encoder().encode(event) == ours.encode(event) == b'{"name":"view","rest":{"a": 1.10}}'
assert ours.decode(b'[1.5, null]') == [1.5, None]
assert ours.to_builtins(ours.convert({"name": "a"}, Event)) == {"name": "a"}
made = ours.defstruct("Made", [("a", int), ("b", list[int], [])], kw_only=True, forbid_unknown_fields=True)
assert ours.decode(b'{"a": 7}', type=made) == made(a=7, b=[])

class Node(ours.Struct):
    below: "Node | None" = None

assert ours.decode(b'{"below": {"below": null}}', type=Node) == Node(Node())
assert typing.ForwardRef("int").__forward_arg__ == "int"

for text, fault in ((b'{"name": ""}', ours.ValidationError), (b"{", ours.DecodeError)):
    try:
        decoder.decode(text)
    except fault as error:
        assert type(error) is fault
    else:
        raise AssertionError(text)

import decimal, pickle, uuid
assert decimal.Decimal("1.10").as_tuple().exponent == -2
assert str(uuid.UUID(int=7)) == "00000000-0000-0000-0000-000000000007"
assert pickle.loads(pickle.dumps(ours.UNSET)) is ours.UNSET

import msgspec, msgspec.json, msgspec.structs
for name in ours.__all__:
    theirs = msgspec.json if name.lower() in ("decode", "encode", "decoder", "encoder") else msgspec
    assert getattr(theirs, name) is getattr(ours, name) or name == "field", name
assert type(ours.field(default=1)) is type(msgspec.field(default=1))
assert msgspec.structs.asdict(event)["name"] == "view"
assert msgspec.json.schema(Event)["$defs"]["Event"]["required"] == ["name"]
"""
OURS = "import sys, typing\nfrom typing import Annotated\nimport domain.msgspec_core as ours\n"
REFUSES = """
import decimal, uuid
for other in (decimal.Decimal("1.10"), uuid.UUID(int=7)):
    try:
        ours.encode(other)
    except TypeError:
        pass
    else:
        raise AssertionError(f"{other!r} was written")
"""
KNOWS = """
assert ours.encode(decimal.Decimal("1.10")) == b'"1.10"'
assert ours.encode(uuid.UUID(int=7)) == b'"00000000-0000-0000-0000-000000000007"'
"""


@pytest.mark.parametrize(
    "before",
    [
        OURS + REFUSES,
        "import decimal, uuid\n" + OURS + KNOWS,
        "import decimal, msgspec, uuid\n" + OURS + KNOWS,
        "import importlib.machinery as machinery\n"
        "machinery.PathFinder = type('PathFinder', (), {'find_spec': lambda *_: None})\n" + OURS,
    ],
    ids=["alone", "after those classes", "after its package", "where it is not found"],
)
def test_it_is_the_extension_of_its_package(before):
    ran(f"{before}\n{CHECKS}")


def test_nothing_else_is_loaded_and_nothing_stands_in_afterwards():
    known = "import importlib.machinery, datetime, enum, json, sys, typing, domain\n"
    listed = "import domain.msgspec_core\nprint(json.dumps(sorted(set(sys.modules) - before)))"
    added = json.loads(ran(f"{known}before = set(sys.modules)\n{listed}"))
    assert added == ["domain.msgspec_core", "msgspec._core", "msgspec._utils"]


def test_all_that_a_type_checker_sees_is_there():
    assert {name for name in msgspec_core.__all__ if not hasattr(msgspec_core, name)} == set()


def ran(script):
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout
