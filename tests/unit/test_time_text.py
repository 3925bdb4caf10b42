"""Times as answers tell them."""

import pytest

from domain.records.change import time_text
from schemas.limits import TIMESTAMP_MAX_SECONDS, TIMESTAMP_MIN_SECONDS


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (TIMESTAMP_MIN_SECONDS, "0001-01-01T00:00:00.000Z"),
        (TIMESTAMP_MAX_SECONDS, "9999-12-31T23:59:59.000Z"),
        (TIMESTAMP_MAX_SECONDS + 1, "9999-12-31T23:59:59.999Z"),
        (TIMESTAMP_MAX_SECONDS + 3_600, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_every_time_has_four_digits_for_its_year_and_none_is_past_the_last(seconds, text):
    assert time_text(seconds * 1_000_000_000) == text
