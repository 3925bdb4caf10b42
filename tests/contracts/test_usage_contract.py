"""What every adapter of usage keeps when sums are added."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.metering.ports import COUNTS, UsageScope, UsageSums
from domain.metering.slices import Slice
from tests.usage_adapters import ADAPTERS

MINUTE = 29_925_000 * 60
ALWAYS = (0, 2**40)
OWNER = {"endpoint_id": "ep_1", "organisation_id": "org_1"}


@pytest.fixture(params=ADAPTERS)
def usage(request, tmp_path):
    with ADAPTERS[request.param](tmp_path) as adapter:
        yield adapter


def sums(environment_id="env_1", revision_id="rev_1", minute=MINUTE, **counts):
    return UsageSums(environment_id, revision_id, minute, **(OWNER | counts))


def environment(environment_id="env_1", revision_id=None):
    return UsageScope("org_1", environment_id=environment_id, revision_id=revision_id)


def totals(usage, scope=None):
    """Return the sums of a scope over all time, those that are not 0, and its codes."""
    points = usage.series(scope or environment(), Slice.DAY, *ALWAYS)
    sums_ = {name: sum(point.counts[name] for point in points) for name in COUNTS}
    return {name: count for name, count in sums_.items() if count}, usage.codes(
        scope or environment(), Slice.DAY, *ALWAYS
    )


def test_sums_of_one_minute_are_added_up(usage):
    usage.add([sums(requests=1, accepted=2, quarantined=3, rejected=4, limited=5, bytes_accepted=6, bytes_received=7)])
    usage.add([sums(requests=10, accepted=20, codes={"regex": 1, "depth": 2}), sums(codes={"regex": 5})])
    (point,) = usage.series(environment(), Slice.MINUTE, MINUTE, MINUTE + 60)
    assert point.at == MINUTE
    assert totals(usage) == (
        {
            "requests": 11,
            "accepted": 22,
            "quarantined": 3,
            "rejected": 4,
            "limited": 5,
            "bytes_accepted": 6,
            "bytes_received": 7,
        },
        {"regex": 6, "depth": 2},
    )


def test_counts_have_64_bits(usage):
    usage.add([sums(bytes_accepted=2**62, codes={"regex": 2**62})])
    usage.add([sums(bytes_accepted=2**62 - 1, codes={"regex": 2**62 - 1})])
    assert totals(usage) == ({"bytes_accepted": 2**63 - 1}, {"regex": 2**63 - 1})


def test_revisions_of_one_minute_are_kept_apart(usage):
    usage.add([sums(accepted=1, codes={"regex": 1}), sums(revision_id="rev_2", accepted=2, codes={"depth": 2})])
    usage.add([sums("env_2", accepted=4, codes={"regex": 4})])
    assert totals(usage) == ({"accepted": 3}, {"regex": 1, "depth": 2})
    assert totals(usage, environment(revision_id="rev_2")) == ({"accepted": 2}, {"depth": 2})


def test_an_environment_without_usage_has_nothing(usage):
    usage.add([])
    assert totals(usage) == ({}, {})


def test_many_rows_are_added_at_once(usage):
    rows = [sums(f"env_{number % 3}", minute=MINUTE + 60 * number, accepted=number) for number in range(23)]
    usage.add(rows)
    points = usage.series(UsageScope("org_1"), Slice.MINUTE, *ALWAYS)
    assert [point.counts["accepted"] for point in points] == list(range(23))
    for number in range(3):
        expected = sum(row.accepted for row in rows if row.environment_id == f"env_{number}")
        assert totals(usage, environment(f"env_{number}"))[0] == {"accepted": expected}


def test_rows_without_an_owner_count_once_it_is_known(usage):
    usage.add([UsageSums("env_1", "rev_1", MINUTE, accepted=1), sums("env_2", accepted=2)])
    usage.add([sums(accepted=4)])
    usage.add([UsageSums("env_1", "rev_1", MINUTE, accepted=8)])
    assert totals(usage) == ({"accepted": 13}, {})
    assert totals(usage, environment("env_2")) == ({"accepted": 2}, {})


def test_concurrent_sums_lose_nothing(usage):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: usage.add([sums(accepted=1, codes={"regex": 2})]), range(24)))
    assert totals(usage) == ({"accepted": 24}, {"regex": 48})


def test_what_turns_out_to_be_a_copy_is_taken_from_what_was_delivered(usage):
    usage.add_delivered("landing/one", [sums(delivered=3)])
    usage.add_delivered("landing/two", [sums(delivered=-1, repeats=1), sums(minute=MINUTE + 60, delivered=2)])
    usage.add_delivered("landing/two", [sums(delivered=-1, repeats=1)])
    assert totals(usage) == ({"delivered": 4, "repeats": 1}, {})
    (first, second) = usage.series(environment(), Slice.MINUTE, *ALWAYS)
    assert (first.counts["delivered"], first.counts["repeats"]) == (2, 1)
    assert (second.counts["delivered"], second.counts["repeats"]) == (2, 0)
