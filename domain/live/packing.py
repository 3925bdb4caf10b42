"""How events of taps travel and rest: JSON, compressed; what reads them takes bounded memory."""

import binascii
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

_QUICK = 1
_SMALL = 6
_WORTH_COMPRESSING_BYTES = 16_000
"""Below, a message is paid for as one of no bytes, and compressing takes longer than all else that makes it."""
_OBJECT = "{"


def packed_lines(lines: Sequence[bytes]) -> bytes:
    """Return the events of a chunk, each as JSON without a line feed, as they are kept."""
    return zlib.compress(b"\n".join(lines), _SMALL)


def lines_from(packed: bytes) -> list[bytes]:
    """Return the events of a chunk, each as JSON."""
    text = zlib.decompress(packed)
    return text.split(b"\n") if text else []


def message_from(document: Mapping[str, Any]) -> str:
    """Return a queue's message: ASCII, since SQS refuses some characters.

    In base64 it has at most four thirds of the bytes that the document has as JSON, and some 100 more.
    """
    text = orjson.dumps(document)
    if len(text) < _WORTH_COMPRESSING_BYTES and text.isascii():
        return text.decode("ascii")
    return binascii.b2a_base64(zlib.compress(text, _QUICK), newline=False).decode("ascii")


def document_from(message: str, most_bytes: int) -> Any:
    """Return what `message_from` made a message of.

    Raises:
        ValueError: it is none, or one of more bytes of JSON than that.
    """
    if message.startswith(_OBJECT):
        if len(message) > most_bytes:
            raise ValueError("a message of a tap is too long")
        return orjson.loads(message)
    unzip = zlib.decompressobj()
    try:
        text = unzip.decompress(binascii.a2b_base64(message, strict_mode=True), most_bytes)
    except (zlib.error, UnicodeError) as error:
        raise ValueError("a message of a tap is broken") from error
    if not unzip.eof:
        raise ValueError("a message of a tap is cut short, or too long")
    return orjson.loads(text)
