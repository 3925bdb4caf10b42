"""The types of a revision's events, before they are written down in a programming language."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, a number or a boolean; `values` lists all that it may be, if that is known."""

    kind: Literal["string", "integer", "number", "boolean"]
    values: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value but null, or any of that kind."""

    kind: Literal["any", "object", "array"] = "any"


@dataclass(frozen=True, slots=True)
class ArrayOf:
    """An array, and what each of its elements is."""

    item: "Shape"


@dataclass(frozen=True, slots=True)
class Reference:
    """An object that has a type of its own."""

    name: str


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of several; of none, no value at all."""

    shapes: tuple["Shape", ...]


Shape = Scalar | Anything | ArrayOf | Reference | AnyOf
NO_VALUE = AnyOf(())


@dataclass(frozen=True, slots=True)
class Member:
    """A key of an object as it is sent; one that is not required may be left out or null."""

    key: str
    shape: Shape
    is_required: bool
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ObjectType:
    """An object; `base` is the name of another one whose members it has as well."""

    name: str
    members: tuple[Member, ...]
    remarks: tuple[str, ...] = ()
    base: str | None = None


@dataclass(frozen=True, slots=True)
class EventTypes:
    """Everything that is written into one file.

    Attributes:
        objects: those that others refer to come first.
        kinds: names of the objects that an event may be.
        others: names of objects for events of kinds that the revision does not name; no type tells them from `kinds`.
        additional_keys: what becomes of keys that no field names: `drop`, `keep` or `reject`.
        notes: what the reader of the file should know, a line each.
    """

    objects: tuple[ObjectType, ...]
    kinds: tuple[str, ...]
    others: tuple[str, ...]
    additional_keys: str
    notes: tuple[str, ...]
