"""What counts against a plan."""

from domain.metering.plans import MonthUse, month_use
from domain.metering.ports import UsageSums
from tests.memory_usage import MemoryUsage

NOW = 1_795_420_800


def used(**counts):
    usage = MemoryUsage()
    usage.add([UsageSums("env_1", "rev_1", NOW, endpoint_id="ep_1", organisation_id="org_1", **counts)])
    return month_use(usage, "org_1", NOW)


def test_accepted_events_count_as_they_are_stored():
    assert used(requests=2, accepted=3, bytes_accepted=900, bytes_received=700) == MonthUse(2, 900)


def test_quarantined_events_count_with_the_average_of_what_was_sent():
    counts = {"requests": 1, "quarantined": 2, "rejected": 1, "bytes_received": 1_000}
    assert used(**counts, accepted=1, bytes_accepted=300) == MonthUse(1, 300 + 500)
    assert used(requests=1, quarantined=1, bytes_received=4_000) == MonthUse(1, 4_000)


def test_what_is_neither_stored_nor_quarantined_counts_as_a_request_alone():
    assert used(requests=5, rejected=4, limited=1, bytes_received=9_000) == MonthUse(5, 0)
    assert used(requests=5) == MonthUse(5, 0)
