"""What grows with ten times as much: nothing faster than linearly, lists and requests not at all."""

import pytest

from benchmarks.growth import CASES, FLAT, LINEAR, MOST, TIMES, Case, calls_of, exponent


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.of}: {case.work}")
def test_calls_grow_as_they_may(case: Case, caplog):
    caplog.set_level("CRITICAL")
    small, large = (calls_of(case, size) for size in (case.size, case.size * TIMES))
    assert small > 0
    assert exponent(small, large) <= MOST[case.may]


def test_an_exponent_tells_flat_from_linear_and_more():
    assert exponent(7, 7) == 0
    assert exponent(7, 70) == pytest.approx(1)
    assert exponent(7, 700) > MOST[LINEAR]
    assert MOST[FLAT] < exponent(7, 14)
