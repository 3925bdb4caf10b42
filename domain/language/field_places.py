"""Checks where fields read their values: `from`, the pointers of `when` and `event_name`, what meets at one place."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from domain.json_kinds import is_text
from domain.language.budget import Budget
from domain.language.presences import may_be_missing
from domain.language.save_faults import SaveFault, json_pointer
from schemas.data_types import ELEMENT_TYPE, DataType, Kind, RuleName, TimestampFormat
from schemas.limits import (
    INT64_MAX,
    INT64_MIN,
    MAX_FROM_CHARS,
    MAX_POINTER_KEYS,
    MAX_WHEN_FIELDS,
    MAX_WHEN_POINTERS,
)
from schemas.places import Path, keys_of, path_of
from schemas.save_codes import FieldFault

Field = Mapping[str, Any]
Place = tuple[str | None, ...]
"""Where a value stands, from the root; `None` stands for each element of an array."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_BAD_ESCAPE = re.compile("~(?![01])")


def text_faults(given: str, pointer: str, *, is_pointer: bool) -> Iterator[SaveFault]:
    """Yield what is wrong with a `from`, or with a pointer from the root, as it is written.

    Args:
        given: a key of the event, or a JSON Pointer, which starts with `/`.
        pointer: where it stands.
        is_pointer: whether it has to be a JSON Pointer.
    """
    if not given.startswith("/"):
        if is_pointer or not given:
            what = "It must be a JSON Pointer, which starts with `/`." if is_pointer else "It must not be empty."
            yield SaveFault(pointer, FieldFault.BAD_VALUE, what)
            return
        keys: Path = (given,)
    elif _BAD_ESCAPE.search(given):
        message = "In a JSON Pointer `~` stands only as `~0`, for itself, or as `~1`, for `/`."
        yield SaveFault(pointer, FieldFault.BAD_VALUE, message)
        return
    else:
        keys = keys_of(given)
    if len(keys) > MAX_POINTER_KEYS:
        message = f"A JSON Pointer has at most {MAX_POINTER_KEYS} keys here."
        yield SaveFault(pointer, FieldFault.TOO_MANY, message)
    elif any(len(key) > MAX_FROM_CHARS for key in keys):
        message = f"A key of the event has at most {MAX_FROM_CHARS} characters here."
        yield SaveFault(pointer, FieldFault.TOO_LONG, message)
    elif _CONTROL.search(given):
        yield SaveFault(pointer, FieldFault.BAD_VALUE, "It must hold no control characters.")
    elif not is_text(given):
        message = "It holds half of a surrogate pair, which is no Unicode text."
        yield SaveFault(pointer, FieldFault.BAD_VALUE, message)


def when_faults(when: Mapping[str, Sequence[Any]], pointer: str) -> Iterator[SaveFault]:
    """Yield what is wrong with a root field's `when`, whose values have the right JSON types."""
    places: set[Path] = set()
    for given, values in when.items():
        here = json_pointer(pointer, given) if is_text(given) else pointer
        faults = list(text_faults(given, here, is_pointer=True))
        yield from faults
        if not faults:
            if keys_of(given) in places:
                yield SaveFault(here, FieldFault.DUPLICATE_KEY, "Another pointer of this `when` names the same place.")
            places.add(keys_of(given))
        seen = set()
        for index, value in enumerate(values):
            if isinstance(value, str) and not is_text(value):
                message = "It holds half of a surrogate pair, which is no Unicode text."
                yield SaveFault(f"{here}/{index}", FieldFault.BAD_VALUE, message)
            if isinstance(value, int | float) and not INT64_MIN <= value <= INT64_MAX:
                yield SaveFault(f"{here}/{index}", FieldFault.BAD_VALUE, "It must lie in the signed 64-bit range.")
            if told_apart(value) in seen:
                message = "This value stands in the list already."
                yield SaveFault(f"{here}/{index}", FieldFault.DUPLICATE_VALUE, message)
            seen.add(told_apart(value))


def told_apart(value: Any) -> tuple[type, Any]:
    """Return a value with its JSON type: `true` is not 1, and `1.0` is."""
    return (type(value) if isinstance(value, bool | str) else float, value)


def place_faults(fields: Sequence[Field], pointer: str, budget: Budget) -> Iterator[SaveFault]:
    """Yield what is wrong with where the fields of a sound tree stand in the event, taken together.

    Raises:
        Rejected: too_complex, by the budget.
    """
    yield from _when_counts(fields, pointer)
    yield from _Required(budget).faults(fields, pointer)
    yield from _protect_faults(fields, pointer, budget)


def _when_counts(fields: Sequence[Field], pointer: str) -> Iterator[SaveFault]:
    places: set[Path] = set()
    count = 0
    for index, field in enumerate(fields):
        if "when" not in field:
            continue
        here = f"{pointer}/{index}/when"
        count += 1
        if count > MAX_WHEN_FIELDS:
            yield SaveFault(here, FieldFault.TOO_MANY, f"At most {MAX_WHEN_FIELDS} fields of a revision have a `when`.")
            return
        places |= set(map(keys_of, field["when"]))
        if len(places) > MAX_WHEN_POINTERS:
            message = f"All `when` of a revision together name at most {MAX_WHEN_POINTERS} pointers."
            yield SaveFault(here, FieldFault.TOO_MANY, message)
            return


