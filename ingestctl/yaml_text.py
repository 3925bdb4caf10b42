"""YAML with positions, as far as it says what JSON can.

Plain words mean what YAML 1.2's core schema says: `no`, `on`, `12:30` and `2026-01-01` are strings, which a list of
allowed values must be able to hold. What is written stays a string for a reader of YAML 1.1, too.
"""

import re
from math import isfinite
from typing import Any

import yaml

from ingestctl.located import START, BadText, Located, Position, is_sendable, member

MAX_VALUES = 200_000
"""Values of one text, those that aliases repeat included; far beyond what the server takes."""
MAX_DEPTH = 64

_TAG = "tag:yaml.org,2002:"
_NULL = re.compile(r"^(?:~|null|Null|NULL|)$")
_BOOL = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
_INT = re.compile(r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$")
_FLOAT = re.compile(
    r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)
# With the characters that such a word may start with; the empty one stands for the empty word.
_WORDS = (
    ("null", _NULL, ["~", "n", "N", ""]),
    ("bool", _BOOL, list("tTfF")),
    ("int", _INT, list("-+0123456789")),
    ("float", _FLOAT, list("-+.0123456789")),
)
_TAGS = frozenset(f"{_TAG}{name}" for name in ("str", "null", "bool", "int", "float"))
_OWN_TAG = "Tags of one's own mean nothing here."
_LINE_BREAK = re.compile("[\n\r\x85\u2028\u2029]")


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML reads it from the class


class _Dumper(yaml.SafeDumper):
    """Quotes what either version of YAML would take for something else than a string."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        """Write everything out, wherever it may have been seen before."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """Indent lists below their keys, as people do."""
        super().increase_indent(flow, False)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Write line breaks as escapes: elsewhere YAML takes every kind of them for the same."""
    return dumper.represent_scalar(f"{_TAG}str", text, style='"' if _LINE_BREAK.search(text) else None)


_Dumper.add_representer(str, _represent_text)
for _name, _pattern, _first in _WORDS:
    _Loader.add_implicit_resolver(f"{_TAG}{_name}", _pattern, _first)
    _Dumper.add_implicit_resolver(f"{_TAG}{_name}", _pattern, _first)


def read_yaml(text: str) -> Located:
    """Read one YAML document.

    Raises:
        BadText: it is none, or says what JSON can't: a key twice, a number that is none, a tag of one's own.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        position = Position(mark.line + 1, mark.column + 1) if mark else START
        raise BadText(f"Not YAML: {error.problem or error.context}.", position) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise BadText("Not YAML: it holds a character that may not stand in a file.", Position(line, 1)) from None
    except RecursionError:
        raise BadText("Nested too deep.", START) from None
    if node is None:
        raise BadText("The file is empty.", START)
    reading = _Reading()
    value = reading.construct(node, "", 0)
    return Located(value, reading.positions)


class _Reading:
    """Makes values of nodes and notes where they stand."""

    def __init__(self) -> None:
        self.positions: dict[str, Position] = {}
        self._values = 0

    def construct(self, node: yaml.Node, pointer: str, depth: int) -> Any:
        self._values += 1
        if self._values > MAX_VALUES or depth > MAX_DEPTH:
            raise BadText("The file is too large, or nested too deep.", _start(node))
        self.positions.setdefault(pointer, _start(node))
        match node:
            case yaml.MappingNode(tag="tag:yaml.org,2002:map"):
                return self._mapping(node, pointer, depth)
            case yaml.SequenceNode(tag="tag:yaml.org,2002:seq"):
                parts = enumerate(node.value)
                return [self.construct(part, member(pointer, index), depth + 1) for index, part in parts]
            case yaml.ScalarNode():
                return _scalar(node)
        raise BadText(_OWN_TAG, _start(node))

    def _mapping(self, node: yaml.MappingNode, pointer: str, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or not is_sendable(key.value):
                raise BadText("A key must be a word.", _start(key))
            if key.value in made:
                raise BadText("The object has this key twice.", _start(key))
            below = member(pointer, key.value)
            self.positions[below] = _start(key)
            made[key.value] = self.construct(value, below, depth + 1)
        return made


def _scalar(node: yaml.ScalarNode) -> Any:
    text: str = node.value
    if node.tag not in _TAGS:
        raise BadText(_OWN_TAG, _start(node))
    try:
        match node.tag.removeprefix(_TAG):
            case "str" if is_sendable(text):
                return text
            case "null":
                return None
            case "bool" if _BOOL.match(text):
                return text.lower() == "true"
            case "int" if _INT.match(text):
                return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)
            case "float" if _FLOAT.match(text) and text[-1:] in "0123456789." and isfinite(float(text)):
                return float(text)
    except ValueError:
        pass
    raise BadText("JSON has no such value.", _start(node))


def _start(node: yaml.Node) -> Position:
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)


def write_yaml(value: Any) -> str:
    """Return a value as YAML, its keys in their order, that ends with a line break."""
    text: str = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=120
    )
    return text
