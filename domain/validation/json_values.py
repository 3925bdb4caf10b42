"""Values of JSON fields: any JSON but null, stored as it came, as far as a stored line can hold it.

Parsers and encoders let through what no stored line may hold: `1e400` would become null
without a word, a whole number of over 64 bits makes the encoder raise, and `NaN` passes inside of what is kept. So an
event with such fields is parsed by `orjson`, which refuses or rounds these, and is validated in full where it refuses.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf
from typing import Any

import orjson

from domain.json_kinds import is_text
from domain.msgspec_core import Raw
from domain.validation import faults as text_of
from domain.validation.faults import FaultText
from domain.validation.formats import format_check
from domain.validation.json_text import NumberText
from domain.validation.unfit import UnfitError
from domain.validation.whole_numbers import NeedsExactText, whole_number
from schemas.data_types import InnerKind, Kind
from schemas.places import path_of, value_at

JSON_TYPES = frozenset({"JSON", "ARRAY_JSON"})

JsonCheck = Callable[[Any], bool]


def holds_json(fields: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether any field takes JSON of whatever form."""
    return any(field["type"] in JSON_TYPES or (field.get("fields") and holds_json(field["fields"])) for field in fields)


def levels_of(fields: Sequence[Mapping[str, Any]]) -> int:
    """Return on how many levels of objects and arrays the fields of an object read, its own included."""
    most = 1
    for field in fields:
        array = 1 if field["type"].startswith("ARRAY_") else 0
        most = max(most, len(path_of(field)) + array + levels_of(field.get("fields") or ()))
    return most


def as_written_json(value: Any) -> Raw:
    """Return a parsed value as its text, as it is stored.

    A whole number that was written as a fraction, and that no double holds, is stored as another one than was parsed:
    that is for the event's text to tell.

    Raises:
        UnfitError: it holds a whole number beyond 64 bits.
    """
    try:
        text = orjson.dumps(value)
    except orjson.JSONEncodeError:  # a whole number beyond 64 bits
        raise UnfitError from None
    return Raw(text)


def json_checks(rules: Sequence[Mapping[str, Any]]) -> list[tuple[JsonCheck, FaultText]]:
    """Return the checks of a JSON value's rules, each with what it says when it fails; none for an array's rules.

    A check raises `NeedsExactText` where a number's text decides.
    """
    checks: list[tuple[JsonCheck, FaultText]] = []
    for rule in rules:
        argument = rule["value"]
        match rule["rule"]:
            case "kinds":
                checks.append((_kind_check(frozenset(argument)), text_of.kind(argument)))
            case "value_kinds":
                checks.append((_values_check(frozenset(argument)), text_of.value_kinds(argument)))
            case "element_kinds":
                checks.append((_elements_check(frozenset(argument)), text_of.element_kinds(argument)))
            case "format":
                checks.append((_format_check(argument), text_of.not_of_format(argument)))
            case "min_properties":
                checks.append((_least_properties(argument), text_of.min_properties(argument)))
            case "max_properties":
                checks.append((_most_properties(argument), text_of.max_properties(argument)))
    return checks


def _least_properties(least: int) -> JsonCheck:
    return lambda value: type(value) is not dict or len(value) >= least


def _most_properties(most: int) -> JsonCheck:
    return lambda value: type(value) is not dict or len(value) <= most


def _format_check(name: str) -> JsonCheck:
    is_of_format = format_check(name)
    return lambda value: type(value) is not str or is_of_format(value)


_TYPES: Mapping[str, type] = {
    InnerKind.OBJECT: dict,
    InnerKind.ARRAY: list,
    InnerKind.STRING: str,
    InnerKind.INTEGER: int,
    InnerKind.NUMBER: float,
    InnerKind.BOOLEAN: bool,
    InnerKind.NULL: type(None),
}


def _all_check(kinds: frozenset[str]) -> Callable[[Iterable[Any]], bool]:
    """Return what says whether all values of an object or an array are of the kinds: of most, their types say it."""
    types = frozenset({_TYPES[kind] for kind in kinds} | ({int} if InnerKind.NUMBER in kinds else set()))
    is_one_of = _kind_check(kinds)
    return lambda values: (
        types.issuperset(map(type, values)) or all(is_one_of(value) for value in values if type(value) not in types)
    )


def _values_check(kinds: frozenset[str]) -> JsonCheck:
    are_all = _all_check(kinds)
    return lambda value: type(value) is not dict or are_all(value.values())


def _elements_check(kinds: frozenset[str]) -> JsonCheck:
    are_all = _all_check(kinds)

    def holds(value: Any) -> bool:
        if type(value) is dict:
            return all(are_all(member) for member in value.values() if type(member) is list)
        return type(value) is not list or are_all(value)

    return holds


def _kind_check(kinds: frozenset[str]) -> JsonCheck:
    def is_one_of(value: Any) -> bool:
        match value:
            case None:
                return InnerKind.NULL in kinds
            case bool():
                return Kind.BOOLEAN in kinds
            case str():
                return Kind.STRING in kinds
            case list():
                return Kind.ARRAY in kinds
            case dict():
                return Kind.OBJECT in kinds
        return Kind.NUMBER in kinds or (Kind.INTEGER in kinds and _is_whole(value))

    return is_one_of


def _is_whole(number: Any) -> bool:
    if isinstance(number, NumberText):
        return whole_number(number.text) is not None
    if type(number) is int:
        return True
    if number.is_integer() or number in {inf, -inf}:
        raise NeedsExactText
    return False


class JsonPlaces:
    """Where JSON fields read: what stands there may hold lone surrogates, for a fault to tell."""

    def __init__(self, fields: Sequence[Mapping[str, Any]]) -> None:
        """Take root fields."""
        self._fields = _with_json(fields)

    def hold_all_surrogates(self, event: Any) -> bool:
        """Say whether all lone surrogates of a parsed event stand in what its JSON fields read."""
        taken: list[tuple[dict[str, Any], str, Any]] = []
        _take_json_away(event, self._fields, taken)
        is_text_elsewhere = is_text(json.dumps(event, ensure_ascii=False))
        for parent, key, value in reversed(taken):
            parent[key] = value
        return is_text_elsewhere


def _with_json(fields: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the fields that take JSON, and those above them."""
    found: list[Mapping[str, Any]] = []
    for field in fields:
        below = _with_json(field.get("fields") or ())
        if below or field["type"] in JSON_TYPES:
            found.append({**field, "fields": below})
    return found


def _take_json_away(
    value: Any, fields: Sequence[Mapping[str, Any]], taken: list[tuple[dict[str, Any], str, Any]]
) -> None:
    for field in fields:
        *steps, last = path_of(field)
        parent = value_at(value, tuple(steps))
        if type(parent) is not dict or last not in parent:
            continue
        if field["type"] in JSON_TYPES:
            taken.append((parent, last, parent[last]))
            parent[last] = None
        elif field["type"] == "OBJECT":
            _take_json_away(parent[last], field["fields"], taken)
        elif field["type"] == "ARRAY_OBJECT" and type(parent[last]) is list:
            for element in parent[last]:
                _take_json_away(element, field["fields"], taken)
