"""Checks the rules of one field against its type, against each other and against the fixed limits."""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil, floor, inf
from typing import Any

from domain.language.budget import Budget
from domain.language.format_lengths import format_lengths
from domain.language.patterns import Patterns
from domain.language.save_faults import SaveFault
from domain.language.scalar_values import Misfit, first_broken_rule, value_as
from domain.validation.scalars import least_double, most_double
from schemas.data_types import ELEMENT_TYPE, RULE_TYPES, DataType, RuleName
from schemas.limits import INT64_MAX, INT64_MIN, MAX_EVENT_BYTES
from schemas.save_codes import FieldFault

IndexedRule = tuple[int, Mapping[str, Any]]
"""A rule whose name and argument have the right JSON types, and where it stands."""

_REPEATABLE = {RuleName.REGEX}
"""A string may have to match several patterns: RE2 has no other way to say "and"."""

_BOUNDS = (
    (RuleName.MIN_LENGTH, RuleName.MAX_LENGTH),
    (RuleName.MIN_VALUE, RuleName.MAX_VALUE),
    (RuleName.MIN_ITEMS, RuleName.MAX_ITEMS),
    (RuleName.MIN_PROPERTIES, RuleName.MAX_PROPERTIES),
    (RuleName.MIN_LENGTH, RuleName.MAX_BYTES),  # a character takes a byte at least
)

_MAX_ITEMS = MAX_EVENT_BYTES // 2
"""An element takes a byte and a comma at least, so no event holds more."""


def rule_faults(
    data_type: DataType, rules: Sequence[IndexedRule], pointer: str, patterns: Patterns, budget: Budget
) -> Iterator[SaveFault]:
    """Yield what is wrong with the rules.

    Args:
        data_type: that of the field.
        rules: those to look at.
        pointer: of the array of rules.
        patterns: those of the request.
        budget: what the request may compute.
    """
    fitting: list[IndexedRule] = []
    seen: set[RuleName] = set()
    for index, rule in rules:
        name = RuleName(rule["rule"])
        here = f"{pointer}/{index}"
        if data_type not in RULE_TYPES[name]:
            yield SaveFault(f"{here}/rule", FieldFault.UNFIT_RULE, f"`{name}` does not go with the type {data_type}.")
            continue
        if name in seen and name not in _REPEATABLE:
            yield SaveFault(f"{here}/rule", FieldFault.DUPLICATE_RULE, f"`{name}` can stand only once.")
            continue
        seen.add(name)
        faults = list(_argument_faults(data_type, name, rule["value"], f"{here}/value", patterns))
        yield from faults
        if not faults:
            fitting.append((index, rule))
    yield from _contradictions(ELEMENT_TYPE.get(data_type, data_type), fitting, pointer, budget)


def _argument_faults(
    data_type: DataType, name: RuleName, argument: Any, pointer: str, patterns: Patterns
) -> Iterator[SaveFault]:
    scalar = ELEMENT_TYPE.get(data_type, data_type)
    match name:
        case RuleName.REGEX:
            try:
                patterns.check(argument, pointer)
            except ValueError as error:
                yield SaveFault(pointer, FieldFault.BAD_REGEX, str(error))
        case RuleName.ONE_OF:
            yield from _choice_faults(scalar, argument, pointer)
        case RuleName.KINDS | RuleName.VALUE_KINDS | RuleName.ELEMENT_KINDS:
            yield from _repetitions(argument, pointer)
        case RuleName.MIN_LENGTH if argument > MAX_EVENT_BYTES:
            message = f"No string is that long: an event has at most {MAX_EVENT_BYTES:,} bytes."
            yield SaveFault(pointer, FieldFault.CONTRADICTION, message)
        case RuleName.MIN_ITEMS if argument > _MAX_ITEMS:
            message = f"No array is that long: an event has at most {MAX_EVENT_BYTES:,} bytes."
            yield SaveFault(pointer, FieldFault.CONTRADICTION, message)
        case RuleName.MIN_VALUE if scalar is DataType.INT and argument > INT64_MAX:
            yield SaveFault(pointer, FieldFault.CONTRADICTION, "No INT is that large: 64 bits, signed, is the limit.")
        case RuleName.MAX_VALUE if scalar is DataType.INT and argument < INT64_MIN:
            yield SaveFault(pointer, FieldFault.CONTRADICTION, "No INT is that small: 64 bits, signed, is the limit.")
        case RuleName.MIN_VALUE if scalar is DataType.FLOAT and least_double(argument) == inf:
            yield SaveFault(pointer, FieldFault.CONTRADICTION, "No double is that large.")
        case RuleName.MAX_VALUE if scalar is DataType.FLOAT and most_double(argument) == -inf:
            yield SaveFault(pointer, FieldFault.CONTRADICTION, "No double is that small.")


