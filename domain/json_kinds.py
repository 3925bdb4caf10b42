"""What JSON calls a parsed value, and which strings of it UTF-8 can hold."""

from json.encoder import encode_basestring_ascii
from typing import Any, Literal

JsonKind = Literal["string", "integer", "number", "boolean", "object", "array", "null"]


def kind_of(value: Any) -> JsonKind:
    """Return the kind of a parsed value; a number is an integer if it was written without fraction and exponent."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"


def is_text(value: str) -> bool:
    """Say whether a string is Unicode text: no half of a surrogate pair stands alone in it."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def spelled(key: str) -> str:
    """Return a key as UTF-8 can hold it: with half a character as JSON escapes it."""
    return key if is_text(key) else encode_basestring_ascii(key)[1:-1]
