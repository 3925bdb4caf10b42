"""Takes a few members out of the text of a JSON object; no value is made of what else it holds."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from domain.msgspec_core import Decoder, decode, defstruct

_Members = Callable[[bytes], tuple[Any, ...]]
_UNNAMEABLE = frozenset(['"', "\\", *map(chr, range(0x20))])


def is_nameable(key: str) -> bool:
    """Say whether the parser's types have a name for a key, or for all keys of a pointer."""
    return _UNNAMEABLE.isdisjoint(key)


def members_reader(keys: Sequence[str]) -> _Members:
    """Return what takes the members with these keys, in order; None for one that is not there.

    What it returns raises `DecodeError` for text that is no JSON object, as far as the parser sees: it does not look at
    the bytes of strings that it passes over. `RecursionError`: nested too deep.
    """
    if not keys:
        return lambda _: ()
    if not all(map(is_nameable, keys)):
        return lambda text: tuple(map(decode(text, type=dict[str, Any]).get, keys))
    names = [f"m{index}" for index in range(len(keys))]
    members = [(name, Any, None) for name in names]
    read = Decoder(defstruct("Members", members, rename=dict(zip(names, keys, strict=True)), gc=False)).decode
    get = getter(names)
    return lambda text: get(read(text))


def getter(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what takes attributes by their names, dots and all, as a tuple."""
    if len(names) > 1:
        return attrgetter(*names)
    if not names:
        return lambda _: ()
    get = attrgetter(names[0])
    return lambda record: (get(record),)
