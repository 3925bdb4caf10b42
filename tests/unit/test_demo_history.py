"""The counts that the demo makes up for the days before it."""

from local.api_client import Made
from local.demo_history import DAYS, history_of

MADE = Made("ep_1", "rev_1", "env_1", "http://127.0.0.1:1/e/env_1")
NOW = 1_795_000_000


def test_each_hour_of_sixty_days_has_counts_and_the_one_that_runs_has_none():
    sums = history_of("org_1", MADE, NOW)
    hours = [row.minute for row in sums]
    assert len(set(hours)) == DAYS * 24
    assert max(hours) + 3_600 <= NOW
    assert all(hour % 3_600 == 0 for hour in hours)


def test_its_ledger_balances_and_one_day_was_bad():
    sums = history_of("org_1", MADE, NOW)
    assert all(row.accepted == row.delivered and row.quarantined == 0 for row in sums)
    for row in sums:
        by_name = {
            outcome: sum(counts[outcome] for counts in row.names.values()) for outcome in ("accepted", "rejected")
        }
        assert by_name == {"accepted": row.accepted, "rejected": row.rejected}
    by_day = [sums[start : start + 24] for start in range(0, len(sums), 24)]
    shares = [sum(row.rejected for row in day) / sum(row.accepted for row in day) for day in by_day]
    assert max(shares) > 5 * sorted(shares)[-2]
