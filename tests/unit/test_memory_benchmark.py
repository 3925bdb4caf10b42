"""Which memory the ingest function has is chosen by arithmetic over what was measured."""

import pytest

from benchmarks.memory import SIZES_MB, WHOLE_PROCESSOR_MB, Measured, cheapest, rows_of
from benchmarks.prices import ASSUMED

MEASURED = Measured(warm_ms=0.3, warm_p99_ms=1.0, start_ms=150.0, first_ms=10.0, dearest_seconds=1.0, dearest_mib=400)


def by_size(measured):
    return {row.memory_mb: row for row in rows_of(measured)}


def test_cpu_stretches_by_the_share_of_a_processor_and_waiting_does_not():
    rows = by_size(MEASURED)
    wait = ASSUMED.stream_wait_ms
    assert rows[WHOLE_PROCESSOR_MB].p99_ms == pytest.approx(wait + 1.0)
    assert rows[512].p99_ms == pytest.approx(wait + WHOLE_PROCESSOR_MB / 512)
    assert rows[512].dearest_seconds == pytest.approx(WHOLE_PROCESSOR_MB / 512)


def test_more_memory_costs_more_where_a_request_waits_most_of_its_time():
    dollars = [row.dollars for row in rows_of(MEASURED)]
    assert dollars == sorted(dollars)
    # Billed by the whole millisecond: 12 of waiting, and 0.3 of CPU that became one at the most.
    assert by_size(MEASURED)[1_024].dollars == pytest.approx(0.20 + 0.0000133334 * 13 * 1_000)


@pytest.mark.parametrize(("mib", "chosen"), [(246, 512), (247, 640), (400, 832), (447, 960), (471, 1_024)])
def test_the_cheapest_that_keeps_half_of_its_memory_is_chosen(mib, chosen):
    assert cheapest(rows_of(MEASURED._replace(dearest_mib=mib))).memory_mb == chosen


def test_a_size_at_which_the_dearest_request_takes_too_long_is_not_chosen():
    assert cheapest(rows_of(MEASURED._replace(dearest_mib=1, dearest_seconds=5.0))).memory_mb == min(
        size for size in SIZES_MB if size >= WHOLE_PROCESSOR_MB / 2
    )
