"""Numbers of which a double may not hold what was sent: their text tells. Few events have one."""

import json
from decimal import Decimal, InvalidOperation
from math import inf
from typing import Any

from domain.validation.json_text import NumberText
from schemas.limits import INT64_MIN, UINT64_MAX

_DIGITS_OF_EXACT_FLOATS = 15  # so many digits, and not one more, any double holds
_MAX_64_BIT_DIGITS = 20


def kept_value(text: bytes) -> Any:
    """Parse JSON text by the standard library: a number comes as it is kept, one beyond all doubles as `NumberText`."""
    return json.loads(text.decode(), parse_float=_number, parse_int=_integer)


def kept_number(text: str) -> int | float:
    """Return a number that is written with a point or an exponent as it is kept.

    That is the whole number of 64 bits that it is where no double holds that, and the nearest double of any other.
    """
    try:
        exact = Decimal(text)
    except InvalidOperation:  # no number has such an exponent but zero and the infinite
        return float(text)
    if _DIGITS_OF_EXACT_FLOATS <= exact.adjusted() < _MAX_64_BIT_DIGITS:
        whole = int(exact)
        if whole == exact:
            rounded = float(whole)
            return whole if whole != rounded and INT64_MIN <= whole <= UINT64_MAX else rounded
    return float(text)


def _number(text: str) -> int | float:
    number = kept_number(text)
    return number if type(number) is int or -inf < number < inf else NumberText(text)


def _integer(text: str) -> int | float:
    if len(text) <= _MAX_64_BIT_DIGITS:
        value = int(text)
        if INT64_MIN <= value <= UINT64_MAX:
            return value
    rounded = float(text)
    return rounded if -inf < rounded < inf else NumberText(text)
