"""Typed code of a revision: the types of its events as they are sent, in the language of the one who sends them."""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from domain.language.budget import UNLIMITED, Budget
from domain.language.json_schema_export import json_schema_of
from domain.language.typed_code.event_types import event_types_of
from domain.language.typed_code.python import python_of
from domain.language.typed_code.typescript import typescript_of

__all__ = ["Language", "TypedCode", "typed_code_of"]


class Language(StrEnum):
    """What types can be written in."""

    TYPESCRIPT = "typescript"
    PYTHON = "python"
    JSON_SCHEMA = "json-schema"


class TypedCode(NamedTuple):
    """A file; the same for the same fields and `additional_keys`, whatever the revision is called."""

    language: Language
    file_name: str
    code: str


def typed_code_of(
    language: Language,
    name: str,
    fields: Sequence[Mapping[str, Any]],
    *,
    edition: int = 2,
    additional_keys: str = "drop",
    budget: Budget = UNLIMITED,
) -> TypedCode:
    """Return the types of the events that a stored tree accepts; `name` is the title of a JSON Schema.

    Raises:
        Rejected: too_complex, with the place.
    """
    if language is Language.JSON_SCHEMA:
        schema = json_schema_of(name, fields, edition=edition, additional_keys=additional_keys, budget=budget)
        return TypedCode(language, "event.schema.json", json.dumps(schema, ensure_ascii=False, indent=2) + "\n")
    types = event_types_of(fields, edition=edition, additional_keys=additional_keys, budget=budget)
    if language is Language.PYTHON:
        return TypedCode(language, "events.py", python_of(types))
    return TypedCode(language, "events.ts", typescript_of(types))
