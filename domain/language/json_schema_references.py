"""Places in a JSON Schema, and where its references lead: each counts from the nearest subschema with an `$id`."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote, urldefrag, urljoin

from domain.language.save_faults import json_pointer
from schemas.limits import MAX_KEY_CHARS

MAX_REFERENCE_CHARS = 1_000

_EARLY_DRAFTS = ("draft-03", "draft-04", "draft-05", "draft-06", "draft-07")
_DRAFTS_WITH_ID = ("draft-03", "draft-04", "draft-05")
_MAPS = ("$defs", "definitions", "properties", "patternProperties", "dependentSchemas", "dependencies")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems", "items")
_SINGLE = (
    *("items", "additionalItems", "unevaluatedItems", "contains", "additionalProperties", "unevaluatedProperties"),
    *("propertyNames", "not", "if", "then", "else"),
)
_TOO_LONG = "\0"
"""Stands for the URI of a base that is so long that to join references with it would take time: none is followed."""
_NO_POINTER = "It leads nowhere: only JSON Pointers are followed."


class Base(NamedTuple):
    """The subschema that references count from: the document, or the nearest one with an `$id` of its own."""

    schema: Any = None
    pointer: str = ""
    uri: str = ""
    dialect: str = ""

    @property
    def references_stand_alone(self) -> bool:
        """Say whether a reference says all: drafts up to 7 ignore what stands beside it."""
        return any(draft in self.dialect for draft in _EARLY_DRAFTS)


class Place(NamedTuple):
    """A subschema, where it stands, the references that led there, and what its own references count from."""

    schema: Any
    pointer: str
    references: frozenset[str] = frozenset()
    base: Base = Base()

    def at(self, schema: Any, *steps: str | int) -> "Place":
        """Return a place within this one."""
        names = [_shortened(step) if isinstance(step, str) else step for step in steps]
        return self._replace(schema=schema, pointer=json_pointer(self.pointer, *names))

    def entered(self) -> "Place":
        """Return the place with itself as base, if it has an `$id` that makes it one."""
        schema, base = self.schema, self.base
        if not isinstance(schema, dict) or (base.uri and base.schema is schema):
            return self
        dialect = schema["$schema"] if isinstance(schema.get("$schema"), str) else base.dialect
        name = "id" if any(draft in dialect for draft in _DRAFTS_WITH_ID) else "$id"
        named = schema.get(name)
        inner = base._replace(dialect=dialect)
        if not isinstance(named, str) or ("$ref" in schema and inner.references_stand_alone):
            return self
        uri = _TOO_LONG
        if len(named) <= MAX_REFERENCE_CHARS and base.uri != _TOO_LONG:
            joined = _joined(base.uri, named)
            if joined is None or not urldefrag(named).url:
                return self  # a fragment alone names the subschema and is no base
            uri = joined if len(joined) <= MAX_REFERENCE_CHARS else _TOO_LONG
        return self._replace(base=Base(schema, self.pointer, uri, dialect))


class References:
    """Finds where the references of one JSON Schema lead."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        stated = schema.get("$schema")
        self.root = Place(schema, "", base=Base(schema, "", "", stated if isinstance(stated, str) else "")).entered()
        self._bases: dict[str, Base | None] | None = None

    def target(self, place: Place) -> Place | str:
        """Return where the `$ref` of a place leads, or why it leads nowhere; the place has entered its base."""
        reference = place.schema["$ref"]
        if isinstance(reference, str) and len(reference) > MAX_REFERENCE_CHARS:
            return f"It has more than {MAX_REFERENCE_CHARS:,} characters."
        base, fragment = self._base(place.base, reference) if isinstance(reference, str) else (None, "")
        if base is None:
            return "Only references within the schema are followed."
        if fragment and not fragment.startswith("/"):
            return _NO_POINTER
        found = place._replace(schema=base.schema, pointer=base.pointer, base=base)
        pointer = base.pointer + fragment
        for part in fragment.split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            inner = _member(found.schema, name)
            if inner is None:
                return _NO_POINTER
            found = found.at(inner, name).entered()
        return found._replace(pointer=pointer)

    def _base(self, base: Base, reference: str) -> tuple[Base | None, str]:
        """Return what the reference's fragment counts from, and the fragment."""
        if reference.startswith("#"):
            return base, unquote(reference[1:])
        uri = None if base.uri == _TOO_LONG else _joined(base.uri, reference)
        if uri is None:
            return None, ""
        if self._bases is None:
            self._bases = {}
            for one in _bases_within(self.root):
                # Of two that have one name none is meant.
                self._bases[one.uri] = None if one.uri in self._bases else one
        return self._bases.get(uri), unquote(urldefrag(reference).fragment)


def _bases_within(root: Place) -> Iterator[Base]:
    """Yield everything that has an `$id`, wherever a subschema can stand."""
    waiting = [root]
    while waiting:
        place = waiting.pop().entered()
        if place.base.uri and place.base.pointer == place.pointer:
            yield place.base
        schema = place.schema
        if not isinstance(schema, dict):
            continue
        for name in _MAPS:
            if isinstance(schema.get(name), dict):
                waiting += [place.at(child, name, key) for key, child in schema[name].items()]
        for name in _LISTS:
            if isinstance(schema.get(name), list):
                waiting += [place.at(child, name, index) for index, child in enumerate(schema[name])]
        waiting += [place.at(schema[name], name) for name in _SINGLE if isinstance(schema.get(name), dict)]


def _member(value: Any, name: str) -> Any:
    if isinstance(value, list):
        is_index = name.isascii() and name.isdigit() and int(name) < len(value)
        return value[int(name)] if is_index else None
    return value.get(name) if isinstance(value, dict) else None


def _shortened(name: str) -> str:
    """Return a key for a pointer: there may be very many of them, and no field has one as long as this."""
    return name if len(name) <= MAX_KEY_CHARS else f"{name[:MAX_KEY_CHARS]}…"


def _joined(base: str, reference: str) -> str | None:
    """Return an absolute URI without its fragment; None if it can't be told."""
    try:
        return urldefrag(urljoin(base, reference)).url
    except ValueError:
        return None
