"""Revisions as they were stored before fields had their name: what is stored is read through here, never rewritten."""

from collections.abc import Mapping
from typing import Any, cast

from schemas.items import RevisionDocument

EDITION = 2
"""Of the schema language, in which new revisions are written; a stored one that says none is of the first."""


def revision_document(stored: Mapping[str, Any]) -> RevisionDocument:
    """Return what a finalised revision compiles from, whenever it was finalised."""
    return cast("RevisionDocument", revision_tree(stored))


def revision_tree(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stored tree of a revision, or its document, with its `fields`."""
    if "data_maps" not in stored:
        return dict(stored)
    others = {name: value for name, value in stored.items() if name != "data_maps"}
    return {**others, "fields": _fields(stored["data_maps"])}


def field_count(stored: Mapping[str, Any]) -> int:
    """Return how many fields the stored revision's own item says that it has."""
    count: int = stored["field_count"] if "field_count" in stored else stored["data_map_count"]
    return count


def _fields(data_maps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [_field(data_map) for data_map in data_maps]


def _field(data_map: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: value for name, value in data_map.items() if name != "children"},
        **({"fields": _fields(data_map["children"])} if "children" in data_map else {}),
    }
