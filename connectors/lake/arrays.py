"""From values of events to columns of Arrow, exactly as they are stored: nothing is rounded, cut or guessed.

What does not fit its column raises one of `UNFIT_ERRORS`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from connectors.lake.columns import Placed
from schemas.data_types import DataType

UNFIT_ERRORS = (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError, AttributeError, OverflowError)

_MICROSECONDS = 1_000_000
Convert = Callable[[Sequence[Any], pa.DataType], pa.Array]


def record_batch(rows: Sequence[dict[str, Any]], placed: Sequence[Placed], schema: pa.Schema) -> pa.RecordBatch:
    """Return rows as columns of a schema, whose fields are in the order of `placed`."""
    return pa.RecordBatch.from_arrays(_columns(rows, placed, schema), schema=schema)


def _columns(rows: Sequence[dict[str, Any]], placed: Sequence[Placed], fields: Any) -> list[pa.Array]:
    return [
        _array(one, [row.get(one.column.name) for row in rows], fields.field(index).type)
        for index, one in enumerate(placed)
    ]


def _array(placed: Placed, values: Sequence[Any], arrow_type: pa.DataType) -> pa.Array:
    if not placed.column.is_array:
        return _scalars(placed, values, arrow_type)
    offsets: list[int | None] = []
    elements: list[Any] = []
    for value in values:
        if value is None:
            offsets.append(None)
            continue
        if not isinstance(value, list):
            raise TypeError("an array is none")
        offsets.append(len(elements))
        elements.extend(value)
    offsets.append(len(elements))
    made = _scalars(placed, elements, arrow_type.value_type)
    array = pa.ListArray if pa.types.is_list(arrow_type) else pa.LargeListArray
    index = pa.int32() if pa.types.is_list(arrow_type) else pa.int64()
    return array.from_arrays(pa.array(offsets, index), made, type=arrow_type)


def _scalars(placed: Placed, values: Sequence[Any], arrow_type: pa.DataType) -> pa.Array:
    if placed.column.type == DataType.OBJECT:
        is_there = [value is not None for value in values]
        if not all(isinstance(value, dict) for value in values if value is not None):
            raise TypeError("an object is none")
        inner = _columns([value or {} for value in values], placed.fields, arrow_type)
        mask = pa.array([not there for there in is_there])
        return pa.StructArray.from_arrays(inner, fields=list(arrow_type), mask=mask)
    if placed.column.in_seconds:
        return _moments(values).cast(arrow_type)
    return _CONVERTS.get(placed.column.type, _plain)(values, arrow_type)


def _plain(values: Sequence[Any], arrow_type: pa.DataType) -> pa.Array:
    return pa.array(values, arrow_type)


def _moments(values: Sequence[Any]) -> pa.Array:
    return pc.multiply_checked(pa.array(values, pa.int64()), _MICROSECONDS)


def _floats(values: Sequence[Any], arrow_type: pa.DataType) -> pa.Array:
    """Return doubles; of a whole number beyond 53 bits the nearest."""
    try:
        return pa.array(values, arrow_type)
    except (pa.ArrowInvalid, OverflowError):
        return pa.array([float(value) if isinstance(value, int) else value for value in values], arrow_type)


def _times(values: Sequence[Any], arrow_type: pa.DataType) -> pa.Array:
    return pa.array(values, pa.string()).cast(arrow_type)


def _json(values: Sequence[Any], arrow_type: pa.DataType) -> pa.Array:
    return pa.array([None if value is None else orjson.dumps(value).decode() for value in values], arrow_type)


_CONVERTS: dict[DataType, Convert] = {
    DataType.FLOAT: _floats,
    DataType.DATETIME: _times,
    DataType.TIMESTAMP: _times,
    DataType.DATE: _times,
    DataType.JSON: _json,
}
