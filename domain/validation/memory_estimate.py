"""What a compiled revision takes in memory, roughly; measured with `benchmarks.intake`, on the high side."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.validation.read_places import UnnameableError, check_ways
from domain.validation.tree_size import tree_size
from schemas.items import RevisionDocument

_BYTES_PER_REVISION = 4_000
_BYTES_PER_FIELD = 2_000
_BYTES_PER_KEPT_FIELD = 1_000
_BYTES_PER_ODD_FIELD = 1_500
_BYTES_PER_CHOICE = 300
_COPIES_OF_TEXT = 2
_BYTES_PER_PATTERN = 12_000
_BYTES_PER_REGEX_INSTRUCTION = 200

_BYTES_PER_OBJECT = 16_000
_BYTES_PER_OBJECT_ON_THE_WAY = 18_000
_BYTES_PER_CONVERTED = 8_000
_BYTES_PER_JSON = 2_500
MOST_LEARNED = 32
"""So many keys that no field names are known at most to what reads an event."""
BYTES_PER_LEARNED = 2_600
"""Each of these takes so much."""

_ODD = ('"from": ', '"presence": "default"')
"""What has a record made anew, and read in more than one way."""
_CONVERTED = ('"format": "unix_milliseconds"', '"format": "unix_microseconds"')
_JSON = ('"type": "JSON"', '"type": "ARRAY_JSON"')
_WITH_PATTERNS = ('"rule": "regex"', '"type": "DATETIME"', '"type": "DATE"', '"format": "rfc3339"')


def estimated_bytes(document: RevisionDocument, fields_json: str) -> int:
    """Return what a revision takes once it is compiled, given its document and its fields as JSON.

    What is learned of its events later comes on top.
    """
    size = tree_size(document["fields"])
    per_field = _BYTES_PER_FIELD + (_BYTES_PER_KEPT_FIELD if document["additional_keys"] == "keep" else 0)
    return (
        _BYTES_PER_REVISION
        + _COPIES_OF_TEXT * len(fields_json)
        + per_field * size.fields
        + _BYTES_PER_ODD_FIELD * sum(map(fields_json.count, _ODD))
        + _BYTES_PER_OBJECT * size.objects
        + _BYTES_PER_OBJECT_ON_THE_WAY * _objects_on_ways(document["fields"])
        + _BYTES_PER_CONVERTED * sum(map(fields_json.count, _CONVERTED))
        + _BYTES_PER_CHOICE * size.choices
        + _BYTES_PER_JSON * sum(map(fields_json.count, _JSON))
        + _BYTES_PER_PATTERN * sum(map(fields_json.count, _WITH_PATTERNS))
        + _BYTES_PER_REGEX_INSTRUCTION * document.get("regex_size", 0)
    )


def _objects_on_ways(fields: Sequence[Mapping[str, Any]]) -> int:
    """Return how many types are made of objects that fields only read into."""
    try:
        return check_ways(fields)
    except UnnameableError:  # then no type is made at all
        return 0
