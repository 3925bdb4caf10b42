"""A function that takes what is stored out of a record, written line by line for the fields of an object.

All of its text stands here. What it speaks of is bound to names of ours, so no key and no value of a revision stands in
it.
"""

from collections.abc import Callable, Sequence
from typing import Any

from domain.msgspec_core import UNSET, convert
from domain.validation.json_values import as_written_json
from domain.validation.unfit import UnfitError

Finish = Callable[[Any], Any]
"""Takes a record; returns what is stored of it, for the encoder. Raises `UnfitError`, or the parser's `DecodeError`."""


class FinishCode:
    """The function while it is written; places and variables are text of its own."""

    __slots__ = ("_lines", "_names")

    def __init__(self) -> None:
        """Begin it: its record is `record`."""
        self._lines = ["def finish(record):"]
        self._names: dict[str, Any] = {
            "Unfit": UnfitError,
            "as_written": as_written_json,
            "convert": convert,
            "unset": UNSET,
        }

    def layer(self, number: int) -> str:
        """Have one more record made of the object; return its variable. `bind_layer` says of what type."""
        self._add(f"r{number} = convert(record, t{number})")
        return f"r{number}"

    def bind_layer(self, number: int, record_type: Any) -> None:
        """Say of what type a layer is."""
        self._names[f"t{number}"] = record_type

    def enter(self, variable: str, place: str) -> None:
        """Take an object that is always there into a variable."""
        self._add(f"{variable} = {place}")

    def enter_or_empty(self, variable: str, place: str) -> None:
        """Take an object into a variable, or what `bind_empty` says where none was sent."""
        self._add(f"{variable} = {place} or empty_{variable}")

    def enter_not_empty(self, variable: str, place: str, first: str | None) -> None:
        """Take an object into a variable, and refuse one that was sent empty; `first` is one of its members."""
        self.enter(variable, place)
        # Nearly always one look says that it is not.
        look = f"{variable}.{first} is None and " if first else ""
        self._add(f"if {look}{variable} == empty_{variable} and {variable} is not empty_{variable}: raise Unfit")

    def enter_object(self, variable: str, place: str, *, is_needed: bool) -> None:
        """Take a record out of a value that may be any JSON; `bind_object` says of what type.

        What is no object holds nothing, and is refused where that is needed.
        """
        self._add(
            f"if type({place}) is not dict: raise Unfit"
            if is_needed
            else f"if type({place}) is not dict: {variable} = empty_{variable}"
        )
        self._add(f"{'' if is_needed else 'else: '}{variable} = convert({place}, type_{variable})")

    def bind_object(self, variable: str, record_type: Any, empty: Any) -> None:
        """Say what a variable that `enter_object` takes holds, and what where there is no object."""
        self._names[f"type_{variable}"] = record_type
        self.bind_empty(variable, empty)

    def bind_empty(self, variable: str, empty: Any) -> None:
        """Say what stands in a variable where no object was sent."""
        self._names[f"empty_{variable}"] = empty

    def look_at(
        self,
        places: Sequence[str],
        targets: Sequence[str],
        holds: Callable[[tuple[Any, ...]], bool] | None,
        convert_all: Callable[[tuple[Any, ...]], tuple[Any, ...]],
    ) -> None:
        """Have values looked at together, and those converted that are not stored as they came.

        Args:
            places: of the values.
            targets: where they go; the places themselves, or variables.
            holds: says whether all are stored as they came; None where it never is so.
            convert_all: converts them.
        """
        self._add(f"further = ({', '.join(places)},)")
        converted = f"{', '.join(targets)}, = "
        convert_name = self._bound(convert_all)
        if holds is None:
            self._add(f"{converted}{convert_name}(further)")
        elif targets == places:
            self._add(f"if not {self._bound(holds)}(further): {converted}{convert_name}(further)")
        else:
            self._add(f"{converted}further if {self._bound(holds)}(further) else {convert_name}(further)")

    def change(self, place: str, target: str, how: Callable[[Any], Any] | None) -> None:
        """Have a value changed, if there is one: without `how`, to the text of JSON."""
        self._add(f"value = {place}")
        self._add(f"{target} = value if value is None else {'as_written' if how is None else self._bound(how)}(value)")

    def fill(self, place: str, target: str, make: Callable[[], Any]) -> None:
        """Have a value made where there is none."""
        self._add(f"value = {place}")
        self._add(f"{target} = {self._bound(make)}() if value is None else value")

    def gather(self, learned: Sequence[tuple[str, str]]) -> str:
        """Have what no field names gathered under its pointers; return what holds it.

        Args:
            learned: pointers, and the places of what they lead to.
        """
        if not learned:
            return "None"
        self._add("extra = None")
        self._add("are_texts = True")
        for pointer, place in learned:
            self._add(f"value = {place}")
            key = self._bound(pointer)
            self._add("if value is not unset:")
            self._add(f" if extra is None: extra = {{{key}: value}}")
            self._add(f" else: extra[{key}] = value")
            self._add(" if type(value) is not str: are_texts = False")
        self._add("if not are_texts: extra = as_written(extra)")
        return "extra"

    def made(self, stored_type: Any = None, values: Sequence[str] = ()) -> Finish:
        """Return the function: it returns what it makes of values, or the record itself."""
        stored = "record" if stored_type is None else f"{self._bound(stored_type)}({', '.join(values)})"
        self._add(f"return {stored}")
        exec("\n".join(self._lines), self._names)  # noqa: S102 - all of its text stands in this module
        return self._names["finish"]  # type: ignore[no-any-return]

    def _bound(self, value: Any) -> str:
        name = f"b{len(self._names)}"
        self._names[name] = value
        return name

    def _add(self, line: str) -> None:
        self._lines.append(f" {line}")
