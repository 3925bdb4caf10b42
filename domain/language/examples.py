"""Examples of the events that a revision accepts, always the same for the same tree; one for each `when` as well.

An example has every key that one can be found for, except those that the server fills in. A key that may be missing is
left out where no value is found; one that may not makes the whole example impossible.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any, Final, NamedTuple

from domain.errors import Rejected
from domain.language.budget import UNLIMITED, Budget
from domain.language.example_values import accepts, candidates, others_like
from domain.language.presences import may_be_missing
from domain.language.save_faults import json_pointer
from schemas.codes import Problem
from schemas.data_types import ELEMENT_TYPE, PARENT_TYPES, DataType, Presence, RuleName
from schemas.limits import MAX_EVENT_BYTES
from schemas.places import Path, keys_of, path_of, value_at

NO_EXAMPLE = "no_example"

_NONE: Final = object()
_STAMPS_BYTES = 200  # what delivery puts in front of every event, on the high side
_MAX_CHOICES = 20  # of values at the pointers of one `when` that are tried
_MAX_ROUNDS = 4  # until an example has in force what it was made for

Field = Mapping[str, Any]
Errors = list[dict[str, str]]


def example_of(
    fields: Sequence[Field], budget: Budget = UNLIMITED, when: str | None = None, *, rejects_unknown: bool = False
) -> dict[str, Any]:
    """Return an event that the stored tree accepts.

    Args:
        fields: the tree.
        budget: what finding it may cost.
        when: key of the root field with `when` that has to be in force; without one, any event will do.
        rejects_unknown: whether a key that no field names is refused.

    Raises:
        Rejected: invalid_request with a row for each required key that no value was found for, if the example would be
            too large, or if there is no such field; too_complex, with the place.
    """
    maker = _Maker(fields, budget, rejects_unknown=rejects_unknown)
    conditional = [field for field in fields if "when" in field]
    wanted = next((field for field in conditional if field["key"] == when), None)
    if when is not None and wanted is None:
        raise _no_such_field()
    try:
        if wanted is not None:
            example = maker.event_for(wanted)
        else:
            example = maker.event({})
            if maker.errors:
                found = (maker.event_for(field) for field in conditional)
                example = next((event for event in found if event is not None), example)
    except _TooLargeError:
        raise _too_large() from None
    if example is None:
        message = "There is no example: no value was found for a required key."
        raise Rejected(Problem.INVALID_REQUEST, message, errors=maker.errors or [_never_in_force()])
    if len(json.dumps(example, ensure_ascii=False).encode()) + _STAMPS_BYTES > MAX_EVENT_BYTES:
        raise _too_large()
    return example


def _no_such_field() -> Rejected:
    message = "No field of the root with a `when` has this key."
    return Rejected(Problem.INVALID_REQUEST, message, errors=[{"pointer": "/when", "code": "when", "message": message}])


def _never_in_force() -> dict[str, str]:
    return {"pointer": "/fields", "code": NO_EXAMPLE, "message": "No event was found for which the `when` holds."}


def _too_large() -> Rejected:
    message = f"There is no example: it would have more than {MAX_EVENT_BYTES:,} bytes."
    return Rejected(Problem.INVALID_REQUEST, message, errors=[{"pointer": "", "code": NO_EXAMPLE, "message": message}])


class _TooLargeError(Exception):
    pass


class _Made(NamedTuple):
    """A value, or `_NONE`, and how many bytes of JSON it has at least."""

    value: Any
    size: int


class _Placed(NamedTuple):
    """A field at the place where it reads, and its pointer in the tree."""

    field: Field
    pointer: str


class _Node:
    """A place of the event: the fields that read it, and the places below it."""

    __slots__ = ("children", "is_required", "placed", "wanted")

    def __init__(self) -> None:
        self.placed: list[_Placed] = []
        self.children: dict[str, _Node] = {}
        self.is_required = False
        """Whether the place has to be there where the one above it is."""
        self.wanted: Any = _NONE
        """The one value that it may have, if that is given."""

    def below(self, path: Path, *, is_required: bool) -> "_Node":
        node = self
        for key in path:
            node = node.children.setdefault(key, _Node())
            node.is_required = node.is_required or is_required
        return node

    def names(self, path: Path) -> bool:
        """Say whether a field reads what stands at a path as a whole."""
        node = self
        for key in path:
            node = node.children[key]
            if any(placed.field["type"] not in PARENT_TYPES for placed in node.placed):
                return True
        return False

    def add(self, fields: Sequence[Field], pointer: str) -> None:
        for index, field in enumerate(fields):
            self.add_one(field, f"{pointer}/{index}")

    def add_one(self, field: Field, here: str) -> None:
        node = self.below(path_of(field), is_required=not may_be_missing(field))
        node.placed.append(_Placed(field, here))
        if field["type"] == DataType.OBJECT:
            node.add(field["fields"], f"{here}/fields")


class _Maker:
    """Makes events of one tree; ends as soon as one is larger than an event."""

    def __init__(self, fields: Sequence[Field], budget: Budget, *, rejects_unknown: bool) -> None:
        self._fields = fields
        self._rejects_unknown = rejects_unknown
        self._budget = budget
        self._scalars: dict[str, _Made] = {}
        self.errors: Errors = []
        """Why there was no event the last time."""

    def event_for(self, field: Field) -> dict[str, Any] | None:
        """Return an event in which a field with `when` is in force."""
        when: Mapping[str, Sequence[Any]] = field["when"]
        for values in islice(product(*when.values()), _MAX_CHOICES):
            event = self.event(dict(zip(map(keys_of, when), values, strict=True)))
            if event is not None and _is_in_force(field, event):
                return event
        return None

    def event(self, wanted: Mapping[Path, Any]) -> dict[str, Any] | None:
        """Return an event that has the wanted values at their places."""
        in_force = [_is_wanted(field, wanted) for field in self._fields]
        for _ in range(_MAX_ROUNDS):
            root = _Node()
            for path, value in wanted.items():
                root.below(path, is_required=True).wanted = value
            for index, field in enumerate(self._fields):
                if in_force[index]:
                    root.add_one(field, f"/fields/{index}")
            self.errors = []
            made = self._object(root, self.errors)
            if self.errors:
                return None
            found = [_is_in_force(field, made.value) for field in self._fields]
            if found == in_force and self._rejects_unknown and not all(root.names(path) for path in wanted):
                message = "A `when` asks for a key that no field in force names, and such keys are rejected."
                self.errors = [{"pointer": "/fields", "code": NO_EXAMPLE, "message": message}]
                return None
            if found == in_force:
                return made.value  # type: ignore[no-any-return]
            in_force = found
        self.errors = [{"pointer": "/fields", "code": NO_EXAMPLE, "message": "No event was found for any `when`."}]
        return None

    def _object(self, node: _Node, errors: Errors) -> _Made:
        example: dict[str, Any] = {}
        size = 0
        for key, child in node.children.items():
            missing: Errors = []
            made = self._value(child, missing)
            if not missing and made.value is not _NONE:
                example[key] = made.value
                size = _checked(size + len(key) + made.size)
            elif child.is_required:
                errors += missing or [_no_value(child)]
        return _Made(example, size)

    def _value(self, node: _Node, errors: Errors) -> _Made:
        if node.wanted is not _NONE:
            return _Made(node.wanted if self._fits(node, node.wanted) else _NONE, 1)
        if node.children or any(placed.field["type"] == DataType.OBJECT for placed in node.placed):
            made = self._object(node, errors)
            if not made.value and not node.placed:
                return _Made(_NONE, 0)  # an empty object that no field reads as a whole is an unknown key
            others = [placed for placed in node.placed if placed.field["type"] != DataType.OBJECT]
            return made if self._all_fit(others, made.value) else _Made(_NONE, 0)
        for placed in node.placed:
            if placed.field.get("presence") == Presence.MACRO:
                continue
            missing: Errors = []
            made = self._of_field(placed, missing)
            if len(node.placed) == 1:
                errors += missing
                return made
            if not missing and made.value is not _NONE and self._all_fit(node.placed, made.value):
                return made
        return _Made(_NONE, 0)

    def _fits(self, node: _Node, value: Any) -> bool:
        """Say whether a scalar can stand at a place."""
        return not node.children and self._all_fit(node.placed, value)

    def _all_fit(self, many: Sequence[_Placed], value: Any) -> bool:
        return all(self._field_fits(placed, value) for placed in many)

    def _field_fits(self, placed: _Placed, value: Any) -> bool:
        field = placed.field
        data_type, rules = DataType(field["type"]), field.get("rules", [])
        budget = self._budget.at(placed.pointer)
        element_type = ELEMENT_TYPE.get(data_type)
        if data_type is DataType.OBJECT or element_type is DataType.OBJECT:
            return value == [] and data_type is DataType.ARRAY_OBJECT and _item_counts(rules)[0] == 0
        if element_type is None:
            return accepts(data_type, field.get("format"), rules, value, budget)
        if not isinstance(value, list):
            return False
        least, most = _item_counts(rules)
        return least <= len(value) <= most and all(
            accepts(element_type, field.get("format"), rules, element, budget) for element in value
        )

    def _of_field(self, placed: _Placed, errors: Errors) -> _Made:
        """Make a value of a field that is no OBJECT."""
        field, pointer = placed
        if "default" in field:
            default = field["default"]
            return _Made(default, len(default) if isinstance(default, list | str) else 1)
        data_type, rules = DataType(field["type"]), field.get("rules", [])
        element_type = ELEMENT_TYPE.get(data_type)
        if element_type is None:
            return self._scalar(data_type, field, pointer)
        least, most = _item_counts(rules)
        count = max(least, min(1, most))
        if count == 0:
            return _Made([], 1)
        missing: Errors = []
        if element_type is DataType.OBJECT:
            node = _Node()
            node.add(field["fields"], f"{pointer}/fields")
            element = self._object(node, missing)
        else:
            element = self._scalar(element_type, field, pointer)
        if missing or element.value is _NONE:
            if least == 0:
                return _Made([], 1)
            errors += missing
            return _Made(_NONE, 0)
        size = _checked(count * (element.size + 1))
        if count > 1 and any(rule["rule"] == RuleName.UNIQUE_ITEMS for rule in rules):
            return self._different(element_type, field, element.value, count)
        return _Made([element.value] * count, size)

    def _different(self, element_type: DataType, field: Field, first: Any, count: int) -> _Made:
        rules = field["rules"]
        elements = {first: None}
        listed = next((rule["value"] for rule in rules if rule["rule"] == RuleName.ONE_OF), None)
        for value in others_like(element_type, first, rules, count * 10) if listed is None else listed:
            if accepts(element_type, field.get("format"), rules, value, self._budget):
                elements[value] = None
            if len(elements) == count:
                return _Made(list(elements), count)
        return _Made(_NONE, 0)

    def _scalar(self, data_type: DataType, field: Field, pointer: str) -> _Made:
        """Make a value that satisfies all rules; once for all events."""
        known = self._scalars.get(pointer)
        if known is None:
            known = self._scalars[pointer] = self._new_scalar(data_type, field, self._budget.at(pointer))
        return known

    def _new_scalar(self, data_type: DataType, field: Field, budget: Budget) -> _Made:
        budget.check()
        rules, written = field.get("rules", []), field.get("format")
        for value in candidates(data_type, written, rules, budget):
            if accepts(data_type, written, rules, value, budget):
                return _Made(value, len(value) if isinstance(value, str) else 1)
        return _Made(_NONE, 0)


def _item_counts(rules: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    bounds = {rule["rule"]: rule["value"] for rule in rules}
    return bounds.get(RuleName.MIN_ITEMS, 0), bounds.get(RuleName.MAX_ITEMS, MAX_EVENT_BYTES)


def _no_value(node: _Node) -> dict[str, str]:
    placed = next(_all_placed(node), None)
    if placed is None:
        return {"pointer": "/fields", "code": NO_EXAMPLE, "message": "No value was found for a place of a `when`."}
    message = f"No value was found that satisfies the rules of `{placed.field['key']}`."
    return {"pointer": json_pointer(placed.pointer, "rules"), "code": NO_EXAMPLE, "message": message}


def _all_placed(node: _Node) -> Iterator[_Placed]:
    yield from node.placed
    for child in node.children.values():
        yield from _all_placed(child)


def _checked(size: int) -> int:
    if size > MAX_EVENT_BYTES:
        raise _TooLargeError
    return size


def _is_wanted(field: Field, wanted: Mapping[Path, Any]) -> bool:
    return all(
        keys_of(pointer) in wanted and _is_one_of(wanted[keys_of(pointer)], values)
        for pointer, values in field.get("when", {}).items()
    )


def _is_in_force(field: Field, event: Mapping[str, Any]) -> bool:
    return all(
        _is_one_of(value_at(event, keys_of(pointer)), values) for pointer, values in field.get("when", {}).items()
    )


def _is_one_of(value: Any, values: Sequence[Any]) -> bool:
    """Compare as ingest does: `1.0` is 1, and no JSON type is another."""
    if isinstance(value, bool | str):
        return any(type(value) is type(one) and value == one for one in values)
    return any(not isinstance(one, bool) and value == one for one in values if isinstance(value, int | float))
