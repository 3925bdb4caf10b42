"""Looks at what types have no word for in parsed values, at all of an object or of an array in one call."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from domain.validation.core_validator import make_validator
from domain.validation.members import getter
from domain.validation.scalar_schemas import Further, Schema
from domain.validation.unfit import UnfitError


def nullable(schema: Schema, *, may_be_missing: bool) -> Schema:
    """Return the schema of a value that may be missing, which is None then."""
    return {"type": "nullable", "schema": schema, "strict": True} if may_be_missing else schema


def as_stored_check(values: Sequence[tuple[Further, bool]]) -> Callable[[tuple[Any, ...]], bool] | None:
    """Return what says whether values are stored as they came; None where one of them never is.

    Args:
        values: for each what it has to pass, and whether it may be missing.
    """
    schemas: list[Schema] = []
    for further, may_be_missing in values:
        if further.as_stored is None:
            return None
        schemas.append(nullable(further.as_stored, may_be_missing=may_be_missing))
    return make_validator(_tuple(schemas)).isinstance_python


def conversion(values: Sequence[tuple[Further, bool]]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """Return what gives values as they are stored, and raises `UnfitError` where one is refused; made when needed."""
    convert: Callable[[Any], tuple[Any, ...] | None] | None = None

    def converted(sent: tuple[Any, ...]) -> tuple[Any, ...]:
        nonlocal convert
        if convert is None:
            several = _tuple([nullable(one.schema, may_be_missing=may) for one, may in values])
            several = {"type": "default", "schema": several, "on_error": "default", "default": None}
            convert = make_validator(several).validate_python
        stored = convert(sent)
        if stored is None:
            raise UnfitError
        return stored

    return converted


class Look:
    """Says of records whether they are stored as they are: whether what their type has no word for holds."""

    __slots__ = ("_arrays", "_get", "_hold_all", "_holds", "_names", "_row", "arrays", "checks", "is_stored")

    def __init__(self, checks: Sequence[tuple[str, Schema]], arrays: "Sequence[tuple[str, Look]]") -> None:
        """Take the names of values, dots and all, and what they have to pass; and those of arrays of objects."""
        self.checks = checks
        self.arrays = arrays
        self._names = [name for name, _ in checks]
        self._get = getter(self._names)
        self._row = _tuple([schema for _, schema in checks])
        self._holds = make_validator(self._row).isinstance_python if checks else None
        self._hold_all: Callable[[Any], bool] | None = None
        self._arrays = [(attrgetter(name), name, look.are_stored) for name, look in arrays]
        self.is_stored = self._looks_only() or self._is_stored
        """Says whether a record is stored as it is; no where that is not sure."""

    def _looks_only(self) -> Callable[[Any], bool] | None:
        """Return what looks at values that stand in the record itself, where these are all."""
        get, holds = self._get, self._holds
        if holds is None or self._arrays or any("." in name for name in self._names):
            return None
        return lambda record: holds(get(record))

    def _is_stored(self, record: Any) -> bool:
        if self._holds is not None:
            try:
                values = self._get(record)
            except AttributeError:  # an object around it was not sent
                values = self._with_missing(record)
            if not self._holds(values):
                return False
        return not self._arrays or self._are_elements_stored(record)

    def are_stored(self, records: list[Any]) -> bool:
        """Say the same of several records."""
        if self.checks:
            if self._hold_all is None:
                rows = {"type": "list", "strict": True, "items_schema": self._row, "fail_fast": True}
                self._hold_all = make_validator(rows).isinstance_python
            try:
                found = list(map(self._get, records))
            except AttributeError:
                found = list(map(self._with_missing, records))
            if not self._hold_all(found):
                return False
        return not self._arrays or all(map(self._are_elements_stored, records))

    def _are_elements_stored(self, record: Any) -> bool:
        for get, name, are_stored in self._arrays:
            try:
                elements = get(record)
            except AttributeError:
                elements = _value_at(record, name)
            if elements is not None and not are_stored(elements):
                return False
        return True

    def _with_missing(self, record: Any) -> tuple[Any, ...]:
        return tuple(_value_at(record, name) for name in self._names)


def _tuple(schemas: Sequence[Schema]) -> Schema:
    return {"type": "tuple", "strict": True, "items_schema": list(schemas)}


def _value_at(record: Any, names: str) -> Any:
    for name in names.split("."):
        if record is None:
            return None
        record = getattr(record, name)
    return record
