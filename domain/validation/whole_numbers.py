"""Numbers as JSON writes them: `1`, `1.0` and `1e3` are whole, `0.1` and `0.10` are equal, however they were parsed.

A value that was parsed to a float may have been rounded; then its text decides.
"""

from collections.abc import Sequence
from math import inf
from typing import Any

from domain.validation.faults import FaultText
from domain.validation.json_text import NumberText

_MAX_EXPONENT_DIGITS = 4_000  # under the interpreter's bound for str -> int; a longer exponent is no number of any use


class NeedsExactText(Exception):  # noqa: N818 - asks for a second reading
    """A number's own text decides, and the value at hand has been rounded: parse the event with `NumberText`."""


def read_whole(value: Any, wrong_type: FaultText) -> int | FaultText:
    """Return a parsed value as a whole number, or `wrong_type`.

    Raises:
        NeedsExactText: a float that may have been rounded to a whole number.
    """
    if type(value) is int:
        return value
    if isinstance(value, NumberText):
        whole = whole_number(value.text)
        return wrong_type if whole is None else whole
    if type(value) is not float:
        return wrong_type
    if value.is_integer() or value in {inf, -inf}:
        raise NeedsExactText
    return wrong_type


def has_equal_values(scalars: Sequence[Any]) -> bool:
    """Say whether two of an array's scalars, all of one type, are equal as JSON values.

    Raises:
        NeedsExactText: two are equal as floats, and may differ as they were sent.
    """
    rounded = scalars if scalars and type(scalars[0]) is str else list(map(float, scalars))
    if len(set(rounded)) == len(scalars):
        return False
    if float in set(map(type, scalars)):
        raise NeedsExactText
    written = [value if type(value) is str else _canonical(_text_of(value)) for value in scalars]
    return len(set(written)) < len(written)


def _text_of(number: Any) -> str:
    return number.text if isinstance(number, NumberText) else str(int(number))


def whole_number(text: str) -> int | None:
    """Return the exact value of a JSON number's text if it is whole, else None.

    A whole number of more than 19 digits is far outside 64 bits: it comes back as `10**19` with its sign, so that a
    short text like `1e999999999` never becomes a number of its size.
    """
    is_negative, significant, power = _canonical(text)
    if power < 0:
        return None
    value = 10**19 if len(significant) + power > 19 else int(significant or "0") * 10**power
    return -value if is_negative else value


def _canonical(text: str) -> tuple[bool, str, int]:
    """Return sign, significant digits and power of ten: alike for equal numbers only."""
    mantissa, _, exponent_text = text.lower().partition("e")
    integer, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (integer + fraction).lstrip("0")
    significant = digits.rstrip("0")
    if not significant:
        return False, "", 0
    exponent = int(exponent_text.lstrip("+-").lstrip("0")[:_MAX_EXPONENT_DIGITS] or "0")
    if exponent_text.startswith("-"):
        exponent = -exponent
    return text.startswith("-"), significant, exponent - len(fraction) + len(digits) - len(significant)
