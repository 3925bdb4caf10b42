"""What a revision did to the values of an accepted event: defaults, macros and protected values, by their pointers."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from domain.validation.conditions import Conditions
from schemas.places import path_of, value_at

DEFAULTED, FILLED, PROTECTED = "defaulted", "filled", "protected"

_Done = Iterator[tuple[str, str]]
_FILLS = {"default": DEFAULTED, "macro": FILLED}


def completed(
    fields: Sequence[Mapping[str, Any]], event: Mapping[str, Any], stored: Mapping[str, Any], most: int
) -> tuple[dict[str, list[str]], bool]:
    """Tell what was done to an event, in the order of the schema.

    Args:
        fields: the revision's root fields.
        event: as it was sent, parsed.
        stored: what became of it.
        most: how many pointers to return.

    Returns:
        Pointers into the stored document under `defaulted` (a default stands there), `filled` (what a macro gave) and
        `protected` (what stands there, or nothing, instead of the value that was sent); and whether there are more.
    """
    left_out = Conditions(fields).out_of_force(event)
    in_force = [field for index, field in enumerate(fields) if index not in left_out]
    done = _done(in_force, event, stored, "")
    told: dict[str, list[str]] = {}
    for what, pointer in islice(done, most):
        told.setdefault(what, []).append(pointer)
    return told, next(done, None) is not None


def _done(fields: Sequence[Mapping[str, Any]], event: Any, stored: Mapping[str, Any], above: str) -> _Done:
    for field in fields:
        key = field["key"]
        pointer = f"{above}/{key}"
        sent = value_at(event, path_of(field))
        what = _FILLS.get(field["presence"])
        if sent is None and key in stored and what is not None:
            yield what, pointer
        if field.get("protect") and (sent is not None or what is not None):
            yield PROTECTED, pointer
        elif key in stored and field["type"] == "OBJECT":
            yield from _done(field["fields"], sent, stored[key], pointer)
        elif key in stored and field["type"] == "ARRAY_OBJECT":
            for index, (element, kept) in enumerate(zip(sent, stored[key], strict=True)):
                yield from _done(field["fields"], element, kept, f"{pointer}/{index}")
