"""The places of an event, as the tree of what all fields in force together ask of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from hashlib import sha256
from typing import Any, NamedTuple

from domain.language.field_places import told_apart
from domain.language.presences import may_be_missing
from schemas.data_types import ELEMENT_TYPE, DataType, Kind, RuleName, TimestampFormat
from schemas.places import Path, path_of

Field = Mapping[str, Any]


class Form(NamedTuple):
    """What values of one JSON kind may be: all there are, or some alone; of numbers, whether only whole ones."""

    values: tuple[Any, ...] | None = None
    is_whole: bool = False


Forms = Mapping[Kind, Form]
"""What a value may be, by its kind; whole numbers are numbers."""


@dataclass(frozen=True, slots=True)
class Told:
    """What tells kinds of events apart at one place: the values there, or that there is none."""

    values: tuple[Any, ...] = ()
    may_be_absent: bool = False
    is_other: bool = False
    """Any value but those that some `when` names; no type says that."""
    sign: bytes = dataclass_field(init=False, repr=False)
    """The same of two that say the same. Many kinds share the values, of which there may be megabytes."""
    chars: int = dataclass_field(init=False, repr=False, compare=False)
    """About how long the values are."""

    def __post_init__(self) -> None:
        text = repr(self)
        object.__setattr__(self, "sign", sha256(text.encode("utf-8", "surrogatepass")).digest())
        object.__setattr__(self, "chars", len(text))


_ANY = Form()
_ANYTHING: Forms = {kind: _ANY for kind in Kind if kind is not Kind.INTEGER}


class Place:
    """A value of the event; `is_required`: whether it has to be there where the object around it is."""

    __slots__ = ("children", "fields", "forms", "is_required", "item", "told")

    def __init__(self) -> None:
        self.fields: list[tuple[Field, str]] = []
        self.forms: list[Forms] = []
        self.children: dict[str, Place] = {}
        self.item: Place | None = None
        self.is_required = False
        self.told: Told | None = None

    def below(self, path: Path, *, is_required: bool) -> "Place":
        """Return a place within, which is made if it is missing."""
        place = self
        for key in path:
            place = place.children.setdefault(key, Place())
            place.is_required = place.is_required or is_required
        return place

    def add(self, fields: Iterable[tuple[Field, str]]) -> None:
        """Add fields of the object that stands here, each with its pointer in the revision."""
        for field, pointer in fields:
            place = self.below(path_of(field), is_required=not may_be_missing(field))
            place.fields.append((field, pointer))
            place.read_as(DataType(field["type"]), field, pointer)

    def read_as(self, data_type: DataType, field: Field, pointer: str) -> None:
        """Ask for a value of a field's type, or of its elements' type."""
        self.forms.append(forms_of(data_type, field))
        element_type = ELEMENT_TYPE.get(data_type)
        if data_type is DataType.OBJECT:
            self.add((inner, f"{pointer}/fields/{index}") for index, inner in enumerate(field["fields"]))
        elif element_type is not None:
            self.item = self.item or Place()
            self.item.read_as(element_type, field, pointer)

    def tell(self, path: Path, told: Told) -> None:
        """Ask for what tells a kind of events apart at a place within."""
        place = self.below(path, is_required=not told.may_be_absent)
        place.told = told
        if told.values:
            place.forms.append(_listed(told.values))

    def accepted(self) -> Forms:
        """Return what all that is asked for has in common."""
        if not self.forms:  # only keys of it are read
            return {Kind.OBJECT: _ANY}
        accepted = self.forms[0]
        for forms in self.forms[1:]:
            accepted = _common(accepted, forms)
        if any(place.is_required for place in self.children.values()):
            return {kind: form for kind, form in accepted.items() if kind is Kind.OBJECT}
        return accepted

    def names(self, path: Path) -> bool:
        """Say whether a field reads the value at a path, or JSON that holds it."""
        place = self
        for key in path:
            if any(field["type"] == DataType.JSON for field, _ in place.fields):
                return True
            if key not in place.children:
                return False
            place = place.children[key]
        return bool(place.fields)

    def at(self, path: Path) -> tuple["Place | None", bool]:
        """Return the place within, if any field reads it, and whether it has to be there."""
        place, is_required = self, True
        for key in path:
            if key not in place.children:
                return None, False
            place = place.children[key]
            is_required = is_required and place.is_required
        return place, is_required


def forms_of(data_type: DataType, field: Field) -> Forms:
    """Return what values of a type may be; `field` has the rules, and may be an array of the type."""
    rules = {rule["rule"]: rule["value"] for rule in field.get("rules", [])}
    values = tuple(rules[RuleName.ONE_OF]) if RuleName.ONE_OF in rules else None
    match data_type:
        case DataType.JSON:
            kinds = [Kind(kind) for kind in rules[RuleName.KINDS]] if RuleName.KINDS in rules else list(_ANYTHING)
            forms = {Kind.NUMBER: _WHOLE} if Kind.INTEGER in kinds else {}
            return {**forms, **{kind: _ANY for kind in kinds if kind is not Kind.INTEGER}}
        case DataType.OBJECT:
            return {Kind.OBJECT: _ANY}
        case DataType.INT:
            return {Kind.NUMBER: Form(values, is_whole=True)}
        case DataType.FLOAT:
            return {Kind.NUMBER: Form(values)}
        case DataType.BOOLEAN:
            return {Kind.BOOLEAN: Form(values)}
        case DataType.TIMESTAMP if field.get("format") != TimestampFormat.RFC3339:
            return {Kind.NUMBER: _WHOLE}
        case DataType.STRING | DataType.DATE | DataType.DATETIME | DataType.TIMESTAMP:
            return {Kind.STRING: Form(values)}
        case _:
            return {Kind.ARRAY: _ANY}


_WHOLE = Form(is_whole=True)


def kind_of(value: Any) -> Kind:
    """Return the kind of a value of a `when` or a `one_of`."""
    if isinstance(value, bool):
        return Kind.BOOLEAN
    return Kind.STRING if isinstance(value, str) else Kind.NUMBER


def _listed(values: Sequence[Any]) -> Forms:
    by_kind: dict[Kind, list[Any]] = {}
    for value in values:
        by_kind.setdefault(kind_of(value), []).append(value)
    return {kind: Form(tuple(some)) for kind, some in by_kind.items()}


def _common(one: Forms, other: Forms) -> Forms:
    common = {kind: _both(form, other[kind]) for kind, form in one.items() if kind in other}
    return {kind: form for kind, form in common.items() if form.values != ()}


def _both(one: Form, other: Form) -> Form:
    is_whole = one.is_whole or other.is_whole
    if one.values is None or other.values is None:
        values = other.values if one.values is None else one.values
    else:
        known = set(map(told_apart, other.values))
        values = tuple(value for value in one.values if told_apart(value) in known)
    if is_whole and values is not None:
        values = tuple(value for value in values if not isinstance(value, float) or value.is_integer())
    return Form(values, is_whole)
