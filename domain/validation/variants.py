"""A revision whose fields have `when`: for each event, the revision made of the fields that are in force for it.

What decides is read first, at up to three pointers; then the event is validated as if the other fields did not exist.
Of the combinations that events bring up, so many are kept compiled as fit into a bound of memory.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar

from pydantic_core import SchemaValidator, ValidationError

from domain.validation.in_force import Conditions
from domain.validation.json_text import NotJsonError, TooDeepError, exact_value_from_text
from domain.validation.tree_size import TreeSize, tree_size
from schemas.places import Path, keys_of

MAX_VARIANTS_BYTES = 24_000_000
"""What the compiled combinations of one revision may take in memory together, the newest one apart."""

_MAX_KINDS = 4_096
_EXACT_FLOATS = 2**53


class _Sized(Protocol):
    memory_bytes: int


Variant = TypeVar("Variant", bound=_Sized)


class Variants(Generic[Variant]):
    """The combinations of a revision's fields that can be in force together, compiled when an event needs one."""

    __slots__ = (
        "_by_kind",
        "_by_left_out",
        "_bytes",
        "_conditions",
        "_fields",
        "_lock",
        "_make",
        "_paths",
        "_read",
        "_size",
        "_unconditional",
    )

    def __init__(self, fields: Sequence[Mapping[str, Any]], make: Callable[[list[dict[str, Any]]], Variant]) -> None:
        """Take a revision's root fields, and what compiles those of one combination, given without their `when`."""
        self._fields = fields
        self._unconditional = [{name: value for name, value in field.items() if name != "when"} for field in fields]
        self._size = tree_size(fields)
        self._make = make
        self._conditions = Conditions(fields)
        self._paths: list[Path] = []
        self._read = SchemaValidator(self._schema())
        self._by_kind: dict[tuple[Any, ...], Variant] = {}
        self._by_left_out: dict[tuple[int, ...], Variant] = {}
        self._bytes = 0
        self._lock = Lock()

    def of(self, text: bytes, may_compile: Callable[[TreeSize], bool]) -> Variant | None:
        """Return what validates an event, by its text; None where it would have to be compiled and may not be.

        Args:
            text: the event; what is no JSON object has no values that decide.
            may_compile: says whether so much may be compiled.
        """
        try:
            kind = tuple(self._read.validate_json(text).items())
        except ValidationError:
            return self._compiled(self._conditions.out_of_force(_event_beyond_the_parser(text)), may_compile)
        variant = self._by_kind.get(kind)
        if variant is None:
            variant = self._compiled(self._conditions.out_of_force(self._event(kind)), may_compile)
            if variant is not None:
                self._by_kind[kind] = variant
        return variant

    def _compiled(self, left_out: tuple[int, ...], may_compile: Callable[[TreeSize], bool]) -> Variant | None:
        with self._lock:
            variant = self._by_left_out.pop(left_out, None)
            if variant is None:
                if not may_compile(self._size_without(left_out)):
                    return None
                absent = set(left_out)
                variant = self._make([field for index, field in enumerate(self._unconditional) if index not in absent])
                self._bytes += variant.memory_bytes
            self._by_left_out[left_out] = variant  # as the newest
            self._forget()
        return variant

    def _size_without(self, left_out: Iterable[int]) -> TreeSize:
        fields, choices = self._size
        for index in left_out:
            size = tree_size([self._fields[index]])
            fields, choices = fields - size.fields, choices - size.choices
        return TreeSize(fields, choices)

    def _forget(self) -> None:
        if len(self._by_kind) >= _MAX_KINDS:
            self._by_kind = {}
        while self._bytes > MAX_VARIANTS_BYTES and len(self._by_left_out) > 1:
            oldest = self._by_left_out.pop(next(iter(self._by_left_out)))
            self._bytes -= oldest.memory_bytes
            self._by_kind = {}

    def _schema(self) -> dict[str, Any]:
        """Return what reads, of an event, the values that any `when` names: one member for each pointer and type."""
        values: dict[str, list[Any]] = {}
        for field in self._fields:
            for pointer, choices in (field.get("when") or {}).items():
                values.setdefault(pointer, []).extend(choices)
        members: dict[str, Any] = {}
        for pointer, choices in values.items():
            path = keys_of(pointer)
            # A literal alone takes 1 for true, and true for 1.
            for data_type, name in ((str, "str"), (bool, "bool"), (int, "int")):
                of_type = [choice for choice in choices if type(choice) is data_type]
                steps = [{"type": name, "strict": True}, {"type": "literal", "expected": of_type}]
                self._add(members, path, {"type": "chain", "steps": steps} if of_type else None)
            as_floats = [float(choice) for choice in choices if type(choice) is int and abs(choice) < _EXACT_FLOATS]
            literal = {"type": "literal", "expected": as_floats}
            number = {"type": "chain", "steps": [{"type": "float", "strict": True}, literal]}
            self._add(members, path, number if as_floats else None)
        return {"type": "typed-dict", "strict": True, "extra_behavior": "ignore", "fields": members}

    def _add(self, members: dict[str, Any], path: Path, schema: dict[str, Any] | None) -> None:
        if schema is None:
            return
        members[str(len(self._paths))] = {
            "type": "typed-dict-field",
            "required": False,
            "validation_alias": list(path),
            "schema": {"type": "default", "schema": schema, "on_error": "omit"},
        }
        self._paths.append(path)

    def _event(self, kind: tuple[Any, ...]) -> dict[str, Any]:
        """Return an event that holds just the values that decide."""
        event: dict[str, Any] = {}
        for member, value in kind:
            *steps, last = self._paths[int(member)]
            parent = event
            for step in steps:
                parent = parent.setdefault(step, {})
            parent[last] = value
        return event


def _event_beyond_the_parser(text: bytes) -> dict[str, Any]:
    """Parse what the validator's parser does not take, such as a lone surrogate; nothing of what is no JSON object."""
    try:
        event = exact_value_from_text(text, lone_surrogates=True)
    except (NotJsonError, TooDeepError):
        return {}
    return event if type(event) is dict else {}
