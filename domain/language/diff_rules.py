"""Whether a value that satisfies one list of rules satisfies another, as far as that can be proved.

The answer errs on one side only: "safe" is proved, and what can't be proved counts as a refusal. Patterns are compared
by their text, unless there are so few values that each can be tried; how long the strings are that they match is known.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil, floor, inf
from typing import Any

from domain.language.budget import UNLIMITED, Budget
from domain.language.format_lengths import format_lengths
from domain.language.pattern_lengths import Lengths, lengths_of
from domain.language.scalar_values import first_broken_rule
from domain.validation.scalars import least_double, most_double
from schemas.data_types import DataType, InnerKind, Kind, RuleName
from schemas.limits import INT64_MAX, INT64_MIN, MAX_ONE_OF_VALUES, MAX_STRING_BYTES

Rule = Mapping[str, Any]

_OF_ARRAYS = frozenset({RuleName.MIN_ITEMS, RuleName.MAX_ITEMS, RuleName.UNIQUE_ITEMS})


def rules_that_may_refuse(
    scalar: DataType,
    before: Sequence[Rule],
    after: Sequence[Rule],
    budget: Budget = UNLIMITED,
    *,
    max_string_bytes: int = MAX_STRING_BYTES,
) -> list[RuleName]:
    """Return which rules of `after` a value that satisfies `before` may break, each once, in their order.

    Args:
        scalar: the type of the value, or of an array's elements; OBJECT for those of an ARRAY_OBJECT.
        before: rules of the same field, as they are stored.
        after: likewise.
        budget: what the comparison may compute.
        max_string_bytes: that any string could have before.

    Raises:
        Rejected: too_complex, by the budget.
    """
    if scalar is DataType.STRING:
        # What bounds every string is one more rule of the former ones.
        before = [*before, {"rule": RuleName.MAX_BYTES, "value": max_string_bytes}]
    values = _every_value(scalar, before, budget)
    found = []
    for rule in after:
        name = RuleName(rule["rule"])
        if values is not None and name not in _OF_ARRAYS:
            is_kept = all(first_broken_rule([rule], value, budget) is None for value in values)
        else:
            is_kept = _is_implied(scalar, rule, before, budget)
        if not is_kept and name not in found:
            found.append(name)
    return found


def says_the_same(before: Sequence[Rule], after: Sequence[Rule]) -> bool:
    """Say whether two lists differ in nothing but the order of rules and of listed values."""
    return _unordered(before) == _unordered(after)


def _unordered(rules: Iterable[Rule]) -> set[tuple[str, Any]]:
    return {
        (rule["rule"], frozenset(rule["value"]) if isinstance(rule["value"], list) else rule["value"]) for rule in rules
    }


def _every_value(scalar: DataType, rules: Sequence[Rule], budget: Budget) -> list[Any] | None:
    """Return all values that satisfy the rules if these leave only a few, else None."""
    listed = _argument(rules, RuleName.ONE_OF)
    if listed is None and scalar is DataType.BOOLEAN:
        listed = [False, True]
    if listed is None and scalar is DataType.INT:
        low, high = _low(scalar, rules), _high(scalar, rules)
        listed = range(low, high + 1) if high - low < MAX_ONE_OF_VALUES else None
    if listed is None:
        return None
    return [value for value in listed if first_broken_rule(rules, value, budget) is None]


def _is_implied(scalar: DataType, rule: Rule, before: Sequence[Rule], budget: Budget) -> bool:
    """Say whether every value that satisfies `before` keeps `rule`, by comparing arguments and lengths."""
    argument = rule["value"]
    match RuleName(rule["rule"]):
        case RuleName.REGEX:
            return any(other["rule"] == RuleName.REGEX and other["value"] == argument for other in before)
        case RuleName.ONE_OF:
            return False
        case RuleName.MIN_LENGTH:
            return bool(_shortest(before, budget) >= argument)
        case RuleName.MAX_LENGTH:
            return bool(_longest(before, budget) <= argument)
        case RuleName.MIN_VALUE:
            return bool(_low(scalar, before) >= argument)
        case RuleName.MAX_VALUE:
            return bool(_high(scalar, before) <= argument)
        case RuleName.MIN_ITEMS:
            return bool((_argument(before, RuleName.MIN_ITEMS) or 0) >= argument)
        case RuleName.MAX_ITEMS:
            most = _argument(before, RuleName.MAX_ITEMS)
            return most is not None and bool(most <= argument)
        case RuleName.UNIQUE_ITEMS:
            most = _argument(before, RuleName.MAX_ITEMS)
            return rule in before or (most is not None and bool(most <= 1))
        case RuleName.MAX_BYTES:
            return bool(min(_least(before, RuleName.MAX_BYTES), _longest(before, budget) * 4) <= argument)
        case RuleName.MULTIPLE_OF:
            return bool((_argument(before, RuleName.MULTIPLE_OF) or 1) % argument == 0)
        case RuleName.KINDS:
            return _kinds(before) <= _widened(argument)
        case RuleName.VALUE_KINDS:
            return Kind.OBJECT not in _kinds(before) or _inner_kinds(before, RuleName.VALUE_KINDS) <= _widened(argument)
        case RuleName.ELEMENT_KINDS:
            return not _may_hold_arrays(before) or _inner_kinds(before, RuleName.ELEMENT_KINDS) <= _widened(argument)
        case RuleName.MIN_PROPERTIES:
            is_enough = (_argument(before, RuleName.MIN_PROPERTIES) or 0) >= argument
            return is_enough or Kind.OBJECT not in _kinds(before)
        case RuleName.MAX_PROPERTIES:
            return _least(before, RuleName.MAX_PROPERTIES) <= argument or Kind.OBJECT not in _kinds(before)
        case RuleName.FORMAT:
            return rule in before or (scalar is DataType.JSON and Kind.STRING not in _kinds(before))


def _kinds(rules: Sequence[Rule]) -> frozenset[str]:
    """Return the kinds of JSON values that the rules leave."""
    return _widened(_argument(rules, RuleName.KINDS) or list(Kind))


def _inner_kinds(rules: Sequence[Rule], name: RuleName) -> frozenset[str]:
    """Return the kinds that the values of an object, or the elements of an array, may have by the rules."""
    return _widened(_argument(rules, name) or list(InnerKind))


def _may_hold_arrays(rules: Sequence[Rule]) -> bool:
    """Say whether a JSON value may be an array, or an object with one among its values."""
    kinds = _kinds(rules)
    has_values = Kind.OBJECT in kinds and InnerKind.ARRAY in _inner_kinds(rules, RuleName.VALUE_KINDS)
    return Kind.ARRAY in kinds or has_values


def _widened(kinds: Iterable[str]) -> frozenset[str]:
    found = frozenset(kinds)
    return found | {Kind.INTEGER} if Kind.NUMBER in found else found


def _least(rules: Iterable[Rule], name: RuleName) -> float:
    """Return the least argument of a rule that bounds from above; infinity without one."""
    return min((rule["value"] for rule in rules if rule["rule"] == name), default=inf)


def _shortest(rules: Sequence[Rule], budget: Budget) -> float:
    """Return how many characters a string has at least, by the rule `min_length` and the patterns."""
    bound: int = _argument(rules, RuleName.MIN_LENGTH) or 0
    return max([bound, *(least for least, _ in _lengths(rules, budget))])


def _longest(rules: Sequence[Rule], budget: Budget) -> float:
    bounds = (_least(rules, RuleName.MAX_LENGTH), _least(rules, RuleName.MAX_BYTES))
    return min([*bounds, *(most for _, most in _lengths(rules, budget))])


def _lengths(rules: Sequence[Rule], budget: Budget) -> Iterator[Lengths]:
    for rule in rules:
        if rule["rule"] == RuleName.REGEX:
            budget.check()
            yield lengths_of(rule["value"])
        elif rule["rule"] == RuleName.FORMAT:
            yield format_lengths(rule["value"])


def _low(scalar: DataType, rules: Iterable[Rule]) -> Any:
    """Return the least number that the type and the rule `min_value` leave."""
    bound = _argument(rules, RuleName.MIN_VALUE)
    if scalar is DataType.INT:
        return INT64_MIN if bound is None else max(INT64_MIN, ceil(bound))
    return -sys.float_info.max if bound is None else least_double(bound)


def _high(scalar: DataType, rules: Iterable[Rule]) -> Any:
    bound = _argument(rules, RuleName.MAX_VALUE)
    if scalar is DataType.INT:
        return INT64_MAX if bound is None else min(INT64_MAX, floor(bound))
    return sys.float_info.max if bound is None else most_double(bound)


def _argument(rules: Iterable[Rule], name: RuleName) -> Any:
    return next((rule["value"] for rule in rules if rule["rule"] == name), None)
