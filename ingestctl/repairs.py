"""Repairs of a redrive as the command line takes them: `kind:pointer`, with `:key` or `:value` for two kinds."""

import json
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

from ingestctl.problems import Misused


def repairs_from(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return repairs as the API takes them.

    A pointer may hold colons: `rename_key` is parted at the last one, `set_value` at the first whose rest is JSON.

    Raises:
        Misused: one is not written so, or has a number with more digits than would be sent.
    """
    return [_repair_from(text) for text in texts]


def _repair_from(text: str) -> dict[str, Any]:
    kind, _, rest = text.partition(":")
    if not rest.startswith("/"):
        raise Misused(f"Write --repair as kind:/pointer, not {text}.")
    if kind == "rename_key":
        pointer, colon, key = rest.rpartition(":")
        if not colon:
            raise Misused(f"Write --repair as rename_key:/pointer:key, not {text}.")
        return {"kind": kind, "pointer": pointer, "to": key}
    if kind == "set_value":
        pointer, value = _parted_at_json(text, rest)
        return {"kind": kind, "pointer": pointer, "value": value}
    return {"kind": kind, "pointer": rest}


def _parted_at_json(text: str, rest: str) -> tuple[str, Any]:
    at = rest.find(":")
    while at >= 0:
        with suppress(ValueError):
            return rest[:at], json.loads(rest[at + 1 :], parse_float=_exact)
        at = rest.find(":", at + 1)
    raise Misused(f"Write --repair as set_value:/pointer:JSON, with text in quotes, not {text}.")


def _exact(text: str) -> float:
    """Return a number that is sent with the digits it was written with."""
    number = float(text)
    if Decimal(text) != Decimal(repr(number)):
        raise Misused(f"{text} has more digits than a number of 64 bits keeps.")
    return number
