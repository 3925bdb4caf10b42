"""A revision whose fields have `when`: for each event, the revision made of the fields that are in force for it.

The event is validated as if the other fields did not exist. Of the combinations that events bring up, so many are kept
compiled as fit into a bound of memory.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar

from domain.validation.conditions import Conditions, Kind
from domain.validation.tree_size import TreeSize, tree_size

MAX_VARIANTS_BYTES = 24_000_000
"""What the compiled combinations of one revision may take in memory together, the newest one apart."""

_MAX_KINDS = 4_096
_COMPILED_PER_COUNT = 64  # after so many, all are counted anew: they grow as they learn
_MAX_TEXTS = 256
_MAX_TEXTS_CHARS = 128  # senders choose these texts: of one event, so much of them is remembered


class _Sized(Protocol):
    @property
    def memory_bytes(self) -> int: ...


Variant = TypeVar("Variant", bound=_Sized)


class Variants(Generic[Variant]):
    """The combinations of a revision's fields that can be in force together, compiled when an event needs one."""

    __slots__ = (
        "_by_kind",
        "_by_left_out",
        "_by_texts",
        "_bytes",
        "_bytes_of",
        "_compiled_since",
        "_conditions",
        "_lock",
        "_make",
        "_size",
        "_sizes",
        "_unconditional",
    )

    def __init__(self, fields: Sequence[Mapping[str, Any]], make: Callable[[list[dict[str, Any]]], Variant]) -> None:
        """Take a revision's root fields, and what compiles those of one combination, given without their `when`."""
        self._unconditional = [{name: value for name, value in field.items() if name != "when"} for field in fields]
        self._size = tree_size(fields)
        self._sizes = {index: tree_size([field]) for index, field in enumerate(fields) if field.get("when")}
        self._make = make
        self._conditions = Conditions(fields)
        self._by_kind: dict[Kind, Variant] = {}
        self._by_texts: dict[tuple[Any, ...], Variant] = {}
        self._by_left_out: dict[tuple[int, ...], Variant] = {}
        self._bytes = 0
        self._bytes_of: dict[tuple[int, ...], int] = {}
        self._compiled_since = 0
        self._lock = Lock()

    def kind_of(self, event: Any) -> Kind:
        """Return what decides which fields are in force for a parsed event; what is no JSON object has none of that."""
        return self._conditions.kind_of(event)

    def of_text(self, text: bytes, may_compile: Callable[[TreeSize], bool]) -> Variant | None:
        """Return what validates the event of a text; None where it would have to be compiled and may not be.

        Args:
            text: of an event.
            may_compile: says whether so much may be compiled.

        Raises:
            DecodeError: it is no JSON object, as far as this parser sees.
            RecursionError: it is nested too deep.
            NeedsExactText: a number that decides has to be told by its text.
        """
        values = self._conditions.values_in(text)
        try:
            variant = self._by_texts.get(values)
        except TypeError:  # an object or an array decides
            variant = None
        if variant is None:
            kind = self._conditions.kind_of_values(values)
            variant = self.of_kind(kind, may_compile)
            # Equal texts are alike; of other values, `1` and `true` are equal as well.
            if (
                variant is not None
                and all(type(value) is str for value in values)
                and sum(map(len, values)) <= _MAX_TEXTS_CHARS
            ):
                if len(self._by_texts) >= _MAX_TEXTS:
                    self._by_texts = {}
                self._by_texts[values] = variant
        return variant

    def kind_of_text(self, text: bytes) -> Kind:
        """Return what decides which fields are in force for the text of an event; raises as `of_text` does."""
        return self._conditions.kind_of_values(self._conditions.values_in(text))

    def of_kind(self, kind: Kind, may_compile: Callable[[TreeSize], bool]) -> Variant | None:
        """Return what validates events of a kind; None where it would have to be compiled and may not be."""
        variant = self._by_kind.get(kind)
        if variant is None:
            variant = self._compiled(self._conditions.left_out_of(kind), may_compile)
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
                self._bytes_of[left_out] = variant.memory_bytes
                self._bytes += self._bytes_of[left_out]
                self._compiled_since += 1
            self._by_left_out[left_out] = variant  # as the newest
            self._forget()
        return variant

    def _size_without(self, left_out: Iterable[int]) -> TreeSize:
        fields, choices, objects = self._size
        for index in left_out:
            less_fields, less_choices, less_objects = self._sizes[index]
            fields, choices, objects = fields - less_fields, choices - less_choices, objects - less_objects
        return TreeSize(fields, choices, objects)

    def _forget(self) -> None:
        if len(self._by_kind) >= _MAX_KINDS:
            self._by_kind = {}
        if self._compiled_since >= _COMPILED_PER_COUNT:
            self._compiled_since = 0
            self._bytes_of = {left_out: variant.memory_bytes for left_out, variant in self._by_left_out.items()}
            self._bytes = sum(self._bytes_of.values())
        while self._bytes > MAX_VARIANTS_BYTES and len(self._by_left_out) > 1:
            oldest = next(iter(self._by_left_out))
            del self._by_left_out[oldest]
            self._bytes -= self._bytes_of.pop(oldest)
            self._by_kind = {}
            self._by_texts = {}
