"""Revisions for events whose protected values are not known: any value counts as valid in such a place.

The place is taken out of the event, and what reads it or below it out of the revision. So neither its type nor its
rules nor whether it is required can refuse an event. Of an array whose elements differed as they were sent, and may be
equal as stored, only the rule against equal elements is taken out.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.quarantine.groups import ANY
from domain.validation.revision import CompiledRevision
from schemas.data_types import DataType, RuleName
from schemas.items import RevisionDocument
from schemas.places import keys_of, path_of, pointer_of

_MAX_KEPT = 8  # compiled revisions; one for each revision that has stored or refused events, as a rule
_NO_POINTERS: frozenset[str] = frozenset()


class MaskedRevision:
    """A revision that ignores some places, and the places that have to be out of an event before it reads it."""

    __slots__ = ("compiled", "masked_columns", "removed")

    def __init__(
        self, document: RevisionDocument, masks: frozenset[str], distinct: frozenset[str] = _NO_POINTERS
    ) -> None:
        """Compile it; `masks` and `distinct` are pointers with `*` for any index of an array.

        `distinct` are of arrays that are known to have had no equal elements.
        """
        masks = _with_unknown_kinds(document["fields"], masks)
        removed = set(masks)
        fields = document["fields"]
        if masks or distinct:
            fields = _without(fields, masks, distinct, "", removed)
        self.compiled = CompiledRevision({**document, "fields": fields})
        self.removed = [keys_of(pointer) for pointer in sorted(removed)]
        self.masked_columns = columns_of(document["fields"]).keys() - columns_of(fields).keys()
        """Columns of which nothing is known."""


class MaskedRevisions:
    """One revision with whatever places have to be ignored; compiled when it is first asked for."""

    def __init__(self, document: RevisionDocument) -> None:
        self.document = document
        self._made: dict[tuple[frozenset[str], frozenset[str]], MaskedRevision] = {}

    def without(self, masks: frozenset[str] = _NO_POINTERS, distinct: frozenset[str] = _NO_POINTERS) -> MaskedRevision:
        made = self._made.get((masks, distinct))
        if made is None:
            if len(self._made) >= _MAX_KEPT:
                self._made = {}
            made = self._made[masks, distinct] = MaskedRevision(self.document, masks, distinct)
        return made


def columns_of(fields: Sequence[Mapping[str, Any]], above: str = "") -> dict[str, Mapping[str, Any]]:
    """Return the fields of a tree by the names of their columns, with `.` between the keys, in order."""
    found: dict[str, Mapping[str, Any]] = {}
    for field in fields:
        name = above + field["key"]
        found[name] = field
        found |= columns_of(field.get("fields") or (), f"{name}.")
    return found


def protected_places(fields: Sequence[Mapping[str, Any]], above: str = "") -> frozenset[str]:
    """Return the pointers of all places that fields protect, with `*` for any index of an array."""
    found: set[str] = set()
    for field in fields:
        here = above + pointer_of(path_of(field))
        if field.get("protect"):
            found.add(here)
        found |= protected_places(field.get("fields") or (), _inside(field, here))
    return frozenset(found)


def distinct_places(fields: Sequence[Mapping[str, Any]], above: str = "") -> frozenset[str]:
    """Return the pointers of all arrays whose elements differ as sent and may be equal as stored.

    A moment is stored to the microsecond and in UTC, a decimal number to 64 bits.
    """
    found: set[str] = set()
    for field in fields:
        here = above + pointer_of(path_of(field))
        is_rounded = field["type"] in {DataType.ARRAY_TIMESTAMP, DataType.ARRAY_FLOAT}
        if is_rounded and any(rule["rule"] == RuleName.UNIQUE_ITEMS for rule in field.get("rules") or ()):
            found.add(here)
        found |= distinct_places(field.get("fields") or (), _inside(field, here))
    return frozenset(found)


def take_away(value: Any, keys: Sequence[str]) -> None:
    """Remove what stands at a place of a parsed event, in which `*` is any index of an array; changed in place."""
    key, *rest = keys
    if key == ANY and isinstance(value, list):
        for element in value:
            if rest:
                take_away(element, rest)
    elif isinstance(value, dict):
        if not rest:
            value.pop(key, None)
        elif key in value:
            take_away(value[key], rest)


def _with_unknown_kinds(fields: Sequence[Mapping[str, Any]], masks: frozenset[str]) -> frozenset[str]:
    """Return the masks and the places of fields of which nobody knows whether they are in force."""
    unknown = {
        pointer_of(path_of(field))
        for field in fields
        if any(_is_masked(pointer_of(keys_of(pointer)), masks) for pointer in field.get("when") or ())
    }
    return masks | unknown


def _without(
    fields: Sequence[Mapping[str, Any]], masks: frozenset[str], distinct: frozenset[str], above: str, removed: set[str]
) -> list[dict[str, Any]]:
    kept = []
    for field in fields:
        here = above + pointer_of(path_of(field))
        if _is_masked(here, masks):
            continue
        changed = dict(field)
        if field.get("fields"):
            changed["fields"] = _without(field["fields"], masks, distinct, _inside(field, here), removed)
            if not changed["fields"]:  # an object of which nothing is known is not known itself
                removed.add(here)
                continue
        if here in distinct:
            changed["rules"] = [rule for rule in field.get("rules") or () if rule["rule"] != RuleName.UNIQUE_ITEMS]
        kept.append(changed)
    return kept


def _is_masked(pointer: str, masks: frozenset[str]) -> bool:
    return pointer in masks or any(pointer.startswith(f"{mask}/") for mask in masks)


def _inside(field: Mapping[str, Any], pointer: str) -> str:
    return f"{pointer}/{ANY}" if field["type"] == "ARRAY_OBJECT" else pointer
