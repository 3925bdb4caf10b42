"""The repairs of a redrive as the API takes and shows them."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from domain.errors import FaultyRequest
from domain.quarantine.repairs import Repair, RepairKind, Repairs
from domain.records.change import Resource
from domain.validation.json_cuts import envelope_members, object_members
from domain.validation.json_text import NumberText, exact_value_from_text
from schemas.limits import INT64_MIN, MAX_REPAIRS, MAX_REPAIRS_BYTES, UINT64_MAX
from schemas.places import keys_of

_AT = "/repairs"
_OF_KIND: Mapping[str, str] = {"to": RepairKind.RENAME_KEY, "value": RepairKind.SET_VALUE}
"""Which fields belong to one kind alone."""


def repairs_from(given: Sequence[Mapping[str, Any]], body: bytes) -> Repairs:
    """Return the repairs of a request.

    Args:
        given: the fields that were written of each, as the model of a repair takes them.
        body: the request's body, from which values are taken as they are written there.

    Raises:
        Rejected: invalid_request for a field that is missing or does not belong to the kind, a new key that is the old
            one, a number that would not be stored as it is written, or more than there is room for.
    """
    if not given:
        return Repairs(())
    _, listed = envelope_members(body, "repairs", MAX_REPAIRS)
    texts = [object_members(text) for text in listed or ()]
    errors: list[dict[str, str]] = []
    repairs = []
    for number, (fields, members) in enumerate(zip(given, texts, strict=True)):
        at = f"{_AT}/{number}"
        faults = _faults(fields, members.get("value"))
        errors += [{"pointer": f"{at}/{name}", "code": code, "message": text} for name, code, text in faults]
        if not faults:
            value = members["value"].decode() if fields["kind"] == RepairKind.SET_VALUE else None
            repairs.append(Repair(RepairKind(fields["kind"]), fields["pointer"], fields.get("to"), value))
    size = len(json.dumps([repair.document() for repair in repairs], ensure_ascii=False).encode())
    if size > MAX_REPAIRS_BYTES:
        message = f"All repairs together must have at most {MAX_REPAIRS_BYTES:,} bytes as JSON."
        errors.append({"pointer": _AT, "code": "max_length", "message": message})
    if errors:
        raise FaultyRequest(errors)
    return Repairs(repairs)


def shown_repairs(documents: Sequence[Mapping[str, str]]) -> list[Resource]:
    """Return stored repairs as the API shows them, each with all fields."""
    return [
        {
            "kind": document["kind"],
            "pointer": document["pointer"],
            "to": document.get("to"),
            "value": json.loads(document.get("value", "null")),
        }
        for document in documents
    ]


def _faults(fields: Mapping[str, Any], value: bytes | None) -> list[tuple[str, str, str]]:
    """Return the field, code and message of each fault of one repair."""
    kind = fields["kind"]
    faults = []
    for name, owner in _OF_KIND.items():
        if kind == owner and name not in fields:
            faults.append((name, "required", f"A repair of the kind `{owner}` needs this field."))
        elif kind != owner and name in fields:
            faults.append((name, "unknown_field", f"Only the kind `{owner}` has this field: leave it out."))
    if kind == RepairKind.RENAME_KEY and keys_of(fields["pointer"])[-1] == fields.get("to"):
        faults.append(("to", "duplicate", "Must be another key than the one that the pointer ends in."))
    if kind == RepairKind.SET_VALUE and value is not None and not _is_kept(exact_value_from_text(value)):
        message = "A number must fit into 64 bits, with no more digits than a 64-bit floating-point number keeps."
        faults.append(("value", "out_of_range", message))
    return faults


def _is_kept(value: Any) -> bool:
    """Say whether every number of a value is stored as it is written."""
    unread = [value]
    while unread:
        one = unread.pop()
        if isinstance(one, NumberText):
            if Decimal(one.text) != Decimal(repr(float(one))):
                return False
        elif isinstance(one, int):
            if not INT64_MIN <= one <= UINT64_MAX:
                return False
        elif isinstance(one, (list, dict)):
            unread += one.values() if isinstance(one, dict) else one
    return True
