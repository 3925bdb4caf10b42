"""From what a JSON Schema says of the inside of a value that is kept as JSON to rules about the kinds there."""

from typing import Any, NamedTuple

from domain.language.json_schema_facts import Facts, Reader
from domain.language.json_schema_keywords import is_free
from domain.language.json_schema_references import Place
from schemas.data_types import InnerKind, RuleName

_KINDS = [kind.value for kind in InnerKind]


class _Inner(NamedTuple):
    """The kinds of values inside of JSON; and, where arrays are among them, of their elements, if that is said."""

    kinds: list[str]
    elements: list[str] | None


def inner_rules(reader: Reader, facts: Facts, types: set[str] | None) -> list[dict[str, Any]]:
    """Return the rules of what stands inside of a JSON value, and note what they leave unsaid."""
    has_objects, has_arrays = (types is None or name in types for name in ("object", "array"))
    values = _inner(reader, facts.members) if has_objects and facts.members and not facts.properties else None
    elements = _inner(reader, facts.items) if has_arrays and facts.items else None
    is_said = True
    rules: list[dict[str, Any]] = []
    if has_objects and facts.members:
        is_said = values is not None
        if values is not None:
            rules.append({"rule": RuleName.VALUE_KINDS.value, "value": values.kinds})
    # One rule speaks of the array itself, and of arrays among an object's values.
    wanted = [elements.kinds if elements is not None and not elements.elements else None] if has_arrays else []
    if has_objects and (values is None or "array" in values.kinds):
        wanted.append(values.elements if values is not None else None)
    if any(wanted) and all(kinds == wanted[0] for kinds in wanted):
        rules.append({"rule": RuleName.ELEMENT_KINDS.value, "value": wanted[0]})
    elif any(wanted):
        is_said = False
    if not is_said:
        for place in facts.members:
            reader.note(place.pointer, "additionalProperties", "The values of its keys have no rules.")
    is_free_array = all(is_free(place.schema) for place in facts.items)
    if has_arrays and not is_free_array and RuleName.ELEMENT_KINDS not in {rule["rule"] for rule in rules}:
        reader.note(facts.pointer, "items", "The array is kept as it comes: its elements have no rules.")
    return rules


def _inner(reader: Reader, places: list[Place]) -> _Inner | None:
    """Return of which kinds values inside of JSON are; None where that does not say it all."""
    facts = reader.facts(places)
    says_more = facts.said or facts.properties or facts.required or facts.closed or facts.members
    if facts.is_impossible or facts.types is None or facts.choices is not None or says_more:
        return None
    kinds = [name for name in _KINDS if name in facts.types]
    if not kinds:
        return None  # no value fits: that is no list of kinds
    if not facts.items or "array" not in kinds:
        return _Inner(kinds, None)
    elements = _inner(reader, facts.items)
    return None if elements is None or elements.elements else _Inner(kinds, elements.kinds)