def _repetitions(values: Sequence[Any], pointer: str) -> Iterator[SaveFault]:
    for index, value in enumerate(values):
        if value in values[:index]:
            yield SaveFault(f"{pointer}/{index}", FieldFault.DUPLICATE_VALUE, "This value stands in the list already.")


def _choice_faults(scalar: DataType, choices: Sequence[Any], pointer: str) -> Iterator[SaveFault]:
    seen = set()
    for index, choice in enumerate(choices):
        here = f"{pointer}/{index}"
        try:
            value = value_as(scalar, choice)
        except Misfit as error:
            yield SaveFault(here, FieldFault.BAD_VALUE, str(error))
            continue
        if value in seen:
            yield SaveFault(here, FieldFault.DUPLICATE_VALUE, "This value stands in the list already.")
        seen.add(value)


def _contradictions(
    scalar: DataType, rules: Sequence[IndexedRule], pointer: str, budget: Budget
) -> Iterator[SaveFault]:
    indexes = {RuleName(rule["rule"]): index for index, rule in rules}
    arguments = {RuleName(rule["rule"]): rule["value"] for _, rule in rules}
    contradicted = False
    for low, high in _BOUNDS:
        if low in arguments and high in arguments and _is_empty(scalar, low, arguments[low], arguments[high]):
            contradicted = True
            later = max(indexes[low], indexes[high])
            message = f"No value satisfies both: `{low}` lies above `{high}`."
            yield SaveFault(f"{pointer}/{later}/value", FieldFault.CONTRADICTION, message)
    if contradicted:
        return
    yield from _format_contradictions(indexes, arguments, pointer)
    if RuleName.MULTIPLE_OF in arguments and not _multiples(arguments):
        message = "No multiple lies between the bounds."
        yield SaveFault(f"{pointer}/{indexes[RuleName.MULTIPLE_OF]}/value", FieldFault.CONTRADICTION, message)
        return
    if RuleName.ONE_OF in arguments:
        others = [rule for _, rule in rules if rule["rule"] != RuleName.ONE_OF]
        here = budget.at(f"{pointer}/{indexes[RuleName.ONE_OF]}/value")
        # A list is stored with the values of the type: `1` of a FLOAT is compared as a double.
        choices = [value_as(scalar, choice) for choice in arguments[RuleName.ONE_OF]]
        if all(first_broken_rule(others, choice, here) for choice in choices):
            message = "No value of the list satisfies the other rules."
            yield SaveFault(f"{pointer}/{indexes[RuleName.ONE_OF]}/value", FieldFault.CONTRADICTION, message)
    different = _different_values(scalar, arguments)
    if RuleName.UNIQUE_ITEMS in arguments and different < arguments.get(RuleName.MIN_ITEMS, 0):
        later = max(indexes[RuleName.UNIQUE_ITEMS], indexes[RuleName.MIN_ITEMS])
        message = f"There are not so many different elements: the other rules leave {different:,} values."
        yield SaveFault(f"{pointer}/{later}/value", FieldFault.CONTRADICTION, message)


def _format_contradictions(
    indexes: Mapping[RuleName, int], arguments: Mapping[RuleName, Any], pointer: str
) -> Iterator[SaveFault]:
    if RuleName.FORMAT not in arguments:
        return
    least, most = format_lengths(arguments[RuleName.FORMAT])
    bounds = (RuleName.MIN_LENGTH, RuleName.MAX_LENGTH, RuleName.MAX_BYTES)
    for name in bounds:
        if name not in arguments:
            continue
        bound = arguments[name]
        if (bound > most) if name is RuleName.MIN_LENGTH else (bound < least):
            later = max(indexes[name], indexes[RuleName.FORMAT])
            message = f"No text of this format satisfies `{name}`."
            yield SaveFault(f"{pointer}/{later}/value", FieldFault.CONTRADICTION, message)


def _multiples(arguments: Mapping[RuleName, Any]) -> int:
    """Return how many INTs the bounds and `multiple_of` leave."""
    divisor = arguments.get(RuleName.MULTIPLE_OF, 1)
    low = max(INT64_MIN, ceil(arguments.get(RuleName.MIN_VALUE, INT64_MIN)))
    high = min(INT64_MAX, floor(arguments.get(RuleName.MAX_VALUE, INT64_MAX)))
    return int(max(0, high // divisor - -(-low // divisor) + 1))


def _different_values(scalar: DataType, arguments: Mapping[RuleName, Any]) -> float:
    """Return how many values the rules of an array's elements leave at most."""
    if RuleName.ONE_OF in arguments:
        return len(arguments[RuleName.ONE_OF])
    match scalar:
        case DataType.BOOLEAN:
            return 2
        case DataType.INT:
            return _multiples(arguments)
    return inf


def _is_empty(scalar: DataType, low: RuleName, least: float, most: float) -> bool:
    if low is RuleName.MIN_VALUE and scalar is DataType.INT:
        return ceil(least) > floor(most)
    if low is RuleName.MIN_VALUE:
        return least_double(least) > most_double(most)
    return least > most
