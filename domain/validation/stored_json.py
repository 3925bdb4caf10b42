"""What is stored of the value of a JSON field that is validated in full."""

from collections.abc import Callable
from math import inf
from typing import Any

from domain.json_kinds import is_text
from domain.validation import faults as text_of
from domain.validation.exact_numbers import kept_number
from domain.validation.faults import FaultText
from domain.validation.json_text import NumberText
from schemas.limits import INT64_MIN, UINT64_MAX

Report = Callable[[tuple[str | int, ...], FaultText], None]
"""Takes where a fault stands within the value, and what it is."""


def stored_json(value: Any, report: Report, way: tuple[str | int, ...] = ()) -> Any:
    """Return a parsed value as it is stored, and report what of it no stored line can hold."""
    match value:
        case bool() | None:
            return value
        case str():
            if not is_text(value):
                report(way, text_of.TYPE_STRING)
            return value
        case int() | float():
            number = _stored_number(value)
            if number is None:
                report(way, text_of.JSON_NUMBER_OUT_OF_RANGE)
            return number
        case list():
            return [stored_json(element, report, (*way, index)) for index, element in enumerate(value)]
        case _:
            if not all(map(is_text, value)):
                report(way, text_of.TYPE_STRING)  # a pointer to the key itself could not be written
            return {key: stored_json(member, report, (*way, key)) for key, member in value.items()}


def _stored_number(value: float) -> int | float | None:
    if type(value) is int and INT64_MIN <= value <= UINT64_MAX:
        return value
    try:
        number = kept_number(value.text) if isinstance(value, NumberText) else float(value)
    except OverflowError:
        return None
    return number if type(number) is int or -inf < number < inf else None
