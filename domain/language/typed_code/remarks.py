"""What a type can't say of a field, in words: its description, its form, its bounds, what stands in for it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from schemas.data_types import ELEMENT_TYPE, DataType, Presence, RuleName, TimestampFormat

Field = Mapping[str, Any]

_MAX_LISTED = 20
_MAX_VALUE_CHARS = 200
_TIMES = {
    TimestampFormat.UNIX_SECONDS: "whole Unix seconds",
    TimestampFormat.UNIX_MILLISECONDS: "whole Unix milliseconds, such as `1795423707000`",
    TimestampFormat.UNIX_MICROSECONDS: "whole Unix microseconds",
    TimestampFormat.RFC3339: "RFC 3339, such as `2026-11-02T10:11:12Z`",
}
_FORMS = {
    DataType.INT: "whole number",
    DataType.DATETIME: "`YYYY-MM-DD hh:mm:ss`, or with `T`, without an offset",
    DataType.DATE: "`YYYY-MM-DD`",
}
_RULES = {
    RuleName.MIN_LENGTH: "at least {} characters",
    RuleName.MAX_LENGTH: "at most {} characters",
    RuleName.MIN_VALUE: "at least {}",
    RuleName.MAX_VALUE: "at most {}",
    RuleName.MAX_BYTES: "at most {} bytes",
    RuleName.VALUE_KINDS: "values of an object of the kinds {}",
    RuleName.ELEMENT_KINDS: "elements of an array of the kinds {}",
    RuleName.MIN_PROPERTIES: "at least {} keys if an object",
    RuleName.MAX_PROPERTIES: "at most {} keys if an object",
    RuleName.MULTIPLE_OF: "a multiple of {}",
    RuleName.MIN_ITEMS: "at least {} elements",
    RuleName.MAX_ITEMS: "at most {} elements",
    RuleName.UNIQUE_ITEMS: "no two elements equal",
}


def remarks_of(field: Field) -> tuple[str, ...]:
    """Return the lines of a comment on a field."""
    lines = field.get("description", "").splitlines()
    facts = ", ".join(_facts(field))
    said = [f"{facts[0].upper()}{facts[1:]}."] if facts else []
    if field.get("presence") == Presence.MACRO:
        said.append(f"Default: the server's `{field['macro']}`.")
    elif "default" in field:
        said.append(f"Default: {written(field['default'])}.")
    return (*lines, " ".join(said)) if said else tuple(lines)


def _facts(field: Field) -> Iterator[str]:
    data_type = DataType(field["type"])
    element_type = ELEMENT_TYPE.get(data_type, data_type)
    if element_type is DataType.TIMESTAMP:
        yield _TIMES[TimestampFormat(field.get("format", TimestampFormat.UNIX_SECONDS))]
    elif element_type in _FORMS:
        yield _FORMS[element_type]
    for rule in field.get("rules", []):
        name, value = rule["rule"], rule["value"]
        if name == RuleName.REGEX:
            yield f"matches `{value}` (RE2)"
        elif name == RuleName.FORMAT:
            yield f"format `{value}`"
        elif name == RuleName.ONE_OF and element_type in {DataType.INT, DataType.FLOAT}:
            # Types list texts, but not every number.
            yield f"one of {', '.join(map(written, value[:_MAX_LISTED]))}{', …' if len(value) > _MAX_LISTED else ''}"
        elif name in _RULES:
            yield _RULES[RuleName(name)].format(written(value))


def written(value: Any) -> str:
    """Return a value as JSON, cut where it would be long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_VALUE_CHARS else f"{text[:_MAX_VALUE_CHARS]}…"
