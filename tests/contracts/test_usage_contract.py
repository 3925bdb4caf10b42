"""What every adapter of usage keeps."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.sqlite.database import Database
from adapters.sqlite.usage import SqliteUsage
from domain.metering.ports import UsageSums

MINUTE = 29_925_000 * 60


@pytest.fixture(params=["sqlite"])
def usage(request, tmp_path):
    database = Database(tmp_path / "state.db")
    yield SqliteUsage(database)
    database.close()


def sums(environment_id="env_1", revision_id="rev_1", minute=MINUTE, **counts):
    return UsageSums(environment_id, revision_id, minute, **counts)


def test_sums_of_one_minute_are_added_up(usage):
    usage.add([sums(requests=1, accepted=2, quarantined=3, rejected=4, limited=5, bytes_accepted=6, bytes_received=7)])
    usage.add([sums(requests=10, accepted=20, codes={"regex": 1, "depth": 2}), sums(codes={"regex": 5})])
    assert usage.between("env_1", MINUTE, MINUTE + 60) == [
        sums(
            requests=11,
            accepted=22,
            quarantined=3,
            rejected=4,
            limited=5,
            bytes_accepted=6,
            bytes_received=7,
            codes={"regex": 6, "depth": 2},
        )
    ]


def test_counts_have_64_bits(usage):
    usage.add([sums(bytes_accepted=2**62, codes={"regex": 2**62})])
    usage.add([sums(bytes_accepted=2**62 - 1, codes={"regex": 2**62 - 1})])
    assert usage.totals("env_1").bytes_accepted == 2**63 - 1
    assert usage.totals("env_1").codes == {"regex": 2**63 - 1}


def test_a_range_takes_its_start_and_leaves_its_end(usage):
    for minutes in range(4):
        usage.add([sums(minute=MINUTE + 60 * minutes, accepted=minutes, codes={"regex": minutes + 1})])
    usage.add([sums(minute=MINUTE + 60, revision_id="rev_0", accepted=9), sums("env_2", minute=MINUTE + 60)])
    rows = usage.between("env_1", MINUTE + 60, MINUTE + 180)
    assert [(row.minute - MINUTE, row.revision_id, row.accepted, row.codes) for row in rows] == [
        (60, "rev_0", 9, {}),
        (60, "rev_1", 1, {"regex": 2}),
        (120, "rev_1", 2, {"regex": 3}),
    ]


def test_totals_go_over_all_revisions_and_minutes_of_one_environment(usage):
    usage.add(
        [
            sums(accepted=1, codes={"regex": 1}),
            sums(revision_id="rev_2", accepted=2, codes={"regex": 2, "depth": 1}),
            sums(minute=MINUTE + 60, accepted=4),
            sums("env_2", accepted=100, codes={"regex": 100}),
        ]
    )
    assert usage.totals("env_1") == sums(revision_id="", minute=0, accepted=7, codes={"regex": 3, "depth": 1})


def test_an_environment_without_usage_has_zeros(usage):
    assert usage.totals("env_1") == sums(revision_id="", minute=0)
    assert usage.between("env_1", 0, 2**40) == []
    usage.add([])


def test_concurrent_sums_lose_nothing(usage):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: usage.add([sums(accepted=1, codes={"regex": 2})]), range(200)))
    assert (usage.totals("env_1").accepted, usage.totals("env_1").codes) == (200, {"regex": 400})
