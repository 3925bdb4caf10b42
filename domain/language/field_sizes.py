"""How small the events of a tree can be: what no event has room for is refused at save.

The sizes are those of compact JSON, and on the low side: what may be missing counts nothing, what a pattern asks for
is not reckoned.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from domain.language.presences import may_be_missing
from domain.language.save_faults import SaveFault
from schemas.data_types import ELEMENT_TYPE, DataType, Kind, RuleName
from schemas.limits import MAX_EVENT_BYTES
from schemas.save_codes import FieldFault

_SMALLEST: Mapping[DataType, int] = {
    DataType.STRING: len('""'),
    DataType.INT: 1,
    DataType.FLOAT: 1,
    DataType.BOOLEAN: len("true"),
    DataType.DATETIME: len('"2026-01-02 03:04:05"'),
    DataType.TIMESTAMP: 1,
    DataType.DATE: len('"2026-01-02"'),
    DataType.JSON: 1,
}


def size_faults(fields: Sequence[Mapping[str, Any]], pointer: str) -> Iterator[SaveFault]:
    """Yield where the values of a sound tree are too large for every event: at the innermost such field."""
    sizes = _Sizes()
    whole = sizes.of_object(fields, pointer)
    yield from sizes.faults
    if whole > MAX_EVENT_BYTES and not sizes.faults:
        message = f"No event has room for all that is required: {MAX_EVENT_BYTES:,} bytes is the limit."
        yield SaveFault(pointer, FieldFault.CONTRADICTION, message)


def has_room(field: Mapping[str, Any]) -> bool:
    """Say whether an event can have a value of this field, and of each below it."""
    return not list(size_faults([{**field, "key": ""}], ""))


class _Sizes:
    def __init__(self) -> None:
        self.faults: list[SaveFault] = []

    def of_object(self, fields: Sequence[Mapping[str, Any]], pointer: str) -> int:
        """Return how many bytes an object of these has at least."""
        size = len("{}")
        for index, field in enumerate(fields):
            value = self._of_value(field, f"{pointer}/{index}")
            if not may_be_missing(field) and "when" not in field:
                size += len(f'"{field["key"]}":,') + value
        return size

    def _of_value(self, field: Mapping[str, Any], pointer: str) -> int:
        faults_before = len(self.faults)
        size = self._of_any_value(field, pointer)
        if size <= MAX_EVENT_BYTES:
            return size
        if len(self.faults) == faults_before:
            message = f"No event has room for this: its values need more than {MAX_EVENT_BYTES:,} bytes."
            self.faults.append(SaveFault(pointer, FieldFault.CONTRADICTION, message))
        return 0  # said once, where it is

    def _of_any_value(self, field: Mapping[str, Any], pointer: str) -> int:
        data_type = DataType(field["type"])
        if "protect" in field:
            return 0  # what is stored instead may be shorter than what is sent
        if data_type is DataType.OBJECT:
            return self.of_object(field["fields"], f"{pointer}/fields")
        arguments = {rule["rule"]: rule["value"] for rule in field.get("rules", [])}
        element_type = ELEMENT_TYPE.get(data_type)
        if element_type is None:
            return _of_scalar(data_type, arguments)
        if element_type is DataType.OBJECT:
            element = self.of_object(field["fields"], f"{pointer}/fields")
        else:
            element = _of_scalar(element_type, arguments)
        least: int = arguments.get(RuleName.MIN_ITEMS, 0)
        return len("[]") + least * (element + len(","))


def _of_scalar(data_type: DataType, arguments: Mapping[str, Any]) -> int:
    choices = arguments.get(RuleName.ONE_OF)
    if choices:
        return min(len(str(choice)) for choice in choices)
    if data_type is DataType.JSON and arguments.get(RuleName.KINDS) == [Kind.OBJECT]:
        members: int = arguments.get(RuleName.MIN_PROPERTIES, 0)
        return len("{}") + members * len('"":1,')
    least: int = arguments.get(RuleName.MIN_LENGTH, 0) if data_type is DataType.STRING else 0
    return _SMALLEST[data_type] + least
