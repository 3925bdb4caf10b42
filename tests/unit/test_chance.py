"""What is left to chance lies anywhere from 0 on and below 1."""

from domain.chance import chance


def test_numbers_lie_from_0_on_and_below_1_everywhere():
    numbers = [chance() for _ in range(2_000)]
    assert all(0 <= number < 1 for number in numbers)
    assert len(set(numbers)) == len(numbers)
    assert {int(number * 10) for number in numbers} == set(range(10))
