"""How small the events of a tree can be: what no event has room for is refused at save.

The sizes are those of compact JSON, and on the low side: what may be missing counts nothing, what a pattern asks for
is not reckoned.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from domain.language.presences import may_be_missing
from domain.language.save_faults import SaveFault
from schemas.codes import DataMapFault
from schemas.data_types import ELEMENT_TYPE, DataType, RuleName
from schemas.limits import MAX_EVENT_BYTES

_SMALLEST: Mapping[DataType, int] = {
    DataType.STRING: len('""'),
    DataType.INT: 1,
    DataType.FLOAT: 1,
    DataType.BOOLEAN: len("true"),
    DataType.DATETIME: len('"2026-01-02 03:04:05"'),
    DataType.TIMESTAMP: 1,
}


def size_faults(data_maps: Sequence[Mapping[str, Any]], pointer: str) -> Iterator[SaveFault]:
    """Yield where the values of a sound tree are too large for every event: at the innermost such data map."""
    sizes = _Sizes()
    whole = sizes.of_object(data_maps, pointer)
    yield from sizes.faults
    if whole > MAX_EVENT_BYTES and not sizes.faults:
        message = f"No event has room for all that is required: {MAX_EVENT_BYTES:,} bytes is the limit."
        yield SaveFault(pointer, DataMapFault.CONTRADICTION, message)


def has_room(data_map: Mapping[str, Any]) -> bool:
    """Say whether an event can have a value of this data map, and of each below it."""
    return not list(size_faults([{**data_map, "key": ""}], ""))


class _Sizes:
    def __init__(self) -> None:
        self.faults: list[SaveFault] = []

    def of_object(self, data_maps: Sequence[Mapping[str, Any]], pointer: str) -> int:
        """Return how many bytes an object of these has at least."""
        size = len("{}")
        for index, data_map in enumerate(data_maps):
            value = self._of_value(data_map, f"{pointer}/{index}")
            if not may_be_missing(data_map):
                size += len(f'"{data_map["key"]}":,') + value
        return size

    def _of_value(self, data_map: Mapping[str, Any], pointer: str) -> int:
        faults_before = len(self.faults)
        size = self._of_any_value(data_map, pointer)
        if size <= MAX_EVENT_BYTES:
            return size
        if len(self.faults) == faults_before:
            message = f"No event has room for this: its values need more than {MAX_EVENT_BYTES:,} bytes."
            self.faults.append(SaveFault(pointer, DataMapFault.CONTRADICTION, message))
        return 0  # said once, where it is

    def _of_any_value(self, data_map: Mapping[str, Any], pointer: str) -> int:
        data_type = DataType(data_map["type"])
        if data_type is DataType.OBJECT:
            return self.of_object(data_map["children"], f"{pointer}/children")
        arguments = {rule["rule"]: rule["value"] for rule in data_map.get("rules", [])}
        element_type = ELEMENT_TYPE.get(data_type)
        if element_type is None:
            return _of_scalar(data_type, arguments)
        if element_type is DataType.OBJECT:
            element = self.of_object(data_map["children"], f"{pointer}/children")
        else:
            element = _of_scalar(element_type, arguments)
        least: int = arguments.get(RuleName.MIN_ITEMS, 0)
        return len("[]") + least * (element + len(","))


def _of_scalar(data_type: DataType, arguments: Mapping[str, Any]) -> int:
    choices = arguments.get(RuleName.ONE_OF)
    if choices:
        return min(len(str(choice)) for choice in choices)
    least: int = arguments.get(RuleName.MIN_LENGTH, 0) if data_type is DataType.STRING else 0
    return _SMALLEST[data_type] + least
