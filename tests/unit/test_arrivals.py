"""When a request arrived, as text and as the beginning of its first event's id."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from domain.intake.stamping import Arrivals

NOW_NS = 1_793_614_272_345_678_901
_END_NS = 253_402_300_800 * 10**9
"""The end of the year 9999."""


def expected(received_ns):
    moment = datetime.fromtimestamp(received_ns // 10**9, UTC).replace(microsecond=received_ns // 1_000 % 10**6)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z"), f"evt_{received_ns // 10**6:012x}7000"


@given(st.integers(0, _END_NS - 1), st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=8))
def test_the_time_and_the_id_are_those_of_the_nanosecond_wherever_the_last_arrival_was(start_ns, steps_ns):
    arrivals = Arrivals()
    for step_ns in steps_ns:
        received_ns = min(max(0, start_ns + step_ns), _END_NS - 1)
        received_at, first_id = arrivals.at(received_ns)
        assert (received_at, first_id[:20]) == expected(received_ns)
        assert len(first_id) == 36


def test_every_millisecond_of_a_second_has_its_id():
    arrivals = Arrivals()
    for start_ns in (NOW_NS, 0, 255 * 10**9):
        for ms in range(1_000):
            received_ns = start_ns // 10**9 * 10**9 + ms * 10**6
            received_at, first_id = arrivals.at(received_ns)
            assert (received_at, first_id[:20]) == expected(received_ns)


def test_no_two_arrivals_share_what_is_random():
    arrivals = Arrivals()
    assert len({arrivals.at(NOW_NS)[1] for _ in range(2_000)}) == 2_000
