"""The keywords of JSON Schema, drafts 3 to 2020-12: what each is about, and which have no counterpart here."""

from collections.abc import Mapping
from typing import Any

TYPES = frozenset({"string", "integer", "number", "boolean", "object", "array", "null"})
ANNOTATIONS = frozenset({"title", "description", "$comment", "default", "examples", "deprecated"})
"""They say nothing of which values are accepted."""

_OF_DRAFT_3 = "It is a keyword of draft 3."
WITHOUT_COUNTERPART: Mapping[str, str] = {
    "not": "Nothing can be excluded.",
    **dict.fromkeys(("dependencies", "dependentRequired", "dependentSchemas"), "Keys can't depend on each other."),
    "patternProperties": "Values of keys by a pattern have no rules.",
    "propertyNames": "Names of further keys can't be limited.",
    "unevaluatedProperties": "Only `additionalProperties` is known.",
    "unevaluatedItems": "Only `items` is known.",
    "contains": "All elements have the same rules.",
    "divisibleBy": f"There is no rule for multiples. {_OF_DRAFT_3}",
    "disallow": f"Nothing can be excluded. {_OF_DRAFT_3}",
    "extends": f"Write `allOf`. {_OF_DRAFT_3}",
    "maxDecimal": "It is a keyword of draft 2.",
    "optional": "It is a keyword of draft 2: the object lists its required keys.",
    "requires": "It is a keyword of draft 2: keys can't depend on each other.",
    "nullable": "It is a keyword of OpenAPI 3.0: write null among the types.",
    **dict.fromkeys(("$dynamicRef", "$recursiveRef"), "Only `$ref` is followed."),
}
NOTHING_IF_FALSE = frozenset({"nullable", "optional"})
SAID = (
    *("pattern", "minLength", "maxLength", "format", "multipleOf"),
    *("minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"),
)
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
KEYWORD_TYPES: Mapping[str, str] = {
    **dict.fromkeys((*BOUNDS, "multipleOf"), "number"),
    **dict.fromkeys(("pattern", "minLength", "maxLength", "format"), "string"),
    **dict.fromkeys(("minItems", "maxItems", "uniqueItems"), "array"),
    **dict.fromkeys(("minProperties", "maxProperties"), "object"),
}
"""The type whose values each keyword is about; all others pass."""

GATHERED_TYPES: Mapping[str, str] = {
    **KEYWORD_TYPES,
    "items": "array",
    **dict.fromkeys(("properties", "required", "additionalProperties"), "object"),
}
SHAPES: Mapping[str, type] = {"properties": dict, "enum": list, "allOf": list, "anyOf": list, "oneOf": list}


def is_free(schema: Any) -> bool:
    """Say whether a subschema lets every value pass."""
    return schema is True or (isinstance(schema, dict) and schema.keys() <= ANNOTATIONS)
