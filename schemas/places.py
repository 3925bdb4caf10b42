"""Where a value stands in an event: a field's `from`, or its own key, as a path from the object that holds the field.

Plain code without a model layer, so that the hot path, the save checks and every export read a place alike.
"""

from collections.abc import Mapping, Sequence
from typing import Any

Path = tuple[str, ...]
"""Keys of objects, outermost first, as they stand in the event."""


def path_of(field: Mapping[str, Any]) -> Path:
    """Return where a field's value stands, relative to the object that holds the field; at least one key."""
    given: str = field.get("from", field["key"])
    return keys_of(given) if given.startswith("/") else (given,)


def keys_of(pointer: str) -> Path:
    """Return the keys of a JSON Pointer (RFC 6901), unescaped; none for the empty one."""
    return tuple(map(_unescaped, pointer.split("/")[1:]))


def pointer_of(path: Sequence[str | int]) -> str:
    """Return the JSON Pointer (RFC 6901) of a path."""
    return "".join(f"/{escaped(str(part))}" for part in path)


def escaped(key: str) -> str:
    """Return a key as it stands in a JSON Pointer."""
    return key.replace("~", "~0").replace("/", "~1") if "~" in key or "/" in key else key


def value_at(event: Any, path: Path) -> Any:
    """Return the value at a path through objects; None where a step is missing, null or no object."""
    for key in path:
        if type(event) is not dict:
            return None
        event = event.get(key)
    return event


def _unescaped(token: str) -> str:
    return token.replace("~1", "/").replace("~0", "~")
