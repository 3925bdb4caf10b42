"""Validates events whose protected values were replaced before they were kept.

Replaced values are neither validated nor protected again, everything else is.

A replaced value has to be a string, or an array of strings, as the revision says; its rules are not looked at. Where
nothing was stored instead of a value, an empty string stands in the text. Then the key stays away, and where the
revision's column needs a value, the event does not fit.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from domain.completion.protect_plan import MAY_BE_KEPT, KeptValue
from domain.delivery.messages import QuarantinedEvent
from domain.quarantine.groups import ANY
from domain.validation import faults as text_of
from domain.validation.faults import FoundFault, Refusal
from domain.validation.revision import CompiledRevision
from domain.validation.written import Document, document_of
from schemas.data_types import MAY_STAY_AWAY
from schemas.items import RevisionDocument
from schemas.places import path_of, pointer_of

_TEXTS = {"STRING", "ARRAY_STRING"}
_ALWAYS_STORED = {"required", "default"}
_MAX_KEPT = 8  # compiled revisions; one for each revision that refused events, as a rule


class ProtectedRevision:
    """A revision as events with replaced values are validated by it."""

    def __init__(self, document: RevisionDocument) -> None:
        self._document = document
        self._compiled: dict[frozenset[str], CompiledRevision] = {}

    def for_places(self, pointers: Collection[str]) -> CompiledRevision:
        """Return the revision for events whose replaced values stand at some of these places."""
        places = frozenset(pointers)
        compiled = self._compiled.get(places)
        if compiled is None:
            if len(self._compiled) >= _MAX_KEPT:
                self._compiled = {}
            fields = _without_rules(self._document["fields"], places, "")
            compiled = self._compiled[places] = CompiledRevision({**self._document, "fields": fields})
        return compiled

    def read_event(self, compiled: CompiledRevision, event: QuarantinedEvent) -> Document | Refusal:
        """Validate an event; `compiled` is what `for_places` returned for its pointers, or for more of them."""
        verdict = compiled.read_event(event.raw)
        if isinstance(verdict, Refusal):
            return verdict
        missing: list[FoundFault] = []
        document = document_of(verdict)
        _keep(self._document["fields"], document, set(event.protected), "", missing)
        return Refusal(missing, event.raw) if missing else document


def _without_rules(fields: Sequence[Mapping[str, Any]], places: frozenset[str], above: str) -> list[dict[str, Any]]:
    changed = []
    for field in fields:
        here = above + pointer_of(path_of(field))
        changed.append(dict(field))
        if field.get("fields"):
            changed[-1]["fields"] = _without_rules(field["fields"], places, _inside(field, here))
        elif field["type"] in _TEXTS and here in places:
            changed[-1] |= {"rules": [], MAY_BE_KEPT: True}
    return changed


def _keep(
    fields: Sequence[Mapping[str, Any]], document: Document, places: set[str], above: str, missing: list[FoundFault]
) -> None:
    """Mark the replaced values of a document, and take away those that stand for nothing."""
    for field in fields:
        key = field["key"]
        value = document.get(key)
        if value is None:
            continue
        here = above + pointer_of(path_of(field))
        if field.get("fields"):
            for child in value if field["type"] == "ARRAY_OBJECT" else [value]:
                _keep(field["fields"], child, places, _inside(field, here), missing)
        elif field["type"] not in _TEXTS or here not in places:
            continue
        elif isinstance(value, list):
            document[key] = [KeptValue(element) for element in value if element]
        elif value:
            document[key] = KeptValue(value)
        elif field["presence"] in _ALWAYS_STORED and field.get("protect") not in MAY_STAY_AWAY:
            missing.append(FoundFault(here, *text_of.REQUIRED))
        else:
            del document[key]


def _inside(field: Mapping[str, Any], pointer: str) -> str:
    return f"{pointer}/{ANY}" if field["type"] == "ARRAY_OBJECT" else pointer
