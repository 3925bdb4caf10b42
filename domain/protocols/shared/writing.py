"""Writes events: numbers keep their digits, and lone surrogates are written as JSON escapes them."""

import json
import re
from collections.abc import Iterator
from json.encoder import encode_basestring_ascii
from typing import Any

import orjson

from domain.validation.json_text import NumberText

_FEW = 8
_SCALARS = {str, int, bool, type(None)}
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
_LARGE = 4_096
_SURROGATE = re.compile("[\ud800-\udfff]").search


def dumps(value: Any) -> bytes:
    """Write what `loads` parsed; lone surrogates are written as JSON escapes them."""
    try:
        written = orjson.dumps(value, _fragment)
    except TypeError:  # lone surrogates, or nested over what the encoder takes
        return _dumps_any(value)
    # The encoder's own result keeps the room that it reserved, which is many times a text of wide characters.
    return written if len(written) < _LARGE else bytes(memoryview(written))


def _dumps_any(value: Any) -> bytes:
    """Write a value of any depth: the parser takes four times as many levels as the encoder."""
    written = bytearray()
    open_nodes: list[tuple[Iterator[Any], bytes]] = []  # what is left of each, and what closes it
    children: Iterator[Any] = iter((value,))
    closing = b""
    is_first = True
    while True:
        for child in children:
            if is_first:
                is_first = False
            else:
                written += b","
            node = child
            if closing == b"}":
                key, node = child
                written += _dumps_text(key)
                written += b":"
            kind = type(node)
            if kind is str:
                written += _dumps_text(node)
            elif kind is list and len(node) > _FEW and _SCALARS.issuperset(map(type, node)):
                written += _encode(node).encode(errors="backslashreplace")
            elif kind is list or kind is dict:
                open_nodes.append((children, closing))
                children, closing = (iter(node), b"]") if kind is list else (iter(node.items()), b"}")
                written += b"[" if kind is list else b"{"
                is_first = True
                break
            else:
                written += orjson.dumps(node, _fragment)
        else:
            written += closing
            if not open_nodes:
                return bytes(written)
            children, closing = open_nodes.pop()
            is_first = False


def _dumps_text(text: str) -> bytes:
    if text.isascii() or not _SURROGATE(text):
        return orjson.dumps(text)
    return encode_basestring_ascii(text).encode()


def _fragment(value: Any) -> Any:
    if type(value) is NumberText:
        return orjson.Fragment(value.text)
    raise TypeError
