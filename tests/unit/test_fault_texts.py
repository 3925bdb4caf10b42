"""The sentences of faults: they name what the schema says, and nothing of the event."""

import pytest

from domain.validation.faults import one_of


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["view", "purchase"], 'Must be one of "view", "purchase".'),
        (["view"], 'Must be "view".'),
        ([1, 2.5], "Must be one of 1, 2.5."),
        (["é" * 50, "b"], f'Must be one of "{"é" * 38}…, "b".'),
        (list(range(12)), "Must be one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 or one of 2 more."),
    ],
)
def test_one_of_names_the_first_values(values, message):
    assert one_of(values).message == message