_TEXTS = frozenset({"date", "datetime", "rfc3339", "text"})
_FORMS: Mapping[DataType, frozenset[str]] = {
    DataType.STRING: _TEXTS,
    DataType.INT: frozenset({"whole"}),
    DataType.FLOAT: frozenset({"whole", "fraction"}),
    DataType.BOOLEAN: frozenset({"boolean"}),
    DataType.DATETIME: frozenset({"datetime"}),
    DataType.TIMESTAMP: frozenset({"whole"}),
    DataType.DATE: frozenset({"date"}),
    DataType.OBJECT: frozenset({"object"}),
}
"""What a value of each type looks like: types that share a form have values in common."""
_KIND_FORMS: Mapping[str, frozenset[str]] = {
    Kind.OBJECT: frozenset({"object"}),
    Kind.ARRAY: frozenset({"array"}),
    Kind.STRING: _TEXTS,
    Kind.INTEGER: frozenset({"whole"}),
    Kind.NUMBER: frozenset({"whole", "fraction"}),
    Kind.BOOLEAN: frozenset({"boolean"}),
}
_OBJECT = _FORMS[DataType.OBJECT]


def _forms_of(field: Field) -> frozenset[str]:
    data_type = DataType(field["type"])
    if data_type is DataType.JSON:
        kinds = next((rule["value"] for rule in field.get("rules", []) if rule["rule"] == RuleName.KINDS), Kind)
        return frozenset().union(*(_KIND_FORMS[kind] for kind in kinds))
    if data_type is DataType.TIMESTAMP and field.get("format") == TimestampFormat.RFC3339:
        return frozenset({"rfc3339"})
    # `[]` is an array of every type.
    return frozenset({"array"}) if data_type in ELEMENT_TYPE else _FORMS[data_type]


class _Required:
    """Finds required fields of one object that ask for different things at one place."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._faults: list[SaveFault] = []

    def faults(self, fields: Sequence[Field], pointer: str) -> list[SaveFault]:
        self._of_object(fields, pointer)
        return self._faults

    def _of_object(self, fields: Sequence[Field], pointer: str) -> dict[Path, frozenset[str]]:
        """Return the forms of what an object must hold, by place; note each field that leaves none."""
        required: dict[Path, frozenset[str]] = {}
        for index, field in enumerate(fields):
            here = f"{pointer}/{index}"
            self._budget.at(here).check()
            path = path_of(field)
            below = self._of_object(field["fields"], f"{here}/fields") if "fields" in field else {}
            if "when" in field or may_be_missing(field):
                continue
            asked = [(path[:depth], _OBJECT) for depth in range(1, len(path))]
            asked.append((path, _forms_of(field)))
            if field["type"] == DataType.OBJECT:
                asked += [(path + inner, forms) for inner, forms in below.items()]
            for place, forms in asked:
                left = required.get(place, forms) & forms
                if not left:
                    message = "No value satisfies both this field and another required one that reads the same place."
                    self._faults.append(SaveFault(here, FieldFault.CONTRADICTION, message))
                    break
                required[place] = left
        return required


def all_places(
    fields: Sequence[Field], pointer: str, parent: Place = (), root: int | None = None
) -> Iterator[tuple[Place, str, Field, int]]:
    """Yield every field with its place, its pointer and the index of the root field that holds it."""
    for index, field in enumerate(fields):
        here = f"{pointer}/{index}"
        place = parent + path_of(field)
        at_root = index if root is None else root
        yield place, here, field, at_root
        if field.get("fields"):
            inner = (*place, None) if field["type"] == DataType.ARRAY_OBJECT else place
            yield from all_places(field["fields"], f"{here}/fields", inner, at_root)


def _protect_faults(fields: Sequence[Field], pointer: str, budget: Budget) -> Iterator[SaveFault]:
    """Yield each field that has another `protect` than one before it at the same place."""
    if not any("protect" in field for _, _, field, _ in all_places(fields, pointer)):
        return
    seen: dict[Place, set[tuple[int, str | None]]] = {}
    for place, here, field, root in all_places(fields, pointer):
        budget.at(here).check()
        others = seen.setdefault(place, set())
        protect = field.get("protect")
        if any(was != protect and (other == root or _can_meet(fields[other], fields[root])) for other, was in others):
            message = "Another field reads this place with another `protect`: what one hides the other would store."
            yield SaveFault(f"{here}/protect" if protect else here, FieldFault.CONTRADICTION, message)
        others.add((root, protect))


def _can_meet(one: Field, other: Field) -> bool:
    """Say whether one event can have both root fields in force."""
    was = {keys_of(given): set(map(told_apart, values)) for given, values in one.get("when", {}).items()}
    is_now = {keys_of(given): set(map(told_apart, values)) for given, values in other.get("when", {}).items()}
    return all(values & is_now[place] for place, values in was.items() if place in is_now)
