"""Which parsed JSON values surely are what was sent, without a look at their text."""

import pytest

from domain.validation.json_text import NumberText, value_from_text
from domain.validation.json_values import are_surely_exact
from schemas.limits import MAX_JSON_DEPTH

DEEP = value_from_text(b"[" * MAX_JSON_DEPTH + b"]" * MAX_JSON_DEPTH)


@pytest.mark.parametrize(
    "values",
    [[], [None], ["1e400"], [2**64 - 1], [True], [{}], [[0.5, {"a": [-1.5, None, {"b": False}]}]], [2.0**53 - 1]],
)
def test_values_of_few_levels_without_large_fractions_are_exact(values):
    assert are_surely_exact(iter(values))


@pytest.mark.parametrize("number", [2.0**53, -(2.0**53), 1e300, NumberText("9007199254740993.0"), NumberText("0.5")])
def test_a_number_that_may_have_been_rounded_is_seen_wherever_it_stands(number):
    for values in [number], [1, [number]], ["", {"a": {"b": [{"c": number}]}}]:
        assert not are_surely_exact(iter(values))


@pytest.mark.parametrize("value", [DEEP, {"a": DEEP}, [[] for _ in range(1_000)], ["a"] * 1_000])
def test_many_levels_or_values_are_left_to_their_text(value):
    assert not are_surely_exact(iter([value]))
